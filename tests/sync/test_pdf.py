"""The PDF of an invoice as QuickBooks prints it: for administrators, for pages of the host, with an end in any case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug import Request, Response

from onedesk_quickbooks.hooks import NotNow
from onedesk_quickbooks.plugin.qbo import AnswerUnknown, Refused
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_person_holds import COMPANIES
from tests.sync.test_undone_by_rule import rules

Make = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("company", COMPANIES)
def test_it_is_the_one_that_quickbooks_prints(desks: Callable[..., Desk], invoice: Make, company: str) -> None:
    """One request, and nothing is changed."""
    currency, taxes = COMPANIES[company]
    desk = desks(company, rules=rules({"on_void": "hold"}, taxes))
    desk.connect()
    outcome = desk.copy(invoice(currency=currency))
    desk.calls()
    found = desk.application.pdf("INV-1")
    assert found.name == "2041.pdf" and found.content.startswith(b"%PDF-")
    assert desk.calls() == [f"GET invoice/{outcome.qbo_id}/pdf"]
    assert desk.host.pdf("INV-1", ADMIN) is not None


def test_a_credit_note_has_one_as_well(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ninvoices: {negative: credit_memo}\n")
    desk.connect()
    line = {**invoice()["lines"][0], "quantity": "-2", "amount": "-160.00"}
    outcome = desk.copy(invoice(lines=[line], subtotal="-160.00", total="-160.00", number="../a b"))
    desk.calls()
    assert desk.application.pdf("INV-1").name == "..-a-b.pdf"
    assert desk.calls() == [f"GET creditmemo/{outcome.qbo_id}/pdf"]


def test_what_quickbooks_does_not_have(us: Desk, invoice: Make) -> None:
    us.save(invoice())
    with pytest.raises(CannotDecide, match="does not have the invoice INV-1: copy it first"):
        us.application.pdf("INV-1")
    assert us.host.pdf("INV-1", ADMIN) is None
    outcome = us.copy(invoice())
    us.sandbox.delete("Invoice", outcome.qbo_id)
    with pytest.raises(Refused):
        us.application.pdf("INV-1")
    with pytest.raises(NotNow, match="Object Not Found"):
        us.host.pdf("INV-1", ADMIN)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Sign in</html>", b'{"Invoice": {}}', b"%PDF-1.4" + bytes(65 << 20)],
    ids=["nothing", "HTML", "JSON", "65 MB"],
)
def test_an_answer_that_is_no_pdf(desks: Callable[..., Desk], invoice: Make, body: bytes) -> None:
    """Or is larger than any answer may be."""

    def tamper(request: Request, answered: Response) -> Response:
        return Response(body, content_type="application/pdf") if request.path.endswith("/pdf") else answered

    desk = desks(tamper=tamper)
    desk.connect()
    desk.copy(invoice())
    with pytest.raises(AnswerUnknown):
        desk.application.pdf("INV-1")
    with pytest.raises(NotNow):
        desk.host.pdf("INV-1", ADMIN)
