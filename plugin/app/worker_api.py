"""What the processes that work for the installation call: incoming webhooks, and the time slices of workers."""

from __future__ import annotations

from datetime import datetime, timedelta

from onedesk_quickbooks.plugin.app.parts import Parts


class WorkerApi(Parts):
    """The facade for workers and for receivers of webhooks."""

    def receive_webhook(self, body: bytes, signature: str) -> int:
        """Record the events of a signed notification for the company queue, or pass the notification to the tenant of
        its company; returns how many events were new here. Raises `BadWebhook` for a wrong signature or an invalid
        body, and `LedgerProblem`."""
        return self._woken(self._webhooks.receive(body, signature))

    def take_webhook(self, body: bytes, signature: str) -> int:
        """The same for a notification that another tenant received: events of other companies are left out."""
        return self._woken(self._webhooks.take(body, signature))

    def _woken(self, new: int) -> int:
        if new:
            self._background.wake()
        return new

    def realm_id(self) -> str:
        """The QuickBooks id of the connected company; "" for none. Raises `LedgerProblem`."""
        connected = self.connected
        return connected.realm_id if connected else ""

    def watch(self) -> None:
        """Look for alerts, unless another process has done so a moment ago. Raises `LedgerProblem`."""
        self.watcher.look(unless_recent=True)

    def time_slice(self, longest: timedelta) -> datetime | None:
        """One time slice of a worker for the company, see `Runner.time_slice`."""
        return self._runner.time_slice(longest)

    def due(self) -> str:
        """The company whose queue has something to do now; "" for none. Raises `LedgerAway`."""
        return self._runner.due()
