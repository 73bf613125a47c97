"""The section `taxes:` to its decision."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.money import rate_key
from onedesk_quickbooks.plugin.ruleset.compile.conditions import (
    check_category,
    check_country,
    check_key,
    check_region,
    conditions,
)
from onedesk_quickbooks.plugin.ruleset.compile.outcomes import asked, only_one, reason
from onedesk_quickbooks.plugin.ruleset.compile.section import Entry, Given, Section, distinct
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row, keyed_by, tax_row
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions, Texts
from onedesk_quickbooks.plugin.ruleset.core.places import region_of
from onedesk_quickbooks.plugin.ruleset.core.rules import TAX_WORDS, TaxKind, TaxOutcome
from onedesk_quickbooks.plugin.ruleset.core.words import TAX_CATEGORIES, UNKNOWN_CATEGORY, fold
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Node, Text, where

_RATES = ("code", "by_rate", "without_rate")
_OWN = ("default", *_RATES)


def compile_taxes(section: Section, findings: Findings) -> tuple[Chain, Chain, TaxOutcome]:
    """The decision on tax codes in the US; the one elsewhere, where each line needs a code: 0 % is several codes, so
    neither a country nor a rate decides it; and the outcome that holds such a line."""
    excepted = [
        (conditions(rule, section, findings), _exception(section, rule, findings)) for rule in section.exceptions()
    ]
    places: list[Row] = []
    for each in section.entries("by_country", str.upper):
        check_country(each.name, findings)
        places += _country(section, each, findings)
    otherwise, at = section.node("otherwise"), section.key("otherwise")
    if otherwise is None:
        raise ValueError("rules/default.yaml has no taxes.otherwise")
    categories: dict[str, list[Row]] = {}
    for each in section.entries("by_category", str.upper):
        check_category(each.name, findings)
        code = each.name.value.upper()
        outcome = _outcome(section, each.node, each.rule, each.name)
        when = {**keyed_by("tax_category", fold(code), code), **section.on(each.days)}
        categories.setdefault(code, []).append(tax_row(outcome, "key", when))
    above = section.key("by_category") if categories else at
    not_named = TaxOutcome("taxes.by_category", where(above), "hold")
    for each in section.dated("otherwise"):
        places.append(tax_row(_outcome(section, each.node, each.rule, each.name), "key", section.on(each.days)))
    last = [*places, tax_row(_outcome(section, otherwise, "taxes.otherwise", at), "otherwise", {})]
    us, elsewhere = ((*_rows(excepted, categories, not_named, each), *last) for each in (False, True))
    return Chain("tax_code", us), Chain("tax_code", elsewhere), not_named


_NOT_TAXABLE: Conditions = {"taxable": Texts(frozenset(("no",)))}
_EXEMPT: Conditions = {
    "tax_category": Texts(
        frozenset(fold(each) for each in (*TAX_CATEGORIES, UNKNOWN_CATEGORY) if each != "S"), says=Said("other than S")
    )
}


def _rows(
    excepted: Sequence[tuple[Conditions, TaxOutcome]],
    categories: Mapping[str, Sequence[Row]],
    not_named: TaxOutcome,
    implied: bool,
) -> Iterator[Row]:
    """The exceptions and categories, with the rows that they imply outside the US."""

    def held(outcome: TaxOutcome, when: Conditions, what: str, lacks: str) -> Iterator[Row]:
        if implied:
            effect, says = ("hold", "", ""), f"hold: {what}"
            yield Row(outcome.rule, outcome.at, "implied", when, effect, says, False, lacks, tax=outcome)

    def exempt(outcome: TaxOutcome, when: Conditions) -> Iterator[Row]:
        return held(outcome, {**when, **_EXEMPT}, Said("no code for the tax category"), "tax_category")

    def untaxed(outcome: TaxOutcome, when: Conditions) -> Iterator[Row]:
        return held(outcome, {**when, **_NOT_TAXABLE}, Said("not taxable"), "taxable")

    for when, outcome in excepted:
        if outcome.kind == "by_rate" and "tax_category" not in when:
            yield from exempt(outcome, when)
            if "taxable" not in when:
                yield from untaxed(outcome, when)
        yield tax_row(outcome, "exception", when)
    yield from (each for code, rows in categories.items() if code != "S" for each in rows)
    yield from untaxed(not_named, {})
    yield from categories.get("S", ())
    yield from exempt(not_named, {})


def _exception(section: Section, rule: Entry, findings: Findings) -> TaxOutcome:
    code = rule.node.items.get("code")
    only_one(rule, ("hold", "ask"), ("code",), "code: NAME", findings)
    if code is not None:
        return dataclasses.replace(_outcome(section, code, rule.id, rule.name), rule=rule.id, at=rule.at)
    return TaxOutcome(rule.id, rule.at, "hold", hold=reason(rule), ask=asked(rule, findings))


def _country(section: Section, given: Given, findings: Findings) -> Iterator[Row]:
    """The rows of the regions of a country, then that of its default."""
    name, node, rule = given.name, given.node, given.rule
    country = name.value.upper()
    place = {**keyed_by("country", country.lower(), country), **section.on(given.days)}
    if not isinstance(node, Map) or not any(each not in _RATES for each in node.items):
        yield tax_row(_outcome(section, node, rule, name), "key", place)
        return
    mixed = next((each for each in _RATES if each in node.items), None)
    if mixed:
        findings.add(
            "OQ307",
            node.keys[mixed],
            Said("{value} has regions and {mixed} side by side.", value=name.value, mixed=mixed),
            Said("Put it under the regions it is for: default: {{{mixed}: ...}}.", mixed=mixed),
        )
    if "default" not in node.items:
        findings.add(
            "OQ202",
            name,
            Said('The key "default" (every other region) is missing under {value}.', value=name.value),
            _named_code(node) or Said("Add default: with a tax code, or default: hold."),
        )
    default = TaxOutcome(rule, where(name), "hold")
    for each, item in distinct(node, lambda text: text if text in _OWN else region_of(country, text), findings):
        if each.value == "default":
            default = _outcome(section, item, f"{rule}.default", each)
        elif each.value not in _OWN:
            if check_key(each, Said("Write one key for each region, by its code or whole name."), findings):
                check_region(each, frozenset((country,)), findings)
            region = region_of(country, each.value)
            outcome = _outcome(section, item, f"{rule}.{each.value}", each)
            yield tax_row(outcome, "key", {**place, **keyed_by("region", fold(region), region)})
    yield tax_row(default, "key", place)


def regions_of(country: str, node: Node) -> list[str]:
    """The codes of the regions for which a country has tax codes."""
    names = [each for each in node.items if each not in _OWN] if isinstance(node, Map) else []
    return [region_of(country, each).rpartition("-")[2] for each in names]


def rates_of(node: Node) -> list[str]:
    """The rates for which an entry has codes, as written in the file."""
    rates = node.map("by_rate") if isinstance(node, Map) else None
    return [f'"{rate_key(Decimal(each))}"' for each in rates.items] if rates else []


def _named_code(node: Map) -> str:
    """How to write a tax code that equals a word in the map of a country."""
    name = node.text("name") if len(node.items) == 1 else None
    whole = f"{{code: {{name: {name.value}}}}}" if name else ""
    return Said("Write {whole} in the place of the map.", whole=whole) if whole else ""


def _outcome(section: Section, node: Node, rule: str, at: Text) -> TaxOutcome:
    if isinstance(node, Text):
        return _word(node, rule, at)
    if not isinstance(node, Map):
        return TaxOutcome(rule, where(at), "hold")
    code, rates, without = node.text("code"), node.map("by_rate"), node.text("without_rate")
    if code is not None:
        if rates is not None or without is not None:
            section.findings.add(
                "OQ307", node.keys["code"], Said("A code and by_rate cannot be combined."), Said("Keep one of the two.")
            )
        return _word(code, rule, at)
    if rates is None:
        section.findings.add(
            "OQ202", at, Said('The key "by_rate" is missing here.'), Said('Add by_rate: {"20": NAME}, or name a code.')
        )
    found: dict[str, TaxOutcome] = {}
    for key, item in distinct(rates, _rate, section.findings) if rates else ():
        _check_rate(key, section.findings)
        if isinstance(item, Text):
            found[_rate(key.value)] = _word(item, f"{rule}.by_rate.{key.value}", key)
    other = _word(without, f"{rule}.without_rate", node.keys["without_rate"]) if without else None
    return TaxOutcome(rule, where(at), "by_rate", rates=found, without_rate=other)


_FRACTIONS = (Decimal("0.04"), Decimal("0.4"))
"""Rates of 4 to 40 per cent as fractions; real taxes are hardly ever so low."""


def _check_rate(key: Text, findings: Findings) -> None:
    """A finding for a rate that may have been written as a fraction of 1."""
    rate = Decimal(key.value)
    if not _FRACTIONS[0] <= rate <= _FRACTIONS[1] or rate % Decimal("0.01"):
        return
    meant = rate_key(rate * 100)
    findings.add(
        "OQ322",
        key,
        Said("{rate} is {rate} per cent, since rates are written in per cent.", rate=key.value),
        Said(
            'Write "{meant}" for {meant} per cent; if {rate} per cent is meant, nothing is wrong.',
            meant=meant,
            rate=key.value,
        ),
    )


def _rate(text: str) -> str:
    return rate_key(Decimal(text))


def _word(node: Text, rule: str, at: Text) -> TaxOutcome:
    """A tax code's name, or a word with a meaning."""
    word: TaxKind | None = next((each for each in TAX_WORDS if node.is_word(each)), None)
    if word is None:
        return TaxOutcome(rule, where(at), "code", node.value.strip())
    return TaxOutcome(rule, where(at), word)
