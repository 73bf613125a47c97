"""Checks that an answer to a write matches the request: a proxy, or QuickBooks itself, may answer something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.qbo.problems import Unreadable
from onedesk_quickbooks.plugin.qbo.wire.readers import (
    read_credit_memo,
    read_customer,
    read_invoice,
    read_item,
    read_payment,
)
from onedesk_quickbooks.plugin.qbo.wire.recovered import ATTACHABLE, PAYMENT, is_deleted, is_form
from onedesk_quickbooks.plugin.texts import Text

Raw = Mapping[str, Any]
_READERS: Mapping[str, Callable[[Raw], object]] = {
    "Invoice": read_invoice,
    "CreditMemo": read_credit_memo,
    "Payment": read_payment,
    "Customer": read_customer,
    "Item": read_item,
    ATTACHABLE: lambda raw: raw,
}
_NAMES = {"Customer": "DisplayName", "Item": "Name", ATTACHABLE: "Note"}


def disagreement(
    entity: str,
    operation: str,
    body: Raw,
    answer: Raw,
    number: str | None = None,
    customer_id: str | None = None,
    read: Callable[[], object] | None = None,
) -> str:
    """Why an answer (an object) does not match this request; "" where it does. `operation` is create, update, upload,
    send, void or delete; for the last three `body` names the invoice only. `number` and `customer_id` are those of an
    invoice to be voided, None where unknown; `read` parses the answer for a caller that needs it.

    Compared are the fields that QuickBooks leaves as written: id, number, customer, name, and our marker in the note.
    """
    if operation == "delete":
        held = str(answer.get("Id", ""))
        return (
            ""
            if is_deleted(answer) and held == body["Id"]
            else Text("it does not say that {body} was deleted", body=body["Id"])
        )
    why = unreadable(entity, answer, read)
    if why:
        return why
    wanted = {"Id": body["Id"]} if operation not in ("create", "upload") else {}
    if operation in ("create", "update", "upload"):
        wanted |= _named(entity, body)
    if operation == "void" and number is not None:
        wanted["DocNumber"] = number
    if operation == "void" and customer_id is not None:
        wanted["CustomerRef"] = {"value": customer_id}
    for field, value in wanted.items():
        found = _form(field, answer.get(field))
        if found != _form(field, value):
            return f"its {field} is {found!r:.80}, not {_form(field, value)!r:.80}"
    if operation == "void" and (still := _still(entity, answer)):
        return still
    if operation in ("update", "void") and int(answer["SyncToken"]) < int(body.get("SyncToken") or 0):
        return Text("its SyncToken is {answer}, older than what was written", answer=answer["SyncToken"])
    return ""


def _still(entity: str, answer: Raw) -> str:
    """Why an invoice that should be void is not; "" where it is."""
    if entity == PAYMENT:
        found = read_payment(answer)
        return "" if found.voided else Text("its payment still has the amount {total}", total=found.total)
    total = read_invoice(answer).total
    return Text("its invoice still has the total {total}", total=total) if total else ""


def unreadable(entity: str, raw: Raw, read: Callable[[], object] | None = None) -> str:
    """Why an object cannot be read (by `read`, where given); "" where it can."""
    held, token = raw.get("Id"), raw.get("SyncToken")
    if not isinstance(held, str) or not held:
        return Text("its {entity} has no id", entity=entity)
    if not isinstance(token, str) or not token.isdecimal():
        return Text("its {entity} {held} has no SyncToken that can be read", entity=entity, held=f"{held:.40}")
    dated = is_form(entity) or entity == PAYMENT
    if dated and not _form("CustomerRef", raw.get("CustomerRef")):
        return Text("its {entity} {held} has no customer that can be read", entity=entity, held=f"{held:.40}")
    if dated and not raw.get("TxnDate"):
        return Text("its {entity} {held} has no date", entity=entity, held=f"{held:.40}")
    try:
        _READERS[entity](raw) if read is None else read()
    except Unreadable as problem:
        return problem.why
    return ""


def _named(entity: str, body: Raw) -> dict[str, Any]:
    if entity in _NAMES:
        return {key: body[key] for key in (_NAMES[entity], "ParentRef") if key in body}
    return {key: body[key] for key in ("DocNumber", "CustomerRef", "PrivateNote") if body.get(key)}


def _form(field: str, value: Any) -> str:
    if field in ("CustomerRef", "ParentRef"):
        return str(value.get("value", "")) if isinstance(value, Mapping) else ""
    text = "" if value is None else str(value)
    if field == "PrivateNote":  # QuickBooks may cut a long one, or change its line ends; ours is at the end
        return (text.splitlines() or [""])[-1].strip()
    return text if field == "Id" else name_key(text)
