"""An address that cannot be read, if a decision depends on it: the line is held, and no default is used silently."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from onedesk_quickbooks.plugin.ruleset.core.chains import Chain
from onedesk_quickbooks.plugin.ruleset.core.columns import Texts
from onedesk_quickbooks.plugin.ruleset.core.places import (
    country_meant,
    known_region,
    region_codes,
    region_country,
    region_kind,
    region_of,
)
from onedesk_quickbooks.plugin.ruleset.core.subjects import Subject, Values
from onedesk_quickbooks.plugin.texts import Text

_SHORT = 15
"""The maximum number of a country's regions that a sentence lists."""


def doubtful_place(
    subject: Subject, found: Callable[[Values], Hashable], countries: Callable[[], Iterable[str]]
) -> tuple[str, str]:
    """The field that cannot be read (country or region) and why it matters, as part of a sentence with the remedy; "",
    "" if nothing depends on it. `found` gives the decision for given values; `countries` gives those that rules name.
    """
    values, place = subject.values, subject.place
    country, region = values["country"], values["region"]
    meant = country_meant(country)
    if meant is not None:
        tried = [meant[0]] if meant[0] else sorted(countries())
        others = [each for one in tried for each in _readings(one, place.region)]
        return ("country", unknown_country(subject)) if _differs(values, found, others) else ("", "")
    if not region or known_region(country, region) is not False:
        return "", ""
    codes = region_codes(country)
    if not _differs(values, found, _readings(country, place.region)):
        return "", ""
    write = ", ".join(codes) if len(codes) <= _SHORT else Text("two letters such as {code}", code=codes[-1])
    return "region", (
        Text(
            '"{region}" is not a {kind}; write its code ({write}) as the region of {of_place} in OneDesk.',
            region=place.region.strip(),
            kind=region_kind(country),
            write=write,
            of_place=subject.of_place,
        )
    )


def unknown_country(subject: Subject) -> str:
    """The problem of a country code that ISO 3166 does not have, as part of a sentence with the remedy."""
    country = subject.values["country"]
    code, name = country_meant(country) or ("", "")
    known = Text(" ({name} is {code})", name=name, code=code) if code else ""
    write = code or Text("the two letters that ISO 3166 has, such as GB or NO,")
    return Text(
        "{country} is not a country of ISO 3166{known}; write {write} as the country of {of_place} in OneDesk.",
        country=country,
        known=known,
        write=write,
        of_place=subject.of_place,
    )


def _readings(country: str, region: str) -> list[Values]:
    """The possible readings of the address in a country: the region in the form of that country; each of its regions if
    it has no such region."""
    codes = region_codes(country) if region.strip() and known_region(country, region) is False else []
    regions = [f"{country}-{each}" for each in codes] or [region_of(country, region)]
    return [{"country": country, "region": each} for each in regions]


def _differs(values: Values, found: Callable[[Values], Hashable], others: Iterable[Values]) -> bool:
    own = found(values)
    return any(found({**values, **each}) != own for each in others)


def countries_of(chains: Iterable[Chain]) -> set[str]:
    """The countries in the conditions of these decisions, in capitals, including those named only by their regions."""
    found: set[str] = set()
    for row in (each for chain in chains for each in chain.rows):
        country, region = row.when.get("country"), row.when.get("region")
        for each in (country, country.but if isinstance(country, Texts) else None):
            found |= {code.upper() for code in each.exact} if isinstance(each, Texts) else set()
        found |= set(map(region_country, region.exact)) - {""} if isinstance(region, Texts) else set()
    return found
