"""The e-mails that QuickBooks would have sent."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.fields import is_email
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, dumps, loads, number, ref_id

ERRORS = ("Missing Info", "Undeliverable", "Delivery Server Down", "Bounced Email")
"""The values of DeliveryErrorType (qbo-api.md 2.1)."""

_TEMPLATES = {"Invoice": "InvoiceMessage", "CreditMemo": "SalesReceiptMessage", "Payment": "SalesReceiptMessage"}


def post(books: Books, kind: str, body: Body, to: str) -> None:
    """Store an e-mail with the text of the company's message preferences (qbo-api.md 3.6)."""
    prefs = books.preferences["EmailMessagesPrefs"].get(_TEMPLATES.get(kind, "InvoiceMessage"), {})
    company = str(books.company["CompanyName"])
    values = {
        "id": body["Id"],
        "kind": kind,
        "to": to,
        "cc": _copy(body, "BillEmailCc"),
        "bcc": _copy(body, "BillEmailBcc"),
        "subject": f"{_word(kind)} {body.get('DocNumber', '')} from {company}".replace("  ", " "),
        "body": prefs.get("Message", ""),
        "doc_number": body.get("DocNumber", ""),
        "customer": (body.get("CustomerRef") or {}).get("name", ref_id(body, "CustomerRef")),
        "total": f"{number(body.get('TotalAmt')):.2f}",
        "balance": f"{number(body.get('Balance')):.2f}",
        "currency": ref_id(body, "CurrencyRef"),
        "due_date": body.get("DueDate", ""),
        "sent_at": books.now().isoformat(timespec="seconds"),
        "attachments": _files(books, kind, str(body["Id"])),
    }
    books.store.run("INSERT INTO email (body) VALUES (?)", (dumps(values),))


def bounce(books: Books, kind: str, entity_id: str, error: str) -> Body:
    """Mark an e-mail as undelivered: the form reports it by DeliveryErrorType only, its EmailStatus stays EmailSent.

    The time of change moves, the SyncToken does not. Raises Refused 610; ValueError for an unknown error, and if
    nothing was sent.
    """
    if error not in ERRORS:
        raise ValueError(f"error is one of {', '.join(ERRORS)}")
    old = books.get(kind, entity_id)
    if "DeliveryInfo" not in old:
        raise ValueError(f"{kind} {entity_id} was not sent by e-mail")
    new = {**old, "DeliveryInfo": {**old["DeliveryInfo"], "DeliveryErrorType": error}}
    return books.save(kind, new, old, "Update", bump=False)


def emails(books: Books) -> list[Body]:
    """Every e-mail, oldest first: `email_id id kind to cc bcc subject body doc_number ...`, `pdf` the path of the form,
    `attachments` the name, size and path of each other file."""
    return [
        _with_paths({"email_id": email_id, "attachments": [], **loads(text)})
        for email_id, text in books.store.rows("SELECT id, body FROM email ORDER BY id")
    ]


def _with_paths(mail: Body) -> Body:
    path = f"/email/{mail['email_id']}"
    files = [{**each, "path": f"{path}/file/{each['id']}"} for each in mail["attachments"]]
    return {**mail, "pdf": f"{path}/pdf", "attachments": files}


def _files(books: Books, kind: str, form_id: str) -> list[Body]:
    """The files of a form that go along with its e-mail (IncludeOnSend), in the order in which they were attached."""
    refs = (
        (row.body, each)
        for row in books.store.select("kind = 'Attachable' AND state = 2", (), "ORDER BY ord")
        for each in row.body.get("AttachableRef", ())
    )
    return [
        {"id": held["Id"], "name": held["FileName"], "size": held["Size"]}
        for held, each in refs
        if each["IncludeOnSend"] and each["EntityRef"] == {"value": form_id, "type": kind} and "Size" in held
    ]


def _copy(body: Body, key: str) -> str:
    """The address for a copy; an invalid one gets none, without an error (qbo-api.md 2.1)."""
    address = str((body.get(key) or {}).get("Address", "")).strip()
    return address if is_email(address) else ""


def _word(kind: str) -> str:
    return "".join(f" {each.lower()}" if each.isupper() else each for each in kind).strip().capitalize()
