"""Payments that a program has recorded itself, over HTTP: several invoices in one, several payments at once, once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from onedesk_quickbooks.hooks import HostPaymentJson
from onedesk_quickbooks.plugin.host import RecordImporter
from tests.api.conftest import APART, Installation, Program
from tests.api.test_once import reached
from tests.commands import Call, Connect
from tests.support.sandboxes import Books

Make = Callable[..., dict[str, Any]]
COUNTRIES = {"us": ("USD", "company_default"), "ca": ("CAD", "{code: Exempt}"), "gb": ("GBP", "{code: Exempt}")}
IDS = ("INV-1", "INV-2", "INV-3")


@pytest.fixture(params=COUNTRIES)
def country(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def books(country: str, open_books: Callable[..., Books], call: Call, connect: Connect, home: Path) -> Books:
    found = open_books(country)
    connect(found)
    income = found.sandbox.list("Account", "AccountType = 'Income'")[0]["Name"]
    assert call("settings", "default_income_account", "Services" if country == "us" else income).code == 0
    taxes = COUNTRIES[country][1]
    (home / "rules.yaml").write_text(f"version: 1\npayments: {{direction: both}}\ntaxes: {{otherwise: {taxes}}}\n")
    return found


@pytest.fixture
def program(books: Books, installation: Installation, invoice: Make, country: str) -> Program:
    """A program whose three invoices over 160.00 were copied."""
    made = installation.program("invoices", "payments", "record")
    for each in IDS:
        assert made.post("copy", invoice(each, number=each, currency=COUNTRIES[country][0])).status_code == 202
    installation.application.drain()
    return made


def payment(country: str, payment_id: str = "P-1", **amounts: str) -> dict[str, Any]:
    """Of such amounts for the invoices: INV_1="160.00"."""
    parts = [{"id": name.replace("_", "-"), "amount": amount} for name, amount in amounts.items()]
    total = str(sum(Decimal(each["amount"]) for each in parts))
    made = {"id": payment_id, "date": "2026-07-10", "currency": COUNTRIES[country][0], "amount": total}
    return {**made, "reference": f"R-{payment_id}", "invoices": parts}


def hand(program: Program, given: Any, action: str = "recorded", once: str = "") -> Any:
    headers = {"Idempotency-Key": once} if once else {}
    return program.call("POST", f"/payments?action={action}", json=given, headers=headers)


def ours(books: Books) -> list[tuple[Any, list[Any]]]:
    """QuickBooks' payments that are ours and stand, each with the amounts of its lines."""
    rows = [row for row in books.sandbox.list("Payment") if "OneDesk payment" in (row.get("PrivateNote") or "")]
    return [(row["TotalAmt"], [line["Amount"] for line in row["Line"]]) for row in rows if row["TotalAmt"]]


def code(reply: Any) -> str:
    return str((reply.json or {}).get("error", {}).get("code", ""))


def test_one_payment_of_several_invoices_is_one_in_quickbooks(
    books: Books, installation: Installation, program: Program, country: str
) -> None:
    given = payment(country, INV_1="160.00", INV_2="40.00")
    first = hand(program, given, once="k")
    assert (first.status_code, [each["state"] for each in first.json["payments"]]) == (202, ["waiting"])
    assert hand(program, given, once="k").headers["Idempotency-Replayed"] == "true"
    assert hand(program, {**given, "reference": "x"}, once="k").status_code == 409
    installation.application.drain()
    assert ours(books) == [(200, [160, 40])]
    state = program.get("/payments/P-1")
    assert (state["state"], state["why"], state["entry"]) == ("recorded", "", None) and state["quickbooks"]["id"]
    assert hand(program, given).status_code == 202
    installation.application.drain()
    assert ours(books) == [(200, [160, 40])], "twice is once"
    installation.application.bring_payments()
    assert program.payments()["payments"] == []
    assert program.get("/invoices/INV-1")["status"] == "paid"


@pytest.mark.parametrize("country", ["us"], indirect=True)
def test_what_an_earlier_company_has_is_answered(
    books: Books, installation: Installation, program: Program, country: str
) -> None:
    hand(program, payment(country, INV_1="160.00"))
    installation.application.drain()
    recorded = program.get("/payments/P-1")
    assert recorded["state"] == "recorded"
    installation.connect_another()
    assert program.get("/payments/P-1") == {**recorded, "why": APART}
    assert hand(program, payment(country, INV_1="150.00")).status_code == 202
    again = program.get("/payments/P-1")
    assert (again["state"], again["why"]) == ("waiting", APART), "its company does it later"


def test_several_at_once_and_one_that_is_taken_back(
    books: Books, installation: Installation, program: Program, country: str
) -> None:
    given = [payment(country, f"P-{n}", **{f"INV_{n}": "100.00"}) for n in (1, 2, 3)]
    assert [each["id"] for each in hand(program, {"payments": given}).json["payments"]] == ["P-1", "P-2", "P-3"]
    assert hand(program, {"payments": given}).status_code == 202
    installation.application.drain()
    assert sorted(ours(books)) == [(100, [100])] * 3
    assert hand(program, given[1], "taken_back").status_code == 202
    assert hand(program, given[1], "taken_back").status_code == 202
    installation.application.drain()
    assert len(ours(books)) == 2
    assert program.get("/payments/P-2") == {"id": "P-2", "state": "taken_back", "why": "", "entry": None} | {
        "quickbooks": None
    }


def test_one_that_is_passed_again_after_a_restore_is_recorded(
    books: Books, installation: Installation, program: Program, country: str, call: Call, tmp_path: Path
) -> None:
    assert call("backup", tmp_path / "saved.tar.gz").code == 0
    given = payment(country, INV_1="60.00")
    for _ in range(2):
        assert hand(program, given).status_code == 202
        installation.application.drain()
        state = program.get("/payments/P-1")
        assert (state["state"], state["entry"]) == ("recorded", None) and state["quickbooks"]["id"]
        assert call("restore", tmp_path / "saved.tar.gz", "--yes").code == 0
    assert ours(books) == [(60, [60])]


def test_it_is_held_as_a_whole_where_one_invoice_is_in_doubt(
    books: Books, installation: Installation, program: Program, country: str
) -> None:
    [other] = books.sandbox.list("Invoice", "DocNumber = 'INV-2'")
    books.sandbox.void("Invoice", other["Id"])
    hand(
        program, {"payments": [payment(country, INV_1="160.00", INV_2="40.00"), payment(country, "P-2", INV_3="9.00")]}
    )
    installation.application.drain()
    assert ours(books) == [(9, [9])]
    state = program.get("/payments/P-1")
    assert state["state"] == "held" and "INV-2" in state["why"] and state["entry"]
    assert installation.application.ledger.queue.drop(state["entry"], "it is no money")
    assert program.get("/payments/P-1") == {"id": "P-1", "state": "none", "why": "", "entry": None, "quickbooks": None}
    assert hand(program, payment(country, INV_1="160.00")).status_code == 202, "and is mended"
    installation.application.drain()
    assert sorted(ours(books)) == [(9, [9]), (160, [160])]
    left = {each: installation.host.invoice(each) for each in IDS}
    assert [str(shown.balance.amount) for shown in left.values() if shown] == ["0", "160.00", "151.00"]


def test_a_death_between_two_payments_doubles_none(
    books: Books, installation: Installation, program: Program, country: str
) -> None:
    given = {"payments": [payment(country, f"P-{n}", **{f"INV_{n}": "100.00"}) for n in (1, 2)]}

    class Dying(RecordImporter):
        def payment(self, payment: HostPaymentJson, change: str) -> None:
            super().payment(payment, change)
            raise SystemExit

    with pytest.raises(SystemExit):
        hand(reached(installation, program.key, Dying(installation.host)), given, once="k")
    installation.clock.pass_by(seconds=31)
    assert hand(program, given, once="k").status_code == 202
    installation.application.drain()
    assert sorted(ours(books)) == [(100, [100])] * 2
    shown = [installation.host.invoice(each) for each in IDS]
    assert [str(each.balance.amount) for each in shown if each] == ["60.00", "60.00", "160.00"]


def test_from_many_at_once(books: Books, installation: Installation, program: Program, country: str) -> None:
    given = [payment(country, f"P-{n}", INV_1="10.00", INV_2="5.00") for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda each: hand(program, each), given * 2))
    assert {each.status_code for each in replies} == {202}
    installation.application.drain()
    assert sorted(ours(books)) == [(15, [10, 5])] * 6
    shown = installation.host.invoice("INV-1")
    assert shown is not None and shown.balance.amount == Decimal("100.00")


def test_what_is_refused_is_refused_whole(
    books: Books, installation: Installation, program: Program, country: str
) -> None:
    good = payment(country, "P-9", INV_1="1.00")
    for bad, field in (
        ({"payments": []}, "payments"),
        ({"payments": [good], "more": 1}, "payments"),
        ({"payments": [good, good]}, "payments[1].id"),
        ({"payments": [good, {**good, "id": "P-8", "amount": "x"}]}, "payments[1].amount"),
        ({"payments": [good, 1]}, "payments[1]"),
        ({"payments": [{**good, "id": "/P"}]}, "payments[0].id"),
        ({"payments": [good, {**good, "id": "P\x00"}]}, "payments[1].id"),
        ({**good, "id": "a\tb"}, "id"),
        ({**good, "amount": 1}, "amount"),
        ({"payments": [good, payment(country, "P-8", INV_77="1.00")]}, "invoices"),
    ):
        reply = hand(program, bad)
        assert (reply.status_code, reply.json["error"]["field"]) == (422, field), bad
    assert hand(program, good, "paid").json["error"]["field"] == "action"
    assert program.call("POST", "/payments?action=recorded", data=b"x").status_code == 415
    assert code(program.call("GET", "/payments/P-9")) == "no-such-payment"
    assert installation.application.drain() == [] and ours(books) == []


def test_keys_and_other_hosts(installation: Installation) -> None:
    given = payment("us", INV_1="1.00")
    for scopes in (("payments",), ("invoices", "payments")):
        assert hand(installation.program(*scopes), given).status_code == 403
        assert installation.program(*scopes).call("GET", "/payments/P-1").status_code == 403
    assert code(hand(installation.program("record", foreign=True), given)) == "other-host"
    assert code(hand(installation.program("record"), given)) == "not-taken"
    assert installation.program("record").call("GET", "/payments?after=0").status_code == 403


def test_ids_in_another_unicode_form_are_found_and_given_back(
    books: Books, installation: Installation, program: Program, country: str
) -> None:
    nfc, nfd = "r\u00e9gl-1", "re\u0301gl-1"
    reply = hand(program, payment(country, nfd, INV_1="160.00"))
    assert (reply.status_code, reply.json["payments"][0]["id"]) == (202, nfd)
    assert set(reply.json["payments"][0]) == {"id", "state", "why", "entry", "quickbooks"}
    installation.application.drain()
    state = program.call("GET", f"/payments/{quote(nfd)}").json or {}
    assert (state["id"], state["state"]) == (nfd, "recorded")
    twice = {"payments": [payment(country, nfc, INV_2="1.00"), payment(country, nfd, INV_2="2.00")]}
    assert (hand(program, twice).status_code, ours(books)) == (422, [(160, [160])])
