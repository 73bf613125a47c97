"""The page "Customers to review": both sides beside each other, and what its buttons do."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from onedesk_quickbooks.plugin.ledger import CustomerDecision
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.review import Candidate, CustomerReview, Evidence
from onedesk_quickbooks.plugin.ops.reviews import HeldInvoice, OpenReview
from onedesk_quickbooks.plugin.sync.errors import LinkProblem
from tests.web.conftest import Host
from tests.web.test_attention import text_of

if TYPE_CHECKING:
    from tests.web.conftest import FakeApp

FORM = {"form_token": "T-1"}
EVIDENCE = (
    Evidence("name", "Harbour <Labs>", "Harbor Labs", True),
    Evidence("email", "ada@harbor.example", "", None),
    Evidence("tax_id", "GB 111", "XXXXX22222", False),
)
CANDIDATES = (
    Candidate("5", "Harbor Labs", True, 94, EVIDENCE),
    Candidate("6", "Harbor Labs (deleted)", False, 90, EVIDENCE[:1]),
    Candidate("new harbor", "Harbour Lab", True, 88, EVIDENCE[:1], "2040"),
)


def waiting(key: str = "C 7") -> OpenReview:
    total = Money(Decimal("100.10"), "USD")
    held = (HeldInvoice(41, "INV/41", "2041", total), HeldInvoice(42, "INV-42", "", total))
    return OpenReview(CustomerReview(key, "Harbour <Labs>", CANDIDATES), held, key)


def decision(number: int, customer: str, said: str = "rejected") -> CustomerDecision:
    at = datetime(2026, 11, 24, 9, 30, tzinfo=timezone.utc)
    return CustomerDecision(number, "9341", customer, "9", "Pier Labs", "", said, "", "bo", at, "", None)


def test_both_sides_stand_beside_each_other(host: Host, application: FakeApp) -> None:
    application.reviews = [waiting(), waiting("partner: North")]
    host.environ = {"onedesk.invoice_page": "/desk/{id}", "onedesk.customer_page": "/who/{id}"}
    page = host.call("GET", "/customers", user="ada").text
    words = text_of(page)
    assert "Customers to review 2" in words and "Harbour <Labs> C 7 200.20 USD 2 invoices are held:" in words
    assert "Name Harbour <Labs> Harbor Labs nearly the same" in words and "GB 111 XXXXX22222 differs" in words
    assert "“Harbor Labs” id 5 94 of 100" in words and "new with invoice 2040" in words
    assert 'href="/who/C%207"' in page and 'href="/desk/INV%2F41"' in page and "/who/partner" not in page
    assert page.count("disabled") == 2, "an inactive one is made active first"
    assert 'name="candidate" value="Harbour Lab"' in page, "it has no id yet"


def test_nothing_waits(host: Host) -> None:
    page = host.call("GET", "/customers", user="ada")
    assert (page.status_code, "No customer waits for a review." in page.text) == (200, True)
    assert host.call("GET", "/customers", user="bo").status_code == 403


@pytest.mark.parametrize(
    ("do", "asked", "shown"),
    [
        ("confirm", ("confirm", "C 7", "5", "ada"), "The customer is linked. 2 invoices are queued again."),
        ("reject", ("reject", "C 7", "5", "ada"), "That is another customer. 1 invoice is queued again."),
        ("undo", ("undo", "C 7", "ada"), "It was taken back. 0 invoices are queued again."),
    ],
)
def test_the_buttons(host: Host, application: FakeApp, do: str, asked: tuple[str, ...], shown: str) -> None:
    given = {**FORM, "do": do, "customer": "C 7", "candidate": "5"}
    done = host.call("POST", "/customers", user="ada", data=given)
    assert (done.status_code, application.asked) == (303, [asked])
    page = host.call("GET", done.headers["Location"].removeprefix("/quickbooks"), user="ada").text
    assert f'role="status">{shown}' in page
    french = host.call("GET", "/customers", user="ada", headers={"Accept-Language": "fr"}).text
    assert "Clients à vérifier" in french


def test_what_is_refused(host: Host, application: FakeApp) -> None:
    given = {**FORM, "do": "confirm", "customer": "C 7", "candidate": "5"}
    assert host.call("POST", "/customers", user="ada", data={**given, "form_token": "x"}).status_code == 400
    assert host.call("POST", "/customers", user="bo", data=given).status_code == 403
    for wrong in ({"do": "merge"}, {"customer": " "}, {"candidate": ""}):
        assert host.call("POST", "/customers", user="ada", data={**given, **wrong}).status_code == 400
    assert application.asked == []
    application.problem = LinkProblem("it was made inactive")
    page = host.call("POST", "/customers", user="ada", data=given)
    assert page.status_code == 409 and "it was made inactive" in page.text


def test_the_last_word_of_each_customer_can_be_taken_back(host: Host, application: FakeApp) -> None:
    application.decided = [decision(3, "C-1"), decision(2, "C-2", "confirmed"), decision(1, "C-1")]
    page = host.call("GET", "/customers", user="ada").text
    words = text_of(page)
    assert "C-1 Pier Labs id 9 another one bo 2026-11-24 09:30 UTC Take back" in words
    assert "C-2 Pier Labs id 9 the same bo" in words and page.count('value="undo"') == 2


def test_needs_attention_leads_there(host: Host, application: FakeApp) -> None:
    from onedesk_quickbooks.plugin.ops.attention import Attention, Cause
    from onedesk_quickbooks.plugin.ops.causes import REVIEW
    from tests.web.test_attention import item

    held = Cause("held/customer-similar", "held", "a customer of nearly this name", REVIEW, "", (item(41),), ("retry",))
    application.needing = Attention((held,))
    page = host.call("GET", "/attention", user="ada").text
    assert 'href="/quickbooks/customers">Customers to review</a>' in page.partition("<main")[2]
