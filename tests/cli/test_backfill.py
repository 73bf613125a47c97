"""`backfill` of companies in several countries: stopped, gone on with under other rules, and taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.cli.errors import Options
from onedesk_quickbooks.plugin.cli.session import open_session
from tests.cli.test_reconcile import invoice

Call = Callable[..., Any]
Connect = Callable[[Any], None]
COMPANIES = {
    "gb": ("gb", None, "GBP", "GB", "20", "20.0% S"),
    "no": ("intl", "NOK", "NOK", "NO", "25", "VAT 25%"),
    "se": ("intl", "SEK", "SEK", "SE", "12", "VAT 12%"),
}
"""Sandbox, its home currency, that of the invoices, country, rate and code of the tax."""


def rules(code: str, rate: str, more: str = "") -> str:
    return f'version: 1\n{more}taxes: {{otherwise: {{by_rate: {{"{rate}": {code}}}, without_rate: hold}}}}\n'


@pytest.mark.parametrize("where", COMPANIES)
def test_it_goes_on_by_the_rules_of_that_day(
    open_books: Callable[..., Any], call: Call, connect: Connect, home: Path, tmp_path: Path, where: str
) -> None:
    company, kept_in, currency, country, rate, code = COMPANIES[where]
    books = open_books(company, **({"currency": kept_in} if kept_in else {}))
    connect(books)
    (home / "rules.yaml").write_text(rules(code, rate), encoding="utf-8")
    given = []
    for number, day in (("3", "2026-07-03"), ("1", "2026-07-01"), ("2", "2026-07-02")):
        tax = Decimal("10.00") * Decimal(rate)
        made = {**invoice(number, "1000.00", issue_date=day), "currency": currency, "total": str(1000 + tax)}
        made["customer"] = {"id": "C-1", "name": "Björk", "address": {"country": country}}
        made["lines"][0]["tax_rate"] = rate
        given.append({**made, "taxes": [{"rate": rate, "amount": str(tax)}]})
    file = tmp_path / "july.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    assert call("invoices", "import", file).code == 0
    period = "--from", "2026-07-01", "--to"
    first = call("backfill", *period, "2026-07-01", "--yes", "--json").lines
    assert [(each["id"], each["outcome"]) for each in first[1:]] == [("INV-1", "copied")]
    (home / "rules.yaml").write_text(rules(code, rate, "invoices: {memo: By other rules}\n"), encoding="utf-8")
    rest = call("backfill", *period, "2026-07-31", "--yes", "--json").lines
    assert [(each["id"], each["outcome"]) for each in rest[1:]] == [("INV-2", "copied"), ("INV-3", "copied")]
    memos = {each["DocNumber"]: each.get("CustomerMemo", {}).get("value") for each in books.sandbox.list("Invoice")}
    assert memos == {"1": None, "2": "By other rules", "3": "By other rules"}
    assert call("reconcile").code == 0
    runs = [each["run"] for each in call("undo", "--json").lines]
    assert [call("undo", each, "--yes").code for each in runs] == [0, 0]
    assert books.sandbox.list("Invoice") == []
    again = call("backfill", *period, "2026-07-31", "--yes", "--json").lines
    assert [each["outcome"] for each in again[1:]] == ["copied"] * 3, "a person's word brings them back"


def test_what_is_in_the_queue_is_shown_and_e_mailed_as_shown(
    open_books: Callable[..., Any], call: Call, connect: Connect, home: Path, tmp_path: Path
) -> None:
    """Of the period and outside of it; what the backfill itself takes is not e-mailed."""
    books = open_books("us")
    connect(books)
    sends = "version: 1\ninvoices: {on_open: send}\n"
    given = [invoice("1", "10.00", issue_date="2025-07-01"), invoice("2", "20.00"), invoice("3", "30.00")]
    email = {"billing_contact": {"email": "a@harbor.example"}}
    given = [{**each, "customer": {**each["customer"], **email}} for each in given]
    file = tmp_path / "invoices.json"
    for rules_now, some in ((sends, given[:2]), ("version: 1\n", given[2:])):
        (home / "rules.yaml").write_text(rules_now, encoding="utf-8")
        file.write_text(json.dumps(some), encoding="utf-8")
        assert call("invoices", "import", file).code == 0
    period = "backfill", "--from", "2026-01-01"
    assert "What is in the queue is processed too" in call(*period).out
    planned = call(*period, "--dry-run", "--json").lines[1:]
    mailed = {each["id"]: any(step["step"] == "send" for step in each["steps"]) for each in planned}
    shown = [(each, "sent" if mails else "copied") for each, mails in mailed.items()]
    assert shown == [("INV-2", "sent"), ("INV-3", "copied"), ("INV-1", "sent")]
    assert "Already in the queue, and processed in the same run:" in call(*period, "--dry-run").out
    done = call(*period, "--yes", "--json").lines[1:]
    assert [(each["id"], each["outcome"]) for each in done] == shown
    assert len(books.sandbox.outbox()) == 2
    assert "is processed too" not in call(*period).out


EMAIL = {"billing_contact": {"email": "a@harbor.example"}}


def bad_line(each: dict[str, Any]) -> dict[str, Any]:
    return {**each, "lines": [{name: value for name, value in each["lines"][0].items() if name != "service_type"}]}


@pytest.mark.parametrize("speaks", ["en", "fr"])
def test_a_send_that_is_held_stays_a_send(
    open_books: Callable[..., Any], call: Call, connect: Connect, home: Path, tmp_path: Path, speaks: str
) -> None:
    """One that a person holds, and one whose reason is gone; the backfill says how many it e-mails."""
    books = open_books("us")
    connect(books)
    (home / "rules.yaml").write_text("version: 1\n", encoding="utf-8")
    given = [invoice("1", "10.00"), invoice("2", "20.00"), invoice("3", "30.00")]
    given = [{**each, "customer": {**each["customer"], **EMAIL}} for each in given]
    file = tmp_path / "invoices.json"
    file.write_text(json.dumps([given[0], bad_line(given[1]), given[2]]), encoding="utf-8")
    assert call("invoices", "import", file).code == 0
    assert call("queue", "hold", "INV-1", "--reason", "Ask Maria").code == 0
    assert [each["outcome"] for each in call("send", "INV-1", "INV-2", "--json").lines] == ["held", "held"]
    file.write_text(json.dumps([given[1]]), encoding="utf-8")
    assert call("invoices", "import", file).code == 0
    period = "backfill", "--from", "2026-01-01"
    assert call(*period, "--json").one["sends"] == 2
    said = {
        "en": "To be e-mailed: 2 of them, because their send is in the queue, held or failed.\n",
        "fr": "À envoyer par e-mail\u00a0: 2 d’entre elles, dont l’envoi est dans la file, retenu ou en échec.\n",
    }
    assert said[speaks] in call(*period, speaks=speaks).out
    planned = call(*period, "--dry-run", "--json").lines[1:]
    expected = [("INV-1", "held"), ("INV-2", "sent"), ("INV-3", "copied")]
    assert [(each["id"], each["expected"]) for each in planned] == expected
    done = call(*period, "--yes", "--json").lines[1:]
    assert [(each["id"], each["outcome"]) for each in done] == expected
    assert call("queue", "release", "INV-1").code == 0
    assert [each["outcome"] for each in call(*period, "--yes", "--json").lines[1:]] == ["sent"]
    assert len(books.sandbox.outbox()) == 2


def test_a_send_that_a_stopped_command_has_left_is_left(
    open_books: Callable[..., Any], call: Call, connect: Connect, home: Path, tmp_path: Path
) -> None:
    """A person decides about it: `queue resume`, or `queue drop`."""
    books = open_books("us")
    connect(books)
    given = [invoice("1", "10.00"), invoice("2", "20.00")]
    given = [{**each, "customer": {**each["customer"], **EMAIL}} for each in given]
    file = tmp_path / "invoices.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    (home / "rules.yaml").write_text("version: 1\n", encoding="utf-8")
    assert call("invoices", "import", file).code == 0
    with (
        open_session(Options(home, None)) as session,
        suppress(KeyboardInterrupt),
        session.application.as_command("s-1", "send", "ada"),
    ):
        assert session.embedded is not None and session.embedded.send("INV-1", "ada")
        raise KeyboardInterrupt
    period = "backfill", "--from", "2026-01-01"
    assert call(*period, "--json").one["left_out"] == {"stopped": 1}
    assert "Left out: 1 whose send a stopped command has left (see status).\n" in call(*period).out
    done = call(*period, "--yes", "--json").lines[1:]
    assert [(each["id"], each["outcome"]) for each in done] == [("INV-2", "copied")]
    assert call("queue", "resume", "s-1").code == 0
    assert [each["outcome"] for each in call(*period, "--yes", "--json").lines[1:]] == ["sent"]
    assert len(books.sandbox.outbox()) == 1
