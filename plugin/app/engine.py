"""The parts of one installation that run and ask QuickBooks: the runner, connecting, incoming and outgoing webhooks,
the watcher.

`Parts` loads this module when it is first needed: `status` and `queue` do without.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from onedesk_quickbooks.plugin.app.connect import Connecting
from onedesk_quickbooks.plugin.app.opening import caller
from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.ops.channels import channels_for
from onedesk_quickbooks.plugin.ops.deliveries import Deliveries
from onedesk_quickbooks.plugin.ops.status import Status
from onedesk_quickbooks.plugin.ops.watcher import Watcher
from onedesk_quickbooks.plugin.sync.background import Background, forks_later
from onedesk_quickbooks.plugin.sync.inbound.webhooks import Receiver
from onedesk_quickbooks.plugin.sync.runner import Runner
from onedesk_quickbooks.plugin.sync.services import Services


class Engine:
    """The running parts of one installation."""

    def __init__(
        self,
        services: Services,
        stopping: threading.Event,
        replay: Callable[[], int],
        looking: tuple[Callable[[], Connected | None], Callable[[Connected], Status]],
        alert: Callable[..., Any] | None,
    ) -> None:
        """`replay` brings commands into the ledger that were given while it was unreachable, `looking` gives the
        connected company, and its status for alerts; `alert` is the hook that notifies an administrator."""
        workers = caller(services)
        self.runner = Runner(services, stopping, replay)
        self.background = Background(services, self.runner, stopping, workers)
        self.webhooks = Receiver(
            services.ledger, lambda: services.settings.verifier_token, workers.hand_on if workers is not None else None
        )
        self.connecting = Connecting(services)
        self.deliveries = Deliveries(services)
        self.watcher = Watcher(services, *looking, channels_for(services.settings, alert))

    def start(self) -> None:
        """Start the threads, except in a master that forks later."""
        if forks_later():
            return
        self.background.start()
        self.watcher.start()
        self.deliveries.start()

    def stop(self) -> bool:
        """End the threads; False where the company queue still waits for an answer."""
        self.deliveries.stop()
        self.watcher.stop()
        return self.background.stop()
