"""Compiles valid nodes to a rule set; contradictions and impossible values become findings.

A key that is not written takes its value and its place from the shipped default.yaml, so every decision has a line in a
file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.compile.conditions import check_key
from onedesk_quickbooks.plugin.ruleset.compile.items import compile_items
from onedesk_quickbooks.plugin.ruleset.compile.left_out import check_left_out
from onedesk_quickbooks.plugin.ruleset.compile.section import Part, Section, check_ids
from onedesk_quickbooks.plugin.ruleset.compile.settings import compile_settings
from onedesk_quickbooks.plugin.ruleset.compile.taxes import compile_taxes
from onedesk_quickbooks.plugin.ruleset.compile.unused import check_effects
from onedesk_quickbooks.plugin.ruleset.core.chains import HELD, NOT_SET, Chain, Row, keyed_by
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.rules import Setting
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.read.record_names import check_names
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text, where


def compile_rules(source: str, given: Mapping[str, Sequence[Part]], defaults: Map, findings: Findings) -> RuleSet:
    """Compile a rule set. `given` has the written sections by file, `defaults` is the top map of default.yaml. Adds
    findings; if there are errors among them, the result must not be used."""
    sections = {
        name: Section(name, given.get(name, ()), _default(defaults, name), findings) for name in keys.sections()
    }
    check_ids(list(sections.values()), findings)
    for each in sections.values():
        each.check_once(("exceptions", *keys.keyed()))
    check_names({name: [each.node for each in parts] for name, parts in given.items()}, findings)
    settings = {chain.decision: chain for each in sections.values() for chain in compile_settings(each, findings)}
    check_effects(sections, settings, findings)
    check_left_out(sections, findings)
    account = _default_account(sections["items"])
    taxes, implied, not_named = compile_taxes(sections["taxes"], findings)
    of_invoices = {
        key.name
        for key in keys.settings().values()
        if key.none and any(row.effect != NOT_SET for row in settings[key.id].rows)
    }
    items = compile_items(sections["items"], account, of_invoices, findings)
    customers = _customers(sections["customers"], settings["customers.match"].rows[-1])
    chains = {each.decision: each for each in (*items, taxes, customers)} | settings
    return RuleSet(source, _hash(sections), chains, implied, not_named, account)


def _default(defaults: Map, name: str) -> Map:
    found = defaults.map(name)
    if found is None:
        raise ValueError(f"rules/default.yaml has no section {name}")
    return found


def _hash(sections: Mapping[str, Section]) -> str:
    """SHA-256 of the rules in force; keys are sorted, lists keep their order."""
    meaning: dict[str, Any] = {"version": "1"}
    for name, section in sections.items():
        always = _joined([each.node for each in section.parts if each.days is None])
        meaning[name] = {**_joined([section.defaults]), **always}
        dated = {str(each.days): each.days for each in section.parts if each.days is not None}
        for says, days in dated.items():
            meaning[f"{name} {says}"] = _joined([each.node for each in section.parts if each.days == days])
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _joined(parts: Sequence[Map]) -> dict[str, Any]:
    """The contents of several files as if they were one."""
    made: dict[str, Any] = {}
    for key, node in ((key, node) for part in parts for key, node in part.items.items()):
        found = _meaning(node)
        if isinstance(made.get(key), list) and isinstance(found, list):
            found = [*made[key], *found]
        elif isinstance(made.get(key), dict) and isinstance(found, dict):
            found = {**made[key], **found}
        made[key] = found
    return made


def _meaning(node: Node) -> object:
    """The node as JSON; a name that equals a word differs from the word."""
    if isinstance(node, Text):
        return {"name": node.value} if node.name and node.value.strip().casefold() in keys.words() else node.value
    if isinstance(node, List):
        return [_meaning(each) for each in node.items]
    return {key: _meaning(each) for key, each in node.items.items()}


def _default_account(section: Section) -> Setting | None:
    """The income account of new items, None if the rules name none."""
    name = "default_income_account"
    text = section.text(name)
    return Setting(text.value, f"items.{name}", where(section.key(name))) if text else None


def _customers(section: Section, match: Row) -> Chain:
    """The customer's name in QuickBooks; `match` applies to all others."""
    rows = []
    for each in section.entries("by_name", fold):
        name, node = each.name, each.node
        check_key(name, Said("Write one key for each customer, with its whole name."), section.findings)
        if isinstance(node, Text):
            own = Setting(node.value, each.rule, each.at)
            when = {**keyed_by("customer", fold(name.value), name.value), **section.on(each.days)}
            if node.is_word("hold"):
                rows.append(Row(own.rule, own.at, "key", when, HELD, "hold"))
                continue
            rows.append(Row(own.rule, own.at, "key", when, ("name", own.value), own.value, setting=own))
    return Chain("customer", (*rows, Row(match.rule, match.at, "otherwise", {}, ("name", ""), Said("its own name"))))
