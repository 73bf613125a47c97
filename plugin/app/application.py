"""One installation of the plugin: opened, closed, and used through three facades (host, administrators, workers)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.app.customers_api import CustomersApi
from onedesk_quickbooks.plugin.app.documents_api import DocumentsApi
from onedesk_quickbooks.plugin.app.opening import open_installation
from onedesk_quickbooks.plugin.app.owner import check_host, names_of
from onedesk_quickbooks.plugin.app.program_api import ProgramApi
from onedesk_quickbooks.plugin.app.rules_api import RulesApi
from onedesk_quickbooks.plugin.app.runs_api import RunsApi
from onedesk_quickbooks.plugin.app.setup_api import SetUpApi
from onedesk_quickbooks.plugin.app.story_api import StoryApi
from onedesk_quickbooks.plugin.app.worker_api import WorkerApi
from onedesk_quickbooks.plugin.clock import utc_now
from onedesk_quickbooks.plugin.model.host import OneDeskHost
from onedesk_quickbooks.plugin.sync import tenancy
from onedesk_quickbooks.plugin.sync.errors import NotConnected
from onedesk_quickbooks.plugin.sync.host_client import client_of, ends_no_thread
from onedesk_quickbooks.plugin.sync.services import Services


class Application(RulesApi, SetUpApi, StoryApi, DocumentsApi, CustomersApi, RunsApi, WorkerApi, ProgramApi):
    """Everything the plugin does for one host and one data directory."""

    @classmethod
    def open(
        cls,
        directory: Path,
        host: OneDeskHost,
        report_payment: Callable[..., Any],
        *,
        report_reversal: Callable[..., Any] | None = None,
        ask: Callable[..., Mapping[str, str] | None] | None = None,
        alert: Callable[..., Any] | None = None,
        background: bool = True,
        environ: Mapping[str, str] = os.environ,
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> Application:
        """Open the ledger and the rules in this data directory. With `background` threads start that process the queue,
        look for alerts and send webhooks. `report_payment` is called with `payment=`, `report_reversal` (by default the
        host itself) with `reversal=`, `alert` with `alert=`, an `Alert`.

        Raises `CannotStart`: what is wrong and what to do.
        """
        stopping = threading.Event()

        def wait(seconds: float) -> None:
            stopping.wait(seconds)

        check_host(host)
        opened = open_installation(directory, names_of(host), environ, now or utc_now)
        services = Services(
            **vars(opened),
            host=client_of(host, opened.ledger, opened.settings.language),
            sleep=sleep or wait,
            report_payment=ends_no_thread(report_payment),
            report_reversal=ends_no_thread(report_reversal or host.reverse_payment),
            ask_plugins=ask,
        )
        application = cls(services, stopping, alert and ends_no_thread(alert))
        if background:
            application._engine.start()
        return application

    def close(self) -> None:
        """Finish the chunk at hand and close the ledger; within ten seconds, whatever QuickBooks does."""
        if self._stopped():
            self._services.close()
        tenancy.closed(self.settings.tenant)


__all__ = ["Application", "NotConnected"]
