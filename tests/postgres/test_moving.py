"""`ledger migrate`: from SQLite to PostgreSQL, once and whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from onedesk_quickbooks.plugin.cli import main
from tests.sync.conftest import Desk

pytestmark = pytest.mark.postgres


def run(home: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["--home", str(home), "ledger", "migrate", *arguments])
    return done.exit_code, done.output


def test_after_the_move_work_goes_on_where_it_stood(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = desks()
    desk.connect()
    desk.copy(invoice())
    desk.save(invoice(id="INV-2", number="2042"))
    desk.host.act("INV-2", "quickbooks.copy", "admin")
    desk.host.close()
    code, shown = run(desk.home, "--to", url, "--tenant", "acme")
    assert code == 0, shown
    assert "invoice_link" in shown
    seen = CliRunner().invoke(main, ["--home", str(desk.home), "doctor"]).output
    assert "database ledger.sqlite: It was moved to PostgreSQL, and takes no more writes." in seen
    assert "database, tenant acme: postgresql://127.0.0.1:" in seen, seen
    desk.restart()
    assert desk.application.ledger.remote
    assert desk.application.connected is not None
    assert desk.outcome("INV-2").outcome == "copied"
    assert desk.copy(invoice(memo="Changed.")).outcome == "updated"
    assert len(desk.invoices()) == 2
    assert desk.copy(invoice(id="INV-3", number="2043")).outcome == "copied"


def test_a_target_with_anything_in_it_is_refused_and_nothing_changes(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    first, second = desks(), desks()
    for desk in (first, second):
        desk.connect()
        desk.copy(invoice())
        desk.host.close()
    assert run(first.home, "--to", url)[0] == 0
    code, shown = run(second.home, "--to", url)
    assert (code, "not empty" in shown) == (3, True), shown
    second.restart()
    assert not second.application.ledger.remote
    assert second.copy(invoice(memo="Changed.")).outcome == "updated"


def test_who_still_has_the_old_ledger_open_fails_loudly(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = desks()
    desk.connect()
    assert run(desk.home, "--to", url)[0] == 0
    with pytest.raises(IntegrityError, match="moved to PostgreSQL"), desk.application.ledger.together() as connection:
        connection.execute(text("DELETE FROM work"))
        desk.save(invoice())
        desk.host.act(invoice()["id"], "quickbooks.copy", "admin")


def test_where_there_is_nothing_to_move(url: str, tmp_path: Path) -> None:
    code, shown = run(tmp_path, "--to", url)
    assert (code, "nothing to move" in shown) == (3, True), shown
    code, shown = run(tmp_path, "--to", "mysql://here")
    assert (code, "postgresql://" in shown) == (3, True), shown
