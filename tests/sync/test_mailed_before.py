"""QuickBooks has e-mailed an invoice without a request that the ledger has: before the ledger was begun or restored, or
by hand in QuickBooks. It is not e-mailed twice, unless a person asks for it, and a newer version is e-mailed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.outcome import Outcome
from tests.support.clock import Clock
from tests.sync.conftest import ADMIN, Desk
from tests.sync.faults import DONE, NOT_DONE
from tests.sync.test_reinstalled import again

Make = Callable[..., dict[str, Any]]
SENT = "Sent by QuickBooks"


def connected(desks: Callable[..., Desk], **options: Any) -> Desk:
    """A desk of the US company, whose time passes with the plugin's."""
    clock = Clock()
    desk = desks("us", clock=clock.now, **options)
    desk.clock = clock
    desk.connect()
    return desk


@pytest.fixture
def us(desks: Callable[..., Desk]) -> Desk:
    return connected(desks)


def mails(desk: Desk) -> int:
    return len(desk.sandbox.outbox())


def resend(desk: Desk) -> Outcome:
    assert desk.application.resend("INV-1", ADMIN)
    return desk.outcome("INV-1")


def is_known(desk: Desk, came: Outcome, word: str, mailed: int = 1) -> None:
    """It is not e-mailed again, the host shows it as sent, and the step that is named works."""
    at = datetime.fromisoformat(desk.sandbox.read("Invoice", came.qbo_id)["DeliveryInfo"]["DeliveryTime"])
    day = at.astimezone(timezone.utc).date()
    assert (came.outcome, mails(desk)) == (word, mailed), came.reason
    assert f"QuickBooks e-mailed this invoice on {day} already" in came.reason
    assert "onedesk-quickbooks resend INV-1" in came.reason
    assert SENT in desk.shown("INV-1").tags
    again_asked = desk.send({**desk.shown("INV-1").json})
    assert (again_asked.outcome, mails(desk)) == ("unchanged", mailed)
    assert "already" in again_asked.reason or "nothing has changed since" in again_asked.reason
    assert (resend(desk).outcome, mails(desk)) == ("sent", mailed + 1)


@pytest.mark.parametrize("first", ["send", "copy"])
def test_with_a_new_ledger(us: Desk, invoice: Make, first: str) -> None:
    us.send(invoice())
    us.clock.sleep(60)
    again(us)
    if first == "copy":
        assert us.copy(invoice()).outcome == "updated"
        assert SENT in us.shown("INV-1").tags
        is_known(us, us.send(invoice()), "unchanged")
    else:
        is_known(us, us.send(invoice()), "updated")


def test_with_a_new_ledger_however_many_e_mails_there_were(us: Desk, invoice: Make) -> None:
    us.send(invoice())
    us.clock.sleep(60)
    resend(us)
    us.clock.sleep(60)
    assert us.send(invoice(memo="Second")).outcome == "sent"
    us.clock.sleep(60)
    again(us)
    is_known(us, us.send(invoice(memo="Second")), "updated", mailed=3)
    us.clock.sleep(60)
    assert us.send(invoice(memo="Third")).outcome == "sent"
    assert mails(us) == 5
    us.clock.sleep(60)
    assert (resend(us).outcome, mails(us)) == ("sent", 6)


@pytest.fixture
def restored(us: Desk, invoice: Make) -> Callable[..., None]:
    """Copied, or what is done `first`; backed up, sent as given, or what is done `then`; and the backup restored. The
    host keeps what it has."""

    def restore(
        newer: dict[str, Any],
        first: Callable[[dict[str, Any]], object] = us.copy,
        then: Callable[[dict[str, Any]], Outcome] = us.send,
    ) -> None:
        first(invoice())
        us.host.close()
        kept = us.home.parent / "kept"
        kept.mkdir()
        for file in us.home.glob("ledger.sqlite*"):
            shutil.copy(file, kept / file.name)
        us.restart()
        us.clock.sleep(60)
        assert then(newer).outcome in ("sent", "updated")
        us.clock.sleep(60)
        us.host.close()
        for file in us.home.glob("ledger.sqlite*"):
            file.unlink()
        for file in kept.iterdir():
            shutil.copy(file, Path(us.home) / file.name)
        us.restart()
        us.connect()

    return restore


def test_with_an_older_ledger(us: Desk, invoice: Make, restored: Callable[..., None]) -> None:
    restored(invoice())
    is_known(us, us.send(invoice()), "unchanged")


def test_with_an_older_ledger_a_version_that_it_does_not_know(
    us: Desk, invoice: Make, restored: Callable[..., None]
) -> None:
    restored(invoice(memo="Second"))
    is_known(us, us.send(invoice(memo="Second")), "unchanged")


def test_with_an_older_ledger_a_version_that_was_e_mailed_after_another(
    us: Desk, invoice: Make, restored: Callable[..., None]
) -> None:
    """The ledger knows the first e-mail."""
    restored(invoice(memo="Second"), us.send)
    is_known(us, us.send(invoice(memo="Second")), "unchanged", mailed=2)


def test_with_an_older_ledger_a_version_that_was_only_copied_is_e_mailed(
    us: Desk, invoice: Make, restored: Callable[..., None]
) -> None:
    restored(invoice(memo="Second"), us.send, us.copy)
    assert us.send(invoice(memo="Second")).outcome == "sent"
    assert mails(us) == 2


def test_with_an_older_ledger_a_newer_version_is_e_mailed(
    us: Desk, invoice: Make, restored: Callable[..., None]
) -> None:
    """QuickBooks has answered the first request of that ledger before, with the older version."""
    restored(invoice())
    assert us.send(invoice(memo="Newer")).outcome == "sent"
    assert mails(us) == 2
    assert us.sandbox.read("Invoice", us.invoices()[0]["Id"])["CustomerMemo"]["value"] == "Newer"


@pytest.mark.parametrize("known", ["", "copied", "sent"])
@pytest.mark.parametrize("fault", ["answer lost", "500"])
def test_with_an_older_ledger_that_waits_for_the_answer(
    us: Desk, invoice: Make, restored: Callable[..., None], known: str, fault: str
) -> None:
    """The write had no answer when the backup was made: it is found after it was e-mailed."""
    if known:
        getattr(us, {"copied": "copy", "sent": "send"}[known])(invoice(memo="Older"))
        us.clock.sleep(60)
    us.predicts = False

    def unanswered(newer: dict[str, Any]) -> None:
        us.save(newer)
        us.sandbox.faults.inject(**{**DONE, **NOT_DONE}[fault], path="invoice", method="POST", count=3)
        assert us.host.send("INV-1", ADMIN)
        us.application.time_slice(timedelta(minutes=5))
        assert us.application.ledger.outbox.unknown(us.sandbox.realm_id)

    def answered(newer: dict[str, Any]) -> Outcome:
        us.clock.sleep(4000)
        return us.outcome("INV-1")

    restored(invoice(), unanswered, answered)
    mailed = mails(us)
    us.clock.sleep(4000)
    came = us.outcome("INV-1")
    assert (mails(us), len(us.invoices())) == (mailed, 1)
    assert "QuickBooks e-mailed this invoice on" in came.reason and "resend INV-1" in came.reason
    assert (resend(us).outcome, mails(us)) == ("sent", mailed + 1)


def test_with_an_older_ledger_that_waits_for_the_answer_of_what_was_renumbered(
    desks: Callable[..., Desk], invoice: Make, tmp_path: Path
) -> None:
    """By the rules QuickBooks gives numbers, so that another one is no edit. `plan` says the same."""
    desk = connected(desks, rules="version: 1\ninvoices: {number: quickbooks}\n")
    desk.predicts = False
    desk.save(invoice())
    desk.sandbox.faults.inject(**DONE["answer lost"], path="invoice", method="POST", count=3)
    assert desk.host.send("INV-1", ADMIN)
    desk.application.time_slice(timedelta(minutes=5))
    desk.close()
    shutil.copytree(desk.home, tmp_path / "kept")
    desk.clock.sleep(4000)
    qbo_id = desk.outcome("INV-1").qbo_id
    desk.clock.sleep(60)
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9901"})
    desk.close()
    for file in (tmp_path / "kept").glob("ledger.sqlite*"):
        shutil.copy(file, desk.home / file.name)
    desk.restart()
    desk.connect()
    desk.clock.sleep(4000)
    desk.predicts = True
    came = desk.outcome("INV-1")
    assert (came.outcome, came.qbo_id, mails(desk)) == ("copied", qbo_id, 1), came.reason


def test_by_hand_in_quickbooks(us: Desk, invoice: Make) -> None:
    us.sandbox.send("Invoice", us.copy(invoice()).qbo_id)
    is_known(us, us.send(invoice()), "unchanged")


def test_by_hand_before_a_newer_version(us: Desk, invoice: Make) -> None:
    us.sandbox.send("Invoice", us.copy(invoice()).qbo_id)
    us.clock.sleep(60)
    assert us.send(invoice(memo="Newer")).outcome == "sent"
    assert mails(us) == 2


def test_by_hand_before_the_same_change_on_both_sides(us: Desk, invoice: Make) -> None:
    """Which version the customer has is not known."""
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.send("Invoice", qbo_id)
    us.clock.sleep(60)
    us.sandbox.edit("Invoice", qbo_id, {"CustomerMemo": {"value": "Newer"}})
    came = us.send(invoice(memo="Newer"))
    assert "by hand there or before this ledger knew of it, perhaps before it was changed there" in came.reason
    is_known(us, came, "unchanged")


KEEPS = "version: 1\ninvoices: {when_changed_in_quickbooks: keep_quickbooks}\n"


@pytest.mark.parametrize("rules", ["", KEEPS])
@pytest.mark.parametrize("mailed", [True, False])
def test_by_hand_after_a_change_that_is_kept(
    desks: Callable[..., Desk], invoice: Make, rules: str, mailed: bool
) -> None:
    """What was e-mailed last is what QuickBooks has; an e-mail before the change is not."""
    desk = connected(desks, rules=rules)
    qbo_id = desk.copy(invoice()).qbo_id
    work: list[Callable[[], object]] = [
        lambda: desk.sandbox.edit("Invoice", qbo_id, {"CustomerMemo": {"value": "Theirs"}}),
        lambda: desk.sandbox.send("Invoice", qbo_id),
    ]
    for each in work if mailed else reversed(work):
        desk.clock.sleep(60)
        each()
    desk.clock.sleep(60)
    desk.application.bring_payments()
    if not rules:
        [entry] = desk.application.changes()
        assert desk.application.settle_change(entry.id, "quickbooks")
        desk.drain()
    came = desk.send(invoice())
    if mailed:
        is_known(desk, came, "unchanged")
    else:
        assert (came.outcome, mails(desk)) == ("sent", 2), came.reason


def test_by_hand_after_a_change_that_is_found_only_now(desks: Callable[..., Desk], invoice: Make) -> None:
    """Nobody has to look at it before an e-mail that is not sent."""
    desk = connected(desks, rules=KEEPS)
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.edit("Invoice", qbo_id, {"CustomerMemo": {"value": "Theirs"}})
    desk.clock.sleep(60)
    desk.sandbox.send("Invoice", qbo_id)
    is_known(desk, desk.send(invoice()), "unchanged")


def test_by_hand_after_a_newer_version(us: Desk, invoice: Make) -> None:
    qbo_id = us.send(invoice()).qbo_id
    us.clock.sleep(60)
    assert us.copy(invoice(memo="Newer")).outcome == "updated"
    us.clock.sleep(60)
    us.sandbox.send("Invoice", qbo_id)
    is_known(us, us.send(invoice(memo="Newer")), "unchanged", mailed=2)


def test_an_e_mail_by_hand_that_did_not_arrive(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.send("Invoice", qbo_id)
    us.sandbox.bounce("Invoice", qbo_id)
    us.clock.sleep(60)
    came = us.send(invoice())
    assert (came.outcome, mails(us)) == ("sent", 2)
    assert "did not arrive" in came.reason


@pytest.mark.parametrize("looked", [True, False])
def test_a_copy_does_not_show_as_sent_what_did_not_arrive(us: Desk, invoice: Make, looked: bool) -> None:
    """E-mailed by hand: whenever payments were looked for, its note says what became of it, and a send e-mails it."""
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.send("Invoice", qbo_id)
    us.sandbox.bounce("Invoice", qbo_id)
    for _ in range(2):
        us.clock.sleep(600)
        if looked:
            us.application.bring_payments()
        came = us.copy(invoice())
        assert came.outcome == "unchanged" and "did not arrive (Bounced Email); correct the billing" in came.reason
        assert list(us.shown("INV-1").tags) == ["Copied to QuickBooks"]
        us.application.bring_payments()
    assert us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("todo", "held")) == []
    assert (us.send(invoice()).outcome, mails(us), list(us.shown("INV-1").tags)) == ("sent", 2, [SENT])
    us.sandbox.bounce("Invoice", qbo_id)
    us.clock.sleep(600)
    us.application.bring_payments()
    (entry,) = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
    assert entry.action == "bounced"


def test_marked_as_sent_is_no_e_mail(us: Desk, invoice: Make) -> None:
    us.sandbox.edit("Invoice", us.copy(invoice()).qbo_id, {"EmailStatus": "EmailSent"})
    assert us.send(invoice()).outcome == "sent"
    assert mails(us) == 1


def test_a_credit_note(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = connected(desks, rules="version: 1\ninvoices: {negative: credit_memo}\n")
    line = {"id": "1", "service_type": "Support", "amount": "-100.00"}
    note = invoice(lines=[line], subtotal="-100.00", total="-100.00", taxes=[], discounts=[])
    assert desk.send(note).outcome == "sent"
    desk.clock.sleep(60)
    again(desk)
    came = desk.send(note)
    assert (came.outcome, came.kind, mails(desk)) == ("updated", "credit_memo", 1), came.reason
    assert "already, by hand there or before this ledger knew of it" in came.reason


def test_one_that_is_to_be_e_mailed_later(us: Desk, invoice: Make) -> None:
    """By hand before that day: it is not e-mailed on it."""
    later = invoice(send_after=(us.clock.now() + timedelta(days=3)).date().isoformat())
    assert us.send(later).outcome == "copied"
    us.sandbox.send("Invoice", us.invoices()[0]["Id"])
    us.clock.sleep(4 * 86400)
    [came] = us.drain()
    assert (came.outcome, mails(us)) == ("unchanged", 1), came.reason
    assert SENT in us.shown("INV-1").tags
