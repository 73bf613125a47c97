"""Item, income account and class of one line."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from onedesk_quickbooks.plugin.model.decision import Decision, Facts, ItemChoice
from onedesk_quickbooks.plugin.model.names import clean_name
from onedesk_quickbooks.plugin.ruleset.core.chains import Kind, Row
from onedesk_quickbooks.plugin.ruleset.core.doubt import countries_of, doubtful_place
from onedesk_quickbooks.plugin.ruleset.core.matched import matched
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.rules import ItemOutcome
from onedesk_quickbooks.plugin.ruleset.core.subjects import Ask, Subject, Values, capital

_DECISIONS = ("item", "income_account", "class")


def decide_item(
    rules: RuleSet, subject: Subject, facts: Facts, ask: Ask | None = None
) -> tuple[ItemChoice, tuple[Decision, ...]]:
    """The item and, unless the line is held, the decisions on its income account and, where one is named, class."""
    rows = [rules.chains[each].find(subject.values) for each in _DECISIONS]
    row, of_account, of_class = rows
    when_missing = rules.otherwise("items.when_missing").value
    in_doubt, unread = _in_doubt(rules, rows, subject)
    if in_doubt:
        hold = f"{capital(subject.whose)} has no item, because {unread}"
        held = Decision("item", subject.subject, f"held: {hold}", row.rule, row.at)
        return ItemChoice("", False, None, when_missing, held, hold, in_doubt=in_doubt), ()
    said = outcome = _asked(_outcome(row), subject, ask)
    plain = bool(said.ask) and not said.item and not said.hold
    if plain:  # answered, but not which item: that goes on as without the rule
        row = rules.chains["item"].find_plain(subject.values)
        outcome = _outcome(row)
    name = outcome.item or ""
    if not name and row.kind == "otherwise" and rules.items.same_name:
        name = str(subject.values["service_type"])
    hold = _hold(subject, outcome, row.kind, name)
    values = matched(row.when, subject.values)
    decision = Decision("item", subject.subject, f"held: {hold}" if hold else name, row.rule, row.at, values)
    if hold:
        return ItemChoice("", False, None, when_missing, decision, hold), ()
    if plain and of_account.kind == "implied":
        of_account = rules.chains["income_account"].find_plain(subject.values)
    account, by_rule, why = _account(rules, of_account, subject, facts, said)
    named, told = _class(of_class, subject, said)
    choice = ItemChoice(
        name=name,
        from_rule=outcome.item is not None,
        income_account=account,
        when_missing=when_missing,
        decision=decision,
        class_name=named,
        class_rule=told[0].rule if told else "",
        account_rule=why.rule if by_rule else "",
    )
    return choice, (why, *told)


def _outcome(row: Row) -> ItemOutcome:
    if row.item is None:
        raise ValueError(f"{row.rule} says nothing of items")
    return row.item


def _in_doubt(rules: RuleSet, rows: Sequence[Row], subject: Subject) -> tuple[str, str]:
    """The field of the address that cannot be read, and why that matters to item, account or class; "" for none."""
    if any("region" in row.when for row in rows):
        return "", ""
    chains = [rules.chains[each] for each in _DECISIONS]

    def found(values: Values) -> tuple[Hashable, ...]:
        return tuple(each.find(values).effect for each in chains)

    return doubtful_place(subject, found, lambda: countries_of(chains))


def _asked(outcome: ItemOutcome, subject: Subject, ask: Ask | None) -> ItemOutcome:
    """The outcome with the answer of a Python plugin in it, where the rule asks one and it answers."""
    answer = ask(outcome.ask, subject.values) if outcome.ask and ask else None
    if answer is None:
        return outcome
    item, account, named = (answer.get(key) or None for key in ("item", "income_account", "class"))
    hold = answer.get("hold") or ("" if item or account or named else outcome.hold)
    return replace(outcome, item=item, income_account=account, class_name=named, hold=hold)


def _hold(subject: Subject, outcome: ItemOutcome, kind: Kind, name: str) -> str:
    """Why the line is held, "" where it is not."""
    if kind == "exception":
        return f"{capital(subject.whose)}: {outcome.hold.rstrip('.')} (rule {outcome.rule})." if outcome.hold else ""
    service = str(subject.values["service_type"])
    if not clean_name(service) and not clean_name(name):
        return (
            f"{capital(subject.whose)} has no service type, which QuickBooks needs for its product/service; "
            f"set one on the {subject.owner} in OneDesk."
        )
    if outcome.hold:
        what, where = ("name", "by_charge") if subject.owner == "charge" else ("service type", "by_service_type")
        return (
            f'{capital(subject.whose)} has the {what} "{service}", to which no rule gives an item; '
            f"add it under items.{where}."
        )
    return ""


def _account(
    rules: RuleSet, row: Row, subject: Subject, facts: Facts, said: ItemOutcome
) -> tuple[str | None, bool, Decision]:
    """The income account, whether a rule asks for it, and why; else the one of new items, None for the company's
    default. `row` is the rule that decides it, `said` what the one says that won the item."""
    table = "income_account"
    if said.ask and said.income_account:
        return said.income_account, True, Decision(table, subject.subject, said.income_account, said.rule, said.at)
    named = row.item.income_account if row.item else None
    if named is not None:
        return named, True, Decision(table, subject.subject, named, row.rule, row.at, _by(row, subject))
    chosen, otherwise = rules.items.default_income_account, rules.items.otherwise
    if chosen is not None:
        text = f"{chosen.value} for a new item"
        return chosen.value, False, Decision(table, subject.subject, text, chosen.rule, chosen.at)
    name = facts.default_income_account or "none chosen yet"
    text = f"{name} for a new item (Administration > Financials)"
    return None, False, Decision(table, subject.subject, text, otherwise.rule, otherwise.at)


def _class(row: Row, subject: Subject, said: ItemOutcome) -> tuple[str | None, tuple[Decision, ...]]:
    """The QuickBooks class of the line; None, and nothing to tell, where no rule names one."""
    if said.ask and said.class_name:
        return said.class_name, (Decision("class", subject.subject, said.class_name, said.rule, said.at),)
    name = row.item.class_name if row.item else None
    if name is None:
        return None, ()
    return name, (Decision("class", subject.subject, name, row.rule, row.at, _by(row, subject)),)


def _by(row: Row, subject: Subject) -> dict[str, str]:
    """The values by which an exception won; the key of a map is told with the item."""
    return matched(row.when, subject.values) if row.kind == "exception" else {}
