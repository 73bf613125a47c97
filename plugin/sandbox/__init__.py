"""A simulated QuickBooks Online company for development and tests: Intuit's OAuth and the Accounting API over a store.

Imports point down only: `http/` (a server) > `sandbox.py` > `app/` (WSGI, the API, OAuth) > `controls/`, `pages/` >
`company/` (one company with its store, ids and past) > `auth/`, `entities/` (kinds, operations, queries) > `forms/` >
`books/` > `store.py` > `wire/` (values, fields, faults, answers). It shares no code with the client of this package, so
that an error in one is not hidden by the same error in the other.
"""

from onedesk_quickbooks.plugin.sandbox.options import SandboxOptions
from onedesk_quickbooks.plugin.sandbox.sandbox import Sandbox

__all__ = ["Sandbox", "SandboxOptions"]
