"""Pages from the package's templates; jinja2 is imported with the first page."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader

    found = Environment(
        loader=PackageLoader("onedesk_quickbooks.plugin.sandbox"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["amount"] = lambda value: f"{value or 0:,.2f}"
    return found


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page of its own, never kept by a cache."""
    text = _templates().get_template(template).render(**values)
    return Response(text, status, {"Cache-Control": "no-store"}, mimetype="text/html")
