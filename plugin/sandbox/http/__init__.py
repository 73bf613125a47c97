"""A sandbox behind a listening socket."""
