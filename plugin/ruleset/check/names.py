"""Every name of QuickBooks that rules write down, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from onedesk_quickbooks.plugin.ruleset.core.rules import SETTLING, TAX_WORDS
from onedesk_quickbooks.plugin.ruleset.read.nodes import Map, Node, Text

ITEM, ACCOUNT, TAX_CODE, TERM, CUSTOMER = "item", "income account", "tax code", "payment term", "customer"
CLASS = "class"


@dataclass(frozen=True, slots=True)
class Named:
    """One name as written: `kind` is one of the words above."""

    kind: str
    text: Text

    @property
    def name(self) -> str:
        return self.text.value.strip()


def names(sections: Mapping[str, Map]) -> Iterator[Named]:
    """All names in the order of the sections."""
    yield from _items(sections.get("items"))
    yield from _settings(sections)
    yield from (named for text in tax_words(sections) if text.value not in TAX_WORDS for named in _one(TAX_CODE, text))
    invoices = sections.get("invoices")
    for each in (invoices, *_exceptions(invoices)):
        yield from _one(TERM, each.text("terms") if each else None)
    customers = sections.get("customers")
    by_name = customers.map("by_name") if customers else None
    for node in by_name.items.values() if by_name else ():
        yield from _one(CUSTOMER, node)


def tax_words(sections: Mapping[str, Map]) -> Iterator[Text]:
    """Every tax code, and every word in place of one (automatic, none, hold, company_default)."""
    taxes = sections.get("taxes")
    if taxes is None:
        return
    stack: list[Node | None] = [taxes.items.get("otherwise"), taxes.map("by_country"), taxes.map("by_category")]
    stack += [rule.items.get("code") for rule in _exceptions(taxes)]
    while stack:
        node = stack.pop(0)
        if isinstance(node, Text):
            yield node
        elif isinstance(node, Map):
            stack.extend(node.items.values())


def numbering(sections: Mapping[str, Map]) -> Iterator[Text]:
    """Every word that says who numbers invoices, where it is written."""
    invoices = sections.get("invoices")
    for each in (invoices, *_exceptions(invoices)):
        found = each.text("number") if each else None
        if found is not None:
            yield found


def settling(sections: Mapping[str, Map]) -> Iterator[Text]:
    """Every totals.when_different that settles a difference, where it is written."""
    totals = sections.get("totals")
    for each in (totals, *_exceptions(totals)):
        found = each.text("when_different") if each else None
        if found is not None and found.value in SETTLING:
            yield found


def _exceptions(section: Map | None) -> list[Map]:
    return [each for each in section.list("exceptions") if isinstance(each, Map)] if section else []


def _items(section: Map | None) -> Iterator[Named]:
    if section is None:
        return
    yield from _one(ACCOUNT, section.text("default_income_account"))
    targets: list[Node | None] = []
    for key in ("by_service_type", "by_charge"):
        found = section.map(key)
        targets += found.items.values() if found else []
    targets += [*_exceptions(section), section.map("otherwise")]
    for target in targets:
        if isinstance(target, Map):
            yield from _one(ITEM, target.text("item"))
            yield from _one(ACCOUNT, target.text("income_account"))
            yield from _one(CLASS, target.text("class"))
        else:
            yield from _one(ITEM, target)


def _settings(sections: Mapping[str, Map]) -> Iterator[Named]:
    """The names in the settings of discounts and totals."""
    discounts, totals = sections.get("discounts"), sections.get("totals")
    for each in (discounts, *_exceptions(discounts)):
        if each:
            yield from _one(ACCOUNT, each.text("account"))
            yield from _one(ITEM, each.text("item"))
    for each in (totals, *_exceptions(totals)):
        line = each.map("rounding") if each else None
        if line:
            yield from _one(ITEM, line.text("item"))
            yield from _one(TAX_CODE, line.text("tax_code"))


def _one(kind: str, node: Node | None) -> Iterator[Named]:
    if isinstance(node, Text) and node.value.strip():
        yield Named(kind, node)
