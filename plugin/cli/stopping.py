"""Ctrl-C, SIGTERM or a closed terminal during a command: it finishes its current batch, or ends soon after, and reports
what is left."""

from __future__ import annotations

import atexit
import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from onedesk_quickbooks.plugin.cli.errors import COULD_NOT_RUN
from onedesk_quickbooks.plugin.cli.output import nobody_reads
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.model.problem import NotNow, Problem
from onedesk_quickbooks.plugin.texts import Text

REST = 7.0
"""Seconds for the current batch to finish."""
_GRACE = 2.7
"""Seconds for everything after that."""
_UNREAD = 1.0
"""Seconds to wait for a reader of the last output of a stopped command."""
_TIMER = hasattr(signal, "setitimer")
_log = logging.getLogger("onedesk_quickbooks.cli")


def ends() -> list[signal.Signals]:
    """The signals besides Ctrl-C that end a command: SIGTERM, and SIGHUP from a closed terminal, unless the command was
    started to survive that (nohup)."""
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)
    if hangup is None or signal.getsignal(hangup) is signal.SIG_IGN:
        return [signal.SIGTERM]
    return [signal.SIGTERM, hangup]


class Stop:
    """Whether the command has to end."""

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def stoppable(hurry: Callable[[], None]) -> Iterator[Stop]:
    """The first Ctrl-C, or signal of `ends`, calls `hurry`; the second one, or `REST` seconds, raise KeyboardInterrupt
    in the block. A later error does not change this: it is logged, and the same is raised."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def first(number: int, frame: FrameType | None) -> None:
        again, stop.asked = stop.asked, True
        if again:
            raise KeyboardInterrupt
        if _TIMER:
            signal.setitimer(signal.ITIMER_REAL, REST)
        hurry()

    def late(number: int, frame: FrameType | None) -> None:
        if sys.stdout is sys.__stdout__:
            _leave_soon()
        raise KeyboardInterrupt

    caught = {**dict.fromkeys([signal.SIGINT, *ends()], first), **({signal.SIGALRM: late} if _TIMER else {})}
    before = {number: signal.signal(number, handler) for number, handler in caught.items()}
    try:
        with _its_end(stop):
            yield stop
    finally:
        if _TIMER:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
        if stop.asked and _TIMER and sys.stdout is sys.__stdout__:
            _end_unread()


@contextmanager
def _its_end(stop: Stop) -> Iterator[None]:
    """A context for errors that result from the end of the command, or from a closed terminal."""
    try:
        yield
    except Exception as problem:
        if not stop.asked:
            raise
        known = isinstance(problem, (Problem, NotNow, OSError))
        _log.warning("an error while the command ends: %s", problem, exc_info=None if known else problem)
        raise KeyboardInterrupt from problem


def _leave_soon() -> None:
    """Do not wait for a ledger's database that accepts requests and does not respond."""

    message = shown(Text("Stopped, without an answer of the ledger's database. See: onedesk-quickbooks status"))

    def leave() -> None:
        with suppress(OSError):
            os.write(2, f"{message}\n".encode())
        os._exit(COULD_NOT_RUN)

    timer = threading.Timer(_GRACE, leave)
    timer.daemon = True
    timer.start()


def _end_unread() -> None:
    """Discard output that a paused reader does not read, so that a command that should end does."""

    def let_go(number: int, frame: FrameType | None) -> None:
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, OSError, ValueError):
                if not select.select([], [stream.fileno()], [], 0)[1]:
                    nobody_reads(stream.fileno())

    signal.signal(signal.SIGALRM, let_go)  # the write that it interrupts is repeated
    signal.setitimer(signal.ITIMER_REAL, _UNREAD, _UNREAD)
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)  # the interpreter removes the handler at its end
