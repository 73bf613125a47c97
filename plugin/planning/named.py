"""Parts that an invoice has only where the rules name them: location, custom fields, and how the customer may pay
online."""

from __future__ import annotations

from dataclasses import dataclass, field

from onedesk_quickbooks.plugin.model.books import Books
from onedesk_quickbooks.plugin.model.by_name import find_named, records_named
from onedesk_quickbooks.plugin.model.company_settings import Company, Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.named_fields import LONGEST_VALUE, read_fields
from onedesk_quickbooks.plugin.model.plan import CustomField, Reason
from onedesk_quickbooks.plugin.model.templates import filled, invoice_texts
from onedesk_quickbooks.plugin.planning.accepted_names import bad_text, too_long, unless_several
from onedesk_quickbooks.plugin.texts import Text

_YES = {"yes": True, "no": False}


@dataclass(slots=True)
class Named:
    """The parts of the draft, the reasons against them, and the notes for the reader of the plan."""

    location: Ref | None = None
    custom_fields: tuple[CustomField, ...] = ()
    card_payment: bool | None = None
    bank_payment: bool | None = None
    reasons: list[Reason] = field(default_factory=list)
    remarks: list[Reason] = field(default_factory=list)


def named_of(invoice: Invoice, decisions: InvoiceDecisions, books: Books) -> Named:
    """What the rules name for this invoice."""
    found = Named()
    found.location = _location(decisions, books, found.reasons)
    found.custom_fields = tuple(_custom_fields(invoice, decisions, books.company, found.reasons))
    if not invoice.is_credit:  # a credit memo is not paid
        found.card_payment = _YES.get(decisions.online_card_payment or "")
        found.bank_payment = _YES.get(decisions.online_bank_payment or "")
    if (found.card_payment or found.bank_payment) and not books.company.online_payments:
        sentence = Text(
            "The rules let the customer pay online, and online payments are not turned on in QuickBooks, so "
            "that it has no effect; turn them on there (Account and settings > Payments)."
        )
        found.remarks.append(Reason("online-payments-off", sentence))
    return found


def _location(decisions: InvoiceDecisions, books: Books, reasons: list[Reason]) -> Ref | None:
    """The location (qbo-api.md 2.1: an invoice has one only where that is turned on)."""
    name = decisions.location
    if name is None or name == "none":
        return None
    rule = _rule(decisions, "location")
    if not books.company.tracks_locations:
        sentence = Text(
            'The rule {rule} names the location "{name}", but QuickBooks does not track locations; turn that '
            "on there (Account and settings > Advanced > Categories), or take the location out.",
            rule=rule,
            name=name,
        )
        reasons.append(Reason("location-not-tracked", sentence))
        return None
    found = find_named(books.locations, name)
    if found is None:
        sentence = Text(
            'QuickBooks has no location "{name}", which the rule {rule} names; create it there (All lists > '
            "Locations), or correct the rule.",
            name=name,
            rule=rule,
        )
        missing = Reason("location-missing", sentence)
        reasons.append(unless_several(records_named(books.locations, name), name, missing))
    return found


def _custom_fields(
    invoice: Invoice, decisions: InvoiceDecisions, company: Company, reasons: list[Reason]
) -> list[CustomField]:
    """The fields with their texts; one whose text is empty is left out."""
    known = [Ref(definition, name) for definition, name in company.custom_fields]
    rule = _rule(decisions, "custom_fields")
    found = []
    for name, template in read_fields(decisions.custom_fields):
        value = " ".join(filled(template, invoice_texts(invoice)).split())
        there = find_named(known, name)
        whose = Text('The text of the custom field "{name}"', name=name)
        if there is None:
            has = ", ".join(each.name for each in known) or Text("none")
            sentence = Text(
                'QuickBooks has no custom field "{name}" for sales forms, which the rule {rule} names; add it '
                "there (Account and settings > Sales), or correct the rule (it has {has}).",
                name=name,
                rule=rule,
                has=has,
            )
            reasons.append(unless_several(records_named(known, name), name, Reason("custom-field-missing", sentence)))
        elif value:
            shorter = Text("shorten it in OneDesk, or in the rule {rule}.", rule=rule)
            reasons += [*too_long(whose, value, LONGEST_VALUE, shorter), *bad_text(whose, value)]
            found.append(CustomField(there, value))
    return found


def _rule(decisions: InvoiceDecisions, table: str) -> str:
    return next((each.rule for each in decisions.trail if each.table == table), f"invoices.{table}")
