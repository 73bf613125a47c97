"""A QuickBooks Online company to develop and test against: Intuit's OAuth and the Accounting API over its own store.

Imports point down only: `http/` (a server) > `sandbox.py` > `app/` (WSGI, the API, OAuth) > `controls/`, `pages/` >
`company/` (one company with its store, ids and past) > `auth/`, `entities/` (kinds, operations, queries) > `forms/` >
`books/` > `store.py` > `wire/` (values, fields, faults, answers). Nothing is shared with the client of this package:
two halves that agree on the same mistake prove nothing.
"""

from onedesk_quickbooks.plugin.sandbox.options import SandboxOptions
from onedesk_quickbooks.plugin.sandbox.sandbox import Sandbox

__all__ = ["Sandbox", "SandboxOptions"]
