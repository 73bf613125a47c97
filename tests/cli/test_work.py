"""Connecting, copying, sending, planning, explaining and bringing payments back, as a script calls it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.support.invoices import invoice_json, line

ROOT = Path(__file__).parents[2]
TWELVE = sorted((ROOT / "tests" / "data" / "invoices").glob("*.json"))
FIELDS = "id action outcome reason qbo_id qbo_number total qbo_total rule_ids calls"
HEAD = "id,number,currency,issue_date,customer,country,email,service_type,quantity,unit_price,amount,total\n"

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]


@pytest.fixture
def books(open_books: Open, connect: Connect) -> Any:
    """A US company, connected."""
    books = open_books("us")
    connect(books)
    return books


def csv(*rows: str) -> str:
    return HEAD + "".join(f"{row}\n" for row in rows)


def invoice(number: str, email: str = "", service: str = "Design", **changes: Any) -> dict[str, Any]:
    contact = {"billing_contact": {"email": email}} if email else {}
    return {
        **invoice_json(
            number,
            line(service, "50", "2"),
            issue_date="2026-11-02",
            customer={"id": "c1", "name": "Harbor Labs", **contact, "address": {"country": "US"}},
        ),
        **changes,
    }


def put(path: Path, *invoices: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(each) for each in invoices))
    return path


def test_connect_shows_what_it_is_connected_to_and_disconnect_ends_it(open_books: Open, call: Call) -> None:
    books = open_books("intl", currency="NOK")
    call("keys", "add", "desk")  # the ledger is made
    assert call("status", "--json").one["connected"] is False
    assert call("disconnect").code == 3
    done = call("connect", "--sandbox", books.base_url, "--yes", "--tax-code", "VAT 25%", "--json").one
    assert (done["company"], done["currency"], done["default_income_account"], done["default_tax_code"]) == (
        "Meridian Services",
        "NOK",
        "Services",
        "VAT 25%",
    )
    status = call("status", "--json")
    assert (status.code, status.one["connected"], status.one["realm_id"]) == (0, True, books.sandbox.realm_id)
    assert call("disconnect", "--json").one["connected"] is False
    assert call("status", "--json").one["connected"] is False


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["copy", "nowhere.json"], 3, "onedesk-quickbooks connect"),
        (["connect", "--yes"], 2, "--sandbox BASE_URL"),
        (["connect", "--sandbox", "http://127.0.0.1:9", "--yes"], 3, "onedesk-quickbooks sandbox"),
        (["connect"], 3, "client_id"),
        (["copy"], 2, "Missing argument"),
        (["sell"], 2, "No such command"),
        (["payments"], 3, "onedesk-quickbooks connect"),
    ],
)
def test_without_a_company(call: Call, words: list[str], code: int, said: str) -> None:
    call("keys", "add", "desk")  # the ledger is made
    done = call(*words)
    assert (done.code, said in done.err) == (code, True), done


def test_settings_are_shown_and_set(books: Any, call: Call) -> None:
    shown = {each["id"]: each for each in call("settings", "--json").lines}
    labels = {each["label"]: each["value"] for each in shown["default_income_account"]["choices"]}
    assert shown["default_income_account"]["value"] == labels["Services"]
    assert call("settings", "default_income_account", "Design income").code == 0
    assert call("status", "--json").one["default_income_account"] == "Design income"
    refused = call("settings", "default_income_account", "Nonsense")
    assert (refused.code, "Nonsense" in refused.err) == (3, True)
    assert call("settings", "default_income_account").code == 2


def test_copy_then_unchanged_then_updated(books: Any, call: Call, tmp_path: Path) -> None:
    file = put(tmp_path / "some.jsonl", invoice("A-1"))
    done = call("copy", file, "--json")
    assert done.code == 0
    assert set(done.one) >= set(FIELDS.split())
    assert (done.one["outcome"], done.one["total"], done.one["qbo_total"]) == ("copied", "100.00", "100.00")
    (there,) = books.sandbox.list("Invoice", "DocNumber = 'A-1'")
    assert there["Id"] == done.one["qbo_id"]
    assert call("copy", file, "--json").one["outcome"] == "unchanged"
    put(file, invoice("A-1", memo="Thank you"))
    assert call("copy", file, "--json").one["outcome"] == "updated"
    assert books.sandbox.read("Invoice", there["Id"])["CustomerMemo"]["value"] == "Thank you"
    assert call("copy", "A-1", "--json").one["outcome"] == "unchanged"


def test_who_numbers_an_invoice_and_that_an_update_keeps_it(books: Any, call: Call, home: Path, tmp_path: Path) -> None:
    (home / "rules.yaml").write_text("version: 1\ninvoices: {number: quickbooks}\n")
    file = put(tmp_path / "some.jsonl", invoice("A-1"))
    assert "create: number given by QuickBooks, dated" in call("plan", file).out
    copied = call("copy", file, "--json").one
    put(file, invoice("A-1", memo="Thank you"))
    assert f"update QuickBooks {copied['qbo_id']}: number as it is, dated" in call("plan", file).out
    updated = call("copy", file, "--json").one
    assert (updated["outcome"], updated["qbo_number"]) == ("updated", copied["qbo_number"])
    assert books.sandbox.read("Invoice", copied["qbo_id"])["DocNumber"] == copied["qbo_number"] != "A-1"


def test_send_by_the_hosts_address_only(books: Any, call: Call, tmp_path: Path) -> None:
    file = put(tmp_path / "some.jsonl", invoice("S-1", "pay@harbor.example"), invoice("S-2"))
    done = call("send", file, "--json")
    assert [each["outcome"] for each in done.lines] == ["sent", "copied"]
    assert "billing e-mail" in done.lines[1]["reason"]
    assert [mail["to"] for mail in books.sandbox.outbox()] == ["pay@harbor.example"]


def test_csv_and_bad_records_with_their_places(books: Any, call: Call, tmp_path: Path) -> None:
    file = tmp_path / "november.csv"
    file.write_text(
        csv(
            "1,C-1,USD,2026-11-02,Harbor Labs,US,,Design,2,50,100.00,130.00",
            "1,,,,,,,Gardening,1,30,30.00,",
            "2,C-2,USD,2026-11-02,Harbor Labs,US,,Design,2,50,100,00,100.00",
            "3,C-3,USD,2026-11-02,Harbor Labs,US,,Design,2,50,abc,100.00",
            "4,C-4,USD,2026-11-02,Harbor Labs,US,,,2,50,100.00,100.00",
            "5,C-5,USD,2026-11-02,Harbor Labs,US,,Design,2,50,100.00,100.00",
        )
    )
    foreseen = call("plan", file, "--json")
    done = call("copy", file, "--json")
    assert done.code == foreseen.code == 1
    found = [(each["id"], each["outcome"]) for each in done.lines]
    assert [each["id"] for each in foreseen.lines] == [each["id"] for each in done.lines], "in the order given"
    assert [each["reason"] for each in foreseen.lines] == [each["reason"] for each in done.lines]
    assert found == [("1", "copied"), ("2", "failed"), ("3", "failed"), ("4", "held"), ("5", "copied")]
    assert f"{file}:4: the row has 13 cells" in done.lines[1]["reason"]
    assert f"{file}:5: lines[0].amount" in done.lines[2]["reason"]
    assert "service type" in done.lines[3]["reason"]
    (there,) = books.sandbox.list("Invoice", "DocNumber = 'C-1'")
    assert str(there["TotalAmt"]) == "130.00"


def test_people_get_a_table_and_counts(books: Any, call: Call, tmp_path: Path) -> None:
    done = call("copy", put(tmp_path / "some.jsonl", invoice("T-1"), invoice("T-2", status="draft")))
    assert done.code == 1
    row = next(line for line in done.out.splitlines() if "T-1" in line)
    assert row.split() == ["T-1", "copied", "T-1", "100.00", "USD", "100.00", "USD"]
    assert "It is Draft" in done.out
    assert "1 copied, 1 held; " in done.out


def test_the_same_invoice_given_twice_is_taken_once(books: Any, call: Call, tmp_path: Path) -> None:
    first, second = put(tmp_path / "a.json", invoice("D-1")), put(tmp_path / "b.json", invoice("D-1"))
    done = call("copy", first, second, "--json")
    assert [each["outcome"] for each in done.lines] == ["copied", "failed"]
    assert f"was given by {first}:1" in done.lines[1]["reason"]


@pytest.mark.parametrize("word", ["nowhere.json", "X-99", "."])
def test_what_is_no_invoice_is_wrong_usage(books: Any, call: Call, word: str) -> None:
    done = call("copy", word)
    assert (done.code, word in done.err) == (2, True)


def test_plan_shows_and_does_nothing(books: Any, call: Call, tmp_path: Path) -> None:
    file = put(tmp_path / "some.jsonl", invoice("P-1", "pay@harbor.example", "Sailing"), invoice("P-2", service=""))
    done = call("plan", file, "--send", "--json")
    assert done.code == 1
    planned, held = done.lines
    steps = [step["step"] for step in planned["steps"]]
    assert steps == ["create customer", "create item", "create invoice", "send"]
    assert (held["outcome"], held["steps"]) == ("held", [])
    text = call("plan", file).out
    assert 'create "Sailing" on the account "Services"' in text
    assert "Invoice P-2: held" in text
    assert books.sandbox.list("Invoice", "DocNumber = 'P-1'") == []
    assert call("copy", "P-1").code == 2  # the host was given nothing either


def test_explain_names_the_rule_and_its_place(call: Call, tmp_path: Path) -> None:
    rules = tmp_path / "mine.yaml"
    rules.write_text("version: 1\nitems:\n  by_service_type:\n    Design: Landscaping\n  otherwise: same_name\n")
    file = put(tmp_path / "some.json", invoice("E-1"))
    done = call("explain", file, "--json", before=("--rules", rules))
    assert done.code == 0
    text = json.dumps(done.one)
    assert "items.by_service_type.Design" in text
    said = call("explain", file, before=("--rules", rules)).out
    assert f"{rules}:4" in said
    assert "Landscaping" in said


FEES = '    in QuickBooks: "{}", the account of its item "{}"\n'


@pytest.fixture
def fees(books: Any) -> str:
    """The id of an item on an account that no rule names."""
    return item_on(books, "Setup", "Fees Billed")


def item_on(books: Any, name: str, account: str) -> str:
    """Made in QuickBooks; its id."""
    found = books.sandbox.list("Account", f"Name = '{account}'")[0]["Id"]
    made = books.sandbox.create("Item", {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": found}})
    return str(made["Id"])


def of_fees(number: str, service: str = " SETUP") -> dict[str, Any]:
    """An invoice of a line that takes that item, and of one whose item QuickBooks does not have."""
    made = invoice(number, service=service)
    new = {"id": "2", "service_type": "Newish", "amount": "100.00"}
    return {**made, "lines": [*made["lines"], new], "total": "200.00"}


def test_explain_and_plan_show_the_account_of_an_item_that_quickbooks_has(
    books: Any, fees: str, call: Call, tmp_path: Path
) -> None:
    file = put(tmp_path / "some.jsonl", of_fees("E-1"), of_fees("E-2"))
    said = call("explain", file)
    assert (said.code, said.out.count("in QuickBooks: ")) == (0, 2), "not of what is new"
    since = r"Rules in force since 20\d\d-\d\d-\d\d \d\d:\d\d UTC: .*default\.yaml \(\w{12}\)\n"
    assert re.fullmatch(since, said.err), said.err
    assert said.out.count(FEES.format("Fees Billed", "Setup")) == 2
    example = (ROOT / "docs" / "names.md").read_text(encoding="utf-8").split("```\nline 1\n")[1].split("```")[0]
    assert f"line 1\n{example}" in call("explain", put(tmp_path / "one.json", of_fees("E-3", "Setup"))).out
    for one in call("explain", file, "--json").lines:
        assert [(each["subject"], each["existing_item"]) for each in one["decisions"] if "existing_item" in each] == [
            ("line 1", {"name": "Setup", "income_account": "Fees Billed"})
        ]
    plan = call("plan", file).out
    assert plan.count(f'use "Setup" (QuickBooks {fees}), on the account "Fees Billed"\n') == 2
    assert 'create "Newish" on the account "Services"\n' in plan
    assert 'use "Newish" (new, made before), on the account "Services"\n' in plan
    step = call("plan", file, "--json").lines[0]["steps"][1]
    assert (step["step"], step["income_account"]["name"]) == ("use item", "Fees Billed")


def test_explain_shows_the_account_of_the_item_that_a_copied_invoice_stays_on(
    books: Any, fees: str, call: Call, tmp_path: Path
) -> None:
    """Whatever it is called by now, and where it was merged into another one."""
    assert call("copy", put(tmp_path / "some.json", of_fees("E-1"))).code == 0
    assert FEES.format("Fees Billed", "Setup") in call("explain", "E-1").out
    books.sandbox.edit("Item", fees, {"Name": "Setting up"})
    item_on(books, "Setup", "Services")
    for words in (("E-1", "--as-copied"), ("E-1",)):
        assert FEES.format("Fees Billed", "Setting up") in call("explain", *words).out
    new = call("explain", put(tmp_path / "new.json", of_fees("E-2"))).out
    assert FEES.format("Services", "Setup") in new and "Fees Billed" not in new
    books.sandbox.merge("Item", fees, item_on(books, "Onboarding", "Design income"))
    for words in (("E-1", "--as-copied"), ("E-1",)):
        assert FEES.format("Design income", "Onboarding") in call("explain", *words).out


def test_explain_shows_the_accounts_of_a_snapshot_without_a_connection(
    books: Any, fees: str, call: Call, tmp_path: Path
) -> None:
    file, company = put(tmp_path / "some.json", of_fees("E-1")), tmp_path / "company.json"
    assert call("snapshot", "--output", company).code == 0
    assert call("disconnect").code == 0
    assert "in QuickBooks: " not in call("explain", file).out
    said = call("explain", file, "--company", company)
    assert (said.code, said.out.count("in QuickBooks: "), said.err.count("\n")) == (0, 1, 1)
    assert FEES.format("Fees Billed", "Setup") in said.out
    missing = call("explain", file, "--company", tmp_path / "none.json")
    assert missing.code == 3 and "none.json" in missing.err
    assert call("explain", file, "--company", company, "--why-not", "items.otherwise").code == 2


def test_explain_shows_the_rules_where_quickbooks_cannot_be_reached(
    books: Any, fees: str, call: Call, tmp_path: Path
) -> None:
    file, company = put(tmp_path / "some.jsonl", *(of_fees(f"E-{n}") for n in range(31))), tmp_path / "company.json"
    assert call("snapshot", "--output", company).code == 0
    assert call("copy", put(tmp_path / "first.json", of_fees("E-0"))).code == 0
    books.server.stop()
    for words, invoices in ((("E-0", "--as-copied"), 1), ((file,), 31)):
        said = call("explain", *words)
        assert (said.code, "in QuickBooks: " in said.out, said.out.count("Invoice ")) == (0, False, invoices)
        assert said.err.count("The accounts of existing items are not shown: QuickBooks cannot be ") == 1
    there = call("explain", file, "--company", company)
    assert (there.out.count("in QuickBooks: "), there.err.count("\n")) == (31, 1), "a snapshot needs no connection"


def test_payments_come_back_in_full_in_part_and_are_reversed(books: Any, call: Call, tmp_path: Path) -> None:
    file = put(tmp_path / "some.jsonl", invoice("M-1"), invoice("M-2"))
    first, second = (each["qbo_id"] for each in call("copy", file, "--json").lines)
    assert call("payments").out == "Nothing new was paid in QuickBooks.\n"
    payment = books.sandbox.pay({first: "100.00", second: "40.00"})
    brought = call("payments", "--json")
    assert brought.code == 0
    found = {each["number"]: (each["what"], each["amount"], each["balance"]) for each in brought.lines}
    assert found == {"M-1": ("recorded", "100.00", "0.00"), "M-2": ("recorded", "40.00", "60.00")}
    assert call("copy", "M-1", "--json").one["outcome"] == "unchanged"
    books.sandbox.delete("Payment", payment["Id"])
    rows = call("payments").out.splitlines()
    assert sum("reversed" in row and "100.00 USD" in row for row in rows) == 2, rows


def test_what_came_back_is_counted_by_kind(books: Any, call: Call, tmp_path: Path) -> None:
    """A deposit is no payment."""
    file = put(tmp_path / "some.jsonl", invoice("M-1"), invoice("M-2"))
    first, second = (each["qbo_id"] for each in call("copy", file, "--json").lines)
    books.sandbox.pay({first: "100.00", second: "40.00"})
    books.sandbox.edit("Invoice", second, {"Deposit": Decimal("10.00")})
    assert call("payments").out.splitlines()[-1] == "2 payments, 1 deposit."


def void(tmp_path: Path, number: str, **changes: Any) -> Path:
    return put(tmp_path / f"{number}.json", invoice(number, status="void", **changes))


def queued(call: Call) -> list[str]:
    return [each["reason"] for each in call("queue", "--json").lines]


@pytest.mark.parametrize("paid", ["", "40.00"])
def test_what_a_file_has_void_is_in_the_queue_as_if_voided_in_the_host(
    books: Any, call: Call, home: Path, tmp_path: Path, paid: str
) -> None:
    """Two invoices, the one void by a file, the other in the host: both get the same sentence, by plan and copy."""
    first, second = call("copy", put(tmp_path / "some.jsonl", invoice("M-1"), invoice("M-2")), "--json").lines
    if paid:
        books.sandbox.pay({first["qbo_id"]: paid, second["qbo_id"]: paid})
        call("payments")
    file = void(tmp_path, "M-1")
    planned = call("plan", file, "--json")
    assert (planned.code, queued(call)) == (1, [])
    copied = call("copy", file, "--json")
    said = "was paid for it in QuickBooks" if paid else "but QuickBooks still has it as M-1; void it there"
    assert copied.one["outcome"] == planned.one["expected"] == "held"
    assert copied.one["reason"] == planned.one["reason"] == queued(call)[0] and said in copied.one["reason"]
    again = call("copy", file, "--json")
    assert (again.one["reason"], queued(call)) == (copied.one["reason"], [copied.one["reason"]])
    assert call("plan", "M-1", "--json").one["reason"] == call("copy", "M-1", "--json").one["reason"] == queued(call)[0]
    plugin = QuickBooksPlugin(background=False)
    host = EmbeddedHost.open(home, plugins=[plugin])
    try:
        kept = host.invoice("M-1")
        assert kept is not None and kept.status == "void"
        host.void("M-2", "admin")
        plugin.application.drain()  # reads the host again
    finally:
        host.close()
    assert queued(call)[-1] == copied.one["reason"].replace("M-1", "M-2")
    assert (
        call("plan", "M-2", "--json").one["reason"] == call("send", "M-2", "--json").one["reason"] == queued(call)[-1]
    )


def test_what_is_void_and_was_never_copied_is_not_open(books: Any, call: Call, tmp_path: Path) -> None:
    file = void(tmp_path, "M-1")
    planned, copied = call("plan", file, "--json"), call("copy", file, "--json")
    assert planned.one["reason"] == copied.one["reason"]
    assert copied.one["reason"].startswith("It is Void: only an Open invoice is copied or sent.")
    assert queued(call) == []


def test_what_is_void_on_both_sides_and_what_a_person_dropped_is_not_open(
    books: Any, call: Call, tmp_path: Path
) -> None:
    first, _ = call("copy", put(tmp_path / "some.jsonl", invoice("M-1"), invoice("M-2")), "--json").lines
    books.sandbox.void("Invoice", first["qbo_id"])
    call("payments")
    assert call("copy", void(tmp_path, "M-1"), "--json").one["reason"].startswith("It is Void: ")
    file = void(tmp_path, "M-2", memo="and changed")
    assert "QuickBooks still has it" in call("copy", file, "--json").one["reason"]
    entry = next(each["entry"] for each in call("queue", "--json").lines if "still has it" in each["reason"])
    assert call("queue", "drop", str(entry), "--reason", "it is void there now").code == 0
    assert call("plan", file, "--json").one["reason"] == call("copy", file, "--json").one["reason"]
    assert call("copy", file, "--json").one["reason"].startswith("It is Void: ")


def test_the_twelve_foreign_invoices(open_books: Open, call: Call, connect: Connect) -> None:
    books = open_books("intl")
    assert len(TWELVE) == 12
    connect(books)
    rules = ROOT / "rules" / "examples" / "international-by-rate.yaml"
    done = call("copy", *TWELVE, "--json", before=("--rules", rules))
    outcomes = {each["id"]: each for each in done.lines}
    held = {name: each["reason"] for name, each in outcomes.items() if each["outcome"] != "copied"}
    assert "credit memo" in held.pop("peppol-base-negative-inv-correction")
    # Two names stand for two customers each, of other ids: whichever comes second is held.
    assert len(held) == 2 and all("is linked to the OneDesk customer" in why for why in held.values()), held
    rounding = {
        path.stem: Decimal(json.loads(path.read_text(encoding="utf-8")).get("rounding", "0")) for path in TWELVE
    }
    for each in outcomes.values():
        if each["outcome"] == "copied":  # the rounding is a line by these rules
            assert Decimal(each["qbo_total"]) == Decimal(each["total"]) + rounding[each["id"]], each
    assert done.code == 1


def test_a_key_of_another_installation_ends_with_one_sentence(books: Any, call: Call, home: Path) -> None:
    (home / "key").write_bytes(b"x" * 44)
    done = call("payments")
    assert (done.code, done.out) == (3, "")
    assert "key" in done.err
    assert "Traceback" not in done.err


def test_help_answers_without_network_database_and_pages() -> None:
    text = (
        "import sys\n"
        "from onedesk_quickbooks.plugin.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'requests', 'sqlalchemy', 'flask', 'jsonschema', 'yaml', 'waitress', 'rich', 'cryptography'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_another_process_settled_is_reported_as_it_was(books: Any, home: Path) -> None:
    from onedesk_quickbooks.plugin.cli.errors import Options
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.cli.session.asking import ask, unfinished
    from onedesk_quickbooks.plugin.cli.session.gather import Given

    given = Given("O-1", invoice("O-1"), "some.json:1")
    with open_session(Options(home, None)) as desk:
        assert ask(desk, given, "copy") is None
        waits = unfinished(desk, given.id, "copy")
        assert (waits.outcome, "waits in the queue" in waits.reason) == ("failed", True)
        (done,) = desk.application.drain()
        assert unfinished(desk, given.id, "copy") == done


@pytest.mark.parametrize("command", ["copy", "send"])
@pytest.mark.parametrize(("tax", "code"), [("7.25", 0), ("7.26", 1)])
def test_the_exit_code_is_another_only_where_quickbooks_alone_knows_the_tax(
    open_books: Open, call: Call, connect: Connect, tmp_path: Path, command: str, tax: str, code: int
) -> None:
    books = open_books("us")
    automated = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{books.base_url}/_control/settings", json=automated, timeout=10).ok
    connect(books)
    customer = {"id": "c1", "name": "Harbor Labs", "address": {"region": "CA", "country": "US"}}
    total = str(Decimal(100) + Decimal(tax))
    taxed = invoice("1", service="Rocks", customer=customer, taxes=[{"name": "Sales tax", "amount": tax}], total=total)
    path = put(tmp_path / "a.jsonl", taxed)
    sending = ("--send",) if command == "send" else ()
    plan = call("plan", path, *sending, "--json")
    done = call(command, path, "--json", predicted=False)
    assert (plan.code, done.code) == (0, code), plan.out
    assert ("total-compared-after", True) in [
        (n["code"], f"not {total} USD" in n["sentence"]) for n in plan.one["notes"]
    ]
    assert plan.one["reason"] in done.one["reason"] and ("automated sales tax" in done.one["reason"]) == bool(code)
    assert call(command, path, "--json").code == code, "by now the plan knows"
