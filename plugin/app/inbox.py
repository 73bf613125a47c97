"""What the host asks for: into the ledger at once, or, while its database is away, into files of the data directory.

An order that was put into a file is replayed when the database is back, in the order they came, each once: its id
stands in the ledger together with what followed from it. While anything waits in files, what is asked again queues up
behind it.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import simplejson
from filelock import Timeout

from onedesk_quickbooks.plugin.ledger import UNDO, AuditRow, Ledger, LedgerProblem, undone_by_person
from onedesk_quickbooks.plugin.ledger.audit import HOST, digest
from onedesk_quickbooks.plugin.ledger.database.sqlite import file_lock
from onedesk_quickbooks.plugin.model.host import OneDeskHost
from onedesk_quickbooks.plugin.model.host_payment import PAYING
from onedesk_quickbooks.plugin.ops.status import REFUSED, SPOOL
from onedesk_quickbooks.plugin.sync.host_notes import NOTE, show_state
from onedesk_quickbooks.plugin.sync.otherwise import show_otherwise
from onedesk_quickbooks.plugin.sync.settings import Settings
from onedesk_quickbooks.plugin.sync.withdrawn import Undoing, Withdrawn, by_person
from onedesk_quickbooks.plugin.texts import Text

_log = logging.getLogger("onedesk_quickbooks.sync")


PATIENCE = 2.0
"""Seconds that a hook waits for a ledger that another program keeps locked."""
OPENED, EDITED = "opened", "edited"
_ASKED = ("copy", "send", EDITED)
REOPENED = "reopened"
_STANDS = ("copy", "send", OPENED, REOPENED)
"""What the host does to an invoice that is neither void nor gone."""
_FORGETS = (REOPENED, "voided", "deleted")
"""After which nothing that waits for the invoice is to be done."""
_FORGOTTEN = {
    REOPENED: Text("the invoice was reopened in OneDesk"),
    "voided": Text("the invoice was voided in OneDesk"),
    "deleted": Text("the invoice was deleted in OneDesk"),
}
CHANGES = (EDITED, *_FORGETS)
"""What `on_invoice_changed` may tell of."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that the host asked for. `action` is copy or send, or what was done to the invoice: opened, edited,
    reopened, voided or deleted; or to a payment of the host, which stands in the invoice's place: paid or unpaid.
    `realm_id` is "" where no company is connected. `run` is the command that alone does it, "" for whoever comes next;
    `asked_in` is the command that has asked for it. `by_rule`: no person has, but an opened invoice is copied by
    rule."""

    realm_id: str
    action: str
    invoice: Mapping[str, Any]
    user: str = ""
    run: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    asked_in: str = ""
    by_rule: bool = False


class CommandInbox:
    """Takes orders from any thread and any process of a data directory."""

    def __init__(
        self,
        ledger: Ledger,
        host: OneDeskHost,
        directory: Path,
        now: Callable[[], datetime],
        settings: Settings | None = None,
        undoing: Undoing = by_person,
    ) -> None:
        """`undoing`: what the rules do in QuickBooks where the host voids or deletes an invoice."""
        self._undoing = undoing
        self._ledger = ledger
        self._host = host
        self._settings = settings or Settings()
        self._folder = directory / SPOOL
        self._now = now
        self._mutex = threading.Lock()
        self._last = 0

    def use(self, settings: Settings) -> None:
        """Other settings hold from now on."""
        self._settings = settings

    def take(self, order: Command, away: bool = False) -> bool:
        """Keep an order; True where it stands in the ledger now, False where it waits in a file. Returns at once, and
        within two seconds where another program keeps the ledger's file locked. `away`: the database is known to be, so
        it is not tried again. Raises `LedgerProblem` where it can be kept nowhere."""
        problem: LedgerProblem | None = None
        if not away and not self.any_waiting():
            try:
                with self._ledger.hasty(PATIENCE):
                    self._once(order) if self._ledger.remote else self._apply(order)
            except LedgerProblem as found:
                problem = found
            else:
                return True
        try:
            self._put_aside(order)
        except OSError as full:
            raise problem or LedgerProblem(f"{self._folder} cannot be written: {full.strerror}") from full
        if problem is not None:
            _log.warning(
                "the ledger cannot be used now (%s): what was asked for invoice %s (%s) is kept in %s, and taken by"
                " itself once the ledger can be used; nobody has to ask again",
                getattr(problem.__cause__, "orig", problem),
                order.invoice["id"],
                order.action,
                self._folder,
            )
        return False

    def waiting(self) -> list[Path]:
        """The orders that wait in files, the oldest first."""
        return sorted(self._folder.glob("*.json")) if self._folder.exists() else []

    def any_waiting(self) -> bool:
        """Whether there are such: it costs the same however many there are."""
        try:
            with os.scandir(self._folder) as found:
                return any(each.name.endswith(".json") for each in found)
        except (FileNotFoundError, NotADirectoryError):
            return False

    def replay(self) -> int:
        """Bring what waits in files into the ledger; how many were. Raises `LedgerProblem` (`LedgerAway`) while it
        cannot be used still."""
        if not self.any_waiting():
            return 0
        done = 0
        try:
            with file_lock(self._folder / "replay.lock").acquire(timeout=0):
                for path in self.waiting():
                    self._replay(path)
                    done += 1
        except Timeout:  # another process is at it
            return done
        return done

    def _replay(self, path: Path) -> None:
        try:
            self._once(_read(path))
        except (LedgerProblem, OSError):
            raise
        except Exception:
            _log.exception("what was asked could not be done; see %s", path.with_suffix(REFUSED))
            path.rename(path.with_suffix(REFUSED))
            return
        path.unlink()

    def release(self, run: str) -> None:
        """What a run has put into files is for whoever comes next. Raises OSError."""
        for path in self.waiting():
            with suppress(FileNotFoundError, ValueError, ArithmeticError, TypeError):  # replayed; it refuses it
                order = _read(path)
                if order.run == run:
                    self._write(path, dataclasses.replace(order, run=""))

    def _once(self, order: Command) -> None:
        """A commit whose answer was lost has happened or not: the id tells."""
        with self._ledger.together() as connection:
            if self._ledger.commands.first_time(connection, order.id, order.realm_id, order.action):
                self._apply(order)

    def _apply(self, order: Command) -> None:
        if order.action in PAYING:
            with self._ledger.together() as connection:
                self._ledger.audit.add(connection, [_audited(order)])
                self._record(order)
            return
        if order.realm_id and order.action in _STANDS:  # first: what is asked takes the place of nothing that is void
            Withdrawn(self._ledger, order.realm_id).open_again(order.invoice["id"])
        if order.action != OPENED and not (order.by_rule and self._is_undone(order)):
            with self._ledger.together() as connection:
                self._ledger.audit.add(connection, [_audited(order)])
                waited = self._record(order)
            if order.action not in _ASKED:
                self._changed(order, waited)
            elif order.action == EDITED and order.realm_id:
                show_otherwise(self._ledger, self._host, self._settings, order.realm_id, order.invoice)

    def _record(self, order: Command) -> bool:
        """Into the queue, or out of it; whether anything of the invoice waited that does so no more."""
        queue, invoice = self._ledger.queue, order.invoice
        if order.action in ("copy", "send", *PAYING):
            queue.ask(order.realm_id, order.action, invoice, order.user, order.run, order.asked_in or order.run)
        elif order.action == EDITED:
            queue.renewed(order.realm_id, invoice)
        elif order.action in _FORGETS:
            return queue.forget(invoice["id"], _FORGOTTEN[order.action], order.action)
        else:  # of a file that another release, or another program, has written
            raise ValueError(f"{order.action!r} is none of {', '.join(('copy', 'send', OPENED, *CHANGES, *PAYING))}")
        return False

    def _is_undone(self, order: Command) -> bool:
        """Whether a person has undone, or is undoing, just this version of the invoice: a rule brings it back no
        more."""
        ledger, realm_id, od_id = self._ledger, order.realm_id, order.invoice["id"]
        waits = ledger.runs.waiting(realm_id, [od_id]).get(od_id)
        if waits is not None and waits.action == UNDO:
            return _same(waits.invoice, order.invoice)
        link = ledger.links.invoice(realm_id, od_id)
        noted = ledger.conflicts.undone(realm_id, [link]).get(od_id)
        return noted is not None and undone_by_person(noted) and _same(noted.invoice, order.invoice)

    def _changed(self, order: Command, waited: bool) -> None:
        """What waited for the invoice was dropped; what QuickBooks has of it is a person's to void."""
        invoice, change = order.invoice, order.action
        if not order.realm_id:
            return
        if change == REOPENED:
            self._reopened(order, waited)
        else:
            Withdrawn(self._ledger, order.realm_id, self._undoing).happened(self._host, change, invoice, waited)

    def _reopened(self, order: Command, waited: bool) -> None:
        """What the host shows of a wish that waited or was held is true no more."""
        od_id = order.invoice["id"]
        link = self._ledger.links.invoice(order.realm_id, od_id)
        conflict = self._ledger.conflicts.latest(order.realm_id, [od_id]).get(od_id) if waited else None
        if not waited or (conflict is not None and conflict.state == "held"):
            return
        if link is None:
            self._host.set_tag(od_id, "", "")
        else:
            show_state(self._host, self._settings, link, differs=False)
        self._host.add_note(od_id, NOTE, "")

    def _put_aside(self, order: Command) -> None:
        """On the disk when this returns, under a name that sorts behind those of before."""
        with self._mutex:
            stamp = max(int(self._now().timestamp() * 1_000_000), self._last + 1)
            self._last = stamp
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write(self._folder / f"{stamp:017}-{order.id}.json", order)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)  # the name, too
            finally:
                os.close(folder)

    def _write(self, path: Path, order: Command) -> None:
        new = path.with_suffix(".new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it names people
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            simplejson.dump(dataclasses.asdict(order), file, use_decimal=True)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether they ask for the same, whatever their status."""
    return digest({**one, "status": ""}) == digest({**other, "status": ""})


def _audited(order: Command) -> AuditRow:
    """What was handed over, whole, and by whom."""
    content = {"action": order.action, "digest": digest(order.invoice), "invoice": order.invoice, "run": order.run}
    return AuditRow("taken", order.realm_id, order.invoice["id"], content, order.user or HOST)


def _read(path: Path) -> Command:
    return Command(**simplejson.loads(path.read_text(encoding="utf-8"), use_decimal=True))
