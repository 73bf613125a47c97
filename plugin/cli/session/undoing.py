"""A running `undo`: queues the entries of its plan and records their outcomes; it can be stopped."""

from __future__ import annotations

import secrets
from contextlib import suppress

from onedesk_quickbooks.plugin.cli.session import Session, person
from onedesk_quickbooks.plugin.cli.session.asking import unfinished
from onedesk_quickbooks.plugin.cli.stopping import Stop, stoppable
from onedesk_quickbooks.plugin.ledger import UNDO
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.undo import Report, Row
from onedesk_quickbooks.plugin.texts import Text, count


class Undoing:
    """Carries out one plan. `outcomes` are by OneDesk's id of the invoice."""

    def __init__(self, session: Session, report: Report) -> None:
        self._session = session
        self._report = report
        self._run = ""
        self._stop = Stop()
        self.outcomes: dict[str, Outcome] = {}

    def work(self) -> str:
        """Process the whole plan; return what is left if the command was stopped, else ""."""
        application, report = self._session.application, self._report
        facts = {"undoes": report.run.name, "deed": report.action}
        waiting = {each.id for each in report.ready}

        def done(outcome: Outcome) -> None:
            self.outcomes[outcome.id] = outcome
            waiting.discard(outcome.id)

        def not_asked(row: Row) -> None:
            why = Text("Another action was requested for it meanwhile: undo the run again after that has ended.")
            done(Outcome(row.id, "undo", "held", why, row.qbo_id, row.qbo_number, qbo_total=row.total))

        with (
            suppress(KeyboardInterrupt),
            application.as_command(secrets.token_hex(4), "undo", person(), **facts) as self._run,
            stoppable(application.hurry) as self._stop,
        ):
            application.undo(report, person(), done, not_asked)
            if self._stop.asked and waiting:
                raise KeyboardInterrupt  # the remaining entries wait for a person
        if self._run and not waiting:
            application.end_run(self._run)
        if waiting and self._stop.asked:
            return Text(
                "Stopped: {n} of {all} were undone. The others stay until the same command is run again, or"
                " onedesk-quickbooks queue resume {run}.",
                n=count(len(report.ready) - len(waiting)),
                all=count(len(report.ready)),
                run=self._run,
            )
        for od_id in list(waiting):
            done(self._unfinished(od_id))
        return ""

    def _unfinished(self, od_id: str) -> Outcome:
        """The outcome of one that another process has finished, or that still waits."""
        if self._session.application.ledger.queue.latest(od_id, (UNDO,)) is not None:
            return unfinished(self._session, od_id, "undo", (UNDO,))
        return Outcome(od_id, "undo", "held", Text("It was taken out of the queue meanwhile: undo the run again."))
