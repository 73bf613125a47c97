"""Item, income account and class of one line."""

from __future__ import annotations

from dataclasses import replace

from onedesk_quickbooks.plugin.model.decision import Decision, Facts, ItemChoice
from onedesk_quickbooks.plugin.model.names import clean_name
from onedesk_quickbooks.plugin.ruleset.core.doubt import countries_of, doubtful_place
from onedesk_quickbooks.plugin.ruleset.core.matched import matched
from onedesk_quickbooks.plugin.ruleset.core.rules import ItemOutcome, ItemRules
from onedesk_quickbooks.plugin.ruleset.core.subjects import Ask, Subject, Values, capital
from onedesk_quickbooks.plugin.ruleset.core.words import fold


def decide_item(
    rules: ItemRules, subject: Subject, facts: Facts, ask: Ask | None = None
) -> tuple[ItemChoice, tuple[Decision, ...]]:
    """The item and, unless the line is held, the decisions on its income account and, where one is named, class."""
    won, by, key = _item(rules, subject)
    in_doubt, unread = _in_doubt(rules, subject)
    if in_doubt:
        hold = f"{capital(subject.whose)} has no item, because {unread}"
        held = Decision("item", subject.subject, f"held: {hold}", won.rule, won.at)
        return ItemChoice("", False, None, rules.when_missing.value, held, hold, in_doubt=in_doubt), ()
    said = outcome = _asked(won, subject, ask)
    if said.ask and not said.item and not said.hold:  # answered, but not which item: that goes on as without the rule
        outcome, by, key = _plain_item(rules, subject)
    name = outcome.item or ""
    if not name and by == "otherwise" and rules.same_name:
        name = str(subject.values["service_type"])
    hold = _hold(rules, subject, outcome, by, name)
    fields = rules.exceptions.conditions_of(won) if by == "exceptions" else {}
    values = {key: str(subject.values[key])} if key else matched(fields, subject.values)
    decision = Decision("item", subject.subject, f"held: {hold}" if hold else name, outcome.rule, outcome.at, values)
    if hold:
        return ItemChoice("", False, None, rules.when_missing.value, decision, hold), ()
    account, why = _account(rules, subject, facts, said, outcome)
    from_rule = outcome.item is not None
    named, told = _class(rules, subject, said, outcome)
    chosen = rules.default_income_account
    default = account is None or (chosen is not None and why.rule == chosen.rule)
    choice = ItemChoice(
        name=name,
        from_rule=from_rule,
        income_account=account,
        when_missing=rules.when_missing.value,
        decision=decision,
        class_name=named,
        class_rule=told[0].rule if told else "",
        account_rule="" if default else why.rule,
    )
    return choice, (why, *told)


def _in_doubt(rules: ItemRules, subject: Subject) -> tuple[str, str]:
    """The field of the address that cannot be read, and why that matters to item, account or class; "" for none."""
    tables = (rules.exceptions, rules.accounts, rules.classes)

    def found(values: Values) -> tuple[object, ...]:
        return tuple(each.find(values) for each in tables)

    for table in tables:
        won = table.find(subject.values)
        if won is not None and "region" in table.conditions_of(won):
            return "", ""
    return doubtful_place(subject, found, lambda: countries_of(*tables))


def _asked(outcome: ItemOutcome, subject: Subject, ask: Ask | None) -> ItemOutcome:
    """The outcome with the answer of a Python plugin in it, where the rule asks one and it answers."""
    answer = ask(outcome.ask, subject.values) if outcome.ask and ask else None
    if answer is None:
        return outcome
    item, account, named = (answer.get(key) or None for key in ("item", "income_account", "class"))
    hold = answer.get("hold") or ("" if item or account or named else outcome.hold)
    return replace(outcome, item=item, income_account=account, class_name=named, hold=hold)


def _item(rules: ItemRules, subject: Subject) -> tuple[ItemOutcome, str, str]:
    """The outcome that wins, which part of the table it stands in, and the field that is its key."""
    found = rules.exceptions.find(subject.values)
    return (found, "exceptions", "") if found is not None else _plain_item(rules, subject)


def _plain_item(rules: ItemRules, subject: Subject) -> tuple[ItemOutcome, str, str]:
    """The same where no exception says which item."""
    keyed = keyed_item(rules, subject)
    return (keyed[0], "keyed", keyed[1]) if keyed else (rules.otherwise, "otherwise", "")


def keyed_item(rules: ItemRules, subject: Subject) -> tuple[ItemOutcome, str] | None:
    """The entry of by_charge or by_service_type that has the line's own key, and the field that is the key."""
    name = subject.values["service_type"]
    if not name:
        return None
    folded = fold(name)
    if subject.owner == "charge" and folded in rules.by_charge:
        return rules.by_charge[folded], "charge"
    found = rules.by_service_type.get(folded)
    return (found, "service_type") if found else None


def _hold(rules: ItemRules, subject: Subject, outcome: ItemOutcome, by: str, name: str) -> str:
    """Why the line is held, "" where it is not."""
    if by == "exceptions":
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
    rules: ItemRules, subject: Subject, facts: Facts, said: ItemOutcome, outcome: ItemOutcome
) -> tuple[str | None, Decision]:
    """The income account that a rule asks for, else the one of new items; None: the company's default. `said` is what
    the rule says that won, `outcome` the one that names the item: another where a plugin answered without an item."""
    found = rules.accounts.find(subject.values)
    if found is not None and not (said.ask and said.income_account):
        values = matched(rules.accounts.conditions_of(found), subject.values)
        return found.income_account, Decision(
            "income_account", subject.subject, found.income_account or "", found.rule, found.at, values
        )
    keyed = keyed_item(rules, subject)
    for each in (said, outcome, keyed[0] if keyed else None):
        if each is not None and each.income_account is not None:
            return each.income_account, Decision(
                "income_account", subject.subject, each.income_account, each.rule, each.at
            )
    chosen = rules.default_income_account
    if chosen is not None:
        text = f"{chosen.value} for a new item"
        return chosen.value, Decision("income_account", subject.subject, text, chosen.rule, chosen.at)
    name = facts.default_income_account or "none chosen yet"
    text = f"{name} for a new item (Administration > Financials)"
    return None, Decision("income_account", subject.subject, text, rules.otherwise.rule, rules.otherwise.at)


def _class(
    rules: ItemRules, subject: Subject, said: ItemOutcome, outcome: ItemOutcome
) -> tuple[str | None, tuple[Decision, ...]]:
    """The QuickBooks class of the line; None, and nothing to tell, where no rule names one."""
    found = rules.classes.find(subject.values)
    if found is not None and not (said.ask and said.class_name):
        values = matched(rules.classes.conditions_of(found), subject.values)
        name = found.class_name or ""
        return name, (Decision("class", subject.subject, name, found.rule, found.at, values),)
    keyed = keyed_item(rules, subject)
    for each in (said, outcome, keyed[0] if keyed else rules.otherwise):
        if each.class_name is not None:
            return each.class_name, (Decision("class", subject.subject, each.class_name, each.rule, each.at),)
    return None, ()
