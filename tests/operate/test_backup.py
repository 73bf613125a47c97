"""`backup` and `restore`: there and back again while it works, and nothing is changed by a file that is none."""

from __future__ import annotations

import io
import json
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

Call = Callable[..., Any]
Invoice = Callable[..., dict[str, Any]]


def names(file: Path) -> set[str]:
    with tarfile.open(file) as archive:
        return set(archive.getnames())


@pytest.mark.parametrize("with_key", [False, True])
def test_there_and_back_while_it_works(desk: Any, call: Call, invoice: Invoice, tmp_path: Path, with_key: bool) -> None:
    (desk.home / "rules").mkdir()
    (desk.home / "rules" / "own.yaml").write_text("version: 1\ninvoices: {on_open: offer}\n")
    desk.copy(invoice())
    file = tmp_path / "saved.tar.gz"
    done = call("backup", file, *(["--with-key"] if with_key else []))
    assert done.code == 0, done.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    wanted = {"backup.json", "host.json", "ledger.sqlite", "onedesk.sqlite", "settings.yaml", "rules/own.yaml"}
    assert names(file) == wanted | ({"key"} if with_key else set())

    desk.copy(invoice(id="INV-2", number="2042"))
    (desk.home / "rules" / "own.yaml").write_text("broken: [")
    assert call("restore", file).code == 3, "it asks before it replaces"
    done = call("restore", file, "--yes")
    assert done.code == 0, done.err
    # the process that had it open all the time sees what was put back, and goes on with it
    realm_id = desk.application.status().realm_id
    assert desk.application.ledger.links.invoice(realm_id, "INV-1") is not None
    assert desk.application.ledger.links.invoice(realm_id, "INV-2") is None
    assert desk.host.invoice("INV-2") is None
    assert (desk.home / "rules" / "own.yaml").read_text().startswith("version: 1")
    assert desk.copy(invoice(id="INV-2", number="2042")) in ("updated", "unchanged"), "known by its mark, not doubled"
    assert call("status").code == 0


def test_into_an_empty_place(desk: Any, call: Call, invoice: Invoice, tmp_path: Path) -> None:
    desk.copy(invoice())
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file, "--with-key").code == 0
    other = tmp_path / "other"
    done = call("restore", file, before=("--home", other))
    assert done.code == 0, done.err
    assert stat.S_IMODE((other / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((other / "settings.yaml").stat().st_mode) == 0o600
    (status,) = call("status", "--json", before=("--home", other)).lines
    assert (status["connected"], status["realm_id"]) == (True, desk.application.status().realm_id)
    assert call("payments", before=("--home", other)).code == 0, "its tokens are good"


def test_newer_tokens_are_kept(desk: Any, call: Call, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    desk.clock.pass_by(hours=2)  # the access token ends: a refresh, which may replace the refresh token
    desk.application.bring_payments()
    realm_id = desk.application.status().realm_id
    refreshed = desk.application.ledger.companies.tokens(realm_id)
    assert call("restore", file, "--yes").code == 0
    assert desk.application.ledger.companies.tokens(realm_id) == refreshed


def test_refused_while_the_lane_works(desk: Any, call: Call, invoice: Invoice, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    desk.copy(invoice())
    with FileLock(desk.home / "lane.lock", thread_local=False):
        done = call("restore", file, "--yes")
    assert done.code == 3
    assert "lane is at work" in done.err
    assert desk.application.ledger.links.invoice(desk.application.status().realm_id, "INV-1") is not None


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def remade(good: Path, to: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The backup again, with something changed in it."""
    with tarfile.open(good) as archive:
        held = {each.name: archive.extractfile(each).read() for each in archive.getmembers()}  # type: ignore[union-attr]
    change(held)
    with tarfile.open(to, "w:gz") as archive:
        for name, content in held.items():
            add(archive, name, content)
    return to


def newer(held: dict[str, bytes]) -> None:
    held["backup.json"] = json.dumps({**json.loads(held["backup.json"]), "ledger": "9999"}).encode()


def damaged(held: dict[str, bytes]) -> None:
    held["ledger.sqlite"] = held["ledger.sqlite"][:4096] + b"x" * 9000


CHANGES: dict[str, tuple[Callable[[dict[str, bytes]], Any], str]] = {
    "a path that leads out": (lambda held: held.update({"../evil": b"x"}), "does not belong into one"),
    "another file": (lambda held: held.update({"evil.py": b"x"}), "does not belong into one"),
    "no ledger": (lambda held: held.pop("ledger.sqlite"), "holds no ledger.sqlite"),
    "no manifest": (lambda held: held.pop("backup.json"), "no whole backup"),
    "a newer version": (newer, "newer version"),
    "a damaged ledger": (damaged, "ledger.sqlite"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_file_that_is_none_changes_nothing(connected: Any, call: Call, home: Path, tmp_path: Path, name: str) -> None:
    good = tmp_path / "good.tar.gz"
    assert call("backup", good).code == 0
    change, said = CHANGES[name]
    before = {
        path.name: path.read_bytes() for path in home.iterdir() if path.is_file() and path.suffix in (".yaml", "")
    }
    done = call("restore", remade(good, tmp_path / "bad.tar.gz", change), "--yes")
    assert done.code == 3
    assert said in done.err
    assert {
        path.name: path.read_bytes() for path in home.iterdir() if path.is_file() and path.suffix in (".yaml", "")
    } == before
    assert not (tmp_path / "evil").exists()
    assert call("status").code == 0


def test_a_cut_file_and_a_missing_one(connected: Any, call: Call, tmp_path: Path) -> None:
    good = tmp_path / "good.tar.gz"
    assert call("backup", good).code == 0
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(good.read_bytes()[:500])
    assert "no whole backup" in call("restore", cut, "--yes").err
    assert "is not there" in call("restore", tmp_path / "none.tar.gz", "--yes").err


def test_a_damaged_ledger_is_not_saved_over_a_good_backup(
    connected: Any, call: Call, home: Path, tmp_path: Path
) -> None:
    good = tmp_path / "good.tar.gz"
    assert call("backup", good).code == 0
    kept = good.read_bytes()
    with closing(sqlite3.connect(home / "ledger.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (home / "ledger.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    assert call("backup", good).code == 3
    assert good.read_bytes() == kept
    assert [path.name for path in tmp_path.glob(".backup-*")] == []


def test_a_damaged_ledger_is_replaced_and_kept_beside(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    good = tmp_path / "good.tar.gz"
    assert call("backup", good).code == 0
    for file in home.glob("ledger.sqlite*"):
        file.unlink()
    (home / "ledger.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    assert call("status").code == 3
    done = call("restore", good, "--yes")
    assert done.code == 0, done.err
    assert (home / "ledger.sqlite.damaged").exists()
    assert call("status").code == 0


def test_what_was_there_before_is_kept(desk: Any, call: Call, invoice: Invoice, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    desk.copy(invoice())
    assert call("restore", file, "--yes").code == 0
    realm_id = desk.application.status().realm_id
    assert desk.application.ledger.links.invoice(realm_id, "INV-1") is None
    assert call("restore", desk.home / "before-restore.tar.gz", "--yes").code == 0
    assert desk.application.ledger.links.invoice(realm_id, "INV-1") is not None


def test_rules_elsewhere_are_told_of(connected: Any, call: Call, tmp_path: Path) -> None:
    rules = tmp_path / "elsewhere.yaml"
    rules.write_text("version: 1\n")
    done = call("backup", tmp_path / "saved.tar.gz", before=("--rules", rules))
    assert done.code == 0
    assert f"({rules}) and are not in the backup" in done.out


def test_nothing_to_back_up(call: Call, tmp_path: Path) -> None:
    done = call("backup", tmp_path / "saved.tar.gz")
    assert done.code == 3
    assert "nothing to back up" in done.err


def test_rules_that_lead_elsewhere_are_not_packed(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    rules = home / "rules"
    (rules / "more").mkdir(parents=True)
    (rules / "more" / "a.yaml").write_text("version: 1\ntaxes: {otherwise: hold}\n")
    (rules / "b.yaml").symlink_to("more/a.yaml")
    (rules / "again").symlink_to("more")
    assert call("backup", tmp_path / "whole.tar.gz").code == 0
    assert {each for each in names(tmp_path / "whole.tar.gz") if "rules" in each} == {
        "rules/b.yaml",
        "rules/more/a.yaml",
    }
    (rules / "more" / "c.yaml").symlink_to("../../key")
    done = call("backup", tmp_path / "saved.tar.gz")
    assert done.code == 3 and not (tmp_path / "saved.tar.gz").exists()
    assert f"{rules / 'more' / 'c.yaml'}: is a link that leads out of the folder {rules}" in done.err
    assert "nothing was backed up" in done.err
