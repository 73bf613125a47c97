"""Payload validation: JSON from the host is checked against its JSON Schema, then read into frozen types."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from onedesk_quickbooks.plugin.findings.refusals import refusal
from onedesk_quickbooks.plugin.model.host_payment import HostPayment, is_payment_key
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import INVOICE, PAID, UNPAID
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.model.text import UnfitText, fit
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from onedesk_quickbooks.plugin.texts import Text


def read_invoice(source: Mapping[str, Any]) -> Invoice:
    """A host's invoice. Raises `InvalidInvoice` for one that does not match schemas/invoice.schema.json, or an
    impossible date."""
    source = {**_gated(source), **_ids(source)}
    _check("invoice", source)
    if not source["id"].strip():
        raise _no_id(source["id"])
    if is_payment_key(source["id"]):
        raise InvalidInvoice("id", Text("{found} is the id of a payment here.", found=repr(source["id"])))
    if ends := [each for each in source["id"] if f"{each}.".splitlines() != [f"{each}."]]:
        sentence = Text(
            "{found} has a line break ({end}): QuickBooks' invoice has the id in a line; give it one without.",
            found=repr(source["id"]),
            end=f"U+{ord(ends[0]):04X}",
        )
        raise InvalidInvoice("id", sentence)
    try:
        return Invoice.from_json(source)
    except ValueError as error:
        raise InvalidInvoice("", Text("{error}; correct it in OneDesk.", error=error)) from error


def kind_of(source: Mapping[str, Any]) -> str:
    """What an invoice of the host becomes in QuickBooks; INVOICE where it cannot be read."""
    try:
        return read_invoice(source).kind
    except ValueError:
        return INVOICE


def digest(invoice: Invoice) -> str:
    """The same for the same invoice, whatever its status."""
    more = f"credit {invoice.negated} {invoice.credits}" if invoice.is_credit else ""
    return hashlib.sha256((repr(dataclasses.replace(invoice, status="")) + more).encode()).hexdigest()


def read_payment(source: Mapping[str, Any]) -> Payment:
    """A payment. Raises `InvalidInvoice` for one that does not match schemas/payment.schema.json."""
    source = {**_gated(source), **_ids(source)}
    _check("payment", source)
    try:
        return Payment.from_json(source)
    except ValueError as error:
        raise InvalidInvoice("", f"{error}.") from error


def read_host_payment(source: Mapping[str, Any]) -> HostPayment:
    """A payment that the host has recorded. Raises `InvalidInvoice` for one that does not match
    schemas/host_payment.schema.json, or an impossible date."""
    gated = {**_gated(source)}
    _check("host_payment", gated)
    try:
        found = HostPayment.from_json(gated)
    except ValueError as error:
        raise InvalidInvoice("", Text("{error}; correct it in OneDesk.", error=error)) from error
    if not found.id.strip():
        raise _no_id(found.id)
    ids = [each["id"] for each in source["invoices"]]
    twice = next((each for number, each in enumerate(ids) if each in ids[:number]), None)
    if twice is not None:
        raise InvalidInvoice("invoices", Text("the invoice {id} is there twice; add the two up.", id=twice))
    if "\n" in found.id:
        raise InvalidInvoice("id", Text("{found} has a line break in it.", found=repr(found.id)))
    return found


def payment_entry(source: Mapping[str, Any], change: str) -> tuple[str, dict[str, Any]]:
    """The action for a payment that was "recorded" or "deleted", and what the queue stores in place of an invoice.
    Raises `InvalidInvoice`, also for an unknown change."""
    actions = {"recorded": PAID, "deleted": UNPAID}
    if change not in actions:
        known = ", ".join(actions)
        raise InvalidInvoice(
            "change", Text("{found} is not a change; it is one of {known}.", found=repr(change), known=known)
        )
    read = read_host_payment(source)
    figures = {"total": str(source["amount"]), "currency": read.currency}
    return actions[change], {"id": read.key, "number": read.name, **figures, "payment": dict(source)}


def read_id(source: Mapping[str, Any]) -> str:
    """Only the id, of an invoice that may be incomplete. Raises `InvalidInvoice`."""
    found = source.get("id") if isinstance(source, Mapping) else None
    if not isinstance(found, str) or not found.strip():
        raise _no_id(found)
    check_text("id", found)
    return found


def _no_id(found: object) -> InvalidInvoice:
    """Of white space: nothing shows which record is meant, and the mark in QuickBooks names none."""
    sentence = Text("{found} is not an id; an id is a text that is not empty, nor only white space.", found=repr(found))
    return InvalidInvoice("id", sentence)


def read_user(user: object) -> str:
    """A user of the host, given as text, as a number (a primary key), or as None for nobody. Raises
    `InvalidInvoice`."""
    found = "" if user is None else str(user)
    check_text("user", found)
    return found


def check_text(field: str, text: str) -> None:
    """Raises `InvalidInvoice` for a text of the host that cannot be stored: a user's name, an id."""
    try:
        fit(text)
    except UnfitText as error:
        raise InvalidInvoice(field, Text("{problem}; correct it in OneDesk.", problem=error.problem)) from error


def _ids(source: Mapping[str, Any]) -> dict[str, Any]:
    """The ids by which the host knows a record, as it gives them: they go back to it, and are keys in the ledger."""
    return {name: source[name] for name in ("id", "invoice_id") if name in source}


def _gated(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON with every text in one Unicode normal form. Raises `InvalidInvoice`, also for what is no mapping."""
    if not isinstance(source, Mapping):
        raise InvalidInvoice("", Text("it is of the type {kind}, and not a mapping", kind=type(source).__name__))
    try:
        found: Mapping[str, Any] = fit(source)
    except UnfitText as error:
        line = re.match(r"lines\[([0-9]+)\]", error.path)
        where = Text("on line {line}, ", line=int(line[1]) + 1) if line else ""
        raise InvalidInvoice(
            error.path, Text("{where}{problem}; remove it in OneDesk.", where=where, problem=error.problem)
        ) from error
    return found


def _check(name: str, source: Mapping[str, Any]) -> None:
    found = refusal(name, source)
    if found is not None:
        raise InvalidInvoice(found.field, found.sentence)
