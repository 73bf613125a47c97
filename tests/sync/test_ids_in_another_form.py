"""Ids of the host in Unicode's decomposed form (NFD), as files and databases of some systems have them: they go back to
it as it gave them, and texts in QuickBooks are compared in one form."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.hooks import InvoiceJson
from onedesk_quickbooks.plugin.sync.host_client import client_of
from tests.sync.adopt.conftest import asked
from tests.sync.conftest import ADMIN, Desk
from tests.sync.reconcile.conftest import foreign, reconciled
from tests.sync.test_host_payments import by_rule, notify, ours, outcome, paid
from tests.sync.test_reinstalled import again

__all__ = ["by_rule"]
Make = Callable[..., dict[str, Any]]
NFC, NFD = "r\u00e9gl-1", "re\u0301gl-1"
KEY = f"onedesk-payment:{NFC}"


def test_payments_come_back_to_the_id_that_the_host_has_given(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice(id=NFD)).qbo_id
    us.sandbox.pay({qbo_id: "30.00"})
    us.application.bring_payments()
    [row] = us.application.ledger.payments.every(us.sandbox.realm_id)
    [came] = us.shown(NFD).payments
    assert (came.id, row.od_invoice_id) == (row.id, NFD) and came.id.count(NFD) == 1
    assert us.application.plan(invoice(id=NFD), "copy").invoice_id == NFD
    assert reconciled(us).all == foreign(us).all == []
    us.sandbox.delete("Payment", us.sandbox.read("Invoice", qbo_id)["LinkedTxn"][0]["TxnId"])
    us.application.bring_payments()
    assert us.shown(NFD).status == "open" and str(us.shown(NFD).balance) == "310.00 USD"


def test_a_mark_in_another_form_names_the_invoice(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice(id=NFD)).qbo_id
    assert us.sandbox.read("Invoice", qbo_id)["PrivateNote"] == f"OneDesk invoice {NFC}"
    again(us)
    for report in (reconciled(us), foreign(us)):
        [found] = report.all
        assert (found.kind, found.id) == ("not_linked", NFD) and "links the two" in found.remedy
    [match] = us.application.adopt(asked(us)).matches
    assert "has its mark, and the ledger has no link" in match.own.aside
    assert us.copy(invoice(id=NFD)).outcome == "updated"
    assert len(us.invoices()) == 1


def test_a_host_that_answers_in_another_form(us: Desk) -> None:
    class Other:
        def read_invoice(self, invoice_id: str) -> InvoiceJson:
            return {"id": unicodedata.normalize("NFC", invoice_id), "number": "7"}

    host = client_of(Other(), us.application.ledger, "en")  # type: ignore[arg-type]
    assert host.read_invoice(NFD) == {"id": NFD, "number": "7"}


@pytest.mark.parametrize("form", [NFC, NFD])
def test_a_payment_of_the_host_is_one_in_quickbooks(by_rule: Callable[..., Desk], invoice: Make, form: str) -> None:
    desk = by_rule("both")
    desk.copy(invoice(id=form))
    given = paid(payment_id=form, invoices=[{"id": form, "amount": "310.00"}])
    notify(desk, given)
    assert desk.outcome(KEY).outcome == "recorded"
    assert [each["PrivateNote"] for each in ours(desk)] == [f"OneDesk payment {NFC}"]
    state = desk.application.payment_state(form)
    assert state is not None and (state["id"], state["state"]) == (form, "recorded")
    notify(desk, given)
    assert desk.outcome(KEY).outcome == "unchanged"
    again(desk)
    desk.copy(invoice(id=form))
    notify(desk, given)
    assert desk.outcome(KEY).outcome == "unchanged" and len(ours(desk)) == 1
    notify(desk, given, "deleted")
    assert desk.outcome(KEY).outcome == "voided"


def test_two_payments_whose_ids_differ_in_their_form_alone_are_in_doubt(
    by_rule: Callable[..., Desk], invoice: Make
) -> None:
    desk = by_rule("both")
    desk.copy(invoice())
    first, second = paid("100.00", NFC), paid("50.00", NFD)
    assert outcome(desk, first).outcome == "recorded"
    notify(desk, second)
    held = desk.outcome(KEY)
    assert held.outcome == "held"
    assert "'re\\u0301gl-1', differs from that of an earlier payment, 'r\\xe9gl-1'" in held.reason
    assert [each["TotalAmt"] for each in ours(desk)] == [100]
    assert outcome(desk, paid("50.00", "regl-2")).outcome == "recorded", "the remedy works"
    notify(desk, first)
    assert desk.outcome(KEY).outcome == "unchanged", "the first one stays as it is"


def test_a_payment_that_is_held_is_one_in_the_reconciliation(by_rule: Callable[..., Desk], invoice: Make) -> None:
    said = []
    for payment_id in ("regl-1", NFD):
        desk = by_rule("both")
        desk.sandbox.pay({desk.copy(invoice()).qbo_id: "310.00"})
        desk.host.record_own(paid("100.00", payment_id, reference="R-1"))
        assert [each.outcome for each in desk.drain()] == ["held"]
        said.append([(each.kind, each.cause, each.remedy) for each in reconciled(desk).all])
    assert said[0] == said[1] and said[0]


@pytest.mark.parametrize("form", [NFC, NFD])
@pytest.mark.parametrize("typed", [NFC, NFD])
def test_a_customer_is_linked_by_its_id_in_each_form(us: Desk, invoice: Make, form: str, typed: str) -> None:
    """By a person who types it, or copies it from the host, which gets it back as it gave it."""
    who = {"id": form, "name": "Sonnenschien Family Store", "billing_contact": {"email": "Familystore@intuit.com"}}
    assert us.copy(invoice(customer=who)).outcome == "held"
    [review] = us.application.customer_reviews()
    assert review.to_json()["customer_id"] == review.customer_id == form
    assert us.application.reject_customer(typed, "24", ADMIN).left == 0
    us.drain()
    assert us.application.undo_customer(typed, ADMIN).decision == "rejected"
    us.drain()
    assert us.application.confirm_customer(typed, "24", ADMIN).again == (1 if us.application.status().held else 0)
    us.drain()
    links = us.application.customer_links(ADMIN)
    assert [each.qbo_id for each in links.unlink(typed)] == ["24"]
    links.link(typed, "25")
    assert us.copy(invoice(id="INV-2", number="2042", customer=who)).outcome == "copied"
    assert us.invoices()[-1]["CustomerRef"]["value"] == "25"
