"""The settings of a section, with their exceptions."""

from __future__ import annotations

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.compile.conditions import conditions
from onedesk_quickbooks.plugin.ruleset.compile.section import Section, as_setting
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions
from onedesk_quickbooks.plugin.ruleset.core.rules import Setting, SettingRules
from onedesk_quickbooks.plugin.ruleset.keys import Key, settings_of
from onedesk_quickbooks.plugin.yamlfile.nodes import where


def compile_settings(section: Section, findings: Findings) -> dict[str, SettingRules]:
    """The settings of one section by section.key."""
    keys = settings_of(section.name)
    lists: dict[str, list[tuple[Conditions, Setting]]] = {key.id: [] for key in keys}
    excepted = [key for key in keys if key.excepted]
    for rule in section.exceptions() if excepted else ():
        when = conditions(rule.when, section.name, findings)
        for key in excepted:
            node = rule.node.items.get(key.name)
            if node is not None:
                lists[key.id].append((when, as_setting(key, node, rule.id, rule.at)))
    return {key.id: _setting(section, key, lists[key.id]) for key in keys}


def _setting(section: Section, key: Key, exceptions: list[tuple[Conditions, Setting]]) -> SettingRules:
    otherwise = section.setting(key)
    if otherwise is None and key.default is not None:
        otherwise = Setting(key.default, key.id, where(section.defaults))
    return SettingRules(tuple(exceptions), otherwise, section.at)
