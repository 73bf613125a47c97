"""Well-shaped nodes to a rule set, with findings for what cannot mean what was meant.

A key that is not written takes its value, and its place, from the shipped default.yaml: every decision has a line
that says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from onedesk_quickbooks.plugin.ruleset.compile.items import compile_items
from onedesk_quickbooks.plugin.ruleset.compile.section import Section, check_ids
from onedesk_quickbooks.plugin.ruleset.compile.settings import check_names, setting_tables, told
from onedesk_quickbooks.plugin.ruleset.compile.taxes import compile_taxes
from onedesk_quickbooks.plugin.ruleset.compile.totals import compile_totals
from onedesk_quickbooks.plugin.ruleset.core.rules import (
    CustomerRules,
    DeliveryRules,
    DiscountRules,
    InvoiceRules,
    PaymentRules,
    RuleSet,
    Setting,
)
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.read.nodes import Map, Node, Text, plain, where

SECTIONS = ("invoices", "customers", "items", "taxes", "discounts", "delivery", "totals", "payments")
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
        discounts=_discounts(sections["discounts"], findings),
        delivery=_delivery(sections["delivery"], findings),
        totals=compile_totals(sections["totals"], findings),
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
    keys = ("on_open", "number", "when_number_taken", "due", "terms", _CHANGED)
    exceptions = setting_tables(section, keys, findings)
    if terms and due.value != "terms" and "due" not in exceptions:
        key = section.given.keys["terms"] if section.given else None
        if key:
            findings.add(
                "OQ310",
                key,
                f"terms has no effect, since due is {due.value}.",
                "Write due: terms, or delete this line.",
            )
    check_names(section, "terms", section.node("terms"))
    return InvoiceRules(
        section.setting("on_open"),
        section.setting("number"),
        section.setting("when_number_taken"),
        due,
        terms,
        section.setting(_CHANGED),
        exceptions,
    )


def _customers(section: Section, findings: Findings) -> CustomerRules:
    by_name: dict[str, Setting] = {}
    for key, node in section.entries("by_name", fold):
        if isinstance(node, Text):
            section.check_name(node, "display name")
            by_name[fold(key.value)] = Setting(node.value, f"customers.by_name.{key.value}", where(key))
    ways, at = section.words("match")
    keys = ("when_missing", "when_currency_differs", "when_similar", "update_address")
    return CustomerRules(
        match=ways,
        match_at=at,
        by_name=by_name,
        when_missing=section.setting("when_missing"),
        when_currency_differs=section.setting("when_currency_differs"),
        when_similar=section.setting("when_similar"),
        update_address=section.setting("update_address"),
        exceptions=setting_tables(section, keys, findings),
    )


def _discounts(section: Section, findings: Findings) -> DiscountRules:
    for key in ("account", "item"):
        check_names(section, key, section.node(key))
    exceptions = setting_tables(section, ("account", "item"), findings)
    return DiscountRules(section.optional("account"), section.setting("item"), exceptions)


def _delivery(section: Section, findings: Findings) -> DeliveryRules:
    email, several = "when_billing_email_missing", "several_addresses"
    exceptions = setting_tables(section, (email, several), findings)
    return DeliveryRules(section.setting(email), section.setting(several), exceptions)


def _payments(section: Section, findings: Findings) -> PaymentRules:
    words, at = section.words("apply")
    exceptions = setting_tables(section, ("apply", "overpayment"), findings)
    return PaymentRules(replace(at, value=told(words)), section.setting("overpayment"), exceptions)
