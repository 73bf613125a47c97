"""The contract test as a class of pytest tests, one for each promise: derive from it and provide your host."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from onedesk_quickbooks.plugin.host.contract.promises import PROMISES
from onedesk_quickbooks.plugin.host.contract.tested import HostUnderTest, Listener, check_tested


class HostContract:
    """Derive a class whose name contains Test, with a fixture `tested` that takes `listener`."""

    @pytest.fixture
    def listener(self) -> Listener:
        """The plugin that the host is started with."""
        return Listener()

    @pytest.fixture
    def tested(self, listener: Listener) -> HostUnderTest:
        """Your host, started with this one plugin, and stopped after `yield`."""
        raise TypeError("a class derived from HostContract needs its own fixture `tested`: see docs/hooks.md")

    @pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__.strip("_"))
    def test_host(
        self, promise: Callable[[HostUnderTest, Listener], None], tested: HostUnderTest, listener: Listener
    ) -> None:
        """One promise; skipped if your host does not support an action that it needs."""
        check_tested(tested)
        try:
            promise(tested, listener)
        except NotImplementedError as unknown:
            pytest.skip(f"this host does not have it: {unknown}")
