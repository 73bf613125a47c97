"""One entry of the queue with all its data, as JSON and as text."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.cli.output import print_line, print_table
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.model.kinds import PAYING
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.ops.queue_list import listed
from onedesk_quickbooks.plugin.texts import Amount, Text, ngettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application
    from onedesk_quickbooks.plugin.ledger import OutboxEntry, Work


def entry_json(application: Application, work: Work) -> dict[str, Any]:
    """An entry with totals, both versions if QuickBooks' was changed ({field onedesk quickbooks}), decisions, requests,
    outcome of a copy or send, facts of a conflict (`ledger.Conflict`), and invoice; amounts are decimal strings."""
    link = application.ledger.links.invoice(work.realm_id, work.od_invoice_id)
    outcome, conflict = work.outcome or {}, work.conflict
    theirs = conflict.qbo_total or outcome.get("qbo_total") or outcome.get("stands")
    return {
        **listed(work, {each.run for each in application.stopped_runs()}, application.unanswered()),
        "asked_by": work.asked_by,
        "totals": {
            "currency": link.currency if link else work.invoice.get("currency"),
            "onedesk": work.invoice.get("total") or (link.total if link else None),
            "quickbooks": theirs or (link.qbo_total if link else None),
        },
        "quickbooks": {"id": link.qbo_id, "number": link.qbo_number, "state": link.state} if link else None,
        "versions": list(work.versions),
        "decisions": _decisions(application, work),
        "requests": [_request(entry) for entry in application.ledger.outbox.of_work(work.id)],
        "outcome": work.outcome,
        "conflict": dataclasses.asdict(conflict) if work.action not in ("copy", "send", "adopt", *PAYING) else None,
        "invoice": work.invoice,
    }


def _decisions(application: Application, work: Work) -> Any:
    """The decisions by the rules in force; the error if the invoice cannot be read."""
    if work.action in PAYING:
        return application.payment_decisions(work.invoice["payment"])
    try:
        return application.explanation(work.invoice).to_json()
    except ValueError as problem:
        return {"problem": str(problem)}


def _request(entry: OutboxEntry) -> dict[str, Any]:
    answer = entry.answer or {}
    return {
        "requestid": entry.requestid,
        "step": entry.step,
        "operation": entry.operation,
        "entity": entry.entity,
        "state": "unknown" if entry.state == "recorded" else entry.state,
        "recorded_at": entry.recorded_at.isoformat(),
        "intuit_tid": answer.get("intuit_tid") or None,
        "faults": answer.get("faults") or None,
        "answer": entry.answer,
        "sent": entry.body,
    }


def problem_of(request: Mapping[str, Any]) -> str:
    """The error in QuickBooks' response to a request; "" if there is none."""
    return str((request["answer"] or {}).get("text", "")) if request["state"] == "refused" else ""


def print_entry(entry: Mapping[str, Any], made: Mapping[str, str]) -> None:
    """Print the entry as text; the complete invoice and responses are in the JSON only. `made` has its sentences as
    texts."""
    named = {"n": entry["entry"], "action": Text(entry["action"]), "number": entry["number"] or entry["id"]}
    state = "waits" if entry["state"] == "todo" else entry["state"]
    attempts = ngettext("{n} attempt", "{n} attempts", entry["attempts"])
    paid = Text("{n}: {action}, payment {number}", **named)
    _row(Text("Entry"), paid if entry["action"] in PAYING else Text("{n}: {action} of invoice {number}", **named))
    since = entry["since"][:16]
    _row(
        Text("State"), Text("{state} since {since} UTC, {attempts}", state=Text(state), since=since, attempts=attempts)
    )
    _row(Text("Why"), made.get(entry["reason"], entry["reason"]) or "-")
    _row(Text("Total"), _totals(entry["totals"]))
    _row("QuickBooks", _link(entry["quickbooks"]))
    _print_versions(entry["versions"])
    for each in _decided(entry["decisions"]):
        _row(Text("Decided"), each)
    for request in entry["requests"]:
        ended = _ended(request, entry["state"], made)
        _row(Text("Request"), Text("{what}: {ended}", what=f"{request['operation']} {request['step']}", ended=ended))
        tid = f", intuit_tid {request['intuit_tid']}" if request["intuit_tid"] else ""
        _row("", f"requestid {request['requestid']}{tid}")
    if not entry["requests"]:
        _row(Text("Request"), Text("none was made"))


def _row(name: str, text: str) -> None:
    print_line(f"{shown(name):11} {shown(text)}")


def _print_versions(versions: Sequence[Mapping[str, str]]) -> None:
    """Print both versions side by side, differences only."""
    from onedesk_quickbooks.plugin.planning import field_text, value_text  # `queue` does not need it

    if versions:
        sides = ("onedesk", "quickbooks")
        rows = [
            (field_text(each["field"]), *(value_text(each["field"], each[side]) for side in sides)) for each in versions
        ]
        print_table((Text("Differs in"), "OneDesk", "QuickBooks"), rows)


def _totals(totals: Mapping[str, Any]) -> str:
    theirs, currency = totals["quickbooks"], totals["currency"]
    there = Amount(Money(decimal_from_text(theirs), currency)) if theirs and currency else theirs
    return Text(
        "OneDesk {total}, QuickBooks {there}",
        total=Amount(f"{totals['onedesk']} {totals['currency']}"),
        there=there if theirs is not None else Text("none yet"),
    )


def _link(link: Mapping[str, Any] | None) -> str:
    if not link:
        return Text("does not have it")
    values = {"number": link["number"] or "-", "id": link["id"], "state": Text(link["state"])}
    return Text("invoice {number} (id {id}), {state}", **values)


def _ended(request: Mapping[str, Any], state: str, made: Mapping[str, str]) -> str:
    from onedesk_quickbooks.plugin.qbo import answered_id

    if request["state"] == "refused":
        problem = problem_of(request)
        return Text("refused: {why}", why=made.get(problem, problem))
    if request["state"] == "unknown" and state == "stopped":
        return Text("no response; it is looked up, and repeated only if it was not done and somebody resumes the run")
    if request["state"] == "unknown":
        return Text("no response; it is resolved before anything new starts")
    if request["state"] == "given_up":
        return Text("QuickBooks does not answer it; it is looked up before anything else is written for the invoice")
    return Text("answered, id {id}", id=answered_id(request["answer"]) or "?")


def _decided(entry: Mapping[str, Any]) -> list[str]:
    if "decisions" not in entry:
        return [Text("nothing: {problem}", problem=str(entry["problem"]))]
    from onedesk_quickbooks.plugin.ops.trail import decided_text

    return [
        decided_text(each["subject"], each["table"], each["outcome"], each["rule"], f"{each['file']}:{each['line']}")
        for each in entry["decisions"]
    ]
