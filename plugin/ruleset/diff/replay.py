"""What a change of the rules would have done to given invoices: which lines would go elsewhere, summed in money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Facts, InvoiceDecisions, LineDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money, plain
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.decided import decided_word
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.rules import SETTLING
from onedesk_quickbooks.plugin.ruleset.core.subjects import Ask
from onedesk_quickbooks.plugin.ruleset.keys import settings


@dataclass(frozen=True, slots=True)
class Move:
    """One line (or the whole invoice, for customer, discounts, delivery and totals) that would go elsewhere. `what` is
    item, income_account, class, tax_code, customer, discounts, delivery, totals, or section.key of another setting;
    discounts count negative."""

    invoice: str
    subject: str
    what: str
    old: str
    new: str
    amount: Money

    def to_json(self) -> dict[str, Any]:
        return {
            "invoice": self.invoice,
            "subject": self.subject,
            "what": self.what,
            "old": self.old,
            "new": self.new,
            "amount": plain(self.amount.amount),
            "currency": self.amount.currency,
        }


@dataclass(frozen=True, slots=True)
class Sum:
    """All moves from one place to another, in one currency."""

    what: str
    old: str
    new: str
    lines: int
    amount: Money

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "old": self.old,
            "new": self.new,
            "lines": self.lines,
            "amount": plain(self.amount.amount),
            "currency": self.amount.currency,
        }


@dataclass(frozen=True, slots=True)
class Replay:
    """The moves in the order of the invoices, and how many invoices were looked at."""

    invoices: int
    moves: tuple[Move, ...]

    def sums(self) -> list[Sum]:
        """By what, from where to where, and currency."""
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
            "moves": [each.to_json() for each in self.moves],
            "sums": [each.to_json() for each in self.sums()],
        }


def replay(old: RuleSet, new: RuleSet, invoices: Iterable[Invoice], facts: Facts, ask: Ask | None = None) -> Replay:
    """Decide every invoice by both rule sets."""
    count = 0
    moves: list[Move] = []
    for invoice in invoices:
        count += 1
        moves.extend(_moves(invoice, decide(old, invoice, facts, ask), decide(new, invoice, facts, ask)))
    return Replay(count, tuple(moves))


def _moves(invoice: Invoice, old: InvoiceDecisions, new: InvoiceDecisions) -> Iterator[Move]:
    name = invoice.number or invoice.id
    whole = invoice.money(invoice.total)
    for what, before, after in (
        ("customer", _customer(old), _customer(new)),
        ("discounts", _discounts(old), _discounts(new)),
        ("delivery", _delivery(old), _delivery(new)),
        ("totals", _totals(old), _totals(new)),
    ):
        if before != after and (invoice.discounts or what != "discounts"):
            yield Move(name, "invoice", what, before, after, whole)
    for key in settings().values():
        was, is_now = decided_word(old, key), decided_word(new, key)
        if was != is_now and key.id not in _IN_SENTENCES:
            yield Move(name, "invoice", key.id, was, is_now, whole)
    amounts = [
        *((f"line {index}", line.amount) for index, line in enumerate(invoice.lines, 1)),
        *((f"discount {index}", -extra.amount) for index, extra in enumerate(invoice.discounts, 1)),
        *((f"charge {extra.name}", extra.amount) for extra in invoice.charges),
    ]
    befores = [*old.lines, *old.discounts, *old.charges]
    afters = [*new.lines, *new.discounts, *new.charges]
    for (subject, amount), one, other in zip(amounts, befores, afters, strict=True):
        for what, left, right in _line(one, other):
            yield Move(name, subject, what, left, right, invoice.money(amount))


_IN_SENTENCES = frozenset(
    "customers.match customers.when_missing customers.when_similar customers.update_address discounts.account"
    " discounts.item invoices.on_open delivery.when_billing_email_missing delivery.several_addresses"
    " totals.when_different totals.tolerance totals.when_line_differs totals.automated_tax totals.prepaid"
    " totals.rounding".split()
)
"""The settings that are told together, in these sentences; each other one stands for itself."""


def _customer(decided: InvoiceDecisions) -> str:
    own = decided.customer
    how = f"{', '.join(own.match)}; {own.when_missing} when missing, {own.when_similar} when similar"
    return f"{own.display_name} ({how}; update_address: {own.update_address})"


def _discounts(decided: InvoiceDecisions) -> str:
    return f"{decided.discount_account or 'QuickBooks account'}; item {decided.discount_item}"


def _delivery(decided: InvoiceDecisions) -> str:
    return (
        f"{decided.on_open}; {decided.when_billing_email_missing} without e-mail; "
        f"{decided.several_addresses} where it has several addresses"
    )


def _totals(decided: InvoiceDecisions) -> str:
    settled = f" up to {plain(decided.tolerance)}" if decided.when_total_differs in SETTLING else ""
    line = f" {decided.rounding_line.item}" if decided.rounding_line else ""
    code = f" {decided.rounding_line.tax_code}" if decided.rounding_line and decided.rounding_line.tax_code else ""
    return (
        f"{decided.when_total_differs}{settled}; {decided.when_line_differs} for lines; "
        f"automated tax {decided.automated_tax}; prepaid {decided.prepaid}; rounding {decided.rounding}{line}{code}"
    )


def _line(old: LineDecisions, new: LineDecisions) -> Iterator[tuple[str, str, str]]:
    left, right = _places(old), _places(new)
    yield from ((what, left[what], right[what]) for what in left if left[what] != right[what])


def _places(line: LineDecisions) -> dict[str, str]:
    found = {}
    if line.item:
        found["item"] = "held" if line.item.hold else line.item.name
        found["income_account"] = "held" if line.item.hold else line.item.income_account or "the default account"
        found["class"] = "held" if line.item.hold else line.item.class_name or "no class"
    found["tax_code"] = line.tax.code if line.tax.kind == "code" else "held" if line.tax.hold else line.tax.kind
    return found
