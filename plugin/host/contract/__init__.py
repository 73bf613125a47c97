"""A test that a host's author runs against theirs: every promise of hooks.py that a host gives, asked for one by one.

`check_host(make)` returns what is broken, each as a sentence; `for_pytest.HostContract` is the same as a class of
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
    """The promises that your host breaks: the promise, and how it was broken. Empty when all is well. Raises TypeError
    where what `make` gives is no whole `HostUnderTest`."""
    broken = []
    for promise in PROMISES:
        listener = Listener()
        tested = make(listener)
        check_tested(tested)
        try:
            promise(tested, listener)
        except NotImplementedError:
            pass  # a deed that this host does not know
        except Exception as problem:  # whatever a host does wrong is a finding, not the end of the check
            broken.append(f"{promise.__doc__} {type(problem).__name__}: {problem}")
        finally:
            tested.stop()
    return broken
