"""The files of a rule set: a file and what it includes, or all of a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.findings.contained import is_settings, must_be_inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead, Findings, Place, related, unreadable
from onedesk_quickbooks.plugin.ruleset.keys import SCHEMA
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.build import LOADER, build
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Text
from onedesk_quickbooks.plugin.yamlfile.source import LIMIT, decode, read_bytes

CASES = ".cases.yaml"
"""The suffix of files with cases (tests of rules), not rules."""

MOST, WHOLE = 100, 2 * LIMIT
"""Files of one rule set, and bytes of all of them: a company's queue waits while they are read."""


@dataclass(slots=True)
class Files:
    """The result of reading: `paths` in the order of reading, `roots` of those that could be read, `broken` whether
    some could not, `missing` included files that could not be opened."""

    paths: list[Path] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    roots: list[Map] = field(default_factory=list)
    broken: bool = False


def rule_files(path: Path) -> list[Path]:
    """The files of a path, without those that they include. Raises CannotRead for a folder without any, with a link
    that leads out of it, or with settings. A file that is given directly may be a link: the user chose its target."""
    try:
        if not path.is_dir():
            if is_settings(path):
                raise CannotRead(path, Said("holds settings, not rules; give the path of a rule file"))
            return [path]
        files = sorted(each for each in path.iterdir() if _is_rules(each))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if not files:
        raise CannotRead(path, Said("the folder holds no .yaml file; put the rule files there, or give another path"))
    if len(files) > MOST:
        raise CannotRead(
            path, Said("the folder holds more than {most} .yaml files; is it a folder of rules at all?", most=MOST)
        )
    for each in files:
        must_be_inside(each, path)
        if is_settings(each):
            own = Said("put the rule files into a separate folder, or give the path of one file")
            raise CannotRead(
                path, Said("the folder holds {name}, and settings are not rules; {own}", name=each.name, own=own)
            )
    return files


def _is_rules(path: Path) -> bool:
    """Whether a file is a rule file. Dangling links do not count: editors create them as locks."""
    rules = path.suffix in _SUFFIXES and not path.name.endswith(CASES)
    return rules and path.exists() and not path.is_dir()


def read_file(path: Path, findings: Findings, loader: Any = LOADER, folder: Path | None = None) -> Map | None:
    """The top map of one file; None if a finding gives the reason. Raises CannotRead, also for a file outside the
    `folder` when it is read."""
    text = decode(str(path), read_bytes(path, folder), findings)
    return None if text is None else build(str(path), text, findings, loader)


def read_files(path: Path, findings: Findings, loader: Any = LOADER, within: Path | None = None) -> Files:
    """Read every file of a rule set once, none of them outside its folder. Raises CannotRead for the path itself; an
    included file that cannot be read is a finding. With `within`, another file of that folder names the path: then only
    rules are read."""
    reader = _Reader(findings, loader, within or (path if path.is_dir() else _folder(path)))
    if within is not None and not path.is_dir() and path.suffix not in _SUFFIXES:
        raise CannotRead(path, Said("its name does not end in .yaml or .yml, so it was not read; name a rule file"))
    for each in rule_files(path):
        reader.read(each, named=within is not None)
    return reader.files


_SUFFIXES = (".yaml", ".yml")


def _folder(path: Path) -> Path:
    """The folder of a file; for a link that of its target, which has its included files beside it."""
    return _whole(path).parent if path.is_symlink() else path.parent


class _Reader:
    def __init__(self, findings: Findings, loader: Any, folder: Path) -> None:
        self.files = Files()
        self._folder = folder
        self._findings = findings
        self._loader = loader
        self._seen: set[Path] = set()
        self._roots: dict[Path, Map] = {}
        self._bytes = 0
        self._open: list[Path] = []  # the current chain of includes

    def read(self, path: Path, *, named: bool) -> None:
        """Read a file, then those that it includes. One that another file names must hold rules: findings never show
        lines of other files."""
        whole = _whole(path)
        if whole in self._seen:
            return
        self._seen.add(whole)
        root = self._root(path, whole, named)
        self.files.paths.append(path)
        if root is None:
            self.files.broken = True
            return
        self.files.roots.append(root)
        self._roots[whole] = root
        self._open.append(whole)
        for entry in _included(root):
            self._include(path, entry)
        self._open.pop()

    def _root(self, path: Path, whole: Path, named: bool) -> Map | None:
        """The top map of a file. The target of a link is read even if the link has changed meanwhile. Raises
        CannotRead."""
        if not whole.is_relative_to(_whole(self._folder)):
            must_be_inside(path, self._folder)
        if is_settings(whole):
            raise CannotRead(path, Said("holds settings, not rules; give the path of a rule file"))
        try:
            data = read_bytes(whole, self._folder)
        except CannotRead as problem:
            raise CannotRead(path, problem.why) from None
        if named and not _hold_rules(data):
            raise CannotRead(path, Said("it holds no rules"))
        self._bytes += len(data)
        if self._bytes <= WHOLE or len(data) > LIMIT:  # a single large file has another finding
            text = decode(str(path), data, self._findings)
            return None if text is None else build(str(path), text, self._findings, self._loader)
        message = Said(
            "The files of this rule set have more than {whole} MB together, so this is not read.",
            whole=WHOLE // 1000000,
        )
        self._findings.add(
            "OQ106", Place(str(path)), message, Said("Is it a rule file at all? If so, leave rules out.")
        )
        return None

    def _include(self, path: Path, entry: Text) -> None:
        target = _folder(path) / entry.value
        problem = self._problem(target, entry)
        if problem is None:
            try:
                self.read(target, named=True)
                return
            except CannotRead as error:
                problem = error.why
                self.files.missing.append(target)
        if problem:
            self._findings.add(
                "OQ126",
                entry,
                Said('The file "{value}" cannot be included: {problem}.', value=entry.value, problem=problem),
                Said(
                    "Write the path of a .yaml file below the folder of this file ({parent}), or delete the entry.",
                    parent=path.parent,
                ),
            )

    def _problem(self, target: Path, entry: Text) -> str | None:
        """Why the file is not read; "" if a finding has reported it, None if it may be read."""
        try:
            if not target.resolve().is_relative_to(self._folder.resolve()):
                return Said("it is not in the folder of the rules ({folder})", folder=self._folder)
            if target.suffix not in _SUFFIXES:
                return Said("its name does not end in .yaml or .yml")
            if target.resolve() in self._open:
                self._circle(entry, self._roots[target.resolve()])
                return ""
            if target.exists() and not target.is_file():
                return Said("it is a folder") if target.is_dir() else Said("it is not a file")
            if is_settings(target):
                return Said("it holds settings, not rules")
            if target.name.endswith(CASES):
                return Said("it holds cases, not rules")
            if len(self._seen) >= MOST:
                return Said("the rule set has {most} files already", most=MOST)
        except (OSError, ValueError, RuntimeError):
            return Said("it is not a valid path")
        return None

    def _circle(self, entry: Text, again: Map) -> None:
        self._findings.add(
            "OQ127",
            entry,
            Said('"{value}" includes this file again, by itself or through others.', value=entry.value),
            Said("Delete this entry: a file need not be included twice."),
            [related(again, Said("the file that is included again"))],
        )


def _hold_rules(data: bytes) -> bool:
    """Whether the data has the version of the language and a section of rules, or only the version."""
    text = data.decode("utf-8-sig", "replace")
    without, versions = _VERSION.subn("", text)
    return not re.sub(r"#.*", "", without).strip() or (versions > 0 and _section().search(text) is not None)


_VERSION = re.compile(r"""^["']?version["']?\s*:\s*["']?1["']?\s*(#.*)?$""", re.MULTILINE)


_COMMON = ("version", "from", "until")
"""Keys of a rule file that many other files have too."""


@lru_cache(maxsize=1)
def _section() -> re.Pattern[str]:
    """Matches the line at which a section of the rules begins."""
    names = [each for each in json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"] if each not in _COMMON]
    return re.compile(rf"""^["']?({"|".join(names)})["']?\s*:""", re.MULTILINE)


def _whole(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise CannotRead(
            path, Said("is not a valid path ({error}); give the path of a rule file", error=error)
        ) from error


def _included(root: Map) -> Iterator[Text]:
    for item in root.list("include"):
        if isinstance(item, Text) and item.value.strip():
            yield item
