"""From QuickBooks to the host: payments and changes."""
