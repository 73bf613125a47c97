"""Sandboxes that serve over HTTP, for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from tests.support.connected import Connected, writes


@dataclass(frozen=True)
class Books:
    """A sandbox that serves at `base_url`."""

    sandbox: Sandbox
    server: Server
    connected: Connected | None = None
    """What the sandbox is a copy of; then it had `written` rows."""
    written: int = 0

    @property
    def base_url(self) -> str:
        """Its address."""
        return self.server.base_url


@contextmanager
def serving(company: str = "us", connected: Connected | None = None, **options: Any) -> Iterator[Books]:
    """A sandbox with `SandboxOptions`' options, or a copy of one, on a free port; stopped at the end."""
    made = connected.sandbox() if connected else Sandbox(SandboxOptions(company=company, **options))
    with made as sandbox, Server(sandbox) as server:
        yield Books(sandbox, server, connected, writes(sandbox))
