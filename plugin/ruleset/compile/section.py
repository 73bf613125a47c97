"""One section of the rules during compilation: the contents of the files, with default.yaml for the rest."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from onedesk_quickbooks.plugin.findings.finding import Findings, related
from onedesk_quickbooks.plugin.model.decision import RoundingChoice
from onedesk_quickbooks.plugin.model.due import DueIn
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.model.named_fields import written_fields
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.columns import Condition, Range
from onedesk_quickbooks.plugin.ruleset.core.rules import Setting
from onedesk_quickbooks.plugin.ruleset.keys import LINE_TABLES, Key, settings_of
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text, where


@dataclass(frozen=True, slots=True)
class Part:
    """The contents of one file for a section; `days` are those on which the file applies, None if it always does."""

    node: Map
    days: Range | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """One entry of a keyed map, or one key of a section: its name, its value, the id of the rule, and the days of its
    file."""

    name: Text
    node: Node
    rule: str
    days: Range | None

    @property
    def at(self) -> Where:
        """The place of the key."""
        return where(self.name)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `exceptions:`; `id` is the full id of the rule, `at` the place of its own id, `days` are those of
    its file."""

    node: Map
    name: Text
    when: Map
    id: str
    at: Where
    days: Range | None = None


class Section:
    """Typed access to a valid section. `parts` are the contents of the files in the order of reading, none if the
    section was not written. Files with days take precedence over files without."""

    def __init__(self, name: str, parts: Sequence[Part], defaults: Map, findings: Findings) -> None:
        self.name = name
        self.parts = parts
        self.defaults = defaults
        self.findings = findings
        self._always = [each.node for each in parts if each.days is None]
        self._mapped = {key.name for key in settings_of(name) if key.mapped}

    @property
    def at(self) -> Where:
        """The place of the section."""
        return where(self.parts[0].node if self.parts else self.defaults)

    @property
    def day_field(self) -> str:
        """The field of conditions that has the day of the invoice."""
        return "invoice_date" if self.name in LINE_TABLES else "date"

    def on(self, days: Range | None) -> dict[str, Condition]:
        """The condition for the days of a file."""
        return {} if days is None else {self.day_field: days}

    def node(self, key: str) -> Node | None:
        """The value of `key` that applies on all days; a map of texts by name is merged from all files."""
        found = [each.items[key] for each in self._always if key in each.items]
        maps = [each for each in found if isinstance(each, Map)] if key in self._mapped else []
        if len(maps) > 1:
            return joined(maps)
        return found[0] if found else self.defaults.items.get(key)

    def key(self, key: str) -> Text:
        """The place of `key` in the file that applies on all days, written or default; otherwise in a file with
        days."""
        nodes = [*self._always, self.defaults, *(each.node for each in self.parts)]
        return next(each.keys[key] for each in nodes if key in each.keys)

    def written(self, key: str) -> list[Given]:
        """Each occurrence of `key` in the files, those with days first."""
        found = [
            Given(each.node.keys[key], each.node.items[key], self._named(key, each.days), each.days)
            for each in self.parts
            if key in each.node.items
        ]
        return sorted(found, key=lambda each: each.days is None)

    def dated(self, key: str) -> list[Given]:
        """The occurrences in files with days."""
        return [each for each in self.written(key) if each.days is not None]

    def _named(self, key: str, days: Range | None) -> str:
        """The id of the value of a key, with the days of its file if it has any."""
        return f"{self.name}.{key}" + (f" {days}" if days is not None else "")

    def setting(self, key: Key) -> Setting | None:
        """The value in force of a setting, None if there is none."""
        node = self.node(key.name)
        return None if node is None else as_setting(key, node, key.id, where(self.key(key.name)))

    def text(self, key: str) -> Text | None:
        """The text in force under `key`, None if there is none."""
        node = self.node(key)
        return node if isinstance(node, Text) else None

    def entries(self, key: str, same: Callable[[str], str]) -> Iterator[Given]:
        """The entries of a keyed map, those of files with days first; a finding for two keys that are equal after
        `same`, on the same days."""
        seen: list[Given] = []
        for part in sorted(self.parts, key=lambda each: each.days is None):
            node = part.node.map(key)
            for name, item in distinct(node, same, self.findings) if node else ():
                seen.append(Given(name, item, self._named(f"{key}.{name.value}", part.days), part.days))
        first: dict[str, list[Given]] = {}
        for each in seen if len(self.parts) > 1 else ():
            others = first.setdefault(same(each.name.value), [])
            self._once(each, others)
            others.append(each)
        yield from seen

    def check_once(self, joined: Collection[str]) -> None:
        """A finding for each key that two files have on the same days; keys of `joined` are merged."""
        for key in dict.fromkeys(key for part in self.parts for key in part.node.items if key not in joined):
            found = self.written(key)
            if key in self._mapped:
                found = [each for each in found if each.days is not None or not isinstance(each.node, Map)]
                self._entries_once([each.map(key) for each in self._always])
            for at, each in enumerate(found):
                self._once(each, found[:at])

    def _entries_once(self, maps: Sequence[Map | None]) -> None:
        seen: dict[str, list[Given]] = {}
        for node in filter(None, maps):
            for name, item in zip(node.keys.values(), node.items.values(), strict=True):
                given = Given(name, item, "", None)
                others = seen.setdefault(name_key(name.value), [])
                self._once(given, others)
                others.append(given)

    def _once(self, given: Given, others: Sequence[Given]) -> None:
        """A finding for a key that another file has on the same days."""
        name = given.name
        first = next(
            (each for each in others if each.name.file != name.file and _together(each.days, given.days)), None
        )
        if first is None:
            return
        days = "" if given.days is None else Said(", on the same days")
        self.findings.add(
            "OQ119",
            name,
            Said(
                '"{value}" of the section {name} is in two files{days}: also in {short}.',
                value=name.value,
                name=self.name,
                days=days,
                short=where(first.name).short,
            ),
            Said("Delete one of the two, or write it into files that hold on different days (from, until)."),
            [related(first.name, Said("the other one"))],
        )

    def exceptions(self) -> Iterator[Entry]:
        """The entries of `exceptions:`, file by file."""
        for part in self.parts:
            for item in part.node.list("exceptions"):
                if isinstance(item, Map):
                    name, when = item.text("id"), item.map("when")
                    if name is not None and when is not None:
                        yield Entry(item, name, when, f"{self.name}.exceptions.{name.value}", where(item), part.days)


def joined(maps: Sequence[Map]) -> Map:
    """The entries of all maps, at the place of the first map."""
    first = maps[0]
    made = Map(first.file, first.line, first.column)
    for each in maps:
        made.keys |= each.keys
        made.items |= each.items
    return made


def _together(one: Range | None, other: Range | None) -> bool:
    """Whether two files apply on a common day with equal precedence: a file with days takes precedence over one
    without."""
    if one is None or other is None:
        return one is other
    return both(one, other) is not None


def both(one: Range, other: Range) -> Range | None:
    """The days that are in both, None if there is none."""
    start = max((each.start for each in (one, other) if each.start is not None), default=None)
    below = min((each.below for each in (one, other) if each.below is not None), default=None)
    if start is not None and below is not None and start >= below:
        return None
    return days_between(start, below)


def first_gap(written: Sequence[Range | None]) -> Range | None:
    """The first days that none of these contains (None: one contains all days, or together they contain all)."""
    if None in written:
        return None
    days = sorted((each for each in written if each), key=lambda each: each.start or datetime.date.min)
    if not days or days[0].start is not None:
        return days_between(None, days[0].start if days else None)
    end: datetime.date | None = days[0].below
    for each in days[1:]:
        if end is None or (each.start and each.start > end):
            break
        end = each.below and max(end, each.below)
    following = [each.start for each in days if end is not None and each.start is not None and each.start > end]
    return None if end is None else days_between(end, min(following, default=None))


def days_between(start: datetime.date | None, below: datetime.date | None) -> Range:
    """The days from `start` on and before `below`, in the form for people: from and until, both inclusive."""
    last = below and below - datetime.timedelta(days=1)
    says = " ".join(f"{word} {day}" for word, day in (("from", start), ("until", last)) if day)
    return Range(start, below, says)


def as_setting(key: Key, node: Node, rule: str, at: Where) -> Setting:
    """A setting from its node: a word or name, a list of words, a due date by days, texts by name, or the item and tax
    code of a line."""
    if isinstance(node, Map) and key.mapped:  # texts by name, which may equal the keys of other maps
        named = ((name.value.strip(), each.value) for name, each in _texts(node))
        return Setting(written_fields(named), rule, at)
    if isinstance(node, Map) and (days := node.text("days")) is not None:
        ends = node.text("end_of_month")
        return Setting(str(DueIn(int(days.value), ends is not None and ends.value == "yes")), rule, at)
    if isinstance(node, Map):
        item, code = node.text("item"), node.text("tax_code")
        line = RoundingChoice(item.value.strip() if item else "", code.value.strip() if code else None)
        return Setting("line", rule, at, line)
    if isinstance(node, List):
        written = [each.value for each in node.items if isinstance(each, Text)]
        words = written if key.ordered else [each for each in key.words if each in written]
        return Setting(", ".join(words) or "none", rule, at)
    return Setting(name_or_none(node) if key.none else node.value.strip(), rule, at)


def name_or_none(node: Text) -> str:
    """A name, or the word none. A record with the name none is written "None": names are case-insensitive, the word is
    lower case only."""
    value = node.value.strip()
    return "None" if node.name and value.casefold() == "none" else value


def _texts(node: Map) -> Iterator[tuple[Text, Text]]:
    for key, each in zip(node.keys.values(), node.items.values(), strict=True):
        if isinstance(each, Text):
            yield key, each


def distinct(node: Map, same: Callable[[str], str], findings: Findings) -> Iterator[tuple[Text, Node]]:
    """The entries of a map, with a finding for two keys with the same meaning."""
    seen: dict[str, Text] = {}
    for key, item in zip(node.keys.values(), node.items.values(), strict=True):
        meant = same(key.value)
        first = seen.setdefault(meant, key)
        if first is not key:
            findings.add(
                "OQ302",
                key,
                Said('"{value}" means the same as "{value2}".', value=key.value, value2=first.value),
                Said("Delete one of the two."),
                [related(first, Said("the first one"))],
            )
        yield key, item


def check_ids(sections: Sequence[Section], findings: Findings) -> None:
    """A finding for ids that are not unique within their section: reports and explanations refer to rules by id."""
    for section in sections:
        seen: dict[str, Text] = {}
        for rule in section.exceptions():
            first = seen.setdefault(fold_id(rule.name.value), rule.name)
            if first is not rule.name:
                findings.add(
                    "OQ303",
                    rule.name,
                    Said(
                        'Another rule of {name} is called "{value}" already.', name=section.name, value=rule.name.value
                    ),
                    Said("Give this rule its own id."),
                    [related(first, Said("the first one"))],
                )


def fold_id(text: str) -> str:
    """The id as it is compared: ids that differ only in case are the same to a person."""
    return text.lower()
