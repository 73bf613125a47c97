"""`plan` and the run must agree: before a lane works, `plan` is asked what will come of what waits.

The same outcome and the same sentence, unless QuickBooks, the host or the rules are changed in between. So nothing is
compared while the sandbox has trouble ordered, nor while the ledger has requests of unknown end: settling these first
is what the run does, and `plan` changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import Held
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem
from onedesk_quickbooks.plugin.sandbox import Sandbox
from onedesk_quickbooks.plugin.sync.bridge import Bridge
from onedesk_quickbooks.plugin.sync.lane.coming import Coming
from onedesk_quickbooks.plugin.sync.problems import InvalidInvoice

MOST = 12
"""Of a long queue the first are enough: each costs a look at QuickBooks."""

Foretold = Mapping[str, tuple[str, str, bool]]
"""By the host's id of an invoice: outcome, reason, and whether the total is known beforehand (automated tax is not)."""
Read = Callable[[str], InvoiceJson | None]


def untroubled(sandbox: Sandbox) -> bool:
    """Whether the sandbox will answer as it should."""
    return all(rule["count"] and rule["hits"] >= rule["count"] for rule in sandbox.trouble.state())


def foretell(bridge: Bridge, read: Read) -> Foretold:
    """What `plan` says of what waits; `read` gives the host's invoice. Nothing of what it cannot say."""
    connected = bridge.connected
    if connected is None or connected.stopped_reason or bridge.ledger.intents.unknown(connected.realm_id):
        return {}
    found: dict[str, tuple[str, str, bool]] = {}
    coming = Coming()
    for work in bridge.ledger.queue.next(connected.realm_id, MOST):
        invoice = read(work.od_invoice_id)
        if invoice is None:
            continue
        try:
            found[work.od_invoice_id] = _one(bridge, invoice, work.action, coming)
        except QuickBooksProblem:
            break  # the run meets the same, and leaves all of them where they are
    return found


def _one(bridge: Bridge, invoice: InvoiceJson, action: str, coming: Coming) -> tuple[str, str, bool]:
    try:
        plan = bridge.plan(invoice, action, coming)
    except InvalidInvoice as problem:
        return "held", f"The invoice cannot be read: {problem}", True
    return plan.outcome, plan.reason, isinstance(plan, Held) or plan.totals.total is not None


def disagreements(foretold: Foretold, outcomes: Iterable[Outcome]) -> list[str]:
    """Where the run came to something else, one text each."""
    came = {each.id: (each.outcome, each.reason) for each in outcomes}
    return [
        f"invoice {each}: the plan says {foretold[each]}, the run {came[each]}"
        for each in sorted(foretold.keys() & came.keys())
        if not _agrees(foretold[each], came[each])
    ]


def _agrees(foretold: tuple[str, str, bool], came: tuple[str, str]) -> bool:
    outcome, reason, known = foretold
    if known:
        return (outcome, reason) == came
    if came[0] == "held":  # its own total was compared with the host's, as the plan says
        return "with its automated sales tax" in came[1]
    return outcome == came[0] and came[1].startswith(reason)
