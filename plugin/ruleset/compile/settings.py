"""The settings of a section, with their exceptions."""

from __future__ import annotations

from dataclasses import replace

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.compile.conditions import conditions
from onedesk_quickbooks.plugin.ruleset.compile.section import Section, as_setting
from onedesk_quickbooks.plugin.ruleset.core.chains import NOT_SET, Chain, Kind, Row, setting_row
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions
from onedesk_quickbooks.plugin.ruleset.core.rules import Setting
from onedesk_quickbooks.plugin.ruleset.keys import Key, settings_of
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.nodes import where


def compile_settings(section: Section, findings: Findings) -> list[Chain]:
    """A decision for each setting of the section."""
    keys = settings_of(section.name)
    rows: dict[str, list[Row]] = {key.id: [] for key in keys}
    excepted = [key for key in keys if key.excepted]
    for rule in section.exceptions() if excepted else ():
        when = conditions(rule, section, findings)
        if not any(key.name in rule.node.items for key in excepted):
            findings.add(
                "OQ307",
                rule.name,
                Text('The rule "{value}" does not say what happens.', value=rule.name.value),
                Text("Add one of {join}.", join=", ".join(key.name for key in excepted)),
            )
        for key in excepted:
            node = rule.node.items.get(key.name)
            if node is not None:
                rows[key.id].append(_row(key, as_setting(key, node, rule.id, rule.at), "exception", when))
    return [Chain(key.id, (*rows[key.id], *_dated(section, key), _otherwise(section, key))) for key in keys]


def _dated(section: Section, key: Key) -> list[Row]:
    """The values in files with days, each with its days."""
    found = section.dated(key.name)
    return [_row(key, as_setting(key, each.node, each.rule, each.at), "key", section.on(each.days)) for each in found]


def _otherwise(section: Section, key: Key) -> Row:
    own = section.setting(key)
    if own is None and key.default is not None:
        own = Setting(key.default, key.id, where(section.defaults))
    if own is None:
        return Row(key.id, section.at, "otherwise", {}, NOT_SET, "none")
    return _row(key, own, "otherwise", {})


def _row(key: Key, own: Setting, kind: Kind, when: Conditions) -> Row:
    """A row of the decision. If `none` is allowed, it is the same as no word at all."""
    row = setting_row(own, kind, when)
    return replace(row, effect=NOT_SET) if key.none and own.value == "none" else row
