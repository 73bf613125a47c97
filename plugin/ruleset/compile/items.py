"""The section `items:` to its tables."""

from __future__ import annotations

from dataclasses import replace

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.decision import Where
from onedesk_quickbooks.plugin.ruleset.compile.conditions import conditions
from onedesk_quickbooks.plugin.ruleset.compile.outcomes import asked, only_one, reason
from onedesk_quickbooks.plugin.ruleset.compile.section import Entry, Section
from onedesk_quickbooks.plugin.ruleset.core.rules import ItemOutcome, ItemRules, Setting
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.keys import outputs
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Node, Text, where


def compile_items(section: Section, findings: Findings) -> ItemRules:
    """The rules of what lines take."""
    account = section.text("default_income_account")
    key = "default_income_account"
    same_name, otherwise = _otherwise(section)
    return ItemRules(
        exceptions=tuple(
            (conditions(rule.when, section.name, findings), _exception(rule, findings)) for rule in section.exceptions()
        ),
        by_service_type=_by(section, "by_service_type"),
        by_charge=_by(section, "by_charge"),
        otherwise=otherwise,
        same_name=same_name,
        default_income_account=Setting(account.value, f"items.{key}", where(section.key(key))) if account else None,
    )


def _exception(rule: Entry, findings: Findings) -> ItemOutcome:
    only_one(rule, ("hold", "ask"), outputs(), ", ".join(f"{each}: NAME" for each in outputs()), findings)
    return replace(_target(rule.node, rule.id, rule.at), hold=reason(rule, findings), ask=asked(rule, findings))


def _by(section: Section, key: str) -> dict[str, ItemOutcome]:
    return {
        fold(name.value): _target(node, f"items.{key}.{name.value}", where(name))
        for name, node in section.entries(key, fold)
    }


def _target(node: Node, rule: str, at: Where) -> ItemOutcome:
    """What an entry says: an item's name, or a map with the names of what a line takes."""
    named = node.items if isinstance(node, Map) else {"item": node}
    written = {key: named.get(key) for key in outputs()}
    return ItemOutcome(rule, at, {key: each.value.strip() for key, each in written.items() if isinstance(each, Text)})


def _otherwise(section: Section) -> tuple[bool, ItemOutcome]:
    node, at = section.node("otherwise"), where(section.key("otherwise"))
    if isinstance(node, Text):
        hold = "no rule" if node.value == "hold" else ""
        return node.value == "same_name", ItemOutcome("items.otherwise", at, hold=hold)
    if node is None:
        raise ValueError("rules/default.yaml has no items.otherwise")
    return False, _target(node, "items.otherwise", at)
