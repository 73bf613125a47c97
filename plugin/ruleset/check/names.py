"""What rules write down that a company of QuickBooks has, or has not, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onedesk_quickbooks.plugin.ruleset.read.named import Named, named
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Text

ITEM, ACCOUNT, TAX_CODE, TERM, CUSTOMER = "item", "income account", "tax code", "payment term", "customer"
CLASS, LOCATION = "class", "location"


def names(sections: Mapping[str, Map]) -> Iterator[Named]:
    """All names, in the order of the documentation."""
    yield from (each for each in named(sections) if each.name and not each.is_word)


def tax_words(sections: Mapping[str, Map]) -> Iterator[Text]:
    """Every tax code, and every word in place of one (automatic, none, hold, company_default)."""
    yield from (each.text for each in named(sections) if each.kind == TAX_CODE and each.words)


def field_names(sections: Mapping[str, Map]) -> Iterator[Text]:
    """The name of every custom field of invoices."""
    own = sections.get("invoices")
    exceptions = [each for each in own.list("exceptions") if isinstance(each, Map)] if own else []
    for each in (own, *exceptions):
        found = each.map("custom_fields") if each else None
        yield from found.keys.values() if found else ()


def written(sections: Mapping[str, Map], section: str, key: str) -> Iterator[Text]:
    """The texts of a setting: in its section, and in the exceptions of that."""
    own = sections.get(section)
    exceptions = [each for each in own.list("exceptions") if isinstance(each, Map)] if own else []
    for each in (own, *exceptions):
        found = each.text(key) if each else None
        if found is not None:
            yield found
