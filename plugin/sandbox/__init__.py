"""A QuickBooks Online company to develop and test against: Intuit's OAuth and the Accounting API over its own store.

A request comes in by `http/` (a WSGI application), its values are read by `wire/`, the rules of the books stand in
`books/`, and `store.py` keeps them in SQLite. Nothing is shared with the client of this package: two halves that
agree on the same mistake prove nothing.
"""

from onedesk_quickbooks.plugin.sandbox.options import SandboxOptions
from onedesk_quickbooks.plugin.sandbox.sandbox import Sandbox

__all__ = ["Sandbox", "SandboxOptions"]
