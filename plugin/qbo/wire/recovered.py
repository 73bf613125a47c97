"""Compares a request with QuickBooks' data: its receiver, how to find its object, and whether it was done.

For the recovery of unanswered requests: bodies are stored as they were sent, including those of earlier releases.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.qbo.wire.addresses import address_words, same_addresses
from onedesk_quickbooks.plugin.qbo.wire.fingerprints import same_rate
from onedesk_quickbooks.plugin.qbo.wire.optional import FIELDS, KEYS, touched, values
from onedesk_quickbooks.plugin.qbo.wire.readers import DEPOSIT, FORMS, VOIDED, read_form
from onedesk_quickbooks.plugin.qbo.wire.statements import quoted
from onedesk_quickbooks.plugin.qbo.wire.times import read_instant

Raw = Mapping[str, Any]

_WRITTEN = (
    *("DocNumber", "TxnDate", "DueDate", "SalesTermRef", "CustomerRef", "CurrencyRef", "ExchangeRate"),
    *("CustomerMemo", "PrivateNote", "Line", "Deposit", "BillAddr", "ShipAddr", "BillEmail", "BillEmailCc"),
    *(*KEYS.values(), FIELDS),
)


def id_of(raw: Raw) -> str:
    """The id of an object in an answer, or of the one that a body changes or sends."""
    return str(raw["Id"])


def answered_id(answer: Raw | None) -> str:
    """The id in an answer, "" for none."""
    return str((answer or {}).get("Id", ""))


PAYMENT = "Payment"
"""A credit memo is applied to an invoice by a payment of zero."""
_COPIES = frozenset(FORMS.values())


def is_form(entity: str) -> bool:
    """Whether it is a form that an invoice of the host becomes: an invoice or a credit memo."""
    return entity in _COPIES


def applied_already(rows: Iterable[Raw], body: Raw, others: Collection[str]) -> Raw | None:
    """The payment that a body has made: with its note, the same credit memo and the same invoice; none of `others`,
    which earlier requests have made."""
    return next((row for row in rows if id_of(row) not in others and _applies(row) == _applies(body)), None)


def recorded_already(rows: Iterable[Raw], body: Raw, others: Collection[str]) -> Raw | None:
    """The payment that a body has made, by the last line of its note; none of `others`, which earlier requests have
    made, and no void one."""
    found = (row for row in rows if id_of(row) not in others and _mark(row) == _mark(body))
    return next((row for row in found if row.get("TotalAmt")), None)


def _mark(raw: Raw) -> str:
    note = unicodedata.normalize("NFC", str(raw.get("PrivateNote") or ""))
    return (note.splitlines() or [""])[-1].strip()


def _applies(raw: Raw) -> object:
    lines = [(_amount(line.get("Amount")), _links(line)) for line in raw.get("Line") or []]
    return str(raw.get("PrivateNote") or ""), _amount(raw.get("TotalAmt")), sorted(lines)


def _links(line: Raw) -> list[tuple[str, str]]:
    return [(str(each.get("TxnType")), str(each.get("TxnId"))) for each in line.get("LinkedTxn") or []]


ATTACHABLE = "Attachable"
"""A file that is attached to an invoice."""


def where_attached(body: Raw) -> str:
    """A condition that finds the attachments of the invoice that a file is attached to."""
    of = body["AttachableRef"][0]["EntityRef"]
    kind, qbo_id = quoted(str(of["type"])), quoted(str(of["value"]))
    return f"AttachableRef.EntityRef.Type = {kind} AND AttachableRef.EntityRef.value = {qbo_id}"


def attached_already(rows: Iterable[Raw], body: Raw) -> Raw | None:
    """The attachment that an upload has made, by our note."""
    return next((row for row in rows if str(row.get("Note", "")).strip() == body["Note"]), None)


UNDOING = ("void", "delete")
"""Operations that remove an invoice from the books."""


def undo_body(qbo_id: str, sync_token: str) -> dict[str, str]:
    """The body that voids or deletes an invoice (qbo-api.md 3.5)."""
    return {"Id": qbo_id, "SyncToken": sync_token}


def deleted(qbo_id: str) -> dict[str, str]:
    """QuickBooks' answer to the deletion of an invoice (qbo-api.md 3.5)."""
    return {"domain": "QBO", "status": _DELETED, "Id": qbo_id}


_DELETED = "Deleted"


def is_deleted(answer: Raw) -> bool:
    """Whether an answer says that the object is deleted."""
    return answer.get("status") == _DELETED


def token_of(raw: Raw) -> str:
    """The SyncToken of an object, "" where it has none."""
    return str(raw.get("SyncToken", ""))


def by_id(rows: Iterable[Raw]) -> dict[str, Raw]:
    """Objects by their ids."""
    return {id_of(raw): raw for raw in rows}


def receiver_of(body: Raw) -> str:
    """The address that a request to e-mail an invoice names (`send_body`)."""
    return str(body["sendTo"])


def is_unpaid_answer(answer: Raw | None, token: str) -> bool:
    """Whether an invoice with this SyncToken is as QuickBooks answered it, before any payment; one with a total of zero
    is paid from the start."""
    if answer is None or token_of(answer) != token:
        return False
    return bool(answer["TotalAmt"]) and answer.get("Balance") == answer["TotalAmt"]


def is_voided(then: Raw, now: BooksInvoice) -> bool:
    """Whether an invoice that looks void is so: what we wrote (`then`) may have had a total of zero. The note of a void
    one begins with a word in the company's language (qbo-api.md 3.5)."""
    note, now_note = str(then.get("PrivateNote") or ""), now.private_note
    if then.get("TotalAmt"):
        return now.voided
    return now.voided and now_note != note and (now_note.startswith(VOIDED) or now_note.endswith(note))


def version_in(now: Raw, number: str, total: Decimal) -> Raw:
    """A substitute for an earlier version of an invoice of which only number and total are known."""
    return {**now, "DocNumber": number, "TotalAmt": total}


def is_below_the_same(raw: Raw, body: Raw) -> bool:
    """Whether a record has the parent that a body names, or has none like the body."""
    return _parent(raw) == _parent(body)


def _parent(raw: Raw) -> str:
    return str((raw.get("ParentRef") or {}).get("value") or "")


def where_created(entity: str, body: Raw) -> dict[str, str]:
    """Properties, and the texts they must equal, by which to find an object that a body may have created: an invoice by
    its number, else by customer and day; a customer or item by its name."""
    if entity == PAYMENT:
        return {"CustomerRef": str(body["CustomerRef"]["value"]), "TxnDate": str(body["TxnDate"])}
    if entity not in _COPIES:
        name = str(body.get("DisplayName") or body.get("Name") or "")
        return {"DisplayName" if entity == "Customer" else "FullyQualifiedName": name}
    if body.get("DocNumber"):
        return {"DocNumber": str(body["DocNumber"])}
    return {"CustomerRef": str(body["CustomerRef"]["value"]), "TxnDate": str(body["TxnDate"])}


def marked(rows: Iterable[Raw], mark: str) -> Raw | None:
    """The first invoice whose private note has a line that is `mark`, which is in NFC."""
    noted = ((row, unicodedata.normalize("NFC", row.get("PrivateNote") or "")) for row in rows)
    return next((row for row, note in noted if mark in note.splitlines()), None)


def was_sent(seen: BooksInvoice, delivered_before: str) -> bool:
    """Whether an invoice was e-mailed since its last delivery at the time `delivered_before` ("" for never)."""
    return seen.email_status == "EmailSent" and seen.delivered_at != delivered_before


def emailed_at(seen: BooksInvoice) -> datetime | None:
    """When QuickBooks e-mailed the invoice last; None where it did not, or does not say when."""
    with suppress(ValueError):
        return read_instant(seen.delivered_at) if seen.email_status == "EmailSent" else None
    return None


def was_updated(entity: str, raw: Raw, body: Raw) -> bool:
    """Whether an object has changed from the token that an update was meant for, and an invoice to the written content.

    Not all of it can be compared with QuickBooks' result; but a token that rose by one and a note that still has our
    marker show that it was this update.
    """
    moved = int(token_of(raw)) - int(token_of(body))
    return moved > 0 if entity not in _COPIES else moved == 1 and same_content(raw, body)


def as_created(found: Raw, body: Raw, total: Decimal) -> Raw:
    """An invoice that a body created. Where it was edited since, the version that we wrote: so the edit is detected and
    never overwritten."""
    if token_of(found) == "0" or same_content(found, body):
        return found
    return {**found, **{key: body[key] for key in _WRITTEN if key in body}, "TotalAmt": total}


def as_expected(
    body: Raw, total: Decimal, currency: str, current: BooksInvoice | None, kind: str = INVOICE
) -> BooksInvoice:
    """An invoice, or a credit memo (`kind`), as it will be once a body is written: payments of the `current` one
    stay."""
    made = read_form({"Id": "", "SyncToken": "0", **body, "TotalAmt": total}, kind)
    if current is None:
        return replace(made, currency=currency, balance=total - made.deposit, number=made.number or NUMBERED)
    paid = current.total - current.balance - current.deposit
    deposit = made.deposit if DEPOSIT in body else current.deposit
    number, id_ = made.number or current.number, current.id
    return replace(
        made, id=id_, number=number, currency=currency, deposit=deposit, balance=total - paid - deposit, voided=False
    )


NUMBERED = "the number that QuickBooks gives"
"""Replaces a number that QuickBooks has not assigned yet."""


def number_in(body: Raw) -> str:
    """The number in a body, "" for none."""
    return str(body.get("DocNumber") or "")


def same_content(raw: Raw, body: Raw) -> bool:
    """Whether an invoice has the written content, as far as a body states it and both have it in the same form."""
    texts = ("DocNumber", "PrivateNote", "TxnDate", "DueDate")
    alike = all((raw.get(key) or "") == (body.get(key) or "") for key in texts if key in body)
    forms = all(form(raw.get(key)) == form(body[key]) for key, form in _FORMS.items() if key in body)
    # QuickBooks replaces a cleared address by the customer's.
    places = [key for key in ("BillAddr", "ShipAddr") if address_words(body.get(key))]
    there = all(address_words(raw.get(key)) == address_words(body[key]) for key in places)
    has, wrote = values(raw), values(body)
    # As with a copy's address, the company's own may replace a cleared one.
    more = all(has.get(each) == wrote.get(each) for each in touched(body) if each != "b" or each in wrote)
    return alike and forms and there and more and _memo(raw) == _memo(body) and _lines(raw) == _lines(body)


def _memo(raw: Raw) -> str:
    return str((raw.get("CustomerMemo") or {}).get("value") or "")


def _address(value: Any) -> str:
    return same_addresses(str((value or {}).get("Address") or ""))


def _amount(value: Any) -> str:
    return plain(Decimal(str(value or 0)).normalize())


def _ref(value: Any) -> str:
    return str((value or {}).get("value") or "")


_FORMS = {
    "SalesTermRef": _ref,
    "ExchangeRate": same_rate,
    "Deposit": _amount,
    "BillEmail": _address,
}
"""How to compare values that QuickBooks writes in another form. A copy's address is left out: QuickBooks replaces it by
the company's own."""


def _lines(raw: Raw) -> list[tuple[str, ...]]:
    kinds = ("SalesItemLineDetail", "DiscountLineDetail")
    return sorted(_line(line) for line in raw.get("Line", ()) if line["DetailType"] in kinds)


def _line(line: Raw) -> tuple[str, ...]:
    detail = line.get(line["DetailType"]) or {}
    parts = (_ref(detail.get("ItemRef")), str(detail.get("ServiceDate") or ""))
    return (_amount(line["Amount"]), str(line.get("Description") or ""), *parts)
