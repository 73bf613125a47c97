"""Links, made by a person, from customers of the host to QuickBooks customers that cannot be matched by name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import CONFIRMED, REJECTED, Connected, CustomerDecision, CustomerLink
from onedesk_quickbooks.plugin.model.books import BooksCustomer, customer_directory
from onedesk_quickbooks.plugin.planning import as_key, named_customers
from onedesk_quickbooks.plugin.sync.errors import LinkProblem
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.texts.arguments import arguments


@dataclass(frozen=True, slots=True)
class NamedLink:
    """A link, and the name of the QuickBooks customer; "" where QuickBooks no longer has it."""

    link: CustomerLink
    name: str


class CustomerLinks:
    """The customer links of one company. The id of a customer may be given in any Unicode normal form. Methods that ask
    QuickBooks raise `QuickBooksProblem`."""

    def __init__(self, services: Services, connected: Connected, user: str = "") -> None:
        self._user = user
        self._links = services.ledger.links
        self._ledger = services.ledger
        self._company = connected.company
        self._realm_id = connected.realm_id
        self._services = services
        self._quickbooks = services.quickbooks(connected.realm_id)

    def each(self) -> list[NamedLink]:
        """All links, with QuickBooks' present names."""
        links = self._links.every_customer(self._realm_id)
        found = self._quickbooks.look_up(customer_ids={each.qbo_id for each in links}).customers
        names = {customer.id: customer.name for customer in found}
        self._services.flush_calls(self._realm_id)
        return [NamedLink(each, names.get(each.qbo_id, "")) for each in links]

    def link(self, od_customer_id: str, customer: str, currency: str | None = None) -> NamedLink:
        """Link a customer of the host to a QuickBooks customer, given by its id or its name; replaces an earlier link.
        Several may be linked to one. Raises `LinkProblem`."""
        return self._link(as_key(od_customer_id), self._found(customer), currency)

    def _link(
        self, od_customer_id: str, found: BooksCustomer, currency: str | None, confirmed: bool = False
    ) -> NamedLink:
        own = found.currency if self._company.multicurrency and found.currency else self._company.home_currency
        if currency is not None and currency != own:
            raise LinkProblem(
                Text(
                    'the QuickBooks customer "{name}" has the currency {own}, which cannot be changed, not {currency}; '
                    "name a customer in {currency}",
                    name=found.name,
                    own=own,
                    currency=currency,
                )
            )
        with self._ledger.together() as connection:
            before = self._links.customers(self._realm_id, [od_customer_id]).get((od_customer_id, own), "")
            self._links.put_customers(connection, self._realm_id, {(od_customer_id, own): found.id})
            if confirmed:
                said = {"qbo_id": found.id, "name": found.name, "decision": CONFIRMED}
                said |= {"currency": own, "before": before if before != found.id else ""}
                self._ledger.customer_decisions.add(connection, self._realm_id, od_customer_id, self._user, **said)
            self._act("confirm customer" if confirmed else "link customer", CustomerLink(od_customer_id, own, found.id))
        return NamedLink(CustomerLink(od_customer_id, own, found.id), found.name)

    def _found(self, customer: str, even_inactive: bool = False) -> BooksCustomer:
        ids = [customer] if customer.isascii() and customer.isdigit() else []
        answered = self._quickbooks.look_up(customer_names=[customer], customer_ids=ids).customers
        self._services.flush_calls(self._realm_id)
        known = customer_directory(answered)
        by_id = known.by_id.get(customer)
        same = (by_id,) if by_id else known.same(customer) or known.retired(customer)
        if len(same) > 1:
            raise LinkProblem(
                Text(
                    'QuickBooks has several customers "{name}": {customers}; give the id',
                    name=customer,
                    customers=named_customers(same),
                )
            )
        if not same:
            alike = known.alike(customer)
            near = Text("; it has {customers}", customers=named_customers(alike)) if alike else ""
            raise LinkProblem(
                Text('QuickBooks has no customer with the id or the name "{name}"{near}', name=customer, near=near)
            )
        if not same[0].active and not even_inactive:
            raise LinkProblem(
                Text(
                    "the QuickBooks customer {customer} cannot be used; make it active first",
                    customer=named_customers(same),
                )
            )
        return same[0]

    def confirm(self, od_customer_id: str, customer: str) -> NamedLink:
        """Confirm a QuickBooks customer, given by its id or its name, as this customer, and link it. Raises
        `LinkProblem`."""
        return self._link(as_key(od_customer_id), self._found(customer), None, confirmed=True)

    def reject(self, od_customer_id: str, customer: str) -> BooksCustomer:
        """Reject a QuickBooks customer as a candidate for this one. Raises `LinkProblem`."""
        od_customer_id, found = as_key(od_customer_id), self._found(customer, even_inactive=True)
        linked = [
            each for each in self._links.every_customer(self._realm_id, od_customer_id) if each.qbo_id == found.id
        ]
        if linked:
            raise LinkProblem(
                Text(
                    'The OneDesk customer "{customer}" is linked to the QuickBooks customer "{name}" (id {id}). To '
                    "undo that, use Take back on the page Customers to review, or run: onedesk-quickbooks customers "
                    "unlink {quoted}",
                    customer=od_customer_id,
                    name=found.name,
                    id=found.id,
                    quoted=arguments(od_customer_id),
                )
            )
        with self._ledger.together() as connection:
            said = {"qbo_id": found.id, "name": found.name, "decision": REJECTED}
            self._ledger.customer_decisions.add(connection, self._realm_id, od_customer_id, self._user, **said)
            facts = {"customer": od_customer_id, "qbo_id": found.id}
            self._ledger.audit.act(self._user, "reject customer", realm_id=self._realm_id, **facts)
        return found

    def undo(self, od_customer_id: str) -> CustomerDecision:
        """Remove the last decision about a customer: a rejection is deleted, for a confirmation the earlier link is
        restored. Raises `LinkProblem` where there is no decision, or the customer is linked to another one by now."""
        last = self._ledger.customer_decisions.last(self._realm_id, as_key(od_customer_id))
        if last is None:
            raise LinkProblem(
                Text(
                    'nothing was confirmed or rejected of the OneDesk customer "{customer}", or all of it was undone; '
                    "see: onedesk-quickbooks customers list",
                    customer=od_customer_id,
                )
            )
        with self._ledger.together() as connection:
            if not self._ledger.customer_decisions.undo(connection, last.id, self._user):
                raise LinkProblem(Text("somebody else has undone it just now"))
            if last.decision == CONFIRMED:
                self._relink(connection, last)
            facts = {"customer": od_customer_id, "qbo_id": last.qbo_id, "decision": last.decision}
            self._ledger.audit.act(self._user, "undo customer decision", realm_id=self._realm_id, **facts)
        return last

    def _relink(self, connection: Connection, last: CustomerDecision) -> None:
        key, links = (last.od_customer_id, last.currency), self._links
        now = links.customers(self._realm_id, [last.od_customer_id]).get(key, "")
        if now != last.qbo_id:
            whom = Text("the QuickBooks customer with the id {id}", id=now) if now else Text("no QuickBooks customer")
            raise LinkProblem(
                Text(
                    'the OneDesk customer "{customer}" is now linked to {whom}; see: onedesk-quickbooks customers'
                    " list, and link or unlink it",
                    customer=last.od_customer_id,
                    whom=whom,
                )
            )
        if last.before:
            links.put_customers(connection, self._realm_id, {key: last.before})
        else:
            links.forget_customer(self._realm_id, CustomerLink(*key, last.qbo_id))

    def unlink(self, od_customer_id: str, currency: str | None = None) -> list[CustomerLink]:
        """Remove the links of a customer of the host, or the one in this currency; returns the removed ones. Raises
        `LinkProblem` if there is none."""
        mine = self._links.every_customer(self._realm_id, as_key(od_customer_id))
        gone = [each for each in mine if currency in (None, each.currency)]
        if not gone:
            kind = Text(" in {currency}", currency=currency) if currency else ""
            raise LinkProblem(
                Text(
                    'the OneDesk customer "{customer}" is linked to no QuickBooks customer{kind}; see:'
                    " onedesk-quickbooks customers list",
                    customer=od_customer_id,
                    kind=kind,
                )
            )
        with self._ledger.together():
            for each in gone:
                self._links.forget_customer(self._realm_id, each)
                self._act("unlink customer", each)
        return gone

    def _act(self, did: str, link: CustomerLink) -> None:
        facts = {"customer": link.od_customer_id, "currency": link.currency, "qbo_id": link.qbo_id}
        self._ledger.audit.act(self._user, did, realm_id=self._realm_id, **facts)
