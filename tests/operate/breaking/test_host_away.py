"""A host whose own database is away for a while: nothing is held or failed for it, everything waits, is done once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.hooks import NotNow, QuickBooksPlugin
from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.support.clock import Clock


class Ailing:
    """A host that for some of its methods is away."""

    def __init__(self, host: EmbeddedHost) -> None:
        self.host = host
        self.away: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if name in self.away:
            raise NotNow("The host's database is locked.")
        return getattr(self.host, name)


class Pair:
    """A host that asks, and a plugin beside it that works."""

    def __init__(self, home: Path) -> None:
        self.clock = Clock()
        self.host = EmbeddedHost.open(home, plugins=[QuickBooksPlugin(background=False)])
        self.ailing = Ailing(self.host)
        self.home = home
        self.application = self._open(background=False)

    def _open(self, background: bool) -> Application:
        return Application.open(
            self.home,
            self.ailing,
            lambda payment: self.ailing.record_payment(payment),
            background=background,
            now=self.clock.now,
            sleep=self.clock.sleep,
        )

    def restart(self, background: bool) -> None:
        """The plugin alone."""
        self.application.close()
        self.application = self._open(background)


@pytest.fixture
def pair(home: Path, connected: Any) -> Iterator[Pair]:
    made = Pair(home)
    yield made
    made.application.close()
    made.host.close()


@pytest.mark.parametrize("away", [{"read_invoice"}, {"set_tag"}, {"add_note"}])
def test_what_the_host_cannot_say_or_take_now_waits(
    pair: Pair,
    connected: Any,
    invoice: Callable[..., dict[str, Any]],
    away: set[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    pair.host.save(invoice())
    assert pair.host.act("INV-1", "quickbooks.copy", "admin")
    pair.ailing.away = away
    assert pair.application.drain() == []
    status = pair.application.status()
    assert (status.waiting, status.held, status.failed) == (1, 0, 0)
    assert "The host's database is locked" in status.oldest_waiting_reason
    assert not [record for record in caplog.records if record.exc_info], "no traceback for what is known"
    pair.ailing.away = set()
    pair.clock.pass_by(minutes=1)
    assert [each.outcome for each in pair.application.drain()][-1:] in (["copied"], ["unchanged"])
    assert pair.application.status().waiting == 0
    assert len(connected.sandbox.list("Invoice", "DocNumber = '2041'")) == 1
    shown = pair.host.invoice("INV-1")
    assert shown is not None
    assert "Copied to QuickBooks" in str(shown.tags)


def test_a_host_that_is_away_is_reported_by_what_works_by_itself(
    pair: Pair, invoice: Callable[..., dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    pair.host.save(invoice())
    assert pair.host.act("INV-1", "quickbooks.copy", "admin")
    pair.ailing.away = {"read_invoice"}
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        pair.restart(background=True)
        while "locked" not in pair.application.status().oldest_waiting_reason:
            assert time.monotonic() - began < 60
            time.sleep(0.05)
    assert pair.application.status().waiting == 1
    assert not [record for record in caplog.records if record.exc_info]
