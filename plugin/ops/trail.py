"""A row of the audit trail for people: what happened, in one or more sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from onedesk_quickbooks.plugin.ledger import AuditEntry
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.texts import Amount, Text, joined

_SHIPPED = "default.yaml:"
"""The place of a decision by the shipped rules."""
Content = Mapping[str, Any]


def sentences(entry: AuditEntry) -> list[str]:
    """What happened, and the details."""
    return list(_SENTENCES[entry.kind](entry.values)) if entry.kind in _SENTENCES else [entry.content]


_WORDS: dict[str, str] = {
    text: text
    for text in (
        *(Text("copy"), Text("send"), Text("create"), Text("update"), Text("unchanged"), Text("void"), Text("delete")),
        *(Text("copied"), Text("updated"), Text("sent"), Text("voided"), Text("deleted"), Text("held"), Text("failed")),
        *(Text("skipped"), Text("undo"), Text("changed"), Text("customer"), Text("bounced"), Text("scheduled")),
        *(Text("todo"), Text("done"), Text("dropped"), Text("replaced"), Text("applied"), Text("reversed")),
        *(Text("recorded"), Text("paid"), Text("unpaid"), Text("opened"), Text("edited"), Text("reopened")),
        *(Text("answered"), Text("refused"), Text("number"), Text("name"), Text("total"), Text("balance")),
        *(Text("noted"), Text("mailed"), Text("found"), Text("given up"), Text("reason"), Text("entry")),
    )
}
_ACTS: Mapping[str, str] = {
    "hold": Text("held by a person"),
    "release": Text("released"),
    "retry": Text("tried again"),
    "drop": Text("taken out of the queue"),
    "resend": Text("another e-mail was requested"),
    "resume": Text("continued"),
    "unadopt": Text("its link removed"),
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


def _money(content: Content, name: str) -> Amount:
    """An amount of a row with its currency, in the usual form."""
    return Amount(f"{_digits(content, name)} {content.get('currency')}")


def _digits(content: Content, name: str) -> Amount:
    amount = str(content[name])
    try:
        return Amount(Money(decimal_from_text(amount), str(content.get("currency"))).digits)
    except ValueError:  # as the host gave it
        return Amount(amount)


def _taken(content: Content) -> Iterator[str]:
    invoice = content["invoice"]
    has_total = invoice.get("total") is not None
    values = {
        "action": _word(content["action"]),
        "run": Text(", run {run}", run=content["run"]) if content["run"] else "",
        "number": str(invoice.get("number") or invoice.get("id")),
        "total": _money(invoice, "total") if has_total else Text("no total"),
    }
    paid = Text("{action}{run}: payment {number} of {total}", **values)
    yield paid if "payment" in invoice else Text("{action}{run}: invoice {number} of {total}", **values)
    yield Text("SHA-256 of the invoice {digest}", digest=content["digest"])


def _decided(content: Content) -> Iterator[str]:
    yield Text("by {source} ({hash})", source=content["rules"]["source"], hash=content["rules"]["hash"])
    if "invoice" in content:
        yield Text("of another version than the one that was passed, SHA-256 {digest}", digest=content["digest"])
    shipped = 0
    for subject, table, outcome, rule, at in content["decisions"]:
        if subject == "invoice" and table != "customer" and at.startswith(_SHIPPED):
            shipped += 1
        else:
            yield decided_text(subject, table, outcome, rule, at)
    if shipped:
        yield Text("and {n} settings of {file}, which --json shows", n=shipped, file=_SHIPPED[:-1])


def _planned(content: Content) -> Iterator[str]:
    if "invoices" in content:
        yield from _paid(content)
        return
    if "customer" not in content:
        yield from _withdrawn(content)
        return
    customer = content["customer"]
    values = {
        "action": _word(content["invoice"]),
        "what": Text("credit memo") if content.get("kind") == "credit_memo" else Text("invoice"),
        "id": f" {content['qbo_id']}" if content["qbo_id"] else "",
        "customer": str(customer["name"]),
        "known": f"QuickBooks {customer['qbo_id']}" if customer["qbo_id"] else Text("new"),
        "outcome": _word(content["outcome"]),
    }
    yield Text('{action} {what}{id} for "{customer}" ({known}): {outcome}', **values)
    unknown = Text("calculated there")
    yield Text(
        "OneDesk {total}; QuickBooks' total {there}, tax {tax}",
        total=_money(content, "total"),
        there=unknown if content["qbo_total"] is None else _digits(content, "qbo_total"),
        tax=unknown if content["qbo_tax"] is None else _digits(content, "qbo_tax"),
    )
    if content["new_items"]:
        yield Text("new items: {names}", names=", ".join(content["new_items"]))
    if content.get("attach"):
        yield Text("files: {names}", names=", ".join(content["attach"]))
    if content["send_to"]:
        yield Text("e-mail to {address}", address=content["send_to"])
    if content["reason"]:
        yield content["reason"]


def _paid(content: Content) -> Iterator[str]:
    """For a payment of the host."""
    total = _money(content, "total")
    yield Text("payment of {total}: {outcome}", total=total, outcome=_word(content["outcome"]))
    if content["voids"]:
        yield Text("void QuickBooks {id}", id=content["voids"])
    for each in content["invoices"]:
        known = f"QuickBooks {each['qbo_id']}"
        amount = _digits({**content, **each}, "amount")
        yield Text("{amount} to {name} ({known})", amount=amount, name=each["id"], known=known)
    if content["reason"]:
        yield content["reason"]


def _withdrawn(content: Content) -> Iterator[str]:
    """For an invoice that is voided or deleted in QuickBooks."""
    there = f" {content['qbo_id']}" if content["qbo_id"] else ""
    values = {"action": _word(content["invoice"]), "outcome": _word(content["outcome"]), "id": there}
    yield Text("{action} invoice{id}: {outcome}", **values)
    yield Text(
        "OneDesk {total}; QuickBooks' total {there}",
        total=_money(content, "total"),
        there=_digits(content, "qbo_total") if content["qbo_total"] else Text("none"),
    )
    if content["reason"]:
        yield content["reason"]


def _request(content: Content) -> Iterator[str]:
    batch = Text(", in the batch {batch}", batch=content["batch"]) if content["batch"] else ""
    yield joined("", (f"{content['method']} {content['resource']}: {content['operation']} {content['step']}", batch))
    yield f"requestid {content['requestid']}"
    yield Text("SHA-256 of the body {digest}", digest=content["digest"])


def _answer(content: Content) -> Iterator[str]:
    names = (("id", str), ("sync_token", str), ("number", str), ("name", str), ("total", Amount), ("balance", Amount))
    facts = [joined(" ", (_word(name), kind(content[name]))) for name, kind in names if content.get(name)]
    status = _word(content["status"].replace("_", " "))
    yield joined(" ", (status, joined(", ", facts))) if facts else status
    yield f"requestid {content['requestid']}"
    if content.get("intuit_tid"):
        yield f"intuit_tid {content['intuit_tid']}"
    if problem := content.get("text") or content.get("problem"):
        yield problem


def _outcome(content: Content) -> Iterator[str]:
    total = _money(content, "qbo_total")
    values = {
        "action": _word(content["action"]),
        "outcome": _word(content["outcome"]),
        "there": f", QuickBooks {content['qbo_id']}" if content["qbo_id"] else "",
        "total": Text(", QuickBooks' total {total}", total=total) if content["qbo_total"] else "",
    }
    yield Text("{action}: {outcome}{there}{total}", **values)
    if content["reason"]:
        yield content["reason"]


def _payment(content: Content) -> Iterator[str]:
    payment = content["payment"]
    amount = _money(payment, "amount")
    values = {"what": _word(content["what"]), "amount": amount, "day": payment["date"], "id": payment["id"]}
    yield Text("{what} {amount} of {day} ({id})", **values)
    if content["reversal"]:
        yield str(content["reversal"].get("reason", ""))


def _entry(content: Content) -> Iterator[str]:
    from onedesk_quickbooks.plugin.planning import version_text  # `status` and `queue` do without

    total = Amount(content["qbo_total"])
    values = {
        "action": _word(content["action"]),
        "state": _word(content["state"]),
        "rule": Text(", rule {rule}", rule=content["rule"]) if content["rule"] else "",
        "total": Text(", QuickBooks' total {total}", total=total) if content["qbo_total"] else "",
    }
    yield Text("entry {n}, {action}: {state}{rule}{total}", n=content["entry"], **values)
    for each in content["versions"]:
        yield version_text((each["field"], each["onedesk"], each["quickbooks"]))
    if content["reason"]:
        yield content["reason"]


def _act(content: Content) -> Iterator[str]:
    if content["act"] == "settle":
        yield content["told"]
        yield Text("Entry {n}", n=content["entry"])
        return
    did = _ACTS.get(content["act"], content["act"])
    rest = [
        joined(" ", (_word(name), _word(value) if name == "action" else str(value)))
        for name, value in content.items()
        if name != "act" and value not in (None, "")
    ]
    yield Text("{field}: {sentence}", field=did, sentence=joined(", ", rest)) if rest else did


_SENTENCES: Mapping[str, Callable[[Content], Iterator[str]]] = {
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
