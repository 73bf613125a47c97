"""Kinds of documents and payments, as the ledger names them."""

from __future__ import annotations

INVOICE, CREDIT_MEMO = "invoice", "credit_memo"
"""The forms of an invoice of the host in QuickBooks: a credit note becomes a credit memo."""
PAID, UNPAID = "paid", "unpaid"
"""What the host has done: it has recorded a payment, or deleted it. Both are actions of entries of the queue."""
PAYING = (PAID, UNPAID)
WRITTEN = ("copied", "sent", "updated")
"""The outcomes after which QuickBooks has the invoice as it was read."""
LINKED = (*WRITTEN, "unchanged")
"""The outcomes of a copy or send after which the ledger has a link of the invoice: one that was found by its mark in
QuickBooks is updated, or unchanged."""
DROPPED = "dropped"
"""The state of an entry that a person has taken out of the queue: with `queue drop`, by what was done to the invoice in
the host, or by taking back its adoption."""
REPLACED = "replaced"
"""The state of an entry that no person has taken out: a newer request, another entry or a later event is in its place,
which its reason names."""
LEFT = (DROPPED, REPLACED)
"""The states of what has left the queue undone."""
SAME_AGAIN = "same-again"
"""The code of the note that an edit in QuickBooks is as OneDesk has the invoice by now."""
SENT_ALREADY = "sent-already"
"""The code of the note that a send found the invoice e-mailed, and unchanged since."""
