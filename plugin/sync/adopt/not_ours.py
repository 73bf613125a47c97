"""Records that QuickBooks' invoice with the mark of one of the host's is that of another installation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.planning import marker, names_invoice
from onedesk_quickbooks.plugin.qbo import FORMS, read_form
from onedesk_quickbooks.plugin.sync.errors import CannotAdopt
from onedesk_quickbooks.plugin.sync.outbound.marked_forms import marked_form, owned_by
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text

NOT_OURS = "not_ours"
"""The action in the audit trail."""


@dataclass(frozen=True, slots=True)
class NotOurs:
    """What a person says of a company; recorded, if `kept`: {OneDesk's id: QuickBooks' invoice}."""

    company: str
    invoices: Mapping[str, BooksInvoice]
    kept: bool = False

    def to_json(self) -> dict[str, Any]:
        """The form of `adopt --not --json`."""
        rows = [{"id": od_id, "qbo_id": now.id, "qbo_number": now.number} for od_id, now in self.invoices.items()]
        return {"company": self.company, "kept": self.kept, "invoices": rows}


def not_ours(services: Services, connected: Connected, pairs: Mapping[str, str], user: str, *, keep: bool) -> NotOurs:
    """Check the pairs {OneDesk's id: QuickBooks' id}, and with `keep` record them: a copy then creates OneDesk's
    invoice. Nothing in QuickBooks is changed. Raises `CannotAdopt` and `QuickBooksProblem`."""
    ledger, realm_id = services.ledger, connected.realm_id
    there = _there(services, connected, list(pairs.values()))
    for od_id, qbo_id in pairs.items():
        _check(services, connected, od_id, qbo_id, there.get(qbo_id))
    found = NotOurs(connected.company.name, {od_id: there[qbo_id] for od_id, qbo_id in pairs.items()}, keep)
    if keep:
        services.check_lease()
        said = [
            form for now in found.invoices.values() for form in marked_form(now.id, now.kind, now.private_note, True)
        ]
        with ledger.together() as connection:
            ledger.marked_forms.say(connection, realm_id, said)
            for od_id, now in found.invoices.items():
                facts = {"qbo_id": now.id, "number": now.number}
                ledger.audit.act(user, NOT_OURS, realm_id=realm_id, od_invoice_id=od_id, **facts)
    return found


def _there(services: Services, connected: Connected, qbo_ids: Sequence[str]) -> dict[str, BooksInvoice]:
    quickbooks = services.quickbooks(connected.realm_id)
    rows = ((kind, quickbooks.there(FORMS[kind], qbo_ids)) for kind in (INVOICE, CREDIT_MEMO))
    return {now.id: now for kind, some in rows for now in (read_form(raw, kind) for raw in some)}


def _check(services: Services, connected: Connected, od_id: str, qbo_id: str, now: BooksInvoice | None) -> None:
    if now is None:
        raise CannotAdopt(
            Text("QuickBooks has no invoice with the id {qbo_id}, which is named for {id}", qbo_id=qbo_id, id=od_id)
        )
    values = {"number": now.number or "-", "qbo_id": qbo_id, "id": od_id}
    if not names_invoice(now.private_note, od_id, owned_by(services.host)):
        raise CannotAdopt(
            Text(
                'the QuickBooks invoice {number} (id {qbo_id}) does not have the mark "{marker}", so there is nothing'
                " to say of it for {id}",
                **values,
                marker=marker(od_id),
            )
        )
    link = services.ledger.links.by_qbo_ids(connected.realm_id, [qbo_id], now.kind).get(qbo_id)
    if link is not None:
        raise CannotAdopt(
            Text(
                "the QuickBooks invoice {number} (id {qbo_id}) is linked to the OneDesk invoice {other}, so it is not"
                " that of another installation",
                **values,
                other=link.od_invoice_id,
            )
        )
