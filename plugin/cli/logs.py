"""The log on stderr: lines for people, or one JSON object a line. No token and no e-mail address gets into it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from onedesk_quickbooks.plugin.model.legible import lines, one_line
from onedesk_quickbooks.plugin.sync.tenancy import at_work

OURS = "onedesk_quickbooks"
FIELDS = ("tenant", "realm", "invoice", "requestid", "intuit_tid", "alert")
"""What a record may carry beside its message."""

_TOLD_BY_US = ("procrastinate", "psycopg.pool")
"""Libraries that tell of a database that is away, again and again and with tracebacks; the worker says it once."""
_ADDRESS = re.compile(r"[^\s\"'<>=(,:;]+@[^\s\"'<>),;]+\.[^\s\"'<>),;.]+")
_SECRET = re.compile(
    r"(?i)\b(bearer|basic|access_token|refresh_token|client_secret|code|state)([ =:\"']+)[\w.~+/=-]{8,}"
)


@contextmanager
def written(form: str, level: str) -> Iterator[None]:
    """The log goes to stderr meanwhile, as "text" or "json". `level` is for this package; libraries tell warnings
    alone, for some of them write secrets into their own debug logs."""
    handler = _Handler()
    handler.setFormatter(_formatter(form))
    named = getattr(logging, level.upper())
    levels = {"": max(named, logging.WARNING), OURS: named, "waitress.queue": logging.ERROR}
    levels |= dict.fromkeys(_TOLD_BY_US, logging.CRITICAL)
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


def clean(text: str) -> str:
    """Without e-mail addresses and whatever looks like a secret: QuickBooks' own words may hold them."""
    return _SECRET.sub(r"\1\2...", _ADDRESS.sub("(address)", text))


class _Handler(logging.Handler):
    """Writes to what stderr is at the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        tenant = at_work()
        if tenant and not hasattr(record, "tenant"):
            record.tenant = tenant
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def _formatter(form: str) -> logging.Formatter:
    return _Text("%(asctime)s %(levelname)s %(name)s %(message)s") if form == "text" else _json()


class _Text(logging.Formatter):
    """A line, and what the record carries behind it. A control character in either is written out (\\n, \\x1b)."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """What is said, and what is carried, in one line: texts of others make no line of their own."""
        said = super().formatMessage(record)
        carried = " ".join(f"{name}={value}" for name in FIELDS if (value := getattr(record, name, "")))
        return one_line(f"{said} [{carried}]" if carried else said)

    def format(self, record: logging.LogRecord) -> str:
        """A traceback is indented: the text of an exception may be of several lines, and none looks like the log's."""
        return clean(lines(super().format(record).replace("\n", "\n  ")))


def _json() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    class Json(JsonFormatter):
        """time, level, logger, message, and what the record carries."""

        def format(self, record: logging.LogRecord) -> str:
            return clean(super().format(record))

        def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
            return datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")

    return Json(
        "%(asctime)s %(levelname)s %(name)s %(message)s",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
    )
