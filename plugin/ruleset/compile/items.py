"""The section `items:` to its tables."""

from __future__ import annotations

from onedesk_quickbooks.plugin.ruleset.compile.conditions import conditions
from onedesk_quickbooks.plugin.ruleset.compile.outcomes import asked, only_one, reason
from onedesk_quickbooks.plugin.ruleset.compile.section import Entry, Section
from onedesk_quickbooks.plugin.ruleset.core.rules import ItemOutcome, ItemRules
from onedesk_quickbooks.plugin.ruleset.core.table import Conditions, Table
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.read.nodes import Map, Node, Text, where

_EXAMPLE = "item: NAME, income_account: NAME, class: NAME"


def compile_items(section: Section, findings: Findings) -> ItemRules:
    """The rules of items and income accounts."""
    items: list[tuple[Conditions, ItemOutcome]] = []
    accounts: list[tuple[Conditions, ItemOutcome]] = []
    classes: list[tuple[Conditions, ItemOutcome]] = []
    for rule in section.exceptions():
        when = conditions(rule.when, "items", findings)
        outcome = _exception(section, rule, findings)
        if outcome.item is not None or outcome.hold:
            items.append((when, outcome))
        if outcome.income_account is not None:
            accounts.append((when, outcome))
        if outcome.class_name is not None:
            classes.append((when, outcome))
    account = section.optional("default_income_account")
    same_name, otherwise = _otherwise(section)
    return ItemRules(
        exceptions=Table(items),
        accounts=Table(accounts),
        classes=Table(classes),
        by_service_type=_by(section, "by_service_type"),
        by_charge=_by(section, "by_charge"),
        otherwise=otherwise,
        same_name=same_name,
        default_income_account=account,
        when_missing=section.setting("when_missing"),
        when_similar=section.setting("when_similar"),
    )


def _exception(section: Section, rule: Entry, findings: Findings) -> ItemOutcome:
    item, account = rule.node.text("item"), rule.node.text("income_account")
    only_one(rule, ("hold", "ask"), ("item", "income_account", "class"), _EXAMPLE, findings)
    return ItemOutcome(
        rule.id,
        rule.at,
        _named(section, item, "item"),
        _named(section, account, "income account"),
        reason(rule, findings),
        asked(rule, findings),
        _named(section, rule.node.text("class"), "class"),
    )


def _named(section: Section, node: Text | None, kind: str) -> str | None:
    if node is None:
        return None
    section.check_name(node, kind)
    return node.value.strip()


def _by(section: Section, key: str) -> dict[str, ItemOutcome]:
    found: dict[str, ItemOutcome] = {}
    for name, node in section.entries(key, fold):
        found[fold(name.value)] = _target(section, node, f"items.{key}.{name.value}", name)
    return found


def _target(section: Section, node: Node, rule: str, at: Text) -> ItemOutcome:
    if not isinstance(node, Map):
        return ItemOutcome(rule, where(at), _named(section, node if isinstance(node, Text) else None, "item"))
    return ItemOutcome(
        rule,
        where(at),
        _named(section, node.text("item"), "item"),
        _named(section, node.text("income_account"), "income account"),
        class_name=_named(section, node.text("class"), "class"),
    )


def _otherwise(section: Section) -> tuple[bool, ItemOutcome]:
    node, key = section.node("otherwise"), section.key("otherwise")
    if isinstance(node, Text):
        hold = "no rule" if node.value == "hold" else ""
        return node.value == "same_name", ItemOutcome("items.otherwise", where(key), hold=hold)
    if node is None:
        raise ValueError("rules/default.yaml has no items.otherwise")
    return False, _target(section, node, "items.otherwise", key)
