"""Sandboxes that serve over HTTP, for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.http.server import Server


@dataclass(frozen=True)
class Books:
    """A sandbox that serves at `base_url`."""

    sandbox: Sandbox
    server: Server

    @property
    def base_url(self) -> str:
        """Its address."""
        return self.server.base_url


@contextmanager
def serving(company: str = "us", **options: Any) -> Iterator[Books]:
    """A sandbox with `SandboxOptions`' options, on a free port; stopped at the end."""
    with Sandbox(SandboxOptions(company=company, **options)) as sandbox, Server(sandbox) as server:
        yield Books(sandbox, server)
