"""Well-shaped nodes to a rule set, with findings for what cannot mean what was meant.

A key that is not written takes its value, and its place, from the shipped default.yaml: every decision has a line
that says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.ruleset.compiling.conditions import conditions
from onedesk_quickbooks.plugin.ruleset.compiling.items import compile_items
from onedesk_quickbooks.plugin.ruleset.compiling.section import Section, check_ids
from onedesk_quickbooks.plugin.ruleset.compiling.taxes import compile_taxes
from onedesk_quickbooks.plugin.ruleset.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.reading.nodes import List, Map, Node, Text, plain, where
from onedesk_quickbooks.plugin.ruleset.rules import (
    PAYMENTS_OF,
    CustomerRules,
    DeliveryRules,
    InvoiceRules,
    PaymentRules,
    RuleSet,
    Setting,
    SettingTables,
    TotalRules,
)
from onedesk_quickbooks.plugin.ruleset.table import Conditions, Table
from onedesk_quickbooks.plugin.ruleset.words import fold

SECTIONS = ("invoices", "customers", "items", "taxes", "delivery", "totals", "payments")
_CHANGED = "when_changed_in_quickbooks"


def compile_rules(source: str, given: Mapping[str, Map], defaults: Map, findings: Findings) -> RuleSet:
    """`given` are the sections that were written, `defaults` the top map of default.yaml. Adds findings; with an
    error among them the result must not be used."""
    sections = {name: Section(name, given.get(name), _default(defaults, name), findings) for name in SECTIONS}
    check_ids(list(sections.values()), findings)
    return RuleSet(
        source=source,
        hash=_hash(sections),
        invoices=_invoices(sections["invoices"], findings),
        customers=_customers(sections["customers"], findings),
        items=compile_items(sections["items"], findings),
        taxes=compile_taxes(sections["taxes"], findings),
        delivery=_delivery(sections["delivery"], findings),
        totals=_totals(sections["totals"], findings),
        payments=_payments(sections["payments"], findings),
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


def _invoices(section: Section, findings: Findings) -> InvoiceRules:
    due = section.setting("due")
    terms = section.optional("terms")
    exceptions = _exceptions(section, ("on_open", "number", "when_number_taken", "due", "terms", _CHANGED), findings)
    if terms and due.value != "terms" and "due" not in exceptions:
        key = section.given.keys["terms"] if section.given else None
        if key:
            findings.add(
                "OQ310",
                key,
                f"terms has no effect, since due is {due.value}.",
                "Write due: terms, or delete this line.",
            )
    if terms:
        section.check_name(section.text("terms"), "payment term")
    return InvoiceRules(
        section.setting("on_open"),
        section.setting("number"),
        section.setting("when_number_taken"),
        due,
        terms,
        section.setting(_CHANGED),
        exceptions,
    )


def _exceptions(section: Section, keys: Sequence[str], findings: Findings) -> SettingTables:
    """The exceptions of a section of settings, one table for each of `keys` that some exception names."""
    lists: dict[str, list[tuple[Conditions, Setting]]] = {}
    for rule in section.exceptions():
        when = conditions(rule.when, section.name, findings)
        for key in keys:
            word = rule.node.items.get(key)
            if isinstance(word, List):
                value = _told([each.value for each in word.items if isinstance(each, Text)])
                lists.setdefault(key, []).append((when, Setting(value, rule.id, rule.at)))
            elif isinstance(word, Text):
                lists.setdefault(key, []).append((when, Setting(word.value, rule.id, rule.at)))
    return {key: Table(rules) for key, rules in lists.items()}


def _customers(section: Section, findings: Findings) -> CustomerRules:
    by_name: dict[str, Setting] = {}
    for key, node in section.entries("by_name", fold):
        if isinstance(node, Text):
            section.check_name(node, "display name")
            by_name[fold(key.value)] = Setting(node.value, f"customers.by_name.{key.value}", where(key))
    ways, at = section.words("match")
    return CustomerRules(
        match=ways,
        match_at=at,
        by_name=by_name,
        when_missing=section.setting("when_missing"),
        when_currency_differs=section.setting("when_currency_differs"),
        exceptions=_exceptions(section, ("when_missing", "when_currency_differs"), findings),
    )


def _delivery(section: Section, findings: Findings) -> DeliveryRules:
    email, payable = "when_billing_email_missing", "when_payable_differs"
    tables = _exceptions(section, (email, payable), findings)
    none: Table[Setting] = Table([])
    return DeliveryRules(
        tables.get(email, none), section.setting(email), tables.get(payable, none), section.setting(payable)
    )


def _totals(section: Section, findings: Findings) -> TotalRules:
    tolerance = section.setting("tolerance")
    keys = ("when_different", "tolerance", "when_line_differs")
    return TotalRules(
        section.setting("when_different"),
        Decimal(tolerance.value),
        tolerance,
        section.setting("when_line_differs"),
        _exceptions(section, keys, findings),
    )


def _payments(section: Section, findings: Findings) -> PaymentRules:
    words, at = section.words("apply")
    exceptions = _exceptions(section, ("apply", "overpayment"), findings)
    return PaymentRules(replace(at, value=_told(words)), section.setting("overpayment"), exceptions)


def _told(words: Sequence[str]) -> str:
    """The words of payments.apply in one order."""
    return ", ".join(each for each in PAYMENTS_OF if each in words) or "none"
