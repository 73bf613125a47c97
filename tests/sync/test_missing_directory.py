"""The data directory, or its volume, is away while the host runs: nothing is written into a folder in its place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from onedesk_quickbooks.plugin.cli import main
from onedesk_quickbooks.plugin.ledger import LedgerProblem
from onedesk_quickbooks.plugin.ledger.database.sqlite import FileLocks
from onedesk_quickbooks.plugin.model.problem import NotNow
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def desk(us: Desk) -> Desk:
    us.predicts = False
    return us


@pytest.mark.parametrize("files", [None, [], ["host.json"]], ids=["missing", "mount point", "another installation"])
def test_what_is_asked_meanwhile_is_refused_and_nothing_is_written(
    desk: Desk, invoice: Make, files: list[str] | None
) -> None:
    desk.save(invoice())
    hook, home = desk.host.plugins.hook, desk.home
    away = home.rename(home.with_name("away"))
    if files is not None:
        home.mkdir()
        for name in files:
            (home / name).write_bytes((away / name).read_bytes())
    with pytest.raises(NotNow) as refused:
        hook.on_invoice_send(invoice=invoice(), user=ADMIN)
    assert str(refused.value) == (
        f"The data directory {home} is missing, or another folder is in its place; nothing was recorded. Mount its "
        "volume or put it back, then try again. If the other folder is right, restart this program."
    )
    assert _in(home) == files
    if files is not None:
        shutil.rmtree(home)
    away.rename(home)
    assert hook.on_invoice_send(invoice=invoice(), user=ADMIN) is True
    assert [(each.id, each.outcome) for each in desk.drain()] == [("INV-1", "sent")]


def test_what_is_asked_after_a_remount_waits_in_a_file(desk: Desk, invoice: Make) -> None:
    """The folder has another device number then: here it is another folder with the same files."""
    desk.save(invoice())
    hook, home = desk.host.plugins.hook, desk.home
    away = home.rename(home.with_name("away"))
    shutil.copytree(away, home, copy_function=os.link, ignore=shutil.ignore_patterns("ledger.sqlite*"))
    assert hook.on_invoice_send(invoice=invoice(), user=ADMIN) is True
    assert len(list((home / "spool").glob("*.json"))) == 1
    for each in away.glob("ledger.sqlite*"):
        os.link(each, home / each.name)
    assert [(each.id, each.outcome) for each in desk.drain()] == [("INV-1", "sent")]


def test_what_is_asked_after_a_restore_into_a_running_host_waits_in_a_file(desk: Desk, invoice: Make) -> None:
    """A restore writes host.json again."""
    desk.save(invoice())
    file = desk.home / "host.json"
    (new := file.with_suffix(".new")).write_bytes(file.read_bytes())
    new.replace(file)
    ledger = desk.home / "ledger.sqlite"
    ledger.rename(away := ledger.with_suffix(".away"))
    assert desk.host.plugins.hook.on_invoice_send(invoice=invoice(), user=ADMIN) is True
    away.rename(ledger)
    assert [(each.id, each.outcome) for each in desk.drain()] == [("INV-1", "sent")]


def test_what_runs_in_the_background_creates_no_folder_and_logs_no_traceback(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    application, home = desk.application, desk.home
    away = home.rename(home.with_name("away"))
    for work in (application.watcher.look, application.drain):
        with pytest.raises(LedgerProblem, match=r"No such file or directory|it is gone"):
            work()
    assert _in(home) is None
    assert [each for each in caplog.records if each.exc_info] == []
    away.rename(home)
    application.watcher.look()


def test_a_lock_of_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LedgerProblem) as refused, FileLocks(tmp_path / "data").hold("lane", "", 0):
        pass
    assert str(refused.value) == (
        f"{tmp_path / 'data' / 'lane.lock'} cannot be opened (No such file or directory): its folder is missing: mount "
        "its volume or put it back, then try again."
    )
    assert _in(tmp_path) == []


def test_commands_without_their_ledger_are_named_and_no_ledger_is_made(tmp_path: Path) -> None:
    """As a folder below a mount point may have them."""
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "1.json").write_text("{}")
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "status"])
    assert done.exit_code == 3
    assert f"{tmp_path / 'spool'} has commands of OneDesk that wait for the ledger (1), and " in done.output
    assert not (tmp_path / "ledger.sqlite").exists() and not (tmp_path / "host.json").exists()


def _in(folder: Path) -> list[str] | None:
    """What is in a folder; None where it is not there."""
    return sorted(each.name for each in folder.iterdir()) if folder.exists() else None
