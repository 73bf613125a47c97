"""`reconcile` as a person and a script call it: text, JSON, CSV, the page; docs/accounting.md is run."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.cli.reconcile_report import print_report
from onedesk_quickbooks.plugin.planning.reconcile import Own, Pair, reported
from tests.support.invoices import invoice_json, line

PAGE = Path(__file__).parents[2] / "docs" / "accounting.md"
Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]


def invoice(number: str, price: str, customer: str = "Harbor Labs", **fields: Any) -> dict[str, Any]:
    return {
        **invoice_json(
            f"INV-{number}",
            line("Design", price),
            number=number,
            customer={"id": f"C-{customer}", "name": customer, "address": {"country": "US"}},
        ),
        **fields,
    }


@pytest.fixture
def books(open_books: Open, connect: Connect) -> Any:
    """A US company, connected."""
    books = open_books("us")
    connect(books)
    return books


@pytest.fixture
def july(books: Any, call: Call, tmp_path: Path) -> dict[str, str]:
    """Three invoices were copied; since then one was paid, and one was changed in QuickBooks. Ids by number."""
    file = tmp_path / "july.json"
    file.write_text(
        json.dumps([invoice("2041", "310.00"), invoice("2042", "160.00"), invoice("2043", "75.00", "=HYPERLINK(1)")])
    )
    assert call("copy", file).code == 0
    ids = {each["DocNumber"]: each["Id"] for each in books.sandbox.list("Invoice") if each["TxnDate"] == "2026-07-01"}
    books.sandbox.pay({ids["2041"]: "100.00"})
    books.sandbox.edit("Invoice", ids["2042"], {"DocNumber": "9042"})
    return ids


def test_what_docs_accounting_shows_is_printed(july: dict[str, str], call: Call) -> None:
    text = PAGE.read_text(encoding="utf-8").partition("\n## Adopt\n")[0]
    ((words, shown),) = re.findall(r"```console\n\$ onedesk-quickbooks (reconcile [^\n]*)\n(.*?)```", text, re.DOTALL)
    done = call(*words.split())
    assert (done.code, done.out) == (1, shown)


def test_json_has_both_sides_and_every_difference(july: dict[str, str], call: Call) -> None:
    done = call("reconcile", "--from", "2026-07-01", "--to", "2026-07-31", "--ours", "--json")
    report = done.one
    assert (done.code, report["from"], report["to"], report["agree"], report["differ"]) == (
        1,
        "2026-07-01",
        "2026-07-31",
        1,
        2,
    )
    assert report["sums"][0] == {
        "what": "totals",
        "currency": "USD",
        "onedesk": "545.00",
        "quickbooks": "545.00",
        "difference": "0.00",
    }
    one = report["invoices"][0]
    assert (one["id"], one["onedesk"]["balance"], one["quickbooks"]["balance"]) == ("INV-2041", "310.00", "210.00")
    (paid,) = one["differences"]
    assert (paid["kind"], paid["amount"], paid["remedy"]) == ("payment", "-100.00", "Run: onedesk-quickbooks payments")


def test_csv_has_a_row_for_each_and_no_formula(july: dict[str, str], call: Call, tmp_path: Path) -> None:
    file = tmp_path / "july.csv"
    assert call("reconcile", "--from", "2026-07-01", "--ours", "--csv", file).err == f"Written: {file}\n"
    with file.open(encoding="utf-8-sig", newline="") as rows:
        found = list(csv.DictReader(rows))
    assert [(row["name"], row["differs_in"], row["amount"]) for row in found] == [
        ("2041", "payment", "-100.00"),
        ("2042", "number", ""),
        ("2043", "", ""),
    ]
    assert found[2]["customer"] == "'=HYPERLINK(1)"
    assert (found[0]["onedesk_total"], found[0]["quickbooks_balance"]) == ("310.00", "210.00")


def test_once_the_remedies_are_followed_all_agrees(july: dict[str, str], call: Call) -> None:
    assert call("payments").code == 0
    report = call("reconcile", "--ours", "--json").one
    (differs,) = [each for each in report["invoices"] if each["differences"]]
    (change,) = differs["differences"]
    (entry,) = re.findall(r"queue settle ([0-9]+) --keep", change["remedy"])
    assert call("queue", "settle", entry, "--keep", "onedesk").code == 0
    assert call("copy", "INV-2042").code == 0
    done = call("reconcile", "--ours")
    assert (done.code, done.out.splitlines()[-1]) == (0, "3 invoices: 3 agree, 0 differ.")


class Outline(HTMLParser):
    """The tags of a page, and what its attributes hold."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")


def test_the_page_needs_nothing_else(july: dict[str, str], call: Call, tmp_path: Path) -> None:
    file = tmp_path / "july.html"
    assert call("reconcile", "--from", "2026-07-01", "--ours", "--html", file).code == 1
    page = file.read_text(encoding="utf-8")
    outline = Outline()
    outline.feed(page)
    assert "svg" in outline.tags and not outline.tags & {"script", "link", "img", "iframe"}
    assert not {"src", "href", "style", "onclick"} & set(outline.attributes)
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_a_hostile_name_is_text_in_the_page(books: Any, call: Call, tmp_path: Path) -> None:
    file, page = tmp_path / "one.json", tmp_path / "one.html"
    file.write_text(json.dumps(invoice("1", "5.00", "<script>alert(1)</script>")))
    assert call("copy", file).code == 0
    assert call("reconcile", "--ours", "--html", page).code == 0
    assert "<script" not in page.read_text(encoding="utf-8")


def test_nothing_on_either_side(books: Any, call: Call, tmp_path: Path) -> None:
    page = tmp_path / "none.html"
    done = call("reconcile", "--from", "1999-01-01", "--to", "1999-12-31", "--html", page)
    assert (done.code, done.out.splitlines()[-1]) == (0, "No invoices on either side.")
    assert "100 %" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--from", "2026-08-01", "--to", "2026-07-01"], 2, "--from 2026-08-01 is after --to 2026-07-01"),
        (["--from", "July"], 2, "'July' is not a date; write it as YYYY-MM-DD"),
        (["--csv", "nowhere/at/all.csv"], 3, "nowhere/at/all.csv: No such file or directory"),
        (["--html", "nowhere/at/all.html"], 3, "nowhere/at/all.html: No such file or directory"),
    ],
)
def test_what_cannot_be_done_says_why(books: Any, call: Call, words: list[str], code: int, said: str) -> None:
    done = call("reconcile", *words)
    assert (done.code, said in done.err) == (code, True), done.err


def test_without_a_company_it_says_what_to_do(call: Call) -> None:
    call("keys", "add", "desk")  # the ledger is made
    done = call("reconcile")
    assert (done.code, "onedesk-quickbooks connect" in done.err) == (3, True)


def test_a_host_that_lists_nothing_is_said_to(capsys: pytest.CaptureFixture[str]) -> None:
    one = Own("I-1", "1", "open", date(2026, 7, 1), "USD", "Larkspur", Decimal(5), balance=Decimal(5))
    print_report(reported("Larkspur Ltd", None, None, False, 0, [Pair(one, None)]))
    assert (
        "The host does not list its invoices: only invoices that were copied, sent or adopted are compared"
        in capsys.readouterr().out
    )
