"""What a host promises: one check each, with the promise as its docstring. A check raises where it is broken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal

from onedesk_quickbooks.hooks import Money, OneDeskHost, Payment, Reversal
from onedesk_quickbooks.plugin.host.contract.tested import (
    ACTION,
    LINK,
    OTHER_TAG,
    SETTING,
    TAG,
    HostUnderTest,
    Listener,
)
from onedesk_quickbooks.plugin.host.records import checked


def _is_told_of_the_host(tested: HostUnderTest, listener: Listener) -> None:
    """on_host_started hands over the host and a folder that can be written to."""
    assert isinstance(listener.host, OneDeskHost), f"{listener.host!r} lacks a method of OneDeskHost"
    assert listener.folder is not None
    probe = listener.folder / "contract-probe"
    probe.write_text("x")
    probe.unlink()


def _reads(tested: HostUnderTest, listener: Listener) -> None:
    """read_invoice gives JSON of the schema as the invoice stands now, and None for one that is not there."""
    found = tested.host.read_invoice("contract-1")
    assert found is not None, "the invoice was not found"
    assert checked(found)["status"] == "draft", f"status {found['status']!r} instead of 'draft'"
    assert Decimal(found["total"]) == 100, f"total {found['total']!r} instead of '100.00'"
    assert tested.host.read_invoice("contract-none") is None, "an unknown id is not None"


def _opens(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_opened comes once the invoice is Open, with JSON of the schema."""
    tested.deed("open", "contract-1")
    assert checked(listener.last("opened"))["status"] == "open", "the invoice was not yet open"


def _offers_actions(tested: HostUnderTest, listener: Listener) -> None:
    """What invoice_actions offers is shown for an Open invoice and not for a draft; choosing it comes back."""
    assert ACTION.label not in tested.offers("contract-1"), "a draft shows an action that nobody offered"
    tested.deed("open", "contract-1")
    assert ACTION.label in tested.offers("contract-1"), "an offered action is not shown"
    tested.choose("contract-1", ACTION.id)
    assert checked(listener.last(ACTION.id))["id"] == "contract-1"


def _sends(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_send comes when a person sends an Open invoice."""
    tested.deed("open", "contract-1")
    tested.deed("send", "contract-1")
    assert checked(listener.last("send"))["id"] == "contract-1"


def _tells_reopened(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_changed says "reopened" when an Open invoice went back to Draft."""
    tested.deed("open", "contract-1")
    tested.deed("reopen", "contract-1")
    assert checked(listener.last("reopened"))["status"] == "draft", "the invoice was not yet a draft"


def _tells_edited(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_changed says "edited" when a draft was edited."""
    tested.deed("edit", "contract-1")
    checked(listener.last("edited"))


def _tells_voided(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_changed says "voided" when an invoice was voided."""
    tested.deed("open", "contract-1")
    tested.deed("void", "contract-1")
    assert checked(listener.last("voided"))["status"] == "void"


def _tells_deleted(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_changed says "deleted" with the invoice as it stood last; read_invoice then gives None."""
    tested.deed("delete", "contract-1")
    assert checked(listener.last("deleted"))["id"] == "contract-1"
    assert tested.host.read_invoice("contract-1") is None, "a deleted invoice is still read"


def _tags(tested: HostUnderTest, listener: Listener) -> None:
    """A tag is set with its link in the place of the one before, as often as one likes; an empty tag takes it away."""
    for tag, link in ((TAG, ""), (TAG, LINK), (OTHER_TAG, ""), (OTHER_TAG, LINK), (OTHER_TAG, LINK)):
        tested.host.set_tag("contract-1", tag, link)
    assert dict(tested.shown("contract-1").tags) == {OTHER_TAG: LINK}, f"tags: {dict(tested.shown('contract-1').tags)}"
    tested.host.set_tag("contract-1", "", "")
    assert not tested.shown("contract-1").tags, f"tags after an empty one: {dict(tested.shown('contract-1').tags)}"


def _notes(tested: HostUnderTest, listener: Listener) -> None:
    """A note's key names it: the same key replaces its text, an empty text takes it away."""
    for key, text in (("a", "first"), ("a", "second"), ("b", "other")):
        tested.host.add_note("contract-1", key, text)
    assert sorted(tested.shown("contract-1").notes) == ["other", "second"], f"notes: {tested.shown('contract-1').notes}"
    tested.host.add_note("contract-1", "a", "")
    assert list(tested.shown("contract-1").notes) == ["other"], "an emptied note is still there"


def _records_payments(tested: HostUnderTest, listener: Listener) -> None:
    """Payments are recorded once each; the rest is shown, and nothing left makes the invoice Paid."""
    tested.deed("open", "contract-1")
    for payment in (_payment("p1", "40.00", "60.00"), _payment("p1", "40.00", "60.00")):
        tested.host.record_payment(payment)
    _shows(tested, "open", ["p1"], "60.00")
    tested.host.record_payment(_payment("p2", "60.00", "0.00"))
    tested.host.record_payment(_payment("p1", "40.00", "60.00"))  # an old one, told again
    _shows(tested, "paid", ["p1", "p2"], "0.00")


def _settles_without_money(tested: HostUnderTest, listener: Listener) -> None:
    """Credits, deposits and an invoice of nothing are recorded like payments, whatever their kind and amount."""
    tested.deed("open", "contract-1")
    tested.host.record_payment(replace(_payment("p1", "30.00", "70.00"), kind="credit_memo", reference="CM-7"))
    _shows(tested, "open", ["p1"], "70.00")
    tested.host.record_payment(replace(_payment("p2", "-10.00", "80.00"), kind="deposit"))
    _shows(tested, "open", ["p1", "p2"], "80.00")
    tested.host.record_payment(replace(_payment("p3", "0.00", "0.00"), kind="zero_total"))
    _shows(tested, "paid", ["p1", "p2", "p3"], "0.00")
    tested.host.record_payment(replace(_payment("p4", "0.00", "10.00"), kind="balance"))
    _shows(tested, "open", ["p1", "p2", "p3", "p4"], "10.00")


def _keeps_what_is_left(tested: HostUnderTest, listener: Listener) -> None:
    """What is left is what was told last, also once the invoice is edited: the host works nothing out."""
    tested.deed("open", "contract-1")
    tested.host.record_payment(_payment("p1", "20.00", "87.25"))
    tested.deed("reopen", "contract-1")
    tested.deed("edit", "contract-1")
    _shows(tested, "draft", ["p1"], "87.25")


def _reverses_payments(tested: HostUnderTest, listener: Listener) -> None:
    """A payment is reversed once; the invoice is Open again; recording or reversing it again changes nothing."""
    tested.deed("open", "contract-1")
    payment, reversal = _payment("p1", "100.00", "0.00"), Reversal("p1", "contract-1", _eur("100.00"), "voided")
    tested.host.reverse_payment(reversal)  # not recorded yet
    tested.host.record_payment(payment)
    _shows(tested, "paid", ["p1"], "0.00")
    for _ in range(2):
        tested.host.reverse_payment(reversal)
    tested.host.record_payment(payment)
    _shows(tested, "open", [], "100.00")


def _bears_what_is_not_there(tested: HostUnderTest, listener: Listener) -> None:
    """Tags, notes and payments of an invoice that was deleted meanwhile are no error."""
    tested.host.set_tag("contract-none", TAG, LINK)
    tested.host.add_note("contract-none", "a", "text")
    payment = Payment("p1", "contract-none", _eur("1.00"), _eur("0.00"), date(2026, 7, 2))
    tested.host.record_payment(payment)
    tested.host.reverse_payment(Reversal("p1", "contract-none", _eur("1.00"), "voided"))


def _bears_threads(tested: HostUnderTest, listener: Listener) -> None:
    """Every method may be called from many threads at once."""
    tested.deed("open", "contract-1")

    def work(number: int) -> None:
        tested.host.record_payment(_payment("p1", "40.00", "60.00"))
        tested.host.set_tag("contract-1", TAG, f"{LINK}{number}")
        tested.host.add_note("contract-1", str(number), f"note {number}")
        tested.host.read_invoice("contract-1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    _shows(tested, "open", ["p1"], "60.00")
    seen = tested.shown("contract-1")
    assert (len(seen.tags), len(seen.notes)) == (1, 8), f"{len(seen.tags)} tags, not 1; {len(seen.notes)} notes, not 8"


def _knows_who_administers(tested: HostUnderTest, listener: Listener) -> None:
    """may_administer tells people apart, and only an administrator is shown what plugins have under Financials."""
    assert tested.host.may_administer(tested.administrator) is True
    for user in (tested.colleague, "", "contract-nobody"):
        assert tested.host.may_administer(user) is False, f"{user!r} may administer"
    assert SETTING.label in tested.financials(tested.administrator), "an administrator does not see the setting"
    assert SETTING.label not in tested.financials(tested.colleague), "somebody else sees the setting"


def _stops(tested: HostUnderTest, listener: Listener) -> None:
    """on_host_stopping comes when the host goes down."""
    tested.stop()
    listener.last("stopping")


def _eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def _payment(payment_id: str, amount: str, balance: str) -> Payment:
    return Payment(payment_id, "contract-1", _eur(amount), _eur(balance), date(2026, 7, 2))


def _shows(tested: HostUnderTest, status: str, payments: list[str], balance: str) -> None:
    seen = tested.shown("contract-1")
    assert seen.status == status, f"the invoice is shown as {seen.status!r} instead of {status!r}"
    assert sorted(seen.payments) == payments, f"the payments {list(seen.payments)} stand instead of {payments}"
    assert seen.balance == Decimal(balance), f"{seen.balance} is shown as left instead of {balance}"


PROMISES = (
    _is_told_of_the_host,
    _reads,
    _opens,
    _offers_actions,
    _sends,
    _tells_reopened,
    _tells_edited,
    _tells_voided,
    _tells_deleted,
    _tags,
    _notes,
    _records_payments,
    _settles_without_money,
    _keeps_what_is_left,
    _reverses_payments,
    _bears_what_is_not_there,
    _bears_threads,
    _knows_who_administers,
    _stops,
)
"""All checks; a check's docstring is the promise."""
