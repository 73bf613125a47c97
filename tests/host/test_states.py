"""How invoices stand at a glance: one word of the host's and the ledger's, its filters, and lists of any length."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from onedesk_quickbooks.hooks import STATES, WORDS, state_of
from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.host import scene
from tests.host.conftest import Browser
from tests.sync.conftest import Desk, installed

if TYPE_CHECKING:
    from tests.conftest import QboSchemas

Make = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("status", "part_paid", "notified", "now", "state"),
    [
        ("draft", False, "", "", "draft"),
        ("draft", False, "copied", "", "draft"),
        ("draft", False, "copied", "changed", "changed"),
        ("open", False, "", "", "open"),
        ("open", False, "", "waiting", "waiting"),
        ("open", False, "held", "waiting", "waiting"),
        ("open", False, "waiting", "held", "held"),
        ("open", False, "differs", "held", "differs"),
        ("open", False, "copied", "", "copied"),
        ("open", False, "sent", "changed", "changed"),
        ("open", True, "sent", "", "part"),
        ("open", True, "sent", "changed", "changed"),
        ("open", False, "skipped", "", "skipped"),
        ("paid", False, "sent", "", "paid"),
        ("paid", False, "differs", "", "differs"),
        ("paid", False, "copied", "held", "held"),
        ("void", False, "copied", "", "void"),
        ("void", False, "copied", "held", "held"),
    ],
)
def test_one_word_says_what_state_an_invoice_is_in(
    status: str, part_paid: bool, notified: str, now: str, state: str
) -> None:
    assert state_of(status, part_paid, notified, now) == state
    assert state in STATES and (notified in WORDS.values() or not notified)


@pytest.fixture
def desk(tmp_path: Path, qbo_schemas: QboSchemas) -> Iterator[Desk]:
    with installed(tmp_path, qbo_schemas) as made:
        scene.play(made)
        yield made


def listed(page: str) -> list[str]:
    return re.findall(r">(OD-\d+)</a>", page)


def test_filters_count_and_show_what_the_rows_say(desk: Desk) -> None:
    browser = Browser(desk.host).sign_in("admin")
    page = browser.get("/invoices").text
    counts = dict(re.findall(r'class="state-(\w+)"[^>]*>[^<]*<span class="badge">(\d+)<', page))
    assert counts == {
        "held": "10",
        "differs": "1",
        "waiting": "1",
        "changed": "1",
        "draft": "1",
        "open": "1",
        "copied": "2",
        "part": "1",
        "paid": "1",
        "void": "1",
    }
    assert listed(page)[:3] == ["OD-3032", "OD-3031", "OD-3030"], "the newest first"
    assert listed(browser.get("/invoices?state=waiting").text) == ["OD-3032"]
    assert listed(browser.get("/invoices?state=changed").text) == ["OD-3003"]
    assert listed(browser.get("/invoices?state=held&search=harbor+labs").text) == ["OD-3020", "OD-3015", "OD-3010"]
    every = desk.host.page("", "", 100)
    known = desk.host.states(every)
    shown = {each.id: each.state_with(known[each.id].now if each.id in known else "") for each in every}
    differ = {each.id: (each.state, shown[each.id]) for each in every if each.state != shown[each.id]}
    assert differ == {"I-3002": ("void", "held")}, "it is void here, and QuickBooks has it still"


def test_why_it_waits_or_is_held_and_to_whom_it_was_sent_stays(desk: Desk) -> None:
    browser = Browser(desk.host).sign_in("admin")
    states = desk.host.states(desk.host.page("", "", 100))
    facts = {key: {fact.kind: fact.text for fact in state.facts} for key, state in states.items()}
    assert facts["I-3032"] == {"why": "It is queued."}
    assert "needs an income account" in facts["I-3010"]["why"]
    assert facts["I-3003"]["changed"].startswith("It was changed in OneDesk since")
    assert facts["I-3006"] == {"copied": "Copied to QuickBooks as OD-3006", "sent": "Sent to pay1@harbor.example"}
    page = browser.get("/invoices/I-3006").text
    assert "Paid" in page and "Sent to pay1@harbor.example" in page and "/quickbooks/invoices/I-3006" in page


def test_what_is_copied_again_is_changed_no_more(desk: Desk) -> None:
    desk.host.act("I-3003", "quickbooks.copy", "admin")
    assert [each.id for each in desk.host.page("", "waiting", 5)] == ["I-3032", "I-3003"]
    desk.drain()
    assert [each.id for each in desk.host.page("", "changed", 5)] == []
    assert "I-3003" in {each.id for each in desk.host.page("", "copied", 5)}


def test_an_order_that_is_refused_leaves_the_state_as_it_was(host: EmbeddedHost, make_invoice: Make) -> None:
    host.save(make_invoice(status="open"))
    assert not host.act("INV-7", "nothing.known", "admin")
    found = host.invoice("INV-7")
    assert found is not None and (found.state, found.since) == ("open", "")


def test_a_file_of_an_earlier_release_gets_its_states(tmp_path: Path, make_invoice: Make) -> None:
    with closing(EmbeddedHost.open(tmp_path, plugins=[])) as host:
        host.save(make_invoice(status="open"))
        host.set_tag("INV-7", "Sent by QuickBooks", "")
    with closing(sqlite3.connect(tmp_path / "onedesk.sqlite")) as file:
        file.execute("DROP INDEX invoice_state")
        for column in ("state", "since"):
            file.execute(f"ALTER TABLE invoice DROP COLUMN {column}")
        file.commit()
    with closing(EmbeddedHost.open(tmp_path, plugins=[])) as host:
        assert host.state_counts() == {"sent": 1}


def test_thousands_of_invoices_are_searched_and_counted(host: EmbeddedHost, make_invoice: Make, tmp_path: Path) -> None:
    """In the list's first page, in the middle and by a part of a name; tests.bench.pages says how long it takes."""
    host.save(make_invoice("I0", number="N0", status="open"))
    with closing(sqlite3.connect(tmp_path / "onedesk.sqlite")) as file:
        columns = "number, customer_id, customer_name, status, json, sent_by_host, changed_at, since, state"
        rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        states = "CASE i % 10 WHEN 0 THEN 'held' WHEN 1 THEN 'copied' ELSE 'paid' END"
        file.execute(
            f"INSERT INTO invoice (id, {columns}) {rows} SELECT 'I' || i, 'N' || i, customer_id, customer_name || i,"
            f" status, json, sent_by_host, changed_at, since, {states} FROM n, invoice WHERE id = 'I0'"
        )
        file.commit()
    assert host.state_counts() == {"open": 1, "held": 200, "copied": 200, "paid": 1600}
    assert host.state_counts("n19") == {"held": 11, "copied": 11, "paid": 89} == host.state_counts("N19")
    assert host.state_counts("nobody") == {} and host.page("nobody", "", 51) == []
    assert [each.id for each in host.page("n199", "", 3)] == ["I1999", "I1998", "I1997"]
    assert [each.id for each in host.page("", "held", 2, before=1001)] == ["I990", "I980"]
    assert host.state_counts("%") == host.state_counts("_") == {}
