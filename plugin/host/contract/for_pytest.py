"""The contract test as a class of pytest tests, one for each promise: derive from it and give it your host."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from onedesk_quickbooks.plugin.host.contract.promises import PROMISES
from onedesk_quickbooks.plugin.host.contract.tested import HostUnderTest, Listener, check_tested


class HostContract:
    """Your class has a fixture `tested`, which takes `listener`, and is called something with Test."""

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
        """One promise; a deed that your host does not know leaves it out."""
        check_tested(tested)
        try:
            promise(tested, listener)
        except NotImplementedError as unknown:
            pytest.skip(f"this host does not have it: {unknown}")
