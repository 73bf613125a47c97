"""The log on stderr: lines of text, or one JSON object a line. It contains no tokens and no e-mail addresses."""

from __future__ import annotations

import logging
import os
import queue
import re
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from logging.handlers import QueueHandler, QueueListener
from typing import Any

from onedesk_quickbooks.plugin.model.legible import lines, one_line
from onedesk_quickbooks.plugin.sync.tenancy import at_work
from onedesk_quickbooks.plugin.texts import Text

OURS = "onedesk_quickbooks"
FIELDS = ("tenant", "realm", "invoice", "requestid", "intuit_tid", "alert")
"""Extra fields of a record."""

_NOISY = ("procrastinate", "psycopg.pool")
"""Libraries that log an unavailable database repeatedly, with tracebacks; the worker logs it once."""
_ADDRESS = re.compile(r"(?<![^\s\"'<>=(,:;])[^\s\"'<>=(,:;]+@[^\s\"'<>),;@]+\.[^\s\"'<>),;.@]+")
_SECRET = re.compile(
    r"(?i)\b(bearer|basic|access_token|refresh_token|client_secret|code|state)([ =:\"']+)[\w.~+/=-]{8,}"
)


@contextmanager
def written(form: str, level: str) -> Iterator[None]:
    """A context in which the log is written to stderr, as "text" or "json". `level` is for this package; libraries log
    warnings only, since some of them write secrets into their debug logs."""
    handler = _Handler(_formatter(form))
    named = getattr(logging, level.upper())
    levels = {"": max(named, logging.WARNING), OURS: named, "waitress.queue": logging.ERROR}
    levels |= dict.fromkeys(_NOISY, logging.CRITICAL)
    before = {name: logging.getLogger(name).level for name in levels}
    logging.getLogger().addHandler(handler)
    for name, wanted in levels.items():
        logging.getLogger(name).setLevel(wanted)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        for name, old in before.items():
            logging.getLogger(name).setLevel(old)
        handler.close()


def clean(text: str) -> str:
    """The text without e-mail addresses and anything that looks like a secret, which messages of QuickBooks may
    contain."""
    return _SECRET.sub(r"\1\2...", _ADDRESS.sub("(address)", text))


MOST = 4_000_000
"""Characters that may wait for the reader of stderr."""
END = 1.5
"""Seconds for which the end of the process waits for them."""


class _Texts(queue.Queue[Any]):
    """A queue whose size limit counts characters."""

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._characters = 0

    def _qsize(self) -> int:
        return self._characters

    def _put(self, item: str | None) -> None:
        super()._put(item)
        self._characters += len(item or "-")

    def _get(self) -> Any:
        item = super()._get()
        self._characters -= len(item or "-")
        return item

    def written(self, seconds: float) -> bool:
        """Wait until everything is written, for at most `seconds`."""
        with self.all_tasks_done:
            return self.all_tasks_done.wait_for(lambda: not self.unfinished_tasks, seconds)


class _Handler(QueueHandler):
    """Passes each record as text to a thread that writes it, so that a paused reader of stderr (`less`) does not block
    threads that hold a lock. Records that do not fit are dropped, and counted when there is room again."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self._texts, self._left_out, self._ended = _Texts(MOST), 0, False
        super().__init__(self._texts)
        self.setFormatter(formatter)
        self._writer = _Writer(self._texts)
        self._writer.start()

    def prepare(self, record: logging.LogRecord) -> Any:
        """The text of a record."""
        tenant = at_work()
        if tenant and not hasattr(record, "tenant"):
            record.tenant = tenant
        return self.format(record) + "\n"

    def enqueue(self, record: Any) -> None:
        """See the class; called under the handler's lock."""
        try:
            if self._left_out:
                self._texts.put_nowait(self._left_out_line())
                self._left_out = 0
            self._texts.put_nowait(record)
        except queue.Full:
            self._left_out += 1

    def _left_out_line(self) -> str:
        message = "%d records of the log were left out here: whoever reads it did not keep up"
        record = logging.LogRecord(f"{OURS}.cli", logging.WARNING, __file__, 0, message, (self._left_out,), None)
        return self.format(record) + "\n"

    def flush(self) -> None:
        """Wait up to `END` seconds for the records to be written."""
        if not self._ended:
            self._texts.written(END)

    def close(self) -> None:
        """The same, then end the thread; one that waits for a reader ends with the process."""
        if not self._ended:
            if self._left_out:
                with suppress(queue.Full):
                    self._texts.put_nowait(self._left_out_line())
            self.flush()
            self._ended = True
            self._writer.stop()
        super().close()


class _Writer(QueueListener):
    """Writes to the current stderr, unbuffered if possible: the end of the process must not wait for the lock of a
    buffer in use."""

    _over = False

    def handle(self, record: Any) -> None:
        if self._over:
            return
        try:
            handle = sys.stderr.fileno() if os.name == "posix" else -1
        except (AttributeError, OSError, ValueError):  # an io.StringIO, or no stderr
            handle = -1
        with suppress(AttributeError, OSError, ValueError):  # the reader has closed it
            if handle < 0:
                sys.stderr.write(record)
                sys.stderr.flush()
            else:
                _write(handle, record.encode("utf-8", "backslashreplace"))

    def stop(self) -> None:
        """Stop writing; ends the thread, unless it waits for a reader."""
        self._over = True
        with suppress(queue.Full):
            self.enqueue_sentinel()


def _write(handle: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(handle, data) :]
        except BlockingIOError:  # another program has set the terminal to non-blocking
            select.select([], [handle], [], 1.0)


def _formatter(form: str) -> logging.Formatter:
    return _Text("%(asctime)s %(levelname)s %(name)s %(message)s") if form == "text" else _json()


class _Text(logging.Formatter):
    """A line, followed by the extra fields of the record. Control characters in both are escaped (\\n, \\x1b)."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The message and the extra fields in one line: text from elsewhere cannot start a new line. A `Text`, such as
        findings, keeps its lines; those after the first are indented."""
        args = record.args if isinstance(record.args, tuple) else ()
        whole = super().formatMessage(record)
        said = whole if any(isinstance(each, Text) for each in args) else one_line(whole)
        carried = " ".join(f"{name}={one_line(str(value))}" for name in FIELDS if (value := getattr(record, name, "")))
        return f"{said} [{carried}]" if carried else said

    def format(self, record: logging.LogRecord) -> str:
        """A traceback is indented: the text of an exception may have several lines, which must not look like those of
        the log."""
        return clean(lines(super().format(record).replace("\n", "\n  ")))


def _json() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    class Json(JsonFormatter):
        """time, level, logger, message, and the extra fields of the record."""

        def format(self, record: logging.LogRecord) -> str:
            return clean(super().format(record))

        def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
            return datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")

    return Json(
        "%(asctime)s %(levelname)s %(name)s %(message)s",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
    )
