"""Well-shaped nodes to a rule set, with findings for what cannot mean what was meant.

A key that is not written takes its value, and its place, from the shipped default.yaml: every decision has a line
that says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.compile.items import compile_items
from onedesk_quickbooks.plugin.ruleset.compile.section import Section, check_ids
from onedesk_quickbooks.plugin.ruleset.compile.settings import compile_settings
from onedesk_quickbooks.plugin.ruleset.compile.taxes import compile_taxes
from onedesk_quickbooks.plugin.ruleset.compile.unused import check_effects
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.rules import Setting, SettingRules
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.read.named import check_names
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Node, Text, plain, where


def compile_rules(source: str, given: Mapping[str, Map], defaults: Map, findings: Findings) -> RuleSet:
    """`given` are the sections that were written, `defaults` the top map of default.yaml. Adds findings; with an
    error among them the result must not be used."""
    sections = {name: Section(name, given.get(name), _default(defaults, name), findings) for name in keys.sections()}
    check_ids(list(sections.values()), findings)
    check_names(given, findings)
    settings: dict[str, SettingRules] = {}
    for section in sections.values():
        settings |= compile_settings(section, findings)
    check_effects(sections, settings, findings)
    return RuleSet(
        source=source,
        hash=_hash(sections),
        settings=settings,
        by_name=_by_name(sections["customers"]),
        items=compile_items(sections["items"], findings),
        taxes=compile_taxes(sections["taxes"], findings),
    )


def _default(defaults: Map, name: str) -> Map:
    found = defaults.map(name)
    if found is None:
        raise ValueError(f"rules/default.yaml has no section {name}")
    return found


def _hash(sections: Mapping[str, Section]) -> str:
    """SHA-256 of what is in force; keys are sorted, lists keep their order."""
    meaning: dict[str, Any] = {"version": "1"}
    for name, section in sections.items():
        written: dict[str, Node] = {**section.defaults.items, **(section.given.items if section.given else {})}
        meaning[name] = {key: plain(node) for key, node in written.items()}
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _by_name(section: Section) -> dict[str, Setting]:
    """What customers are called in QuickBooks, by their folded names."""
    return {
        fold(key.value): Setting(node.value, f"customers.by_name.{key.value}", where(key))
        for key, node in section.entries("by_name", fold)
        if isinstance(node, Text)
    }
