"""The HTTP API for programs in other languages; schemas/openapi.json describes it, docs/api.md documents it."""

from onedesk_quickbooks.plugin.web.api.app import PREFIX, api
from onedesk_quickbooks.plugin.web.api.import_target import ImportTarget

__all__ = ["PREFIX", "ImportTarget", "api"]
