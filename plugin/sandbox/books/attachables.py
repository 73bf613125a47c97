"""Attachments: notes and files, with the objects that they are attached to (qbo-api.md section 2)."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.faults import business, missing, not_found
from onedesk_quickbooks.plugin.sandbox.wire.values import Body

_FORMS = ("Invoice", "CreditMemo", "Payment", "Estimate", "SalesReceipt", "RefundReceipt", "Deposit")
_KINDS = (*_FORMS, "Customer", "Item", "Vendor")


def complete_attachable(books: Books, draft: Body, old: Body | None) -> Body:
    """A note or a file. Raises Refused 2020 (neither), 6000 (attached to an object that does not exist)."""
    if not draft.get("Note") and not draft.get("FileName"):
        raise missing("FileName")
    for each in draft.get("AttachableRef", []):
        target = each.get("EntityRef") or {}
        kind = str(target.get("type", "")).lower()
        name = next((found for found in _KINDS if found.lower() == kind), "")
        if not name or books.find(name, str(target.get("value", ""))) is None:
            named = f"{target.get('type')} {target.get('value')}"
            raise business(f"The entity {named} that you are trying to link does not exist. {named}")
        each["EntityRef"] = {"value": str(target["value"]), "type": name}
        each.setdefault("IncludeOnSend", False)
    for key in ("FileAccessUri", "TempDownloadUri", "Size"):
        if old and key in old:
            draft[key] = old[key]
    return draft


def keep_file(books: Books, attachable: Body, name: str, content_type: str, content: bytes) -> Body:
    """Store the content of an attachment; return the updated attachment."""
    sql = "INSERT OR REPLACE INTO file VALUES (?, ?, ?)"
    books.store.run(sql, (attachable["Id"], content_type, content))
    realm = books.store.meta("realm")
    body = {
        **attachable,
        "FileName": attachable.get("FileName") or name,
        "ContentType": attachable.get("ContentType") or content_type,
        "Size": Decimal(len(content)),
        "FileAccessUri": f"/v3/company/{realm}/download/{attachable['Id']}",
        "TempDownloadUri": f"/v3/company/{realm}/download/{attachable['Id']}?content=1",
    }
    return books.save("Attachable", body, attachable, "", bump=False)


def file_of(books: Books, entity_id: str) -> tuple[str, bytes]:
    """Type and content of an attachment's file. Raises Refused 610."""
    books.get("Attachable", entity_id)
    rows = books.store.rows("SELECT type, content FROM file WHERE id = ?", (entity_id,))
    if not rows:
        raise not_found()
    return str(rows[0][0]), bytes(rows[0][1])
