"""Looks several invoices up in QuickBooks at once: with as few calls as possible; the results are the `Books` for
planning."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.ledger import WITHDRAWN, Connected, InvoiceLink, MarkedForm, Reference
from onedesk_quickbooks.plugin.model.books import (
    Books,
    BooksCustomer,
    BooksInvoice,
    BooksItem,
    Credited,
    customer_directory,
    item_directory,
)
from onedesk_quickbooks.plugin.model.by_name import CATEGORY, suffixed_name, usable_in
from onedesk_quickbooks.plugin.model.company_settings import Company, Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.name_keys import name_key, number_key
from onedesk_quickbooks.plugin.planning import (
    NAMES,
    Needs,
    as_booked,
    booked_on,
    marks,
    marks_void,
    mentions,
    needs,
    note_of,
    plan_customer,
    separate_name,
)
from onedesk_quickbooks.plugin.qbo import VOIDED, LookupResult, covered_as
from onedesk_quickbooks.plugin.sync.merges import Merges
from onedesk_quickbooks.plugin.sync.outbound.cache import Cache
from onedesk_quickbooks.plugin.sync.outbound.known import Known, asked_for
from onedesk_quickbooks.plugin.sync.outbound.marked_forms import altered_form, is_exact, marked_forms
from onedesk_quickbooks.plugin.sync.outbound.written_items import item_ids, survivors, written_items
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.versions import comparable, edited

_KINDS = {name: kind for kind, name in NAMES.items()}
"""A kind by its name."""
REFERENCE_AGE = timedelta(minutes=10)
"""How old accounts, tax codes and terms may be for a plan; a rule that names a newer one causes a new look at once."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was looked up for one invoice: `invoice` is QuickBooks' present version of the linked invoice (None: not
    linked, or deleted); `adopted` is one that carries our marker though the ledger does not know it; `items` are those
    that its lines were written with, as in `Copied`; `then` is QuickBooks' answer to our last write."""

    needs: Needs
    books: Books
    invoice: BooksInvoice | None
    adopted: BooksInvoice | None = None
    items: tuple[Ref, ...] = ()
    then: BooksInvoice | None = None

    def with_reference(self, reference: Reference) -> Seen:
        """The same look, with accounts, tax codes and terms read again."""
        return self.replaced(
            accounts=reference.accounts,
            tax_codes=reference.tax_codes,
            terms=reference.terms,
            classes=reference.classes,
        )

    def replaced(self, **facts: Any) -> Seen:
        """The same look, with other facts of its books (the fields of `Books`)."""
        return dataclasses.replace(self, books=dataclasses.replace(self.books, **facts))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One invoice, what was decided for it, and its link from an earlier copy."""

    invoice: Invoice
    decisions: InvoiceDecisions
    link: InvoiceLink | None


@dataclass(frozen=True, slots=True)
class _Others:
    """Vendors and employees by name_key: by their present names, and by former names of inactive ones."""

    names: Mapping[str, str]
    retired: Mapping[str, str]


class Lookup:
    """Looks up invoices of one company."""

    def __init__(
        self,
        services: Services,
        connected: Connected,
        cache: Cache | None = None,
        there: Mapping[str, BooksInvoice] | None = None,
    ) -> None:
        """`cache`: read from it where possible, instead of asking QuickBooks. `there`: linked invoices by id that were
        read just now and will not be written, so that neither they nor exchange rates are requested."""
        self._cache = cache
        self._there = there or {}
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._quickbooks = services.quickbooks(self._realm_id)
        self._rates: dict[tuple[str, date], Decimal | None] = {}
        self._merged: dict[str, InvoiceLink] = {}

    def look(self, wanted: Sequence[Wanted]) -> list[Seen]:
        """All that planning needs, one `Seen` for each invoice, in order."""
        asked = [needs(each.invoice, each.decisions) for each in wanted]
        links = self._customer_links(wanted, asked)
        found = self._with_owners(self._look_up(wanted, asked, links))
        there = [self._there[each.link.qbo_id] for each in wanted if each.link and each.link.qbo_id in self._there]
        found = dataclasses.replace(found, invoices=(*found.invoices, *there)) if there else found
        by_id = self._unmerged([each.link for each in wanted if each.link], found)
        if self._merged:
            wanted = [dataclasses.replace(each, link=self.current(each.link)) for each in wanted]
            links = self._customer_links(wanted, asked)
        links, found = self._followed(links, found)
        customers_there = {qbo_id: each.customer_id for qbo_id, each in by_id.items() if not each.voided}
        missing = set(customers_there.values()) - {customer.id for customer in found.customers}
        found = self._with_customers(found, missing) if missing else found
        present_links = [each.link for each in wanted if each.link]
        written = written_items(self._services.ledger, self._realm_id, present_links)
        on_lines = {qbo_id: item_ids(wrote.items, by_id.get(qbo_id)) for qbo_id, wrote in written.items()}
        found = self._with_items(found, {item_id for ids in on_lines.values() for item_id in ids})
        keys = {key for need in asked for key in need.customer_keys}
        shared, known = self._shared(found, keys), Known(found.customers, found.items)
        shared = dataclasses.replace(shared, in_categories=self._in_categories(asked, found))
        if shared.company.tracks_locations and any(each.decisions.location for each in wanted):
            shared = dataclasses.replace(shared, locations=self._quickbooks.locations())
        qbo_ids = [each.link.qbo_id if each.link else "" for each in wanted]
        own = [
            _own(shared, known, need, link, customers_there.get(qbo_id, ""), on_lines.get(qbo_id, ()))
            for qbo_id, need, link in zip(qbo_ids, asked, links, strict=True)
        ]
        others, own = self._beside(wanted, asked, own)
        credited, marked = self._credited(wanted), self._marked(wanted)
        seen = []
        for each, need, books in zip(wanted, asked, own, strict=True):
            current = by_id.get(each.link.qbo_id) if each.link else None
            adopted, altered = (None, None) if each.link else self._ours(each, need, found, marked, books.company)
            wrote = written.get(each.link.qbo_id) if each.link else None
            existing = wrote.answer if wrote else current or adopted
            day = booked_on(each.invoice, each.decisions, books.company, existing.issue_date if existing else None)
            rates = self._exchange(books.company, need.currency, day)
            books = dataclasses.replace(
                books, other_names=others.names, retired_names=others.retired, exchange_rates=rates, altered=altered
            )
            if credits_one(each.invoice, each.decisions):
                books = dataclasses.replace(books, credited=credited[each.invoice.credits])
            look = Seen(need, books, current, adopted)
            if each.link and current and wrote:
                items = survivors(each.link, wrote.items, current, books.items.by_id)
                then = covered_as(wrote.answer, current.fingerprint)
                look = dataclasses.replace(look, items=items, then=then)
            seen.append(look)
        return seen

    def existing(self, links: Sequence[InvoiceLink]) -> tuple[Books, dict[str, BooksInvoice]]:
        """The company, and those of the linked invoices that QuickBooks has, by id."""
        if not links:
            return Books(self._connected.company), {}
        ids = [link.qbo_id for link in links if link.kind == INVOICE]
        memo_ids = [link.qbo_id for link in links if link.kind == CREDIT_MEMO]
        found = self._sure(self._quickbooks.look_up(invoice_ids=ids, credit_memo_ids=memo_ids), links)
        return self._shared(found), self._unmerged(links, found)

    def complete(self, seen: Sequence[Seen]) -> list[Seen]:
        """The same with the customer and the items that each invoice has or was written with, where a look has not
        found them: an open request writes them, or another customer was chosen."""
        customers = {qbo_id for each in seen for qbo_id in _lacking(each)[0]}
        items = {qbo_id for each in seen for qbo_id in _lacking(each)[1]}
        if not customers and not items:
            return list(seen)
        found = self._quickbooks.look_up(customer_ids=sorted(customers), item_ids=sorted(items))
        owners = self._services.ledger.links.linked_customers(self._realm_id, sorted(customers))
        return [_completed(each, found, owners) for each in seen]

    def _customer_links(self, wanted: Sequence[Wanted], asked: Sequence[Needs]) -> list[dict[str, str]]:
        """For each, {OneDesk customer id: QuickBooks customer id} in its currency, and the same of its project; empty
        if there is none yet."""
        ids = {key for need in asked for key in need.customer_keys}
        found = self._services.ledger.links.customers(self._realm_id, ids)
        return [
            {key: qbo_id for key in need.customer_keys if (qbo_id := found.get((key, each.invoice.currency)))}
            for each, need in zip(wanted, asked, strict=True)
        ]

    def _look_up(
        self, wanted: Sequence[Wanted], asked: Sequence[Needs], links: Sequence[Mapping[str, str]]
    ) -> LookupResult:
        def each_once(names: Sequence[str]) -> list[str]:
            return list(dict.fromkeys(name for name in names if name))

        names = {
            "customer_names": each_once([name for need in asked for name in need.customer_names]),
            "customer_emails": each_once([email for need in asked for email in need.customer_emails]),
            "customer_ids": each_once([qbo_id for link in links for qbo_id in link.values()]),
            "item_names": each_once([name for need in asked for name in need.item_names]),
        }
        others = (n.number for w, n in zip(wanted, asked, strict=True) if not w.link or w.link.qbo_number != n.number)
        numbers = each_once([number for number in others if number])  # without those that do not change
        asked_for = [each.link for each in wanted if each.link and each.link.qbo_id not in self._there]
        invoice_ids = each_once([link.qbo_id for link in asked_for if link.kind == INVOICE])
        memo_ids = each_once([link.qbo_id for link in asked_for if link.kind == CREDIT_MEMO])
        ids = {"invoice_ids": invoice_ids, "credit_memo_ids": memo_ids}
        if self._cache is None or not self._cache.ready():
            return self._sure(self._quickbooks.look_up(**names, numbers=numbers, **ids), asked_for)
        known = self._cache.look_up(**names)
        perhaps = self._cache.perhaps_taken(numbers)
        real = self._quickbooks.look_up(numbers=perhaps, **ids)  # sends no request where there is nothing to ask
        real = self._sure(real, asked_for)
        preferences = real.preferences or known.preferences
        return dataclasses.replace(
            known, taken_numbers=real.taken_numbers, invoices=real.invoices, preferences=preferences
        )

    def _with_owners(self, found: LookupResult) -> LookupResult:
        """The same with the host's invoices that the forms with these numbers are linked to."""
        taken = found.taken_numbers
        for kind in {each.kind for each in taken.values()}:
            ids = [each.id for each in taken.values() if each.kind == kind]
            links = self._services.ledger.links.by_qbo_ids(self._realm_id, ids, _KINDS[kind])
            owned = {
                key: dataclasses.replace(
                    each, owner=link.od_invoice_id, owner_number=link.qbo_number, owner_od_number=link.od_number
                )
                for key, each in taken.items()
                if each.kind == kind and (link := links.get(each.id))
            }
            taken = {**taken, **owned}
        return dataclasses.replace(found, taken_numbers=taken)

    def _sure(self, found: LookupResult, links: Iterable[InvoiceLink]) -> LookupResult:
        """Confirm with a separate request that an invoice is gone."""
        had = {each.id for each in found.invoices}
        lacking = {link.qbo_id: link.kind for link in links if link.qbo_id not in had}
        looked = (self._quickbooks.invoice(qbo_id, lacking[qbo_id]) for qbo_id in sorted(lacking))
        there = [seen for seen in looked if seen is not None]
        return dataclasses.replace(found, invoices=(*found.invoices, *there)) if there else found

    def _unmerged(self, linked: Sequence[InvoiceLink], found: LookupResult) -> dict[str, BooksInvoice]:
        """The linked invoices by QuickBooks' id. A merged customer or item is no edit: the links of such invoices are
        updated (`current`)."""
        realm_id = self._realm_id
        links = {link.qbo_id: link for link in linked}
        by_id = comparable(self._services.ledger, realm_id, [(links[each.id], each) for each in found.invoices])
        differing = [(links[each.id], each) for each in by_id.values() if edited(links[each.id], each)]
        if not differing:
            return by_id
        wrote = self._services.ledger.outbox.answers(realm_id, [link.od_invoice_id for link, _ in differing])
        self._merged |= Merges(self._services, realm_id).accept(differing, wrote)
        return by_id

    def current(self, link: InvoiceLink | None) -> InvoiceLink | None:
        """The link, as a look has updated it after a merge."""
        return self._merged.get(link.od_invoice_id, link) if link else None

    def _followed(self, links: list[dict[str, str]], found: LookupResult) -> tuple[list[dict[str, str]], LookupResult]:
        """Links to merged customers, changed to the customers that replaced them. Raises `QuickBooksProblem`."""
        linked = {qbo_id for link in links for qbo_id in link.values()}
        missing = linked - {customer.id for customer in found.customers if customer.active}
        if missing and self._cache is not None:  # perhaps it is newer than the cache
            found = self._with_customers(found, missing)
            missing -= {customer.id for customer in found.customers if customer.active}
        if not missing:
            return links, found
        merges = Merges(self._services, self._realm_id)
        survivors = merges.survivors(missing)
        merges.follow(survivors)
        found = self._with_customers(found, survivors.values())
        return [{od_id: survivors.get(qbo_id, qbo_id) for od_id, qbo_id in link.items()} for link in links], found

    def _with_customers(self, found: LookupResult, qbo_ids: Iterable[str]) -> LookupResult:
        """The same with these customers read from QuickBooks itself."""
        more = {each.id: each for each in self._quickbooks.look_up(customer_ids=qbo_ids).customers}
        for customer in more.values():
            if self._cache is not None:
                self._cache.learn_customer(customer)
        others = (each for each in found.customers if each.id not in more)
        return dataclasses.replace(found, customers=(*others, *more.values()))

    def _with_items(self, found: LookupResult, qbo_ids: set[str]) -> LookupResult:
        """The same with these items: a renamed item is not found by its former name."""
        missing = sorted(qbo_ids - {item.id for item in found.items})
        known = self._cache.items(missing) if self._cache is not None else []
        asked = set(missing) - {item.id for item in known}
        more = self._quickbooks.look_up(item_ids=sorted(asked)).items if asked else ()
        for item in more:
            if self._cache is not None:
                self._cache.learn_item(item)
        return dataclasses.replace(found, items=(*found.items, *known, *more))

    def _in_categories(self, asked: Sequence[Needs], found: LookupResult) -> dict[str, str]:
        """An item in each category that lines name in place of an item. No request where they name none."""
        names = {name_key(name) for need in asked for name in need.item_names}
        named = [each for each in found.items if each.active and each.type == CATEGORY and name_key(each.name) in names]
        if not named:
            return {}
        if self._cache is not None and self._cache.ready():
            items: Iterable[BooksItem] = self._cache.all_items
        else:
            items = self._quickbooks.items_in([each.name for each in named])
        found_in = {each.id: usable_in(items, each) for each in named}
        return {qbo_id: name for qbo_id, name in found_in.items() if name}

    def _shared(self, found: LookupResult, keys: Collection[str] = ()) -> Books:
        """The books of all invoices, for those customers of the host."""
        ledger, ids = self._services.ledger, [customer.id for customer in found.customers]
        with ledger.reading():
            owners = ledger.links.linked_customers(self._realm_id, ids) if ids else {}
            rejected = ledger.customer_decisions.rejected(self._realm_id, keys) if keys else {}
            kept = self._services.kept_reference(self._connected, REFERENCE_AGE)
        reference = kept or self._services.reference(self._connected, REFERENCE_AGE)
        known = reference.company
        if found.preferences is not None and known.with_preferences(found.preferences) != known:
            self._services.ledger.companies.outdate(known.realm_id)
            reference = self._services.reference(self._connected, REFERENCE_AGE)
        return Books(
            company=reference.company,
            customer_owners={qbo_id: tuple(sorted(od_ids)) for qbo_id, od_ids in owners.items()},
            customers_rejected=rejected,
            accounts=reference.accounts,
            tax_codes=reference.tax_codes,
            terms=reference.terms,
            taken_numbers=found.taken_numbers,
            classes=reference.classes,
        )

    def _beside(
        self, wanted: Sequence[Wanted], asked: Sequence[Needs], books: Sequence[Books]
    ) -> tuple[_Others, list[Books]]:
        """The vendors and employees that have, or had, the name of a customer to be created (or of one that an earlier
        invoice creates in another currency); and the books with the customers that may be meant instead."""
        names: list[str] = []
        near: list[Needs] = []
        for each, need, known in zip(wanted, asked, books, strict=True):
            choice = each.decisions.customer
            step = plan_customer(each.invoice, choice, known).step
            drafts = [one.draft for one in step.each if one.draft] if step else []
            names += [draft.display_name for draft in drafts]
            if drafts and choice.when_currency_differs == "separate":
                names.append(separate_name(choice.display_name, each.invoice.currency))
            if drafts and choice.when_name_taken == "suffix":
                names += [suffixed_name(draft.display_name) for draft in drafts]
            if step and step.each[0].draft and need.near:
                near.append(need)
        if not names:
            return _Others({}, {}), list(books)
        emails = [email for need in near for email in need.near_emails]
        if self._cache is not None and self._cache.ready():
            others, found = self._cache.others(names), self._cache.near([need.near for need in near], emails)
        else:
            others, found = self._quickbooks.beside(names, [need.near for need in near], emails)
        neighbours = _Others(
            {name_key(other.name): str(other) for other in others},
            {key: str(other) for other in others for key in other.keys - {name_key(other.name)}},
        )
        return neighbours, self._with_near(books, asked, near, found)

    def _with_near(
        self, books: Sequence[Books], asked: Sequence[Needs], near: Sequence[Needs], found: Sequence[BooksCustomer]
    ) -> list[Books]:
        if not found:
            return list(books)
        owned = self._services.ledger.links.linked_customers(self._realm_id, [each.id for each in found])
        owners = {qbo_id: tuple(sorted(od_ids)) for qbo_id, od_ids in owned.items()}
        known = Known(found)
        made = []
        for each, need in zip(books, asked, strict=True):
            own = known.customers(asked_for(need).customer_keys(), ()) if need in near else ()
            more = [customer for customer in own if customer.id not in each.customers.by_id]
            if more:
                customers = customer_directory([*each.customers.by_id.values(), *more])
                each = dataclasses.replace(
                    each, customers=customers, customer_owners={**each.customer_owners, **owners}
                )
            made.append(each)
        return made

    def _credited(self, wanted: Sequence[Wanted]) -> dict[str, Credited]:
        """The invoices that credit notes name, as QuickBooks has them now, by that name. At most one request."""
        names = {each.invoice.credits for each in wanted if credits_one(each.invoice, each.decisions)}
        if not names:
            return {}
        found = self._services.ledger.links.named(self._realm_id, names)
        links = {name: links[0] for name, links in found.items() if len(links) == 1}
        invoices = [link for link in links.values() if link.kind == INVOICE]
        now = self._sure(self._quickbooks.look_up(invoice_ids={each.qbo_id for each in invoices}), invoices).invoices
        there = {each.id: each for each in now}
        named = {name: _named(name, found[name], links.get(name), there) for name in names}
        return {name: dataclasses.replace(each, withdrawn=self._withdrawn(each)) for name, each in named.items()}

    def _withdrawn(self, named: Credited) -> str:
        """See `Credited`."""
        entries = self._services.ledger.queue.open_of(self._realm_id, named.od_ids[0]) if named.qbo_id else ()
        return next((each.action for each in entries if each.action in WITHDRAWN), "")

    def _exchange(self, company: Company, currency: str, day: date) -> dict[str, Decimal]:
        if self._there or not company.multicurrency or currency == company.home_currency:
            return {}
        key = (currency, day)
        if key not in self._rates:
            self._rates[key] = self._quickbooks.exchange_rate(currency, day)
        rate = self._rates[key]
        return {} if rate is None else {currency: rate}

    def _marked(self, wanted: Sequence[Wanted]) -> Mapping[str, Sequence[MarkedForm]]:
        """What has the marks of those without a link, by the host's id."""
        unlinked = [each.invoice.id for each in wanted if each.link is None]
        return marked_forms(self._services, self._connected, unlinked)

    def _ours(
        self,
        wanted: Wanted,
        need: Needs,
        found: LookupResult,
        marked: Mapping[str, Sequence[MarkedForm]],
        company: Company,
    ) -> tuple[BooksInvoice | None, BooksInvoice | None]:
        """An invoice that carries our marker, and is linked to no other: it was copied, and then the ledger was lost or
        restored. Preferred is the one with this number, then the one that was made first, then what is a credit memo
        in place of an invoice, or the reverse: that is held. Without one, the second is one whose marker was altered,
        or else one that was voided in QuickBooks: these are held, too."""
        invoice, own = wanted.invoice, marked.get(wanted.invoice.id, ())
        anothers = {each.qbo_id for each in own if each.anothers}
        taken = found.taken_numbers.get(number_key(need.number)) if need.number else None
        own = sorted((each for each in own if not each.anothers), key=lambda form: form.kind != invoice.kind)
        forms = [(each.qbo_id, each.kind) for each in own if is_exact(each, invoice.id)]
        if taken is not None and taken.kind == NAMES[invoice.kind] and taken.owner in ("", invoice.id):
            forms = [(taken.id, invoice.kind), *forms] if marks_void(taken.private_note, invoice.id) else forms
        read = []
        for qbo_id, kind in dict.fromkeys(each for each in forms if each[0] not in anothers):
            seen = self._quickbooks.invoice(qbo_id, kind)
            if seen and marks(seen.private_note, invoice.id) and not _is_void(seen, wanted, company):
                return dataclasses.replace(seen, voided=False), None
            read += [dataclasses.replace(seen, voided=_is_void(seen, wanted, company))] if seen else []
        rest = [each for each in own if (each.qbo_id, each.kind) not in forms]
        if taken is not None and not taken.owner and taken.id not in anothers and mentions(taken.private_note):
            rest.append(MarkedForm(taken.id, _KINDS[taken.kind], ""))
        if not read and not rest:
            return None, None
        if not invoice.total:  # each looks void, and its note tells
            there = (self._quickbooks.invoice(each.qbo_id, each.kind) for each in rest)
            read += [dataclasses.replace(each, voided=_is_void(each, wanted, company)) for each in there if each]
            rest = []
        voided = next((each for each in read if each.voided and marks_void(each.private_note, invoice.id)), None)
        return None, altered_form(self._quickbooks, self._services.host, invoice.id, read, rest) or voided


def credits_one(invoice: Invoice, decisions: InvoiceDecisions) -> bool:
    """Whether it is a credit note that becomes a credit memo and names an invoice."""
    return bool(invoice.credits) and invoice.is_credit and decisions.negative == "credit_memo"


def _named(
    name: str, links: Sequence[InvoiceLink], link: InvoiceLink | None, there: Mapping[str, BooksInvoice]
) -> Credited:
    od_ids = tuple(sorted(each.od_invoice_id for each in links))
    if link is None:
        return Credited(name, od_ids)
    number = link.od_number or link.od_invoice_id
    return Credited(name, od_ids, link.qbo_id, number, link.kind, there.get(link.qbo_id))


def _is_void(seen: BooksInvoice, wanted: Wanted, company: Company) -> bool:
    """Whether the invoice is void: its note is more than our own. What has a total of zero in the host looks void in
    any case; then only what QuickBooks writes before a note shows it."""
    booked = as_booked(wanted.invoice, wanted.decisions, company, seen.issue_date)
    note, there = note_of(booked, wanted.decisions), seen.private_note
    if not seen.voided or there == note:
        return False
    before = there.removesuffix(note) if there.endswith(note) else ""
    return bool(wanted.invoice.total) or there.startswith(VOIDED) or before.strip(" -").isalpha()


def _own(
    shared: Books, known: Known, need: Needs, link: Mapping[str, str], customer_there: str, written: Sequence[str]
) -> Books:
    """The books for this one invoice: without what was looked up for others, so that the result does not depend on
    whether they are looked up together. `customer_there` is the customer of its QuickBooks invoice, `written` are its
    items."""
    ids = tuple(dict.fromkeys((*link.values(), *([customer_there] if customer_there else []))))
    asked = asked_for(need)
    customers = customer_directory(known.customers(asked.customer_keys(), ids))
    items = item_directory(known.items(asked.item_keys(), written))
    return dataclasses.replace(shared, customers=customers, items=items, customer_links=link)


def _lacking(seen: Seen) -> tuple[set[str], set[str]]:
    """The ids of customers and of items that a look has not found."""
    now, books = seen.invoice, seen.books
    if now is None or now.voided:
        return set(), set()
    customers = {now.customer_id, *([seen.then.customer_id] if seen.then else [])}
    return customers - books.customers.by_id.keys(), set(item_ids(seen.items, now)) - books.items.by_id.keys()


def _completed(seen: Seen, found: LookupResult, owners: Mapping[str, Collection[str]]) -> Seen:
    books, (customer_ids, ids) = seen.books, _lacking(seen)
    customers = [each for each in found.customers if each.id in customer_ids]
    items = [each for each in found.items if each.id in ids]
    owned = {each.id: tuple(sorted(owners[each.id])) for each in customers if each.id in owners}
    books = dataclasses.replace(
        books,
        customers=customer_directory([*books.customers.by_id.values(), *customers]),
        items=item_directory([*books.items.by_id.values(), *items]),
        customer_owners={**books.customer_owners, **owned},
    )
    return dataclasses.replace(seen, books=books)
