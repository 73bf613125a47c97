"""The names of QuickBooks records in rules, with their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from onedesk_quickbooks.plugin.ruleset.read.record_names import Named, named
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Text

ITEM, ACCOUNT, TAX_CODE, TERM, CUSTOMER = (
    Said("item"),
    Said("income account"),
    Said("tax code"),
    Said("payment term"),
    Said("customer"),
)
CLASS, LOCATION = Said("class"), Said("location")
DEPOSIT_ACCOUNT, METHOD = Said("deposit account"), Said("payment method")

Sections = Mapping[str, Sequence[Map]]
"""The contents of each section, file by file."""


def names(sections: Sections) -> Iterator[Named]:
    """All names, in the order of the documentation."""
    yield from (each for each in named(sections) if each.name and not each.is_word)


def tax_words(sections: Sections) -> Iterator[Text]:
    """Every tax code, and every word in place of one (automatic, none, hold, company_default)."""
    yield from (each.text for each in named(sections) if each.kind == TAX_CODE and each.words)


def field_names(sections: Sections) -> Iterator[Text]:
    """The name of every custom field of invoices."""
    for each in _places(sections, "invoices"):
        found = each.map("custom_fields")
        yield from found.keys.values() if found else ()


def written(sections: Sections, section: str, key: str) -> Iterator[Text]:
    """The texts of a setting, in its section and in the exceptions of that section."""
    for each in _places(sections, section):
        found = each.text(key)
        if found is not None:
            yield found


def _places(sections: Sections, section: str) -> Iterator[Map]:
    """A section, file by file, and its exceptions."""
    for own in sections.get(section, ()):
        yield own
        yield from (each for each in own.list("exceptions") if isinstance(each, Map))
