"""What waits, row by row, for `queue` and the page "Needs attention": entries of the queue, payments that the host has
not accepted, commands that could not be recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from onedesk_quickbooks.plugin.texts import Amount, Text


class Entry(Protocol):
    """The source of a row: `ledger.Work`, or `ledger.Outline`."""

    @property
    def id(self) -> int:
        """The entry."""

    @property
    def od_invoice_id(self) -> str:
        """OneDesk's id of the invoice."""

    @property
    def od_number(self) -> str:
        """Its number."""

    @property
    def action(self) -> str:
        """What is to be done, or what happened."""

    @property
    def state(self) -> str:
        """The ledger's state."""

    @property
    def reason(self) -> str:
        """Why it is in the queue."""

    @property
    def outcome(self) -> Mapping[str, Any] | None:
        """The outcome of the last try."""

    @property
    def run(self) -> str:
        """The run that alone does it."""

    @property
    def attempts(self) -> int:
        """How often it was tried."""

    @property
    def created_at(self) -> datetime:
        """Since when it is in the queue."""

    @property
    def updated_at(self) -> datetime:
        """When it was last tried."""


def why_stopped(run: str, unanswered: bool) -> Text:
    """Why an entry of a stopped command waits; whether QuickBooks has not answered a request for it."""
    if unanswered:
        return Text(
            "its command was stopped, and QuickBooks has not answered a request for it; to continue: "
            "onedesk-quickbooks queue resume {run}",
            run=run,
        )
    return Text("its command was stopped; to continue: onedesk-quickbooks queue resume {run}", run=run)


def listed(work: Entry, stopped: Collection[str] = (), unanswered: Collection[str] = ()) -> dict[str, Any]:
    """An entry as a row; `stopped` are the runs of stopped commands, `unanswered` the invoices with a request that
    QuickBooks has not answered."""
    left = work.state == "todo" and work.run in stopped
    why = why_stopped(work.run, work.od_invoice_id in unanswered) if left else ""
    return {
        "entry": work.id,
        "id": work.od_invoice_id,
        "number": work.od_number,
        "action": work.action,
        "state": "stopped" if left else work.state,
        "reason": why or work.reason or str((work.outcome or {}).get("reason", "")),
        "run": work.run or None,
        "attempts": work.attempts,
        "since": work.created_at.isoformat(),
        "tried": work.updated_at.isoformat(),
    }


def _not_taken(payment: Mapping[str, Any], former: str) -> Text:
    amount = Amount(f"{payment['amount']} {payment['currency']}")
    if former:
        return Text(
            "{amount} is to be {what} in OneDesk, and no QuickBooks company is connected, so that it is not reported."
            " Connect {company} again: Administration > Financials, or onedesk-quickbooks connect",
            amount=amount,
            what=Text(payment["what"]),
            company=former,
        )
    if payment["what"] == "recorded":
        return Text(
            "{amount} is to be recorded; OneDesk has not accepted it yet. It is reported with each look for payments;"
            " if OneDesk, or another of its plugins, has refused it, the log says which, and why.",
            amount=amount,
        )
    return Text(
        "{amount} is to be {what}; OneDesk has not accepted that yet. It is reported with each look for payments; if"
        " OneDesk, or another of its plugins, has refused it, the log says which, and why.",
        amount=amount,
        what=Text(payment["what"]),
    )


def not_recorded(payment: Mapping[str, Any], former: str = "") -> dict[str, Any]:
    """A payment that the host has not accepted, as a row: it has no entry, because it is reported again
    automatically; not while its company, `former`, is disconnected."""
    return {
        "entry": None,
        "id": payment["invoice_id"],
        "number": payment["number"],
        "action": "payment",
        "state": "untold",
        "reason": _not_taken(payment, former),
        "run": None,
        "attempts": 0,
        "since": payment["since"],
        "tried": payment["since"],
    }


FILED = Text(
    "It was requested while the database could not be used. The request waits in a file, and is recorded"
    " automatically as soon as the database can be used: nobody has to repeat it."
)
"""Why an invoice waits whose request the ledger does not have yet."""


def refused(command: Mapping[str, Any]) -> dict[str, Any]:
    """A command that waited in a file, and that the ledger refused, as a row: it has no entry."""
    why = Text(
        "It waited for the database in {file}, and could not be recorded; the log says why. Request it again in "
        "OneDesk, then delete the file.",
        file=command["file"],
    )
    return {**filed(command), "state": "refused", "reason": why, "attempts": 1, "tried": command["since"]}


def filed(command: Mapping[str, Any]) -> dict[str, Any]:
    """A command that waits in a file for the ledger, as a row: it has no entry."""
    return {
        "entry": None,
        "id": command["id"],
        "number": command["number"],
        "action": command["action"] or "?",
        "state": "filed",
        "reason": FILED,
        "run": None,
        "attempts": 0,
        "since": command["since"],
        "tried": None,
    }
