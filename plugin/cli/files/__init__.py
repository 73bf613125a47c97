"""Invoices from files: .json (one or a list), .jsonl (one a line), .csv (one row a line item)."""

from onedesk_quickbooks.plugin.cli.files.reading import read_file
from onedesk_quickbooks.plugin.cli.files.records import BadRecord, Record

__all__ = ["BadRecord", "Record", "read_file"]
