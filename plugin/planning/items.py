"""Which QuickBooks product/service each line takes: found, or drafted on an income account."""

from __future__ import annotations

from collections.abc import Iterable

from onedesk_quickbooks.plugin.model.books import Account, Books, Ref
from onedesk_quickbooks.plugin.model.decision import ItemChoice
from onedesk_quickbooks.plugin.model.plan import EnsureItem, ItemDraft, Reason
from onedesk_quickbooks.plugin.planning.names import bad_name

INCOME_TYPES = ("Income", "Other Income")


class ItemPlanner:
    """Collects the items of one invoice, each once, and the reasons against."""

    def __init__(self, books: Books, default_account: Ref | None) -> None:
        self._books = books
        self._default = default_account
        self._steps: dict[str, EnsureItem] = {}
        self.reasons: list[Reason] = []

    @property
    def steps(self) -> tuple[EnsureItem, ...]:
        """The items in the order the lines named them."""
        return tuple(self._steps.values())

    def add(self, choice: ItemChoice, whose: str) -> str:
        """Take a line's choice; returns the item's key in the plan. `whose` names the line for a person."""
        if choice.hold:
            self.reasons.append(Reason("item-held", choice.hold))
            return choice.name
        key = choice.name.casefold()
        if key not in self._steps:
            step = self._step(choice, whose)
            if step is None:
                return choice.name
            self._steps[key] = step
        return self._steps[key].name

    def exempt(self, name: str) -> bool:
        """Whether the item that was added under this name bears no sales tax in QuickBooks (its Taxable)."""
        found = self._books.items.get(name.casefold())
        return found is not None and not found.taxable

    def _step(self, choice: ItemChoice, whose: str) -> EnsureItem | None:
        existing = self._books.items.get(choice.name.casefold())
        if existing is None:
            return self._missing(choice, whose)
        if existing.type == "Category":
            self._refuse(
                "item-is-category",
                f'"{existing.name}", the item of {whose}, is a category in QuickBooks; name an item in it, '
                f'such as "{existing.name}:{choice.name.rpartition(":")[2]}".',
            )
            return None
        ref = Ref(existing.id, existing.name)
        if existing.income_account is None:
            account = self._account(choice, whose)
            return EnsureItem(existing.name, ref, None, account) if account else None
        return EnsureItem(existing.name, ref, None)

    def _missing(self, choice: ItemChoice, whose: str) -> EnsureItem | None:
        name = choice.name
        if choice.when_missing == "hold":
            self._refuse(
                "item-missing",
                f'QuickBooks has no product/service "{name}", the item of {whose}; create it there, '
                "or set items.when_missing: create.",
            )
            return None
        if choice.from_rule and ":" in name:
            self._refuse(
                "item-missing",
                f'QuickBooks has no product/service "{name}", the item of {whose}; a rule named it by its category, '
                "so create it there, or correct the rule.",
            )
            return None
        remedy = "give it another item under items.by_service_type, or rename the service type."
        bad = list(bad_name(f'The service type "{name}" of {whose}', name, 100, remedy))
        self.reasons += bad
        account = None if bad else self._account(choice, whose)
        return EnsureItem(name, None, self._draft(name, account)) if account else None

    def _draft(self, name: str, account: Ref) -> ItemDraft:
        """Automated sales tax asks the item whether it is taxed: one that OneDesk makes is."""
        return ItemDraft(name, account, True if self._books.company.automated_sales_tax else None)

    def _account(self, choice: ItemChoice, whose: str) -> Ref | None:
        if choice.income_account is None:
            if self._default is None:
                self._refuse(
                    "no-income-account",
                    f'The item "{choice.name}" of {whose} needs an income account; choose a default income account '
                    "under Administration > Financials, or name one in the rules (items.default_income_account).",
                )
            return self._default
        account = find_account(self._books.accounts, choice.income_account)
        if account is None:
            self._refuse(
                "account-missing",
                f'QuickBooks has no account "{choice.income_account}", which the rules name for {whose}; '
                "correct the rule, or create the account in QuickBooks.",
            )
            return None
        if account.type not in INCOME_TYPES:
            self._refuse(
                "account-not-income",
                f'The account "{account.name}", which the rules name for {whose}, is of type {account.type}; '
                "name an income account.",
            )
            return None
        return Ref(account.id, account.name)

    def _refuse(self, code: str, sentence: str) -> None:
        self.reasons.append(Reason(code, sentence))


def find_account(accounts: Iterable[Account], wanted: str) -> Account | None:
    """An active account by its fully qualified name, its number or its id, in this order."""
    active = [account for account in accounts if account.active]
    for account in active:
        if account.name.casefold() == wanted.casefold():
            return account
    for account in active:
        if wanted in (account.number, account.id):
            return account
    return None
