"""A complete sandbox: the companies of one user, served by one WSGI application."""

from __future__ import annotations

from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.sandbox.app.app import App
from onedesk_quickbooks.plugin.sandbox.company.company import Company
from onedesk_quickbooks.plugin.sandbox.controls.call_log import CallLog
from onedesk_quickbooks.plugin.sandbox.controls.control import Controls
from onedesk_quickbooks.plugin.sandbox.controls.fault_injection import FaultInjection
from onedesk_quickbooks.plugin.sandbox.controls.limits import Limits
from onedesk_quickbooks.plugin.sandbox.controls.webhooks import Delivery, Post, Webhooks, post_by_http
from onedesk_quickbooks.plugin.sandbox.options import SandboxOptions


class Sandbox(Company):
    """The first company of a user, with further companies and everything that serves them.

    `close()` it, or use it as a context. Raises ValueError for an invalid seed file. `wsgi` is the application;
    `companies` are this one and the further ones; `webhooks`, `limits` and `faults` (the fault injection) are shared.
    `post` delivers webhooks (URL, body, headers -> status), by default over HTTP. `like`: see `copy`.
    """

    def __init__(self, options: SandboxOptions, post: Post = post_by_http, like: Sandbox | None = None) -> None:
        super().__init__(options, like)
        self._post = post
        models = like.companies[1:] if like else repeat(None)
        self.companies: list[Company] = [self, *map(Company, self._options_of_further(), models)]
        self.webhooks = Webhooks(self.verifier_token, self.clock, post, options.time_scale)
        self.webhooks.url = options.webhook_url
        self.faults = FaultInjection(self)
        self.limits = Limits(self.clock, options.limits, options.time_scale)
        self._log = CallLog(self.clock)
        for each in self.companies:
            each.siblings, each.publish = self.companies, self.webhooks.add
        self.wsgi = App(self.companies, Controls(self._log, self.faults, self.limits, self.webhooks))

    def copy(self) -> Sandbox:
        """Another sandbox in memory, with the books, ids, tokens and time of this one; injected faults and the log are
        not copied. Takes a millisecond."""
        return Sandbox(replace(self.options, data=None), self._post, self)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _options_of_further(self) -> list[SandboxOptions]:
        """The options of the user's other companies: same application, same clock, each in a file beside this one."""
        shared = replace(
            self.options,
            client_id=self.client_id,
            client_secret=self.client_secret,
            verifier_token=self.verifier_token,
            currency=None,
            seed=None,
            also=(),
            clock=self.clock,
        )
        return [
            replace(shared, company=company, data=self._beside(f"{place}-{company}"))
            for place, company in enumerate(self.further, 2)
        ]

    def _beside(self, name: str) -> Path | None:
        data = self.options.data
        return data and data.with_name(f"{data.stem}-{name}{data.suffix}")

    def start(self) -> None:
        """Start delivering webhooks by a thread."""
        self.faults.start()
        self.webhooks.start()

    def stop(self) -> None:
        """Stop the delivery of webhooks, and cut delayed calls."""
        self.faults.stop()
        self.webhooks.stop()

    def close(self) -> None:
        """Stop the threads and close the stores."""
        self.stop()
        super().close()
        for company in self.companies[1:]:
            company.close()

    def log(self) -> list[dict[str, Any]]:
        """The answered calls, oldest first: `method path query status requestid intuit_tid at ...`."""
        return self._log.entries()

    def clear_log(self) -> None:
        """Delete the calls so far."""
        self._log.clear()

    def deliver_webhooks(self, post: Post | None = None) -> list[Delivery]:
        """Deliver pending webhooks now, by `post` or over HTTP."""
        return self.webhooks.deliver(post)
