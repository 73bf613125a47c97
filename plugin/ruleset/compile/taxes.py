"""The section `taxes:` to its tables."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.money import rate_key
from onedesk_quickbooks.plugin.ruleset.compile.conditions import check_category, check_country, conditions
from onedesk_quickbooks.plugin.ruleset.compile.outcomes import asked, only_one, reason
from onedesk_quickbooks.plugin.ruleset.compile.section import Entry, Section, distinct
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions
from onedesk_quickbooks.plugin.ruleset.core.places import region_codes, region_of
from onedesk_quickbooks.plugin.ruleset.core.rules import TAX_WORDS, CountryTaxes, TaxKind, TaxOutcome, TaxRules
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Node, Text, where

_OWN = ("default", "by_rate", "without_rate")


def compile_taxes(section: Section, findings: Findings) -> TaxRules:
    """The rules of tax codes."""
    exceptions: list[tuple[Conditions, TaxOutcome]] = []
    for rule in section.exceptions():
        when = conditions(rule.when, "taxes", findings)
        exceptions.append((when, _exception(section, rule, findings)))
    countries: dict[str, CountryTaxes] = {}
    for key, node in section.entries("by_country", str.upper):
        check_country(key, findings)
        countries[key.value.upper()] = _country(section, key, node, findings)
    otherwise, at = section.node("otherwise"), section.key("otherwise")
    if otherwise is None:
        raise ValueError("rules/default.yaml has no taxes.otherwise")
    categories: dict[str, TaxOutcome] = {}
    for key, node in section.entries("by_category", str.upper):
        check_category(key, findings)
        categories[key.value.upper()] = _outcome(section, node, f"taxes.by_category.{key.value}", key)
    above = section.key("by_category") if categories else at
    return TaxRules(
        tuple(exceptions),
        countries,
        _outcome(section, otherwise, "taxes.otherwise", at),
        categories,
        TaxOutcome("taxes.by_category", where(above), "hold"),
    )


def _exception(section: Section, rule: Entry, findings: Findings) -> TaxOutcome:
    code = rule.node.items.get("code")
    only_one(rule, ("hold", "ask"), ("code",), "code: NAME", findings)
    if code is not None:
        return dataclasses.replace(_outcome(section, code, rule.id, rule.name), rule=rule.id, at=rule.at)
    return TaxOutcome(rule.id, rule.at, "hold", hold=reason(rule, findings), ask=asked(rule, findings))


def _country(section: Section, key: Text, node: Node, findings: Findings) -> CountryTaxes:
    rule = f"taxes.by_country.{key.value}"
    country = key.value.upper()
    if not isinstance(node, Map) or not any(each not in ("by_rate", "without_rate") for each in node.items):
        return CountryTaxes(_outcome(section, node, rule, key))
    if "by_rate" in node.items or "without_rate" in node.items:
        mixed = next(each for each in ("by_rate", "without_rate") if each in node.items)
        findings.add(
            "OQ307",
            node.keys[mixed],
            f"{key.value} has regions and {mixed} side by side.",
            f"Put it under the regions it is for: default: {{{mixed}: ...}}.",
        )
    if "default" not in node.items:
        findings.add(
            "OQ202",
            key,
            f'The key "default" (every other region) is missing under {key.value}.',
            "Add default: with a tax code, or default: hold.",
        )
    regions: dict[str, TaxOutcome] = {}
    default = TaxOutcome(rule, where(key), "hold")
    for name, item in distinct(node, lambda text: text if text in _OWN else region_of(country, text), findings):
        if name.value == "default":
            default = _outcome(section, item, f"{rule}.default", name)
        elif name.value not in _OWN:
            _check_region(country, name, findings)
            regions[region_of(country, name.value)] = _outcome(section, item, f"{rule}.{name.value}", name)
    return CountryTaxes(default, regions)


def _check_region(country: str, name: Text, findings: Findings) -> None:
    codes = region_codes(country)
    if codes and not region_of(country, name.value).startswith(f"{country}-"):
        findings.add("OQ312", name, f'{country} has no region "{name.value}".', f"Write one of {', '.join(codes)}.")


def _outcome(section: Section, node: Node, rule: str, at: Text) -> TaxOutcome:
    if isinstance(node, Text):
        return _word(node, rule, at)
    if not isinstance(node, Map):
        return TaxOutcome(rule, where(at), "hold")
    code, rates, without = node.text("code"), node.map("by_rate"), node.text("without_rate")
    if code is not None:
        if rates is not None or without is not None:
            section.findings.add(
                "OQ307", node.keys["code"], "A code and by_rate stand side by side.", "Keep one of the two."
            )
        return TaxOutcome(rule, where(at), "code", code.value.strip())
    if rates is None:
        section.findings.add(
            "OQ202", at, 'The key "by_rate" is missing here.', 'Add by_rate: {"20": NAME}, or name a code.'
        )
    found: dict[str, TaxOutcome] = {}
    for key, item in distinct(rates, _rate, section.findings) if rates else ():
        if isinstance(item, Text):
            found[_rate(key.value)] = _word(item, f"{rule}.by_rate.{key.value}", key)
    other = _word(without, f"{rule}.without_rate", node.keys["without_rate"]) if without else None
    return TaxOutcome(rule, where(at), "by_rate", rates=found, without_rate=other)


def _rate(text: str) -> str:
    return rate_key(Decimal(text))


def _word(node: Text, rule: str, at: Text) -> TaxOutcome:
    """A tax code's name, or one of the words that are none."""
    word: TaxKind | None = next((each for each in TAX_WORDS if each == node.value), None)
    if word is None:
        return TaxOutcome(rule, where(at), "code", node.value.strip())
    return TaxOutcome(rule, where(at), word)
