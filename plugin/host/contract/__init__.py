"""A contract test for the authors of hosts: checks every promise that hooks.py requires of a host.

`check_host(make)` returns the broken promises, each as a sentence; `for_pytest.HostContract` is the same as a class of
tests. docs/hooks.md shows both.
"""

from __future__ import annotations

from collections.abc import Callable

from onedesk_quickbooks.plugin.host.contract.promises import PROMISES
from onedesk_quickbooks.plugin.host.contract.tested import INVOICE, HostUnderTest, Listener, Shown, check_tested

__all__ = ["INVOICE", "PROMISES", "HostUnderTest", "Listener", "MakeHost", "Shown", "check_host"]

MakeHost = Callable[[Listener], HostUnderTest]
"""Starts the host with this one plugin, and two new drafts in it."""


def check_host(make: MakeHost) -> list[str]:
    """The promises that your host breaks, each with how it was broken. Empty if there are none. Raises TypeError if the
    result of `make` is not a complete `HostUnderTest`."""
    broken = []
    for promise in PROMISES:
        listener = Listener()
        tested = make(listener)
        check_tested(tested)
        try:
            promise(tested, listener)
        except NotImplementedError:
            pass  # an action that this host does not support
        except Exception as problem:  # whatever the host raises is a finding and does not end the check
            broken.append(f"{promise.__doc__} {type(problem).__name__}: {problem}")
        finally:
            tested.stop()
    return broken
