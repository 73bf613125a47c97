"""An address that cannot be read, where what the rules decide depends on it: held, never the default in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from onedesk_quickbooks.plugin.ruleset.core.places import country_meant, known_region, region_codes, region_kind
from onedesk_quickbooks.plugin.ruleset.core.subjects import Subject, Values
from onedesk_quickbooks.plugin.ruleset.core.table import Table, Texts

_SHORT = 15
"""Regions of a country that are listed in a sentence."""


def doubtful_place(
    subject: Subject, found: Callable[[Values], tuple[object, ...]], countries: Callable[[], Iterable[str]]
) -> tuple[str, str]:
    """The field that cannot be read (country or region) and why it matters, as a part of a sentence with the remedy;
    "", "" where nothing hangs on it. `found` gives what wins by some values, the very objects; `countries` gives
    those that rules name."""
    values, place = subject.values, subject.place
    country, region = values["country"], values["region"]
    meant = country_meant(country)
    if meant is not None:
        tried = [meant[0]] if meant[0] else sorted(countries())
        others = [{"country": each, "region": ""} for each in tried]
        return ("country", unknown_country(subject)) if _differs(values, found, others) else ("", "")
    if not region or known_region(country, region) is not False:
        return "", ""
    codes = region_codes(country)
    if not _differs(values, found, [{"region": f"{country}-{each}"} for each in codes]):
        return "", ""
    write = ", ".join(codes) if len(codes) <= _SHORT else f"two letters such as {codes[-1]}"
    return "region", (
        f'"{place.region.strip()}" is no {region_kind(country)}; '
        f"write its code ({write}) as the region of {subject.of_place} in OneDesk."
    )


def unknown_country(subject: Subject) -> str:
    """What is wrong with a country that ISO 3166 does not have, as a part of a sentence with the remedy."""
    country = subject.values["country"]
    code, name = country_meant(country) or ("", "")
    known = f" ({name} is {code})" if code else ""
    write = code or "the two letters that ISO 3166 has, such as GB or NO,"
    return f"{country} is no country of ISO 3166{known}; write {write} as the country of {subject.of_place} in OneDesk."


def _differs(values: Values, found: Callable[[Values], tuple[object, ...]], others: Iterable[Values]) -> bool:
    own = found(values)
    return any(
        any(one is not other for one, other in zip(own, found({**values, **each}), strict=True)) for each in others
    )


def countries_of(*tables: Table[Any]) -> set[str]:
    """The countries that the rules of these tables ask for, in capitals."""
    asked = (when.get("country") for table in tables for when, _ in table.rules)
    return {each.upper() for condition in asked if isinstance(condition, Texts) for each in condition.exact}
