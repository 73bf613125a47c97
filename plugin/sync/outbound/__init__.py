"""From the queue to QuickBooks: look up, decide and plan, apply, tell the host."""
