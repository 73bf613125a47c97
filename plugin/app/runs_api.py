"""What `undo` and `backfill` call: what a run has created, how to undo it, and which invoices a backfill copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.app.admin_api import PATIENCE, AdminApi
from onedesk_quickbooks.plugin.ledger import LockTaken, Run
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.errors import CannotUndo
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.books import Elsewhere
    from onedesk_quickbooks.plugin.sync.backfill import Estimate
    from onedesk_quickbooks.plugin.sync.undo import Report, Row

UNDOING = "undo"
"""The kind of lock that an undo holds: two at the same time would each do a part."""


class RunsApi(AdminApi):
    """The facade for runs, for administrators, on the command line."""

    def runs(self, limit: int) -> list[tuple[Run, int]]:
        """The last runs, without undos; each with the number of invoices that it has created in QuickBooks."""
        realm_id, ledger = self._services.connected().realm_id, self._services.ledger
        found = [each for each in ledger.runs.latest(realm_id, limit * 2) if each.action != "undo"][:limit]
        made = ledger.runs.made(realm_id, [each.name for each in found])
        return [(each, made[each.name]) for each in found]

    def look_at_run(self, name: str, action: str, user: str) -> Report:
        """Plan `undo` for a run; QuickBooks is read. Raises `CannotUndo`, `NotConnected` or `QuickBooksProblem`."""
        from onedesk_quickbooks.plugin.sync.undo import Undoer

        connected = self._services.connected()
        try:
            return Undoer(self._services, connected, user).look(name, action)
        finally:
            self._services.flush_calls(connected.realm_id)

    def keep_shown(self, report: Report, done: bool = False) -> None:
        """Record the plan of an undo that a person has seen, or remove it once it was carried out."""
        run = report.run
        shown = {} if done else {"digest": report.digest, "at": self._services.now().isoformat()}
        self._services.ledger.runs.keep_shown(run.name, run.realm_id, shown)

    @contextmanager
    def one_undo(self) -> Iterator[None]:
        """A lock: one undo at a time. Raises `CannotUndo` while another one runs."""
        realm_id = self._services.connected().realm_id
        try:
            with self._services.ledger.locks.hold(UNDOING, realm_id, 0.0):
                yield
        except LockTaken:
            why = Text("Another `undo` is running: wait until it ends, then run this one again.")
            raise CannotUndo(why) from None

    def undo(
        self, report: Report, user: str, progress: Callable[[Outcome], None], not_asked: Callable[[Row], None]
    ) -> None:
        """Undo exactly what a plan shows, as the run of this process (`as_command`). `not_asked` is called with what
        needs another action first. Raises as `drain` does."""
        from onedesk_quickbooks.plugin.sync.undo import LOT, Undoer

        services, run = self._services, report.run
        undoer = Undoer(services, services.connected(), user)
        facts = {"of": run.name, "deed": report.action}
        services.ledger.audit.act(user, "undo", realm_id=run.realm_id, run=services.run, **facts)
        rows, at = report.ready, 0

        def more() -> bool:
            nonlocal at
            while at < len(rows) and not self._stopping.is_set():
                some, at = rows[at : at + LOT], at + LOT
                left = undoer.ask(some)
                for each in left:
                    not_asked(each)
                if len(left) < len(some):
                    return True
            return False

        left = [each.entry for each in report.rows if each.entry and each.wish is None]
        services.ledger.queue.drop_all(left, Text("it stays, see: {command}", command="onedesk-quickbooks undo"))
        services.alone = True
        try:
            self._runner.work_off(progress, PATIENCE, more)
        finally:
            services.alone = False

    def go_on(self, group: str, run: str) -> None:
        """Continue what stopped commands have left of a backfill, as this run (`run`)."""
        realm_id, ledger = self._services.connected().realm_id, self._services.ledger
        names = ledger.runs.of_group(realm_id, group)
        stopped = [each for each in names if each != run and ledger.stopped_runs.is_stopped(realm_id, each)]
        ledger.runs.take_over(realm_id, group, stopped, run)

    def estimate(self, invoices: int) -> Estimate:
        """The number of requests to QuickBooks, and the time, that a copy of so many invoices takes. Raises
        `NotConnected`."""
        from onedesk_quickbooks.plugin.sync.backfill import estimate

        realm_id = self._services.connected().realm_id
        return estimate(invoices, self._services.ledger.runs.answer_time(realm_id))

    def backfill_works(self, group: str) -> bool:
        """Whether a command is running this backfill."""
        realm_id, ledger = self._services.connected().realm_id, self._services.ledger
        return any(not ledger.stopped_runs.is_stopped(realm_id, each) for each in ledger.runs.of_group(realm_id, group))

    def end_run(self, run: str) -> None:
        """Record that a command has queued all that it was given."""
        self._services.ledger.runs.end(run)

    def still_to_copy(self, ids: Iterable[str]) -> set[str]:
        """Those of the host's invoices that QuickBooks has neither by a copy nor by an adoption, including those that a
        person has undone."""
        realm_id, ledger, named = self._services.connected().realm_id, self._services.ledger, list(ids)
        links = ledger.links.invoices(realm_id, named)
        detected = ledger.conflicts.undone(realm_id, links.values())
        again = {od_id for od_id, work in detected.items() if work.conflict.what == "deleted"}
        return {od_id for od_id in named if od_id not in links or od_id in again}

    def open_sends(self, ids: Iterable[str], group: str = "") -> dict[str, bool]:
        """Those of the host's invoices whose send waits, is held or has failed; True where a stopped command has left
        it, so that a person decides. `group`: the backfill that continues its own."""
        realm_id, ledger = self._services.connected().realm_id, self._services.ledger
        found = ledger.queue.open_sends(realm_id, list(ids))
        own = {"", *(ledger.runs.of_group(realm_id, group) if group else ())}
        stopped = {run for run in {*found.values()} - own if ledger.stopped_runs.is_stopped(realm_id, run)}
        return {od_id: run in stopped for od_id, run in found.items()}

    def copied_elsewhere(self, ids: Iterable[str]) -> dict[str, Elsewhere]:
        """Those of the host's invoices that a company has which was connected before."""
        from onedesk_quickbooks.plugin.sync.elsewhere import copied_elsewhere

        return copied_elsewhere(self._services.ledger, self._services.connected().realm_id, list(ids))

    def unfinished_backfill(self) -> Run | None:
        """The backfill that was stopped last, unless it was completed since."""
        realm_id = self._services.connected().realm_id
        found = next(iter(self._services.ledger.runs.latest(realm_id, 1, "backfill")), None)
        return found if found is not None and found.ended_at is None else None
