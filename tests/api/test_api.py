"""The HTTP API: invoices in, their state and payments out, each refusal one JSON object."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from onedesk_quickbooks.plugin.web.api import api
from tests.api.conftest import APART, Installation, Program, openapi
from tests.commands import Call, Connect
from tests.support.sandboxes import Books

Make = Callable[..., dict[str, Any]]


def test_the_description_has_every_route_and_none_besides(installation: Installation) -> None:
    routes = {
        (method.lower(), re.sub("<path:[a-z_]+>", "{id}", rule.rule))
        for rule in api(installation.application, None).url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    assert routes == {(method, path) for path, methods in openapi()["paths"].items() for method in methods}


def test_an_invoice_is_sent_paid_and_taken_back(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    taken = program.post("send", invoice())
    assert taken.status_code == 202
    assert taken.json is not None and (taken.json["state"], taken.json["link"]) == ("waiting", "")
    installation.application.drain()
    sent = program.get("/invoices/INV-7")
    assert (sent["state"], sent["status"], sent["why"], sent["entry"]) == ("sent", "open", "", None)
    assert sent["quickbooks"]["total"] == "160.00" and sent["link"].startswith(books.base_url)
    assert program.payments() == {"payments": [], "next": "0", "more": False}

    paid = books.sandbox.pay({sent["quickbooks"]["id"]: "160.00"})
    installation.application.bring_payments()
    [event] = program.payments()["payments"]
    assert (event["what"], event["reversal"]) == ("recorded", None)
    kept = event["payment"]
    assert {key: kept[key] for key in ("invoice_id", "amount", "balance", "currency", "kind")} == {
        "invoice_id": "INV-7",
        "amount": "160.00",
        "balance": "0.00",
        "currency": "USD",
        "kind": "payment",
    }
    assert kept["date"] and kept["link"].startswith(books.base_url) and "method" in kept and "reference" in kept
    assert program.get("/invoices/INV-7")["status"] == "paid"

    books.sandbox.delete("Payment", paid["Id"])
    installation.application.bring_payments()
    again = program.payments(after=event["cursor"])
    [gone] = again["payments"]
    assert (gone["what"], gone["payment"]["id"]) == ("reversed", kept["id"])
    assert gone["reversal"] == {"reason": "the payment was deleted in QuickBooks", "balance": "160.00"}
    assert program.payments(after=again["next"])["payments"] == []
    assert program.get("/invoices/INV-7")["status"] == "open"


def test_a_reader_that_dies_gets_the_same_again_page_by_page(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    for number in range(1, 4):
        program.post("copy", invoice(f"INV-{number}"))
    for outcome in installation.application.drain():
        books.sandbox.pay({outcome.qbo_id: "10.00"})
    installation.application.bring_payments()
    first = program.payments(limit=2)
    assert (len(first["payments"]), first["more"]) == (2, True)
    assert program.payments(limit=2) == first
    rest = program.payments(after=first["next"], limit=2)
    assert (len(rest["payments"]), rest["more"]) == (1, False)
    cursors = [int(each["cursor"]) for each in (*first["payments"], *rest["payments"])]
    assert cursors == sorted(set(cursors)) and rest["next"] == str(cursors[-1])


def test_what_a_rule_skips_says_by_which(
    books: Books, installation: Installation, program: Program, invoice: Make, home: Path
) -> None:
    rules = "version: 1\ninvoices: {skip: It is billed by hand}\n"
    (home / "rules.yaml").write_text(rules, encoding="utf-8")
    assert program.post("send", invoice()).status_code == 202
    installation.application.drain()
    shown = program.get("/invoices/INV-7")
    assert (shown["state"], shown["quickbooks"]) == ("skipped", None) and shown["entry"]
    assert shown["why"] == (
        "The invoice is skipped by the rule invoices.skip (rules.yaml:2): It is billed by hand. QuickBooks does not"
        " e-mail it."
    )


def test_what_is_held_says_why_and_is_mended(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    program.post("copy", invoice(currency="EUR"))
    installation.application.drain()
    held = program.get("/invoices/INV-7")
    assert held["state"] == "held" and "EUR" in held["why"] and held["entry"]
    program.post("copy", invoice())
    assert program.get("/invoices/INV-7")["state"] == "waiting"
    installation.application.drain()
    assert program.get("/invoices/INV-7")["state"] == "copied"
    assert program.post("changed", invoice(status="void")).status_code == 202
    void = program.get("/invoices/INV-7")
    assert (void["status"], void["state"]) == ("void", "held") and "voided in OneDesk" in void["why"]
    gone = program.post("changed", invoice(status="deleted")).json
    assert gone is not None and (gone["status"], gone["state"]) == ("", "held")


@pytest.mark.parametrize("done", ["void", "delete"])
@pytest.mark.parametrize("where", ["first there", "first in the host"])
def test_what_a_person_voids_or_deletes_in_quickbooks_is_no_longer_sent(
    books: Books, installation: Installation, program: Program, invoice: Make, done: str, where: str
) -> None:
    application, gone = installation.application, {"void": "voided", "delete": "deleted"}[done]
    program.post("send", invoice())
    [sent] = application.drain()
    if where == "first in the host":
        program.post("changed", invoice(status="void"))
    getattr(books.sandbox, done)("Invoice", sent.qbo_id)
    application.bring_payments()
    if where == "first there":
        held = program.get("/invoices/INV-7")
        assert held["state"] == "held" and gone in held["why"] and held["entry"]
        application.settle_change(held["entry"], "quickbooks")
    found = program.get("/invoices/INV-7")
    assert (found["state"], found["entry"], bool(found["quickbooks"])) == (gone, None, done == "void")
    assert bool(found["link"]) == (done == "void")
    assert done == "delete" or (found["quickbooks"]["number"], found["quickbooks"]["total"]) == ("7", "0.00")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"send_after": "2030-12-24"}, "QuickBooks e-mails it on 2030-12-24."),
        ({"email": ""}, "Copied, not e-mailed: "),
    ],
)
def test_a_send_that_is_only_copied_says_why(
    books: Books, installation: Installation, program: Program, invoice: Make, fields: dict[str, str], why: str
) -> None:
    given = invoice(**{name: value for name, value in fields.items() if name != "email"})
    if "email" in fields:
        given["customer"]["billing_contact"]["email"] = fields["email"]
    program.post("send", given)
    installation.application.drain()
    found = program.get("/invoices/INV-7")
    assert found["state"] == "copied" and found["why"].startswith(why)


@pytest.mark.parametrize("keep", ["quickbooks", "onedesk"])
def test_what_a_person_has_decided_waits_for_that_reason(
    books: Books, installation: Installation, program: Program, invoice: Make, keep: str
) -> None:
    application = installation.application
    program.post("copy", invoice())
    [copied] = application.drain()
    books.sandbox.edit("Invoice", copied.qbo_id, {"DocNumber": "9999"})
    program.post("send", invoice())
    assert [each.outcome for each in application.drain()] == ["held"]
    held = program.get("/invoices/INV-7")
    assert "Choose the version to keep" in held["why"]
    decided = application.settle_change(held["entry"], keep)
    waits = program.get("/invoices/INV-7")
    assert (waits["state"], waits["why"], waits["entry"]) == ("waiting", decided, held["entry"])


def test_what_a_person_tries_again_waits_without_the_step(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    program.post("copy", invoice(currency="EUR"))
    installation.application.drain()
    held = program.get("/invoices/INV-7")
    assert held["state"] == "held" and installation.application.retry(held["entry"])
    assert program.get("/invoices/INV-7") == {**held, "state": "waiting", "why": ""}


def test_what_a_stopped_command_has_left_is_held(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    program.post("changed", invoice())
    ledger, connected = installation.application.ledger, installation.application.connected
    assert connected is not None
    ledger.queue.ask(connected.realm_id, "copy", invoice(), "", run="a1")
    with ledger.locks.hold("run-a1", connected.realm_id, 0):
        running = program.get("/invoices/INV-7")
    assert (running["state"], "(run a1)" in running["why"]) == ("waiting", True)
    stopped = program.get("/invoices/INV-7")
    assert (stopped["state"], stopped["entry"]) == ("held", running["entry"])
    assert stopped["why"] == "its command was stopped; to continue: onedesk-quickbooks queue resume a1"
    [shown] = installation.application.invoice_states([invoice()])
    assert (shown.now, [each.text for each in shown.facts]) == ("held", [stopped["why"]])


def test_what_is_deleted_before_anything_was_requested_has_a_whole_answer(
    books: Books, program: Program, installation: Installation, invoice: Make
) -> None:
    """QuickBooks is asked once whether it has such invoices of an earlier installation."""
    for once in ("", "k-1", "k-1"):
        reply = program.post("changed", invoice(status="deleted"), once=once)
        assert reply.status_code == 202
        assert reply.json is not None and (reply.json["state"], reply.json["status"]) == ("waiting", "")
    installation.application.drain()
    reply = program.post("changed", invoice(status="deleted"))
    assert reply.json is not None and (reply.json["state"], reply.json["status"]) == ("none", "")


def test_what_was_opened_is_copied_where_the_rules_say_so(
    books: Books, home: Path, request: pytest.FixtureRequest, invoice: Make
) -> None:
    (home / "rules.yaml").write_text("version: 1\ninvoices:\n  on_open: copy\n")
    program: Program = request.getfixturevalue("program")
    answers = [program.post("opened", invoice()).json for _ in range(2)]
    assert [each and each["state"] for each in answers] == ["waiting", "waiting"]
    assert answers[0] == answers[1], "one entry of the queue"


def test_the_same_request_again_has_the_same_answer(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    first = program.post("copy", invoice(), once="k-1")
    installation.application.drain()
    reordered = dict(reversed(list(invoice().items())))
    again = program.post("copy", reordered, once="k-1")
    assert (again.json, again.status_code) == (first.json, 202)
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert installation.application.drain() == [], "nothing was asked for a second time"
    for action, other in (("copy", invoice(memo="x")), ("send", invoice())):
        reused = program.post(action, other, once="k-1")
        assert (reused.status_code, reused.json and reused.json["error"]["field"]) == (409, "Idempotency-Key")
    assert installation.program("invoices").post("send", invoice(), once="k-1").status_code == 202, "of another program"
    assert program.post("copy", invoice(total="x"), once="k-2").status_code == 422
    assert program.post("copy", invoice(), once="k-2").status_code == 202, "what was refused may be corrected"


def test_the_same_request_at_once_is_done_once(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    others = [Program(program.client.__class__(program.client.application), program.key) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda each: each.post("copy", invoice(), once="k"), others))
    assert sorted("Idempotency-Replayed" in each.headers for each in answers) == [False] + [True] * 5
    assert all(each.json == answers[0].json for each in answers)


def test_without_a_company_copy_and_send_are_refused(program: Program, invoice: Make) -> None:
    for action in ("copy", "send"):
        refused = program.post(action, invoice())
        assert refused.status_code == 409
        assert refused.json is not None and "No QuickBooks company is connected" in refused.json["error"]["what"]
        assert program.call("GET", "/invoices/INV-7").status_code == 404, "it has no effect"
    assert program.post("opened", invoice()).status_code == 202
    assert program.get("/invoices/INV-7")["state"] == "none"


@pytest.mark.parametrize("rule", ["copy", "send"])
def test_without_a_company_nothing_is_opened_that_a_rule_copies(
    books: Books, home: Path, call: Call, request: pytest.FixtureRequest, invoice: Make, rule: str
) -> None:
    (home / "rules.yaml").write_text(f"version: 1\ninvoices:\n  on_open: {rule}\n")
    program: Program = request.getfixturevalue("program")
    installation: Installation = request.getfixturevalue("installation")
    program.post("copy", invoice("INV-1"))
    installation.application.disconnect("admin")
    refused = program.post("opened", invoice(), once="k")
    assert refused.status_code == 409 and refused.json is not None
    assert "No QuickBooks company is connected" in refused.json["error"]["what"]
    assert program.call("GET", "/invoices/INV-7").status_code == 404, "nothing was recorded"
    assert program.post("opened", invoice(status="draft")).status_code == 409
    assert program.post("opened", invoice("INV-1")).status_code == 202, "its company does it later"
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    assert program.post("opened", invoice(), once="k").status_code == 202, "asked again"
    assert [each.id for each in installation.application.drain()] == ["INV-1", "INV-7"]


def test_without_a_company_the_state_is_that_of_the_last_one(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    application = installation.application
    for number in range(1, 4):
        program.post("send" if number == 1 else "copy", invoice(f"INV-{number}"))
    assert [each.outcome for each in application.drain()] == ["sent", "copied", "copied"]
    program.post("send", invoice("INV-4"))
    before = {f"INV-{number}": program.get(f"/invoices/INV-{number}") for number in range(1, 5)}
    application.disconnect("admin")
    apart = (
        "No QuickBooks company is connected: nothing is done in Sandbox Company_US_1 until it is connected again"
        " (onedesk-quickbooks connect)."
    )
    for od_id, then in before.items():
        assert program.get(f"/invoices/{od_id}") == {**then, "why": apart}
    void = program.post("changed", invoice("INV-2", status="void")).json
    assert void is not None and (void["state"], bool(void["entry"])) == ("held", True)
    assert "voided in OneDesk" in void["why"] and void["why"].endswith(apart)
    program.post("changed", invoice("INV-5"))
    assert program.get("/invoices/INV-5")["state"] == "none"


def test_what_an_earlier_company_has_is_answered_until_the_connected_one_has_it(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> None:
    application = installation.application
    for number in range(1, 4):
        program.post("copy", invoice(f"INV-{number}"))
    assert [each.outcome for each in application.drain()] == ["copied"] * 3
    before = {f"INV-{number}": program.get(f"/invoices/INV-{number}") for number in range(1, 4)}
    installation.connect_another()
    for od_id, then in before.items():
        assert program.get(f"/invoices/{od_id}") == {**then, "why": APART}
    again = program.post("copy", invoice("INV-1")).json
    assert again is not None and (again["state"], again["why"], again["quickbooks"]) == ("waiting", "", None)
    assert application.drop(application.ledger.queue.open_of("999", "INV-1"), "not wanted", "admin") == 1
    assert program.get("/invoices/INV-1")["quickbooks"] == before["INV-1"]["quickbooks"]
    void = program.post("changed", invoice("INV-2", status="void")).json
    assert void is not None and (void["state"], void["why"].endswith(APART)) == ("held", True)
    program.post("changed", invoice("INV-5"))
    assert (program.get("/invoices/INV-5")["state"], program.get("/invoices/INV-5")["why"]) == ("none", "")


def test_a_send_that_is_refused_takes_nothing_from_the_one_before(
    books: Books, connect: Connect, program: Program, installation: Installation, invoice: Make
) -> None:
    assert program.post("send", invoice()).status_code == 202
    installation.application.disconnect()
    assert program.post("send", invoice()).status_code == 409
    connect(books)
    assert [each.outcome for each in installation.application.drain()] == ["sent"]
    assert program.get("/invoices/INV-7")["state"] == "sent"


def test_another_hosts_data_directory_takes_none(installation: Installation, invoice: Make) -> None:
    refused = installation.program("invoices", foreign=True).post("copy", invoice())
    assert (refused.status_code, refused.json and refused.json["error"]["code"]) == (409, "other-host")


def test_keys(installation: Installation, invoice: Make) -> None:
    nobody, reader, writer = (installation.program(*scopes) for scopes in ((), ("payments",), ("invoices",)))
    for given in ("", "Bearer", "Bearer odq_wrong", f"Basic {reader.key}", reader.key):
        refused = nobody.call("GET", "/payments", headers={"Authorization": given})
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert nobody.post("copy", invoice()).status_code == nobody.call("GET", "/invoices/INV-7").status_code == 401
    assert reader.call("GET", "/payments").status_code == 200
    for refused in (reader.post("copy", invoice()), reader.call("GET", "/invoices/x"), writer.call("GET", "/payments")):
        assert refused.status_code == 403
    assert installation.application.ledger.api_keys.revoke("program 0")
    assert reader.call("GET", "/payments").status_code == 401
    for path in ("/openapi.json", "/invoice.schema.json", "/payment.schema.json"):
        assert nobody.call("GET", path).status_code == 200


BAD_BODIES: list[tuple[Any, int, str, str]] = [
    (b"{", 400, "", "not JSON"),
    (b"", 400, "", "not JSON"),
    (b"\xff{}", 400, "", "not JSON"),
    (b'{"id": "1", "id": "2"}', 400, "", "a key appears twice"),
    (b'{"total": NaN}', 400, "", "NaN is not an amount"),
    (b"[" * 100_000, 400, "", "nested too deep"),
    (b"[]", 422, "", "not an object"),
    (b"{}", 422, "", '"id" is missing'),
    (b" " * 2_000_001, 413, "", "Too Large"),
    ({"total": 160}, 422, "total", "must be text in quotes"),
    ({"total": "1,60"}, 422, "total", "wrong format"),
    ({"lines": [{"id": "1", "amount": "x"}]}, 422, "lines[0].amount", "wrong format"),
    ({"issue_date": "2026-02-30"}, 422, "issue_date", "'2026-02-30' is not a date; for example"),
    ({"memos": "x"}, 422, "", 'unknown field "memos"'),
    ({"memo": "\x00"}, 422, "memo", "character 1 is U+0000"),
    ({"memo": "\ud800"}, 422, "memo", "character 1 is U+D800"),
    ({"id": "a\x00"}, 422, "id", "character 2 is U+0000"),
    ({"a\x00": ""}, 422, "", "The key 'a\\x00' contains a character"),
    ({"id": "/lead"}, 422, "id", "begins with a slash"),
    ({"id": ".."}, 422, "id", "leave it out of a path"),
    ({"id": " "}, 422, "id", "nor only white space."),
    ({"id": "."}, 422, "id", "leave it out of a path"),
    ({"id": "a\nb"}, 422, "id", "U+000A"),
    ({"id": "a\tb"}, 422, "id", "U+0009"),
    ({"id": "a\u2028b"}, 422, "id", "U+2028"),
    ({"status": "draft"}, 409, "", "Open invoice alone"),
    ({"status": "deleted"}, 409, "", "Open invoice alone"),
]


@pytest.mark.parametrize(("body", "status", "field", "what"), BAD_BODIES)
def test_a_bad_invoice_is_refused_with_one_sentence(
    program: Program, invoice: Make, body: Any, status: int, field: str, what: str
) -> None:
    data = body if isinstance(body, bytes) else json.dumps(invoice(**body)).encode()
    action = "opened" if status == 409 else "copy"  # without a company a copy is refused for that
    reply = program.call("POST", f"/invoices?action={action}", data=data, content_type="application/json")
    assert reply.status_code == status
    assert reply.json is not None
    problem = reply.json["error"]
    assert problem["field"] == field and what in problem["what"] and problem["remedy"]
    assert program.call("GET", "/invoices/INV-7").status_code == 404, "nothing was kept"


@pytest.mark.parametrize("action", ["copy", "send"])
def test_a_copy_is_for_open_and_paid_invoices(books: Any, program: Program, invoice: Make, action: str) -> None:
    reply = program.call("POST", f"/invoices?action={action}", json=invoice(status="void"))
    assert reply.status_code == 409 and reply.json is not None
    assert reply.json["error"]["what"] == "It is Void: this is done with an Open or a Paid invoice alone."
    assert program.post(action, invoice(status="paid")).status_code == 202


@pytest.mark.parametrize(
    "given", ["a/b", "a//b/", "a b", "é", "e\u0301", "a%2Fb", "...", "?x=1#y", ";p", "\U0001f9fe", "a\\b"]
)
def test_an_id_that_was_taken_is_found(program: Program, invoice: Make, given: str) -> None:
    assert program.post("opened", invoice(given)).status_code == 202
    assert program.get(f"/invoices/{quote(given, safe='')}")["status"] == "open"


def test_no_depth_is_an_error_of_the_plugin(program: Program) -> None:
    for depth in range(50, 1100, 50):
        body = b'{"memo":' + b"[" * depth + b"]" * depth + b"}"
        reply = program.call("POST", "/invoices?action=copy", data=body, content_type="application/json")
        assert reply.status_code in (400, 422), depth


def test_no_number_is_an_error_of_the_plugin(program: Program) -> None:
    exponents = (b"1e99999999999999999999", b"-1E-99999999999999999999", b"1e999999999999")
    for number in (*exponents, b"1" * 5000, b"0." + b"1" * 5000):
        body = b'{"total":' + number + b"}"
        reply = program.call("POST", "/invoices?action=copy", data=body, content_type="application/json")
        assert reply.status_code in (400, 422), number[:30]


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "field"),
    [
        ("POST", "/invoices", {}, 422, "action"),
        ("POST", "/invoices?action=eat", {}, 422, "action"),
        ("POST", "/invoices?action=copy", {"content_type": "text/plain"}, 415, "Content-Type"),
        ("POST", "/invoices?action=copy", {"content_type": ""}, 415, "Content-Type"),
        ("POST", "/invoices?action=copy", {"headers": {"Idempotency-Key": ""}}, 422, "Idempotency-Key"),
        ("POST", "/invoices?action=copy", {"headers": {"Idempotency-Key": "a b"}}, 422, "Idempotency-Key"),
        ("POST", "/invoices?action=copy", {"headers": {"Idempotency-Key": "a" * 201}}, 422, "Idempotency-Key"),
        ("GET", "/invoices/%00", {}, 404, "id"),
        ("GET", "/invoices/a/b%2Fc", {}, 404, "id"),
        ("GET", "/payments?after=-1", {}, 422, "after"),
        ("GET", "/payments?after=1", {}, 422, "after"),
        ("GET", "/payments?after=%D9%A1", {}, 422, "after"),
        ("GET", "/payments?after=9999999999999999999", {}, 422, "after"),
        ("GET", "/payments?limit=0", {}, 422, "limit"),
        ("GET", "/payments?limit=1001", {}, 422, "limit"),
        ("POST", "/invoices?action=send&action=copy", {}, 400, "action"),
        ("POST", "/invoices?action=copy&action=copy", {}, 400, "action"),
        ("GET", "/payments?after=0&after=1", {}, 400, "after"),
        ("GET", "/invoices/INV-1?x=1&x=2", {}, 400, "x"),
        ("POST", "/invoices?action=frobbed", {}, 422, "action"),
        ("DELETE", "/payments", {}, 405, ""),
        ("GET", "/invoices", {}, 405, ""),
        ("GET", "/else", {}, 404, ""),
    ],
)
def test_a_bad_request_is_refused_with_one_sentence(
    program: Program, invoice: Make, method: str, path: str, more: dict[str, Any], status: int, field: str
) -> None:
    body = {"content_type": "application/json", **more}
    reply = program.call(method, path, data=json.dumps(invoice()) if method == "POST" else None, **body)
    assert reply.status_code == status, reply.text
    assert reply.json is not None
    assert reply.json["error"]["field"] == field and reply.json["error"]["remedy"]


def test_a_ledger_that_is_locked_is_reported_and_nothing_is_lost(
    books: Books, installation: Installation, program: Program, invoice: Make, home: Path
) -> None:
    with closing(sqlite3.connect(home / "ledger.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        away = program.post("copy", invoice(), once="k")
        assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
        assert "ledger.sqlite" not in away.text
        assert program.post("copy", invoice("INV-8")).status_code == 202
        other.execute("ROLLBACK")
    assert [each.outcome for each in installation.application.drain()] == ["copied"], "it waited in a file"
    assert program.get("/invoices/INV-8")["state"] == "copied"
    assert program.post("copy", invoice(), once="k").status_code == 202
    assert [each.outcome for each in installation.application.drain()] == ["copied"]


def test_no_key_gets_into_the_log(
    installation: Installation, program: Program, invoice: Make, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        program.post("opened", invoice())
        program.call("GET", "/payments", headers={"Authorization": f"Token {program.key}"})
    assert "api: POST /invoices by key program 0: 202" in caplog.messages
    assert "api: GET /payments by key -: 401" in caplog.messages
    assert program.key not in caplog.text and program.key[4:] not in caplog.text
