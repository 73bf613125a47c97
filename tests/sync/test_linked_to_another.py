"""A QuickBooks invoice with the mark of one of the host's invoices that is linked to another one: only the later one
is held."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger.tables import invoice_link, work
from onedesk_quickbooks.plugin.sync.outbound.outbox import Dispatcher, Done
from tests.sync.conftest import Desk
from tests.sync.test_written_first import unanswered

Make = Callable[..., dict[str, Any]]


def edited(desk: Desk, number: str, note: str) -> dict[str, str]:
    """The first invoice is copied, and given another number and note in QuickBooks; what it had."""
    before = desk.invoices()[0]
    desk.sandbox.edit("Invoice", before["Id"], {"DocNumber": number, "PrivateNote": note})
    return {name: before[name] for name in ("Id", "DocNumber", "PrivateNote")}


def others_go_on(desk: Desk, invoice: Make) -> None:
    """Another invoice is sent, and its payment comes back."""
    qbo_id = desk.send(invoice(id="INV-9", number="2049")).qbo_id
    desk.sandbox.pay({qbo_id: "310.00"})
    desk.application.bring_payments()
    assert desk.shown("INV-9").status == "paid"


def test_it_is_held_and_the_rest_continues(us: Desk, invoice: Make) -> None:
    us.send(invoice())
    had = edited(us, "2042", "OneDesk invoice INV-2")
    held = us.send(invoice(id="INV-2", number="2042"))
    assert (held.outcome, held.reason) == (
        "held",
        f'QuickBooks invoice 2042 (id {had["Id"]}) has the mark "OneDesk invoice INV-2", but it is linked to the '
        "OneDesk invoice INV-1, so it is in doubt which of the two it is, and nothing is written. In QuickBooks, "
        'replace the mark in its private note by "OneDesk invoice INV-1"; give it the number 2041 again, and then '
        "send the invoice again.",
    )
    assert (len(us.invoices()), len(us.sandbox.outbox())) == (1, 1)
    others_go_on(us, invoice)
    us.sandbox.edit("Invoice", had.pop("Id"), had)
    assert us.send(invoice(id="INV-2", number="2042")).outcome == "sent", "the remedy works"
    assert us.send(invoice(memo="Newer")).outcome in ("sent", "updated")
    assert sorted(each["DocNumber"] for each in us.invoices()) == ["2041", "2042", "2049"]


def test_it_has_the_same_number(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    edited(us, "2041", "OneDesk invoice INV-2")
    held = us.copy(invoice(id="INV-2"))
    assert held.outcome == "held"
    assert (
        'replace the mark in its private note by "OneDesk invoice INV-1"; give one of the two invoices' in held.reason
    )
    others_go_on(us, invoice)
    us.sandbox.edit("Invoice", us.invoices()[0]["Id"], {"PrivateNote": "OneDesk invoice INV-1"})
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied", "the remedy works"


def test_two_ids_that_differ_in_their_unicode_form_are_two_invoices(us: Desk, invoice: Make) -> None:
    nfc, nfd = "caf\u00e9-1", "cafe\u0301-1"
    us.send(invoice(id=nfc))
    held = us.send(invoice(id=nfd))
    assert (held.outcome, held.id) == ("held", nfd)
    assert f"The number 2041 is the number of the OneDesk invoice {nfc} as well" in held.reason
    others_go_on(us, invoice)
    sent = us.send(invoice(id=nfd, number="2042"))
    assert sent.outcome == "sent", "the remedy works"
    marks = {each["PrivateNote"] for each in us.invoices() if each["DocNumber"] != "2049"}
    assert marks == {f"OneDesk invoice {nfc}"} == {unicodedata.normalize("NFC", each) for each in marks}
    us.sandbox.pay({sent.qbo_id: "30.00"})
    us.application.bring_payments()
    assert [len(us.shown(each).payments) for each in (nfc, nfd)] == [0, 1]


def test_an_earlier_version_could_not_follow_what_it_had_written(us: Desk, invoice: Make) -> None:
    """QuickBooks has done an update of the invoice of another one, and every time slice began with its error."""
    us.send(invoice())
    ledger, second = us.application.ledger, invoice(id="INV-2", number="2042")
    with ledger.together() as connection:
        link = dict(connection.execute(invoice_link.select()).mappings().one())
        connection.execute(invoice_link.delete())
    had = edited(us, "2042", "OneDesk invoice INV-2")
    unanswered(us, second, "502 though done")
    with ledger.together() as connection:
        connection.execute(invoice_link.insert().values(link))
        connection.execute(work.update().where(work.c.od_invoice_id == "INV-2").values(state="failed"))
    others_go_on(us, invoice)
    [entry] = ledger.queue.open_of(us.sandbox.realm_id, "INV-2")
    assert entry.state == "held" and "is linked to the OneDesk" in entry.reason
    assert ledger.outbox.unknown(us.sandbox.realm_id) == []
    held = us.copy(second)
    assert held.outcome == "held" and "but it is linked to the OneDesk invoice INV-1" in held.reason
    us.sandbox.edit("Invoice", had.pop("Id"), had)
    assert us.copy(second).outcome == "copied", "the remedy works"


def test_an_unanswered_invoice_is_not_found_in_that_of_another(us: Desk, invoice: Make) -> None:
    us.predicts = False  # the number was free when the request was recorded, which is repeated
    us.send(invoice())
    unanswered(us, invoice(id="INV-2", number="2042"), "503")
    had = edited(us, "2042", "OneDesk invoice INV-2")
    others_go_on(us, invoice)
    us.sandbox.edit("Invoice", had.pop("Id"), had)
    assert us.copy(invoice(id="INV-2", number="2042")).outcome in ("copied", "updated", "unchanged")
    assert sorted(each["DocNumber"] for each in us.invoices()) == ["2041", "2042", "2049"]


@pytest.mark.parametrize(("operation", "looked_up"), [("update", False), ("create", True)])
def test_an_answer_that_names_the_invoice_of_another_is_refused(
    us: Desk, invoice: Make, operation: str, looked_up: bool
) -> None:
    """It would be the second link of one QuickBooks invoice; the company would stand still."""
    us.copy(invoice())
    ledger, realm_id = us.application.ledger, us.sandbox.realm_id
    [entry] = ledger.outbox.of_invoice(realm_id, "INV-1")
    other = dataclasses.replace(entry, od_invoice_id="INV-2", operation=operation)
    dispatcher = Dispatcher(us.application._services, realm_id)
    with pytest.raises(_RolledBackError), ledger.together():
        [done] = dispatcher.close([Done(other, entry.answer)], looked_up)
        assert done.problem is not None and "INV-1" in str(done.problem)
        assert set(ledger.links.invoices(realm_id, ["INV-1", "INV-2"])) == {"INV-1"}
        raise _RolledBackError


class _RolledBackError(Exception):
    """The entry is not one that the run has recorded."""
