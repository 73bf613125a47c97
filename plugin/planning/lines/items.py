"""The QuickBooks product/service of each line: found, or drafted on an income account; held where it is not certain.
Existing items are not changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from onedesk_quickbooks.plugin.model.books import Books, BooksItem
from onedesk_quickbooks.plugin.model.by_name import (
    BUNDLE,
    CATEGORY,
    INCOME_TYPES,
    LIABILITY_TYPES,
    NO_ACCOUNT,
    accounts_named,
    find_account,
    items_alike,
    items_named,
    unusable,
)
from onedesk_quickbooks.plugin.model.company_settings import Account, Ref
from onedesk_quickbooks.plugin.model.decision import ItemChoice
from onedesk_quickbooks.plugin.model.directory import Directory
from onedesk_quickbooks.plugin.model.name_keys import clean_name, last, name_key, similar_item_key
from onedesk_quickbooks.plugin.model.plan import EnsureItem, ItemDraft, Reason
from onedesk_quickbooks.plugin.planning.accepted_names import bad_name, unless_several
from onedesk_quickbooks.plugin.ruleset.core.subjects import capital
from onedesk_quickbooks.plugin.texts import Text, listed

_GIVEN = "DiscountsRefundsGiven"
"""The subtype of the account that QuickBooks creates for discounts (qbo-api.md 2.4 Account)."""
OTHER_ITEM = Text("name another item for it in the rules (items)")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A planned choice: the step, and the first line with this choice."""

    step: EnsureItem
    whose: str


class ItemPlanner:
    """Collects the items of one invoice, each once, and the reasons against."""

    def __init__(
        self,
        books: Books,
        default_account: Ref | None,
        when_similar: str = "hold",
        discount: tuple[str, Account | None] = ("", None),
        written: Sequence[Ref] = (),
    ) -> None:
        """`when_similar`: hold, or create a new item beside one with a similar name. `discount`: the item of discounts
        that are lines, and its account. `written`: the items of an earlier copy, as in `Copied`."""
        self._written = written
        self._discount = discount
        self._books = books
        self._default = default_account
        self._when_similar = when_similar
        self._asked: dict[str, _Asked] = {}
        self.reasons: list[Reason] = []

    @property
    def steps(self) -> tuple[EnsureItem, ...]:
        """The items in the order of the lines."""
        return tuple({each.step.name: each.step for each in self._asked.values()}.values())

    def add(self, choice: ItemChoice, whose: str) -> str:
        """Take a line's choice; returns the item's key in the plan. `whose` names the line for a person."""
        if choice.hold:
            self.reasons.append(Reason("item-held", choice.hold))
            return choice.name
        key = name_key(choice.name)
        known = self._asked.get(key)
        if known is not None:
            self._also(known, choice, whose)
            return known.step.name
        step = self._step(choice, whose)
        if step is None:
            return choice.name
        self._asked[key] = _Asked(step, whose)
        return step.name

    def _also(self, known: _Asked, choice: ItemChoice, whose: str) -> None:
        """A further line with the same item: its income account has to be the same."""
        draft = known.step.draft
        if draft is None:
            existing = self._books.items.by_id.get(known.step.existing.id if known.step.existing else "")
            if existing is not None:
                self._keeps_account(existing, choice, whose)
            return
        account = self._account(choice, whose)
        if account is not None and account.id != draft.income_account.id:
            self._refuse(
                "item-two-accounts",
                Text(
                    'The item "{draft_name}" would be created on the account "{income_account_name}" for {whose} and '
                    'on "{account_name}" for {whose2}, but a QuickBooks item has one income account; give each '
                    "account a separate item in the rules (items).",
                    draft_name=draft.name,
                    income_account_name=draft.income_account.name,
                    whose=known.whose,
                    account_name=account.name,
                    whose2=whose,
                ),
            )

    def exempt(self, name: str) -> bool:
        """Whether the item with this name is not taxed in QuickBooks (its Taxable)."""
        known = self._asked.get(name_key(name))
        existing = known.step.existing if known else None
        found = self._books.items.by_id.get(existing.id) if existing else None
        return found is not None and not found.taxable

    def _step(self, choice: ItemChoice, whose: str) -> EnsureItem | None:
        found = item_meant(self._books.items, self._written, choice.name)
        if len(found) > 1:
            self._refuse(
                "item-ambiguous",
                Text(
                    'QuickBooks has several products/services "{name}", the item of {whose}: {named}; name one of '
                    "them with its category in the rules (items.by_service_type).",
                    name=choice.name,
                    whose=whose,
                    named=_named(found),
                ),
            )
            return None
        if not found:
            return None if self._doubtful(choice, whose) else self._missing(choice, whose)
        existing = found[0]
        if self._unusable(existing, whose) or not self._keeps_account(existing, choice, whose):
            return None
        there = Ref(existing.id, existing.name)
        return EnsureItem(self._name_of(existing, choice.name), there, None, existing.income_account)

    def _name_of(self, existing: BooksItem, wanted: str) -> str:
        """The name in the plan: that of an earlier copy, whose content hash must not change with another name."""
        names = [each.name for each in self._written if each.id == existing.id and each.name]
        meant = [each for each in names if name_key(wanted) in (name_key(each), name_key(last(each)))]
        return next(iter(meant or names), existing.name)

    def _unusable(self, existing: BooksItem, whose: str) -> bool:
        """Whether no line of an invoice can use this item; collects the reason."""
        why = unusable(existing)
        if why == CATEGORY:
            self._refuse("item-is-category", self._in_category(existing, whose))
        elif why == BUNDLE:
            self._refuse(
                "item-is-bundle",
                Text(
                    '"{existing_name}", the item of {whose}, is a bundle in QuickBooks, which has no income account: '
                    "its parts have; {other_item}.",
                    existing_name=existing.name,
                    whose=whose,
                    other_item=OTHER_ITEM,
                ),
            )
        elif why == NO_ACCOUNT:
            self._refuse(
                "item-without-account",
                Text(
                    'The QuickBooks item "{existing_name}" of {whose} has no income account; give it one in '
                    "QuickBooks, or {other_item}.",
                    existing_name=existing.name,
                    whose=whose,
                    other_item=OTHER_ITEM,
                ),
            )
        return bool(why)

    def _in_category(self, category: BooksItem, whose: str) -> str:
        such = self._books.in_categories.get(category.id)
        if such is None:
            return Text(
                '"{existing_name}", the item of {whose}, is a category in QuickBooks, in which there is no item that '
                "lines can name; {other_item}.",
                existing_name=category.name,
                whose=whose,
                other_item=OTHER_ITEM,
            )
        return Text(
            '"{existing_name}", the item of {whose}, is a category in QuickBooks; name an item in it, such '
            'as "{such}", in the rules (items).',
            existing_name=category.name,
            whose=whose,
            such=such,
        )

    def _keeps_account(self, existing: BooksItem, choice: ItemChoice, whose: str) -> bool:
        """Whether the account that a rule names for this line is the item's: a sales line has no own account. The
        default account is only for new items."""
        own, wanted = existing.income_account, choice.income_account
        if self._takes_discounts(existing, choice):
            self._refuse(
                "item-of-discounts",
                Text(
                    '{whose} would be booked on "{own_name}": its item "{existing_name}" is the one of discounts '
                    "that are lines; {other_item}, or another one for discounts (discounts.item).",
                    whose=capital(whose),
                    own_name=own.name if own else "",
                    existing_name=existing.name,
                    other_item=OTHER_ITEM,
                ),
            )
            return False
        if not choice.account_rule or own is None or wanted is None:
            return True
        called = accounts_named(self._books.accounts, wanted)
        found = called[0] if len(called) == 1 else None
        if own.id == (found.id if found else wanted.strip()) or (not called and name_key(wanted) == name_key(own.name)):
            return True
        liability = found and found.type in LIABILITY_TYPES
        account = Ref(found.id, found.name) if found and liability else self._account(choice, whose)
        if account is not None:
            self._refuse(
                "item-account-differs",
                Text(
                    'The rule {account_rule} names the income account "{account_name}" for {whose}, but its item '
                    '"{existing_name}" uses "{own_name}" in QuickBooks, where only the item has an account; '
                    'name an item on "{account_name}" for it in the rules, or change the account of '
                    '"{existing_name}" there.',
                    account_rule=choice.account_rule,
                    account_name=account.name,
                    whose=whose,
                    existing_name=existing.name,
                    own_name=own.name,
                ),
            )
        return False

    def _takes_discounts(self, existing: BooksItem, choice: ItemChoice) -> bool:
        """Whether a service type happens to have the name of the discount item, without a rule that names it."""
        name, account = self._discount
        own = existing.income_account
        if choice.from_rule or choice.account_rule or account is None or own is None or own.id != account.id:
            return False
        if name_key(choice.name) != name_key(name):
            return False
        wanted = find_account(self._books.accounts, choice.income_account) if choice.income_account else self._default
        return wanted is None or wanted.id != own.id

    def _doubtful(self, choice: ItemChoice, whose: str) -> bool:
        """Whether QuickBooks has an inactive item with this name, or one with a similar name."""
        name = choice.name
        retired = self._books.items.retired(name) or _as_written(self._books.items, self._written, name)
        still = _spelt(retired, name)
        if still:
            self._refuse(
                "item-inactive",
                Text(
                    '"{still}", the item of {whose}, is inactive in QuickBooks; make it active again there, or '
                    "{other_item}: while inactive it keeps its name.",
                    still=still,
                    whose=whose,
                    other_item=OTHER_ITEM,
                ),
            )
            return True
        if retired:
            self._refuse(
                "item-inactive",
                Text(
                    'QuickBooks has no active product/service "{name}", the item of {whose}, but {named}; make it '
                    "active again there under its old name, create another one there, or {other_item}.",
                    name=name,
                    whose=whose,
                    named=_named(retired),
                    other_item=OTHER_ITEM,
                ),
            )
            return True
        alike = _named(items_alike(self._books.items, name))
        alike = alike or self._drafted(name)
        if not alike or self._when_similar != "hold":
            return False
        self._refuse(
            "item-similar",
            Text(
                'QuickBooks has no product/service "{name}", the item of {whose}, but {alike}; if it is the '
                "same, name it in the rules (items.by_service_type); if not, create the item in QuickBooks, or "
                "set items.when_similar: create.",
                name=name,
                whose=whose,
                alike=alike,
            ),
        )
        return True

    def _drafted(self, name: str) -> str:
        """A new item with a similar name that another line of the invoice needs."""
        key = similar_item_key(name)
        found = (each for each in self._asked.values() if each.step.draft and similar_item_key(each.step.name) == key)
        return next(
            (Text('"{name}" is to be created for {whose}', name=each.step.name, whose=each.whose) for each in found),
            "",
        )

    def _missing(self, choice: ItemChoice, whose: str) -> EnsureItem | None:
        name = clean_name(choice.name)
        if choice.when_missing == "hold":
            self._refuse(
                "item-missing",
                Text(
                    'QuickBooks has no product/service "{name}", the item of {whose}; create it there, or set '
                    "items.when_missing: create.",
                    name=name,
                    whose=whose,
                ),
            )
            return None
        if choice.from_rule and ":" in name:
            self._refuse(
                "item-missing",
                Text(
                    'QuickBooks has no product/service "{name}", the item of {whose}; a rule named it by its '
                    "category, so create it there, or correct the rule.",
                    name=name,
                    whose=whose,
                ),
            )
            return None
        remedy = Text("give it another item under items.by_service_type, or rename the service type.")
        bad = list(bad_name(Text('The service type "{name}" of {whose}', name=name, whose=whose), name, 100, remedy))
        self.reasons += bad
        account = None if bad else self._account(choice, whose)
        return EnsureItem(name, None, self._draft(name, account)) if account else None

    def _draft(self, name: str, account: Ref) -> ItemDraft:
        """Automated sales tax depends on whether the item is taxed: a new one of OneDesk is."""
        return ItemDraft(name, account, True if self._books.company.automated_sales_tax else None)

    def _account(self, choice: ItemChoice, whose: str) -> Ref | None:
        if choice.income_account is None:
            if self._default is None:
                self._refuse(
                    "no-income-account",
                    Text(
                        'The item "{name}" of {whose} needs an income account; choose a default income account under '
                        "Administration > Financials, or name one in the rules (items.default_income_account).",
                        name=choice.name,
                        whose=whose,
                    ),
                )
            return self._default
        account = find_account(self._books.accounts, choice.income_account)
        if account is None:
            missing = Reason(
                "account-missing",
                Text(
                    'QuickBooks has no account "{income_account}", which the rules name for {whose}; correct the '
                    "rule, or create the account in QuickBooks.",
                    income_account=choice.income_account,
                    whose=whose,
                ),
            )
            found = accounts_named(self._books.accounts, choice.income_account)
            self.reasons.append(unless_several(found, choice.income_account, missing))
            return None
        if account.type in LIABILITY_TYPES:
            self._refuse(
                "account-not-income",
                Text(
                    'The item "{name}" of {whose} needs the account "{account_name}" of type {account_type}; '
                    "QuickBooks lets only its own users create an item on such an account: create it there.",
                    name=choice.name,
                    whose=whose,
                    account_name=account.name,
                    account_type=account.type,
                ),
            )
            return None
        if account.type not in INCOME_TYPES:
            self._refuse(
                "account-not-income",
                Text(
                    'The account "{account_name}", which the rules name for {whose}, is of type {account_type}; name '
                    "an income account.",
                    account_name=account.name,
                    whose=whose,
                    account_type=account.type,
                ),
            )
            return None
        return Ref(account.id, account.name)

    def _refuse(self, code: str, sentence: str) -> None:
        self.reasons.append(Reason(code, sentence))


def item_meant(items: Directory[BooksItem], written: Sequence[Ref], name: str) -> tuple[BooksItem, ...]:
    """The active item for a line with this name: the one that an earlier copy has for it (`written`), else the one with
    the name. Several where it is ambiguous."""
    return tuple(each for each in _as_written(items, written, name) if each.active)[:1] or items_named(items, name)


def existing_items(
    names: Iterable[str], items: Directory[BooksItem], written: Sequence[Ref] = ()
) -> dict[str, BooksItem]:
    """Those of the names that lines can use in QuickBooks, each with its item."""
    meant = {name: item_meant(items, written, name) for name in names}
    return {name: found[0] for name, found in meant.items() if len(found) == 1 and not unusable(found[0])}


def _as_written(items: Directory[BooksItem], written: Sequence[Ref], name: str) -> tuple[BooksItem, ...]:
    """The item that an earlier copy has for this name, whatever its present name is."""
    if not written:
        return ()
    key, by_id = name_key(name), items.by_id
    whole = [each.id for each in written if name_key(each.name) == key]
    inside = [each.id for each in written if ":" in each.name and name_key(last(each.name)) == key]
    return tuple(by_id[each] for each in dict.fromkeys((*whole, *inside)) if each in by_id)


def _spelt(items: Iterable[BooksItem], name: str) -> str:
    """The spelling of the first item with this present name; "" for none."""
    return next((each.name for each in items if name_key(name) in (name_key(each.name), name_key(last(each.name)))), "")


def _named(items: Iterable[BooksItem]) -> str:
    return listed(
        Text('"{name}"', name=each.name) if each.active else Text('"{name}" (inactive)', name=each.name)
        for each in items
    )


def discount_account(accounts: Sequence[Account], wanted: str | None) -> Account | None:
    """The account for discounts that are lines: the one that the rules name (discounts.account), else the one of
    QuickBooks' own discount lines."""
    if wanted is not None:
        return find_account(accounts, wanted)
    found = [each for each in accounts if each.subtype == _GIVEN and each.active]
    return found[0] if len(found) == 1 else None
