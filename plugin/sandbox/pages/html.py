"""Pages from the package's templates; jinja2 is imported on first use."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from onedesk_quickbooks.plugin.sandbox.pages.language import amount, digits, language, text

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader

    found = Environment(
        loader=PackageLoader("onedesk_quickbooks.plugin.sandbox"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["amount"] = lambda value, currency="": amount(value or Decimal(0), currency)
    found.filters["written"] = lambda value, currency="": amount(value, currency, thousands=False)
    found.filters["digits"] = digits
    found.globals["_"] = text
    found.globals["language"] = language
    found.filters["words"] = words
    found.globals["voided"] = voided
    found.globals["address"] = address
    return found


STYLE = "/sandbox.css"
"""The path of the pages' style sheet."""
_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action "
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def page(template: str, status: int = 200, root: str = "", form_action: str = "'self'", **values: Any) -> Response:
    """One page, without caching. `root` precedes every path in it (for a further company's pages); `form_action` are
    the allowed targets of its forms and their redirects, in the syntax of a Content-Security-Policy."""
    text = _templates().get_template(template).render(root=root, **values)
    headers = {**_HEADERS, "Content-Security-Policy": _POLICY + form_action}
    return Response(text, status, headers, mimetype="text/html")


def style() -> Response:
    """The pages' style sheet."""
    text = files("onedesk_quickbooks.plugin.sandbox").joinpath("static", "sandbox.css").read_text(encoding="utf-8")
    return Response(text, 200, {**_HEADERS, "Cache-Control": "max-age=3600"}, mimetype="text/css")


def problem(title: str, text: str, status: int = 404, root: str = "") -> Response:
    """A page with one sentence on a problem."""
    return page("problem.html", status, root, title=title, text=text)


def words(kind: str) -> str:
    """The name of an entity for people: Credit memo."""
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
