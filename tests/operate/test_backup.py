"""`backup` and `restore`: there and back again while it works, and nothing is changed by a file that is none."""

from __future__ import annotations

import io
import json
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from filelock import FileLock

from onedesk_quickbooks.plugin.ops.backup.archive import back_up, unpack
from onedesk_quickbooks.plugin.ops.backup.backup_problems import BackupProblem
from onedesk_quickbooks.plugin.ops.backup.ledgers import FileLedger, copy_database
from onedesk_quickbooks.plugin.ops.backup.restoring import restore
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.support.sandboxes import Books
from tests.sync.conftest import ADMIN

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
    wanted |= {"rules-in-force/about.json", "rules-in-force/files/own.yaml"}
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


def test_the_audit_trail_goes_along_and_says_that_it_was_put_back(
    desk: Any, call: Call, invoice: Invoice, tmp_path: Path
) -> None:
    """What was recorded after the backup is gone: who has noted its hash sees it."""
    desk.copy(invoice())
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    kept = call("audit", "verify").out.splitlines()[-1]
    desk.copy(invoice(id="INV-2", number="2042"))
    lost = call("audit", "verify").out.splitlines()[-1]
    assert call("restore", file, "--yes").code == 0
    last = json.loads(call("audit", "export").out.splitlines()[-1])
    assert (last["kind"], last["content"]["act"]) == ("act", "restore")
    assert call("audit", "verify", "--expect", kept).code == 0
    assert call("audit", "verify", "--expect", lost).code == 1
    desk.copy(invoice(id="INV-2", number="2042"))
    assert call("audit", "verify", "--expect", kept).code == 0


def test_requests_that_were_not_done_and_are_gone_are_named(
    desk: Any, call: Call, invoice: Invoice, tmp_path: Path
) -> None:
    """The host was told that QuickBooks e-mails the invoice: nobody does it otherwise."""
    file = tmp_path / "saved.tar.gz"
    for number in (1, 2, 3, 4):
        desk.host.save(invoice(id=f"INV-{number}", number=f"204{number}"))
    assert desk.host.send("INV-1", ADMIN)
    assert call("backup", file).code == 0
    desk.application.drain()
    assert desk.host.send("INV-2", ADMIN)
    desk.application.drain()
    assert desk.host.send("INV-3", ADMIN)
    assert desk.host.act("INV-4", "quickbooks.copy", ADMIN)
    done = call("restore", file, "--yes")
    assert done.code == 0, done.err
    assert "are gone: send of 2043 and copy of 2044. Make each again" in done.out
    done = call("restore", file, "--yes")
    assert "are gone" not in done.out, "the backup has the one that waits"


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


@pytest.mark.parametrize("words", [(), ("--with-key",)])
def test_newer_tokens_are_kept(desk: Any, call: Call, tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file, *words).code == 0
    desk.clock.pass_by(hours=2)  # the access token ends: a refresh, which may replace the refresh token
    desk.application.bring_payments()
    realm_id = desk.application.status().realm_id
    refreshed = desk.application.ledger.companies.tokens(realm_id)
    assert call("restore", file, "--yes").code == 0
    assert desk.application.ledger.companies.tokens(realm_id) == refreshed


def test_a_connection_that_was_ended_since_stays_ended(connected: Books, call: Call, tmp_path: Path) -> None:
    """Intuit has revoked the tokens of the backup."""
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    assert call("disconnect").code == 0
    ended = call("status", "--json").one
    done = call("restore", file, "--yes")
    assert done.code == 0, done.err
    assert "The connection to Sandbox Company_US_1 was ended since the backup and stays so" in done.out
    assert not ended["connected"] and call("status", "--json").one == ended


def test_refused_while_the_queue_is_processed(desk: Any, call: Call, invoice: Invoice, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    desk.copy(invoice())
    with FileLock(desk.home / "lane.lock", thread_local=False):
        done = call("restore", file, "--yes")
    assert done.code == 3
    assert "company queue is running" in done.err
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
    "a path that leads out": (lambda held: held.update({"../evil": b"x"}), "does not belong in a backup"),
    "another file": (lambda held: held.update({"evil.py": b"x"}), "does not belong in a backup"),
    "no ledger": (lambda held: held.pop("ledger.sqlite"), "contains no ledger.sqlite"),
    "no manifest": (lambda held: held.pop("backup.json"), "not a complete backup"),
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
    assert "not a complete backup" in call("restore", cut, "--yes").err
    assert "is not there" in call("restore", tmp_path / "none.tar.gz", "--yes").err


def test_a_bit_that_has_changed_anywhere_is_found(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    """Where the archive can be read all the same, by the sum over all of it. A few bits of it mean nothing, such as
    those between its last block and the sum: then the content is the same."""
    good, bad = tmp_path / "good.tar.gz", tmp_path / "bad.tar.gz"
    assert call("backup", good).code == 0
    whole = good.read_bytes()
    head = 10  # what the packing says of itself: when, and by whom
    found = 0
    for number, index in enumerate(range(head, len(whole), max(1, len(whole) // 25))):
        bad.write_bytes(whole[:index] + bytes([whole[index] ^ 1 << number % 8]) + whole[index + 1 :])
        (into := tmp_path / f"into{number}").mkdir()
        try:
            unpack(bad, into)
        except BackupProblem as problem:
            found += "is not a complete backup" in str(problem)
        else:
            found += _content(into) == _content(_unpacked(good, tmp_path / f"good{number}"))
    assert found == number + 1
    bad.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    done = call("restore", bad, "--yes")
    assert done.code == 3 and "is not a complete backup" in done.err and not list(home.glob("before-restore-*"))


def _unpacked(backup: Path, into: Path) -> Path:
    into.mkdir()
    unpack(backup, into)
    return into


def _content(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


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
    (kept,) = desk.home.glob("before-restore-*.tar.gz")
    assert call("restore", kept, "--yes").code == 0
    assert desk.application.ledger.links.invoice(realm_id, "INV-1") is not None


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_what_the_host_has_is_kept_without_a_ledger(
    connected: Any, call: Call, home: Path, tmp_path: Path, how: str
) -> None:
    """The host and its rules may be newer than the backup."""
    file, apart = tmp_path / "saved.tar.gz", tmp_path / "apart"
    assert call("backup", file).code == 0
    (home / "rules.yaml").write_text("version: 1\ninvoices: {memo: Newer}\n", encoding="utf-8")
    newer = (home / "onedesk.sqlite").read_bytes()
    for each in home.glob("ledger.sqlite*"):
        each.unlink()
    if how == "damaged":
        (home / "ledger.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    done = call("restore", file, "--yes")
    (kept,) = home.glob("before-restore-*-without-ledger.tar.gz")
    assert done.code == 0 and f"tar xzf {kept} -C FOLDER" in done.out, done.err
    apart.mkdir()
    subprocess.run(["tar", "xzf", kept, "-C", apart], check=True)
    assert "Newer" in (apart / "rules.yaml").read_text(encoding="utf-8")
    assert len((apart / "onedesk.sqlite").read_bytes()) == len(newer)
    refused = call("restore", kept, "--yes")
    assert refused.code == 3 and "to take files out of it: tar xzf FILE -C FOLDER" in refused.err


def test_rules_that_were_added_since_are_removed(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    """They would decide beside those of the backup."""
    rules, file = home / "rules", tmp_path / "saved.tar.gz"
    rules.mkdir()
    (rules / "a.yaml").write_text("version: 1\n", encoding="utf-8")
    assert call("backup", file).code == 0
    (rules / "b.yaml").write_text("version: 1\ninvoices: {future: hold}\n", encoding="utf-8")
    (rules / "notes.txt").write_text("mine", encoding="utf-8")
    done = call("restore", file, "--yes")
    assert done.code == 0 and "Rules that were added since are removed: rules/b.yaml." in done.out, done
    assert sorted(each.name for each in rules.iterdir()) == ["a.yaml", "notes.txt"]
    (kept,) = home.glob("before-restore-*.tar.gz")
    assert call("restore", kept, "--yes").code == 0
    assert (rules / "b.yaml").exists(), "it is kept"


def test_rules_that_others_use_are_left(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    shared, file = tmp_path / "shared", tmp_path / "saved.tar.gz"
    shared.mkdir()
    (shared / "a.yaml").write_text("version: 1\n", encoding="utf-8")
    (home / "rules").symlink_to(shared)
    assert call("backup", file).code == 0
    (shared / "a.yaml").write_text("version: 1\ninvoices: {future: hold}\n", encoding="utf-8")
    (shared / "b.yaml").write_text("version: 1\n", encoding="utf-8")
    done = call("restore", file, "--yes")
    assert done.code == 0 and f"{home / 'rules'} is a link to {shared} and was left as it is" in done.out, done
    assert "hold" in (shared / "a.yaml").read_text(encoding="utf-8") and (shared / "b.yaml").exists()
    (home / "rules").unlink()
    assert call("restore", file, "--yes").code == 0
    assert "hold" not in (home / "rules" / "a.yaml").read_text(encoding="utf-8")


def test_linked_settings_stay_a_link(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    """As at `connect`: it is the file behind the link that a person keeps elsewhere."""
    file, kept = tmp_path / "saved.tar.gz", tmp_path / "kept" / "settings.yaml"
    assert call("backup", file).code == 0
    saved = (home / "settings.yaml").read_text()
    kept.parent.mkdir()
    kept.write_text("language: fr\n" + saved)
    (home / "settings.yaml").unlink()
    (home / "settings.yaml").symlink_to(kept)
    assert call("restore", file, "--yes").code == 0
    assert (home / "settings.yaml").readlink() == kept
    assert kept.read_text() == saved


def test_rules_elsewhere_are_reported(connected: Any, call: Call, tmp_path: Path) -> None:
    rules = tmp_path / "elsewhere.yaml"
    rules.write_text("version: 1\n")
    done = call("backup", tmp_path / "saved.tar.gz", before=("--rules", rules))
    assert done.code == 0
    assert f"({rules}) and are not in the backup" in done.out


def test_nothing_to_back_up(call: Call, tmp_path: Path) -> None:
    done = call("backup", tmp_path / "saved.tar.gz")
    assert done.code == 3
    assert "nothing to back up" in done.err


def test_a_folder_that_is_not_there(connected: Any, call: Call, tmp_path: Path) -> None:
    done = call("backup", tmp_path / "none" / "saved.tar.gz")
    assert done.code == 3 and f"{tmp_path / 'none'} is not a folder" in done.err


def test_rules_that_lead_elsewhere_are_not_packed(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    rules = home / "rules"
    (rules / "more").mkdir(parents=True)
    (rules / "more" / "a.yaml").write_text("version: 1\ntaxes: {otherwise: hold}\n")
    (rules / "b.yaml").symlink_to("more/a.yaml")
    (rules / "again").symlink_to("more")
    assert call("backup", tmp_path / "whole.tar.gz").code == 0
    assert {each for each in names(tmp_path / "whole.tar.gz") if each.startswith("rules/")} == {
        "rules/b.yaml",
        "rules/more/a.yaml",
    }
    (rules / "more" / "c.yaml").symlink_to("../../key")
    done = call("backup", tmp_path / "saved.tar.gz")
    assert done.code == 3 and not (tmp_path / "saved.tar.gz").exists()
    assert f"{rules / 'more' / 'c.yaml'}: is a link that leads out of the folder {rules}" in done.err
    assert "nothing was backed up" in done.err


def test_a_file_that_waits_waits_after_a_restore_too(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    rules = "version: 1\ntaxes: {otherwise: hold}\n"
    write_settings(home, {"rules_take_over": "confirm"})
    (home / "rules.yaml").write_text(rules)
    assert call("rules", "take", "--yes").code == 0
    running = RulesKeeper.of(home, "", confirm=True)
    taken = running.in_force.hash
    (home / "rules.yaml").write_text(rules.replace("hold", "none"))
    assert call("backup", tmp_path / "saved.tar.gz", "--with-key").code == 0
    assert call("rules", "take", "--yes").code == 0 and running.current().hash != taken
    for target in (home, tmp_path / "fresh"):
        assert call("restore", tmp_path / "saved.tar.gz", "--yes", before=("--home", target)).code == 0
        found = call("status", "--json", before=("--home", target)).one
        assert found["rules_hash"] == taken and "has other rules" in found["rules_complaint"], target
    assert running.current().hash == taken and running.waiting is not None, "the process that ran all the time"


RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]
NOW = datetime(2026, 11, 27, 9, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize("place", ["{elsewhere}/books.sqlite", "books.sqlite"])
def test_the_ledger_is_that_of_the_settings(connected: Any, call: Call, home: Path, tmp_path: Path, place: str) -> None:
    ledger = home / place.format(elsewhere=tmp_path / "elsewhere")
    ledger.parent.mkdir(exist_ok=True)
    (home / "ledger.sqlite").rename(ledger)
    (home / "ledger.sqlite").write_bytes(b"of before, and no ledger")
    with (home / "settings.yaml").open("a") as settings:
        settings.write(f"ledger: {ledger if 'elsewhere' in place else place}\n")
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    assert {each for each in names(file) if each.endswith(".sqlite")} == {"ledger.sqlite", "onedesk.sqlite"}
    assert call("keys", "add", "made since").code == 0
    refused = call("restore", file, before=("--home", tmp_path / "scratch"))
    if "elsewhere" in place:
        assert refused.code == 3 and f"({ledger}) holds an installation already" in refused.err
        assert not (tmp_path / "scratch" / "settings.yaml").exists()
    done = call("restore", file, "--yes")
    assert done.code == 0, done.err
    assert call("keys", "list", "--json").lines == []
    assert (home / "ledger.sqlite").read_bytes() == b"of before, and no ledger"
    assert stat.S_IMODE(ledger.stat().st_mode) == 0o600


def test_a_backup_of_another_ledger_is_not_put_over_this_one(
    connected: Any, call: Call, home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    (home / "ledger.sqlite").rename(home / "books.sqlite")
    with (home / "settings.yaml").open("a") as settings:
        settings.write("ledger: books.sqlite\n")
    refused = call("restore", file, "--yes")
    assert refused.code == 3 and f"is {home / 'books.sqlite'}, and that of {file} belongs to" in refused.err
    text = (home / "settings.yaml").read_text().replace("ledger: books.sqlite\n", "")
    (home / "settings.yaml").write_text(text)
    assert call("restore", file, "--yes").code == 0, "the remedy"


def test_two_restores_in_one_second_keep_both(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    kept = [restore(file, home, {}, lambda: NOW, replace=True)[1] for _ in range(3)]
    stamp = "before-restore-2026-11-27T093000Z"
    assert kept == [home / f"{stamp}.tar.gz", home / f"{stamp}-2.tar.gz", home / f"{stamp}-3.tar.gz"]
    assert all(each is not None and "ledger.sqlite" in names(each) for each in kept)


def test_no_revoked_key_is_valid_at_any_instant(desk: Any, call: Call, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar.gz"
    assert call("keys", "add", "leaked").code == 0
    assert call("backup", file).code == 0
    assert call("keys", "revoke", "leaked").code == 0
    counts: list[int] = []

    def now() -> datetime:
        with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:
            counts.extend(ledger.execute("SELECT count(*) FROM api_key WHERE revoked_at IS NULL").fetchone())
        return NOW

    assert restore(file, home, {}, now, replace=True)[2].revoked == ["leaked"]
    assert len(counts) > 1 and set(counts) == {0}


def test_what_is_taken_back_while_a_restore_works_stays_so(desk: Any, call: Call, home: Path, tmp_path: Path) -> None:
    """Who revokes a key then waits for the ledger, and revokes it in the restored one."""
    file, url = tmp_path / "saved.tar.gz", "https://a.example/in"
    assert call("keys", "add", "leaked").code == 0 and call("webhooks", "add", url).code == 0
    assert call("backup", file).code == 0
    ledger = desk.application.ledger

    def take_back() -> None:
        assert ledger.api_keys.revoke("leaked")
        ledger.outgoing_webhooks.remove(url)

    meanwhile, calls = Thread(target=take_back), count()

    def now() -> datetime:
        if next(calls) == 1:  # the first one names the file of the former data
            meanwhile.start()
            meanwhile.join(0.5)
        return NOW

    restore(file, home, {}, now, replace=True)
    meanwhile.join()
    assert all(each.revoked_at for each in ledger.api_keys.all()) and not ledger.outgoing_webhooks.all()


def test_a_database_that_stays_locked_is_given_up(tmp_path: Path) -> None:
    source, to = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    for each in (source, to):
        with closing(sqlite3.connect(each)) as connection:
            connection.execute("CREATE TABLE a (b)")
    locked, times = sqlite3.connect(to, isolation_level=None), iter((0.0, 1.0, 31.0))
    with closing(locked):
        locked.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BackupProblem, match=r"a\.sqlite stays locked"):
            copy_database(source, to, lambda: next(times))


def test_two_damaged_databases_are_both_kept(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    for text in (b"x", b"y"):
        for each in home.glob("ledger.sqlite*"):
            if "damaged" not in each.name:
                each.unlink()
        (home / "ledger.sqlite").write_bytes(b"SQLite format 3\0" + text * 5000)
        assert call("restore", file, "--yes").code == 0
    found = [(home / f"ledger.sqlite.damaged{each}").read_bytes()[16:17] for each in ("", "-2")]
    assert found == [b"x", b"y"]


def copies(*folders: Path) -> list[str]:
    """What a backup has left."""
    return [each.name for folder in folders for each in folder.iterdir() if each.name.startswith(".")]


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def stuck(home: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that waits for a database which somebody has locked, with copies of others beside it."""
    with closing(sqlite3.connect(home / "zz.sqlite", isolation_level=None)) as other:
        other.execute("CREATE TABLE IF NOT EXISTS a (b)")
        other.execute("BEGIN EXCLUSIVE")
        with subprocess.Popen([*RUN, "--home", str(home), *words], stderr=subprocess.PIPE, text=True) as process:
            wanted = {"backup": "data/onedesk.sqlite", "restore": "unpacked/onedesk.sqlite"}[words[0]]
            until(lambda: any(home.glob(f".backup-*/{wanted}")))
            yield process
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_who_is_stopped_leaves_no_copies(
    connected: Any, call: Call, home: Path, tmp_path: Path, command: str, end: signal.Signals
) -> None:
    good = tmp_path / "good.tar.gz"
    assert call("backup", good).code == 0
    kept = good.read_bytes()
    with stuck(home, command, str(good), *(["--yes"] if command == "restore" else [])) as process:
        assert copies(home), "it is in the middle"
        refused = call("backup", tmp_path / "other.tar.gz")
        assert refused.code == 3 and "Another backup or restore" in refused.err
        process.send_signal(end)
        code = process.wait(60)
        if end != signal.SIGKILL:
            assert code == 3 and "was stopped" in (process.stderr.read() if process.stderr else "")
            assert copies(home) == [], "gone at once"
    assert good.read_bytes() == kept
    (home / "zz.sqlite").unlink()
    assert call("backup", tmp_path / "next.tar.gz").code == 0
    assert copies(home, tmp_path) == [], "gone with the next run"
    assert call("status").code == 0


def test_what_was_written_beside_the_target_is_removed_by_the_next_run(
    connected: Any, call: Call, home: Path, tmp_path: Path
) -> None:
    """Killed while the archive was being written, into another folder than that of the next one."""
    elsewhere = tmp_path / "disk"
    elsewhere.mkdir()
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from onedesk_quickbooks.plugin.ops.backup.workplace import workplace\n"
        "with workplace(Path(sys.argv[1])) as place:\n"
        "    place.beside(Path(sys.argv[2])).write_bytes(b'half of the books')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(home), str(elsewhere / "saved.tar.gz")], check=False)
    assert copies(elsewhere) and copies(home)
    assert call("backup", tmp_path / "next.tar.gz").code == 0
    assert copies(elsewhere, home, tmp_path) == []


class Unreadable(FileLedger):
    """Its copies cannot be opened."""

    def copy_to(self, copy: Path) -> None:
        copy.write_bytes(b"SQLite format 3\0" + b"x" * 5000)


def test_what_cannot_be_opened_again_is_no_backup(connected: Any, call: Call, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar.gz"
    assert call("backup", file).code == 0
    kept = file.read_bytes()
    with pytest.raises(BackupProblem, match=r"ledger\.sqlite cannot be read"):
        back_up(home, Unreadable(home / "ledger.sqlite"), file, None, NOW)
    assert file.read_bytes() == kept and copies(home, tmp_path) == []
