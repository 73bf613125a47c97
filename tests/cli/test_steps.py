"""The commands that messages name have the options of the command that prints them, so that they can be copied."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_replace import put
from tests.commands import Call
from tests.support.sandboxes import Books


@pytest.fixture
def elsewhere(open_books: Callable[..., Books], call: Call, tmp_path: Path) -> str:
    """A connected data directory with a held invoice, which the environment does not name."""
    books, folder = open_books("us"), str(tmp_path / "two words")
    given, file = ("--home", folder), put(tmp_path / "a.jsonl", "A-1")
    assert call("connect", "--sandbox", books.base_url, "--yes", before=given).code == 0
    assert call("copy", put(tmp_path / "b.jsonl", "A-1", service=""), before=given, predicted=False).code == 1
    assert call("queue", "hold", "A-1", "--reason", "An audit", before=given).code == 0
    assert call("copy", file, before=given, predicted=False).code == 1
    return folder


@pytest.mark.parametrize("speaks", ["en", "fr"])
def test_a_step_that_is_copied_works(elsewhere: str, call: Call, speaks: str) -> None:
    given = ("--home", elsewhere)
    shown = call("status", before=given, speaks=speaks).out
    (line,) = [each for each in shown.splitlines() if "onedesk-quickbooks" in each and each.endswith(" queue")]
    program, *words = shlex.split(line[line.index("onedesk-quickbooks") :])
    assert (program, words) == ("onedesk-quickbooks", [*given, "queue"])
    assert "A-1" in call(*words[2:], before=tuple(words[:2])).out
    unknown = call("queue", "show", "77", before=given, speaks=speaks)
    assert unknown.code == 2 and f"onedesk-quickbooks --home {shlex.quote(elsewhere)} queue" in unknown.err


def test_each_option_that_was_given(
    elsewhere: str, call: Call, open_books: Callable[..., Books], tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("version: 1\n", encoding="utf-8")
    shown = call("status", before=("--home", elsewhere, "--rules", rules)).out
    assert f"onedesk-quickbooks --home {shlex.quote(elsewhere)} --rules {rules} queue" in shown, shown
    given = ("--home", tmp_path / "new", "--host", "tests.hosts.desk:make_host")
    assert call("connect", "--sandbox", open_books("gb").base_url, "--yes", before=given).code == 0
    assert f"see: onedesk-quickbooks {' '.join(map(str, given))} queue" in call("queue", "show", 7, before=given).err


def test_programs_and_what_is_stored_have_the_commands_alone(elsewhere: str, call: Call, tmp_path: Path) -> None:
    given, shown = ("--home", elsewhere), f"onedesk-quickbooks --home {shlex.quote(elsewhere)} queue release A-1"
    (entry,) = call("queue", "--json", before=given).lines
    assert "onedesk-quickbooks queue release A-1" in entry["reason"]
    assert shown in " ".join(call("queue", "show", entry["entry"], before=given).out.split())
    assert shown in " ".join(call("queue", before=given).out.split())
    assert shown in " ".join(call("plan", tmp_path / "a.jsonl", before=given).out.split())


def test_what_the_environment_sets_is_not_repeated(call: Call, open_books: Callable[..., Books]) -> None:
    assert call("connect", "--sandbox", open_books("us").base_url, "--yes").code == 0
    assert "see: onedesk-quickbooks queue" in call("queue", "show", 77).err


def test_the_step_for_rules_that_are_missing(elsewhere: str, call: Call) -> None:
    given, own = ("--home", elsewhere), Path(elsewhere) / "rules.yaml"
    own.write_text("version: 1\n", encoding="utf-8")
    call("status", before=given)
    own.unlink()
    step = f"onedesk-quickbooks --home {shlex.quote(elsewhere)} rules init --shipped"
    for command in ("doctor", "status", "check"):
        done = call(command, before=given)
        assert step in " ".join((done.out + done.err).split()), command
    assert call("rules", "init", "--shipped", before=given).code == 0
    assert own.exists()
