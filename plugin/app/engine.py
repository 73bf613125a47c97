"""What works for one installation, and asks QuickBooks: the runner, connecting, webhooks in and out, the watcher.

`Parts` loads it when it is first wanted: `status` and `queue` answer without.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from onedesk_quickbooks.plugin.app.connect import Connecting
from onedesk_quickbooks.plugin.app.opening import caller
from onedesk_quickbooks.plugin.ops.channels import channels_for
from onedesk_quickbooks.plugin.ops.deliveries import Deliveries
from onedesk_quickbooks.plugin.ops.status import Status
from onedesk_quickbooks.plugin.ops.watcher import Watcher
from onedesk_quickbooks.plugin.sync.background import Background
from onedesk_quickbooks.plugin.sync.inbound.webhooks import Receiver
from onedesk_quickbooks.plugin.sync.runner import Runner
from onedesk_quickbooks.plugin.sync.services import Services


class Engine:
    """The parts of one installation that work."""

    def __init__(
        self,
        services: Services,
        stopping: threading.Event,
        replay: Callable[[], int],
        status: Callable[[], Status],
        alert: Callable[..., Any] | None,
    ) -> None:
        """`replay` brings into the ledger what was asked while it was away, `status` says how the installation stands,
        `alert` is the hook that tells an administrator."""
        workers = caller(services)
        self.runner = Runner(services, stopping, replay)
        self.background = Background(services, self.runner, stopping, workers)
        self.webhooks = Receiver(
            services.ledger, services.settings.verifier_token, workers.hand_on if workers is not None else None
        )
        self.connecting = Connecting(services)
        self.deliveries = Deliveries(services)
        self.watcher = Watcher(services, status, channels_for(services.settings, alert))

    def start(self) -> None:
        """Begin to work in threads of their own."""
        self.background.start()
        self.watcher.start()
        self.deliveries.start()

    def stop(self) -> bool:
        """End the threads; False where the lane waits for an answer still."""
        self.deliveries.stop()
        self.watcher.stop()
        return self.background.stop()
