"""What works for the installation calls: webhooks that come in, and a worker's time slices."""

from __future__ import annotations

from datetime import datetime, timedelta

from onedesk_quickbooks.plugin.app.parts import Parts


class WorkerApi(Parts):
    """For workers and for who receives webhooks."""

    def receive_webhook(self, body: bytes, signature: str) -> int:
        """Keep what a signed notification tells, for the lane to look at, or hand it on to the tenant whose company it
        tells of; returns how many events were new here. Raises `BadWebhook` where the signature is wrong or the body is
        none, and `LedgerProblem`."""
        return self._woken(self._webhooks.receive(body, signature))

    def take_webhook(self, body: bytes, signature: str) -> int:
        """The same for one that another tenant received: what tells of other companies is left out."""
        return self._woken(self._webhooks.take(body, signature))

    def _woken(self, new: int) -> int:
        if new:
            self._background.wake()
        return new

    def realm_id(self) -> str:
        """QuickBooks' id of the connected company; "" for none. Raises `LedgerProblem`."""
        connected = self.connected
        return connected.realm_id if connected else ""

    def watch(self) -> None:
        """A worker's look for alerts, where no other process has looked a moment ago. Raises `LedgerProblem`."""
        self.watcher.look_in_turn()

    def time_slice(self, longest: timedelta) -> datetime | None:
        """A worker's turn for the company, see `Runner.time_slice`."""
        return self._runner.time_slice(longest)

    def due(self) -> str:
        """The company whose lane has something to do now; "" for none. Raises `LedgerAway`."""
        return self._runner.due()
