"""The state of an invoice in one word: from the host's data and the plugin's ledger. Pure."""

from __future__ import annotations

from onedesk_quickbooks.plugin.texts import Text

TAGS: dict[str, str] = {
    "waiting": Text("Waiting for QuickBooks"),
    "copied": Text("Copied to QuickBooks"),
    "sent": Text("Sent by QuickBooks"),
    "differs": Text("Differs from QuickBooks"),
    "held": Text("Held for QuickBooks"),
    "skipped": Text("Skipped for QuickBooks"),
    "voided": Text("Voided in QuickBooks"),
}
"""What the host was notified of, and the tag for it."""
WORDS = {tag: word for word, tag in TAGS.items()}
"""The same by tag."""
STATES: dict[str, str] = {
    "held": Text("Held"),
    "differs": Text("Differs"),
    "waiting": Text("Waiting"),
    "changed": Text("Changed since copied"),
    "draft": Text("Draft"),
    "open": Text("Not copied"),
    "skipped": Text("Not for QuickBooks"),
    "copied": Text("Copied"),
    "sent": Text("Sent"),
    "part": Text("Paid in part"),
    "paid": Text("Paid"),
    "void": Text("Void"),
}
"""All states with their names, in the order of the filters."""
PAST: dict[str, str] = {"voided": Text("voided"), "deleted": Text("deleted"), "changed": Text("changed")}
"""What was done to an invoice, in the words of a sentence."""
_PRESSING = ("held", "differs", "waiting")


def state_of(status: str, part_paid: bool, notified: str, now: str = "") -> str:
    """One of STATES. `status` is the host's (draft, open, paid, void), `part_paid`: there is a payment and an open
    balance. `notified` is the last notification of the host (a word of TAGS, "" for none), `now` is what the ledger has
    since: waiting, held, changed, "" for nothing else. A needed action comes before what is done; money comes before
    the copy."""
    books = notified if now == "held" and notified == "differs" else now or notified
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
