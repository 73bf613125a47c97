"""A row of the audit trail for people: what happened, in a sentence or a few."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from onedesk_quickbooks.plugin.ledger import AuditEntry

_SHIPPED = "default.yaml:"
"""Where what was decided as shipped stands."""
Told = Mapping[str, Any]


def told(entry: AuditEntry) -> list[str]:
    """What happened, and the rest of it."""
    return list(_SENTENCES[entry.kind](entry.told)) if entry.kind in _SENTENCES else [entry.content]


def _taken(told: Told) -> Iterator[str]:
    invoice = told["invoice"]
    run = f", run {told['run']}" if told["run"] else ""
    asked = f"{invoice.get('total')} {invoice.get('currency')}" if invoice.get("total") is not None else "no total"
    yield f"{told['action']}{run}: invoice {invoice.get('number') or invoice.get('id')} over {asked}"
    yield f"SHA-256 of the invoice {told['digest']}"


def _decided(told: Told) -> Iterator[str]:
    yield f"by {told['rules']['source']} ({told['rules']['hash']})"
    if "invoice" in told:
        yield f"of another version than the one that was handed over, SHA-256 {told['digest']}"
    shipped = 0
    for subject, table, outcome, rule, at in told["decisions"]:
        if subject == "invoice" and table != "customer" and at.startswith(_SHIPPED):
            shipped += 1
        else:
            yield f"{subject}, {table}: {outcome} ({rule} at {at})"
    if shipped:
        yield f"and {shipped} settings of {_SHIPPED[:-1]}, which --json shows"


def _planned(told: Told) -> Iterator[str]:
    if "customer" not in told:
        yield from _withdrawn(told)
        return
    customer = told["customer"]
    known = f"QuickBooks {customer['qbo_id']}" if customer["qbo_id"] else "new"
    there = f" {told['qbo_id']}" if told["qbo_id"] else ""
    what = "credit memo" if told.get("kind") == "credit_memo" else "invoice"
    yield f'{told["invoice"]} {what}{there} for "{customer["name"]}" ({known}): {told["outcome"]}'
    tax = "calculated there" if told["qbo_tax"] is None else told["qbo_tax"]
    in_qbo = "calculated there" if told["qbo_total"] is None else told["qbo_total"]
    yield f"OneDesk {told['total']} {told['currency']}; QuickBooks' total {in_qbo}, tax {tax}"
    if told["new_items"]:
        yield f"new items: {', '.join(told['new_items'])}"
    if told["send_to"]:
        yield f"e-mail to {told['send_to']}"
    if told["reason"]:
        yield told["reason"]


def _withdrawn(told: Told) -> Iterator[str]:
    """Of one that is voided or deleted in QuickBooks."""
    there = f" {told['qbo_id']}" if told["qbo_id"] else ""
    yield f"{told['invoice']} invoice{there}: {told['outcome']}"
    in_qbo = told["qbo_total"] or "none"
    yield f"OneDesk {told['total']} {told['currency']}; QuickBooks' total {in_qbo}"
    if told["reason"]:
        yield told["reason"]


def _request(told: Told) -> Iterator[str]:
    batch = f", in the batch {told['batch']}" if told["batch"] else ""
    yield f"{told['method']} {told['resource']}: {told['operation']} {told['step']}{batch}"
    yield f"requestid {told['requestid']}"
    yield f"SHA-256 of the body {told['digest']}"


def _answer(told: Told) -> Iterator[str]:
    names = ("id", "sync_token", "number", "name", "total", "balance")
    facts = [f"{name} {told[name]}" for name in names if told.get(name)]
    yield f"{told['status']} {', '.join(facts)}".rstrip()
    yield f"requestid {told['requestid']}"
    if told.get("intuit_tid"):
        yield f"intuit_tid {told['intuit_tid']}"
    if problem := told.get("text") or told.get("problem"):
        yield problem


def _outcome(told: Told) -> Iterator[str]:
    there = f", QuickBooks {told['qbo_id']}" if told["qbo_id"] else ""
    total = f", QuickBooks' total {told['qbo_total']} {told['currency']}" if told["qbo_total"] else ""
    yield f"{told['action']}: {told['outcome']}{there}{total}"
    if told["reason"]:
        yield told["reason"]


def _payment(told: Told) -> Iterator[str]:
    payment = told["payment"]
    yield f"{told['what']} {payment['amount']} {payment['currency']} of {payment['date']} ({payment['id']})"
    if told["reversal"]:
        yield str(told["reversal"].get("reason", ""))


def _entry(told: Told) -> Iterator[str]:
    rule = f", rule {told['rule']}" if told["rule"] else ""
    total = f", QuickBooks' total {told['qbo_total']}" if told["qbo_total"] else ""
    yield f"entry {told['entry']}, {told['action']}: {told['state']}{rule}{total}"
    yield from (
        f"{each['field']}: OneDesk {each['onedesk']}, QuickBooks {each['quickbooks']}" for each in told["versions"]
    )
    if told["reason"]:
        yield told["reason"]


def _act(told: Told) -> Iterator[str]:
    rest = [f"{name} {value}" for name, value in told.items() if name != "act" and value not in (None, "")]
    yield f"{told['act']}: {', '.join(rest)}" if rest else str(told["act"])


_SENTENCES: Mapping[str, Callable[[Told], Iterator[str]]] = {
    "taken": _taken,
    "decided": _decided,
    "planned": _planned,
    "request": _request,
    "answer": _answer,
    "outcome": _outcome,
    "payment": _payment,
    "entry": _entry,
    "act": _act,
}
