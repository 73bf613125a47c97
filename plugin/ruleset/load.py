"""Rule files to a rule set, with all errors at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.findings.finding import Finding, Findings
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.compile.conditions import days_of
from onedesk_quickbooks.plugin.ruleset.compile.rule_set import compile_rules
from onedesk_quickbooks.plugin.ruleset.compile.section import Part, first_gap
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.ruleset.read.check_shape import check_shape
from onedesk_quickbooks.plugin.ruleset.read.files import read_file, read_files
from onedesk_quickbooks.plugin.ruleset.read.shape import rules_shape
from onedesk_quickbooks.plugin.ruleset.read.words import read_words
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.build import LOADER
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, texts, walk

EXAMPLES = DEFAULT_RULES.with_name("examples")
"""Rule files for one use case each."""
MOST_RULES = 20_000
"""Rules of one rule set. The analysis needs quadratic memory."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rule set, or None if there are errors among the findings; findings are sorted by place. `files` are in the
    order of reading, `missing` are included files that could not be opened; `sections` are the maps in force, file by
    file, with their places; `begins` has the first day, as written, of each file that has one."""

    rules: RuleSet | None
    findings: tuple[Finding, ...]
    summary: dict[str, int] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    sections: Mapping[str, tuple[Map, ...]] = field(default_factory=dict)
    missing: tuple[Path, ...] = ()
    begins: Mapping[str, str] = field(default_factory=dict)


def load(path: Path, within: Path | None = None) -> Loaded:
    """Read a rule file with the files that it includes, or all `*.yaml` of a folder, as one rule set; with `within`,
    files must be in that folder. Raises CannotRead for a path that cannot be opened; errors in the files become
    findings."""
    findings = Findings()
    loaded = read(path, findings, within=within)
    return replace(loaded, findings=findings.sorted())


def read(path: Path, findings: Findings, loader: Any = LOADER, within: Path | None = None) -> Loaded:
    """Like `load`, with a list of findings that the caller extends; the `findings` of the result are empty."""
    before = findings.errors  # those of other rule sets
    files = read_files(path, findings, loader, within)
    refused: set[int] = set()
    for root in files.roots:
        read_words(root, rules_shape(), findings)
        refused |= check_shape(root, rules_shape(), findings)
    parts = _parts(files.roots, findings)
    sections = {name: tuple(each.node for each in own) for name, own in parts.items()}
    counts = summary(sections, len(files.paths))
    if counts["rules"] > MOST_RULES:
        _too_many(sections, findings)
        return Loaded(None, (), counts, tuple(files.paths), {}, tuple(files.missing))
    _required(parts, files.roots, findings)
    whole = _whole(parts, refused) if refused else parts
    rules = compile_rules(str(path), whole, _defaults(), findings)
    usable = not files.broken and findings.errors == before
    return Loaded(
        rules if usable else None,
        (),
        counts,
        tuple(files.paths),
        {name: tuple(each.node for each in own) for name, own in whole.items()},
        tuple(files.missing),
        {root.file: first.value.strip() for root in files.roots if (first := root.text("from")) is not None},
    )


def _too_many(sections: Mapping[str, Sequence[Map]], findings: Findings) -> None:
    """A finding if there are too many rules, at the section with the most."""
    counts = {name: summary({name: node}, 1)["rules"] for name, node in sections.items()}
    name = max(counts, key=lambda each: counts[each])
    counted = Text(
        "{values} rules are in this rule set, {counts} of them in {name}",
        values=sum(counts.values()),
        counts=counts[name],
        name=name,
    )
    remedy = Text(
        "A rule set has at most {most_rules}: leave some out, or write what they have in common with a *.",
        most_rules=MOST_RULES,
    )
    findings.add(
        "OQ106", sections[name][0], Text("{counted}: they are too many to be checked.", counted=counted), remedy
    )


@lru_cache(maxsize=1)
def _defaults() -> Map:
    root = read_file(DEFAULT_RULES, findings := Findings())
    if root is None:
        raise ValueError(
            Text(
                "{default_rules} was changed and cannot be read: {sorted}",
                default_rules=DEFAULT_RULES,
                sorted=findings.sorted(),
            )
        )
    return root


def _parts(roots: list[Map], findings: Findings) -> dict[str, list[Part]]:
    """The contents of each section by file, in the order of the files, with the days of the file."""
    found: dict[str, list[Part]] = {}
    for root in roots:
        days = days_of(root, findings)
        days = days and replace(days, file=Path(root.file).name)
        for name, node in root.items.items():
            if name in keys.sections() and isinstance(node, Map):
                found.setdefault(name, []).append(Part(node, days))
    return found


def _required(parts: Mapping[str, Sequence[Part]], roots: Sequence[Map], findings: Findings) -> None:
    """A finding for each key that a section requires and no file has, or none on some days. A misspelled or misplaced
    key has another finding."""
    for name, own in parts.items():
        for key in keys.required()[name]:
            written = [each.days for each in own if key in each.node.items]
            missing = first_gap(written)
            if missing is None or any(key in root.keys for root in roots):
                continue
            from onedesk_quickbooks.plugin.ruleset.read.complaints import lacks  # imports jsonschema
            from onedesk_quickbooks.plugin.ruleset.read.unknown_keys import is_meant

            branch = rules_shape().properties[name].branches[Map]
            dated = name == "items"  # settings that apply to every line have no days
            if (dated and written) or any(
                is_meant(each.node, key, branch) or _misplaced(each.node, key) for each in own
            ):
                continue
            beside = next((each.node for each in own if each.days is None), None) if dated else own[0].node
            elsewhere = ", in a file without from and until" if beside is None else ""
            lacks(beside or own[0].node, key, branch, findings, f" {missing}" if written else "", elsewhere)


def _misplaced(section: Map, key: str) -> bool:
    """Whether the key is in a map of names of the section instead."""
    found = [section.map(each) for each in keys.keyed()]
    return any(key in each.keys and each.keys[key].plain for each in found if each is not None)


def _whole(parts: Mapping[str, Sequence[Part]], refused: set[int]) -> dict[str, list[Part]]:
    return {name: [Part(_sound(each.node, refused), each.days) for each in own] for name, own in parts.items()}


def _sound(section: Map, refused: set[int]) -> Map:
    """The section without the parts that the schema rejected: settings, exceptions and entries of keyed maps are
    dropped as a whole, so that the rest can be checked."""
    made = Map(section.file, section.line, section.column)
    for key, node in section.items.items():
        kept: Node | None = node
        if id(node) in refused:
            kept = None
        elif isinstance(node, Map) and key in keys.keyed():
            kept = Map(node.file, node.line, node.column)
            kept.items = {name: each for name, each in node.items.items() if not _holds(each, refused)}
            kept.keys = {name: node.keys[name] for name in kept.items}
        elif isinstance(node, List) and key == "exceptions":
            kept = List(node.file, node.line, node.column)
            kept.items = [each for each in node.items if not _holds(each, refused)]
        elif _holds(node, refused):
            kept = None
        if kept is not None:
            made.items[key], made.keys[key] = kept, section.keys[key]
    return made


def _holds(node: Node, refused: set[int]) -> bool:
    """Whether the node, or one in it, was rejected."""
    return any(id(each) in refused for each in walk(node))


def summary(sections: Mapping[str, Sequence[Map]], files: int) -> dict[str, int]:
    """Counts for the last line of `check`. A rule is an exception, an entry of a keyed map, or an `otherwise`; a
    service type or country counts once, however often it is named."""
    parts = [part for own in sections.values() for part in own]
    maps = [node.map(key) for node in parts for key in keys.keyed()]
    exceptions = [rule for node in parts for rule in node.list("exceptions") if isinstance(rule, Map)]
    otherwise = sum("otherwise" in node.items for node in parts)
    return {
        "files": files,
        "tables": len(sections),
        "rules": len(exceptions) + sum(len(each.items) for each in maps if each) + otherwise,
        "exceptions": len(exceptions),
        "countries": len(_named(sections, exceptions, "taxes", "by_country", "country")),
        "service_types": len(_named(sections, exceptions, "items", "by_service_type", "service_type")),
    }


def _named(
    sections: Mapping[str, Sequence[Map]], exceptions: list[Map], section: str, keyed: str, field_: str
) -> set[str]:
    """The values of a keyed map and of the conditions on a field."""
    entries = [each.map(keyed) for each in sections.get(section, ())]
    found = {fold(key) for each in entries if each for key in each.items}
    for rule in exceptions:
        when = rule.map("when")
        node = when.items.get(field_) if when else None
        found |= {fold(each.value) for each in texts(node)}
    return found
