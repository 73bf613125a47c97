"""The connected company, kept beside the ledger: commands of the host are taken while the ledger's database is
unreachable."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import simplejson

from onedesk_quickbooks.plugin.ledger import Connected, company_of, facts_json
from onedesk_quickbooks.plugin.model.company_settings import Ref

_log = logging.getLogger("onedesk_quickbooks.sync")
FILE = "connected.json"
"""In the data directory; mode 0600. It includes the company's country and defaults, which rules may use."""


class ConnectionCache:
    """The connected company as last read from the ledger."""

    def __init__(self, directory: Path, remote: bool) -> None:
        """Only a ledger on a server (`remote`) can be unreachable; otherwise nothing is kept in a file."""
        self._path = directory / FILE if remote else None
        self._kept: Connected | None = None
        self._in_file = False
        self.company: Connected | None = self._read()

    def keep(self, connected: Connected | None) -> Connected | None:
        """Keep the company, and return it. A file that cannot be written is logged, no more: it is a precaution."""
        self.company = connected
        if self._path is None:
            return connected
        lasting = replace(connected, **_CHANGING) if connected else None
        if self._in_file and lasting == self._kept:
            return connected
        try:
            _write(self._path, _fields(lasting))
            self._kept, self._in_file = lasting, True
        except OSError as problem:
            _log.warning("%s cannot be written: %s", self._path, problem.strerror)
        return connected

    def _read(self) -> Connected | None:
        if self._path is None or not self._path.exists():
            return None
        try:
            fields = simplejson.loads(self._path.read_text(encoding="utf-8"), use_decimal=True)
            self._kept, self._in_file = _connected(fields) if fields else None, True
            return self._kept
        except (OSError, ValueError, ArithmeticError, TypeError, KeyError) as problem:
            _log.warning(
                "%s cannot be read, so no company is known while the database is away: %s", self._path, problem
            )
            return None


_CHANGING: dict[str, Any] = {
    "stopped_reason": "",
    "last_success_at": None,
    "paused_until": None,
    "paused_because": "",
    "throttled": False,
    "slice_ended_at": None,
}
"""The fields that change from call to call: they are not kept."""


def _fields(lasting: Connected | None) -> dict[str, Any]:
    """The JSON of the file; {} for none."""
    return {name: each for name, each in facts_json(lasting).items() if name not in _CHANGING} if lasting else {}


def _connected(fields: dict[str, Any]) -> Connected:
    account, code = fields["default_income_account"], fields["default_tax_code"]
    return Connected(
        company=company_of(fields["company"]),
        environment=fields["environment"],
        base_url=fields["base_url"],
        connected_at=datetime.fromisoformat(fields["connected_at"]),
        connected_by=fields["connected_by"],
        stopped_reason="",
        last_success_at=None,
        default_income_account=Ref(**account) if account else None,
        default_tax_code=Ref(**code) if code else None,
    )


def _write(path: Path, fields: dict[str, Any]) -> None:
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        simplejson.dump(fields, file, use_decimal=True)
    new.replace(path)
