"""The exceptions of a section of settings, and the values that are more than one word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onedesk_quickbooks.plugin.model.decision import RoundingChoice, Where
from onedesk_quickbooks.plugin.ruleset.compile.conditions import conditions
from onedesk_quickbooks.plugin.ruleset.compile.section import Section
from onedesk_quickbooks.plugin.ruleset.core.rules import PAYMENTS_OF, Setting, SettingTables
from onedesk_quickbooks.plugin.ruleset.core.table import Conditions, Table
from onedesk_quickbooks.plugin.ruleset.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.read.nodes import List, Map, Node, Text

NAMES = {"terms": "payment term", "account": "income account", "item": "item"}
"""The settings that are a name of QuickBooks, and of what."""


def setting_tables(section: Section, keys: Sequence[str], findings: Findings) -> SettingTables:
    """The exceptions of a section of settings, one table for each of `keys` that some exception names."""
    lists: dict[str, list[tuple[Conditions, Setting]]] = {}
    for rule in section.exceptions():
        when = conditions(rule.when, section.name, findings)
        for key in keys:
            node = rule.node.items.get(key)
            if node is not None:
                check_names(section, key, node)
                lists.setdefault(key, []).append((when, as_setting(node, rule.id, rule.at)))
    return {key: Table(rules) for key, rules in lists.items()}


def check_names(section: Section, key: str, node: Node | None) -> None:
    """Findings for the names of QuickBooks in one setting."""
    given: Mapping[str, Node] = {key: node} if node else {}
    if isinstance(node, Map):
        given = node.items
    for name, each in given.items():
        kind = "tax code" if name == "tax_code" else NAMES.get(name, "")
        if kind and isinstance(each, Text):
            section.check_name(each, kind)


def as_setting(node: Node, rule: str, at: Where) -> Setting:
    """A setting as it is written: a word, a list of words, or the item and tax code of a line."""
    if isinstance(node, Map):
        item, code = node.text("item"), node.text("tax_code")
        named = (item.value.strip() if item else "", code.value.strip() if code else None)
        return Setting("line", rule, at, RoundingChoice(*named))
    if isinstance(node, List):
        return Setting(told([each.value for each in node.items if isinstance(each, Text)]), rule, at)
    return Setting(node.value.strip(), rule, at)


def told(words: Sequence[str]) -> str:
    """The words of payments.apply in one order."""
    return ", ".join(each for each in PAYMENTS_OF if each in words) or "none"
