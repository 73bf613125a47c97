"""The sandbox that `serve` starts for trials without API keys, and again with the next `serve`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from onedesk_quickbooks.plugin.cli.errors import Options
from onedesk_quickbooks.plugin.cli.output import say

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application
    from onedesk_quickbooks.plugin.sandbox.http.server import Server
    from onedesk_quickbooks.plugin.sync.settings import Settings

FILE = "sandbox.sqlite"
"""The file of the sandbox's company in the data directory."""


class OwnSandbox:
    """A context with the sandbox of this data directory, if it exists; otherwise it starts when it is requested."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._file = options.home / FILE
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._webhooks = ""

    def __enter__(self) -> OwnSandbox:
        if self._file.exists() and (options := self._settings()).environment == "local":
            try:
                self._start(urlsplit(options.base_url).port or 0, options)
            except OSError as problem:
                say(f"The sandbox of {self._file} cannot be started at {options.base_url}: {problem.strerror}.")
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def offer(self, application: Application, webhooks: str) -> None:
        """Allow the page "Set up" to start it; it sends its webhooks to `webhooks`."""
        self._webhooks = webhooks
        application.sandbox = self._credentials
        if self._server is not None:
            self._server.sandbox.webhooks.url = webhooks

    def _credentials(self) -> Mapping[str, str]:
        """The credentials to connect to it; starts it if it is not running yet."""
        with self._lock:
            if self._server is None:
                self._start(0, None)
            if self._server is None:
                raise RuntimeError("a sandbox that was started runs")
            self._server.sandbox.webhooks.url = self._webhooks
            return self._server.sandbox.credentials(self._server.base_url)

    def _settings(self) -> Settings:
        from onedesk_quickbooks.plugin.cli.session import plain_errors
        from onedesk_quickbooks.plugin.sync.settings import load_settings

        with plain_errors():
            return load_settings(self._options.home, self._options.environ)

    def _start(self, port: int, keys: Settings | None) -> None:
        """Start it. Raises OSError if the port cannot be used."""
        from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
        from onedesk_quickbooks.plugin.sandbox.http.server import Server

        known = {name: getattr(keys, name) for name in ("client_id", "client_secret", "verifier_token")} if keys else {}
        with ExitStack() as stack:
            sandbox = stack.enter_context(Sandbox(SandboxOptions(data=self._file, **known)))
            self._server = stack.enter_context(Server(sandbox, port=port))
            self._stack.push(stack.pop_all())
