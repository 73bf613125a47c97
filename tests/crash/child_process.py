"""One process of an installation that counts the points of its work, and may be killed or stopped at one of them."""

from __future__ import annotations

import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from onedesk_quickbooks.hooks import Attachment, QuickBooksPlugin
from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.records import NoSuchInvoice, WrongStatus
from onedesk_quickbooks.plugin.ledger import LedgerProblem
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.payment import Payment, Reversal
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.planning import DID
from onedesk_quickbooks.plugin.planning.adopt import Asked
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem
from onedesk_quickbooks.plugin.qbo.ending import EndingAdapter
from onedesk_quickbooks.plugin.sync.errors import CannotUndo, CompanyBusy
from onedesk_quickbooks.plugin.sync.reconcile import listed
from tests.support.agreement import disagreements, predictions
from tests.support.clock import Clock
from tests.support.trail import unlike
from tests.sync.conftest import ADMIN

Step = dict[str, Any]

KILL, STOP = signal.SIGKILL, signal.SIGSTOP

WHO = "ada, command line"
_WITHDRAWN = {"void": "voided", "delete": "deleted"}
"""How the plugin is notified of what is done in the host."""
_PAYING = ("pay", "unpay")
"""What the host does with a payment of its own."""
GIVE_UP_SECONDS = 0.3
"""How long an answer is waited for where it is to be given up."""


CLOCK = "clock"
"""The file in the data directory that says how many seconds ahead of the machine's time its processes are."""


@dataclass(frozen=True)
class Instructions:
    """What a process is to do, and which fault it meets. `point` is the number of the point (0: none) at which it gets
    `signal_number`; `ahead` seconds its clock is ahead of the machine's; it soon gives up on the `give_up_on`-th
    request; `environ` overrides settings; with `begin_points` the beginning of a transaction that writes is a point,
    too. The host misbehaves as `host_does` says (`HOSTILE`) at its `host_call`-th call by the plugin. The process
    writes what it saw to `report_file`, and the name of the point where it got its signal to `point_file`."""

    home: str
    steps: tuple[Step, ...]
    report_file: str
    point_file: str
    point: int = 0
    signal_number: int = KILL
    ahead: float = 0.0
    give_up_on: int = 0
    begin_points: bool = False
    environ: tuple[tuple[str, str], ...] = ()
    host_call: int = 0
    host_does: str = ""


class Points:
    """Counts the points at which the process may end, and ends (or stops) at the one that its instructions name."""

    def __init__(self, instructions: Instructions) -> None:
        self.names: list[str] = []
        self._instructions = instructions
        self._on = False
        self._committing = False

    def arm(self) -> None:
        """From now on points count."""
        self._on = True

    def reach(self, name: str) -> None:
        """A point."""
        if not self._on:
            return
        self.names.append(name)
        if len(self.names) == self._instructions.point:
            Path(self._instructions.point_file).write_text(name, encoding="utf-8")
            os.kill(os.getpid(), self._instructions.signal_number)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Every statement that writes to a database, and every commit: before and after."""
        listens: list[tuple[type, str, Callable[..., None]]] = [
            (Engine, "before_cursor_execute", lambda *arguments: self._statement("before", arguments[2])),
            (Engine, "after_cursor_execute", lambda *arguments: self._statement("after", arguments[2])),
            (Engine, "begin", self._begin),
            (Engine, "commit", self._commit),
            (Pool, "checkin", lambda *arguments: self._returned()),
        ]
        for each in listens:
            event.listen(*each)
        try:
            yield
        finally:
            for each in listens:
                event.remove(*each)

    def _statement(self, when: str, statement: str) -> None:
        words = statement.split()
        verb = words[0].upper()
        if verb in ("INSERT", "UPDATE", "DELETE"):
            self.reach(f"{when} {' '.join(words[:2] if verb == 'UPDATE' else words[:3])}")

    def _begin(self, connection: Connection) -> None:
        if self._instructions.begin_points and connection.get_execution_options().get("onedesk_write"):
            self.reach("before BEGIN")

    def _commit(self, connection: Connection) -> None:
        if connection.get_execution_options().get("onedesk_write"):
            self.reach("before COMMIT")
            self._committing = True

    def _returned(self) -> None:
        """A connection goes back to its pool: right after its transaction has ended."""
        if self._committing:
            self._committing = False
            self.reach("after COMMIT")


class CountingAdapter(EndingAdapter):
    """Points before a request leaves and after its answer came; gives one of them up soon."""

    def __init__(self, points: Points, give_up_on: int) -> None:
        super().__init__()
        self._points = points
        self._give_up_on = give_up_on
        self._sent = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self._sent += 1
        if self._sent == self._give_up_on:
            kwargs["timeout"] = (1, GIVE_UP_SECONDS)
        name = f"{request.method} {_path(request)}"
        self._points.reach(f"before {name}")
        try:
            answer = super().send(request, *args, **kwargs)
        except requests.RequestException:
            self._points.reach(f"without an answer to {name}")
            raise
        self._points.reach(f"after {name}")
        return answer


def _path(request: requests.PreparedRequest) -> str:
    """The path below the company, without ids: "batch", "invoice/send"."""
    parts = (request.path_url or "").split("?")[0].split("/")[4:]
    return "/".join(part for part in parts if not part.isdigit())


HOSTILE = ("raises", "raises when it is done", "says not now", "is gone", "gives another", "gives garbage", "gives NUL")
"""What a host may do that is called by the plugin; where it gives nothing it does its work."""


class HostileHost(EmbeddedHost):
    """Misbehaves once, at the call that its instructions name."""

    instructions: Instructions | None = None

    calls: tuple[str, ...] = ()

    def begin(self, instructions: Instructions) -> None:
        """From now on calls count."""
        self.instructions = instructions

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        found = super().read_invoice(invoice_id)
        given: dict[str, Any] = {
            "is gone": None,
            "gives another": {**(found or {}), "id": "INV-of-nobody"},
            "gives garbage": {"id": 7, "lines": "none", "total": {}},
            "gives NUL": {**(found or {}), "memo": "a\x00b"},
        }
        with self._misbehaves("read_invoice") as does:
            return given.get(does, found)

    def attachments(self, invoice_id: str) -> list[Attachment]:
        found = super().attachments(invoice_id)
        with self._misbehaves("attachments") if found else nullcontext():
            return found

    def read_attachment(self, invoice_id: str, attachment_id: str) -> bytes | None:
        with self._misbehaves("read_attachment"):
            return super().read_attachment(invoice_id, attachment_id)

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        with self._misbehaves("set_tag"):
            super().set_tag(invoice_id, tag, link)

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        with self._misbehaves("add_note"):
            super().add_note(invoice_id, key, text)

    def record_payment(self, payment: Payment) -> None:
        with self._misbehaves("record_payment"):
            super().record_payment(payment)

    def reverse_payment(self, reversal: Reversal) -> None:
        with self._misbehaves("reverse_payment"):
            super().reverse_payment(reversal)

    @contextmanager
    def _misbehaves(self, name: str) -> Iterator[str]:
        if self.instructions is None:
            yield ""
            return
        self.calls += (name,)
        does = self.instructions.host_does if len(self.calls) == self.instructions.host_call else ""
        if does == "says not now":
            raise NotNow("the host is busy")
        if does == "raises":
            raise RuntimeError("the host has an error")
        yield does
        if does == "raises when it is done":
            raise RuntimeError("the host has an error behind its work")


class RecordedClock(Clock):
    """Writes to a file how far it is ahead, however the process ends."""

    def __init__(self, instructions: Instructions) -> None:
        super().__init__()
        self._file, self._ahead = Path(instructions.home, CLOCK), instructions.ahead
        self.pass_by(seconds=instructions.ahead)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        whole = self._file.with_name(f"{CLOCK}-{os.getpid()}")
        whole.write_text(str(self._ahead + sum(self.slept)), encoding="utf-8")
        whole.replace(self._file)


class Actor:
    """Does the steps, as the host's people, its commands and a restart do."""

    def __init__(self, host: EmbeddedHost, application: Application, clock: Clock) -> None:
        self._pages = application.directory / "pages.json"
        self.seen: dict[str, Any] = {"complaints": [], "disagreements": []}
        self._host = host
        self._application = application
        self._clock = clock

    def do(self, step: Step) -> None:
        """One step."""
        actions: dict[str, Callable[[Step], None]] = {
            "save": self._save,
            "copy": self._copy,
            "send": self._send,
            "see": self._see,
            "due": lambda step: None,
            "resend": self._resend,
            "void": self._withdraw,
            "delete": self._withdraw,
            "plan": self._plan,
            "drain": self._drain,
            "payments": self._payments,
            "adopt": self._adopt,
            "unadopt": self._unadopt,
            "run": self._run,
            "undo": self._undo,
            "record": self._record,
            "pay": self._pay,
            "unpay": self._pay,
            "recover": self._recover,
            "look": self._look,
        }
        actions[step["do"]](step)

    def _save(self, step: Step) -> None:
        for invoice in step["invoices"]:
            self._host.save({**invoice, "status": "draft"})
            self._host.open_invoice(invoice["id"], ADMIN)
            for name in step.get("files", ()):
                self._host.attach(invoice["id"], name, name.encode())

    def _copy(self, step: Step) -> None:
        for each in step["ids"]:
            self._host.act(each, "quickbooks.copy", ADMIN)

    def _send(self, step: Step) -> None:
        for each in step["ids"]:
            self._host.send(each, ADMIN)

    def _see(self, step: Step) -> None:
        """A person opens the page of each invoice, which says when it was e-mailed last."""
        pages = {each: self._application.sent_at(each) for each in step["ids"]}
        seen = {each: at.isoformat() for each, at in pages.items() if at is not None}
        self._pages.write_text(json.dumps(seen), encoding="utf-8")

    def _resend(self, step: Step) -> None:
        """The button of that page, which may be pressed twice; then what `serve` does."""
        pages = json.loads(self._pages.read_text(encoding="utf-8"))
        for each in step["ids"]:
            try:
                self._application.resend(each, WHO, "", datetime.fromisoformat(pages[each]))
            except Exception as problem:  # the page says that it could not; the person may ask again
                self.seen["complaints"].append(f"{type(problem).__name__}: {problem}")
        self._drain(step)

    def _withdraw(self, step: Step) -> None:
        """The host notifies again of one that it has voided or deleted: the plugin may have missed the first time."""
        how, change = step["do"], _WITHDRAWN[step["do"]]
        for each in step["ids"]:
            found = self._host.invoice(each)
            if found is not None and found.status != "void":
                try:
                    getattr(self._host, how)(each, ADMIN)
                    continue
                except (NoSuchInvoice, WrongStatus):  # another process was faster
                    found = self._host.invoice(each)
            known = found.json if found else {"id": each}
            self._host.plugins.hook.on_invoice_changed(invoice=known, change=change)

    def _plan(self, step: Step) -> None:
        """What `plan` says will come of the invoices."""
        self.seen["planned"] = {}
        for each in step["ids"]:
            source = self._host.read_invoice(each)
            assert source is not None
            status = {"void": "void", "delete": "deleted"}.get(step["action"], source["status"])
            for plan, _ in self._application.plan_run([{**source, "status": status}], step["action"]):
                self.seen["planned"][plan.invoice_id] = [plan.outcome, plan.reason]

    def _drain(self, step: Step) -> None:
        """What a command does; it goes on when QuickBooks answers again, and reports when others are at work."""
        patience = timedelta(seconds=step.get("patience", 20))
        try:
            self.seen["outcomes"] = [outcome.to_json() for outcome in self._application.drain(patience=patience)]
        except (CompanyBusy, LedgerProblem, NotNow) as problem:
            self.seen["complaints"].append(f"{type(problem).__name__}: {problem}")

    def _payments(self, step: Step) -> None:
        """As polling does: after an answer that is none it is asked again a while later."""
        for _ in range(5):
            try:
                self._application.bring_payments()
            except (QuickBooksProblem, CompanyBusy, LedgerProblem, NotNow) as problem:
                self.seen["complaints"].append(f"{type(problem).__name__}: {problem}")
                self._clock.sleep(120)
            else:
                return

    def _adopt(self, step: Step) -> None:
        """As a person does, who runs the command again where it says that it could not."""
        for _ in range(5):
            asked = Asked(listed(self._host) or (), frozenset(step["ids"]))
            try:
                report = self._application.adopt(asked, "ada, command line", keep=True)
            except (QuickBooksProblem, CompanyBusy, LedgerProblem, NotNow) as problem:
                self.seen["complaints"].append(f"{type(problem).__name__}: {problem}")
                self._clock.sleep(120)
                continue
            if not report.failed:
                return

    def _unadopt(self, step: Step) -> None:
        """The same of `adopt --undo`."""
        for _ in range(5):
            try:
                report = self._application.take_back_links(step["ids"], WHO, keep=True)
            except (QuickBooksProblem, CompanyBusy, LedgerProblem, NotNow) as problem:
                self.seen["complaints"].append(f"{type(problem).__name__}: {problem}")
                self._clock.sleep(120)
                continue
            if report.fine:
                return

    def _run(self, step: Step) -> None:
        """A `copy` of these as a command, under the name of its run."""
        with self._application.as_command(step["run"], "copy", WHO):
            self._copy(step)
            self._application.drain()
        self._application.end_run(step["run"])

    def _undo(self, step: Step) -> None:
        """As a person does, who runs the command again where it says that it could not."""
        for _ in range(5):
            try:
                if self._undone(step["run"], step["undo_by"]):
                    return
            except (QuickBooksProblem, CompanyBusy, CannotUndo, LedgerProblem, NotNow) as problem:
                self.seen["complaints"].append(f"{type(problem).__name__}: {problem}")
                self._clock.sleep(120)

    def _undone(self, run: str, by: str) -> bool:
        """Whether nothing of the run is left to undo; a plan is carried out as it was shown."""
        application, self.seen["undone"] = self._application, {}
        with application.one_undo():
            report = application.look_at_run(run, by, WHO)
            if not report.ready and not any(each.entry for each in report.rows):
                return True
            shown = {each.id: DID[each.kind] for each in report.ready}

            def done(outcome: Outcome) -> None:
                if outcome.outcome not in (shown.get(outcome.id), "failed"):
                    self.seen["disagreements"].append(f"{outcome.id}: {outcome.outcome} {outcome.reason}")

            with application.as_command(uuid.uuid4().hex[:8], "undo", WHO, undoes=run, deed=by):
                application.undo(report, WHO, done, lambda row: None)
        return False

    def _record(self, step: Step) -> None:
        """Somebody records in the host what was paid."""
        for each in step["ids"]:
            shown = self._host.invoice(each)
            assert shown is not None
            paid = Payment(f"hand-{each}", each, shown.balance, Money(Decimal(0), "USD"), date(2026, 7, 5))
            self._host.record_payment(paid)

    def _pay(self, step: Step) -> None:
        """The host has recorded payments itself, or taken them back."""
        change = "recorded" if step["do"] == "pay" else "deleted"
        for payment in step["paid"]:
            self._host.plugins.hook.on_host_payment(payment=payment, change=change)

    def _recover(self, step: Step) -> None:
        """What a restart does by itself; and a person who sees that nothing came of it asks again, and where the step
        says so tries once more what is held or has failed."""
        self._drain_as_planned()
        if step.get("retries"):
            self._retry()
        self.seen["asked_again"] = again = [each for each in step["ids"] if not self._done(each, step["action"])]
        if again:
            self.do({**step, "do": step["action"], "ids": again})
            self._drain_as_planned()
        if step["action"] in ("payments", *_PAYING):
            self._payments(step)

    def _retry(self) -> None:
        connected = self._application.connected
        assert connected is not None
        for work in self._application.ledger.queue_lists.in_states(connected.realm_id, ("held", "failed")):
            self._application.retry(work.id)
        self._drain_as_planned()

    def _drain_as_planned(self) -> None:
        """What `plan` says beforehand is what is done."""
        predicted = predictions(self._application)
        self.seen["disagreements"] += disagreements(predicted, self._application.drain())

    def _done(self, invoice_id: str, action: str) -> bool:
        if action == "payments":
            return True
        if action == "due":
            return True
        if action in ("undo", "unadopt", "resend"):
            return False  # the person asks once more
        if action in _PAYING:
            return False  # the host reports it once more
        shown = self._host.read_invoice(invoice_id)
        if action in _WITHDRAWN:
            withdrawn = self._application.ledger.queue.latest(invoice_id, (_WITHDRAWN[action],))
            return withdrawn is not None and withdrawn.state == "done"
        asked = self._application.ledger.queue.latest(invoice_id)
        return asked is not None and asked.action == action and asked.invoice == shown

    def _look(self, step: Step) -> None:
        """What the host shows of each invoice, and what is open in the ledger."""
        connected, status = self._application.connected, self._application.status()
        assert connected is not None
        self.seen["unknown"] = len(self._application.ledger.outbox.unknown(connected.realm_id))
        self.seen["trail"] = unlike(self._application.ledger)
        self.seen["open"] = [status.waiting, status.held, status.failed, status.stopped_reason]
        scheduled = self._application.ledger.queue_lists.in_states(connected.realm_id, ("scheduled",))
        self.seen["invoices"] = {}
        for each in step["ids"]:
            found = self._host.invoice(each)
            if found is None:
                continue
            self.seen["invoices"][each] = {
                "status": found.status,
                "total": found.json["total"],
                "balance": str(found.balance.amount),
                "tags": dict(found.tags),
                "note": found.notes.get("quickbooks", ""),
                "notes": dict(found.notes),
                "scheduled": sum(row.od_invoice_id == each for row in scheduled),
                "payments": [[str(paid.amount.amount), bool(paid.reversed)] for paid in found.payments],
            }


def run(instructions: Instructions) -> None:
    """Do the steps; from the first that is `armed` points count. Writes what it saw to the report file."""
    os.environ.update(instructions.environ)
    points = Points(instructions)
    clock = RecordedClock(instructions)
    plugin = QuickBooksPlugin(background=False, now=clock.now, sleep=clock.sleep)
    with points.watching():
        host = HostileHost.open(Path(instructions.home), plugins=[plugin])
        assert isinstance(host, HostileHost)
        plugin.application.session.mount("http://", CountingAdapter(points, instructions.give_up_on))
        actor = Actor(host, plugin.application, clock)
        for step in instructions.steps:
            if step.get("armed"):
                points.arm()
                host.begin(instructions)
            actor.do(step)
        host.close()
    Path(instructions.report_file).write_text(
        json.dumps({"points": points.names, "calls": host.calls, **actor.seen}), encoding="utf-8"
    )
