"""Plans the undo of a run: which of the invoices that it has made in QuickBooks can be undone; nothing that was changed
since.

The state is read from the ledger, and planned by the plan that the company queue carries out. The invoices to undo
become entries of the queue, each with the version that was read: the company queue does not touch one that has another
version by then.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

from onedesk_quickbooks.plugin.ledger import UNDO, Conflict, Connected, InvoiceLink, Run, Work, Wrote
from onedesk_quickbooks.plugin.ledger.audit import digest
from onedesk_quickbooks.plugin.ledger.database.locks import RUN
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.kinds import INVOICE, LEFT
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan
from onedesk_quickbooks.plugin.model.plan import Withdrawal
from onedesk_quickbooks.plugin.planning import NAMES
from onedesk_quickbooks.plugin.qbo import FORMS, kind_of, receipt
from onedesk_quickbooks.plugin.sync.errors import CannotUndo
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from onedesk_quickbooks.plugin.sync.outbound.foresight import Foresight, Wish
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text

LOT = 300
"""Invoices that are looked at together."""
READY = ("delete", "void")
KINDS = {
    "delete": Text("to delete"),
    "void": Text("to void"),
    "gone": Text("gone already"),
    "stays": Text("stays"),
    "updated": Text("only updated, stays"),
    "waits": Text("waits"),
}
"""The result for an invoice of the run, for people. `delete` and `void`: it is undone; `gone`: QuickBooks no longer has
it; `stays`: something prevents it; `updated`: the run has not made it; `waits`: the run has not completed it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice of the run. `kind` is one of KINDS; `total` is QuickBooks'; `wish` is the entry to queue for the
    invoice of the run's entry `work_id`, `entry` the one that a stopped undo has left in the queue."""

    id: str
    number: str
    kind: str
    qbo_id: str
    qbo_number: str
    total: Money | None
    reason: str
    work_id: int = 0
    wish: Conflict | None = None
    entry: int = 0

    def to_json(self) -> dict[str, Any]:
        """The form of `undo --json`; amounts are decimal strings."""
        return {
            "id": self.id,
            "number": self.number,
            "undo": self.kind,
            "qbo_id": self.qbo_id,
            "qbo_number": self.qbo_number,
            "total": self.total.digits if self.total else None,
            "currency": self.total.currency if self.total else None,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Record:
    """A customer, an item, a payment (`apply`: one that uses a credit memo) or a file that the run has made: it
    stays."""

    kind: str
    name: str
    qbo_id: str


@dataclass(frozen=True, slots=True)
class Report:
    """The plan of an undo. `nothing` counts the run's invoices of which nothing was made, by their outcome;
    `shown_before` is the plan that a person has last seen, "" for none."""

    run: Run
    company: str
    action: str
    rows: Sequence[Row]
    records: Sequence[Record]
    nothing: Mapping[str, int] = field(default_factory=dict)
    shown_before: str = ""

    @property
    def counts(self) -> Counter[str]:
        """How many there are of each kind."""
        return Counter(each.kind for each in self.rows)

    @property
    def ready(self) -> list[Row]:
        """Those that are undone."""
        return [each for each in self.rows if each.kind in READY]

    @property
    def waits(self) -> list[Row]:
        """Those that the run has not completed."""
        return [each for each in self.rows if each.kind == "waits"]

    @property
    def fine(self) -> bool:
        """Whether all that the run has made can be undone, or is deleted already."""
        return all(each.kind in (*READY, "gone") for each in self.rows)

    @property
    def digest(self) -> str:
        """A hash that identifies this plan: which invoices it is about, and which of them stay. It is the same where
        some of the others are gone by then, as after an undo that was killed."""
        left = [(each.id, each.qbo_id, "" if each.kind in (*READY, "gone") else each.kind) for each in self.rows]
        return digest([self.action, left])

    @property
    def sums(self) -> tuple[Money, ...]:
        """The sums of the undone invoices, by currency."""
        found: dict[str, Decimal] = {}
        for each in self.ready:
            if each.total is not None:
                found[each.total.currency] = found.get(each.total.currency, Decimal(0)) + each.total.amount
        return tuple(Money(amount, currency) for currency, amount in sorted(found.items()))

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON, without results."""
        return {
            "run": self.run.name,
            "action": self.run.action,
            "asked_by": self.run.asked_by,
            "begun_at": self.run.begun_at.isoformat(),
            "company": self.company,
            "deed": self.action,
            "counts": {kind: self.counts[kind] for kind in KINDS},
            "nothing_made": dict(self.nothing),
            "sums": {each.currency: each.digits for each in self.sums},
            "records": [dataclasses.asdict(each) for each in self.records],
            "invoices": [each.to_json() for each in self.rows],
        }


@dataclass(slots=True)
class _Of:
    """What a run has done with one invoice: its newest entry, and the resulting id and version."""

    work_id: int
    number: str
    state: str = ""
    outcome: str = ""
    run: str = ""
    qbo_id: str = ""
    token: str = ""
    kind: str = INVOICE
    updated: bool = False
    open: bool = False


class Undoer:
    """Undoes runs of one company. `user` is who asks, for the audit trail."""

    def __init__(self, services: Services, connected: Connected, user: str) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._user = user
        self._ledger = services.ledger

    def look(self, name: str, action: str) -> Report:
        """The plan; QuickBooks is read, nothing is changed. Raises `CannotUndo` where this company has no such run, or
        it is still running, and `QuickBooksProblem`."""
        run = self._run(name)
        found, records, nothing = self._made(run.group)
        rows: list[Row] = []
        for start in range(0, len(found), LOT):
            rows += self._rows(run, action, dict(islice(found.items(), start, start + LOT)))
        shown = str(run.shown.get("digest") or "")
        return Report(run, self._connected.company.name, action, rows, records, nothing, shown)

    def ask(self, rows: Iterable[Row]) -> list[Row]:
        """Queue these undos for the run of this process; returns those that need another action first."""
        wanted, left = [each for each in rows if each.wish is not None], []
        entries = self._ledger.queue_lists.several(self._realm_id, [each.work_id for each in wanted])
        invoices = {each.id: self._hosts(each) for each in entries}
        of = (self._user, self._services.run, self._services.asked_in)
        with self._ledger.together():
            for each in wanted:
                found = each.wish or Conflict()
                made = self._ledger.conflicts.undo(self._realm_id, invoices[each.work_id], found, *of)
                left += [] if made else [each]
        return left

    # The run

    def _run(self, name: str) -> Run:
        """The run, or the one that it continues."""
        runs = self._ledger.runs
        realm_id = runs.company_of(name)
        if not realm_id:
            raise CannotUndo(
                Text("There is no run {run}. `onedesk-quickbooks undo` without a name lists the last ones.", run=name)
            )
        if realm_id != self._realm_id:
            raise CannotUndo(
                Text(
                    "The run {run} was of another company (realm {other}); connected is {company} (realm {realm})."
                    " Connect that company, then undo it there.",
                    run=name,
                    other=realm_id,
                    company=self._connected.company.name,
                    realm=self._realm_id,
                )
            )
        run = runs.get(name) or self._of_before(name)
        run = runs.get(run.group) or run
        if run.action == "undo":
            of = run.facts.get("undoes")
            raise CannotUndo(
                Text(
                    "The run {run} is an undo, of the run {of}: it made nothing. To bring back, copy again.",
                    run=name,
                    of=str(of),
                )
            )
        alive = [each for each in runs.of_group(self._realm_id, run.group) if self._works(each)]
        if alive:
            raise CannotUndo(Text("The run {run} is still running: stop it (Ctrl-C), or wait until it ends.", run=name))
        return run

    def _of_before(self, name: str) -> Run:
        """A run of a release that recorded only its entries."""
        first = next(iter(self._ledger.runs.entries(self._realm_id, name)))[0]
        return Run(name, self._realm_id, first.action, first.asked_by, first.created_at, None, {}, {})

    def _works(self, name: str) -> bool:
        return self._ledger.locks.taken(f"{RUN}{name}", self._realm_id)

    def _made(self, name: str) -> tuple[dict[str, _Of], list[Record], Counter[str]]:
        """The invoices that the run has processed, in the order of the queue; its customers and items; and the number
        of those of which nothing was made."""
        found: dict[str, _Of] = {}
        records: list[Record] = []
        for works in self._ledger.runs.entries(self._realm_id, name):
            for work in works:
                before = found.get(work.od_invoice_id) or _Of(work.id, work.od_number)
                came = str((work.outcome or {}).get("outcome", "")) if work.state not in LEFT else ""
                now = dataclasses.replace(before, work_id=work.id, state=work.state, outcome=came, run=work.run)
                found[work.od_invoice_id] = now
            for wrote in self._ledger.runs.wrote([work.id for work in works]):
                records += _record(wrote)
                _learn(found[wrote.od_invoice_id], wrote)
        nothing: Counter[str] = Counter()
        for od_id, each in list(found.items()):
            if not (each.qbo_id or each.updated or each.open or each.state == "todo"):
                nothing[each.outcome or each.state] += 1
                del found[od_id]
        return found, records, nothing

    # Its invoices

    def _rows(self, run: Run, action: str, found: Mapping[str, _Of]) -> Iterator[Row]:
        """The rows for some invoices, in their order."""
        ids = list(found)
        links = self._ledger.links.invoices(self._realm_id, ids)
        waiting = self._ledger.runs.waiting(self._realm_id, ids)
        entries = self._ledger.queue_lists.several(self._realm_id, [of.work_id for of in found.values()])
        works = {each.od_invoice_id: each for each in entries}
        existing = {od_id: self._existing(of, links.get(od_id), waiting.get(od_id)) for od_id, of in found.items()}
        wishes = {
            od_id: self._wish(run, action, of, works[od_id]) for od_id, of in found.items() if existing[od_id] is None
        }
        foresight = Foresight(self._services, self._connected)
        plans = foresight.plan(list(wishes.values()), Coming()) if wishes else []
        planned = dict(zip(wishes, plans, strict=True))
        for od_id, of in found.items():
            result, number = existing[od_id], _number(links.get(od_id))
            if result is not None:
                yield Row(od_id, of.number, result[0], of.qbo_id, number, None, result[1])
            else:
                row = self._planned(od_id, of, number, wishes[od_id].work, planned[od_id])
                left = waiting.get(od_id)
                yield row if left is None else _gone_on(row, action, wishes[od_id].work.conflict, left)

    def _existing(self, of: _Of, link: InvoiceLink | None, waits: Work | None) -> tuple[str, str] | None:
        """The result for it, and why, where no request to QuickBooks is needed."""
        if of.open:
            return "waits", Text(
                "QuickBooks has not answered a request of the run for it. First find out whether it was done:"
                " onedesk-quickbooks payments."
            )
        if of.state == "todo":
            stopped = of.run and self._ledger.stopped_runs.is_stopped(self._realm_id, of.run)
            if stopped:
                return "waits", Text(
                    "The run has not ended with it. First onedesk-quickbooks queue resume {run}, or onedesk-quickbooks"
                    " queue drop --run {run} --reason TEXT.",
                    run=of.run,
                )
            return "waits", Text(
                "The run has not ended with it. First let `serve` end it, or onedesk-quickbooks queue drop {n} --reason"
                " TEXT.",
                n=waits.id if waits else of.work_id,
            )
        if not of.qbo_id:
            return "updated", Text("The run has not made it, and has updated what QuickBooks had: that is not undone.")
        if link is None or link.qbo_id != of.qbo_id:
            if link:
                return "gone", Text(
                    "The QuickBooks {names} {id} was deleted already; it was copied again since (QuickBooks {other}),"
                    " which stays.",
                    names=NAMES[of.kind],
                    id=of.qbo_id,
                    other=link.qbo_id,
                )
            return "gone", Text("The QuickBooks {names} {id} was deleted already.", names=NAMES[of.kind], id=of.qbo_id)
        if waits is not None and waits.action != UNDO:
            return "stays", Text(
                "Something else waits for it in the queue (entry {n}, {action}). Let that end first, or take it out:"
                " onedesk-quickbooks queue drop {n} --reason TEXT.",
                n=waits.id,
                action=Text(waits.action),
            )
        return None

    def _wish(self, run: Run, action: str, of: _Of, work: Work) -> Wish:
        """The entry to queue; with the host's present invoice, where that can be read."""
        invoice = self._hosts(work)
        about = {"run": run.group, "by": self._user, "qbo_id": of.qbo_id}
        asked = self._ledger.queue.unasked(self._realm_id, UNDO, invoice)
        conflict = Conflict(rule=action, sync_token=of.token, about=about)
        return Wish(dataclasses.replace(asked, conflict=conflict), invoice)

    def _hosts(self, work: Work) -> InvoiceJson:
        try:
            found = self._services.host.read_invoice(work.od_invoice_id)
            if found is not None:
                read_invoice(found)
        except Exception:  # then as it was handed over
            return work.invoice
        return found or work.invoice

    @staticmethod
    def _planned(od_id: str, of: _Of, number: str, wish: Work, plan: AnyWorkPlan | None) -> Row:
        if not isinstance(plan, Withdrawal):
            reason = plan.reason if plan is not None else Text("It waits until the invoice is read from OneDesk again.")
            return Row(od_id, of.number, "stays", of.qbo_id, number, None, reason)
        if not plan.action:
            return Row(od_id, of.number, "gone", of.qbo_id, number, None, plan.reason, of.work_id)
        total = plan.existing
        asked = dataclasses.replace(wish.conflict, qbo_total=total.digits if total else "")
        return Row(od_id, of.number, plan.action, of.qbo_id, number, total, plan.reason, of.work_id, asked)


def _gone_on(row: Row, action: str, wish: Conflict, left: Work) -> Row:
    """The same where an undo was stopped before: the company queue completes it, also where QuickBooks has done it."""
    if row.kind == "gone":
        return dataclasses.replace(row, kind=action, reason="", wish=wish, entry=left.id)
    return dataclasses.replace(row, entry=left.id)


def _number(link: InvoiceLink | None) -> str:
    return link.qbo_number if link else ""


def _record(wrote: Wrote) -> list[Record]:
    if wrote.open or wrote.operation != "create" or wrote.entity in FORMS.values():
        return []
    summary = receipt(wrote.answer)
    kind, _, name = wrote.step.partition(" ")
    return [Record(kind, summary.get("name") or summary.get("number") or name, summary.get("id", ""))]


def _learn(of: _Of, wrote: Wrote) -> None:
    """Update the state of the invoice by a request of the run."""
    if wrote.open:
        of.open = True
    elif wrote.entity in FORMS.values() and wrote.operation in ("create", "update", "send"):
        summary = receipt(wrote.answer)
        if wrote.operation == "create":
            of.qbo_id, of.kind = summary.get("id", ""), kind_of(wrote.entity)
        of.updated = of.updated or not of.qbo_id
        of.token = summary.get("sync_token", "")
