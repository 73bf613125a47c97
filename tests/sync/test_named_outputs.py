"""What an invoice has in QuickBooks only where the rules name it: written, noticed when somebody changes it there,
taken away with the rule, and left alone where no rule ever named it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sync.changes.conftest import versions, waiting
from tests.sync.conftest import Desk

Make = Callable[..., dict[str, Any]]

MANAGER = {"first_name": "Maria", "email": "maria@own.example"}
RULES = {
    "bcc": "delivery: {bcc: archive@own.example}",
    "location": "invoices: {location: North}",
    "field": "invoices: {custom_fields: {'crew #': '{project}'}}",
    "class": "invoices: {class: North}",
    "card": "invoices: {online_card_payment: yes}",
}
EDITS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "bcc": ({"BillEmailBcc": {"Address": "x@own.example"}}, "blind copy to", "archive@own.example", "x@own.example"),
    "location": ({"DepartmentRef": {"value": "SOUTH"}}, "location", "North", "South"),
    "class": ({"ClassRef": {"value": "SOUTH"}}, "class", "North", "South"),
    "field": ({"CustomField": [{"DefinitionId": "1", "StringValue": "Red"}]}, "custom field Crew #", "Website", "Red"),
    "card": ({"AllowOnlineCreditCardPayment": False}, "online payment by card", "yes", "no"),
}
KEYS = {
    "bcc": "BillEmailBcc",
    "location": "DepartmentRef",
    "class": "ClassRef",
    "field": "CustomField",
    "card": "AllowOnlineCreditCardPayment",
}


def ruled(desk: Desk, text: str) -> None:
    """Other rules from now on."""
    (desk.home / "rules.yaml").write_text(f"version: 1\n{text}\n", encoding="utf-8")
    desk.restart()


def one_class(desk: Desk) -> None:
    """The company tracks one class for each invoice."""
    preferences = desk.sandbox.list("Preferences")[0]
    own = {**preferences["AccountingInfoPrefs"], "ClassTrackingPerTxn": True, "ClassTrackingPerTxnLine": False}
    desk.sandbox.edit("Preferences", preferences["Id"], {"AccountingInfoPrefs": own})


@pytest.fixture
def named(desks: Callable[..., Desk], request: pytest.FixtureRequest) -> Desk:
    desk = desks(rules=f"version: 1\n{RULES[request.param]}\n")
    for kind, what in (("Department", "location"), ("Class", "class")):
        ids = {name: desk.sandbox.create(kind, {"Name": name})["Id"] for name in ("North", "South")}
        EDITS[what][0][KEYS[what]]["value"] = ids["South"]
    one_class(desk)
    desk.connect()
    return desk


def same(invoice: Make, **fields: Any) -> dict[str, Any]:
    return invoice(project="Website", **fields)


@pytest.mark.parametrize(("named", "what"), [(each, each) for each in RULES], indirect=["named"])
def test_an_edit_of_it_is_shown_and_undone_by_a_person(named: Desk, what: str, invoice: Make) -> None:
    edit, field, own, theirs = EDITS[what]
    qbo_id = named.copy(same(invoice)).qbo_id
    (made,) = named.invoices()
    assert named.copy(same(invoice)).outcome == "unchanged"
    named.application.bring_payments()
    assert waiting(named) == []
    named.sandbox.edit("Invoice", qbo_id, edit)
    assert named.copy(same(invoice, memo="Newer")).outcome == "held"
    named.application.bring_payments()
    (work,) = waiting(named)
    assert versions(work) == {field: (own, theirs), "message to the customer": ("Newer", "Thank you.")}
    named.application.settle_change(work.id, "onedesk")
    assert [each.outcome for each in named.application.drain()] == ["updated"]
    (again,) = named.invoices()
    assert again[KEYS[what]] == made[KEYS[what]]
    assert named.copy(same(invoice, memo="Newer")).outcome == "unchanged"


@pytest.mark.parametrize(("named", "what"), [(each, each) for each in RULES], indirect=["named"])
def test_without_its_rule_it_goes_and_is_nobodys_then(named: Desk, what: str, invoice: Make) -> None:
    qbo_id = named.copy(same(invoice)).qbo_id
    (made,) = named.invoices()
    ruled(named, "invoices: {number: onedesk}")
    assert named.copy(same(invoice)).outcome == "updated"
    (made,) = named.invoices()
    assert empty(made, what)
    assert named.copy(same(invoice)).outcome == "unchanged"
    named.sandbox.edit("Invoice", qbo_id, EDITS[what][0])
    named.application.bring_payments()
    assert (waiting(named), named.copy(same(invoice)).outcome) == ([], "unchanged")
    (edited,) = named.invoices()
    assert named.copy(same(invoice, memo="Newer")).outcome == "updated"
    (left,) = named.invoices()
    assert left[KEYS[what]] == edited[KEYS[what]] != made.get(KEYS[what]), "what no rule names is left alone"


def empty(made: dict[str, Any], what: str) -> bool:
    """Whether QuickBooks has nothing there; how a customer may pay stays as it was."""
    if what == "field":
        return not any("StringValue" in each for each in made[KEYS[what]])
    return what == "card" or not made.get(KEYS[what])


def test_the_rules_say_who_gets_the_e_mail(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ndelivery: {to: account_manager, cc: billing_contact, bcc: archive@own.example}\n")
    desk.connect()
    given = invoice()
    given["customer"]["account_manager"] = MANAGER
    assert desk.send(given).outcome == "sent"
    (mail,) = desk.sandbox.outbox()
    billing = given["customer"]["billing_contact"]["email"]
    assert (mail["to"], mail["cc"], mail["bcc"]) == (MANAGER["email"], billing, "archive@own.example")
    desk.application.bring_payments()
    assert (waiting(desk), desk.copy(given).outcome) == ([], "unchanged")


def test_lines_that_want_two_classes_are_held_where_an_invoice_has_one(
    desks: Callable[..., Desk], invoice: Make
) -> None:
    lines = "by_service_type: {Support: {item: Support, class: North}, Consulting: {item: Consulting, class: South}}"
    desk = desks(rules=f"version: 1\nitems:\n  {lines}\n  otherwise: same_name\n")
    for name in ("North", "South"):
        desk.sandbox.create("Class", {"Name": name})
    one_class(desk)
    desk.connect()
    held = desk.copy(invoice())
    assert held.outcome == "held"
    assert all(each in held.reason for each in ('the class "North"', 'the class "South"', "make two invoices of it"))
    ruled(desk, "items:\n  otherwise: {item: Support, class: South}")
    assert desk.copy(invoice()).outcome == "copied"
    (made,) = desk.invoices()
    assert made["ClassRef"]["name"] == "South"
    assert not any("ClassRef" in each.get("SalesItemLineDetail", {}) for each in made["Line"])
