"""Commands that write rules and cases: whole or not at all, and never through a link that leads out of their folder."""

from __future__ import annotations

import itertools
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.findings.contained import write_inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead
from onedesk_quickbooks.plugin.findings.regular import write_beneath

Call = Callable[..., Any]
Connect = Callable[[Any], None]
MESSY = "items:\n    otherwise:   same_name\nversion: 1\n"
CASES = "version: 1\ncases:\n  - {name: one, given: {country: US}, expect: {on_open: offer}}\n"
OTHERS = "owner: somebody else\n"
WRITERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a file": ("rules.yaml", ("rules", "fmt", "{}/rules.yaml")),
    "a folder": ("rules.yaml", ("rules", "fmt", "{}")),
    "cases": ("rules.cases.yaml", ("test", "--write", "{}/rules.cases.yaml")),
    "cases beside rules": ("rules.cases.yaml", ("test", "--write", "{}/rules.yaml")),
    "cases of a folder": ("rules.cases.yaml", ("test", "--write", "{}")),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "rules"
    made.mkdir()
    (made / "rules.yaml").write_text(MESSY)
    (made / "rules.cases.yaml").write_text(CASES)
    (tmp_path / "other.yaml").write_text(OTHERS)
    return made


def words(folder: Path, name: str) -> tuple[str, list[str]]:
    file, command = WRITERS[name]
    return file, [each.format(folder) for each in command]


@contextmanager
def swapped(file: Path, to: Path) -> Iterator[None]:
    """The file becomes a link and a file again, all the time."""
    stop, text, new = threading.Event(), file.read_text(), file.with_name("new")

    def swap() -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            new.symlink_to(to) if number % 2 else new.write_text(text)
            new.replace(file)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_keeps_its_mode_and_leaves_nothing_beside(folder: Path, call: Call, name: str) -> None:
    file, command = words(folder, name)
    before = (folder / file).read_text()
    (folder / file).chmod(0o640)
    if os.geteuid() == 0:
        os.chown(folder / file, 12345, 23456)
    done = call(*command)
    assert done.code == 0, done.err
    found = (folder / file).stat()
    assert (folder / file).read_text() != before and stat.S_IMODE(found.st_mode) == 0o640
    assert os.geteuid() != 0 or (found.st_uid, found.st_gid) == (12345, 23456)
    assert {each.name for each in folder.iterdir()} <= {"rules.yaml", "rules.cases.yaml", "cases.schema.json"}


@pytest.mark.parametrize("name", WRITERS)
def test_a_link_that_is_swapped_in_meanwhile_is_not_written_through(
    folder: Path, call: Call, tmp_path: Path, name: str
) -> None:
    file, command = words(folder, name)
    text, other = (folder / file).read_text(), tmp_path / "other.yaml"
    other.write_text(text)  # what is read through the link is as good
    with swapped(folder / file, other):
        for _ in range(8):
            done = call(*command)
            assert done.code in (0, 1, 3) and "Traceback" not in done.err
    assert other.read_text() == text


@pytest.mark.parametrize("name", WRITERS)
def test_a_link_out_of_the_folder_is_refused(folder: Path, call: Call, tmp_path: Path, name: str) -> None:
    file, command = words(folder, name)
    (folder / file).unlink()
    (folder / file).symlink_to(tmp_path / "other.yaml")
    done = call(*command)
    assert (done.code, "is a link that leads out of the folder" in done.err) == (3, True), done
    assert (tmp_path / "other.yaml").read_text() == OTHERS and (folder / file).is_symlink()


def test_links_that_stay_in_the_folder_are_followed(folder: Path, call: Call, tmp_path: Path) -> None:
    (folder / "link.yaml").symlink_to("rules.yaml")
    (tmp_path / "rules-too").symlink_to(folder)
    assert call("rules", "fmt", tmp_path / "rules-too" / "link.yaml").code == 0
    assert (folder / "link.yaml").is_symlink() and (folder / "rules.yaml").read_text().startswith("version: 1\n")


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("link", ["rules.yaml", "rules.schema.json"])
def test_a_first_rule_set_is_not_written_through_a_link(
    open_books: Any, call: Call, connect: Connect, home: Path, tmp_path: Path, link: str, there: bool
) -> None:
    connect(open_books("us"))
    other = tmp_path / "other"
    if there:
        other.write_text("")
    (home / link).symlink_to(other)
    done = call("rules", "init", "--force")
    assert done.code == (3 if link == "rules.yaml" else 0), done
    assert (other.read_text() if there else "") == "" and other.exists() == there


def test_a_text_is_put_in_the_place_of_a_file_alone(tmp_path: Path) -> None:
    folder, outside = (tmp_path / "rules").resolve(), tmp_path / "outside"
    (folder / "parts").mkdir(parents=True)
    outside.mkdir()
    target = folder / "parts" / "a.yaml"
    write_beneath(target, folder, "one\n")
    assert target.read_text() == "one\n"
    target.unlink()
    target.symlink_to(outside / "a.yaml")
    with pytest.raises(OSError, match="has become a link"):
        write_beneath(target, folder, "two\n")
    with pytest.raises(CannotRead, match="leads out of the folder"):
        write_inside(target, folder, "two\n")
    target.unlink()
    for make in (os.mkfifo, os.mkdir):
        make(target)
        with pytest.raises(OSError, match=r"is a FIFO|has become a folder"):
            write_beneath(target, folder, "two\n")
        target.rmdir() if target.is_dir() else target.unlink()
    target.parent.rmdir()
    target.parent.symlink_to(outside)
    with pytest.raises(OSError, match=r"symbolic links|[Nn]ot a directory"):
        write_beneath(target, folder, "two\n")
    for name in ("settings.yaml", "link.yaml"):
        (folder / "settings.yaml").write_text("client_secret: x\n")
        if name == "link.yaml":
            (folder / name).symlink_to("settings.yaml")
        with pytest.raises(CannotRead, match="holds settings, so it was not written"):
            write_inside(folder / name, folder, "two\n")
    with pytest.raises(OSError, match="not in the folder"):
        write_beneath(outside / "a.yaml", folder, "two\n")
    with pytest.raises(UnicodeEncodeError):
        write_beneath(folder / "b.yaml", folder, "\ud800")
    assert {each.name for each in folder.iterdir()} == {"parts", "settings.yaml", "link.yaml"}
    assert list(outside.iterdir()) == []
