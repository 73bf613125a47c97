"""Remedies work: followed as they say, the finding is gone, and no error comes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.findings.finding import Finding, Findings
from onedesk_quickbooks.plugin.findings.pages import pages
from onedesk_quickbooks.plugin.ruleset.mend import applied, mends
from onedesk_quickbooks.plugin.ruleset.read.files import read_file
from onedesk_quickbooks.plugin.yamlfile.build import LOADER

ROOT = Path(__file__).parents[3]
BAD = Path(__file__).parents[1] / "bad"
FILES = {path.stem: {"rules.yaml": path.read_text(encoding="utf-8")} for path in sorted(BAD.glob("*.yaml"))}
PAGES = {code: page.bad for code, page in pages().items()}
MORE = {
    f"more-{number}": {"rules.yaml": f"version: 1\n{text}\n"}
    for number, text in enumerate(
        [
            "items: {exceptions: [{id: a, when: {state: ON}, item: X}], otherwise: hold}",
            "items: {exceptions: [{id: a, when: {region: Quebek}, item: X}], otherwise: hold}",
            "items: {exceptions: [{id: a, when: {country: Canada}, item: X}], otherwise: hold}",
            "items: {exceptions: [{id: a, when: {amount: {to: 5}}, item: X}], otherwise: hold}",
            "items: {exceptions: [{id: a, when: {country: UK}, item: X}], otherwise: hold}",
            "items: {exceptions: [{id: a, when: {has_tax_id: true}, item: X}], otherwise: hold}",
            "taxes: {by_country: {Norway: X}, otherwise: hold}",
            "taxes: {by_country: {CA: {default: A, Ontaria: B}}, otherwise: hold}",
            "taxes: {default: hold}",
            "invoices: {due: term, terms: Net 30}",
        ]
    )
}
FOLLOWED: list[dict[str, Any]] = yaml.load(
    Path(__file__).with_name("remedies.yaml").read_text(encoding="utf-8"), LOADER
)
NOT_FOLLOWED = {
    "OQ107": "a file that is nested a hundred times is no rule file; nobody knows what was meant",
    "OQ313": "a note: what a Python plugin answers is for the person who wrote it",
    "OQ404": "a note: the analysis was given up, and nothing is wrong",
}
"""Codes whose remedy is a person's decision, and why."""


NOT_SEEN = {
    "Add otherwise: with what is to happen then, hold if a person should look at it.": "each decision has an otherwise",
    "Compare it with rules/default.yaml.": "PyYAML gives each of its errors a place",
    "Is it a rule file at all? If so, split it into several files.": "of a file with 200,000 texts: as with OQ106",
    "Is it a rule file at all? If so, leave rules out.": "of files that have 4 MB together: as with OQ106",
    "Write the character itself.": "of PyYAML's loader in Python, where the one in C is missing",
}
"""Remedies that no rule file brings about, or that a small one does not, and why."""


def files_of(entry: dict[str, Any]) -> dict[str, str]:
    name = entry["of"]
    files = {**FILES, **PAGES, **MORE}.get(name) or {"rules.yaml": f"version: 1\n{name}\n"}
    return replaced(files, entry.get("given", {}))


def proposed(finding: Finding) -> str:
    """The word that the remedy says was meant."""
    found = re.match(r'Did you mean ("?)(.+?)\1(?: \(.*?\))?\?', finding.remedy)
    return found[2] if found else ""


def mended(text: str, finding: Finding, word: str) -> str:
    lines = text.split("\n")
    line = lines[finding.line - 1]
    lines[finding.line - 1] = line[: finding.column - 1] + word + line[finding.end_column - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize("name", [*FILES, *(each for each in PAGES if pages()[each].encoding == "utf-8"), *MORE])
def test_the_word_that_is_proposed_mends_it(name: str, check_files: Any) -> None:
    files = {**FILES, **PAGES, **MORE}[name]
    before = check_files(files).findings
    for finding in before:
        word = proposed(finding)
        if word and Path(finding.file).name == "rules.yaml":
            after = check_files({**files, "rules.yaml": mended(files["rules.yaml"], finding, word)}).findings
            assert (finding.code, finding.message) not in {(each.code, each.message) for each in after}
            assert {each.message for each in after if each.severity == "error"} <= {each.message for each in before}


def replaced(files: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The files with each text replaced, in the first of them that holds it."""
    made = dict(files)
    for old, new in changes.items():
        name = next(each for each in ("rules.yaml", *made) if old in made[each])
        made[name] = made[name].replace(old, new)
    return made


def encoding_of(name: str) -> str:
    return pages()[name].encoding if name in PAGES else "utf-8"


@pytest.mark.parametrize("entry", FOLLOWED, ids=lambda each: f"{each['of'][:40]}: {each['says'][:40]}")
def test_a_remedy_that_is_followed_mends_it(entry: dict[str, Any], check_files: Any) -> None:
    files = files_of(entry)
    before = check_files(files, encoding_of(entry["of"])).findings
    found = [each for each in before if entry["says"] in each.remedy]
    assert found, [each.remedy for each in before]
    for changes in entry["follow"]:
        after = check_files(replaced(files, changes)).findings
        left = [each for each in after if each.code == found[0].code or each.severity == "error"]
        assert left == [], changes


EDITED = {
    *("OQ103", "OQ104", "OQ105", "OQ108", "OQ109", "OQ110", "OQ111", "OQ114", "OQ115", "OQ116", "OQ117", "OQ118"),
    *("OQ119", "OQ120", "OQ121", "OQ122", "OQ123", "OQ124", "OQ125", "OQ126", "OQ127", "OQ128"),
    *("OQ201", "OQ202", "OQ203", "OQ204", "OQ205", "OQ206", "OQ207", "OQ302", "OQ303", "OQ304", "OQ305", "OQ306"),
    *("OQ307", "OQ310", "OQ311", "OQ312", "OQ317", "OQ318", "OQ319", "OQ320", "OQ323", "OQ401", "OQ402", "OQ403"),
    *("OQ405", "OQ407"),
    *("OQ501", "OQ503", "OQ504", "OQ505", "OQ506", "OQ507", "OQ508", "OQ509", "OQ510"),
    *("OQ511", "OQ513"),
}
"""Codes of which some remedy is an edit that an editor makes."""
AS_WRITTEN = 60
"""Remedies at least whose edit is to the letter what remedies.yaml follows."""


def edited(
    entry: dict[str, Any], check_files: Any, given: dict[str, str] | None = None
) -> Iterator[tuple[Finding, str, str, list[Finding]]]:
    """Each edit of an entry's remedy: the finding, the file as it is then, what was meant, and what is found then."""
    files = given or files_of(entry)
    if encoding_of(entry["of"]) != "utf-8" or any("{{" in each for each in files.values()):
        return
    before = check_files(files).findings
    found = next(each for each in before if entry["says"] in each.remedy)
    name = Path(found.file).name
    root = read_file(Path(found.file), Findings())
    known = {each.message for each in before}
    for mend in mends(found, files[name], root):
        text = applied(files[name], mend.edits)
        after = check_files({**files, name: text}).findings
        same = [each for each in after if (each.code, each.message) == (found.code, found.message)]
        wrong = [each for each in after if each.severity == "error" and each.message not in known]
        yield found, text, name, [*same, *wrong]


@pytest.mark.parametrize("entry", FOLLOWED, ids=lambda each: f"{each['of'][:40]}: {each['says'][:40]}")
def test_an_edit_for_an_editor_mends_it(entry: dict[str, Any], check_files: Any) -> None:
    for _, text, _, left in edited(entry, check_files):
        assert left == [], text


def test_edits_of_a_file_of_windows(check_files: Any) -> None:
    """The same edits, and no line that ends otherwise than the others."""
    for entry in FOLLOWED[::3]:
        files = files_of(entry)
        if encoding_of(entry["of"]) != "utf-8" or any("{{" in each for each in files.values()):
            continue
        windows = {name: each.replace("\n", "\r\n") for name, each in files.items() if "\r" not in each}
        made = [
            [text for _, text, _, left in edited(entry, check_files, each) if not left]
            for each in (files, {**files, **windows})
        ]
        assert [each.replace("\n", "\r\n") for each in made[0] if windows] == made[1] or not windows, entry


def test_edits_do_what_the_remedies_say(check_files: Any) -> None:
    codes, to_the_letter = set(), 0
    for entry in FOLLOWED:
        followed = [replaced(files_of(entry), changes) for changes in entry["follow"]]
        made = list(edited(entry, check_files))
        codes |= {found.code for found, *_ in made}
        to_the_letter += any(text == each[name] for _, text, name, _ in made for each in followed)
    assert codes == EDITED
    assert to_the_letter >= AS_WRITTEN


def written(codes: str = r"OQ\d{3}") -> Iterator[tuple[str, str]]:
    """Each remedy that stands beside its code in the source: the code, and the remedy as a regular expression."""
    for path in (ROOT / "plugin").rglob("*.py"):
        if path.parts[-2] in ("ruleset", "compile", "read", "check", "prove", "yamlfile"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                given = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
                texts = [_pattern(each) for each in given]
                at = next((n for n, each in enumerate(texts) if each and re.fullmatch(codes, each)), None)
                if at is None:
                    continue
                gap = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_gap"
                yield from ((texts[at], each) for each in texts[at + 3 + gap :][:1] if each)


def _pattern(node: ast.expr) -> str:
    """A text in the source as a regular expression; "" for what is made elsewhere."""
    if isinstance(node, ast.Constant):
        return re.escape(node.value) if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_pattern(each) if isinstance(each, ast.Constant) else ".*" for each in node.values)
    if isinstance(node, ast.BinOp):
        return _pattern(node.left) + (_pattern(node.right) or ".*")
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Said", "Text") and node.args:
        said = _pattern(node.args[0]).replace(r"\{\{", "\0").replace(r"\}\}", "\1")
        return re.sub(r"\\\{\w+\\\}", ".*", said).replace("\0", r"\{").replace("\1", r"\}")
    return ""


def test_every_remedy_is_followed_or_a_persons_decision(check_files: Any) -> None:
    seen: set[tuple[str, str]] = set()
    for entry in FOLLOWED:
        found = check_files(files_of(entry), encoding_of(entry["of"])).findings
        seen |= {(each.code, each.remedy) for each in found}
    assert set(pages()) - {code for code, _ in seen} == NOT_FOLLOWED.keys()
    left = {
        (code, remedy)
        for code, remedy in written()
        if code not in NOT_FOLLOWED
        and remedy not in map(re.escape, NOT_SEEN)
        and not any(re.fullmatch(remedy, each) for own, each in seen if own == code)
    }
    assert left == set()
