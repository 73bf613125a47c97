"""Names of lists, and their hierarchies (qbo-api.md 2.2 to 2.4)."""

from __future__ import annotations

import re
from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books, label_of
from onedesk_quickbooks.plugin.sandbox.store import DELETED, folded
from onedesk_quickbooks.plugin.sandbox.wire.faults import bad_reference, business, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, dumps, number, ref, ref_id

_DEEPEST = 4
REFERENCES = {
    "Customer": ("CustomerRef",),
    "Vendor": ("PrefVendorRef",),
    "Item": ("ItemRef", "GroupItemRef"),
    "Account": (
        "AccountRef",
        "AssetAccountRef",
        "DepositToAccountRef",
        "DiscountAccountRef",
        "ExpenseAccountRef",
        "IncomeAccountRef",
        "ItemAccountRef",
    ),
    "Class": ("ClassRef",),
    "Department": ("DepartmentRef",),
    "Term": ("SalesTermRef",),
    "PaymentMethod": ("PaymentMethodRef",),
}
"""The fields that refer to each kind of object."""


def named(books: Books, kind: str, draft: Body, old: Body | None, full: bool = True) -> None:
    """Set and check name, Active, parent and uniqueness. Raises Refused 2020, 2040, 2500, 6180, 6240."""
    draft["Active"] = draft.get("Active", True)
    name = str(draft.get("Name") or (old or {}).get("Name", "")).strip(" ")
    if not name.strip():
        raise missing("Name")
    if ":" in name and kind != "Term":
        raise refusal("2040", "Invalid String : Name must not have a colon", "Name")
    if old and old.get("Active", True) and not draft["Active"]:
        name = books.retired((kind,), name)
    draft["Name"] = name
    if full:
        draft["FullyQualifiedName"] = _full_name(books, kind, draft)
        unique(books, kind, "fullname", draft["FullyQualifiedName"], old)
    else:
        unique(books, kind, "name", name, old)


def _full_name(books: Books, kind: str, draft: Body) -> str:
    for key in ("Level", "SubItem"):
        draft.pop(key, None)
    parent = parent_of(books, kind, draft)
    if parent is None:
        return str(draft["Name"])
    if kind == "Item":
        if parent.get("Type") != "Category":
            raise bad_reference("the parent of an item must be a category", "ParentRef")
        draft["SubItem"], draft["Level"] = True, Decimal(level_below(parent))
    draft["ParentRef"] = ref(parent["Id"], parent["FullyQualifiedName"])
    return f"{parent['FullyQualifiedName']}:{draft['Name']}"


def parent_of(books: Books, kind: str, draft: Body, what: str = "") -> Body | None:
    """The parent of an object; None at the top. Raises Refused 2500, 6000 (a cycle), 6180."""
    parent_id = ref_id(draft, "ParentRef")
    if not parent_id:
        draft.pop("ParentRef", None)
        return None
    parent = books.find(kind, parent_id)
    if parent is None:
        raise bad_reference(f"{what or kind} element id {parent_id} not found", "ParentRef")
    above: Body | None = parent
    while above is not None:
        if above["Id"] == draft.get("Id"):
            raise business("You can't put a name below itself.")
        above = books.find(kind, ref_id(above, "ParentRef"))
    level_below(parent)
    return parent


def level_below(parent: Body) -> int:
    """The level of children. Raises Refused 6180 beyond five levels."""
    level = str(parent["FullyQualifiedName"]).count(":") + 1
    if level > _DEEPEST:
        raise refusal("6180", "Sub Level Limit : at most five levels", "ParentRef")
    return level


def follow_names(books: Books, kind: str, old: Body | None, new: Body | None) -> None:
    """After a change of name or parent, update the full names of children and the references to the object."""
    if old is None or new is None:
        return
    if kind == "Customer" and ref_id(old, "ParentRef") != ref_id(new, "ParentRef"):
        for parent, sign in ((ref_id(old, "ParentRef"), -1), (ref_id(new, "ParentRef"), 1)):
            books.count_above(parent, sign * number(old.get("BalanceWithJobs")))
    if old.get("FullyQualifiedName") != new.get("FullyQualifiedName"):
        own = "DisplayName" if kind == "Customer" else "Name"
        for row in books.store.select("kind = ? AND json_extract(body, '$.ParentRef.value') = ?", (kind, new["Id"])):
            if row.state == DELETED:
                continue
            child, before = row.body, row.body
            child["FullyQualifiedName"] = f"{new['FullyQualifiedName']}:{child[own]}"
            child["ParentRef"] = ref(new["Id"], new["DisplayName" if kind == "Customer" else "FullyQualifiedName"])
            if "Level" in child:
                child["Level"] = Decimal(level_below(new))
            books.save(kind, child, before, "", bump=False)
            follow_names(books, kind, before, child)
    label = books.label(kind, new["Id"])
    if label.get("name") != label_of(old):
        _relabel(books, kind, new["Id"], dumps(label["name"]))


def _relabel(books: Books, kind: str, entity_id: str, name: str) -> None:
    """Update the name in references to an object (in JSON); the SyncToken and time of the referring objects do not
    change."""
    where, args = "customer = ?", [entity_id]
    if kind != "Customer":
        where = " OR ".join("body LIKE ?" for _ in REFERENCES[kind])
        args = [f'%"{key}":{{"value":"{entity_id}",%' for key in REFERENCES[kind]]
    keys = "|".join(REFERENCES[kind])
    # Replaced in the JSON text, so that 100.00 stays 100.00.
    found = re.compile(rf'("(?:{keys})":{{"value":"{entity_id}","name":)"(?:[^"\\]|\\.)*"')
    for of, row_id, body in books.store.rows(f"SELECT kind, id, body FROM entity WHERE {where}", args):  # noqa: S608
        text = found.sub(lambda match: match[1] + name, body)
        books.store.run("UPDATE entity SET body = ? WHERE kind = ? AND id = ?", (text, of, row_id))


def unique(books: Books, kind: str, column: str, name: str, old: Body | None) -> None:
    """Raise Refused 6240 if another object of that kind has the name, regardless of case."""
    sql = f"SELECT id FROM entity WHERE {column} = ? AND kind = ? AND state != 0"  # noqa: S608
    if any(entity_id != (old or {}).get("Id") for (entity_id,) in books.store.rows(sql, (folded(name), kind))):
        raise refusal("6240", "The name supplied already exists. : null")
