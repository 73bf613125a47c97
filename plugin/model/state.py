"""How an invoice stands, in one word: from what the host knows of it and what the plugin's ledger says. Pure."""

from __future__ import annotations

TAGS = {
    "waiting": "Waiting for QuickBooks",
    "copied": "Copied to QuickBooks",
    "sent": "Sent by QuickBooks",
    "differs": "Differs from QuickBooks",
    "held": "Held for QuickBooks",
    "skipped": "Skipped for QuickBooks",
    "voided": "Voided in QuickBooks",
}
"""What the host is told of an invoice, and the tag that says so."""
WORDS = {tag: word for word, tag in TAGS.items()}
"""The same by tag."""
STATES = {
    "held": "Held",
    "differs": "Differs",
    "waiting": "Waiting",
    "changed": "Changed since copied",
    "draft": "Draft",
    "open": "Not copied",
    "skipped": "Not for QuickBooks",
    "copied": "Copied",
    "sent": "Sent",
    "part": "Paid in part",
    "paid": "Paid",
    "void": "Void",
}
"""All states with their names, in the order in which filters stand."""
_PRESSING = ("held", "differs", "waiting")


def state_of(status: str, part_paid: bool, told: str, now: str = "") -> str:
    """One of STATES. `status` is the host's (draft, open, paid, void), `part_paid`: a payment stands and something is
    left. `told` is what the host was told last (a word of TAGS, "" for nothing), `now` what the ledger says since:
    waiting, held, changed, "" for nothing else. What somebody waits for goes before what is done; money goes before the
    copy."""
    books = told if now == "held" and told == "differs" else now or told
    if status == "void":
        return books if books in ("held", "differs") else "void"
    if books in _PRESSING:
        return books
    if status == "paid":
        return "paid"
    if books == "changed":
        return "changed"
    if part_paid:
        return "part"
    if status == "draft":
        return "draft"
    return books if books in ("skipped", "copied", "sent") else "open"
