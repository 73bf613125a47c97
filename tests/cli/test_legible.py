"""Names and texts of others are shown, not obeyed: no control character of theirs gets to the terminal."""

from __future__ import annotations

import json

import click
import pytest

from onedesk_quickbooks.plugin.cli.entries import print_entry
from onedesk_quickbooks.plugin.cli.errors import CannotRun
from onedesk_quickbooks.plugin.cli.output import print_json, print_line, print_sentences, print_table, say
from onedesk_quickbooks.plugin.model.plan import Held, Reason
from onedesk_quickbooks.plugin.planning import plan_text

NAME = "Ada\x1b]0;title\x07\x1b[31m\nAll is well.\r\x9b2J\u202e\x00"
SHOWN = r"Ada\x1b]0;title\x07\x1b[31m\nAll is well.\r\x9b2J\u202e\x00"
ENTRY = {
    "entry": 1,
    "action": "copy",
    "number": NAME,
    "state": "held",
    "since": "2026-11-27T08:00:00",
    "attempts": 1,
    "reason": NAME,
    "totals": {"onedesk": "1.00", "quickbooks": None, "currency": "USD"},
    "quickbooks": None,
    "versions": [{"field": NAME, "onedesk": NAME, "quickbooks": "-"}],
    "decisions": {"problem": NAME},
    "requests": [],
}


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    said = out + err
    assert all(line.isprintable() for line in said.split("\n"))
    assert "All is well." not in said.split("\n")
    return said


def test_tables_and_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Invoice", "Why"), [(NAME, 1)])
    assert SHOWN in printed(capsys)
    print_sentences([("2041", NAME)])
    assert SHOWN in printed(capsys)
    print_line(f"Connected to {NAME}.")
    assert f"Connected to {SHOWN}." in printed(capsys)


def test_an_entry_of_the_queue(capsys: pytest.CaptureFixture[str]) -> None:
    print_entry(ENTRY, {})
    said = printed(capsys)
    assert f"copy of invoice {SHOWN}\n" in said and f"Why         {SHOWN}\n" in said


def test_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    click.echo(plan_text(Held("7", NAME, (Reason("x", NAME),))))
    assert printed(capsys) == f"Invoice {SHOWN}: held\n  ! {SHOWN}\n"


def test_errors_and_remarks_keep_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    CannotRun("the rules have mistakes:\n\n\x1b[31mred").show()
    say("one\ntwo \x9b")
    assert printed(capsys) == "Error: the rules have mistakes:\n\n\\x1b[31mred\none\ntwo \\x9b\n"


def test_json_means_what_it_meant(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": NAME})
    assert json.loads(printed(capsys)) == {"name": NAME}


def test_no_table_breaks_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    """Long words keep their room beside sentences; where they have none beside each other they stand below."""
    word, sentence = "w" * 70, "of one hundred and sixty columns " * 9
    print_table(("Rule", "Why", "Amount"), [(word, sentence, "1 000,00 USD")], right=("Amount",))
    said = printed(capsys)
    assert word in said and "1 000,00 USD" in said and max(map(len, said.split("\n"))) <= 160
    assert said.split() == ["Rule", "Why", "Amount", *said.split()[3:]] and "─" in said
    print_table(("Rule", "Place", "Empty"), [(word, "p" * 95, ""), ("a", sentence, "x")])
    below = printed(capsys).split("\n")
    assert below[:4] == ["", f" Rule   {word}", f" Place  {'p' * 95}", ""]
    assert below[4] == " Rule   a" and below[-3] == " Empty  x" and max(map(len, below)) <= 160
