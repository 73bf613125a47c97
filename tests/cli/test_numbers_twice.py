"""Invoices of one number in one file: `plan` and `copy` say the same of them, wherever they stand in it."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.cli.errors import Options
from onedesk_quickbooks.plugin.cli.ordered_output import OrderedOutput
from onedesk_quickbooks.plugin.cli.session import open_session
from onedesk_quickbooks.plugin.cli.session.gather import gather
from onedesk_quickbooks.plugin.cli.session.run import Run
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.outbound.company_queue import CHUNK
from tests.cli.test_work import Call, Open, invoice, put
from tests.commands import Connect

PLACES = [(3, 6, 8), (3, CHUNK + 1, CHUNK + 3), (CHUNK - 1, CHUNK)]
"""Within a chunk, over the end of one, and at it."""


@pytest.fixture
def books(open_books: Open, connect: Connect) -> Any:
    books = open_books("us")
    connect(books)
    return books


def numbered(path: Path, places: tuple[int, ...], first: dict[str, Any] | None = None) -> Path:
    """Invoices whose numbers are their ids, but in these places; `first` is what the first of them has otherwise."""
    invoices = [invoice(f"S-{n}") for n in range(places[-1] + 2)]
    for n in places:
        invoices[n]["number"] = "TWICE"
    return put(path, *(each | (first or {}) if n == places[0] else each for n, each in enumerate(invoices)))


def twice(other: int) -> tuple[str, str]:
    return "held", (
        f"The number TWICE is the number of the OneDesk invoice S-{other} as well; give one of the two another number"
        f" in OneDesk. If S-{other} was deleted there, delete it in QuickBooks as well. Once QuickBooks has"
        f" S-{other} under another number, or no longer, this one follows automatically."
    )


def said(lines: list[Any], places: tuple[int, ...]) -> list[tuple[str, str]]:
    found = {each["id"]: (each["outcome"], each["reason"]) for each in lines}
    assert all(found[f"S-{n}"][0] in ("copied", "unchanged") for n in range(places[-1] + 2) if n not in places)
    return [found[f"S-{n}"] for n in places]


@pytest.mark.parametrize("places", PLACES)
def test_the_first_has_the_number_and_the_others_are_held(
    books: Any, call: Call, tmp_path: Path, places: tuple[int, ...]
) -> None:
    file = numbered(tmp_path / "a.jsonl", places)
    first, *others = places
    held = [twice(first)] * len(others)
    assert said(call("copy", file, "--json").lines, places) == [("copied", ""), *held]  # and so says `plan`
    again = said(call("copy", file, "--json").lines, places)
    assert again == [("unchanged", again[0][1]), *held]
    assert len(books.sandbox.list("Invoice", "DocNumber = 'TWICE'")) == 1


@pytest.mark.parametrize("places", PLACES[:2])
def test_where_the_first_is_held_the_second_has_the_number(
    books: Any, call: Call, tmp_path: Path, places: tuple[int, ...]
) -> None:
    second = places[1]
    file = numbered(tmp_path / "a.jsonl", places, {"customer": {"id": "c2", "name": "Blue: Harbor"}})
    found = said(call("copy", file, "--json").lines, places)
    assert found[0][0] == "held" and "contains a colon" in found[0][1]
    assert found[1:] == [("copied", ""), twice(second)]


@pytest.mark.parametrize("places", PLACES)
def test_by_rule_quickbooks_gives_the_others_its_next_number(
    books: Any, call: Call, tmp_path: Path, places: tuple[int, ...]
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("version: 1\ninvoices: {when_number_taken: quickbooks}\n")
    file = numbered(tmp_path / "a.jsonl", places)
    done = call("copy", file, "--json", before=("--rules", rules))
    note = "The number TWICE is taken in QuickBooks (Invoice of Harbor Labs), so QuickBooks gives its next one."
    assert said(done.lines, places) == [("copied", ""), *[("copied", note)] * (len(places) - 1)]
    assert len(books.sandbox.list("Invoice", "DocNumber = 'TWICE'")) == 1


@pytest.mark.parametrize("stopped", [False, True])
def test_where_the_command_asks_for_the_others_later_or_another_command_does(
    books: Any, call: Call, home: Path, tmp_path: Path, stopped: bool
) -> None:
    file = numbered(tmp_path / "a.jsonl", (0, 3, 5))
    planned = {each["id"]: (each["outcome"], each["reason"]) for each in call("plan", file, "--json").lines}
    seen: dict[str, tuple[str, str]] = {}

    def show(outcome: Outcome, along: bool) -> None:
        seen[outcome.id] = outcome.outcome, outcome.reason
        if stopped and outcome.id == "S-0":
            signal.raise_signal(signal.SIGINT)

    with open_session(Options(home, None)) as session:
        Run(session, gather([str(file)], session.host), "copy", OrderedOutput(show), lot=2).work()
    if stopped:
        assert set(seen) == {"S-0", "S-1"}
        seen |= {each["id"]: (each["outcome"], each["reason"]) for each in call("copy", file, "--json").lines}
    assert [seen[f"S-{n}"] for n in (3, 5)] == [planned[f"S-{n}"] for n in (3, 5)] == [twice(0)] * 2


def test_one_that_is_deleted_and_made_again_under_another_id(books: Any, call: Call, tmp_path: Path) -> None:
    """The step that the sentence names works."""
    old, new = ({**invoice(name), "number": "R-1"} for name in ("old", "new"))
    first = call("copy", put(tmp_path / "a.json", old), "--json").one
    again = put(tmp_path / "b.json", new)
    held = call("copy", again, "--json").one
    assert held["outcome"] == "held" and "If old was deleted there, delete it in QuickBooks" in held["reason"]
    books.sandbox.delete("Invoice", first["qbo_id"])
    assert call("copy", again, "--json").lines[-1]["outcome"] == "copied"


@pytest.mark.parametrize("how", ["text", "json"])
def test_one_that_is_copied_after_all_counts_as_copied(books: Any, call: Call, tmp_path: Path, how: str) -> None:
    """Another one of the same file gives its number up."""
    old, new = ({**invoice(name), "number": "R-1"} for name in ("old", "new"))
    assert call("copy", put(tmp_path / "a.json", old), "--json").one["outcome"] == "copied"
    file = put(tmp_path / "b.jsonl", new, {**old, "number": "R-2"})
    done = call("copy", file, *(["--json"] if how == "json" else []))
    assert done.code == 0, "nothing is held in the end"
    if how == "json":
        assert [(each["id"], each["outcome"], each["waited"]) for each in done.lines] == [
            ("new", "held", False),
            ("old", "updated", False),
            ("new", "copied", False),
        ]
    else:
        first, again = done.out.split("Processed once more, because what they were held for was done in the same run:")
        assert "new       held" in first and "new       copied" in again
        assert re.search(r"^1 updated, 1 copied; \d+ calls", again, re.MULTILINE), again
        assert "already in the queue" not in done.out
