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
    found.filters["words"] = words
    found.globals["voided"] = voided
    found.globals["address"] = address
    return found


def page(template: str, status: int = 200, root: str = "", **values: Any) -> Response:
    """A page of its own, never kept by a cache. `root` stands before every path of it (a further company's pages)."""
    text = _templates().get_template(template).render(root=root, **values)
    return Response(text, status, {"Cache-Control": "no-store"}, mimetype="text/html")


def problem(title: str, text: str, status: int = 404, root: str = "") -> Response:
    """One sentence on what is wrong."""
    return page("problem.html", status, root, title=title, text=text)


def words(kind: str) -> str:
    """The name of an entity as people say it: Credit memo."""
    text = "".join(f" {each.lower()}" if each.isupper() else each for each in kind).strip()
    return text[:1].upper() + text[1:]


def voided(body: dict[str, Any]) -> bool:
    """Whether a form was voided (qbo-api.md 3.5)."""
    return str(body.get("PrivateNote", "")).startswith("Voided") and not body.get("TotalAmt")


def address(body: dict[str, Any] | None) -> list[str]:
    """The lines of an address."""
    held = body or {}
    lines = [str(held[f"Line{n}"]) for n in range(1, 6) if held.get(f"Line{n}")]
    place = " ".join(str(held[key]) for key in ("City", "CountrySubDivisionCode", "PostalCode") if held.get(key))
    return [each for each in (*lines, place, str(held.get("Country", ""))) if each]
