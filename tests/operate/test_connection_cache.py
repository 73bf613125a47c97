"""The connected company beside a ledger that may be away."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.app.connection_cache import FILE, ConnectionCache
from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.model.company_settings import Company, Ref

NOW = datetime(2026, 7, 15, 12, 0, tzinfo=timezone.utc)
COMPANY = Company("9341", "Larkspur Ltd", "CA", "CAD", True)
CONNECTED = Connected(COMPANY, "production", "https://q", Ref("79", "Sales"), None, NOW, "ada", "", NOW, NOW, "busy")


@pytest.mark.parametrize(
    "company",
    [
        COMPANY,
        replace(COMPANY, closed_through=date(2026, 6, 30)),
        replace(COMPANY, custom_fields=(("1", "Project"), ("2", "PO number"))),
    ],
)
def test_what_is_kept_is_known_after_a_start(tmp_path: Path, company: Company) -> None:
    ConnectionCache(tmp_path, remote=True).keep(replace(CONNECTED, company=company))
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    again = ConnectionCache(tmp_path, remote=True).company
    assert again == Connected(company, "production", "https://q", Ref("79", "Sales"), None, NOW, "ada", "", None)


def test_a_file_that_cannot_be_read_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for text in ("{", "[]", '{"company": 7}', '{"company": {"realm_id": "1", "nobody": 2}}'):
        (tmp_path / FILE).write_text(text, encoding="utf-8")
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert ConnectionCache(tmp_path, remote=True).company is None
        assert text == "[]" or "cannot be read" in caplog.text


def test_a_ledger_beside_it_needs_no_file(tmp_path: Path) -> None:
    kept = ConnectionCache(tmp_path, remote=False)
    assert kept.keep(CONNECTED) is kept.company
    assert not (tmp_path / FILE).exists()
