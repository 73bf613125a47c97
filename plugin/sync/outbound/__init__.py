"""From the queue to QuickBooks: look up, decide and plan, apply, report to the host."""
