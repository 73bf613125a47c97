"""Invoices that stand in both systems are matched, and linked. Nothing is written to QuickBooks."""

from onedesk_quickbooks.plugin.sync.adopt.adopter import Adopter

__all__ = ["Adopter"]
