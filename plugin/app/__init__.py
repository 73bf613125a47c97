"""The plugin as a whole: what hooks, pages and commands call, and what opens and closes it."""
