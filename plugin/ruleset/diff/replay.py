"""The effect of changed rules on given invoices: the lines that would be decided differently, with their amounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Facts, InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money, plain
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.cases.run import customer_fact, line_facts
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.decided import decided_says
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.subjects import Ask
from onedesk_quickbooks.plugin.ruleset.explain.subjects import LINES


@dataclass(frozen=True, slots=True)
class Move:
    """One line, or the whole invoice, that would be decided differently. `what` is the decision: one of `keys.outputs`
    or tax_code for a line; customer, section.key of a setting, or outcome (copied, held or skipped, as far as the rules
    alone decide it) for the invoice. `old` and `new` are in the words of case files; discounts count negative."""

    invoice: str
    subject: str
    what: str
    old: str
    new: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Sum:
    """All moves from one value to another in one currency; `lines` counts invoices if the whole invoice moves."""

    what: str
    old: str
    new: str
    lines: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Replay:
    """The moves in the order of the invoices, and the number of invoices compared."""

    invoices: int
    moves: tuple[Move, ...]

    def sums(self) -> list[Sum]:
        """The sums by decision, old and new value, and currency."""
        found: dict[tuple[str, str, str, str], tuple[int, Decimal]] = {}
        for each in self.moves:
            key = (each.what, each.old, each.new, each.amount.currency)
            lines, amount = found.get(key, (0, Decimal(0)))
            found[key] = (lines + 1, amount + each.amount.amount)
        return [
            Sum(what, old, new, lines, Money(amount, currency))
            for (what, old, new, currency), (lines, amount) in sorted(found.items())
        ]

    def to_json(self) -> dict[str, Any]:
        """{"invoices", "moves": [...], "sums": [...]}; amounts are decimal strings."""
        return {
            "invoices": self.invoices,
            "moves": [_json(each) for each in self.moves],
            "sums": [_json(each) for each in self.sums()],
        }


def _json(entry: Move | Sum) -> dict[str, Any]:
    money = {"amount": plain(entry.amount.amount), "currency": entry.amount.currency}
    return {**asdict(entry), **money}


def replay(old: RuleSet, new: RuleSet, invoices: Iterable[Invoice], facts: Facts, ask: Ask | None = None) -> Replay:
    """Decide every invoice with both rule sets."""
    count = 0
    moves: list[Move] = []
    for invoice in invoices:
        count += 1
        moves.extend(_moves(invoice, decide(old, invoice, facts, ask), decide(new, invoice, facts, ask)))
    return Replay(count, tuple(moves))


def _moves(invoice: Invoice, old: InvoiceDecisions, new: InvoiceDecisions) -> Iterator[Move]:
    name = invoice.number or invoice.id
    whole = invoice.money(invoice.of_host(invoice.total))
    made = {each.table for decided in (old, new) for each in decided.trail}
    if not any(line.differs(invoice.currency) for line in invoice.lines):
        made.discard("line_amount")
    before, after = (_whole(invoice, each, made) for each in (old, new))
    moot = old.skips or new.skips
    for what in before:
        if before[what] != after[what] and not (moot and what in keys.moot()):
            yield Move(name, "invoice", what, before[what], after[what], whole)
    if moot:  # lines that are not written cannot change
        return
    befores = [*old.lines, *old.discounts, *old.charges]
    afters = [*new.lines, *new.discounts, *new.charges]
    for (subject, amount), one, other in zip(amounts(invoice), befores, afters, strict=True):
        left, right = line_facts(one, new), line_facts(other, new)  # values of the invoice are compared separately
        for what in LINES:
            if left[what] != right[what]:
                yield Move(name, subject, what, left[what], right[what], invoice.money(invoice.of_host(amount)))


def amounts(invoice: Invoice) -> list[tuple[str, Decimal]]:
    """The amounts of all subjects of decisions except the invoice itself, in their order; discounts count negative."""
    return [
        *((f"line {index}", line.amount) for index, line in enumerate(invoice.lines, 1)),
        *((f"discount {index}", -extra.amount) for index, extra in enumerate(invoice.discounts, 1)),
        *((f"charge {extra.name}", extra.amount) for extra in invoice.charges),
    ]


def _whole(invoice: Invoice, decided: InvoiceDecisions, made: Collection[str]) -> dict[str, str]:
    """The decisions for the invoice itself; only those that the invoice needs, which are `made` of it."""
    asked = [key for key in keys.settings().values() if key.explained in made]
    found = {"outcome": _outcome(invoice, decided), "customer": customer_fact(decided)}
    return {**found, **{key.id: decided_says(decided, key) for key in asked}}


def _outcome(invoice: Invoice, decided: InvoiceDecisions) -> str:
    if decided.skips:
        return "skipped"
    if invoice.is_credit and decided.negative == "hold":
        return "held"
    lines = (*decided.lines, *decided.charges, *decided.discounts)
    held = any(each.tax.kind == "hold" or (each.item is not None and each.item.hold) for each in lines)
    return "held" if held or decided.customer.hold or decided.hold not in (None, "none") else "copied"
