"""`invoices import`: files into the embedded host, which tells the plugin."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.app.owner import FILE
from tests.support.invoices import invoice_json, line

Call = Callable[..., Any]
Connect = Callable[[Any], None]


def an_invoice(invoice_id: str, **fields: Any) -> dict[str, Any]:
    return {
        **invoice_json(
            invoice_id,
            line("Design", "80.00"),
            number=f"N-{invoice_id}",
            issue_date="2026-11-02",
            customer={"id": "c1", "name": "Cool Cars"},
        ),
        **fields,
    }


def test_files_of_every_form_are_brought_and_the_rules_copy_what_is_open(
    open_books: Callable[..., Any], call: Call, connect: Connect, home: Path, tmp_path: Path
) -> None:
    connect(open_books("us"))
    call("settings", "default_income_account", "Services")
    (home / "rules.yaml").write_text("version: 1\ninvoices:\n  on_open: copy\n")
    listed, lines, table = tmp_path / "a.json", tmp_path / "b.jsonl", tmp_path / "c.csv"
    listed.write_text(json.dumps([an_invoice("1"), an_invoice("2", status="draft")]))
    lines.write_text(json.dumps(an_invoice("3", total="wrong")) + "\n" + json.dumps(an_invoice("1")))
    table.write_text("id,currency,issue_date,customer,service_type,amount,total\n4,USD,2026-11-02,Ann,Design,5.00,5.00")
    done = call("invoices", "import", listed, lines, table, "--json")
    assert done.code == 1
    assert [(each["id"], each["outcome"]) for each in done.lines] == [
        ("1", "opened"),
        ("2", "kept"),
        ("3", "failed"),
        ("", "failed"),
        ("4", "opened"),
    ]
    assert f"{lines}:1: total: " in done.lines[2]["reason"]
    assert "was given by" in done.lines[3]["reason"]
    assert call("status", "--json").one["waiting"] == 2
    again = call("invoices", "import", listed)
    assert again.code == 0 and again.out.endswith("2 invoices: 2 unchanged.\n")
    assert call("status", "--json").one["waiting"] == 2
    went = call("copy", "2", "--json")
    assert [each["id"] for each in went.lines] == ["2", "1", "4"]
    listed.write_text(json.dumps(an_invoice("1", status="void")))
    assert call("invoices", "import", listed, "--json").one["outcome"] == "voided"
    assert "voided in OneDesk, but QuickBooks still has it" in call("queue", "--json").lines[0]["reason"]


def test_without_a_company_they_are_kept_and_another_host_has_its_own(call: Call, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(an_invoice("1")))
    opened = call("invoices", "import", file, "--json").one
    assert (opened["outcome"], opened["reason"]) == ("opened", "")
    assert call("invoices", "import", tmp_path / "none.json").code == 2
    file.write_text("[]")
    assert call("invoices", "import", file).out.endswith("The files hold no invoices.\n")
    (home / FILE).write_text(json.dumps({"host": "other:Desk"}))
    assert call("invoices", "import", file).code == 3


def test_without_a_company_what_the_rules_copy_names_the_step(call: Call, home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (home / "rules.yaml").write_text("version: 1\ninvoices:\n  on_open: send\n")
    file = tmp_path / "two.json"
    file.write_text(json.dumps([an_invoice("1"), an_invoice("2", status="draft")]))
    first, second = call("invoices", "import", file, "--json").lines
    assert (first["outcome"], second["outcome"], second["reason"]) == ("opened", "kept", "")
    assert first["reason"] == (
        "No QuickBooks company is connected, so QuickBooks does not get it by the rule on_open: send. Connect one,"
        " then: onedesk-quickbooks send 1"
    )
