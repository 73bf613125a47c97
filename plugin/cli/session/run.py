"""A running `copy` or `send`: queues invoices in batches, and reports every outcome when it is known."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress

from onedesk_quickbooks.plugin.cli.files import BadRecord
from onedesk_quickbooks.plugin.cli.ordered_output import OrderedOutput
from onedesk_quickbooks.plugin.cli.output import progress
from onedesk_quickbooks.plugin.cli.session import Session, person
from onedesk_quickbooks.plugin.cli.session.asking import ask, bad, unfinished
from onedesk_quickbooks.plugin.cli.session.gather import Given
from onedesk_quickbooks.plugin.cli.stopping import Stop, stoppable
from onedesk_quickbooks.plugin.ledger import LedgerAway, LedgerProblem
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.texts import Text, count, gettext, joined, ngettext

LOT = 300
"""Invoices that are queued at once: ten batches, and enough to justify reading a snapshot of the company."""


class Run:
    """Processes the input one by one: only the ids of waiting and held invoices, and the current invoice, are in
    memory."""

    def __init__(
        self,
        session: Session,
        given: Iterator[Given | BadRecord],
        action: str,
        output: OrderedOutput[Outcome],
        lot: int = LOT,
        *,
        command: str = "",
        total: int | None = None,
        **facts: str,
    ) -> None:
        """`command` is the running command, if it differs from `action`, `facts` are stored with the run; `total` is
        the number of invoices, if it is known."""
        self._command = command or action
        self._again = "`backfill --resume`" if command == "backfill" else Text("`{action}` of the same", action=action)
        self._total = total
        self._facts = facts
        self._session = session
        self._lot = lot
        self._given = given
        self._action = action
        self._shown = output
        self._stop = Stop()
        self._run = ""
        self._waiting: dict[str, list[Outcome]] = {}
        self._held: dict[str, tuple[list[Outcome], int]] = {}
        self._asked = 0
        self._at = ""
        self._all = False

    @property
    def name(self) -> str:
        """The name of the run; "" before it has begun, and while the ledger's database is unavailable."""
        return self._run

    def work(self) -> str:
        """Process the whole input; return what is left if the command was stopped, else ""."""
        application = self._session.application
        with (
            suppress(KeyboardInterrupt),
            application.as_command(secrets.token_hex(4), self._command, person(), **self._facts) as self._run,
            stoppable(application.hurry) as self._stop,
        ):
            self._work()
            if self._stop.asked and self._waiting:
                raise KeyboardInterrupt  # the remaining entries wait for a person
        stopped = self._left()
        if self._run and self._all and not (self._stop.asked and self._waiting):
            with suppress(LedgerProblem):
                application.end_run(self._run)
        if not stopped:
            for od_id, place in self._waiting.items():
                self._shown.fill(place, unfinished(self._session, od_id, self._action))
        return stopped

    def _work(self) -> None:
        """Entries that are queued already are processed first, in the version of the file if it has them: then the
        whole file is queued before processing. The same applies if QuickBooks, or the ledger's database, is
        unavailable. After another error nothing more is queued: records that were not read are not taken."""
        with progress() as bar:
            shown = bar.add_task(
                gettext("Sending") if self._action == "send" else gettext("Copying"), total=self._total
            )

            def done(outcome: Outcome) -> None:
                place, why = self._waiting.pop(outcome.id, None), hash(outcome.reason)
                if place is not None:
                    self._shown.fill(place, outcome)
                    bar.update(shown, advance=1, total=self._total or self._asked)
                    if outcome.outcome == "held":
                        self._held[outcome.id] = place, why
                elif outcome.id not in self._held:
                    self._shown.went_along(outcome)
                elif (outcome.outcome, why) != ("held", self._held[outcome.id][1]):
                    self._shown.again(self._held[outcome.id][0], outcome)  # something of the same run has changed it

            def more() -> bool:
                return self._ask(self._lot)

            if self._run and "of" in self._facts:
                self._session.application.go_on(self._facts["of"], self._run)
            try:
                waits = self._session.application.anything_waits()
            except LedgerAway:
                self._ask(None)
                raise
            self._ask(None if waits else self._lot)
            self._session.application.work_off(done, more)
            self._ask(None)  # does nothing if the command was stopped

    def _ask(self, most: int | None) -> bool:
        """Queue up to `most` of the next invoices; return whether any of them waits now."""
        before = len(self._waiting)
        while not (self._all or self._stop.asked) and (most is None or len(self._waiting) - before < most):
            each = next(self._given, None)
            if each is None:
                self._all = True
                break
            place = self._shown.place()
            if isinstance(each, Given):
                self._waiting[each.id] = place
                try:
                    refused = ask(self._session, each, each.action or self._action)
                except Exception:
                    del self._waiting[each.id]
                    raise
                self._asked += 1
                self._at = each.where or Text("invoice {id}", id=each.id)
                if refused is not None:
                    self._shown.fill(self._waiting.pop(each.id), refused)
            else:
                self._shown.fill(place, bad(each, self._action))
        return len(self._waiting) > before

    def taken(self) -> str:
        """A sentence on a command that ended with an error; "" if nothing was queued."""
        if not self._asked:
            return ""
        waits = len(self._waiting)
        parts = [
            Text(
                "{done} of {invoices} finished",
                invoices=ngettext("{n} invoice", "{n} invoices", self._asked),
                done=count(self._asked - waits),
            )
        ]
        if waits and self._session.application.let_go(self._run):
            rest = Text(
                ", {waits}: `serve`, or the next copy or send, continues with that (onedesk-quickbooks status)",
                waits=ngettext("{n} waits", "{n} wait", waits),
            )
            parts.append(rest)
        elif waits:
            parts.append(
                Text(
                    ", {waits}, once the ledger is back: onedesk-quickbooks queue resume {run}",
                    waits=ngettext("{n} waits for a person", "{n} wait for a person", waits),
                    run=self._run,
                )
            )
        if not self._all:
            parts.append(Text("; invoices after {place} were not requested", place=self._at))
        return Text(
            "{state}. Run {command} again: it requests all of it, and creates no duplicates.",
            state=joined("", parts),
            command=self._again,
        )

    def _left(self) -> str:
        """A sentence on a stopped command; "" if nothing is left."""
        waits = len(self._waiting)
        if not self._stop.asked or (self._all and not waits):
            return ""
        some = [
            Text(
                "Stopped: {done} of {invoices} finished",
                invoices=ngettext("{n} invoice", "{n} invoices", self._asked),
                done=count(self._asked - waits),
            )
        ]
        if waits:
            some.append(Text(", {waits}", waits=ngettext("{n} waits for a person", "{n} wait for a person", waits)))
        if not self._all:
            some.append(Text("; invoices after {place} were not requested", place=self._at or Text("that")))
        state = joined("", some)
        if not waits:
            return Text("{state}. {command} continues.", state=state, command=self._again)
        if self._command == "backfill":
            state = Text("{state}. {command} continues with all of it", state=state, command=self._again)
        return Text(
            "{state}. The waiting invoices do not continue automatically: onedesk-quickbooks queue resume {run} queues "
            "them again; onedesk-quickbooks queue drop --run {run} --reason TEXT takes them out.",
            state=state,
            run=self._run,
        )
