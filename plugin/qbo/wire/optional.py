"""What we write of an invoice only where the rules name it: who gets a blind copy, the location, the class of the whole
invoice, custom fields, and how the customer may pay online. Other parts are left as QuickBooks has them, and are not
part of what we wrote.

Each part has a letter, by which a fingerprint states that it covers it; a custom field has its definition's digit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from onedesk_quickbooks.plugin.qbo.wire.addresses import same_addresses

Raw = Mapping[str, Any]

LETTERS = {"b": "blind copy", "l": "location", "k": "class", "c": "card payment", "a": "bank payment"}
"""The parts, by their names in `InvoiceDraft.cleared`; a custom field is "field 1"."""
FIELD_DIGITS = "123"
"""The definitions of custom fields that the REST API supports (qbo-api.md 2.1)."""
KEYS = {
    "b": "BillEmailBcc",
    "l": "DepartmentRef",
    "k": "ClassRef",
    "c": "AllowOnlineCreditCardPayment",
    "a": "AllowOnlineACHPayment",
}
FIELDS = "CustomField"


def values(raw: Raw) -> dict[str, str]:
    """Each part that an invoice has, in a form for comparison; an empty one, or one that is turned off, is left out."""
    found = {
        "b": same_addresses(str((raw.get(KEYS["b"]) or {}).get("Address") or "")),
        **{each: str((raw.get(KEYS[each]) or {}).get("value") or "") for each in "lk"},
        **{each: "yes" if raw.get(KEYS[each]) is True else "" for each in "ca"},
        **{digit: str(each.get("StringValue") or "") for digit, each in fields(raw).items()},
    }
    return {letter: value for letter, value in found.items() if value}


def written_values(written: str) -> dict[str, str]:
    """The same for the stored data of an invoice (`BooksInvoice.written`)."""
    found: dict[str, str] = json.loads(written or "{}").get("optional", {})
    return found


def fields(raw: Raw) -> dict[str, Raw]:
    """The custom fields of an invoice or a body, by the digit of their definition."""
    found = {str(each.get("DefinitionId")): each for each in raw.get(FIELDS) or []}
    return {digit: each for digit, each in found.items() if digit in FIELD_DIGITS}


def touched(body: Raw) -> list[str]:
    """The letters of all that a body writes or clears, in order. A custom field without a name in the body is written
    unchanged: fields that are left out of the list would be lost."""
    keys = [letter for letter, key in KEYS.items() if key in body]
    return [*keys, *sorted(digit for digit, each in fields(body).items() if "Name" in each)]


def covers(body: Raw) -> str:
    """The letters of what a body writes; cleared parts are no longer ours."""
    found = values(body)
    return "".join(each for each in touched(body) if each in found or (each in "ca" and KEYS[each] in body))


def parts(letters: str) -> tuple[str, ...]:
    """The names of these letters in `InvoiceDraft.cleared`."""
    return tuple(LETTERS.get(each) or f"field {each}" for each in letters)


def shown(raw: Raw, letter: str) -> str:
    """A part as text for people, "" for none."""
    if letter in FIELD_DIGITS:
        return str(fields(raw).get(letter, {}).get("StringValue") or "")
    held = raw.get(KEYS[letter])
    if letter in "ca":
        return "yes" if held is True else "no"
    return str((held or {}).get("Address" if letter == "b" else "name") or (held or {}).get("value") or "")


def label(letter: str, *versions: Raw) -> str:
    """The name of a part where two versions of an invoice are compared."""
    named = {
        "b": "blind copy to",
        "l": "location",
        "k": "class",
        "c": "online payment by card",
        "a": "online payment by bank",
    }
    names = (fields(raw).get(letter, {}).get("Name") for raw in versions)
    return named.get(letter) or next((f"custom field {name}" for name in names if name), f"custom field {letter}")
