"""The start page of the demo: what has happened, and what to click next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from onedesk_quickbooks.plugin.host.pages.invoices import address
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host.host import EmbeddedHost

_EXPLAINED = {
    "OD-2001": Text("It was copied for a customer that QuickBooks knows. The customer has paid a part of it."),
    "OD-2002": Text(
        "It was copied for a new customer with a new service type, put back to Draft, edited, and copied again."
    ),
    "OD-2003": Text("QuickBooks e-mailed it. The customer has paid it, and the payment came back automatically."),
    "OD-2004": Text(
        "It was to be sent, and its customer has no billing e-mail: it was copied, and nothing was e-mailed."
    ),
}
DRAFT, OPEN = "OD-2005", "OD-2006"


def pages(host: EmbeddedHost, books: str) -> Blueprint:
    """The page /demo; `books` is the address of the QuickBooks sandbox."""
    part = Blueprint("demo", __name__, url_prefix="/demo")

    @part.get("")
    def story() -> str:
        explained = [(each, text) for number, text in _EXPLAINED.items() if (each := host.invoice(number)) is not None]
        return render_template("demo.html", explained=explained, draft=DRAFT, open=OPEN, books=books, address=address)

    return part
