"""One installation of the plugin: opened, closed, and used through three facades (host, administrators, workers)."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.app.customers_api import CustomersApi
from onedesk_quickbooks.plugin.app.documents_api import DocumentsApi
from onedesk_quickbooks.plugin.app.opening import open_ledger
from onedesk_quickbooks.plugin.app.owner import check_host, claim
from onedesk_quickbooks.plugin.app.program_api import ProgramApi
from onedesk_quickbooks.plugin.app.rules_api import RulesApi
from onedesk_quickbooks.plugin.app.runs_api import RunsApi
from onedesk_quickbooks.plugin.app.setup_api import SetUpApi
from onedesk_quickbooks.plugin.app.story_api import StoryApi
from onedesk_quickbooks.plugin.app.worker_api import WorkerApi
from onedesk_quickbooks.plugin.clock import utc_now
from onedesk_quickbooks.plugin.ledger import KeyProblem, Ledger, LedgerProblem
from onedesk_quickbooks.plugin.model.host import OneDeskHost
from onedesk_quickbooks.plugin.sync import tenancy
from onedesk_quickbooks.plugin.sync.errors import CannotStart, NotConnected
from onedesk_quickbooks.plugin.sync.host_client import client_of, ends_no_thread
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.settings import FILE, load_settings
from onedesk_quickbooks.plugin.texts import Text, text_in


def _is_used(ledger: Ledger) -> bool:
    """Whether a host has recorded any work here; True where that is unknown."""
    try:
        connected = ledger.companies.connected()
        return connected is not None and any(True for _ in ledger.queue.seen(connected.realm_id))
    except LedgerProblem:
        return True


def _make(directory: Path) -> None:
    """Create the data directory. Raises `CannotStart` where that is not possible."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        file = next((each for each in (directory, *directory.parents) if each.is_file()), None)
        why = f"{file} is a file" if file else problem.strerror
        raise CannotStart(
            Text(
                "The data directory {directory} cannot be made: {why}. Name a folder in which this user may write, or"
                " one that can be made (`data_directory` of on_host_started; --home, or ONEDESK_QUICKBOOKS_HOME, of"
                " the commands).",
                directory=directory,
                why=why,
            )
        ) from problem
    _private(directory)


def _private(directory: Path) -> None:
    """Make the data directory and its settings readable by its owner alone. A directory of another user, on a disk
    without file modes, on a read-only disk, or shared by all users (as /tmp) is left as it is: the doctor reports
    it."""
    for path, mode in ((directory, 0o700), (directory / FILE, 0o600)):
        with contextlib.suppress(OSError):
            now = path.stat().st_mode
            if now & 0o077 and not now & stat.S_ISVTX and path.resolve() != Path(path.resolve().anchor):
                path.chmod(mode)


class Application(RulesApi, SetUpApi, StoryApi, DocumentsApi, CustomersApi, RunsApi, WorkerApi, ProgramApi):
    """Everything the plugin does for one host and one data directory."""

    @classmethod
    def open(
        cls,
        directory: Path,
        host: OneDeskHost,
        tell_payment: Callable[..., Any],
        *,
        tell_reversal: Callable[..., Any] | None = None,
        ask: Callable[..., Mapping[str, str] | None] | None = None,
        alert: Callable[..., Any] | None = None,
        background: bool = True,
        environ: Mapping[str, str] = os.environ,
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> Application:
        """Open the ledger and the rules in this data directory. With `background` threads start that process the queue,
        look for alerts and send webhooks. `tell_payment` is called with `payment=`, `tell_reversal` (by default the
        host itself) with `reversal=`, `alert` with `alert=`, an `Alert`.

        Raises `CannotStart`: what is wrong and what to do.
        """
        check_host(host)
        settings = load_settings(directory, environ)
        try:
            _make(directory)
            rules = RulesKeeper.of(directory, settings.rules, now or utc_now, settings.confirms_rules)
            ledger = open_ledger(directory, settings, environ, now or utc_now)
        except (KeyProblem, LedgerProblem, OSError) as problem:
            raise CannotStart(text_in(problem)) from problem
        try:
            claim(directory, host, lambda: _is_used(ledger))
        except BaseException:
            ledger.close()
            raise
        stopping = threading.Event()

        def wait(seconds: float) -> None:
            stopping.wait(seconds)

        services = Services(
            directory,
            settings,
            ledger,
            client_of(host, ledger, settings.language),
            rules,
            now or utc_now,
            sleep or wait,
            ends_no_thread(tell_payment),
            ends_no_thread(tell_reversal or host.reverse_payment),
            ask,
        )
        application = cls(services, stopping, alert and ends_no_thread(alert))
        application._environ = environ
        tenancy.opened(settings.tenant)
        if background:
            application._engine.start()
        return application

    def close(self) -> None:
        """Finish the chunk at hand and close the ledger; within ten seconds, whatever QuickBooks does."""
        if self._stopped():
            self._services.close()
        tenancy.closed(self.settings.tenant)


__all__ = ["Application", "NotConnected"]
