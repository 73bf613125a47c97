"""Rules against the QuickBooks company: whether every name exists, is active, and is of the right kind."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksItem, customer_directory, item_directory
from onedesk_quickbooks.plugin.model.by_name import (
    BUNDLE,
    CATEGORY,
    INCOME_TYPES,
    LIABILITY_TYPES,
    NO_ACCOUNT,
    accounts_named,
    customers_alike,
    items_alike,
    items_named,
    records_named,
    suffixed_name,
    tax_codes_named,
    unusable,
    usable_in,
)
from onedesk_quickbooks.plugin.model.company_settings import Account, BooksClass, Ref, TaxCode, takes_deposits
from onedesk_quickbooks.plugin.model.name_keys import former_names
from onedesk_quickbooks.plugin.model.patterns import finds_alike
from onedesk_quickbooks.plugin.ruleset.check.against_settings import check_settings
from onedesk_quickbooks.plugin.ruleset.check.company_names import (
    ACCOUNT,
    CLASS,
    CUSTOMER,
    DEPOSIT_ACCOUNT,
    ITEM,
    LOCATION,
    METHOD,
    TAX_CODE,
    TERM,
    names,
    written,
)
from onedesk_quickbooks.plugin.ruleset.check.name_findings import quoted, several, some
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.load import Loaded
from onedesk_quickbooks.plugin.ruleset.read.nearest import nearest_name
from onedesk_quickbooks.plugin.ruleset.read.record_names import Named
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, walk

T = TypeVar("T", Account, TaxCode, Ref, BooksClass)
Find = Callable[[Iterable[T], str], tuple[T, ...]]
"""The functions of planning that find records by the names in rules; the first one is used."""
_WHERE: Mapping[str, str] = {
    ITEM: Text("Products and services"),
    ACCOUNT: Text("Chart of accounts"),
    TAX_CODE: Text("Taxes"),
    TERM: Text("All lists > Terms"),
    CLASS: Text("All lists > Classes"),
    LOCATION: Text("All lists > Locations"),
    CUSTOMER: Text("Customers"),
    DEPOSIT_ACCOUNT: Text("Chart of accounts"),
    METHOD: Text("All lists > Payment methods"),
}


def check_company(
    loaded: Loaded, snapshot: CompanySnapshot, findings: Findings, today: datetime.date | None = None
) -> None:
    """Add findings OQ5xx for every name in the rules that the company lacks or that cannot be used. Names that only
    rules after `today` need may be missing; None: every rule counts as needed now."""
    checker = _Checker(loaded, snapshot, findings, _later(loaded, today) if today else {})
    for named in names(loaded.sections):
        checker.check(named)
    for text in written(loaded.sections, "customers", "bill_to"):
        if "{" not in text.value and text.value.strip().casefold() != "none":
            checker.check(Named(CUSTOMER, text))
    check_settings(loaded, snapshot, findings)


def _later(loaded: Loaded, today: datetime.date) -> dict[tuple[str, str], str]:
    """For each kind and name that rules need only from a later day on, the first such day."""
    found: dict[tuple[str, str], str] = {}
    for each in names(loaded.sections):
        day = max(each.begins, loaded.begins.get(each.text.file, ""))  # YYYY-MM-DD: strings sort by day
        key = each.kind, fold(each.name)
        found[key] = min(found.get(key, day), day)
    return {key: day for key, day in found.items() if day > today.isoformat()}


def _on_liability(loaded: Loaded, snapshot: CompanySnapshot) -> Iterator[str]:
    """The items that a rule puts on a liability account, which only users of QuickBooks can create."""
    for rule in (each for parts in loaded.sections.get("items", ()) for each in walk(parts) if isinstance(each, Map)):
        item, account = rule.text("item"), rule.text("income_account")
        found = accounts_named(snapshot.accounts, account.value) if item and account else ()
        if item and any(each.type in LIABILITY_TYPES for each in found):
            yield fold(item.value)


class _Checker:
    def __init__(
        self, loaded: Loaded, snapshot: CompanySnapshot, findings: Findings, later: Mapping[tuple[str, str], str]
    ) -> None:
        self._findings = findings
        self._later = later
        self._company = snapshot.company.name
        self._sections = loaded.sections
        self._rules = loaded.rules
        self._items = item_directory(snapshot.items)
        self._customers = customer_directory(snapshot.customers)
        self._owed = set(_on_liability(loaded, snapshot))
        used = {each.income_account.id for each in snapshot.items if each.active and each.income_account}
        self._known: Mapping[str, Callable[[Named], None]] = {
            ITEM: self._item,
            ACCOUNT: self._lookup(snapshot.accounts, accounts_named, partial(_account_problem, used)),
            TAX_CODE: self._lookup(snapshot.tax_codes, tax_codes_named, _tax_problem),
            TERM: self._lookup(snapshot.terms, records_named),
            CLASS: self._lookup(snapshot.classes, records_named),
            LOCATION: self._lookup(snapshot.locations, records_named),
            CUSTOMER: self._customer,
            DEPOSIT_ACCOUNT: self._lookup(snapshot.accounts, accounts_named, _deposit_problem),
            METHOD: self._lookup(snapshot.payment_methods or (), records_named),
        }
        self._unknown = {METHOD} if snapshot.payment_methods is None else set()

    def check(self, named: Named) -> None:
        """Check one name of the rules."""
        if named.kind not in self._unknown:
            self._known[named.kind](named)

    def _lookup(
        self, entries: Iterable[T], find: Find[T], problem: Callable[[T], str] = lambda entry: ""
    ) -> Callable[[Named], None]:
        """The check for one kind of name; `problem` gives the reason why an entry cannot be used."""
        listed = list(entries)
        active = [each for each in listed if _active(each)]
        gone = {fold(key): each.name for each in listed if not _active(each) for key in _had(each)}
        shown = [each.name for each in active if not problem(each)]

        def check(named: Named) -> None:
            found, now = find(active, named.name), gone.get(fold(named.name))
            if len(found) > 1:
                several(named, found, self._company, self._findings)
            elif found:
                if problem(found[0]):
                    others = [each.name for each in listed if not problem(each)]
                    self._wrong(named, problem(found[0]), _remedy(found[0], others))
            elif now is not None:
                self._inactive(named, now)
            else:
                self._missing(named, nearest_name(named.name, shown), shown)

        return check

    def _item(self, named: Named) -> None:
        """The checks of `planning/lines/items.py`, in their order."""
        name, items = named.name, self._items
        found, retired = items_named(items, name), items.retired(name)
        every = [each for each in items.by_id.values() if each.active and not unusable(each)]
        if len(found) > 1:
            several(named, found, self._company, self._findings)
        elif found:
            if why := unusable(found[0]):
                such = usable_in(every, found[0]) if why == CATEGORY else ""
                others = some([each.name for each in every])
                self._wrong(
                    named,
                    _UNUSABLE[why],
                    Text('Name an item in it, such as "{such}".', such=such)
                    if such
                    else Text("Name another one: {others}.", others=others),
                )
        elif retired:
            self._inactive(named, retired[0].name)
        else:
            alike = items_alike(items, name) if finds_alike([name]) else ()
            shown = [each.name for each in every]
            near = alike[0].name if alike else nearest_name(name, shown)
            if alike and self._creates(named) and self._says("items", "when_similar", "hold"):
                self._alike(named, alike)
            else:
                self._missing(named, near, shown)

    def _customer(self, named: Named) -> None:
        """The checks of `planning/customers/plan_customer.py` and `new_customer.py`, in their order."""
        name, customers = named.name, self._customers
        suffix = self._says("customers", "when_name_taken", "suffix")
        found = customers.same(name) or (customers.same(suffixed_name(name)) if suffix else ())
        retired = customers.retired(name)
        if len(found) > 1:
            several(named, found, self._company, self._findings)
        elif retired and not found:
            self._inactive(named, retired[0].name)
        elif not found:
            alike = customers_alike(customers, name)
            shown = [each.name for each in customers.by_id.values() if each.active]
            near = alike[0].name if alike else nearest_name(name, shown)
            if alike and self._creates(named) and self._says("customers", "when_similar", "hold"):
                self._alike(named, alike)
            else:
                self._missing(named, near, shown)

    def _creates(self, named: Named) -> bool:
        """Whether the first invoice creates the name. An item in a category, or on a liability account, must already
        exist."""
        sections: dict[str, str] = {ITEM: "items", CUSTOMER: "customers"}
        section = sections.get(named.kind)
        if section is None or (named.kind == ITEM and (":" in named.name or fold(named.name) in self._owed)):
            return False
        return self._says(section, "when_missing", "create")

    def _says(self, section: str, key: str, value: str) -> bool:
        """Whether a setting has this value; if the rules have errors, whether no other value is written."""
        if self._rules is not None:
            return self._rules.otherwise(f"{section}.{key}").value == value
        return all(each.value == value for each in written(self._sections, section, key))

    def _alike(self, named: Named, found: Sequence[BooksItem | BooksCustomer]) -> None:
        """A finding if the name is similar to another and no person has confirmed whether they are the same."""
        values = {"company": self._company, "name": named.name, "shown": quoted(found), "near": found[0].name}
        if named.kind == ITEM:
            self._findings.add(
                "OQ513",
                named.text,
                Text('{company} has no item "{name}" but {shown}; lines that would take it are held.', **values),
                Text(
                    'Did you mean "{near}"? If it is another one, create the item there ({where}), or set'
                    " items.when_similar: create.",
                    near=found[0].name,
                    where=_WHERE[ITEM],
                ),
            )
            return
        self._findings.add(
            "OQ509",
            named.text,
            Text(
                '{company} has no customer "{name}" but {shown}; invoices for it are held until a person says whether'
                " it is the same.",
                **values,
            ),
            Text(
                'Did you mean "{near}"? If it is another one, create the customer there ({where}).',
                near=found[0].name,
                where=_WHERE[CUSTOMER],
            ),
        )

    def _missing(self, named: Named, near: str | None, known: list[str]) -> None:
        if self._creates(named) and named.kind == CUSTOMER:
            self._findings.add(
                "OQ509",
                named.text,
                Text(
                    '{company} has no customer "{name}"; a new one of that name will be created at the first invoice.',
                    company=self._company,
                    name=named.name,
                ),
                (Text('Did you mean "{near}"? ', near=near) if near else "")
                + Text(
                    "Write the name of a customer that QuickBooks has, or create it there ({where}).",
                    where=_WHERE[CUSTOMER],
                ),
            )
            return
        if self._creates(named):
            self._findings.add(
                "OQ505",
                named.text,
                Text(
                    '{company} has no {kind} "{name}" yet; it will be created at its first invoice.',
                    company=self._company,
                    kind=Text(named.kind),
                    name=named.name,
                ),
                Text('Did you mean "{near}"? Else nothing is wrong.', near=near) if near else Text("Nothing is wrong."),
            )
            return
        key = named.kind, fold(named.name)
        if key in self._later:
            self._needed_later(named, self._later[key], near)
            return
        remedy = Text('Did you mean "{near}"?', near=near) if near else Text("It has {known}.", known=some(known))
        message = Text(
            '{company} has no {kind} "{name}".', company=self._company, kind=Text(named.kind), name=named.name
        )
        self._findings.add(
            "OQ501",
            named.text,
            message,
            Text("{remedy} Or create it there ({where}).", remedy=remedy, where=_WHERE[named.kind]),
        )

    def _needed_later(self, named: Named, day: str, near: str | None) -> None:
        self._findings.add(
            "OQ510",
            named.text,
            Text(
                '{company} has no {kind} "{name}" yet; the rules need it from {day} on.',
                company=self._company,
                kind=Text(named.kind),
                name=named.name,
                day=day,
            ),
            (Text('Did you mean "{near}"? ', near=near) if near else "")
            + Text("Create it there before that day ({where}), or name another one.", where=_WHERE[named.kind]),
        )

    def _inactive(self, named: Named, now: str) -> None:
        """QuickBooks renames records when they are made inactive, and keeps the new name when they are made active
        again."""
        renamed = former_names(now)[-1] != now
        called = Text(', and called "{now}" there', now=now) if renamed else ""
        name = Text(" under its old name") if renamed else ""
        self._findings.add(
            "OQ502",
            named.text,
            Text(
                'The {kind} "{name}" is inactive in {company}{called}.',
                kind=Text(named.kind),
                name=named.name,
                company=self._company,
                called=called,
            ),
            Text(
                "Make it active again in QuickBooks{name} ({where}), or name another one.",
                name=name,
                where=_WHERE[named.kind],
            ),
        )

    def _wrong(self, named: Named, why: str, remedy: str) -> None:
        self._findings.add(
            "OQ503",
            named.text,
            Text('"{name}" cannot be used as {kind}: {why}.', name=named.name, kind=Text(named.kind), why=why),
            remedy,
        )


def _active(entry: object) -> bool:
    return bool(getattr(entry, "active", True))


def _had(entry: Account | TaxCode | Ref | BooksClass) -> Iterator[str]:
    """The names that an inactive entry may have had."""
    yield from (entry.name, *former_names(entry.name))
    yield from filter(None, (getattr(entry, "number", ""), entry.id))


_UNUSABLE: Mapping[str, str] = {
    CATEGORY: Text("it is a category, which contains items but is not an item"),
    BUNDLE: Text("it is a bundle of several items"),
    NO_ACCOUNT: Text("it has no income account"),
}


def _account_problem(used: Collection[str], account: Account) -> str:
    """Why the account cannot be used, "" if it can. `used` are the ids of the accounts of active items."""
    if account.type in INCOME_TYPES or (account.type in LIABILITY_TYPES and account.id in used):
        return ""
    if account.type in LIABILITY_TYPES:
        return Text(
            "it is an account of the type {type}, and no item is on it: QuickBooks lets only its own users create one "
            "there",
            type=account.type,
        )
    return Text("it is an account of the type {type}, not Income", type=account.type)


def _remedy(found: Account | TaxCode | Ref | BooksClass, others: list[str]) -> str:
    """The remedy for an entry that cannot be used. A retainer is no income, so no other account is suggested for it."""
    if isinstance(found, Account) and found.type in LIABILITY_TYPES:
        return Text(
            "Create the product/service in QuickBooks on this account ({where}), where it is for retainers; else name"
            " another one: {others}.",
            where=_WHERE[ITEM],
            others=some(others),
        )
    return Text("Name another one: {others}.", others=some(others))


def _deposit_problem(account: Account) -> str:
    return (
        ""
        if takes_deposits(account)
        else Text("it is an account of the type {type}, neither Bank nor Other Current Asset", type=account.type)
    )


def _tax_problem(code: TaxCode) -> str:
    usable = code.sales_rate is not None or code.id in ("TAX", "NON")
    return "" if usable else Text("it has no sales rate, so it is for purchases only")
