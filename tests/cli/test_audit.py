"""`audit` as a person, a script and an auditor use it; docs/accounting.md is run."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, redirect_stdout
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger.audit import Audit
from onedesk_quickbooks.plugin.ledger.database import Database
from tests.cli.test_reconcile import PAGE, books, invoice, july

__all__ = ["books", "july"]

Call = Callable[..., Any]
Rows = list[dict[str, Any]]
KINDS = ("taken", "decided", "planned", "request", "answer", "outcome")


def masked(text: str) -> str:
    """Without what is another each time: times, hashes, ids of requests, places, users of the machine."""
    text = re.sub(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", "TIME", text)
    text = re.sub(r"od-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}", "ID", text)
    text = re.sub(r"run [0-9a-f]{8}", "run RUN", text)
    text = re.sub(r"by \S*default\.yaml", "by default.yaml", text)
    text = re.sub(r"\([0-9]{16}:payment", "(COMPANY:payment", text)
    return re.sub(r" of TIME| of [0-9]{4}-[0-9]{2}-[0-9]{2} \(", " of DAY (", text)


def rows(call: Call, *words: object) -> Rows:
    return [json.loads(line) for line in call("audit", *words).out.splitlines()]


@pytest.fixture
def paid(july: dict[str, str], call: Call) -> None:
    """A payment on the first invoice has come back."""
    assert call("payments").code == 0


def test_what_docs_accounting_shows_is_printed(paid: None, call: Call) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = re.findall(r"```console\n\$ onedesk-quickbooks (audit [^\n]*)\n(.*?)```", text, re.DOTALL)
    assert [words for words, _ in shown] == ["audit 2041", "audit verify"]
    for words, out in shown:
        done = call(*words.split())
        assert (done.code, masked(done.out)) == (0, masked(out))


def test_an_auditor_checks_the_export_with_what_docs_accounting_has(paid: None, call: Call, tmp_path: Path) -> None:
    """Python, and nothing of ours."""
    text = PAGE.read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "audit.jsonl"
    call("audit", "export", "-o", file)
    program = program.replace('"audit.jsonl"', repr(str(file)))
    verified = call("audit", "verify").out.splitlines()[-1]
    assert run(program) == f"{verified}\n"
    file.write_text(file.read_text(encoding="ascii").replace("310.00", "311.00", 1), encoding="ascii")
    assert run(program).startswith("row 3 ")


def run(program: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(program, "docs/accounting.md", "exec"), {})  # it is ours
    return out.getvalue()


@pytest.mark.parametrize(
    ("company", "country", "region", "code"), [("us", "US", "CA", ""), ("gb", "GB", "", "20.0% S")]
)
def test_every_step_of_an_invoice_is_there_with_who_and_what(
    open_books: Callable[..., Any], call: Call, tmp_path: Path, company: str, country: str, region: str, code: str
) -> None:
    """In the United States, and in the United Kingdom with VAT: sent, paid, and the payment brought back."""
    opened = open_books(company)
    taxes = ["--tax-code", code] if code else []
    assert call("connect", "--sandbox", opened.base_url, "--yes", *taxes).code == 0
    address = {"country": country, **({"region": region} if region else {})}
    home = {"US": "USD", "GB": "GBP"}[country]
    customer = {"id": "C-1", "name": "Ångström", "address": address, "billing_contact": {"email": "a@customer.example"}}
    total = "120.00" if code else "100.00"
    made = {**invoice("9001", "100.00"), "currency": home, "customer": customer, "total": total}
    if code:
        made["lines"][0]["tax_rate"] = "20"
        made["taxes"] = [{"name": "VAT", "rate": "20", "taxable": "100.00", "amount": "20.00"}]
    file = tmp_path / "one.json"
    file.write_text(json.dumps([made]), encoding="utf-8")
    done = call("send", file)
    assert done.code == 0, done.out + done.err
    ours = next(each for each in opened.sandbox.list("Invoice") if each["DocNumber"] == "9001")
    opened.sandbox.pay({ours["Id"]: total})
    assert call("payments").code == 0
    entries = rows(call, "INV-9001", "--json")
    assert {each["company"] for each in entries} == {opened.sandbox.realm_id}
    kinds = [each["kind"] for each in entries]
    assert kinds[:3] == ["taken", "decided", "planned"]
    assert kinds[-2:] == ["outcome", "payment"]
    assert set(kinds) == {*KINDS, "payment"}
    of = {kind: [each["content"] for each in entries if each["kind"] == kind] for kind in kinds}
    assert entries[0]["actor"] == "admin"
    assert of["taken"][0]["action"] == "send"
    assert of["taken"][0]["run"]
    assert of["taken"][0]["invoice"]["customer"]["name"] == "Ångström"
    assert of["decided"][0]["digest"] == of["taken"][0]["digest"]
    assert "invoice" not in of["decided"][0]
    tax = [each for each in of["decided"][0]["decisions"] if each[1] == "tax_code"]
    assert [each[0] for each in tax] == ["line 1"]
    assert re.fullmatch(r"default\.yaml:[0-9]+", tax[0][4])
    assert (of["planned"][0]["total"], of["planned"][0]["outcome"]) == (total, "sent")
    asked = [(each["resource"], each["operation"]) for each in of["request"]]
    assert asked == [
        ("customer", "create"),
        *(("item", "create") for _ in of["planned"][0]["new_items"]),
        ("invoice", "create"),
        (f"invoice/{ours['Id']}/send", "send"),
    ]
    sent = json.dumps(of["request"][0]["body"], sort_keys=True, separators=(",", ":"))
    assert of["request"][0]["digest"] == hashlib.sha256(sent.encode()).hexdigest()
    assert [each["requestid"] for each in of["answer"]] == [each["requestid"] for each in of["request"]]
    written = of["answer"][-2]
    assert (written["id"], written["status"], written["total"]) == (ours["Id"], "answered", total)
    assert all(each["intuit_tid"] for each in of["answer"])
    assert (of["outcome"][0]["outcome"], of["outcome"][0]["sent_to"]) == ("sent", "a@customer.example")
    assert (of["payment"][0]["what"], of["payment"][0]["payment"]["amount"]) == ("recorded", total)
    assert call("audit", "verify").code == 0


def test_what_is_held_says_why(books: Any, call: Call, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps([invoice("1", "100.00", total="99.00")]), encoding="utf-8")
    assert call("copy", file).code == 1
    entries = rows(call, "INV-1", "--json")
    assert [each["kind"] for each in entries] == ["taken", "decided", "outcome"]
    assert (entries[-1]["content"]["outcome"], bool(entries[-1]["content"]["codes"])) == ("held", True)
    assert entries[-1]["content"]["reason"] in call("queue", "--json").one["reason"]


def test_another_version_than_the_one_handed_over_is_there_whole(books: Any, call: Call, tmp_path: Path) -> None:
    """What is decided about is what the host has by then."""
    file = tmp_path / "one.json"
    file.write_text(json.dumps([invoice("1", "100.00", total="99.00")]), encoding="utf-8")
    assert call("copy", file).code == 1
    file.write_text(json.dumps([invoice("1", "99.00")]), encoding="utf-8")
    assert call("copy", file).code == 0
    one, other = (each["content"] for each in rows(call, "INV-1", "--json") if each["kind"] == "taken")
    assert one["digest"] != other["digest"]
    assert (one["invoice"]["lines"][0]["amount"], other["invoice"]["lines"][0]["amount"]) == ("100.00", "99.00")


def test_what_people_do_is_there_with_their_names(july: dict[str, str], call: Call) -> None:
    call("payments")
    call("queue", "settle", "4", "--keep", "quickbooks")
    call("customers", "link", "C-9", "Harbor Labs")
    call("customers", "unlink", "C-9")
    call("settings", "default_income_account", "Services")
    call("keys", "add", "billing", "--scope", "payments")
    call("keys", "revoke", "billing")
    call("webhooks", "add", "https://user:secret@desk.example/payments?token=secret")
    call("webhooks", "resume", "https://user:secret@desk.example/payments?token=secret", "--after", "0")
    call("webhooks", "remove", "https://user:secret@desk.example/payments?token=secret")
    call("disconnect")
    acts = [each for each in rows(call, "export") if each["kind"] == "act"]
    assert [each["content"]["act"] for each in acts] == [
        "connect",
        "settings",
        "settle",
        "link customer",
        "unlink customer",
        "settings",
        "add key",
        "revoke key",
        "add webhook",
        "resume webhook",
        "remove webhook",
        "disconnect",
    ]
    assert all(each["actor"].endswith("command line") for each in acts[1:])
    assert (acts[2]["invoice"], acts[2]["content"]["keep"]) == ("INV-2042", "quickbooks")
    assert (acts[3]["content"]["customer"], bool(acts[3]["content"]["qbo_id"])) == ("C-9", True)
    assert acts[5]["content"] == {
        "act": "settings",
        "setting": "default_income_account",
        "before": "Services",
        "after": "Services",
    }
    assert acts[8]["content"] == {"act": "add webhook", "host": "desk.example"}


def test_what_is_noted_of_quickbooks_is_there(july: dict[str, str], call: Call) -> None:
    call("payments")
    (noted,) = [each for each in rows(call, "export") if each["kind"] == "entry"]
    assert (noted["invoice"], noted["actor"], noted["content"]["entry"]) == ("INV-2042", "plugin", 4)
    assert (noted["content"]["what"], noted["content"]["state"], noted["content"]["rule"]) == ("edited", "held", "hold")
    versions = [list(each.values()) for each in noted["content"]["versions"]]
    said = call("audit", "2042").out
    assert f"entry 4, changed: held, rule hold, QuickBooks' total {noted['content']['qbo_total']}" in said
    assert versions and all(f"{field}: OneDesk {own}, QuickBooks {theirs}" in said for field, own, theirs in versions)
    call("queue", "settle", "4", "--keep", "quickbooks")
    settled = [each for each in rows(call, "2042", "--json") if each["kind"] in ("entry", "act")]
    assert [(each["kind"], each["content"].get("state")) for each in settled] == [
        ("entry", "held"),
        ("entry", "done"),
        ("act", None),
    ]
    told = settled[-1]["content"]["told"]
    assert f", command line: {told}\n" in call("audit", "2042").out, "the sentence alone, which pages translate"


def test_entries_that_are_dropped_or_tried_again(books: Any, call: Call, tmp_path: Path) -> None:
    file = tmp_path / "two.json"
    file.write_text(json.dumps([invoice(each, "100.00", total="99.00") for each in ("1", "2")]), encoding="utf-8")
    call("copy", file)
    call("queue", "retry", "1")
    call("queue", "drop", "1", "2", "--reason", "entered by hand")
    acts = [each for each in rows(call, "export") if each["kind"] == "act"][2:]
    assert [(each["content"]["act"], each["invoice"], each["content"].get("reason")) for each in acts] == [
        ("retry", "INV-1", None),
        ("drop", "INV-1", "entered by hand"),
        ("drop", "INV-2", "entered by hand"),
    ]


def test_no_secret_is_there(july: dict[str, str], call: Call, home: Path) -> None:
    call("payments")
    key = call("keys", "add", "billing").out.strip()
    secret = call("webhooks", "add", "https://desk.example/").out.strip()
    exported = call("audit", "export").out
    settings = (home / "settings.yaml").read_text(encoding="utf-8")
    secrets = [key, secret, *re.findall(r"(?:client_secret|verifier_token): (\S+)", settings)]
    assert len(secrets) == 4
    assert not [each for each in secrets if each in exported]
    tokens = re.findall(r"[Bb]earer|refresh_token|access_token", exported)
    assert not tokens


def test_a_broken_chain_is_named_and_ends_with_one(july: dict[str, str], call: Call, home: Path) -> None:
    whole = call("audit", "verify")
    anchor = whole.out.splitlines()[-1]
    assert call("audit", "verify", "--expect", anchor).code == 0
    assert call("audit", "verify", "--expect", f"5:{'0' * 64}").code == 1
    refused = call("audit", "verify", "--expect", "5")
    assert (refused.code, "ROW:HASH" in refused.err) == (2, True)
    with closing(sqlite3.connect(home / "ledger.sqlite")) as connection, connection:
        connection.execute("UPDATE audit SET actor = 'nobody' WHERE id = 4")
    done = call("audit", "verify")
    assert done.code == 1
    first, second = done.out.splitlines()
    assert first.startswith("The chain is broken. Row 4 of 20")
    assert second == "3 rows before it are intact."
    verified = call("audit", "verify", "--json").one
    assert (verified["rows"], verified["broken"]["row"]) == (3, 4)


def test_export_of_a_period_and_as_a_table(july: dict[str, str], call: Call, tmp_path: Path) -> None:
    every = rows(call, "export")
    day = every[0]["at"][:10]
    assert rows(call, "export", "--from", day, "--to", every[-1]["at"][:10]) == every
    assert rows(call, "export", "--to", "2020-01-01") == []
    assert rows(call, "export", "--from", "2999-01-01") == []
    assert call("audit", "export", "--from", "2026-02-01", "--to", "2026-01-01").code == 2
    file = tmp_path / "audit.csv"
    done = call("audit", "export", "--format", "csv", "-o", file)
    assert done.err == f"Written: {file}, {len(every)} rows\n"
    with file.open(encoding="utf-8-sig", newline="") as table:
        found = list(csv.DictReader(table))
    assert [each["hash"] for each in found] == [each["hash"] for each in every]
    assert [json.loads(each["content"]) for each in found] == [each["content"] for each in every]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)"])
def test_a_table_has_no_formula(books: Any, call: Call, home: Path, text: str) -> None:
    with closing(Database.open(home / "ledger.sqlite", lambda: datetime.now(timezone.utc))) as database:
        trail = Audit(database)
        trail.act(text, "retry", od_invoice_id=text)
    out = call("audit", "export", "--format", "csv").out
    *_, last = csv.DictReader(io.StringIO(out))
    assert (last["invoice"], last["actor"]) == (f"'{text}", f"'{text}")
    (row,) = rows(call, "show", "--json", "--", text)
    assert (row["invoice"], row["actor"]) == (text, text)


def test_what_was_never_asked_for(books: Any, call: Call) -> None:
    done = call("audit", "INV-404")
    assert (done.code, done.out) == (3, "")
    assert "nothing was recorded of an invoice 'INV-404'" in done.err
    assert "Usage" in call("audit").out + call("audit").err
    assert "INVOICE" in call("audit", "--help").out
