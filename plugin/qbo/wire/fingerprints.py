"""The data that we write of an invoice, and its hash, by which an edit in QuickBooks is detected.

A fingerprint covers exactly what an update writes. It begins with its version and the letters of what it covers only
where the rules name it (`optional`): "2:", "2bl:". One of version 1 has no prefix and covered less (`_FIRST`). Ledgers
of earlier releases have such fingerprints, and these stay valid.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.qbo.wire.addresses import address_words, same_addresses
from onedesk_quickbooks.plugin.qbo.wire.optional import values

Raw = Mapping[str, Any]

_FIRST = ("number", "dates", "customer", "currency", "memo", "note", "lines")
"""What version 1 covered."""
_MORE = '"optional": '
_LENGTH = 64
"""The ledger stores so many characters, including the version."""
_ITEM = 5
"""The index of the item in a fingerprinted line."""
_FORMAT = re.compile(r"2([a-z0-9]*):")


def fingerprint(held: str) -> str:
    """The fingerprint of what we write of each invoice (`written`), as QuickBooks answered it: an edit by a person
    there changes it; a payment, a sent e-mail or QuickBooks' own maintenance does not."""
    return _digest(held)


def covering(seen: BooksInvoice, letters: str) -> BooksInvoice:
    """The invoice with a fingerprint that also covers these parts (`optional.covers`)."""
    return replace(seen, fingerprint=_digest(seen.written, letters)) if seen.written else seen


def covered_as(seen: BooksInvoice, stored: str) -> BooksInvoice:
    """The invoice with a fingerprint that covers what the `stored` one does."""
    return seen if covered(stored) == covered(seen.fingerprint) else covering(seen, covered(stored))


def covered(stored: str) -> str:
    """The letters of what a fingerprint covers in addition to the fixed fields."""
    found = _FORMAT.match(stored)
    return found[1] if found else ""


def same_fingerprint(stored: str, seen: BooksInvoice) -> bool:
    """Whether an invoice is as it was when the fingerprint was stored, by any version of this program."""
    if stored == seen.fingerprint:
        return True
    if not seen.written:
        return False
    if _FORMAT.match(stored):
        return stored == covered_as(seen, stored).fingerprint
    held = json.loads(seen.written)
    first = json.dumps({key: held[key] for key in _FIRST}, sort_keys=True)
    # Versions with such fingerprints wrote no deposit: a present one was entered in QuickBooks.
    return not held["deposit"] and stored == hashlib.sha256(first.encode()).hexdigest()


def fingerprint_with(written: str, customers: Mapping[str, str], items: Mapping[str, str], letters: str = "") -> str:
    """The fingerprint that an invoice (`BooksInvoice.written`) has under other ids of customers and items, {its id: the
    other}: after two names were merged in QuickBooks. `letters` are those of what it covers."""
    held = json.loads(written)
    held["customer"] = customers.get(held["customer"], held["customer"])
    for line in held["lines"]:
        line[_ITEM] = items.get(line[_ITEM], line[_ITEM])
    return _digest(_json(held), letters)


def with_refs(seen: BooksInvoice, customer: str, lines_of: str = "") -> BooksInvoice:
    """The invoice with another customer, and with the items of the lines of another version (`BooksInvoice.written`):
    as it was before two names were merged in QuickBooks."""
    held = json.loads(seen.written)
    held["customer"] = customer
    for line, other in zip(held["lines"], json.loads(lines_of)["lines"] if lines_of else (), strict=False):
        line[_ITEM] = other[_ITEM]
    text = _json(held)
    return replace(seen, written=text, fingerprint=_digest(text, covered(seen.fingerprint)))


def fingerprint_to(written: str, email: str, letters: str = "") -> str:
    """The fingerprint that an invoice (`BooksInvoice.written`) has with another billing e-mail: the one before it was
    sent, because sending writes the address."""
    return _digest(_json({**json.loads(written), "email": same_addresses(email)}), letters)


def fingerprint_with_deposit(written: str, deposit: Decimal, letters: str = "") -> str:
    """The fingerprint that an invoice (`BooksInvoice.written`) has with another deposit."""
    return _digest(_json({**json.loads(written), "deposit": _unless_zero(deposit)}), letters)


def is_ours(stored: str, then: BooksInvoice, now: BooksInvoice, sent: bool, taxes: bool) -> bool:
    """Whether the fingerprint that is stored of an invoice (`now`) is that of QuickBooks' answer to our last write
    (`then`) apart from what is no edit: the address that it was `sent` to, an object that was merged into another, and
    with `taxes` the tax that was set."""
    held, seen = json.loads(then.written), json.loads(now.written)
    customers, items = renamed_refs(then.written, now.written)
    held["customer"] = customers.get(held["customer"], held["customer"])
    for line in held["lines"]:
        line[_ITEM] = items.get(line[_ITEM], line[_ITEM])
    held["email"] = seen["email"] if sent else held["email"]
    held["tax"] = seen["tax"] if taxes else held["tax"]
    return stored == _digest(_json(held), covered(stored))


def says_the_same(wrote: Raw, body: Raw) -> bool:
    """Whether a body writes the same as the last one (`wrote`). The exchange rate is the day's and not ours; a deposit,
    or a tax, that is not stated leaves the present one."""
    held, new = ({**json.loads(written(each)), "rate": ""} for each in (wrote, body))
    return held == new and all(wrote.get(key) == body.get(key) for key in ("Deposit", "TxnTaxDetail"))


def renamed_refs(then: str, now: str) -> tuple[dict[str, str], dict[str, str]]:
    """The ids of customers and of items that others have replaced in a later version of an invoice
    (`BooksInvoice.written`): {id then: id now}."""
    old, new = json.loads(then), json.loads(now)
    customers = {old["customer"]: new["customer"]}
    items = {before[_ITEM]: line[_ITEM] for before, line in zip(old["lines"], new["lines"], strict=False)}
    return _differing(customers), _differing(items)


def _differing(ids: Mapping[str, str]) -> dict[str, str]:
    return {old: new for old, new in ids.items() if old and new and old != new}


def _digest(text: str, letters: str = "") -> str:
    if letters or _MORE in text:
        held = json.loads(text)
        more = held.pop("optional", {})
        text = _json({**held, "optional": {each: more.get(each, "") for each in letters}} if letters else held)
    return (f"2{letters}:" + hashlib.sha256(text.encode()).hexdigest())[:_LENGTH]


def written(raw: Raw) -> str:
    """What we write of an invoice, in JSON; values that QuickBooks answers in several forms are normalised."""
    lines = [line for line in raw.get("Line") or [] if line.get("DetailType") != "SubTotalLineDetail"]
    bill, ship = [address_words(raw.get(key)) for key in ("BillAddr", "ShipAddr")]
    more = values(raw)
    return _json(
        {
            **({"optional": more} if more else {}),
            "number": _text(raw, "DocNumber"),
            "dates": [_text(raw, "TxnDate"), _text(raw, "DueDate")],
            "customer": _ref_id(raw, "CustomerRef"),
            "currency": _ref_id(raw, "CurrencyRef"),
            "memo": _text(raw.get("CustomerMemo") or {}, "value"),
            "note": _text(raw, "PrivateNote"),
            "lines": [_line(line) for line in lines],
            "term": _ref_id(raw, "SalesTermRef"),
            "rate": same_rate(raw.get("ExchangeRate")),
            "email": same_addresses(_text(raw.get("BillEmail") or {}, "Address")),
            "cc": same_addresses(_text(raw.get("BillEmailCc") or {}, "Address")),
            "bill": bill,
            "ship": "" if ship == bill else ship,  # QuickBooks may copy the one to the other
            "deposit": _unless_zero(raw.get("Deposit")),
            "tax": _tax(raw),
            "details": [_detail(line) for line in lines],
        }
    )


def _json(held: dict[str, Any]) -> str:
    return json.dumps(held, sort_keys=True)


def _line(line: Raw) -> list[str]:
    """The line as in version 1."""
    kind = _text(line, "DetailType")
    detail = line.get(kind) or {}
    numbers = [_digits(line.get("Amount")), _digits(detail.get("Qty")), _digits(detail.get("UnitPrice"))]
    refs = [_ref_id(detail, "ItemRef"), _ref_id(detail, "TaxCodeRef")]
    refs += [_ref_id(detail, "ClassRef")] if detail.get("ClassRef") else []
    return [kind, _text(line, "Description"), *numbers, *refs]


def _detail(line: Raw) -> list[str]:
    """The fields of a line that version 1 left out: the day of a sale; percentage and account of a discount."""
    detail = line.get(_text(line, "DetailType")) or {}
    percent = _digits(detail.get("DiscountPercent")) if detail.get("PercentBased") is True else ""
    return [_text(detail, "ServiceDate"), percent, _ref_id(detail, "DiscountAccountRef")]


def _tax(raw: Raw) -> list[Any]:
    """How the tax is calculated, and by how much the amounts of single rates were changed."""
    detail = raw.get("TxnTaxDetail") or {}
    lines = [line.get("TaxLineDetail") or {} for line in detail.get("TaxLine") or []]
    gaps = [[_ref_id(each, "TaxRateRef"), _unless_zero(each.get("OverrideDeltaAmount"))] for each in lines]
    return [
        _text(raw, "GlobalTaxCalculation") or "TaxExcluded",
        raw.get("ApplyTaxAfterDiscount") is True,
        _ref_id(detail, "TxnTaxCodeRef"),
        sorted(gap for gap in gaps if gap[1]),
    ]


def same_rate(value: Any) -> str:
    """An exchange rate for comparison: none and 1 are the same, the rate of the home currency."""
    digits = _digits(value)
    return "" if digits == "1" else digits


def _unless_zero(value: Any) -> str:
    digits = _digits(value)
    return "" if digits == "0" else digits


def _digits(value: Any) -> str:
    """A number in a normal form: 100, 100.00 and "100.0" are the same; "" for none."""
    if value is None or value == "":
        return ""
    number = Decimal(str(value)).normalize()
    return format(number, "f") if number else "0"


def _text(raw: Raw, key: str) -> str:
    value = raw.get(key)
    return "" if value is None else str(value)


def _ref_id(raw: Raw, key: str) -> str:
    held = raw.get(key)
    return _text(held, "value") if isinstance(held, Mapping) else ""
