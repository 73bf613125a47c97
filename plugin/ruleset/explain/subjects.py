"""The subject of each decision of a trail."""

from __future__ import annotations

from typing import Any

from onedesk_quickbooks.plugin.model.decision import Decision
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.core.subjects import Subject, invoice_values
from onedesk_quickbooks.plugin.ruleset.core.subjects import subjects as of_invoice
from onedesk_quickbooks.plugin.ruleset.keys import outputs, settings

LINES = (*outputs(), "tax_code")
"""The decisions on each line, charge or discount; all others are on the whole invoice."""


EXPLAINED = {key.id: key.explained for key in settings().values()}
"""The name of the decision on a setting in explanations."""
_LISTS = {"customer": "customer", **{name: decision for decision, name in EXPLAINED.items()}}
"""A decision on the whole invoice -> the list of its rules."""


def subjects(invoice: Invoice) -> list[Subject]:
    """Lines, discounts and charges, in the order in which they are decided."""
    found = of_invoice(invoice, invoice_values(invoice))
    return [*found.lines, *found.discounts, *found.charges]


def with_values(trail: tuple[Decision, ...], invoice: Invoice) -> list[tuple[Decision, str, dict[str, Any]]]:
    """Each decision, the name of its list of rules ("" if there is none), and the values that decided it."""
    whole = invoice_values(invoice)
    every = subjects(invoice)
    waiting = {table: list(every) for table in LINES}
    found = []
    for decision in trail:
        table = decision.table
        if table in waiting:
            while waiting[table][0].subject != decision.subject:
                waiting[table].pop(0)  # a discount has no item, a held line no income account or class
            found.append((decision, table, waiting[table].pop(0).values))
        else:
            found.append((decision, _LISTS.get(table, ""), whole))
    return found
