"""The decisions for an invoice with their reasons, as text and JSON; also stored with every posted invoice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from onedesk_quickbooks.plugin.model.books import BooksItem
from onedesk_quickbooks.plugin.model.decision import Decision, Facts, InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.subjects import Ask
from onedesk_quickbooks.plugin.ruleset.explain.nearest import Nearest, indexed
from onedesk_quickbooks.plugin.ruleset.explain.subjects import with_values
from onedesk_quickbooks.plugin.ruleset.explain.texts import outcome_text, subject_text
from onedesk_quickbooks.plugin.texts import Text, joined


@dataclass(frozen=True, slots=True)
class Explained:
    """One decision, and the rule that came nearest to making it instead. For a decision on an income account, `item` is
    the item of the line in QuickBooks, to whose account the line is posted."""

    decision: Decision
    nearest: Nearest | None = None
    item: BooksItem | None = None

    def to_json(self) -> dict[str, Any]:
        """The form that `explain --json` prints and the ledger stores."""
        decision, item = self.decision, self.item
        account = item.income_account if item else None
        existing = {"existing_item": {"name": item.name, "income_account": account.name}} if item and account else {}
        return {
            "table": decision.table,
            "subject": decision.subject,
            "outcome": decision.outcome,
            "rule": decision.rule,
            "file": decision.at.file,
            "line": decision.at.line,
            "column": decision.at.column,
            "matched": dict(decision.matched),
            "nearest": self.nearest.to_json() if self.nearest else None,
            **existing,
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Explained:
        """Read the result of `to_json`."""
        at = Where(source["file"], source["line"], source["column"])
        decision = Decision(
            source["table"], source["subject"], source["outcome"], source["rule"], at, dict(source["matched"])
        )
        near = source.get("nearest")
        return cls(decision, Nearest.from_json(near) if near else None)


@dataclass(frozen=True, slots=True)
class Explanation:
    """All decisions for one invoice. `hash` identifies the rule set that made them."""

    invoice_id: str
    number: str
    source: str
    hash: str
    decisions: tuple[Explained, ...]

    @property
    def item_names(self) -> tuple[str, ...]:
        """The names of the items of lines, without lines that are held and lines that are only texts."""
        return tuple(name for _, name in self._accounts() if name)

    def with_items(self, items: Mapping[str, BooksItem]) -> Explanation:
        """The same with the items of QuickBooks, by the names in the rules."""
        found = (replace(each, item=items.get(name)) if name else each for each, name in self._accounts())
        return replace(self, decisions=tuple(found))

    def _accounts(self) -> Iterator[tuple[Explained, str]]:
        """Every decision; for one on an income account also its item, which is decided just before."""
        item = ""
        for each in self.decisions:
            yield each, item if each.decision.table == "income_account" else ""
            item = each.decision.outcome if each.decision.table == "item" else ""

    def to_json(self) -> dict[str, Any]:
        """{"invoice": {"id", "number"}, "rules": {"source", "hash"}, "decisions": [...]}: printed and stored."""
        return {
            "invoice": {"id": self.invoice_id, "number": self.number},
            "rules": {"source": self.source, "hash": self.hash},
            "decisions": [each.to_json() for each in self.decisions],
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Explanation:
        """Read the result of `to_json`, also of older versions."""
        return cls(
            source["invoice"]["id"],
            source["invoice"]["number"],
            source["rules"]["source"],
            source["rules"]["hash"],
            tuple(Explained.from_json(each) for each in source["decisions"]),
        )

    def render_text(self) -> Text:
        """The explanation as text: one paragraph for the invoice and one for each line, charge and discount."""
        return joined("\n", (*self._lines(), ""))

    def _lines(self) -> Iterator[str]:
        values = {"number": self.number or self.invoice_id, "source": self.source, "hash": self.hash[:12]}
        yield Text("Invoice {number} by {source} ({hash})", **values)
        subject = ""
        for each in self.decisions:
            decision = each.decision
            if decision.subject != subject:
                subject = decision.subject
                yield subject_text(subject)
            outcome = outcome_text(decision.table, decision.outcome)
            named = {"table": decision.table, "outcome": outcome, "rule": decision.rule}
            if PurePath(decision.at.file).name == "default.yaml" and not each.nearest:
                yield Text("  {table}: {outcome} (by {rule}, {place})", **named, place=decision.at.short)
                yield from _existing(each.item)
                continue  # the shipped default: one line is enough
            yield Text("  {table}: {outcome}", **named)
            by = joined(", ", (f'{field} "{value}"' for field, value in decision.matched.items()))
            matching = Text(", matching {values}", values=by) if by else ""
            yield Text("    won by {rule} at {place}{matching}", **named, place=decision.at, matching=matching)
            if each.nearest:
                yield Text("    nearest that lost: {nearest}", nearest=each.nearest)
            yield from _existing(each.item)


def _existing(item: BooksItem | None) -> Iterator[str]:
    if item and item.income_account:
        values = {"name": item.name, "account": item.income_account.name}
        yield Text('    in QuickBooks: "{account}", the account of its item "{name}"', **values)


def explain(rules: RuleSet, invoice: Invoice, facts: Facts, ask: Ask | None = None) -> Explanation:
    """Every decision with the rule that won and the nearest that lost. Pure, like `decide`."""
    return explained(rules, invoice, decide(rules, invoice, facts, ask))


def explained(rules: RuleSet, invoice: Invoice, decisions: InvoiceDecisions) -> Explanation:
    """The explanation of decisions that these rules have already made for this invoice."""
    lists = indexed(rules)
    found = []
    for decision, name, values in with_values(decisions.trail, invoice):
        own = lists.get(name)
        found.append(Explained(decision, own.nearest(values) if own else None))
    return Explanation(invoice.id, invoice.number, rules.source, rules.hash, tuple(found))
