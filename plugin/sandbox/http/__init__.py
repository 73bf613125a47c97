"""A sandbox on a listening socket."""
