"""Invoices that the host has voided or deleted, or whose run is undone. Pure."""
