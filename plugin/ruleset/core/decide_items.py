"""Item, income account and other outputs of one line."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from onedesk_quickbooks.plugin.model.decision import Decision, Facts, ItemChoice
from onedesk_quickbooks.plugin.model.name_keys import clean_name
from onedesk_quickbooks.plugin.ruleset.core.chains import SAME_NAME, Kind, Row
from onedesk_quickbooks.plugin.ruleset.core.doubt import countries_of, doubtful_place
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.rules import BY_RULE, ItemOutcome
from onedesk_quickbooks.plugin.ruleset.core.subjects import Ask, Subject, Values, capital
from onedesk_quickbooks.plugin.ruleset.keys import outputs
from onedesk_quickbooks.plugin.texts import Text

TEXT = "text"
"""The outcome of a line that is only a text, if no exception names an item for it."""


def decide_item(
    rules: RuleSet, subject: Subject, facts: Facts, ask: Ask | None = None
) -> tuple[ItemChoice, tuple[Decision, ...]]:
    """The item and, unless the line is held, the decisions on its income account and other outputs."""
    rows = {each: rules.chains[each].find(subject.values) for each in outputs()}
    row, of_account = rows.pop("item"), rows.pop("income_account")
    when_missing = rules.otherwise("items.when_missing").value
    if subject.text and row.kind == "otherwise":
        said_only = Decision("item", subject.subject, TEXT, row.rule, row.at)
        return ItemChoice("", False, None, when_missing, said_only, text=True), ()
    in_doubt, unread = _in_doubt(rules, subject)
    if in_doubt:
        hold: str = Text("{whose} has no item, because {unread}", whose=capital(subject.whose), unread=unread)
        held = Decision("item", subject.subject, Text("held: {why}", why=hold), row.rule, row.at)
        return ItemChoice("", False, None, when_missing, held, hold, in_doubt=in_doubt), ()
    said = outcome = _asked(_outcome(row), subject, ask)
    plain = bool(said.ask) and "item" not in said.names and not said.hold
    if plain:  # answered without an item: continue as if the rule were absent
        row = rules.chains["item"].find_plain(subject.values)
        outcome = _outcome(row)
    name = outcome.names.get("item", "")
    if not name and row.effect == SAME_NAME:
        name = str(subject.values["service_type"])
    hold = _hold(subject, outcome, row.kind, name)
    values = row.matched(subject.values)
    text = Text("held: {why}", why=hold) if hold else name
    decision = Decision("item", subject.subject, text, row.rule, row.at, values)
    if hold:
        return ItemChoice("", False, None, when_missing, decision, hold), ()
    if plain and of_account.kind == "implied":
        of_account = rules.chains["income_account"].find_plain(subject.values)
    account, by_rule, why = _account(rules, of_account, subject, facts, said)
    others = {each: found for each, own in rows.items() if (found := _beside(each, own, subject, said)) is not None}
    choice = ItemChoice(
        name=name,
        from_rule="item" in outcome.names,
        income_account=account,
        when_missing=when_missing,
        decision=decision,
        account_rule=why.rule if by_rule else "",
        others=others,
    )
    return choice, (why, *others.values())


def _outcome(row: Row) -> ItemOutcome:
    if row.item is None:
        raise ValueError(f"{row.rule} says nothing of items")
    return row.item


def _in_doubt(rules: RuleSet, subject: Subject) -> tuple[str, str]:
    """The field of the address that cannot be read, and why that affects the outputs of a line; "" if none."""
    chains = [rules.chains[each] for each in outputs()]

    def found(values: Values) -> tuple[Hashable, ...]:
        return tuple(each.find(values).effect for each in chains)

    return doubtful_place(subject, found, lambda: countries_of(chains))


def _asked(outcome: ItemOutcome, subject: Subject, ask: Ask | None) -> ItemOutcome:
    """The outcome with the answer of a Python plugin, if the rule asks one and it answers."""
    answer = ask(outcome.ask, subject.values) if outcome.ask and ask else None
    if answer is None:
        return outcome
    names = {key: answer[key] for key in outputs() if answer.get(key)}
    return replace(outcome, names=names, hold=answer.get("hold") or ("" if names else outcome.hold))


_OWNERS = {"line": Text("line"), "charge": Text("charge"), "discount": Text("discount")}


def _hold(subject: Subject, outcome: ItemOutcome, kind: Kind, name: str) -> str:
    """Why the line is held, "" if it is not."""
    if outcome.hold == BY_RULE and kind != "otherwise":
        return Text(
            "{whose} is held by the rule {called}; name an item there.",
            whose=capital(subject.whose),
            called=outcome.called,
        )
    if kind == "exception":
        why = outcome.hold.rstrip(".")
        return (
            Text(
                "{whose}: {why} (rule {rule}, {place}).",
                whose=capital(subject.whose),
                why=why,
                rule=outcome.rule,
                place=outcome.at.short,
            )
            if why
            else ""
        )
    service = str(subject.values["service_type"])
    if not clean_name(service) and not clean_name(name):
        return Text(
            "{whose} has no service type, which QuickBooks needs for its product/service; set one on the "
            "{owner} in OneDesk.",
            whose=capital(subject.whose),
            owner=_OWNERS.get(subject.owner, subject.owner),
        )
    if outcome.hold:
        shown = {"whose": capital(subject.whose), "called": outcome.called, "service": service}
        if subject.owner == "charge":
            return Text(
                "{whose} is held by the rule {called}, because no other one names an item for the name "
                '"{service}"; name one under items.by_charge.',
                **shown,
            )
        return Text(
            "{whose} is held by the rule {called}, because no other one names an item for the service type "
            '"{service}"; name one under items.by_service_type.',
            **shown,
        )
    return ""


def _account(
    rules: RuleSet, row: Row, subject: Subject, facts: Facts, said: ItemOutcome
) -> tuple[str | None, bool, Decision]:
    """The income account, whether a rule asks for it, and the decision; otherwise the account of new items, None for
    the company's default. `row` and `said` as in `_beside`."""
    table = "income_account"
    named = _beside(table, row, subject, said)
    if named is not None:
        return named.outcome, True, named
    chosen, otherwise = rules.default_income_account, rules.chains[table].rows[-1]
    if chosen is not None:
        text = f"{chosen.value} for a new item"
        return chosen.value, False, Decision(table, subject.subject, text, chosen.rule, chosen.at)
    name = facts.default_income_account or "none chosen yet"
    text = f"{name} for a new item (Administration > Financials)"
    own = otherwise.named or rules.chains[table].reports(row)  # an account after otherwise belongs to its item only
    why = row if own else otherwise
    return None, False, Decision(table, subject.subject, text, why.rule, why.at)


def _beside(output: str, row: Row, subject: Subject, said: ItemOutcome) -> Decision | None:
    """The decision on another output of the line; None if no rule names one. `row` is the rule that decides it, `said`
    the outcome of the rule that won the item: an answer of a Python plugin takes precedence."""
    name = said.names.get(output, "") if said.ask else ""
    if name:
        return Decision(output, subject.subject, name, said.rule, said.at)
    named = row.item.names.get(output) if row.item else None
    if named is None or row.item is None:
        return None
    return Decision(output, subject.subject, named, row.item.rule, row.item.at, _by(row, subject))


def _by(row: Row, subject: Subject) -> dict[str, str]:
    """The values that satisfied an exception; the key of a map is reported with the item."""
    return row.matched(subject.values) if row.kind == "exception" else {}
