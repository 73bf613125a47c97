"""A row of the audit trail for people: what happened, in one or more sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from onedesk_quickbooks.plugin.ledger import AuditEntry
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.texts import Amount, Text, joined

_SHIPPED = "default.yaml:"
"""The place of a decision by the shipped rules."""
Told = Mapping[str, Any]


def sentences(entry: AuditEntry) -> list[str]:
    """What happened, and the details."""
    return list(_SENTENCES[entry.kind](entry.values)) if entry.kind in _SENTENCES else [entry.content]


_WORDS: dict[str, str] = {
    text: text
    for text in (
        *(Text("copy"), Text("send"), Text("create"), Text("update"), Text("unchanged"), Text("void"), Text("delete")),
        *(Text("copied"), Text("updated"), Text("sent"), Text("voided"), Text("deleted"), Text("held"), Text("failed")),
        *(Text("skipped"), Text("undo"), Text("changed"), Text("customer"), Text("bounced"), Text("scheduled")),
        *(Text("todo"), Text("done"), Text("dropped"), Text("applied"), Text("reversed"), Text("noted")),
        *(Text("recorded"), Text("paid"), Text("unpaid"), Text("opened"), Text("edited"), Text("reopened")),
        *(Text("answered"), Text("refused"), Text("number"), Text("name"), Text("total"), Text("balance")),
        *(Text("found"), Text("given up"), Text("reason"), Text("entry")),
    )
}
_ACTS: Mapping[str, str] = {
    "hold": Text("held by a person"),
    "release": Text("released"),
    "retry": Text("tried again"),
    "drop": Text("taken out of the queue"),
    "resend": Text("asked to be e-mailed once more"),
    "resume": Text("taken up again"),
    "unadopt": Text("its link taken back"),
}
"""Actions of people with an invoice; others are shown by their names."""


def _word(english: Any) -> str:
    """An action or a state, as a text."""
    return _WORDS.get(str(english), str(english))


def decided_text(subject: str, table: str, outcome: str, rule: str, at: str) -> Text:
    """What a rule has decided for the invoice, or for one of its lines."""
    from onedesk_quickbooks.plugin.ruleset.explain import outcome_text, subject_text  # `status` and `queue` do without

    values = {"subject": subject_text(subject), "table": table, "rule": rule, "at": at}
    values["outcome"] = outcome_text(table, outcome)
    return Text("{subject}, {table}: {outcome} ({rule} at {at})", **values)


def _money(told: Told, name: str) -> Amount:
    """An amount of a row with its currency, in the usual form."""
    return Amount(f"{_digits(told, name)} {told.get('currency')}")


def _digits(told: Told, name: str) -> Amount:
    amount = str(told[name])
    try:
        return Amount(Money(decimal_from_text(amount), str(told.get("currency"))).digits)
    except ValueError:  # as the host gave it
        return Amount(amount)


def _taken(told: Told) -> Iterator[str]:
    invoice = told["invoice"]
    has_total = invoice.get("total") is not None
    values = {
        "action": _word(told["action"]),
        "run": Text(", run {run}", run=told["run"]) if told["run"] else "",
        "number": str(invoice.get("number") or invoice.get("id")),
        "total": _money(invoice, "total") if has_total else Text("no total"),
    }
    paid = Text("{action}{run}: payment {number} of {total}", **values)
    yield paid if "payment" in invoice else Text("{action}{run}: invoice {number} of {total}", **values)
    yield Text("SHA-256 of the invoice {digest}", digest=told["digest"])


def _decided(told: Told) -> Iterator[str]:
    yield Text("by {source} ({hash})", source=told["rules"]["source"], hash=told["rules"]["hash"])
    if "invoice" in told:
        yield Text("of another version than the one that was handed over, SHA-256 {digest}", digest=told["digest"])
    shipped = 0
    for subject, table, outcome, rule, at in told["decisions"]:
        if subject == "invoice" and table != "customer" and at.startswith(_SHIPPED):
            shipped += 1
        else:
            yield decided_text(subject, table, outcome, rule, at)
    if shipped:
        yield Text("and {n} settings of {file}, which --json shows", n=shipped, file=_SHIPPED[:-1])


def _planned(told: Told) -> Iterator[str]:
    if "invoices" in told:
        yield from _paid(told)
        return
    if "customer" not in told:
        yield from _withdrawn(told)
        return
    customer = told["customer"]
    values = {
        "action": _word(told["invoice"]),
        "what": Text("credit memo") if told.get("kind") == "credit_memo" else Text("invoice"),
        "id": f" {told['qbo_id']}" if told["qbo_id"] else "",
        "customer": str(customer["name"]),
        "known": f"QuickBooks {customer['qbo_id']}" if customer["qbo_id"] else Text("new"),
        "outcome": _word(told["outcome"]),
    }
    yield Text('{action} {what}{id} for "{customer}" ({known}): {outcome}', **values)
    unknown = Text("calculated there")
    yield Text(
        "OneDesk {total}; QuickBooks' total {there}, tax {tax}",
        total=_money(told, "total"),
        there=unknown if told["qbo_total"] is None else _digits(told, "qbo_total"),
        tax=unknown if told["qbo_tax"] is None else _digits(told, "qbo_tax"),
    )
    if told["new_items"]:
        yield Text("new items: {names}", names=", ".join(told["new_items"]))
    if told.get("attach"):
        yield Text("files: {names}", names=", ".join(told["attach"]))
    if told["send_to"]:
        yield Text("e-mail to {address}", address=told["send_to"])
    if told["reason"]:
        yield told["reason"]


def _paid(told: Told) -> Iterator[str]:
    """For a payment of the host."""
    total = _money(told, "total")
    yield Text("payment of {total}: {outcome}", total=total, outcome=_word(told["outcome"]))
    if told["voids"]:
        yield Text("void QuickBooks {id}", id=told["voids"])
    for each in told["invoices"]:
        known = f"QuickBooks {each['qbo_id']}"
        amount = _digits({**told, **each}, "amount")
        yield Text("{amount} to {name} ({known})", amount=amount, name=each["id"], known=known)
    if told["reason"]:
        yield told["reason"]


def _withdrawn(told: Told) -> Iterator[str]:
    """For an invoice that is voided or deleted in QuickBooks."""
    there = f" {told['qbo_id']}" if told["qbo_id"] else ""
    values = {"action": _word(told["invoice"]), "outcome": _word(told["outcome"]), "id": there}
    yield Text("{action} invoice{id}: {outcome}", **values)
    yield Text(
        "OneDesk {total}; QuickBooks' total {there}",
        total=_money(told, "total"),
        there=_digits(told, "qbo_total") if told["qbo_total"] else Text("none"),
    )
    if told["reason"]:
        yield told["reason"]


def _request(told: Told) -> Iterator[str]:
    batch = Text(", in the batch {batch}", batch=told["batch"]) if told["batch"] else ""
    yield joined("", (f"{told['method']} {told['resource']}: {told['operation']} {told['step']}", batch))
    yield f"requestid {told['requestid']}"
    yield Text("SHA-256 of the body {digest}", digest=told["digest"])


def _answer(told: Told) -> Iterator[str]:
    names = (("id", str), ("sync_token", str), ("number", str), ("name", str), ("total", Amount), ("balance", Amount))
    facts = [joined(" ", (_word(name), kind(told[name]))) for name, kind in names if told.get(name)]
    status = _word(told["status"].replace("_", " "))
    yield joined(" ", (status, joined(", ", facts))) if facts else status
    yield f"requestid {told['requestid']}"
    if told.get("intuit_tid"):
        yield f"intuit_tid {told['intuit_tid']}"
    if problem := told.get("text") or told.get("problem"):
        yield problem


def _outcome(told: Told) -> Iterator[str]:
    total = _money(told, "qbo_total")
    values = {
        "action": _word(told["action"]),
        "outcome": _word(told["outcome"]),
        "there": f", QuickBooks {told['qbo_id']}" if told["qbo_id"] else "",
        "total": Text(", QuickBooks' total {total}", total=total) if told["qbo_total"] else "",
    }
    yield Text("{action}: {outcome}{there}{total}", **values)
    if told["reason"]:
        yield told["reason"]


def _payment(told: Told) -> Iterator[str]:
    payment = told["payment"]
    amount = _money(payment, "amount")
    values = {"what": _word(told["what"]), "amount": amount, "day": payment["date"], "id": payment["id"]}
    yield Text("{what} {amount} of {day} ({id})", **values)
    if told["reversal"]:
        yield str(told["reversal"].get("reason", ""))


def _entry(told: Told) -> Iterator[str]:
    from onedesk_quickbooks.plugin.planning import version_text  # `status` and `queue` do without

    total = Amount(told["qbo_total"])
    values = {
        "action": _word(told["action"]),
        "state": _word(told["state"]),
        "rule": Text(", rule {rule}", rule=told["rule"]) if told["rule"] else "",
        "total": Text(", QuickBooks' total {total}", total=total) if told["qbo_total"] else "",
    }
    yield Text("entry {n}, {action}: {state}{rule}{total}", n=told["entry"], **values)
    for each in told["versions"]:
        yield version_text((each["field"], each["onedesk"], each["quickbooks"]))
    if told["reason"]:
        yield told["reason"]


def _act(told: Told) -> Iterator[str]:
    did = _ACTS.get(told["act"], told["act"])
    rest = [
        joined(" ", (_word(name), _word(value) if name == "action" else str(value)))
        for name, value in told.items()
        if name != "act" and value not in (None, "")
    ]
    yield Text("{field}: {sentence}", field=did, sentence=joined(", ", rest)) if rest else did


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
