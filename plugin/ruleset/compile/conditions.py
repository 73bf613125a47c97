"""`when:` to conditions: a value, a list of values (any, all, not), one trailing *, or a half-open range."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.findings.finding import Findings, related
from onedesk_quickbooks.plugin.ruleset.compile.section import Entry, Section, both, days_between
from onedesk_quickbooks.plugin.ruleset.core.columns import EVERY, Condition, Range, Tags, Texts
from onedesk_quickbooks.plugin.ruleset.core.places import (
    KNOWN,
    country_meant,
    known_region,
    region_codes,
    region_names,
    regions_meant,
    short_form,
)
from onedesk_quickbooks.plugin.ruleset.core.words import COUNTRIES, CURRENCIES, TAX_CATEGORIES, fold
from onedesk_quickbooks.plugin.ruleset.keys import LINE_TABLES, fields
from onedesk_quickbooks.plugin.ruleset.read.nearest import nearest_name
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.texts import joined
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Text, texts

_WHOLE = Said("Ask for customer, country, has_tax_id, project, tag, amount or date instead.")


def conditions(entry: Entry, section: Section, findings: Findings) -> dict[str, Condition]:
    """The conditions of one exception: those under when, and the days on which it and its file apply."""
    rule, when, field = entry.node, entry.when, section.day_field
    found = _asked(when, section.name, findings)
    days = days_of(rule, findings)
    if days is None:
        return _in_file(entry, found, field, findings)
    if field in when.keys:
        findings.add(
            "OQ302",
            next(rule.keys[key] for key in ("from", "until") if key in rule.keys),
            Said(
                "The days of this rule are those of its invoices, of which {field} says something as well.", field=field
            ),
            Said("Keep {field} under when, or from and until.", field=field),
            [related(when.keys[field], field)],
        )
    return _in_file(entry, {**found, field: days}, field, findings)


def _in_file(entry: Entry, found: dict[str, Condition], field: str, findings: Findings) -> dict[str, Condition]:
    """The conditions of a rule whose file applies on certain days only."""
    own = found.get(field)
    if entry.days is None or not isinstance(own, Range):
        return found if entry.days is None else {**found, field: entry.days}
    days = both(own, entry.days)
    if days is None and (own.start is None or own.below is None or own.start < own.below):
        findings.add(
            "OQ305",
            entry.name,
            Said(
                'The rule "{value}" holds on no day: it says {own}, and its file {days}.',
                value=entry.name.value,
                own=own,
                days=entry.days,
            ),
            Said("Write days of the file, or move the rule to another file."),
        )
    return {**found, field: days or Range(own.start, own.start, str(own))}


def days_of(rule: Map, findings: Findings) -> Range | None:
    """The days on which a rule or a file applies, from and until inclusive; None if it always does."""
    first, last = rule.text("from"), rule.text("until")
    if first is None and last is None:
        return None
    start, end = (_date(each, findings) if each else None for each in (first, last))
    if first and last and start and end and start > end:
        findings.add(
            "OQ305",
            last,
            Said("No day is from {value} and until {value2}.", value=first.value, value2=last.value),
            Said("Write the earlier one under from; the day under until is the last one that counts."),
        )
    return days_between(start, end and _day_after(end))


def _day_after(day: datetime.date) -> datetime.date | None:
    return day + datetime.timedelta(days=1) if day < datetime.date.max else None


def _asked(when: Map, table: str, findings: Findings) -> dict[str, Condition]:
    found: dict[str, Condition] = {}
    countries = _countries(when)
    for field, node in when.items.items():
        known = fields()[field]
        if table not in LINE_TABLES and known.line:
            instead = Said("Write {whole} in its place: of a whole invoice it is the same.", whole=known.whole)
            findings.add(
                "OQ306",
                when.keys[field],
                Said(
                    "The section {table} decides for the whole invoice, which has no separate {field}.",
                    table=table,
                    field=field,
                ),
                instead if known.whole else _WHOLE,
            )
        elif known.kind in ("amount", "date"):
            found[field] = _range(known.kind, node, findings) if isinstance(node, Map) else Range()
        elif isinstance(node, Map):
            found[field] = _several(field, node, countries, findings)
        else:
            found[field] = _texts(field, texts(node), countries, findings)
    return found


def _countries(when: Map) -> frozenset[str]:
    node = when.items.get("country")
    node = node.items.get("any") if isinstance(node, Map) else node
    return frozenset(entry.value.upper() for entry in texts(node)) if node is not None else frozenset()


def _several(field: str, node: Map, countries: frozenset[str], findings: Findings) -> Condition:
    """The conditions under any, all and not."""
    parts = {key: texts(node.items[key]) for key in ("any", "all", "not") if key in node.items}
    _contradictions(parts.get("not", ()), [each for key in ("any", "all") for each in parts.get(key, ())], findings)
    some, every, none = (parts.get(key) for key in ("any", "all", "not"))
    but = _texts(field, none, countries, findings) if none else None
    if fields()[field].many:
        needs = [_texts(field, some, countries, findings)] if some else []
        needs += [_texts(field, [each], countries, findings) for each in every or ()]
        _repeated(every or (), findings)
        return needs[0] if len(needs) == 1 and but is None else Tags(tuple(needs), but)
    own = _texts(field, some, countries, findings) if some else EVERY
    if but is None:
        return own
    if field == "region":
        return _other_regions(node, own, but, countries, findings)
    return Texts(own.exact, own.prefixes, own.written, but=but)


def _contradictions(none: Sequence[Text], others: Sequence[Text], findings: Findings) -> None:
    """A finding for each value that is both required and excluded."""
    asked = {fold(each.value): each for each in others}
    for each in none:
        first = asked.get(fold(each.value))
        if first is not None:
            findings.add(
                "OQ311",
                each,
                Said('"{value}" is both required and excluded under not.', value=each.value),
                Said("Delete one of the two."),
                [related(first, Said("the other one"))],
            )


def _repeated(entries: Sequence[Text], findings: Findings) -> None:
    seen: dict[str, Text] = {}
    for each in entries:
        _twice(each, seen, findings)


def _other_regions(node: Map, own: Texts, but: Texts, countries: frozenset[str], findings: Findings) -> Texts:
    """All regions of the countries but some; possible only for the few countries whose regions are known."""
    if not countries or countries - set(KNOWN):
        known = _listed(KNOWN, Said(" or "))
        findings.add(
            "OQ312",
            node.keys["not"],
            Said(
                "Which the other regions are depends on the country, and is known of {known} alone.",
                known=_listed(KNOWN, Said(" and ")),
            ),
            Said("Write country: with {known} beside it, or list the regions that count.", known=known),
        )
    every = {f"{country}-{code}" for country in countries for code in region_codes(country)}
    written = {fold(each): each.split("-", 1)[1] for each in every}
    found = frozenset(each for each in written if (own is EVERY or own.takes(each)) and not but.takes(each))
    return Texts(found, written=written, says=f"not {' nor '.join(sorted(set(but.written.values())))}")


def _texts(field: str, entries: list[Text], countries: frozenset[str], findings: Findings) -> Texts:
    exact: set[str] = set()
    prefixes: set[str] = set()
    seen: dict[str, Text] = {}
    written: dict[str, str] = {}
    for entry in entries:
        text = entry.value.strip()
        _twice(entry, seen, findings)
        if "*" in text:
            made = _prefix(field, entry, findings)
            prefixes |= made
            text = entry.value[:-1]
        elif not text:
            made = set()
            findings.add("OQ205", entry, Said("The quotes are empty."), Said("Write a value."))
        else:
            made = _meant(field, entry, countries, findings)
            exact |= made
        written.update(dict.fromkeys(made, text))
    return Texts(frozenset(exact), frozenset(prefixes), written)


def _meant(field: str, entry: Text, countries: frozenset[str], findings: Findings) -> set[str]:
    """The folded values that one entry matches."""
    if field == "region":
        check_region(entry, countries, findings)
        return {fold(each) for each in regions_meant(entry.value, countries)}
    if field in _CHECKS:
        _CHECKS[field](entry, findings)
    return {fold(entry.value)}


def _twice(entry: Text, seen: dict[str, Text], findings: Findings) -> None:
    folded = fold(entry.value)
    if folded in seen:
        findings.add(
            "OQ311",
            entry,
            Said('"{value}" is in this list twice.', value=entry.value),
            Said("Delete one of the two."),
            [related(seen[folded], Said("the first one"))],
        )
    seen.setdefault(folded, entry)


def _prefix(field: str, entry: Text, findings: Findings) -> set[str]:
    text = entry.value
    body = text[:-1]
    if codes := fields()[field].codes:
        what = Said(field.replace("_", " "))
        message, remedy = (
            Said("A {what} is a code; a * has no meaning in it.", what=what),
            Said("List the codes: {codes}.", codes=codes),
        )
    elif text.strip() == "*":
        message, remedy = (
            Said("A * alone matches everything."),
            Said("Leave {field} out: then it does not matter.", field=field),
        )
    elif not text.endswith("*") or "*" in body:
        message = Said('"{text}" has a * that is not at its end.', text=text)
        remedy = Said("Only one * at the end is possible, for everything that begins so; list other values one by one.")
    else:
        return {fold(body) + (" " if body[-1:].isspace() else "")}
    findings.add("OQ304", entry, message, remedy)
    return set()


def check_country(code: Text, findings: Findings) -> None:
    """A finding for a code that ISO 3166-1 does not have."""
    upper = code.value.upper()
    if upper in COUNTRIES:
        return
    known, _ = country_meant(upper) or ("", "")
    remedy = (
        Said("Did you mean {known}?", known=known)
        if known
        else Said("Write its two-letter ISO code, such as US, CA, GB or NO.")
    )
    findings.add("OQ301", code, Said('There is no country "{value}".', value=code.value), remedy)


def check_currency(code: Text, findings: Findings) -> None:
    """A finding for a code that ISO 4217 does not have."""
    if code.value.upper() not in CURRENCIES:
        remedy = Said("Write its three-letter ISO code, such as USD, EUR, GBP or NOK.")
        findings.add("OQ315", code, Said('There is no currency "{value}".', value=code.value), remedy)


_SHORT = 3
"""The length up to which a region is similar to too many codes for a suggestion."""
_ALIKE = 0.82
"""The required similarity of a longer one to a region's name: Quebek is Quebec, Oslo is not Colo."""


def check_region(region: Text, countries: frozenset[str], findings: Findings) -> None:
    """A finding for a region that none of the countries has, as far as their regions are known. Without a country it
    must be a region of one whose regions are known."""
    asked = sorted(countries & set(KNOWN)) if countries else list(KNOWN)
    known = [country for country in asked if known_region(country, region.value)]
    short = [short_form(country, region.value) for country in known]
    if known and all(short):
        problem = Said('"{value}" is neither the code nor the name of a region.', value=region.value)
        findings.add("OQ312", region, problem, Said("Did you mean {names}{part}?", names=short[0], part=""))
    if known or not asked:
        return
    names = {name: code for country in asked for name, code in region_names(country).items()}
    near = nearest_name(region.value, names, _ALIKE) if len(region.value.strip()) > _SHORT else None
    if near:
        remedy = Said(
            "Did you mean {names}{part}?", names=names[near], part=f" ({near})" if near != names[near] else ""
        )
    elif countries:
        remedy = Said(
            "Write one of {join}.", join=", ".join(code for country in asked for code in region_codes(country))
        )
    else:
        remedy = Said("Write its code or name, such as ON or Ontario.")
    others = sorted(countries - set(asked))
    if others:
        remedy += Said(
            " For a region of {others} write an exception with country: {others2} alone.",
            others=_listed(others, Said(" or ")),
            others2=others[0],
        )
    elif not countries:
        remedy += Said(" For a region of another country write country: with its code as well.")
    values = {"asked": _listed(asked, Said(" and ")), "value": region.value}
    problem = Said('{asked} has no region "{value}".', **values)
    if len(asked) > 1:
        problem = Said('{asked} have no region "{value}".', **values)
    findings.add("OQ312", region, problem, remedy)


def _listed(names: Sequence[str], word: Said) -> str:
    return joined(word, (part for part in (", ".join(names[:-1]), names[-1]) if part))


def check_key(key: Text, remedy: str, findings: Findings) -> bool:
    """Whether the key of a map is one value; a finding for a key with a *, which only conditions support."""
    if "*" not in key.value:
        return True
    findings.add(
        "OQ304",
        key,
        Said('"{value}" is the key of a map, which is one value; a * means nothing in it.', value=key.value),
        remedy,
    )
    return False


def check_category(code: Text, findings: Findings) -> None:
    """A finding for a tax category that UNCL5305 does not have."""
    if code.value.upper() not in TAX_CATEGORIES:
        named = ((each, Said(name)) for each, name in list(TAX_CATEGORIES.items())[:10])
        listed = joined(", ", (Said("{code} ({name})", code=each, name=name) for each, name in named))
        others = ", ".join(list(TAX_CATEGORIES)[10:])
        findings.add(
            "OQ316",
            code,
            Said('There is no tax category "{value}".', value=code.value),
            Said("Write one of {listed}; or {others}.", listed=listed, others=others),
        )


_CHECKS = {"country": check_country, "currency": check_currency, "tax_category": check_category}


def _range(kind: str, node: Map, findings: Findings) -> Range:
    bounds: dict[str, Any] = {}
    for key in ("from", "below"):
        text = node.text(key)
        if text is not None:
            bounds[key] = _date(text, findings) if kind == "date" else Decimal(text.value)
    start, below = bounds.get("from"), bounds.get("below")
    if start is not None and below is not None and start >= below:
        findings.add(
            "OQ305",
            node.keys["below"],
            Said(
                "No {kind} is from {value} and below {value2}.",
                kind=kind,
                value=node.text("from").value,  # type: ignore[union-attr]
                value2=node.text("below").value,  # type: ignore[union-attr]
            ),
            Said("Write the smaller one under from; the one under below is not included."),
        )
    return Range(start, below)


def _date(text: Text, findings: Findings) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text.value)
    except ValueError:
        findings.add(
            "OQ309", text, Said("There is no day {value}.", value=text.value), Said("Write a date as YYYY-MM-DD.")
        )
        return None
