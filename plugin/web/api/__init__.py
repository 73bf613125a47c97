"""The HTTP API for programs that are not in Python: schemas/openapi.json describes it, docs/api.md shows it."""

from onedesk_quickbooks.plugin.web.api.app import PREFIX, api
from onedesk_quickbooks.plugin.web.api.import_target import ImportTarget

__all__ = ["PREFIX", "ImportTarget", "api"]
