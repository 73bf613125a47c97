"""The rules that were last in force, kept beside the ledger: they apply when the files have errors at a start, or when
a changed file waits for a person. Earlier versions are kept too, so that a person can go back to them."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from onedesk_quickbooks import __version__
from onedesk_quickbooks.plugin.findings import CannotRead
from onedesk_quickbooks.plugin.findings.regular import read_beneath, read_regular
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES, NAMES, misnamed, rules_path
from onedesk_quickbooks.plugin.texts import Text, joined
from onedesk_quickbooks.plugin.yamlfile.source import LIMIT

if TYPE_CHECKING:  # imported only to decide: `status` and `queue` read no rules
    from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet

_log = logging.getLogger("onedesk_quickbooks.sync")

FOLDER, GIVEN = "rules-in-force", "rules-in-force-given"
"""For the data directory's own rules, or the shipped ones; and for those that the setting `rules`, or --rules of a
service, names."""
CONFIRMED = "rules-in-force-confirmed"
"""For those that a setting names, where a person confirms each change, also that of the name."""
KEPT = 20
"""How many earlier versions are kept."""
_ABOUT = "about.json"
_FILES = "files"


class LastRules(NamedTuple):
    """`path` is the copy's file or folder, `source` what it was copied from, `since` when the rules came into force,
    `by` who took them or went back to them ("": without confirmation). `refused` is the content of the files that a
    person went back from, by its meaning and by its bytes: it is not taken automatically."""

    path: Path
    source: str
    hash: str
    since: datetime
    by: str = ""
    refused: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    mark: str = ""


def digest(files: Iterable[Path]) -> str:
    """The SHA-256 of the content of these files; "" where one cannot be read."""
    found = hashlib.sha256()
    try:
        for file in files:
            content = read_regular(file)
            found.update(f"{len(content)}:".encode() + content)
    except OSError:
        return ""
    return found.hexdigest()


def own_files(path: Path) -> tuple[Path, ...]:
    """The rule file, or those of the folder."""
    return tuple(sorted(path.rglob("*.y*ml"))) if path.is_dir() else (path,)


def mark_of(path: Path, read: Iterable[str]) -> str:
    """A hash of this release and of the files that it reads for these rules: it changes if a file is changed or added.
    "" if a file cannot be read."""
    files = sorted({_place(each) for each in (*own_files(path), *map(Path, read), DEFAULT_RULES)})
    content = digest(map(Path, files))
    return content and hashlib.sha256("\n".join([__version__, content, *files]).encode()).hexdigest()


class RulesCopy:
    """The copy in one data directory. Every process that takes rules writes it; failures are logged and tried again
    with the next rules: the rules in force do not depend on the copy."""

    def __init__(self, directory: Path, given: str = "", confirm: bool = False) -> None:
        """`given` is the setting `rules`, `confirm` whether a person confirms each change."""
        self._folder = directory / ((CONFIRMED if confirm else GIVEN) if given else FOLDER)
        self._before = self._folder.with_name(f"{self._folder.name}-before")
        self._only = _place(Path(given)) if given and not confirm else ""
        """What the kept rules must be a copy of; "" for anything."""
        self.keeps = given != str(DEFAULT_RULES)

    def last(self) -> LastRules | None:
        """The kept rules; None where there are none, or they cannot be read. Rules of another file than the setting
        names are not those that were in force before."""
        if self._only:
            return next(filter(self._is_own, map(_about, (self._folder, *self._kept_before()))), None)
        if not self._folder.exists() and (before := self._kept_before()):
            return _about(before[0])  # a process was killed while it replaced them
        return _about(self._folder)

    def _is_own(self, version: LastRules | None) -> bool:
        return version is not None and self._only in ("", version.source)

    def stamp(self) -> tuple[int, int] | None:
        """A value that changes when other rules are kept; None for none."""
        try:
            found = (self._folder / _ABOUT).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def unchanged(self, path: Path) -> LastRules | None:
        """The copy, if the files of `path` are the same as when it was made, so that the rules need not be read; else
        None."""
        last = self.last()
        same = last is not None and last.mark and (last.source, last.mark) == (_place(path), mark_of(path, last.read))
        return last if same else None

    def load(self) -> tuple[RuleSet, LastRules] | None:
        """The rules of the copy; None if there are none that can be used."""
        last = self.last()
        rules = loaded(last) if last else None
        return (rules, last) if rules is not None and last is not None else None

    def versions(self) -> list[LastRules]:
        """The earlier rules, the latest first; each once, without those in force."""
        last = self.last()
        found: dict[str, LastRules] = {}
        for each in map(_about, self._kept_before()):
            if each is not None and self._is_own(each) and (last is None or each.hash != last.hash):
                found.setdefault(each.hash, each)
        return list(found.values())

    def keep(self, rules: RuleSet, path: Path, files: tuple[Path, ...], now: datetime, mark: str = "") -> None:
        """These rules are in force; `files` were read for them, and have this mark ("" if it is unknown)."""
        if not self.keeps:
            return
        last, read = self.last(), tuple(map(_place, files))
        try:
            first = last is not None and last.path.is_relative_to(self._folder)
            if last is None or not first or (last.hash, last.source) != (rules.hash, _place(path)):
                by = last.by if last is not None and last.hash == rules.hash else ""  # the same rules, in another place
                self.put(rules, path, files, now, by)
                last = self.last()
            if last is not None and mark not in ("", last.mark) and last.path.is_relative_to(self._folder):
                self._write(self._folder, last._replace(read=read, mark=mark))
        except OSError as problem:
            _log.warning("the rules in force could not be copied to %s: %s", self._folder, problem)

    def put(self, rules: RuleSet, path: Path, files: tuple[Path, ...], now: datetime, by: str = "") -> bool:
        """The same, where `by` takes them. False, and nothing is kept, where the files have other rules by now. Raises
        OSError."""
        whole = [file.resolve() for file in files]
        root = path.resolve() if path.is_dir() else path.resolve().parent
        base = Path(os.path.commonpath([root, *(file.parent for file in whole)]))
        with tempfile.TemporaryDirectory(dir=self._folder.parent, prefix=".rules-") as temporary:
            new = Path(temporary) / "new"
            for file in whole:
                target = new / _FILES / file.relative_to(base)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(read_beneath(file, root, LIMIT))
            made = LastRules(new / _FILES / path.resolve().relative_to(base), _place(path), rules.hash, now, by)
            if by and getattr(loaded(made), "hash", "") != rules.hash:
                return False
            self._swap(new, made, Path(temporary))
        return True

    def put_back(self, version: LastRules, now: datetime, by: str, refused: tuple[str, ...]) -> None:
        """Put an earlier version into force again; the present content of the files becomes `refused`. Raises
        OSError."""
        folder = next(each for each in self._kept_before() if version.path.is_relative_to(each))
        with tempfile.TemporaryDirectory(dir=self._folder.parent, prefix=".rules-") as temporary:
            new = Path(temporary) / "new"
            shutil.copytree(folder / _FILES, new / _FILES)
            path = new / version.path.relative_to(folder)
            self._swap(new, LastRules(path, version.source, version.hash, now, by, refused), Path(temporary))

    @staticmethod
    def _write(folder: Path, made: LastRules) -> None:
        about = {
            "path": str(made.path.relative_to(folder / _FILES)),
            "source": made.source,
            "hash": made.hash,
            "since": made.since.isoformat(),
            "by": made.by,
            "refused": made.refused,
            "read": made.read,
            "mark": made.mark,
        }
        new = folder / f"{_ABOUT}.{os.getpid()}.new"  # another process may write it at the same time
        new.write_text(json.dumps(about) + "\n", encoding="utf-8")
        new.replace(folder / _ABOUT)

    def _swap(self, new: Path, made: LastRules, temporary: Path) -> None:
        self._write(new, made)
        if self._folder.exists():
            self._folder.rename(self._place_of_before(made, temporary))
        new.rename(self._folder)
        for each in self._kept_before()[KEPT:]:
            shutil.rmtree(each, ignore_errors=True)

    def _place_of_before(self, made: LastRules, temporary: Path) -> Path:
        """The folder that the rules in force are moved to: they are kept if the next ones differ."""
        before = _about(self._folder)
        if before is None or (before.hash == made.hash and self._only in ("", before.source)):
            return temporary / "old"
        self._before.mkdir(mode=0o700, exist_ok=True)
        target = self._before / f"{made.since:%Y%m%dT%H%M%S.%f}-{before.hash[:12]}"
        return temporary / "old" if target.exists() else target

    def _kept_before(self) -> list[Path]:
        """The folders of earlier rules, the latest first."""
        return sorted(self._before.iterdir(), reverse=True) if self._before.is_dir() else []


def _place(path: Path) -> str:
    """Absolute, so that it is the same for `--home quickbooks`; a link keeps its name."""
    return str(path.parent.resolve() / path.name)


def loaded(last: LastRules) -> RuleSet | None:
    """The rules of a copy; None where they cannot be used."""
    from onedesk_quickbooks.plugin.ruleset.load import load

    try:
        return load(last.path).rules
    except CannotRead:
        return None


def _about(folder: Path) -> LastRules | None:
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        path = folder / _FILES / about["path"]
        since = datetime.fromisoformat(about["since"])
        refused, read = (tuple(map(str, about.get(each, ()))) for each in ("refused", "read"))
        facts = (about["source"], about["hash"], since, about.get("by", ""), refused, read, about.get("mark", ""))
        return LastRules(path, *facts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Gone(NamedTuple):
    """A data directory's own rules that were last in force and no longer exist: they stay in force until a person
    decides. `path` is where they were, `unread` the sentence on files that only look like rules."""

    path: Path
    last: LastRules
    unread: str = ""

    def __str__(self) -> str:
        return str(self.text)

    @property
    def text(self) -> Text:
        """What happened, and what to do."""
        missing = Text(
            "{path} is missing, and nobody has confirmed the shipped default. The rules that were in force last, "
            "since {since} UTC ({hash}), stay in force. Put the file back (they were kept as {kept}); or, where the "
            "shipped default is meant, run: onedesk-quickbooks rules init --shipped",
            path=self.path,
            since=f"{self.last.since:%Y-%m-%d %H:%M}",
            hash=self.last.hash[:12],
            kept=self.last.path,
        )
        return joined(" ", (missing, self.unread)) if self.unread else missing


def gone(directory: Path, given: str = "") -> Gone | None:
    """None for a directory that has rules, or never had its own, and where the setting `rules` names some."""
    if given or rules_path(directory) != DEFAULT_RULES:
        return None
    last = RulesCopy(directory).last()
    own = last is not None and Path(last.source).name in NAMES
    if last is None or not own:
        return None
    return Gone(directory / Path(last.source).name, last, misnamed(directory, used=last.path))


def not_taken(directory: Path, given: str = "", confirm: bool = False) -> LastRules | None:
    """The copy that is in force while the files have other rules that nobody has taken; None where the files decide, or
    cannot be used."""
    from onedesk_quickbooks.plugin.ruleset.load import load

    copy = RulesCopy(directory, given, confirm)
    last, path = copy.last(), rules_path(directory, given)
    if last is None or not (confirm or last.refused) or not copy.keeps:
        return None
    try:
        read = load(path)
    except CannotRead:
        return None
    kept = loaded(last)
    if read.rules is None or kept is None or kept.hash == read.rules.hash or by_itself(last, path):
        return None
    refused = {read.rules.hash, digest(read.files)} & set(last.refused)
    return last if confirm or refused else None


def by_itself(last: LastRules, path: Path) -> bool:
    """Whether no person has to take these rules: shipped ones come with the program."""
    return path == DEFAULT_RULES and last.source == _place(DEFAULT_RULES)
