"""The features of the editor for open rule and case files, saved or not. Lines and columns count from 1, columns in
characters."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from onedesk_quickbooks.plugin.cli.editor.offers import Offer, offers
from onedesk_quickbooks.plugin.cli.editor.rule_markdown import TAKERS, markdown
from onedesk_quickbooks.plugin.findings.finding import CannotRead, Finding, Findings, Span
from onedesk_quickbooks.plugin.findings.pages import pages
from onedesk_quickbooks.plugin.model.company_settings import takes_deposits
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.check import Against, check
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.explain.descriptions import describe, is_entry, places
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.mend import Mend, mends
from onedesk_quickbooks.plugin.ruleset.read.files import CASES, read_file, read_files, rule_files
from onedesk_quickbooks.plugin.ruleset.read.shape import Shape, rules_shape, sentence_of, title_of
from onedesk_quickbooks.plugin.texts import Capital, gettext, say
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text, walk
from onedesk_quickbooks.plugin.yamlfile.source import unsaved

STEPS = 200_000
"""Steps of the analysis while the user types; `check` has more."""
FOLDER = "rules"
"""The name of a folder that is one rule set (README: Configuration)."""


class OpenRules:
    """The texts of the open files, and the company to compare with, if any; `today` gives the current day."""

    def __init__(self, company: CompanySnapshot | None, today: Callable[[], datetime.date]) -> None:
        self._company = company
        self._today = today
        self._texts: dict[Path, str] = {}
        self._checked: tuple[dict[Path, str], dict[Path, RuleSet | None]] = ({}, {})

    def change(self, path: Path, text: str | None) -> None:
        """Set the text of a file; None: it is closed, and read from the disk again."""
        if text is None:
            self._texts.pop(path, None)
        else:
            self._texts[path] = text

    def findings(self, path: Path) -> dict[Path, list[Finding]]:
        """The findings of `check` for the rule set of a file, by file; all open files of it are included. Raises
        CannotRead."""
        texts = dict(self._texts)
        with unsaved(texts):
            checked = check([self._whole(path)], Against(self._company, steps=STEPS, today=self._today()))
        self._checked = texts, {each: loaded.rules for loaded in checked.loaded for each in loaded.files}
        files = {each for loaded in checked.loaded for each in loaded.files} & self._texts.keys()
        found: dict[Path, list[Finding]] = {each: [] for each in (*files, path)}
        for finding in checked.findings:
            found.setdefault(Path(finding.file), []).append(finding)
        return found

    def _whole(self, path: Path) -> Path:
        """The file beside it that includes it, or the folder of rules, else the file itself."""
        if path.name.endswith(CASES):
            return path
        for other in self._beside(path):
            try:
                if path in read_files(other, Findings()).paths:
                    return other
            except CannotRead:
                continue
        return path.parent if path.parent.name == FOLDER and any(self._beside(path)) else path

    @staticmethod
    def _beside(path: Path) -> Iterator[Path]:
        try:
            yield from (each for each in rule_files(path.parent) if each != path)
        except CannotRead:
            return

    def hover(self, path: Path, line: int, column: int, found: Iterable[Finding]) -> str:
        """Markdown on the position, in the current language: why there is a finding, else the meaning of the key or
        value; and what the rule around it does. "" for nothing."""
        root = self._root(path, self._texts[path])
        here = [each for each in found if _covers(each, line, column)]
        texts = [_page(each.code) for each in here]
        rule = self._rule(path, root, line, column)
        does = describe(*rule, TAKERS + 1) if rule else []
        if not here and not (rule and root and is_entry(does) and _is_head(root, rule[1], line, column)):
            shape = _shape_at(root, rules_shape(), line, column)
            texts += [_meaning(shape)] if shape else []
        return "\n\n".join(dict.fromkeys([*texts, *([markdown(does)] if does else [])]))

    def _rule(self, path: Path, root: Map | None, line: int, column: int) -> tuple[RuleSet, Where] | None:
        """The rules of the file, and the place of the innermost rule at the position."""
        around = [] if root is None else _around(root, line, column)
        rules = self._rules(path) if around else None
        if rules is None:
            return None
        known = {(each.line, each.column): each for each in places(rules) if Path(each.file) == path}
        at = next((known[each] for each in reversed(around) if each in known), None)
        return (rules, at) if at else None

    def _rules(self, path: Path) -> RuleSet | None:
        """The current rules, None if they have an error; those of the last check if nothing has changed since."""
        try:
            if self._checked[0] != self._texts or path not in self._checked[1]:
                with unsaved(self._texts):
                    loaded = load(self._whole(path))
                self._checked = dict(self._texts), dict.fromkeys((path, *loaded.files), loaded.rules)
        except CannotRead:
            return None
        return self._checked[1][path]

    def offers(self, path: Path, line: int, column: int) -> list[Offer]:
        """The keys and values allowed at the cursor."""
        return offers(self._texts[path], line, column, lambda text: self._root(path, text), self._names)

    def _names(self, kind: str) -> list[str]:
        company = self._company
        if company is None:
            return []
        found: dict[str, Iterable[str]] = {
            "item": (each.name for each in company.items if each.active),
            "income account": (each.name for each in company.accounts if each.active and each.type == "Income"),
            "tax code": (each.name for each in company.tax_codes if each.active),
            "payment term": (each.name for each in company.terms),
            "class": (each.name for each in company.classes if each.active),
            "location": (each.name for each in company.locations if each.active),
            "customer": (each.name for each in company.customers if each.active),
            "deposit account": (each.name for each in company.accounts if each.active and takes_deposits(each)),
            "payment method": (each.name for each in company.payment_methods or () if each.active),
        }
        return sorted(found.get(kind, ()))

    def fixes(self, path: Path, found: Iterable[Finding], line: int, column: int) -> list[tuple[Finding, Mend]]:
        """The remedies of the findings here that are edits of the file."""
        text = self._texts[path]
        lines = text.split("\n")
        here = [each for each in found if _covers(each, line, column) and _still_so(each, lines)]
        root = self._root(path, text) if here else None
        return [(each, mend) for each in here for mend in mends(each, text, root)]

    def _root(self, path: Path, text: str) -> Map | None:
        with unsaved({path: text}):
            return None if path.name.endswith(CASES) else read_file(path, Findings())


def _page(code: str) -> str:
    """The explanation of a finding."""
    page = pages()[code]
    return f"**{code} {say(Said(page.title))}**\n\n{say(Said(page.why))}"


def _meaning(shape: Shape) -> str:
    """The description of a key or a value."""
    title, description = say(Capital(title_of(shape))), say(sentence_of(shape.description))
    example = "\n\n" + gettext("Example: {example}", example=f"`{shape.example}`") if shape.example else ""
    return f"**{title}**\n\n{description}{example}"


def _still_so(found: Finding, lines: list[str]) -> bool:
    """Whether the line of a finding is unchanged since it was found."""
    return found.line <= len(lines) and lines[found.line - 1].startswith(found.text)


def _covers(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


def _around(node: Node, line: int, column: int) -> list[tuple[int, int]]:
    """The places of the keys and of the entries of lists around the position, outermost first; none if there is
    nothing."""
    children: list[tuple[Span, Node]] = []
    if isinstance(node, Map):
        children = [(node.keys[name], each) for name, each in node.items.items()]
    elif isinstance(node, List):
        children = [(each, each) for each in node.items]
    for at, child in children:
        below = _around(child, line, column)
        if below or _covers(at, line, column) or _covers(child, line, column):
            return [(at.line, at.column), *below]
    return []


def _is_head(root: Map, at: Where, line: int, column: int) -> bool:
    """Whether the position is at the name of the rule, or at all of its text: its id, its key, or the text after it."""
    around = _around(root, line, column)
    inside = around[around.index((at.line, at.column)) + 1 :]
    ids = [each.keys["id"] for each in walk(root) if isinstance(each, Map) and "id" in each.keys]
    return not inside or (len(inside) == 1 and inside[0] in [(each.line, each.column) for each in ids])


def _shape_at(node: Node | None, shape: Shape, line: int, column: int) -> Shape | None:
    """The shape of the key or the value at the position."""
    branch = shape.branches.get(type(node)) if node is not None else None
    if node is None or branch is None:
        return None
    if isinstance(node, Map):
        for name, key in node.keys.items():
            own = branch.properties.get(name) or branch.others
            if own is not None and _covers(key, line, column):
                return own
    for child, own in branch.below(node):
        if isinstance(child, Text) and _covers(child, line, column):
            return own
        found = None if isinstance(child, Text) else _shape_at(child, own, line, column)
        if found is not None:
            return found
    return None
