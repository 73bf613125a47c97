"""Reads the host's invoice in the company queue, and compares it with the one that the host handed over.

A hook may be called within a transaction of the host that is not committed yet: then another thread reads the version
before it, or nothing. The handed over version is the minimum: while a reading differs it is repeated for some time.
After that, an invoice that is missing, or has other amounts, is held: the host has not committed what it asked for.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from onedesk_quickbooks.plugin.ledger import UNDO, WITHDRAWN, Connected, Hold, Work
from onedesk_quickbooks.plugin.model.host import Attachment, InvoiceJson
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided, Ended, failed
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.withdrawn import NOT_WITHDRAWN, TRANSACTION, not_withdrawn
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.texts.arguments import arguments

_log = logging.getLogger("onedesk_quickbooks.sync")

AGAIN = timedelta(seconds=2)
"""When a reading that differs is repeated."""
HOST_WAIT = timedelta(seconds=30)
"""When a host that raised `NotNow` is asked again, for as long as it does."""
TRIES = 8
"""How often a failing host is asked for an invoice; within about ten minutes."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=5)
_TRIED = re.compile(rf"OneDesk could not give the invoice \(\w+, try ([0-9]+) of {TRIES}\)")
"""The number of tries is stored in the entry's reason: every process continues the count, and people can read it."""
_MAY_DIFFER = (
    "memo",
    "private_note",
    "purchase_order",
    "tags",
    "project",
    "due_date",
    "ship_to",
    "send_after",
    "status",
)
"""Fields that may be corrected in the host between the command and the reading without a hook call."""


@dataclass(frozen=True, slots=True)
class Later:
    """The row waits for another reading; `problem` is what the host raised."""

    work: Work
    why: str
    wait: timedelta = AGAIN
    problem: Exception | None = None


def opened_now(
    services: Services,
    connected: Connected,
    wishes: Sequence[tuple[Work, InvoiceJson | None]],
    holds: Mapping[str, Hold],
) -> list[Decided | Ended | Later]:
    """The given invoices, or the host's present versions, with what the rules decide; `holds` are by persons."""
    return [
        held_by_person(work, holds[work.od_invoice_id])
        if work.od_invoice_id in holds and work.action != UNDO
        else _opened(services, connected, work, given)
        for work, given in wishes
    ]


def held_by_person(work: Work, hold: Hold) -> Ended:
    """The outcome of an invoice that a person holds: nothing is written until it is released."""
    reason = Text(
        "{who} has held it since {day}: {reason}. Nothing of it is written to QuickBooks until it is released: "
        "onedesk-quickbooks queue release {invoice}",
        who=hold.by or "OneDesk",
        day=hold.since.date(),
        reason=hold.reason.rstrip(". "),
        invoice=arguments(work.od_invoice_id),
    )
    return Ended(work, Outcome(work.od_invoice_id, work.action, "held", reason), codes=("held-by-person",))


def _opened(services: Services, connected: Connected, work: Work, given: InvoiceJson | None) -> Decided | Ended | Later:
    read: Invoice | Reason | Later
    try:
        source = given or (work.invoice if _is_of_then(services, work) else _given(services, work))
        if isinstance(source, (Later, Ended)):
            return source
        if work.action == UNDO:
            read = read_invoice(source or work.invoice)
        elif work.action in WITHDRAWN:
            by_id = "lines" not in work.invoice and _is_unlinked(services, connected, work)
            read = read_invoice(given) if given else _withdrawn(work, source, services.now(), by_id)
        else:
            read = read_invoice(given) if given else read_again(work, source, services.now())
        if isinstance(read, Later):
            return read
        if isinstance(read, Reason):
            outcome = Outcome(work.od_invoice_id, work.action, "held", read.sentence)
            if read.code == _ANOTHER and source is not None:
                outcome = _with_totals(services, connected, outcome, read_invoice(source))
            return Ended(work, outcome, codes=(read.code,))
        other = source if source is not None and source != work.invoice else None
        copied = work.action not in (*WITHDRAWN, UNDO)
        decided = Decided(work, read, *services.decide_once(read, connected, asking=copied), other)
        return _with_files(services, decided) if copied and decided.decisions.attachments != "no" else decided
    except InvalidInvoice as problem:
        reason = Text("The invoice cannot be read: {problem}", problem=problem)
        return Ended(work, Outcome(work.od_invoice_id, work.action, "held", reason))
    except NotNow:
        raise  # of the ledger: everything waits
    except Exception as problem:
        _log.exception("invoice %s could not be decided", work.od_invoice_id)
        return failed(work, None, _unread(problem))


def _is_of_then(services: Services, work: Work) -> bool:
    """Whether the version that was handed over counts, whatever the host has by now."""
    return work.action == UNDO or (_only_mails(work) and services.ledger.outbox.resent(work))


def _only_mails(work: Work) -> bool:
    """Whether it is an additional e-mail, and nothing else of the invoice was asked for."""
    return bool(work.conflict.about and work.again and work.again.only)


def _with_totals(services: Services, connected: Connected, outcome: Outcome, now: Invoice) -> Outcome:
    """The same with both totals, where OneDesk has that of the last copy: it is not shown as different then."""
    link = services.ledger.links.invoice(connected.realm_id, now.id)
    if link is None or decimal_from_text(link.total) != now.total:
        return outcome
    there = Money.in_quickbooks(decimal_from_text(link.qbo_total), link.currency)
    return dataclasses.replace(outcome, total=now.money(now.total), qbo_total=there)


def _with_files(services: Services, decided: Decided) -> Decided | Later | Ended:
    """The same with the files that the host has; not every host has files."""
    work, listed = decided.work, getattr(services.host, "attachments", None)
    if listed is None:
        return decided
    try:
        files = tuple(listed(work.od_invoice_id))
        if not all(map(_is_file, files)):
            raise TypeError(f"the host's attachments are no Attachment with texts and a size: {files!r:.300}")
        return dataclasses.replace(decided, files=files)
    except NotNow as problem:
        said = str(problem).rstrip(". ") or Text("it does not say why")
        return Later(work, Text("OneDesk cannot give the invoice now: {said}", said=said), HOST_WAIT, problem)
    except Exception as problem:
        _log.exception("the host could not return the files of invoice %s", work.od_invoice_id)
        return _failing(work, problem)


def _is_file(found: object) -> bool:
    """Whether the host gives an `Attachment` with an id that is a text, and not a number of its database."""
    if not isinstance(found, Attachment):
        return False
    return isinstance(found.id, str) and isinstance(found.name, str) and isinstance(found.size, int)


def _unread(problem: Exception) -> Text:
    kind = type(problem).__name__
    return Text("An error in the plugin ({kind}) prevented reading the invoice; see the log.", kind=kind)


def _given(services: Services, work: Work) -> InvoiceJson | Later | Ended | None:
    """The host's version. An exception of the host counts for this invoice alone, as far as is known: others
    continue."""
    try:
        return services.host.read_invoice(work.od_invoice_id)
    except NotNow as problem:
        said = str(problem).rstrip(". ") or Text("it does not say why")
        return Later(work, Text("OneDesk cannot give the invoice now: {said}", said=said), HOST_WAIT, problem)
    except InvalidInvoice:
        raise
    except Exception as problem:
        _log.exception("the host could not return invoice %s", work.od_invoice_id)
        return _failing(work, problem)


def _failing(work: Work, problem: Exception) -> Later | Ended:
    """Try again, at growing intervals; then a person has to look. Only the type of the host's exception is reported:
    its text may contain a secret."""
    tried, kind = _TRIED.match(work.reason), type(problem).__name__
    tries = int(tried[1]) + 1 if tried else 1
    if tries < TRIES:
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (tries - 1))
        return Later(
            work,
            Text(
                "OneDesk could not give the invoice ({kind}, try {tries} of {most})",
                kind=kind,
                tries=tries,
                most=TRIES,
            ),
            wait,
            problem,
        )
    return failed(
        work,
        None,
        Text(
            "OneDesk could not give the invoice in {tries} tries ({kind}; the log has more). Fix that, then run: "
            "onedesk-quickbooks queue retry {work_id}",
            tries=TRIES,
            kind=kind,
            work_id=work.id,
        ),
    )


def read_again(work: Work, source: InvoiceJson | None, now: datetime) -> Invoice | Reason | Later:
    """The invoice to continue with, why it is held, or that it waits. `work.invoice` is what was handed over; for a row
    that was held before and is tried again, and for an additional e-mail, only the reading counts. Raises
    `InvalidInvoice` for the reading."""
    fresh = work.outcome is None and not _only_mails(work)
    waits = fresh and abs(now - work.updated_at) < TRANSACTION
    if source is None:
        return Later(work, Text("OneDesk does not have the invoice yet")) if waits else _missing(work)
    read = read_invoice(source)
    same = {**source, "status": ""} == {**work.invoice, "status": ""}
    asked = _handed(work) if fresh and not same else None
    if waits and (_closed(work, read) or not _same(asked, read)):
        return Later(work, Text("OneDesk has another version of the invoice than the one that it requested"))
    if asked is not None and asks(asked) != asks(read):
        return _other(asked, read)
    return read


def _withdrawn(work: Work, source: InvoiceJson | None, now: datetime, by_id: bool) -> Invoice | Reason | Later:
    """The same for an invoice that the host has voided or deleted: nothing is undone while the host still has it. For a
    deleted one, the version that was handed over counts; `by_id`: that is less than a whole invoice, and its id alone
    says what QuickBooks has of it."""
    if source is None and by_id:
        return dataclasses.replace(_EMPTY, id=work.od_invoice_id, number=work.od_number)
    if source is None or (work.action == "voided" and source.get("status") == "void"):
        return read_invoice(source or work.invoice)
    if work.outcome is None and abs(now - work.updated_at) < TRANSACTION:
        return Later(work, Text("OneDesk still has the invoice that it reported as {did}", did=PAST[work.action]))
    return Reason(NOT_WITHDRAWN, not_withdrawn(work, source))


def _is_unlinked(services: Services, connected: Connected, work: Work) -> bool:
    return services.ledger.links.invoice(connected.realm_id, work.od_invoice_id) is None


def _handed(work: Work) -> Invoice | None:
    """None where it cannot be read: from an earlier release, or not validated by a schema."""
    try:
        return read_invoice(work.invoice)
    except ValueError:
        return None


def _closed(work: Work, read: Invoice) -> bool:
    """Whether it was handed over as Open, and is read with an earlier status."""
    return work.invoice.get("status") == "open" and read.status == "draft"


def _same(asked: Invoice | None, read: Invoice) -> bool:
    return asked is None or dataclasses.replace(asked, status="") == dataclasses.replace(read, status="")


def asks(invoice: Invoice) -> object:
    """What a command asks for, and of whom."""
    plain = dataclasses.replace(invoice, **{name: getattr(_EMPTY, name) for name in _MAY_DIFFER})
    return dataclasses.replace(plain, customer=dataclasses.replace(_EMPTY.customer, id=invoice.customer.id))


def _missing(work: Work) -> Reason:
    return Reason(
        "not-in-host",
        Text(
            "OneDesk requested the invoice {number}, but does not have it. If it was deleted, drop this "
            "entry; else copy or send it again.",
            number=work.od_number or work.od_invoice_id,
        ),
    )


def _other(asked: Invoice, read: Invoice) -> Reason:
    totals = Text(
        "total {now} now, {then} then",
        now=read.money(read.total),
        then=asked.money(asked.total),
    )
    what = (
        totals
        if read.total != asked.total or read.currency != asked.currency
        else Text("not the same lines or customer")
    )
    return Reason(
        _ANOTHER,
        Text(
            "OneDesk has another version of the invoice than the one that it requested ({what}). Look at it "
            "there, then copy or send it again.",
            what=what,
        ),
    )


_ANOTHER = "another-version"
_EMPTY = Invoice.from_json(
    {
        "id": "",
        "status": "",
        "currency": "",
        "issue_date": "2000-01-01",
        "customer": {"id": "", "name": ""},
        "lines": (),
        "total": "0",
    }
)
