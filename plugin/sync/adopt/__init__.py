"""Matches and links invoices that are in both systems. Nothing is written to QuickBooks."""

from onedesk_quickbooks.plugin.sync.adopt.adopter import Adopter

__all__ = ["Adopter"]
