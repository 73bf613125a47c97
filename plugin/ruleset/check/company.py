"""Rules against the QuickBooks company: does every name exist, is it active, and of the right kind?"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.books import Account, BooksItem, TaxCode
from onedesk_quickbooks.plugin.model.names import former_names
from onedesk_quickbooks.plugin.ruleset.check.names import (
    ACCOUNT,
    CLASS,
    CUSTOMER,
    ITEM,
    LOCATION,
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

T = TypeVar("T")
_WHERE = {
    ITEM: "Products and services",
    ACCOUNT: "Chart of accounts",
    TAX_CODE: "Taxes",
    TERM: "All lists > Terms",
    CLASS: "All lists > Classes",
    LOCATION: "All lists > Locations",
    CUSTOMER: "Customers",
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
    tracked = {CLASS: company.tracks_classes or company.tracks_invoice_class, LOCATION: company.tracks_locations}
    for each in names(loaded.sections):
        if not tracked.get(each.kind, True):
            findings.add(
                "OQ504",
                each.text,
                f"{company.name} does not track {'classes' if each.kind == CLASS else 'locations'}.",
                f"Turn that on there (Account and settings > Advanced > Categories), or take the {each.kind} out.",
            )


def _custom_fields(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    """Custom fields are named by the keys of a map."""
    known = [name for _, name in snapshot.company.custom_fields]
    folded = {name.casefold() for name in known}
    for key in field_names(loaded.sections):
        if key.value.strip().casefold() not in folded:
            near = nearest_name(key.value, known)
            meant = f'Did you mean "{near}"?' if near else f"It has {_some(known)}."
            findings.add(
                "OQ501",
                key,
                f'{snapshot.company.name} has no custom field "{key.value}" for sales forms.',
                f"{meant} Or add it there (Account and settings > Sales).",
            )


def _automatic(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    if snapshot.company.country == "US":
        return
    for text in tax_words(loaded.sections):
        if text.value == "automatic":
            findings.add(
                "OQ504",
                text,
                f"automatic leaves the tax to QuickBooks, which does that for US companies only; {_of(snapshot)}.",
                "Name the tax code.",
            )


def _numbers(loaded: Loaded, snapshot: CompanySnapshot, findings: Findings) -> None:
    """Who numbers the invoices must go with Custom transaction numbers (qbo-api.md 2.1.1, 8)."""
    own = snapshot.company.custom_numbers
    for text in written(loaded.sections, "invoices", "number"):
        if text.value == "quickbooks" and own:
            what = "is on, so invoices without a number of ours stay without one"
        elif text.value == "onedesk" and not own:
            what = "is off, so OneDesk's numbers and QuickBooks' own get mixed up"
        else:
            continue
        findings.add(
            "OQ506",
            text,
            f"In {snapshot.company.name} the setting Custom transaction numbers {what}.",
            "Turn it " + ("off" if own else "on") + " in QuickBooks (Account and settings > Sales), or let the other "
            "side number: number: " + ("onedesk" if own else "quickbooks") + ".",
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
            f"{snapshot.company.name} has automated sales tax: QuickBooks calculates the tax itself, after the invoice "
            f"is written, and {text.value} cannot be used.",
            "Nothing is to be done if this is enough: QuickBooks' total is compared after the invoice is written and "
            "before any e-mail, and one that differs is held. Write hold, which says so, or note, which lets "
            "QuickBooks' total hold.",
        )


def _of(snapshot: CompanySnapshot) -> str:
    return f"{snapshot.company.name} is in {snapshot.company.country}"


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
        }

    def check(self, named: Named) -> None:
        """One name of the rules."""
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
        section = {ITEM: "items", CUSTOMER: "customers"}.get(named.kind)
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
                f'{self._company} has no customer "{named.name}"; a new one of that name will be created at the first '
                "invoice.",
                (f'Did you mean "{near}"? ' if near else "")
                + f"Write the name of a customer that QuickBooks has, or create it there ({_WHERE[CUSTOMER]}).",
            )
            return
        if self._creates(named):
            self._findings.add(
                "OQ505",
                named.text,
                f'{self._company} has no {named.kind} "{named.name}" yet; it will be created at its first invoice.',
                f'Did you mean "{near}"? Else nothing is wrong.' if near else "Nothing is wrong.",
            )
            return
        key = named.kind, named.name.casefold()
        if key in self._later:
            self._needed_later(named, self._later[key], near)
            return
        remedy = f'Did you mean "{near}"?' if near else f"It has {_some(known)}."
        message = f'{self._company} has no {named.kind} "{named.name}".'
        self._findings.add("OQ501", named.text, message, f"{remedy} Or create it there ({_WHERE[named.kind]}).")

    def _needed_later(self, named: Named, day: str, near: str | None) -> None:
        self._findings.add(
            "OQ510",
            named.text,
            f'{self._company} has no {named.kind} "{named.name}" yet; the rules need it from {day} on.',
            (f'Did you mean "{near}"? ' if near else "")
            + f"Create it there before that day ({_WHERE[named.kind]}), or name another one.",
        )

    def _inactive(self, named: Named, now: str) -> None:
        """QuickBooks renames what is made inactive, and leaves it the new name when it is made active again."""
        renamed = former_names(now)[-1] != now
        called = f', and called "{now}" there' if renamed else ""
        name = " under its old name" if renamed else ""
        self._findings.add(
            "OQ502",
            named.text,
            f'The {named.kind} "{named.name}" is inactive in {self._company}{called}.',
            f"Make it active again in QuickBooks{name} ({_WHERE[named.kind]}), or name another one.",
        )

    def _wrong(self, named: Named, why: str, others: list[str]) -> None:
        self._findings.add(
            "OQ503",
            named.text,
            f'"{named.name}" cannot be used as {named.kind}: {why}.',
            f"Name another one: {_some(others)}.",
        )


def _active(entry: object) -> bool:
    return bool(getattr(entry, "active", True))


def _item_problem(item: BooksItem) -> str:
    kind = item.type.casefold()
    if kind == "category":
        return "it is a category, which holds items but is none"
    return "it is a bundle of several items" if kind in ("group", "bundle") else ""


def _account_problem(account: Account) -> str:
    return "" if account.type.casefold() in _INCOME else f"it is an account of the type {account.type}, not Income"


def _tax_problem(code: TaxCode) -> str:
    usable = code.sales_rate is not None or code.id in ("TAX", "NON")
    return "" if usable else "it has no sales rate, so it is for purchases only"


def _some(listed: list[str]) -> str:
    return ", ".join(listed[:8]) + (f" and {len(listed) - 8} more" if len(listed) > 8 else "") or "none"
