"""An object of a list is renamed: all that names it by its id has the name of now (qbo-api.md 7: references keep the
id)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

Connect = Callable[..., "Client"]
ODD = 'Bayside "Nord" \\1, Søndre'
"""A name that JSON, patterns and replacements have to escape."""


def make(client: Client, kind: str, **fields: Any) -> str:
    reply = client.call("POST", kind.lower(), fields)
    assert reply.status == 200, reply.json
    return str(reply.json[kind]["Id"])


def change(client: Client, kind: str, entity_id: str, **fields: Any) -> None:
    token = client.call("GET", f"{kind.lower()}/{entity_id}").json[kind]["SyncToken"]
    reply = client.call("POST", kind.lower(), {"Id": entity_id, "SyncToken": token, "sparse": True, **fields})
    assert reply.status == 200, reply.json


def names(value: Any, found: dict[str, set[str]] | None = None) -> dict[str, set[str]]:
    """The names by which a body names other objects, by the field."""
    found = {} if found is None else found
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(each, dict) and "name" in each and "value" in each:
            found.setdefault(str(key), set()).add(each["name"])
        elif isinstance(each, (dict, list)):
            names(each, found)
    return found


def invoice(client: Client) -> tuple[str, dict[str, str]]:
    """An invoice that names one of each list; its id, and the ids of what it names by kind."""
    client.sandbox.edit("Preferences", "1", {"AccountingInfoPrefs": {"ClassTrackingPerTxnLine": True}})
    account = make(client, "Account", Name="Fees", AccountType="Income")
    ids = {
        "Account": account,
        "Customer": make(client, "Customer", DisplayName="Lark"),
        "Item": make(client, "Item", Name="Visit", Type="Service", IncomeAccountRef={"value": account}),
        "Class": make(client, "Class", Name="North"),
        "Term": make(client, "Term", Name="Net 9", DueDays=9),
    }
    detail = {"ItemRef": {"value": ids["Item"]}, "ClassRef": {"value": ids["Class"]}}
    line = {"Amount": Decimal("100.00"), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    off = {
        "Amount": Decimal("10.00"),
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"DiscountAccountRef": {"value": account}},
    }
    made = client.invoice(CustomerRef={"value": ids["Customer"]}, SalesTermRef={"value": ids["Term"]}, Line=[line, off])
    return str(made["Id"]), ids


RENAMED = [
    ("Account", "Name", "Fees", ("ItemAccountRef", "DiscountAccountRef")),
    ("Customer", "DisplayName", "Lark", ("CustomerRef",)),
    ("Item", "Name", "Visit", ("ItemRef",)),
    ("Class", "Name", "North", ("ClassRef",)),
    ("Term", "Name", "Net 9", ("SalesTermRef",)),
]


@pytest.mark.parametrize(("kind", "field", "old", "keys"), RENAMED, ids=[kind for kind, *_ in RENAMED])
def test_an_invoice_has_the_name_of_now(
    connect: Connect, kind: str, field: str, old: str, keys: tuple[str, ...]
) -> None:
    client = connect()
    invoice_id, ids = invoice(client)
    before = client.call("GET", f"invoice/{invoice_id}").json["Invoice"]
    assert all(names(before)[key] == {old} for key in keys)
    new = ODD.replace('"', "") if kind == "Account" else ODD  # an account has no quotes
    for name in (new, "Once more"):
        more = {"DueDays": 9} if kind == "Term" else {"AccountType": "Income"} if kind == "Account" else {}
        change(client, kind, ids[kind], **{field: name}, **more)
        after = client.call("GET", f"invoice/{invoice_id}").json["Invoice"]
        assert {key: names(after)[key] for key in keys} == {key: {name} for key in keys}
        assert {**names(after), **dict.fromkeys(keys)} == {**names(before), **dict.fromkeys(keys)}
        assert (after["SyncToken"], after["MetaData"]) == (before["SyncToken"], before["MetaData"])
        assert str(after["Line"][0]["Amount"]) == "100.00"
        [asked] = client.query(f"select * from Invoice where Id = '{invoice_id}'")["Invoice"]
        assert names(asked) == names(after)


def test_a_term_has_its_name_after_an_update(connect: Connect) -> None:
    client = connect()
    invoice_id, _ = invoice(client)
    other = make(client, "Term", Name="Net 8", DueDays=8)
    change(client, "Invoice", invoice_id, SalesTermRef={"value": other}, DueDate="2026-08-01")
    shown = client.call("GET", f"invoice/{invoice_id}").json["Invoice"]
    assert shown["SalesTermRef"] == {"value": other, "name": "Net 8"}


def test_an_item_by_its_whole_name_where_its_category_is_renamed(connect: Connect) -> None:
    client = connect()
    invoice_id, ids = invoice(client)
    category = make(client, "Item", Name="Labour", Type="Category")
    change(client, "Item", ids["Item"], SubItem=True, ParentRef={"value": category})
    shown = client.call("GET", f"invoice/{invoice_id}").json["Invoice"]
    assert names(shown)["ItemRef"] == {"Labour:Visit"}
    change(client, "Item", category, Name="Work")
    assert names(client.call("GET", f"invoice/{invoice_id}").json["Invoice"])["ItemRef"] == {"Work:Visit"}


def test_an_object_that_was_made_inactive(connect: Connect) -> None:
    client = connect()
    invoice_id, ids = invoice(client)
    change(client, "Item", ids["Item"], Active=False)
    assert names(client.call("GET", f"invoice/{invoice_id}").json["Invoice"])["ItemRef"] == {"Visit (deleted)"}


def test_other_objects_follow_too(connect: Connect) -> None:
    client = connect()
    _, ids = invoice(client)
    change(client, "Account", ids["Account"], Name="Dues", AccountType="Income")
    assert client.call("GET", f"item/{ids['Item']}").json["Item"]["IncomeAccountRef"]["name"] == "Dues"
    change(client, "Customer", ids["Customer"], SalesTermRef={"value": ids["Term"]})
    change(client, "Term", ids["Term"], Name="Ten", DueDays=9)
    assert client.call("GET", f"customer/{ids['Customer']}").json["Customer"]["SalesTermRef"]["name"] == "Ten"


def test_a_text_that_reads_like_a_reference_stays(connect: Connect) -> None:
    client = connect()
    invoice_id, ids = invoice(client)
    text = f'"ItemRef":{{"value":"{ids["Item"]}","name":"Visit"}}'
    change(client, "Invoice", invoice_id, PrivateNote=text)
    change(client, "Item", ids["Item"], Name="Call")
    assert client.call("GET", f"invoice/{invoice_id}").json["Invoice"]["PrivateNote"] == text
