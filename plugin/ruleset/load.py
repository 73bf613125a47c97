"""Rule files to a rule set, with everything that is wrong in them, all at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from onedesk_quickbooks.plugin.ruleset.compiling.rule_set import SECTIONS, compile_rules
from onedesk_quickbooks.plugin.ruleset.findings.finding import CannotRead, Finding, Findings, related
from onedesk_quickbooks.plugin.ruleset.reading.build import build
from onedesk_quickbooks.plugin.ruleset.reading.nodes import List, Map, Node, Text
from onedesk_quickbooks.plugin.ruleset.reading.shape import check_shape
from onedesk_quickbooks.plugin.ruleset.reading.source import decode, read_bytes
from onedesk_quickbooks.plugin.ruleset.rules import RuleSet

_ROOT = Path(__file__).parents[2]
DEFAULT_RULES = _ROOT / "rules" / "default.yaml"
"""What OneDesk does today; also where every key that is not written takes its value from."""
EXAMPLES = _ROOT / "rules" / "examples"
"""Rule files for one need each."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rule set, or None where an error stands among the findings; findings are sorted by place."""

    rules: RuleSet | None
    findings: tuple[Finding, ...]
    summary: dict[str, int] = field(default_factory=dict)


def load(path: Path) -> Loaded:
    """Read a rule file, or all `*.yaml` of a folder as one rule set. Raises CannotRead for a path that cannot be
    opened; whatever stands in the files becomes findings."""
    files = rule_files(path)
    findings = Findings()
    roots = [root for root in (_read(file, findings) for file in files) if root is not None]
    sections = _merge(roots, findings)
    sound = len(roots) == len(files)
    refused: set[int] = set()
    for root in roots:
        refused |= check_shape(root, findings)
    whole = {name: node for name, node in sections.items() if not _holds(node, refused)}
    rules = compile_rules(str(path), whole, _defaults(), findings)
    usable = sound and not findings.errors
    return Loaded(rules if usable else None, findings.sorted(), _summary(sections, len(files)))


def rule_files(path: Path) -> list[Path]:
    """The files of a rule set. Raises CannotRead for a folder without any."""
    try:
        if not path.is_dir():
            return [path]
        files = sorted(each for each in path.iterdir() if each.suffix in (".yaml", ".yml") and each.is_file())
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CannotRead(path, f"cannot be read ({why}); check the path and its permissions") from error
    except ValueError as error:
        raise CannotRead(path, f"is no path ({error}); give the path of a rule file") from error
    if not files:
        raise CannotRead(path, "the folder holds no .yaml file; put the rule files there, or give another path")
    return files


def _read(path: Path, findings: Findings) -> Map | None:
    text = decode(str(path), read_bytes(path), findings)
    return None if text is None else build(str(path), text, findings)


@lru_cache(maxsize=1)
def _defaults() -> Map:
    root = _read(DEFAULT_RULES, findings := Findings())
    if root is None:
        raise ValueError(f"{DEFAULT_RULES} was changed and cannot be read: {findings.sorted()}")
    return root


def _merge(roots: list[Map], findings: Findings) -> dict[str, Map]:
    """The sections of all files; each may stand in one file only."""
    found: dict[str, Map] = {}
    keys: dict[str, Text] = {}
    for root in roots:
        for name, node in root.items.items():
            if name not in SECTIONS or not isinstance(node, Map):
                continue
            if name in found:
                findings.add(
                    "OQ119",
                    root.keys[name],
                    f'The section "{name}" stands in two files.',
                    "Put its rules together into one file: each section has one home.",
                    [related(keys[name], "the first one")],
                )
                continue
            found[name], keys[name] = node, root.keys[name]
    return found


def _holds(node: Node, refused: set[int]) -> bool:
    """Whether one of the refused nodes is the node or stands in it."""
    stack = [node] if refused else []
    while stack:
        each = stack.pop()
        if id(each) in refused:
            return True
        if isinstance(each, Map):
            stack.extend(each.items.values())
        elif isinstance(each, List):
            stack.extend(each.items)
    return False


def _summary(sections: dict[str, Map], files: int) -> dict[str, int]:
    """What was found, for the last line of `check`."""
    items, taxes = sections.get("items"), sections.get("taxes")
    lists = [len(node.list("exceptions")) for node in sections.values()]
    countries = taxes.map("by_country") if taxes else None
    services = items.map("by_service_type") if items else None
    charges = items.map("by_charge") if items else None
    keyed = sum(len(each.items) for each in (countries, services, charges) if each)
    return {
        "files": files,
        "tables": len(sections),
        "rules": sum(lists) + keyed + sum("otherwise" in node.items for node in sections.values()),
        "exceptions": sum(lists),
        "countries": len(countries.items) if countries else 0,
        "service_types": len(services.items) if services else 0,
    }
