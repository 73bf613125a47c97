"""Rules against the settings of the QuickBooks company: what they need to be turned on there, or off."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.by_name import (
    find_tax_code,
    records_named,
)
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.money import rate_key
from onedesk_quickbooks.plugin.ruleset.check.company_names import (
    CLASS,
    LOCATION,
    field_names,
    names,
    tax_words,
    written,
)
from onedesk_quickbooks.plugin.ruleset.check.name_findings import several, some
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.core.rules import SETTLING
from onedesk_quickbooks.plugin.ruleset.load import Loaded
from onedesk_quickbooks.plugin.ruleset.read.nearest import nearest_name
from onedesk_quickbooks.plugin.ruleset.read.record_names import Named
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, walk
from onedesk_quickbooks.plugin.yamlfile.nodes import Text as Scalar


def check_settings(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    """Add findings for rules that the settings of the company do not allow, or make useless."""
    _tracking(loaded, snapshot, findings)
    _custom_fields(loaded, snapshot, findings)
    _automatic(loaded, snapshot, findings)
    _numbers(loaded, snapshot, findings)
    _settling(loaded, snapshot, findings)
    _online(loaded, snapshot, findings)
    _rates(loaded, snapshot, findings)


def _tracking(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    """Classes and locations need tracking to be turned on in the company (qbo-api.md 2.1)."""
    company = snapshot.company
    tracked: dict[str, bool] = {
        CLASS: company.tracks_classes or company.tracks_invoice_class,
        LOCATION: company.tracks_locations,
    }
    for each in names(loaded.sections):
        if not tracked.get(each.kind, True):
            findings.add(
                "OQ504",
                each.text,
                Text("{name} does not track classes.", name=company.name)
                if each.kind == CLASS
                else Text("{name} does not track locations.", name=company.name),
                Text(
                    "Turn that on there (Account and settings > Advanced > Categories), or take the {kind} out.",
                    kind=Text(each.kind),
                ),
            )


def _custom_fields(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    """Custom fields, which are named by the keys of a map."""
    known = [name for _, name in snapshot.company.custom_fields]
    there = [Ref("", name) for name in known]
    for key in field_names(loaded.sections):
        found = records_named(there, key.value)
        if len(found) > 1:
            several(Named("", key), found, snapshot.company.name, findings)
        elif not found:
            near = nearest_name(key.value, known)
            meant = Text('Did you mean "{near}"?', near=near) if near else Text("It has {known}.", known=some(known))
            findings.add(
                "OQ501",
                key,
                Text(
                    '{name} has no custom field "{value}" for sales forms.', name=snapshot.company.name, value=key.value
                ),
                Text("{meant} Or add it there (Account and settings > Sales).", meant=meant),
            )


def _automatic(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    if snapshot.company.country == "US":
        return
    for text in tax_words(loaded.sections):
        if text.value == "automatic":
            findings.add(
                "OQ504",
                text,
                Text(
                    "automatic leaves the tax to QuickBooks, which does that for US companies only; {snapshot}.",
                    snapshot=_of(snapshot),
                ),
                Text("Name the tax code."),
            )


def _numbers(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    """The setting of who numbers invoices must match Custom transaction numbers (qbo-api.md 2.1.1, 8)."""
    own = snapshot.company.custom_numbers
    for text in written(loaded.sections, "invoices", "number"):
        if text.value == "quickbooks" and own:
            what = Text("is on, so invoices without a number of ours stay without one")
        elif text.value == "onedesk" and not own:
            what = Text("is off, so OneDesk's numbers and QuickBooks' own get mixed up")
        else:
            continue
        findings.add(
            "OQ506",
            text,
            Text("In {name} the setting Custom transaction numbers {what}.", name=snapshot.company.name, what=what),
            Text(
                "Turn it off in QuickBooks (Account and settings > Sales), or let the other side number: number:"
                " onedesk."
            )
            if own
            else Text(
                "Turn it on in QuickBooks (Account and settings > Sales), or let the other side number: number:"
                " quickbooks."
            ),
        )


def _settling(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    """With automated sales tax QuickBooks calculates the tax: it cannot be overwritten or predicted."""
    if not snapshot.company.automated_sales_tax:
        return
    for text in written(loaded.sections, "totals", "when_different"):
        if text.value not in SETTLING:
            continue
        findings.add(
            "OQ508",
            text,
            Text(
                "{name} has automated sales tax: QuickBooks calculates the tax itself, after the invoice is written,"
                " and {value} cannot be used.",
                name=snapshot.company.name,
                value=text.value,
            ),
            Text(
                "Nothing is to be done if this is enough: QuickBooks' total is compared after the invoice is written"
                " and before any e-mail, and one that differs is held. Write hold, which says so, or note, which lets"
                " QuickBooks' total hold."
            ),
        )


def _online(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    """Payment buttons need online payments to be turned on in the company."""
    if snapshot.company.online_payments:
        return
    for key in ("online_card_payment", "online_bank_payment"):
        for text in written(loaded.sections, "invoices", key):
            if text.value == "yes":
                findings.add(
                    "OQ511",
                    text,
                    Text(
                        "{name} does not take payments online, so {key} has no effect.",
                        name=snapshot.company.name,
                        key=key,
                    ),
                    Text("Turn them on in QuickBooks (Account and settings > Payments), or write {key}: no.", key=key),
                )


def _rates(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    """A code in by_rate must have that rate: otherwise the totals differ and the invoice is held."""
    nodes = (each for parts in loaded.sections.get("taxes", ()) for each in walk(parts))
    found_maps = (each.map("by_rate") for each in nodes if isinstance(each, Map))
    for by_rate in (each for each in found_maps if each):
        for key, code in zip(by_rate.keys.values(), by_rate.items.values(), strict=True):
            named = code.value.strip() if isinstance(code, Scalar) else ""
            found = find_tax_code(snapshot.tax_codes, named)
            own = found.sales_rate if found else None
            if own is not None and own != Decimal(key.value):
                findings.add(
                    "OQ512",
                    key,
                    Text(
                        'The tax code "{code}" has {own} % in {name}, and the rule gives it to lines of {rate} %.',
                        code=named,
                        own=rate_key(own),
                        name=snapshot.company.name,
                        rate=key.value,
                    ),
                    _rate_remedy(by_rate, own, key.value),
                )


def _rate_remedy(by_rate: Map, own: Decimal, rate: str) -> Text:
    """What to do about a code of another rate; a key that is there already cannot be written again."""
    if any(own == Decimal(each) for each in by_rate.keys):
        return Text("Name a code of {rate} %.", rate=rate)
    return Text('Write "{own}", or name a code of {rate} %.', own=rate_key(own), rate=rate)


def _of(snapshot: CompanySnapshot) -> str:
    return Text("{name} is in {country}", name=snapshot.company.name, country=snapshot.company.country)
