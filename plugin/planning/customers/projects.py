"""The sub-customer of a project (`customers.project`): found below the invoice's customer, or drafted; held where it is
not certain. In QuickBooks, customers of all levels, vendors and employees share one name space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from onedesk_quickbooks.plugin.model.books import Books, BooksCustomer
from onedesk_quickbooks.plugin.model.decision import CustomerChoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.model.plan import CustomerDraft, EnsureCustomer, Reason
from onedesk_quickbooks.plugin.model.review import CustomerReview
from onedesk_quickbooks.plugin.planning.accepted_names import bad_name
from onedesk_quickbooks.plugin.planning.customers.candidates import review_project
from onedesk_quickbooks.plugin.planning.link_keys import OF, customer_key, project_key
from onedesk_quickbooks.plugin.texts import Text, joined, listed
from onedesk_quickbooks.plugin.texts.arguments import arguments


class ProjectCustomer:
    """The sub-customer `name` of `parent`, the customer of the invoice."""

    def __init__(
        self, invoice: Invoice, choice: CustomerChoice, books: Books, name: str, parent: EnsureCustomer
    ) -> None:
        self._invoice = invoice
        self._choice = choice
        self._books = books
        self._name = name
        self._parent = parent
        self._key = project_key(invoice, choice)
        self._rejected = books.customers_rejected.get(self._key, frozenset())
        self._candidates: list[BooksCustomer] = []

    @property
    def review(self) -> CustomerReview | None:
        """The project with the sub-customers that may be meant, where it is held because of them."""
        if not self._candidates:
            return None
        return review_project(self._key, self._name, self._invoice.project, self._books, self._candidates)

    def find(self) -> BooksCustomer | list[Reason] | None:
        """The existing one, reasons where it is not certain, None for none."""
        by_link = self._books.customers.by_id.get(self._books.customer_links.get(self._key, ""))
        if by_link is not None and "link" in self._choice.match:
            return list(self._unfit_link(by_link)) or by_link
        found = self._books.customers.same(self._name)
        mine = [each for each in found if self._is_below(each) and each.id not in self._rejected]
        if len(mine) > 1:
            self._candidates += mine
            return [Reason("customer-ambiguous", self._several(mine))]
        if mine:
            return list(self._unfit(mine[0])) or mine[0]
        return list(self._doubts(found)) or None

    def draft(self, host: CustomerDraft) -> EnsureCustomer | list[Reason]:
        """A new one, with what is known of the customer (`host`)."""
        name = self._name
        project = self._invoice.project
        what = Text('The sub-customer\'s name "{name}" of the project "{project}"', name=name, project=project)
        reasons = list(bad_name(what, name, 500, Text("rename the project in OneDesk.")))
        if self._choice.when_missing == "hold":
            sentence = Text(
                'QuickBooks has no sub-customer "{name}" of "{parent}" for the project "{project}"; create it there, '
                "or set customers.when_missing: create.",
                name=name,
                parent=self._parent.name,
                project=project,
            )
            reasons.append(Reason("customer-missing", sentence))
        if reasons:
            return reasons
        own = replace(
            host,
            display_name=name,
            bill_with_parent=self._choice.bill_with_parent == "yes",
            taxable=self._taxable(),
        )
        return EnsureCustomer(f"{self._parent.name}:{name}", None, own, parent=self._parent)

    def _taxable(self) -> bool | None:
        """A sub-customer is tax-exempt like its customer."""
        above = self._parent.existing
        found = self._books.customers.by_id.get(above.id) if above else None
        return False if found is not None and not found.taxable else None

    def _is_below(self, found: BooksCustomer) -> bool:
        return self._parent.existing is not None and found.parent_id == self._parent.existing.id

    def _unfit_link(self, found: BooksCustomer) -> Iterator[Reason]:
        """Why the one of earlier invoices is not used: a second one would split the open balance over two."""
        unlink = f"onedesk-quickbooks customers unlink {arguments(self._key)}"
        if not found.active:
            yield Reason(
                "customer-inactive",
                Text(
                    'The QuickBooks customer "{name}", to which the project "{project}" is linked, was made inactive '
                    "there; make it active again, or link another one: {link}.",
                    name=found.name,
                    project=self._invoice.project,
                    link=self._link(),
                ),
            )
        elif not self._is_below(found):
            yield Reason(
                "project-elsewhere",
                Text(
                    'The project "{project}" is linked to the QuickBooks customer "{name}" ({known}), which is not '
                    'a sub-customer of "{parent}"; move it below that one in QuickBooks, or let the rules find '
                    "another: {unlink}.",
                    project=self._invoice.project,
                    name=found.name,
                    known=shown_id(found),
                    parent=self._parent.name,
                    unlink=unlink,
                ),
            )
        else:
            yield from self._unfit(found)

    def _unfit(self, found: BooksCustomer) -> Iterator[Reason]:
        currency = self._invoice.currency
        if self._books.company.multicurrency and found.currency not in ("", currency):
            yield Reason(
                "customer-currency",
                Text(
                    'The QuickBooks customer "{name}" is kept in {kept} for good, but the invoice is in {currency}; '
                    "bill the project in {kept}, or rename it for {currency}.",
                    name=f"{self._parent.name}:{found.name}",
                    kept=found.currency,
                    currency=currency,
                ),
            )
        # Two projects of one customer may share a sub-customer: a rule or a person says so.
        mine = f"{customer_key(self._invoice, self._choice)}{OF}"
        owners = self._books.customer_owners.get(found.id, ())
        others = [each for each in owners if each != self._key and not each.startswith(mine)]
        if others:
            yield Reason(
                "customer-taken",
                Text(
                    'The QuickBooks customer "{name}" ({known}) is linked to {others} of OneDesk, and the invoice is '
                    'for the project "{project}" ({key}); if they are the same, {remove}; if '
                    "not, rename one of them.",
                    name=f"{self._parent.name}:{found.name}",
                    known=shown_id(found),
                    others=listed(others),
                    project=self._invoice.project,
                    key=self._key,
                    remove=_remove(others),
                ),
            )

    def _several(self, found: list[BooksCustomer]) -> str:
        named = (Text('"{name}" ({id})', name=each.name, id=shown_id(each)) for each in found)
        return Text(
            'QuickBooks has several sub-customers "{name}" of "{parent}": {named}; say which one is meant: {link}.',
            name=self._name,
            parent=self._parent.name,
            named=joined(Text(" and "), named),
            link=self._link(),
        )

    def _doubts(self, same: tuple[BooksCustomer, ...]) -> Iterator[Reason]:
        """Records with this or a similar name that are not below the customer, or are inactive."""
        name, parent, customers = self._name, self._parent.name, self._books.customers
        otherwise = Text(
            "name sub-customers otherwise by rule, customers.project_name: {example}, say",
            example='"{project} ({customer})"',
        )
        project = self._invoice.project
        other = self._books.other_names.get(name_key(name))
        retired = [
            each for each in customers.retired(name) if self._is_below(each) or name_key(each.name) == name_key(name)
        ]
        if name_key(name) == name_key(parent):
            yield Reason(
                "project-name-taken",
                Text(
                    'The sub-customer of the project "{project}" would have the name of its customer "{parent}", and '
                    "no two names may be the same in QuickBooks; {otherwise}, or rename the project in OneDesk.",
                    project=project,
                    parent=parent,
                    otherwise=otherwise,
                ),
            )
        elif same or other:
            there = other
            if same:
                there = Text('customer "{name}" ({known})', name=same[0].name, known=shown_id(same[0]))
            yield Reason(
                "project-name-taken",
                Text(
                    'QuickBooks has the {there}, which is not a sub-customer of "{parent}", and no two names may be '
                    'the same there, so that the project "{project}" gets none; {otherwise}, or rename the project in '
                    "OneDesk; if it is the same, make it a sub-customer of that one in QuickBooks.",
                    there=there,
                    parent=parent,
                    project=project,
                    otherwise=otherwise,
                ),
            )
        elif retired:
            yield Reason(
                "customer-inactive",
                Text(
                    'The QuickBooks customer "{name}" ({known}, inactive) has or had the name of the project '
                    '"{project}"; if it is the same, make it active again there and link it: {link}; if not, '
                    "{otherwise}.",
                    name=retired[0].name,
                    known=shown_id(retired[0]),
                    project=project,
                    link=self._link(retired[0]),
                    otherwise=otherwise,
                ),
            )
        elif self._choice.when_similar == "hold":
            near = [each for each in customers.alike(name) if self._is_below(each) and each.id not in self._rejected]
            alike = next(iter(near), None)
            if alike is not None:
                self._candidates += near
                first = "" if alike.active else Text("make it active again there and ")
                yield Reason(
                    "customer-similar",
                    Text(
                        'QuickBooks has no sub-customer "{name}" of "{parent}" but "{alike}" ({known}); if it is the '
                        "same, {first}confirm it: {confirm}; if not, reject it, and a new one is created: {reject}; "
                        "or set customers.when_similar: create.",
                        name=name,
                        parent=parent,
                        alike=alike.name,
                        known=shown_id(alike),
                        first=first,
                        confirm=self._link(alike, "confirm"),
                        reject=self._link(alike, "reject"),
                    ),
                )

    def _link(self, found: BooksCustomer | None = None, command: str = "link") -> str:
        known = "ID" if found is None else found.name if found.made_with else found.id
        return f"onedesk-quickbooks customers {command} {arguments(self._key, known)}"


def _remove(keys: Sequence[str]) -> Text:
    """How the links of other customers or projects are taken away."""
    unlink = listed(f"onedesk-quickbooks customers unlink {arguments(each)}" for each in keys)
    one, some = (
        Text("unlink the other one: {unlink}", unlink=unlink),
        Text("unlink the others: {unlink}", unlink=unlink),
    )
    return one if len(keys) == 1 else some


def shown_id(customer: BooksCustomer) -> Text:
    """How a sentence distinguishes a customer from others of its name."""
    made = customer.made_with
    return Text("new with invoice {made_with}", made_with=made) if made else Text("id {id}", id=customer.id)
