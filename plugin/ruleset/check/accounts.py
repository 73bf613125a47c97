"""Income accounts of items: QuickBooks posts a line to the account of its item, whatever a rule says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.model.name_keys import last
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.prove import Problem
from onedesk_quickbooks.plugin.ruleset.prove.accounts import BUDGET, AccountOfItem, ItemAccounts, ItemOfRules
from onedesk_quickbooks.plugin.ruleset.prove.masks import WorkLimit
from onedesk_quickbooks.plugin.texts import Capital, Text, joined

if TYPE_CHECKING:  # only a comparison with a company needs the snapshot
    from onedesk_quickbooks.plugin.model.books import BooksItem
    from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot

_SHOWN = 3
_ADMINISTRATION = Text("the one under Administration > Financials")


def check_accounts(rules: RuleSet, steps: int | None = None) -> list[Problem]:
    """OQ406 for each rule that asks for an account of items that other lines post to another one. `steps` bounds the
    work; None is the default bound."""
    known = ItemAccounts(rules, budget=steps or BUDGET)
    created = (
        rules.otherwise("items.when_missing").value == "create"
    )  # otherwise nothing is posted to the account of new items
    found: dict[Where, list[tuple[ItemOfRules, AccountOfItem, AccountOfItem]]] = {}
    stopped: list[Problem] = []
    try:
        for item in known.items.values() if known.several else ():
            if len({account for account, _ in known.accounts(item)}) > 1:
                accounts = [each for each in known.accounts_of(item) if each.by_rule or created]
                for one, other in _pair(accounts):
                    found.setdefault(other.at, []).append((item, one, other))
    except WorkLimit as limit:
        stopped.append(_stopped(rules, limit))
    return [*map(_two_accounts, found.values()), *stopped]


def _stopped(rules: RuleSet, limit: WorkLimit) -> Problem:
    otherwise = rules.chains["item"].rows[-1]
    return Problem(
        "OQ404",
        "income_account",
        otherwise.rule,
        otherwise.at,
        Text(
            "The rules of income accounts overlap in so many ways that not all of them could be compared ({spent}"
            " steps).",
            spent=limit.spent,
        ),
        Text("Nothing is wrong with that; split long lists of values or ranges to have them all compared."),
    )


def _pair(accounts: list[AccountOfItem]) -> Iterator[tuple[AccountOfItem, AccountOfItem]]:
    """Two different accounts: the first, and the last that a rule asks for."""
    by_rule = [each for each in accounts if each.by_rule]
    if not by_rule:
        return
    last = max(by_rule, key=lambda each: (each.at.line, each.at.column))
    others = [each for each in accounts if fold(each.account) != fold(last.account)]
    if others:
        yield min(others, key=lambda each: (not each.by_rule, each.at.line, each.at.column)), last


def _two_accounts(found: list[tuple[ItemOfRules, AccountOfItem, AccountOfItem]]) -> Problem:
    _, one, other = found[0]
    words = Capital(_listed([each.words for each, _, _ in found]))
    return Problem(
        "OQ406",
        "income_account",
        other.rule,
        other.at,
        Text(
            "{words} can get two income accounts: {other}, {one}. QuickBooks books a line on the account of its item,"
            " so one item cannot be on both.",
            words=words,
            other=_account_text(other),
            one=_account_text(one),
        ),
        Text("Name the same account for both, or a separate item for each account."),
        (one.rule,),
        ((one.at, Text("{rule} ({says})", rule=one.rule, says=one.account or _ADMINISTRATION)),),
    )


def _account_text(chosen: AccountOfItem) -> str:
    account = chosen.account or _ADMINISTRATION
    return Text("{account} by {rule} ({example})", account=account, rule=chosen.rule, example=chosen.example)


def check_items_accounts(rules: RuleSet, snapshot: CompanySnapshot, steps: int | None = None) -> list[Problem]:
    """OQ507 for each rule that asks for an account of items that have another one in the company."""
    from onedesk_quickbooks.plugin.model.books import item_directory
    from onedesk_quickbooks.plugin.model.by_name import find_account, items_named, unusable

    items = item_directory(snapshot.items)
    names = dict.fromkeys(name for each in snapshot.items if each.active for name in (each.name, last(each.name)))

    @cache
    def ids(account: str) -> str:
        wanted = find_account(snapshot.accounts, account)
        return wanted.id if wanted else ""

    known = ItemAccounts(rules, names, steps or BUDGET)
    found: dict[Where, list[tuple[BooksItem, AccountOfItem]]] = {}
    try:
        for item in known.items.values():
            meant = items_named(items, item.name) if item.name else ()
            if len(meant) != 1 or unusable(meant[0]):
                continue
            there = meant[0]
            wrong = {name for name, by_rule in known.accounts(item) if by_rule and _other(ids(name), there)}
            for each in known.accounts_of(item) if wrong else ():
                if each.by_rule and fold(each.account) in wrong:
                    found.setdefault(each.at, []).append((there, each))
    except WorkLimit as limit:
        return [*(_on_another(each, snapshot.company.name) for each in found.values()), _stopped(rules, limit)]
    return [_on_another(each, snapshot.company.name) for each in found.values()]


def _other(wanted: str, item: BooksItem) -> bool:
    """Whether the account of this id is known and not that of the item."""
    return bool(wanted) and item.income_account is not None and wanted != item.income_account.id


def _on_another(found: list[tuple[BooksItem, AccountOfItem]], company: str) -> Problem:
    chosen = found[0][1]
    there = [item.income_account.name if item.income_account else "" for item, _ in found]
    places = [
        Text("{name} is on {account}", name=item.name, account=account)
        for (item, _), account in zip(found, there, strict=True)
    ]
    same = Text("{there} here, or ", there=there[0]) if len(set(there)) == 1 else ""
    return Problem(
        "OQ507",
        "income_account",
        chosen.rule,
        chosen.at,
        Text(
            "In {company} {places}, the rules name {account}; QuickBooks books a line on the income account of its"
            " item (for example {example}).",
            company=company,
            places=_listed(places),
            account=chosen.account,
            example=chosen.example,
        ),
        Text(
            "Name {same}an item that is on {account}; or change the item's account in QuickBooks (Products and"
            " services).",
            same=same,
            account=chosen.account,
        ),
    )


def _listed(words: Sequence[str]) -> str:
    shown, more = joined(", ", words[:_SHOWN]), len(words) - _SHOWN
    return shown + Text(" and {n} more", n=more) if more > 0 else shown
