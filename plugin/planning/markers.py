"""The line in a QuickBooks invoice's private note that says whose copy it is, and what is done where it lacks."""

from __future__ import annotations

import shlex

MARKER = "OneDesk invoice"


def marker(invoice_id: str) -> str:
    """The line of the private note by which a QuickBooks invoice is known as ours."""
    return f"{MARKER} {invoice_id}"


def note_of(private_note: str, invoice_id: str) -> str:
    """The private note of a QuickBooks invoice: the host's, and the line that says whose copy it is."""
    return "\n".join(part for part in (private_note, marker(invoice_id)) if part)


def adopt_command(invoice_id: str, qbo_id: str) -> str:
    """The command by which a person says that an invoice without this line is the copy of one of the host's."""
    pair = shlex.quote(f"{invoice_id}={qbo_id}")
    return f"onedesk-quickbooks adopt {shlex.quote(invoice_id)} --pair {pair} --yes"


def marked(private_note: str) -> str:
    """The id of the host's invoice that a QuickBooks invoice's private note names; "" for none."""
    lines = [line for line in private_note.splitlines() if line.startswith(f"{MARKER} ")]
    return lines[-1].removeprefix(f"{MARKER} ") if lines else ""
