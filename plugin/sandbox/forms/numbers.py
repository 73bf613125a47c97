"""Document numbers (qbo-api.md 2.1.1)."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.store import folded
from onedesk_quickbooks.plugin.sandbox.wire.faults import refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import Body

_LABELS = {
    "Invoice": "Invoice",
    "CreditMemo": "Credit Memo",
    "Estimate": "Estimate",
    "SalesReceipt": "Sales Receipt",
    "RefundReceipt": "Refund",
}
_TOGETHER = {"Invoice", "CreditMemo"}
"""Kinds that share their numbers. Whether QuickBooks compares across kinds is not documented; every recorded refusal
names a transaction of the kind that was sent."""


def doc_number(books: Books, kind: str, draft: Body, old: Body | None) -> None:
    """Keep a number that was sent, or assign the next one if QuickBooks assigns numbers. Raises Refused 6140.

    AutoDocNumber and AUTO_GENERATE assign one even if the company uses custom numbers. An empty text counts as a
    number: the form has none. A form keeps its number.
    """
    custom = bool(books.preferences["SalesFormsPrefs"].get("CustomTxnNumbers"))
    asked, held = draft.get("DocNumber"), (old or {}).get("DocNumber")
    automatic = draft.get("AutoDocNumber") or asked == "AUTO_GENERATE"
    if asked and (asked == held or not automatic):
        if asked != held:
            if custom:
                _duplicate(books, kind, asked, (old or {}).get("Id"))
            if asked.isdigit():
                books.store.set_meta("doc_number", asked)
        return
    draft.pop("DocNumber", None)
    if asked == "":
        return
    if held and not custom:
        draft["DocNumber"] = held
    elif automatic or not custom:
        following = str(int(books.store.meta("doc_number", "1000")) + 1)
        books.store.set_meta("doc_number", following)
        draft["DocNumber"] = following


def _duplicate(books: Books, kind: str, asked: str, own: str | None) -> None:
    """Raise Refused for a duplicate number if the company's setting says so, which the API cannot read, unless the
    request allows it."""
    if books.store.meta("warn_duplicate_numbers") != "1" or "allowduplicatedocnum" in books.include:
        return
    sql = "SELECT kind, id FROM entity WHERE number = ? AND state != 0"
    for other, entity_id in books.store.rows(sql, (folded(asked),)):
        if entity_id != own and (other == kind or {other, kind} <= _TOGETHER):
            raise refusal(
                "6140",
                "Duplicate Document Number Error : You must specify a different number. This number has already "
                f"been used. DocNumber={asked} is assigned to TxnType={_LABELS[other]} with TxnId={entity_id}",
            )
