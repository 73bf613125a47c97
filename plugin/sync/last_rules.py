"""The rules that were in force last, kept beside the ledger: what holds when a start finds mistakes in the file."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from onedesk_quickbooks.plugin.findings.regular import read_beneath
from onedesk_quickbooks.plugin.ruleset import DEFAULT_RULES, CannotRead, RuleSet
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.location import NAMES, rules_path
from onedesk_quickbooks.plugin.yamlfile.source import LIMIT

_log = logging.getLogger("onedesk_quickbooks.sync")

FOLDER, GIVEN = "rules-in-force", "rules-in-force-given"
"""Of the data directory's own rules, or the shipped ones; and of those that a setting or --rules names, which may be
meant for one command."""
_ABOUT = "about.json"


@dataclass(frozen=True, slots=True)
class LastRules:
    """`path` is the copy's file or folder, `source` the one it was made of, `since` when they came into force."""

    path: Path
    source: str
    hash: str
    since: datetime


class RulesCopy:
    """The copy in one data directory. Every process that takes rules writes it; what fails is logged and tried with the
    next rules: the rules in force need no copy."""

    def __init__(self, directory: Path, given: str = "") -> None:
        """`given` is the setting `rules`."""
        self._folder = directory / (GIVEN if given else FOLDER)
        self._keeps = given != str(DEFAULT_RULES)

    def last(self) -> LastRules | None:
        """What was kept; None where nothing was, or it cannot be read."""
        try:
            about = json.loads((self._folder / _ABOUT).read_text(encoding="utf-8"))
            path = self._folder / "files" / about["path"]
            return LastRules(path, about["source"], about["hash"], datetime.fromisoformat(about["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def load(self) -> tuple[RuleSet, LastRules] | None:
        """The rules of the copy; None if there are none that can be used."""
        last = self.last()
        try:
            rules = load(last.path).rules if last else None
        except CannotRead:
            return None
        return (rules, last) if rules is not None and last is not None else None

    def keep(self, rules: RuleSet, path: Path, files: tuple[Path, ...], now: datetime) -> None:
        """These rules are in force; `files` were read for them."""
        last = self.last()
        if not self._keeps or (last is not None and (last.hash, last.source) == (rules.hash, str(path))):
            return
        try:
            self._write(rules, path, files, now)
        except OSError as problem:
            _log.warning("the rules in force could not be copied to %s: %s", self._folder, problem)

    def _write(self, rules: RuleSet, path: Path, files: tuple[Path, ...], now: datetime) -> None:
        whole = [file.resolve() for file in files]
        root = path.resolve() if path.is_dir() else path.resolve().parent
        base = Path(os.path.commonpath([root, *(file.parent for file in whole)]))
        with tempfile.TemporaryDirectory(dir=self._folder.parent, prefix=".rules-") as temporary:
            new = Path(temporary) / "new"
            for file in whole:
                target = new / "files" / file.relative_to(base)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(read_beneath(file, root, LIMIT))
            about = {
                "path": str(path.resolve().relative_to(base)),
                "source": str(path),
                "hash": rules.hash,
                "since": now.isoformat(),
            }
            (new / _ABOUT).write_text(json.dumps(about) + "\n", encoding="utf-8")
            if self._folder.exists():
                self._folder.rename(Path(temporary) / "old")
            new.rename(self._folder)


@dataclass(frozen=True, slots=True)
class Gone:
    """A data directory's own rules that were in force last and are not there any more: they stay in force until
    somebody says what is meant. `path` is where they were."""

    path: Path
    last: LastRules

    def __str__(self) -> str:
        return (
            f"{self.path} is gone, and nobody has said that the shipped default is meant. The rules that were in force"
            f" last, since {self.last.since:%Y-%m-%d %H:%M} UTC ({self.last.hash[:12]}), stay in force. Put the file"
            f" back (they were kept as {self.last.path}); or, where the shipped default is meant, run:"
            " onedesk-quickbooks rules init --shipped"
        )


def gone(directory: Path, given: str = "") -> Gone | None:
    """None for a directory that has rules, or never had any of its own, and where the setting `rules` names some."""
    if given or rules_path(directory) != DEFAULT_RULES:
        return None
    last = RulesCopy(directory).last()
    own = last is not None and Path(last.source).name in NAMES
    return Gone(directory / Path(last.source).name, last) if last is not None and own else None
