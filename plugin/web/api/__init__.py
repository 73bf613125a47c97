"""The HTTP API for programs that are not in Python: schemas/openapi.json describes it, docs/api.md shows it."""

from onedesk_quickbooks.plugin.web.api.app import PREFIX, api
from onedesk_quickbooks.plugin.web.api.behind import ApiBehind, Into

__all__ = ["PREFIX", "ApiBehind", "Into", "api"]
