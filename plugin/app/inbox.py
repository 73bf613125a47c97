"""The commands of the host, recorded in the ledger at once or, while its database cannot be reached, in files of the
data directory.

Commands in files are replayed when the database is back, in their order, each once: the id of a command is recorded in
the same transaction as its effects. While any command waits in a file, later ones are put into files behind it.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import simplejson
from filelock import Timeout

from onedesk_quickbooks.plugin.ledger import (
    UNDO,
    WITHDRAWN,
    AuditRow,
    Ledger,
    LedgerMoved,
    LedgerProblem,
    undone_by_person,
)
from onedesk_quickbooks.plugin.ledger.audit import HOST, digest
from onedesk_quickbooks.plugin.ledger.database.sqlite import file_lock
from onedesk_quickbooks.plugin.ledger.entries import REOPENED
from onedesk_quickbooks.plugin.model.kinds import LEFT, PAYING
from onedesk_quickbooks.plugin.ops.status import REFUSED, SPOOL
from onedesk_quickbooks.plugin.planning import NOT_OPEN, OPEN, PAID_ALREADY
from onedesk_quickbooks.plugin.sync.data_directory import DataDirectory
from onedesk_quickbooks.plugin.sync.followers import followers
from onedesk_quickbooks.plugin.sync.otherwise import reported_otherwise
from onedesk_quickbooks.plugin.sync.withdrawn import (
    DELETED,
    EDIT_REOPENED,
    FORGOTTEN,
    OPENED_AGAIN,
    Undoing,
    Withdrawn,
    by_person,
)
from onedesk_quickbooks.plugin.texts import Text

_log = logging.getLogger("onedesk_quickbooks.sync")


PATIENCE = 2.0
"""Seconds that a hook waits for a ledger that another program has locked."""
OPENED, EDITED, MAILED = "opened", "edited", "mailed"
_STANDS = ("copy", "send", OPENED, MAILED, REOPENED)
"""Commands for an invoice that is neither void nor deleted."""
_PAID_BY = Text("OneDesk has recorded a payment of it")
CHANGES = (EDITED, *FORGOTTEN)
"""The changes that `on_invoice_changed` accepts."""
BY_HOST = Text("OneDesk has e-mailed the invoice itself, because no company was connected")
"""Why a company that is not connected does not e-mail an invoice when it is connected again."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the host. `action` is copy or send, or what was done to the invoice: opened, edited, reopened,
    voided or deleted, mailed (by the host, while no company is connected); or to a payment of the host, which is then
    in the invoice's place: paid or unpaid. `realm_id` is "" where no company is connected: the command is then recorded
    for the company that has the invoice. `run` is the run that alone does it, "" for any; `asked_in` is the run that
    has asked for it. `by_rule`: not asked for by a person, but copied by rule when the invoice was opened."""

    realm_id: str
    action: str
    invoice: Mapping[str, Any]
    user: str = ""
    run: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    asked_in: str = ""
    by_rule: bool = False


class CommandInbox:
    """Takes commands from any thread and any process of a data directory."""

    def __init__(
        self,
        ledger: Ledger,
        directory: Path,
        now: Callable[[], datetime],
        undoing: Undoing = by_person,
    ) -> None:
        """`undoing`: what the rules do in QuickBooks when the host voids or deletes an invoice."""
        self._undoing = undoing
        self._ledger = ledger
        self._folder = directory / SPOOL
        self._home = DataDirectory(directory)
        self._now = now
        self._mutex = threading.Lock()
        self._last = 0

    def take(self, command: Command, away: bool = False) -> bool:
        """Record a command; True if it is in the ledger now, False if it waits in a file. Returns at once, and within
        two seconds where another program has locked the ledger's file. `away`: the database is known to be unreachable,
        so it is not tried again. Raises `LedgerProblem` where neither is possible: no file is written where the data
        directory is missing or another folder is in its place, because nobody would read it there."""
        problem: LedgerProblem | None = None
        if not away and not self.any_waiting():
            try:
                with self._ledger.hasty(PATIENCE):
                    self._once(command) if self._ledger.remote else self._apply(command)
            except LedgerProblem as found:
                problem = found
            else:
                return True
        try:
            self._put_aside(command)
        except OSError as full:
            raise problem or LedgerProblem(f"{self._folder} cannot be written: {full.strerror}") from full
        if problem is not None:
            _log.warning(
                "the ledger cannot be used now (%s): the command for invoice %s (%s) is kept in %s, and recorded "
                "automatically when the ledger can be used; nobody has to repeat it",
                getattr(problem.__cause__, "orig", problem),
                command.invoice["id"],
                command.action,
                self._folder,
            )
        return False

    def waiting(self) -> list[Path]:
        """The commands that wait in files, the oldest first."""
        return sorted(self._folder.glob("*.json")) if self._folder.exists() else []

    def asked(self) -> set[str]:
        """The invoices of which a copy or a send waits in a file, and the keys of payments of the host that do."""
        found: set[str] = set()
        for path in self.waiting():
            # one that is recorded meanwhile, or that the ledger will refuse
            with suppress(FileNotFoundError, ValueError, ArithmeticError, TypeError, KeyError):
                command = _read(path)
                if command.action in ("copy", "send", *PAYING):
                    found.add(str(command.invoice["id"]))
                elif command.action in FORGOTTEN:
                    found.discard(str(command.invoice["id"]))
        return found

    def any_waiting(self) -> bool:
        """Whether any command waits in a file; the cost does not depend on their number."""
        try:
            with os.scandir(self._folder) as found:
                return any(each.name.endswith(".json") for each in found)
        except (FileNotFoundError, NotADirectoryError):
            return False

    def replay(self) -> int:
        """Bring the commands in files into the ledger; returns how many. Raises `LedgerProblem` (`LedgerAway`) while
        the ledger cannot be used."""
        if not self.any_waiting():
            return 0
        done = 0
        try:
            with file_lock(self._folder / "replay.lock").acquire(timeout=0):
                for path in self.waiting():
                    self._replay(path)
                    done += 1
        except Timeout:  # another process replays
            return done
        return done

    def _replay(self, path: Path) -> None:
        try:
            self._once(_read(path))
        except (LedgerProblem, LedgerMoved, OSError):
            raise
        except Exception:
            _log.exception("a command of the host could not be recorded; see %s", path.with_suffix(REFUSED))
            path.rename(path.with_suffix(REFUSED))
            return
        path.unlink()

    def release(self, run: str) -> None:
        """Make the commands of a run that are in files available to any process. Raises OSError."""
        for path in self.waiting():
            # replayed as it is; the ledger's methods refuse it
            with suppress(FileNotFoundError, ValueError, ArithmeticError, TypeError):
                command = _read(path)
                if command.run == run:
                    self._write(path, dataclasses.replace(command, run=""))

    def _once(self, command: Command) -> None:
        """Record a command unless it was recorded. A commit whose answer was lost may have happened: the recorded id
        shows it."""
        with self._ledger.together() as connection:
            if self._ledger.commands.first_time(connection, command.id, command.realm_id, command.action):
                self._apply(command)

    def _apply(self, command: Command) -> None:
        """Apply the command to each company that has something of the invoice: one that was replaced by another, or
        disconnected, does it when it is connected again."""
        if command.action in PAYING:
            self._paid(command)
            return
        companies, withdrawn = self._ledger.companies.knowing([command.invoice["id"]]), command.action in WITHDRAWN
        others = {command.realm_id or self._ledger.companies.last()} - {"", *companies} if withdrawn else ()
        if command.action not in ("copy", "send"):
            command = _for_one_of(command, companies)
        held = self._opens(command)
        # First, so that the new command replaces nothing that is void.
        if command.action in _STANDS:
            for realm_id in companies:
                self._stands(command, realm_id)
        if command.action == MAILED:
            self._mailed(command)
        elif command.action != OPENED and not (command.by_rule and self._is_undone(command)):
            with self._ledger.together() as connection:
                self._ledger.audit.add(connection, [_audited(command)])
                self._record(command, companies)
            for realm_id in (*companies, *others):  # another one may have it without a link
                self._reported(command, realm_id)
        if command.action == DELETED and command.realm_id:
            self._lost(command)
        if held is not None:
            self._apply(held)

    def _stands(self, command: Command, realm_id: str) -> None:
        """Nothing has to be voided; what was dropped for the invoice stays dropped where it is asked for again, or
        opened again after it was reopened."""
        od_id = command.invoice["id"]
        Withdrawn(self._ledger, realm_id).open_again(od_id)
        if command.action in ("copy", "send"):
            self._ledger.unconfirmed.confirm(realm_id, od_id)
        elif command.action != REOPENED:
            self._ledger.unconfirmed.opened(realm_id, od_id, OPENED_AGAIN)

    def _follow(self, command: Command) -> None:
        """Queue again what is held because it is Paid without these payments of the host."""
        ids = [each["id"] for each in command.invoice["payment"]["invoices"]]
        held = self._ledger.queue.held(command.realm_id, ids).values()
        again = [work.id for work in held if PAID_ALREADY in (work.outcome or {}).get("codes", ())]
        with self._ledger.together() as connection:
            self._ledger.queue.resume(connection, again, _PAID_BY)

    def _lost(self, command: Command) -> None:
        """Queue again what is held of payments of the host for a deleted invoice: the step is another one now."""
        held = followers(self._ledger, command.realm_id, (), (command.invoice["id"],))
        with self._ledger.together() as connection:
            self._ledger.queue.resume(connection, [work.id for work in held], FORGOTTEN[DELETED])

    def _reported(self, command: Command, realm_id: str) -> None:
        """What follows for the copy that this company has."""
        if command.action in WITHDRAWN:  # what QuickBooks has of it is to be voided
            Withdrawn(self._ledger, realm_id, self._undoing).happened(command.action, command.invoice)
        elif command.action == EDITED:
            self._ledger.unconfirmed.edited(realm_id, command.invoice["id"])
            reported_otherwise(self._ledger, realm_id, command.invoice)

    def _paid(self, command: Command) -> None:
        """Record a payment of the host. Without a company, a payment of invoices that none has is not recorded."""
        ids = [command.invoice["id"], *(each["id"] for each in command.invoice["payment"]["invoices"])]
        command = _for_one_of(command, self._ledger.companies.knowing(ids, without=LEFT))
        if command.realm_id:
            with self._ledger.together() as connection:
                self._ledger.audit.add(connection, [_audited(command)])
                self._record(command, ())
                self._follow(command)

    def _mailed(self, command: Command) -> None:
        """The host has e-mailed the invoice: no company e-mails it as well."""
        with self._ledger.together() as connection:
            if self._ledger.queue.mailed_otherwise(connection, [command.invoice["id"]], BY_HOST):
                self._ledger.audit.add(connection, [_audited(command)])

    def _opens(self, command: Command) -> Command | None:
        """The copy or send that is held because the invoice was a draft, or void, as a command of the user who asked
        for it, if `command` reports the invoice as open. None if nothing is held, or if a person asks."""
        realm_id, invoice = command.realm_id, command.invoice
        reports = command.action in (OPENED, EDITED) or command.by_rule
        if not (realm_id and reports and invoice.get("status") in OPEN):
            return None
        held = self._ledger.queue.held(realm_id, [invoice["id"]]).get(invoice["id"])
        if held is None or NOT_OPEN not in (held.outcome or {}).get("codes", ()):
            return None
        return Command(realm_id, held.action, invoice, held.asked_by, asked_in=held.asked_in)

    def _record(self, command: Command, companies: Sequence[str]) -> None:
        """Apply the command to the queue, in the caller's transaction."""
        queue, invoice = self._ledger.queue, command.invoice
        if command.action in ("copy", "send", *PAYING):
            queue.ask(
                command.realm_id, command.action, invoice, command.user, command.run, command.asked_in or command.run
            )
        elif command.action == EDITED:
            for realm_id in companies:
                queue.renewed(realm_id, invoice)
        elif command.action in FORGOTTEN:
            edit = EDIT_REOPENED if command.action == REOPENED else ""
            queue.forget(invoice["id"], FORGOTTEN[command.action], command.action, edit)
        else:  # in a file that another release, or another program, has written
            raise ValueError(
                f"{command.action!r} is not one of {', '.join(('copy', 'send', OPENED, *CHANGES, *PAYING))}"
            )

    def _is_undone(self, command: Command) -> bool:
        """Whether a person has undone, or is undoing, this version of the invoice: then a rule does not copy it
        again."""
        ledger, realm_id, od_id = self._ledger, command.realm_id, command.invoice["id"]
        waits = ledger.runs.waiting(realm_id, [od_id]).get(od_id)
        if waits is not None and waits.action == UNDO:
            return _same(waits.invoice, command.invoice)
        link = ledger.links.invoice(realm_id, od_id)
        detected = ledger.conflicts.undone(realm_id, [link]).get(od_id)
        return detected is not None and undone_by_person(detected) and _same(detected.invoice, command.invoice)

    def _put_aside(self, command: Command) -> None:
        """Write the command to the disk, synced when this returns, under a name that sorts behind earlier ones, also of
        other processes, whatever the clock says."""
        with self._mutex:
            if not self._home.is_there():
                raise LedgerProblem(_not_there(self._folder.parent))
            self._folder.mkdir(exist_ok=True)
            names = (each.name[:17] for each in self._folder.glob("*.json"))
            newest = max((name for name in names if name.isdecimal()), default="0")
            stamp = self._last = max(int(self._now().timestamp() * 1_000_000), self._last + 1, int(newest) + 1)
            self._write(self._folder / f"{stamp:017}-{command.id}.json", command)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)  # the directory entry, too
            finally:
                os.close(folder)

    def _write(self, path: Path, command: Command) -> None:
        new = path.with_suffix(".new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds names of people
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            simplejson.dump(dataclasses.asdict(command), file, use_decimal=True)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)


def _for_one_of(command: Command, companies: Sequence[str]) -> Command:
    """The command for its company where that is one of these, or for the first of them."""
    if command.realm_id in companies or not companies:
        return command
    return dataclasses.replace(command, realm_id=companies[0])


def _not_there(directory: Path) -> str:
    return Text(
        "The data directory {directory} is missing, or another folder is in its place; nothing was recorded. Mount its"
        " volume or put it back, then try again. If the other folder is right, restart this program.",
        directory=directory,
    )


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both ask for the same, apart from their status."""
    return digest({**one, "status": ""}) == digest({**other, "status": ""})


def _audited(command: Command) -> AuditRow:
    """The audit row of a command: the whole payload, and who asked."""
    content = {
        "action": command.action,
        "digest": digest(command.invoice),
        "invoice": command.invoice,
        "run": command.run,
    }
    return AuditRow("taken", command.realm_id, command.invoice["id"], content, command.user or HOST)


def _read(path: Path) -> Command:
    return Command(**simplejson.loads(path.read_text(encoding="utf-8"), use_decimal=True))
