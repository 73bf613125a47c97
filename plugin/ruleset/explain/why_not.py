"""Why a given rule did not decide an invoice, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Facts, InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.subjects import invoice_values
from onedesk_quickbooks.plugin.ruleset.explain.nearest import LostBy, lost_by
from onedesk_quickbooks.plugin.ruleset.explain.subjects import subjects
from onedesk_quickbooks.plugin.ruleset.explain.texts import subject_text
from onedesk_quickbooks.plugin.texts import Text, joined


class UnknownRule(ValueError):
    """No rule has this id; the message names the nearest one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """For one line (or the invoice) and one decision: the rule `won`; or it failed conditions; or, without any, `by` is
    an earlier rule that matches too, or `held` is why no rule decides the line."""

    subject: str
    decision: str
    won: bool
    lost_by: tuple[LostBy, ...] = ()
    by: str = ""
    by_at: Where | None = None
    held: str = ""

    def __text__(self) -> Text:
        why = Text("it matches, but {rule} ({place}) comes before it", rule=self.by, place=self.by_at)
        if self.won:
            why = Text("it won")
        elif self.lost_by:
            why = joined("; ", (each.__text__() for each in self.lost_by))
        elif self.held:
            why = Text("it matches, but the line is held: {why}", why=self.held)
        return Text("{subject}, {decision}: {why}", subject=subject_text(self.subject), decision=self.decision, why=why)

    def to_json(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "decision": self.decision,
            "won": self.won,
            "lost_by": [asdict(each) for each in self.lost_by],
            "by": self.by or None,
            "held": self.held or None,
        }


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The answers for one rule."""

    rule: str
    at: Where
    answers: tuple[Answer, ...]

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule, **asdict(self.at), "answers": [each.to_json() for each in self.answers]}

    def render_text(self) -> Text:
        """The answers as text."""
        head = Text("{rule} at {place}", rule=self.rule, place=self.at)
        return joined("\n", (head, *(joined("", ("  ", each.__text__())) for each in self.answers), ""))


def why_not(rules: RuleSet, invoice: Invoice, facts: Facts, rule: str) -> WhyNot:
    """`rule` is an id as `explain` shows it, or its last part alone ("training-ca"). Raises UnknownRule."""
    found = list(_rows(rules, rule))
    if not found:
        known = [row.rule for chain in rules.chains.values() for row in chain.rows]
        near = get_close_matches(rule, [*known, *(each.rsplit(".", 1)[-1] for each in known[:2000])], 1, 0.5)
        hint = Text('did you mean "{rule}"?', rule=near[0]) if near else Text("`rules show` lists them all.")
        raise UnknownRule(Text('No rule is called "{rule}"; {hint}', rule=rule[:100], hint=hint))
    decided = decide(rules, invoice, facts)
    answers = [answer for chain, row in found for answer in _answers(chain, row, invoice, decided)]
    return WhyNot(found[0][1].rule, found[0][1].at, tuple(answers))


def _rows(rules: RuleSet, rule: str) -> Iterator[tuple[Chain, Row]]:
    for chain in rules.chains.values():
        for row in chain.rows:
            named = row.rule == rule or row.rule.endswith(f".{rule}") or rule.startswith(f"{row.rule}.by_rate.")
            if named and row.named:
                yield chain, row


def _answers(chain: Chain, row: Row, invoice: Invoice, decided: InvoiceDecisions) -> Iterator[Answer]:
    decision = chain.decision
    if "." in decision or decision == "customer":
        yield _answer(chain, row, "invoice", invoice_values(invoice))
        return
    choices = (*decided.lines, *decided.discounts, *decided.charges)
    for each, choice in zip(subjects(invoice), choices, strict=True):
        if choice.item and choice.item.text:
            continue  # no rule decides it
        if decision == "tax_code" or each.owner != "discount":
            made = choice.tax if decision == "tax_code" else choice.item
            held = made.hold if made and made.in_doubt else ""
            yield _answer(chain, row, each.subject, each.values, held)


def _answer(chain: Chain, row: Row, subject: str, values: Mapping[str, Any], held: str = "") -> Answer:
    lost = lost_by(row, values)
    if lost or held:
        return Answer(subject, chain.decision, False, lost, held=held)
    winner = chain.find(values)
    if winner is row:
        return Answer(subject, chain.decision, True)
    return Answer(subject, chain.decision, False, by=winner.rule, by_at=winner.at)
