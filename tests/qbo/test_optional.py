"""What is written of an invoice only where rules name it: distinguished from what QuickBooks has by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.plan import CustomField
from onedesk_quickbooks.plugin.qbo import (
    covered_as,
    covering,
    covers,
    differences,
    invoice_body,
    invoice_update,
    parts,
    read_invoice,
    same_fingerprint,
)
from onedesk_quickbooks.plugin.qbo.wire.recovered import same_content
from tests.qbo.test_bodies import DRAFT
from tests.qbo.test_readers import INVOICE

NAMED = replace(
    DRAFT,
    email_bcc=("a@quay.example", "b@quay.example"),
    location=Ref("7", "Oslo"),
    custom_fields=(CustomField(Ref("2", "PO number"), "PO 7"),),
    card_payment=True,
    bank_payment=False,
)
ITEMS = {line.item_name.casefold(): "1" for line in DRAFT.lines}
BODY = invoice_body(NAMED, "5", ITEMS)
OWN = {
    "BillEmailBcc": {"Address": "a@quay.example, b@quay.example"},
    "DepartmentRef": {"value": "7"},
    "CustomField": [{"DefinitionId": "2", "Name": "PO number", "Type": "StringType", "StringValue": "PO 7"}],
    "AllowOnlineCreditCardPayment": True,
    "AllowOnlineACHPayment": False,
}
THERE = {
    **INVOICE,
    **OWN,
    "DepartmentRef": {"value": "7", "name": "Oslo"},
    "CustomField": [
        {"DefinitionId": "1", "Name": "Crew", "Type": "StringType", "StringValue": "Blue"},
        {"DefinitionId": "2", "Name": "PO number", "Type": "StringType", "StringValue": "PO 7"},
        {"DefinitionId": "3", "Name": "Site", "Type": "StringType"},
    ],
}
CHANGES: list[tuple[dict[str, Any], str, str]] = [
    ({"BillEmailBcc": {"Address": "c@quay.example"}}, "b", "blind copy to"),
    ({"BillEmailBcc": None}, "b", "blind copy to"),
    ({"DepartmentRef": {"value": "8", "name": "Bergen"}}, "l", "location"),
    ({"CustomField": []}, "2", "custom field PO number"),
    ({"AllowOnlineCreditCardPayment": False}, "c", "online payment by card"),
    ({"AllowOnlineACHPayment": True}, "a", "online payment by bank"),
]


def test_a_body_states_what_is_named_and_nothing_else() -> None:
    assert {key: BODY[key] for key in OWN} == OWN
    assert not OWN.keys() & invoice_body(DRAFT, "5", ITEMS).keys()
    assert (covers(BODY), covers(invoice_body(DRAFT, "5", ITEMS))) == ("blca2", "")
    assert parts("bl2") == ("blind copy", "location", "field 2")


@pytest.mark.parametrize(("change", "letter", "field"), CHANGES)
def test_an_edit_is_seen_where_it_is_covered(change: dict[str, Any], letter: str, field: str) -> None:
    seen, now = read_invoice(THERE), read_invoice({**THERE, **change})
    assert seen.fingerprint == now.fingerprint
    stored = covering(seen, covers(BODY)).fingerprint
    assert (stored.startswith("2blca2:"), len(stored)) == (True, 64)
    assert same_fingerprint(stored, seen) and not same_fingerprint(stored, now)
    without = covering(seen, covers(BODY).replace(letter, "")).fingerprint
    assert same_fingerprint(without, now) and covered_as(now, without).fingerprint == without
    assert [each.field for each in differences(THERE, {**THERE, **change}, BODY)] == [field]
    assert differences(THERE, {**THERE, **change}, invoice_body(DRAFT, "5", ITEMS)) == ()


def test_a_fingerprint_of_before_covers_none_of_it() -> None:
    bare = {key: value for key, value in THERE.items() if key not in OWN}
    assert read_invoice(bare).fingerprint == read_invoice(THERE).fingerprint
    assert read_invoice(bare).fingerprint.startswith("2:")


def test_an_update_clears_what_no_rule_names_any_more_and_keeps_the_rest() -> None:
    draft = replace(
        DRAFT, custom_fields=NAMED.custom_fields, cleared=("blind copy", "location", "field 3", "card payment")
    )
    body = invoice_update(invoice_body(draft, "5", ITEMS), "1", "0", current=read_invoice(THERE))
    assert (body["BillEmailBcc"], body["DepartmentRef"]) == ({"Address": ""}, {"value": ""})
    assert "AllowOnlineCreditCardPayment" not in body
    assert {each["DefinitionId"]: each["StringValue"] for each in body["CustomField"]} == {
        "1": "Blue",
        "2": "PO 7",
        "3": "",
    }
    assert covers(body) == "2", "what was cleared, or is kept as it stands, is nobody's"


@pytest.mark.parametrize(("change", "letter", "field"), CHANGES)
def test_what_a_request_has_made_shows_it(change: dict[str, Any], letter: str, field: str) -> None:
    made = {**BODY, "Line": []}
    assert same_content({**THERE, **made, "CustomField": THERE["CustomField"]}, made)
    assert not same_content({**THERE, **made, **change}, made), (letter, field)
