"""The promises of a host: one check each, with the promise as its docstring. A check raises if it is broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.hooks import Money, OneDeskHost, Payment, Reversal
from onedesk_quickbooks.plugin.host.contract import pages
from onedesk_quickbooks.plugin.host.contract.tested import (
    ACTION,
    LINK,
    OTHER_TAG,
    SETTING,
    TAG,
    HostUnderTest,
    Listener,
)
from onedesk_quickbooks.plugin.host.records import asked_for, checked


def _gets_the_host(tested: HostUnderTest, listener: Listener) -> None:
    """on_host_started hands over the host and a folder that can be written to."""
    lacking = [
        name for name in vars(OneDeskHost) if name[0] != "_" and not callable(getattr(listener.host, name, None))
    ]
    assert not lacking, f"{listener.host!r} lacks methods of OneDeskHost: {', '.join(lacking)}"
    assert listener.folder is not None
    probe = listener.folder / "contract-probe"
    probe.write_text("x")
    probe.unlink()


def _reads(tested: HostUnderTest, listener: Listener) -> None:
    """read_invoice gives JSON of the schema with the current state of the invoice, and None for an unknown id."""
    for invoice_id in tested.invoices:
        found = _read(tested, invoice_id)
        assert found["id"] == invoice_id, f"id {found['id']!r} instead of {invoice_id!r}"
        assert found["status"] == "draft", f"status {found['status']!r} instead of 'draft'"
        assert asked_for(found) >= 10, f"the draft asks for {asked_for(found)}: name one of at least 10"
    for word in (tested.missing, "no id at all"):
        assert tested.host.read_invoice(word) is None, f"{word!r}, which no invoice has as its id, is not None"


def _opens(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_opened is called when the invoice is Open, with JSON of the schema."""
    tested.perform("open", _id(tested))
    assert checked(listener.last("opened"))["status"] == "open", "the invoice was not yet open"


def _offers_actions(tested: HostUnderTest, listener: Listener) -> None:
    """The actions of invoice_actions are shown for an Open invoice, not for a draft; choosing one calls the plugin."""
    assert ACTION.label not in tested.offers(_id(tested)), "a draft shows an action that nobody offered"
    tested.perform("open", _id(tested))
    assert ACTION.label in tested.offers(_id(tested)), "an offered action is not shown"
    tested.choose(_id(tested), ACTION.id)
    assert checked(listener.last(ACTION.id))["id"] == _id(tested)


def _sends(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_send is called when a person sends an Open invoice."""
    tested.perform("open", _id(tested))
    tested.perform("send", _id(tested))
    assert checked(listener.last("send"))["id"] == _id(tested)


def _reports_reopened(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_changed reports "reopened" when an Open invoice is changed back to Draft."""
    tested.perform("open", _id(tested))
    tested.perform("reopen", _id(tested))
    assert checked(listener.last("reopened"))["status"] == "draft", "the invoice was not yet a draft"


def _reports_edited(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_changed reports "edited" when a draft is edited."""
    tested.perform("edit", _id(tested))
    checked(listener.last("edited"))


def _reports_voided(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_changed reports "voided" when an invoice is voided."""
    tested.perform("open", _id(tested))
    tested.perform("void", _id(tested))
    assert checked(listener.last("voided"))["status"] == "void"


def _reports_deleted(tested: HostUnderTest, listener: Listener) -> None:
    """on_invoice_changed reports "deleted" with the last state of the invoice; read_invoice then gives None."""
    tested.perform("delete", _id(tested))
    assert checked(listener.last("deleted"))["id"] == _id(tested)
    assert tested.host.read_invoice(_id(tested)) is None, "a deleted invoice is still read"


def _reports_what_is_committed(tested: HostUnderTest, listener: Listener) -> None:
    """A hook is called after the commit: meanwhile, read_invoice gives another thread the same invoice."""
    for action in ("edit", "open", "send", "reopen", "void", "delete"):
        with suppress(NotImplementedError):
            tested.perform(action, _id(tested))
    for call in listener.calls:
        if isinstance(call.read, Exception):
            raise AssertionError(f"{call.event!r}: {call.read}") from call.read
        if call.event == "deleted":
            assert call.read is None, "'deleted': the invoice was there still"
        else:
            assert call.read is not None, f"{call.event!r}: the invoice was not there yet"
            assert checked(call.read) == checked(call.invoice), f"{call.event!r}: another version was read"


def _tags(tested: HostUnderTest, listener: Listener) -> None:
    """A tag is set with its link, replacing the previous one, any number of times; an empty tag removes it."""
    for tag, link in ((TAG, ""), (TAG, LINK), (OTHER_TAG, ""), (OTHER_TAG, LINK), (OTHER_TAG, LINK)):
        tested.host.set_tag(_id(tested), tag, link)
    tags = dict(tested.shown(_id(tested)).tags)
    assert tags == {OTHER_TAG: LINK}, f"tags: {tags}"
    tested.host.set_tag(_id(tested), "", "")
    tags = dict(tested.shown(_id(tested)).tags)
    assert not tags, f"tags after an empty one: {tags}"


def _notes(tested: HostUnderTest, listener: Listener) -> None:
    """A note is identified by its key: the same key replaces its text, an empty text removes it."""
    for key, text in (("a", "first"), ("a", "second"), ("b", "other")):
        tested.host.add_note(_id(tested), key, text)
    notes = sorted(tested.shown(_id(tested)).notes)
    assert notes == ["other", "second"], f"notes: {notes}"
    tested.host.add_note(_id(tested), "a", "")
    assert list(tested.shown(_id(tested)).notes) == ["other"], "an emptied note is still there"


def _keeps_invoices_apart(tested: HostUnderTest, listener: Listener) -> None:
    """Tags, notes and payments of one invoice are not shown at another."""
    one, other = tested.invoices
    for invoice_id in (one, other):
        tested.perform("open", invoice_id)
    tested.host.set_tag(one, TAG, LINK)
    tested.host.add_note(one, "a", "of the first")
    tested.host.record_payment(_payment(tested, "1", "4"))
    seen = tested.shown(other)
    assert not seen.tags and not seen.notes and not seen.payments, f"the other invoice shows {seen}"
    assert seen.balance in (None, asked_for(_read(tested, other))), f"the other invoice has {seen.balance} left"


def _records_payments(tested: HostUnderTest, listener: Listener) -> None:
    """Each payment is recorded once; the balance is shown, and a balance of zero makes the invoice Paid."""
    tested.perform("open", _id(tested))
    first, rest = _payment(tested, "1", "4"), _payment(tested, "2", "6", left="0")
    for payment in (first, first):
        tested.host.record_payment(payment)
    _shows(tested, "open", [first], first.balance)
    tested.host.record_payment(rest)
    tested.host.record_payment(first)  # an earlier one, reported again
    _shows(tested, "paid", [first, rest], rest.balance)


def _settles_without_money(tested: HostUnderTest, listener: Listener) -> None:
    """Credits, deposits and a total of zero are recorded like payments, whatever their kind and amount."""
    tested.perform("open", _id(tested))
    credit = _payment(tested, "1", "3", kind="credit_memo", reference="CM-7")
    deposit = _payment(tested, "2", "-1", left="8", kind="deposit")
    nothing = _payment(tested, "3", "0", left="0", kind="zero_total")
    balance = _payment(tested, "4", "0", left="1", kind="balance")
    recorded: list[Payment] = []
    for payment, status in ((credit, "open"), (deposit, "open"), (nothing, "paid"), (balance, "open")):
        recorded.append(payment)
        tested.host.record_payment(payment)
        _shows(tested, status, recorded, payment.balance)


def _keeps_what_is_left(tested: HostUnderTest, listener: Listener) -> None:
    """The balance is the last one reported, also after an edit: the host does not calculate it."""
    tested.perform("open", _id(tested))
    payment = _payment(tested, "1", "4", left="7.25")
    tested.host.record_payment(payment)
    tested.perform("reopen", _id(tested))
    tested.perform("edit", _id(tested))
    _shows(tested, "draft", [payment], payment.balance)


def _reverses_payments(tested: HostUnderTest, listener: Listener) -> None:
    """A payment is reversed once, which opens the invoice again; recording or reversing it again changes nothing."""
    tested.perform("open", _id(tested))
    payment, left = _payment(tested, "1", "10", left="0"), asked_for(_read(tested, _id(tested)))
    reversal = Reversal(payment.id, _id(tested), Money(left, payment.amount.currency), "voided")
    tested.host.reverse_payment(reversal)  # not recorded yet
    tested.host.record_payment(payment)
    _shows(tested, "paid", [payment], payment.balance)
    for _ in range(2):
        tested.host.reverse_payment(reversal)
    tested.host.record_payment(payment)
    _shows(tested, "open", [], reversal.balance)


def _bears_what_is_not_there(tested: HostUnderTest, listener: Listener) -> None:
    """Tags, notes and payments of an invoice that was deleted meanwhile cause no error."""
    nothing, payment = Money(Decimal(0), "EUR"), f"contract:{tested.missing}:1"
    tested.host.set_tag(tested.missing, TAG, LINK)
    tested.host.add_note(tested.missing, "a", "text")
    tested.host.record_payment(Payment(payment, tested.missing, nothing, nothing, date(2026, 7, 2)))
    tested.host.reverse_payment(Reversal(payment, tested.missing, nothing, "voided"))


def _bears_threads(tested: HostUnderTest, listener: Listener) -> None:
    """Every method may be called from several threads at once."""
    tested.perform("open", _id(tested))
    payment = _payment(tested, "1", "4")

    def work(number: int) -> None:
        tested.host.record_payment(payment)
        tested.host.set_tag(_id(tested), TAG, f"{LINK}{number}")
        tested.host.add_note(_id(tested), str(number), f"note {number}")
        tested.host.read_invoice(_id(tested))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    _shows(tested, "open", [payment], payment.balance)
    seen = tested.shown(_id(tested))
    assert (len(seen.tags), len(seen.notes)) == (1, 8), f"{len(seen.tags)} tags, not 1; {len(seen.notes)} notes, not 8"


def _knows_who_administers(tested: HostUnderTest, listener: Listener) -> None:
    """may_administer distinguishes users; only administrators see the settings of plugins under Financials."""
    assert tested.host.may_administer(tested.administrator) is True, f"{tested.administrator!r} may not administer"
    for user in (tested.colleague, "", "contract-nobody"):
        assert tested.host.may_administer(user) is False, f"{user!r} may administer"
    assert SETTING.label in tested.financials(tested.administrator), "an administrator does not see the setting"
    assert SETTING.label not in tested.financials(tested.colleague), "somebody else sees the setting"


def _lists_by_date(tested: HostUnderTest, listener: Listener) -> None:
    """A host with invoices_dated lists each invoice of the given days once, by date and number."""
    listed = getattr(tested.host, "invoices_dated", None)  # a wrapper of a host may pass it on
    if listed is None:
        return
    every = list(listed(None, None))
    assert len(set(every)) == len(every), f"an invoice is listed twice: {every}"
    days = [str(_read(tested, invoice_id)["issue_date"]) for invoice_id in every]
    assert days == sorted(days), f"the days are not in order: {days}"
    for invoice_id in tested.invoices:
        day = date.fromisoformat(str(_read(tested, invoice_id)["issue_date"]))
        before, after = day - timedelta(days=1), day + timedelta(days=1)
        for first, last in ((None, None), (day, day), (day, None), (None, day), (before, after)):
            assert invoice_id in listed(first, last), f"{first} to {last} lacks one of {day}"
        for first, last in ((after, None), (None, before)):
            assert invoice_id not in listed(first, last), f"{first} to {last} has one of {day}"
    tested.perform("delete", _id(tested))
    assert _id(tested) not in listed(None, None), "a deleted invoice is listed"


def _stops(tested: HostUnderTest, listener: Listener) -> None:
    """on_host_stopping is called when the host stops."""
    tested.stop()
    listener.last("stopping")


def _id(tested: HostUnderTest) -> str:
    return tested.invoices[0]


def _read(tested: HostUnderTest, invoice_id: str) -> Mapping[str, Any]:
    found = tested.host.read_invoice(invoice_id)
    assert found is not None, f"the invoice {invoice_id} was not found"
    return checked(found)


def _payment(
    tested: HostUnderTest, name: str, amount: str, *, left: str = "", kind: str = "payment", reference: str = ""
) -> Payment:
    """A payment on the first invoice; without `left` the balance is the amount due of the invoice less the amount."""
    invoice = _read(tested, _id(tested))
    balance = Decimal(left) if left else asked_for(invoice) - Decimal(amount)
    currency, when = invoice["currency"], date(2026, 7, 2)
    amounts = Money(Decimal(amount), currency), Money(balance, currency)
    return Payment(f"contract:{invoice['id']}:{name}", invoice["id"], *amounts, when, kind=kind, reference=reference)


def _shows(tested: HostUnderTest, status: str, payments: list[Payment], balance: Money) -> None:
    seen, wanted = tested.shown(_id(tested)), [payment.id for payment in payments]
    assert seen.status == status, f"the invoice is shown as {seen.status!r} instead of {status!r}"
    assert sorted(seen.payments) == wanted, f"the host has the payments {list(seen.payments)} instead of {wanted}"
    assert seen.balance == balance.amount, f"{seen.balance} is shown as left instead of {balance.amount}"


PROMISES: tuple[Callable[[HostUnderTest, Listener], None], ...] = (
    _gets_the_host,
    _reads,
    _opens,
    _offers_actions,
    _sends,
    _reports_reopened,
    _reports_edited,
    _reports_voided,
    _reports_deleted,
    _reports_what_is_committed,
    _tags,
    _notes,
    _keeps_invoices_apart,
    _records_payments,
    _settles_without_money,
    _keeps_what_is_left,
    _reverses_payments,
    _bears_what_is_not_there,
    _bears_threads,
    _knows_who_administers,
    _lists_by_date,
    pages.arrive,
    pages.say_who_is_there,
    pages.show_the_form_token,
    pages.let_quickbooks_in,
    _stops,
)
"""All checks; a check's docstring is the promise."""
