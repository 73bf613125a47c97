"""Rules against the QuickBooks company: does every name exist, is it active, and of the right kind?"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.books import Account, BooksItem, TaxCode, takes_deposits
from onedesk_quickbooks.plugin.model.money import rate_key
from onedesk_quickbooks.plugin.model.names import former_names
from onedesk_quickbooks.plugin.ruleset.check.names import (
    ACCOUNT,
    CLASS,
    CUSTOMER,
    DEPOSIT_ACCOUNT,
    ITEM,
    LOCATION,
    METHOD,
    TAX_CODE,
    TERM,
    field_names,
    names,
    tax_words,
    written,
)
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.core.rules import SETTLING
from onedesk_quickbooks.plugin.ruleset.load import Loaded
from onedesk_quickbooks.plugin.ruleset.read.named import Named
from onedesk_quickbooks.plugin.ruleset.read.nearest import nearest_name
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, walk
from onedesk_quickbooks.plugin.yamlfile.nodes import Text as Scalar

T = TypeVar("T")
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
_INCOME = ("income", "other income")


def check_company(
    loaded: Loaded, snapshot: CompanySnapshot, findings: Findings, today: datetime.date | None = None
) -> None:
    """Findings OQ5xx for everything that the rules name and that the company does not have, or not so. What rules need
    after `today` alone may be missing; None: every rule counts as needed now."""
    checker = _Checker(loaded, snapshot, findings, _later(loaded, today) if today else {})
    for named in names(loaded.sections):
        checker.check(named)
    for text in written(loaded.sections, "customers", "bill_to"):
        if "{" not in text.value and text.value.strip().casefold() != "none":
            checker.check(Named(CUSTOMER, text))
    _tracking(loaded, snapshot, findings)
    _custom_fields(loaded, snapshot, findings)
    _automatic(loaded, snapshot, findings)
    _numbers(loaded, snapshot, findings)
    _settling(loaded, snapshot, findings)
    _online(loaded, snapshot, findings)
    _rates(loaded, snapshot, findings)


def _later(loaded: Loaded, today: datetime.date) -> dict[tuple[str, str], str]:
    """The first day on which some rule needs a name, by its kind and itself, where that is a later day."""
    found: dict[tuple[str, str], str] = {}
    for each in names(loaded.sections):
        day = max(each.begins, loaded.begins.get(each.text.file, ""))  # YYYY-MM-DD: texts have the order of days
        key = each.kind, each.name.casefold()
        found[key] = min(found.get(key, day), day)
    return {key: day for key, day in found.items() if day > today.isoformat()}


def _tracking(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    """Classes and locations stand on invoices only where the company tracks them (qbo-api.md 2.1)."""
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
    """Custom fields are named by the keys of a map."""
    known = [name for _, name in snapshot.company.custom_fields]
    folded = {name.casefold() for name in known}
    for key in field_names(loaded.sections):
        if key.value.strip().casefold() not in folded:
            near = nearest_name(key.value, known)
            meant = Text('Did you mean "{near}"?', near=near) if near else Text("It has {known}.", known=_some(known))
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
    """Who numbers the invoices must go with Custom transaction numbers (qbo-api.md 2.1.1, 8)."""
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
    """Automated sales tax is QuickBooks' own: nobody can write another, or know the difference beforehand."""
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
    """Buttons to pay stand on invoices only where the company takes payments online."""
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
    """By its own rate a line gets a code of that rate: with another one the totals differ, and the invoice is held."""
    rates = {each.name.casefold(): each.sales_rate for each in snapshot.tax_codes}
    nodes = (each for parts in loaded.sections.get("taxes", ()) for each in walk(parts))
    for by_rate in (each.map("by_rate") for each in nodes if isinstance(each, Map)):
        for key, code in zip(by_rate.keys.values(), by_rate.items.values(), strict=True) if by_rate else ():
            named = code.value.strip() if isinstance(code, Scalar) else ""
            own = rates.get(named.casefold())
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
                    Text('Write "{own}", or name a code of {rate} %.', own=rate_key(own), rate=key.value),
                )


def _of(snapshot: CompanySnapshot) -> str:
    return Text("{name} is in {country}", name=snapshot.company.name, country=snapshot.company.country)


class _Checker:
    def __init__(
        self, loaded: Loaded, snapshot: CompanySnapshot, findings: Findings, later: Mapping[tuple[str, str], str]
    ) -> None:
        self._findings = findings
        self._later = later
        self._company = snapshot.company.name
        self._sections = loaded.sections
        self._rules = loaded.rules
        self._known: Mapping[str, Callable[[Named], None]] = {
            ITEM: self._lookup(snapshot.items, lambda each: [each.name, each.id], _item_problem),
            ACCOUNT: self._lookup(snapshot.accounts, lambda each: [each.name, each.number, each.id], _account_problem),
            TAX_CODE: self._lookup(snapshot.tax_codes, lambda each: [each.name, each.id], _tax_problem),
            TERM: self._lookup(snapshot.terms, lambda each: [each.name], lambda each: ""),
            CLASS: self._lookup(snapshot.classes, lambda each: [each.name], lambda each: ""),
            LOCATION: self._lookup(snapshot.locations, lambda each: [each.name], lambda each: ""),
            CUSTOMER: self._lookup(snapshot.customers, lambda each: [each.name], lambda each: ""),
            DEPOSIT_ACCOUNT: self._lookup(
                snapshot.accounts, lambda each: [each.name, each.number, each.id], _deposit_problem
            ),
            METHOD: self._lookup(snapshot.payment_methods or (), lambda each: [each.name], lambda each: ""),
        }
        self._unknown = {METHOD} if snapshot.payment_methods is None else set()

    def check(self, named: Named) -> None:
        """One name of the rules."""
        if named.kind not in self._unknown:
            self._known[named.kind](named)

    def _lookup(
        self, entries: Iterable[T], keys: Callable[[T], list[str]], problem: Callable[[T], str]
    ) -> Callable[[Named], None]:
        """How one kind of name is checked: `keys` are the names by which the rules may call an entry, the best known
        first; `problem` is why an entry cannot be used."""
        listed = list(entries)
        found: dict[str, T] = {}
        for entry in sorted(listed, key=lambda each: not _active(each)):
            had = former_names(keys(entry)[0]) if not _active(entry) else ()
            for key in (*keys(entry), *had):
                if key:
                    found.setdefault(key.casefold(), entry)
        shown = [keys(entry)[0] for entry in listed if _active(entry) and not problem(entry)]

        def check(named: Named) -> None:
            entry = found.get(named.name.casefold())
            if entry is None:
                self._missing(named, shown)
            elif not _active(entry):
                self._inactive(named, keys(entry)[0])
            elif problem(entry):
                self._wrong(named, problem(entry), [keys(each)[0] for each in listed if not problem(each)])

        return check

    def _creates(self, named: Named) -> bool:
        """Whether the first invoice brings the name about. An item below a category has to be there."""
        sections: dict[str, str] = {ITEM: "items", CUSTOMER: "customers"}
        section = sections.get(named.kind)
        if section is None or (named.kind == ITEM and ":" in named.name):
            return False
        if self._rules is not None:
            return self._rules.otherwise(f"{section}.when_missing").value == "create"
        return all(each.value == "create" for each in written(self._sections, section, "when_missing"))

    def _missing(self, named: Named, known: list[str]) -> None:
        near = nearest_name(named.name, known)
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
        key = named.kind, named.name.casefold()
        if key in self._later:
            self._needed_later(named, self._later[key], near)
            return
        remedy = Text('Did you mean "{near}"?', near=near) if near else Text("It has {known}.", known=_some(known))
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
        """QuickBooks renames what is made inactive, and leaves it the new name when it is made active again."""
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

    def _wrong(self, named: Named, why: str, others: list[str]) -> None:
        self._findings.add(
            "OQ503",
            named.text,
            Text('"{name}" cannot be used as {kind}: {why}.', name=named.name, kind=Text(named.kind), why=why),
            Text("Name another one: {others}.", others=_some(others)),
        )


def _active(entry: object) -> bool:
    return bool(getattr(entry, "active", True))


def _item_problem(item: BooksItem) -> str:
    kind = item.type.casefold()
    if kind == "category":
        return Text("it is a category, which holds items but is none")
    return Text("it is a bundle of several items") if kind in ("group", "bundle") else ""


def _account_problem(account: Account) -> str:
    return (
        ""
        if account.type.casefold() in _INCOME
        else Text("it is an account of the type {type}, not Income", type=account.type)
    )


def _deposit_problem(account: Account) -> str:
    return (
        ""
        if takes_deposits(account)
        else Text("it is an account of the type {type}, neither Bank nor Other Current Asset", type=account.type)
    )


def _tax_problem(code: TaxCode) -> str:
    usable = code.sales_rate is not None or code.id in ("TAX", "NON")
    return "" if usable else Text("it has no sales rate, so it is for purchases only")


def _some(listed: list[str]) -> str:
    if not listed:
        return Text("none")
    more = len(listed) - 8
    return ", ".join(listed[:8]) + (Text(" and {n} more", n=more) if more > 0 else "")
