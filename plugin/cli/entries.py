"""One entry of the queue with all that is known of it, for machines and for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.cli.output import counted, print_table, tell
from onedesk_quickbooks.plugin.ops.queue_list import listed

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application
    from onedesk_quickbooks.plugin.ledger import OutboxEntry, Work


def entry_told(application: Application, work: Work) -> dict[str, Any]:
    """An entry with totals, both versions where QuickBooks' was changed ({field onedesk quickbooks}), decisions,
    requests, outcome of a copy or send, facts of a conflict (`ledger.Conflict`), and invoice; amounts are decimal
    strings."""
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
        "versions": list(conflict.versions) or outcome.get("versions") or [],
        "decisions": _decisions(application, work),
        "requests": [_request(entry) for entry in application.ledger.outbox.of_work(work.id)],
        "outcome": work.outcome,
        "conflict": dataclasses.asdict(conflict) if work.action not in ("copy", "send", "adopt") else None,
        "invoice": work.invoice,
    }


def _decisions(application: Application, work: Work) -> Any:
    """What the rules in force now decide about it; the complaint where the invoice cannot be read."""
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


def print_entry(told: Mapping[str, Any]) -> None:
    """The same for people; the whole of the invoice and of the answers is in the JSON."""
    rows = [
        ("Entry", f"{told['entry']}: {told['action']} of invoice {told['number'] or told['id']}"),
        ("State", f"{told['state']} since {told['since'][:16]} UTC, {counted(told['attempts'], 'attempt')}"),
        ("Why", told["reason"] or "-"),
        ("Total", _totals(told["totals"])),
        ("QuickBooks", _link(told["quickbooks"])),
    ]
    for name, text in rows:
        tell(f"{name:11} {text}")
    _print_versions(told["versions"])
    for place, why in _decided(told["decisions"]):
        tell(f"{'Decided':11} {place}: {why}")
    for request in told["requests"]:
        tell(f"{'Request':11} {request['operation']} {request['step']}: {_ended(request, told['state'])}")
        tid = f", intuit_tid {request['intuit_tid']}" if request["intuit_tid"] else ""
        tell(f"{'':11} requestid {request['requestid']}{tid}")
    if not told["requests"]:
        tell(f"{'Request':11} none was made")


def _print_versions(versions: Sequence[Mapping[str, str]]) -> None:
    """Both versions side by side, what differs alone."""
    if versions:
        rows = [(each["field"], each["onedesk"], each["quickbooks"]) for each in versions]
        print_table(("Differs in", "OneDesk", "QuickBooks"), rows)


def _totals(totals: Mapping[str, Any]) -> str:
    theirs = totals["quickbooks"]
    return (
        f"OneDesk {totals['onedesk']} {totals['currency']}, QuickBooks {theirs if theirs is not None else 'none yet'}"
    )


def _link(link: Mapping[str, Any] | None) -> str:
    return f"invoice {link['number'] or '-'} (id {link['id']}), {link['state']}" if link else "has it not"


def _ended(request: Mapping[str, Any], state: str) -> str:
    answer = request["answer"] or {}
    if request["state"] == "refused":
        return f"refused: {answer.get('text', '')}"
    if request["state"] == "unknown" and state == "stopped":
        return "no answer came; it is looked up, and made again only where it was not done and somebody resumes the run"
    if request["state"] == "unknown":
        return "no answer came; it is settled before anything new begins"
    if request["state"] == "given_up":
        return "QuickBooks fails to answer it; it is looked for before anything else is written for the invoice"
    return f"answered, id {answer.get('Id', '?')}"


def _decided(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "decisions" not in told:
        return [("nothing", str(told["problem"]))]
    return [
        (
            f"{each['subject']}, {each['table']}",
            f"{each['outcome']} ({each['rule']} at {each['file']}:{each['line']})",
        )
        for each in told["decisions"]
    ]
