"""The states of invoices by the ledger: what they wait for, why they are held, when they were copied, and to whom
sent."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from onedesk_quickbooks.plugin.ledger import Connected, Hold, InvoiceLink, Ledger, Outline, Work, undone_by_person
from onedesk_quickbooks.plugin.model.host import InvoiceFact, InvoiceJson, InvoiceState
from onedesk_quickbooks.plugin.model.host_payment import payment_id
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.model.state import TAGS
from onedesk_quickbooks.plugin.ops.queue_list import FILED, why_stopped
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text

_CONTENT = ("number", "currency", "issue_date", "due_date", "lines", "discounts", "charges", "taxes", "total", "memo")
"""Fields that a copy writes and that an edit of the invoice itself changes; of its customer only the id."""
_NEEDED = ("currency", "issue_date", "customer", "lines", "total")
"""Those that every whole invoice has: one without them, for example with only its id, cannot be compared."""


IN_FILE = InvoiceFact("why", FILED)
"""Why an invoice waits whose request the ledger does not have yet."""


def states_of(
    services: Services, connected: Connected, invoices: Sequence[InvoiceJson], asked: Collection[str] = ()
) -> list[InvoiceState]:
    """The states of invoices of the host, as it has them now, each with the address of its story below the pages. A
    fixed number of queries, however many there are. `asked` are those whose request waits in a file."""
    from onedesk_quickbooks.plugin.qbo import receiver_of  # `status` and `queue` do without the client

    realm_id, ledger = connected.realm_id, services.ledger
    ids = [str(each["id"]) for each in invoices]
    with ledger.reading():
        links = ledger.links.invoices(realm_id, ids)
        entries = ledger.queue_lists.outlines_of(realm_id, ids)
        holds = ledger.holds.of(realm_id, ids)
        payments = ledger.host_payment_entries.held(realm_id)
        lost = ledger.conflicts.all_lost(realm_id, links.values())
        undone = {od_id for od_id, work in lost.items() if undone_by_person(work)}
        links = {od_id: link for od_id, link in links.items() if od_id not in undone}
        sent = ledger.outbox.sent(realm_id, [od_id for od_id, link in links.items() if link.state == "sent"])
    stopped = _stopped(ledger, realm_id, entries.values())
    because = {each for mine in entries.values() for one in mine for each in (_why(one), one.reason)}
    because |= set(map(_why, payments))
    sentences = ledger.sentences.recalled({*because, connected.stopped_reason, connected.paused_because})
    paying: dict[str, list[Work]] = {}
    for payment in payments:
        for od_id in _paid(payment):
            paying.setdefault(od_id, []).append(payment)
    found = []
    for invoice in invoices:
        od_id = str(invoice["id"])
        link, mine = links.get(od_id), entries.get(od_id, [])
        filed = od_id in asked  # what the ledger has of it waits no longer
        waits = next((each for each in mine if each.state in ("todo", "held", "failed") and not filed), None)
        changed = link is not None and waits is None and not filed and _is_changed(invoice, mine)
        later = next((each for each in mine if each.state == "scheduled"), None)
        hold = holds.get(od_id) if waits is None else None
        left = stopped.get(waits.id) if waits else None
        shown, word = (None, "held") if left else (waits, _word(waits))
        now = "waiting" if filed else word or ("held" if hold else "changed" if changed else "")
        body = sent.get(od_id)
        facts = (
            *((IN_FILE,) if filed else ()),
            *((InvoiceFact("why", left),) if left else ()),
            *_facts(connected, hold, shown, changed, link, receiver_of(body) if body else "", sentences, later),
            *((_gone(lost[od_id]),) if od_id in lost and link else ()),
            *(_held(each, sentences) for each in paying.get(od_id, ())),
        )
        found.append(
            InvoiceState(od_id, now, facts, f"/invoices/{quote(od_id, safe='')}" if link or mine or filed else "")
        )
    return found


def _stopped(ledger: Ledger, realm_id: str, entries: Iterable[Sequence[Outline]]) -> dict[int, Text]:
    """The entries that stopped commands have left for a person, with the step."""
    reserved = [each for mine in entries for each in mine if each.state == "todo" and each.run]
    runs = {run for run in {each.run for each in reserved} if ledger.stopped_runs.is_stopped(realm_id, run)}
    unanswered = {each.od_invoice_id for each in ledger.outbox.unknown(realm_id)} if runs else set()
    return {each.id: why_stopped(each.run, each.od_invoice_id in unanswered) for each in reserved if each.run in runs}


def _word(entry: Outline | None) -> str:
    if entry is None:
        return ""
    return "waiting" if entry.state == "todo" else "held"


def _is_changed(invoice: InvoiceJson, entries: Sequence[Outline]) -> bool:
    """Whether the host's invoice differs from its last copy; False where it is not the whole invoice."""
    if any(name not in invoice for name in _NEEDED):
        return False
    last = next((each for each in entries if each.action in ("copy", "send") and each.state == "done"), None)
    return last is not None and _content(invoice) != _content(last.invoice)


def _content(invoice: Mapping[str, Any]) -> list[Any]:
    """The compared fields, and which customer it is for; amounts as texts, absent and empty the same."""
    customer = invoice.get("customer")
    billed = customer.get("id") if isinstance(customer, Mapping) else None
    return [*(_plain(invoice.get(name)) for name in _CONTENT), unicodedata.normalize("NFC", str(billed or ""))]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items() if each not in (None, "", [], {})}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return None if value in (None, "") else str(value)


def _paid(payment: Work) -> set[str]:
    """The invoices that a payment of the host pays."""
    parts = payment.invoice.get("payment", {}).get("invoices", ())
    return {str(each.get("id")) for each in parts}


def _gone(noted: Work) -> InvoiceFact:
    deleted = noted.conflict.what == "deleted"
    return InvoiceFact("gone", Text("Deleted in QuickBooks") if deleted else TAGS["voided"], noted.created_at)


def _held(payment: Work, sentences: Mapping[str, str]) -> InvoiceFact:
    amount = Money(decimal_from_text(payment.invoice["total"]), payment.invoice["currency"])
    name, why = payment.od_number or payment_id(payment.od_invoice_id), sentences[_why(payment)]
    return InvoiceFact("why", Text("Payment {name} of {amount} is held: {why}", name=name, amount=amount, why=why))


def _why(entry: Outline | Work) -> str:
    return entry.reason or str((entry.outcome or {}).get("reason", ""))


def _facts(
    connected: Connected,
    hold: Hold | None,
    entry: Outline | None,
    changed: bool,
    link: InvoiceLink | None,
    to: str,
    sentences: Mapping[str, str],
    later: Outline | None = None,
) -> Iterator[InvoiceFact]:
    if entry is not None and entry.state == "todo":
        because = connected.stopped_reason or entry.reason or connected.paused_because
        yield InvoiceFact("why", sentences[because] or Text("It is queued."))
        times = [each for each in (entry.not_before, connected.paused_until) if each is not None]
        if not connected.stopped_reason and times:
            yield InvoiceFact("next", Text("Next try"), max(times))
    elif entry is not None:
        yield InvoiceFact("why", sentences[_why(entry)])
    if hold is not None:
        yield InvoiceFact(
            "why", Text("{who} holds it: {reason}", who=hold.by or "OneDesk", reason=hold.reason), hold.since
        )
    if changed:
        yield InvoiceFact("changed", Text("It was changed in OneDesk since it was copied: copy it again."))
    if link is not None:
        copied = Text("Copied to QuickBooks as {number}", number=link.qbo_number or link.qbo_id)
        yield InvoiceFact("copied", copied, link.copied_at)
    if later is not None:
        yield InvoiceFact("next", Text("QuickBooks e-mails it"), later.not_before)
    if link is not None and link.state == "sent":
        yield InvoiceFact("sent", Text("Sent to {email}", email=to) if to else TAGS["sent"], link.sent_at)
