"""The QuickBooks customer of an invoice, and that of its project. Pure."""
