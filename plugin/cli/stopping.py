"""Ctrl-C and SIGTERM of a command that works: it comes to a rest, or ends soon after, and says what is left."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

REST = 7.0
"""Seconds in which the work at hand may come to its end."""
_TIMER = hasattr(signal, "setitimer")


class Stop:
    """Whether the command is to end."""

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def stoppable(hurry: Callable[[], None]) -> Iterator[Stop]:
    """The first Ctrl-C or SIGTERM calls `hurry`; the second one, or `REST` seconds, raise KeyboardInterrupt in the
    block."""
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
        raise KeyboardInterrupt

    caught = {signal.SIGINT: first, signal.SIGTERM: first, **({signal.SIGALRM: late} if _TIMER else {})}
    before = {number: signal.signal(number, handler) for number, handler in caught.items()}
    try:
        yield stop
    finally:
        if _TIMER:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
