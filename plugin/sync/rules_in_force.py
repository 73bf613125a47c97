"""The rule set in force: read at the start, and again when its files change, but only if it is clean."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from onedesk_quickbooks.plugin.ruleset import DEFAULT_RULES, CannotRead, RuleSet, render_findings
from onedesk_quickbooks.plugin.ruleset.check import Checked, check
from onedesk_quickbooks.plugin.ruleset.location import misnamed, rules_path
from onedesk_quickbooks.plugin.sync.errors import CannotStart
from onedesk_quickbooks.plugin.sync.last_rules import Gone, RulesCopy, gone

_log = logging.getLogger("onedesk_quickbooks.sync")


def _now() -> datetime:
    return datetime.now(timezone.utc)


class RulesKeeper:
    """Gives the rules in force: those in which `check` finds no error. `path` is where they come from, `since` when
    they came into force as far as is known; `complaint` says why those on disk are not taken, or that a file is not
    read ("" where all is well)."""

    def __init__(
        self,
        find: Callable[[], Path],
        *,
        copy: RulesCopy | None = None,
        gone: Callable[[], Gone | None] = lambda: None,
        misnamed: Callable[[], str] = str,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """`find` gives the rule file or folder, each time: one that comes later takes the place of the default. `copy`
        keeps what is in force; `gone` gives the own rules that were in force last, where they are there no more. Raises
        `CannotStart` with every error where the rules cannot be used at all."""
        self._find = find
        self._copy = copy
        self._gone = gone
        self._misnamed = misnamed
        self._now = now
        self._read: tuple[Path, ...] = ()
        self._reading = threading.Lock()
        self._problem = ""
        self.path = find()
        self.since = now()
        if (lost := gone()) is not None:
            self._rules = self._without_file(lost)
            return
        try:
            checked = self._check()
            rules, text = _clean(checked), f"the rules in {self.path} have mistakes:\n\n{_text(checked)}"
        except CannotRead as problem:
            rules, text = None, f"the rules cannot be used: {problem}"
        if rules is None:
            self._rules = self._before(text)
        else:
            self._rules = rules
            self._keep(checked)
        if complaint := self._misnamed():
            _log.warning("%s", complaint)

    @classmethod
    def of(cls, directory: Path, given: str, now: Callable[[], datetime] = _now) -> RulesKeeper:
        """Those of a data directory; `given` is the setting `rules`. Raises `CannotStart`."""
        return cls(
            lambda: rules_path(directory, given),
            copy=RulesCopy(directory, given) if directory.is_dir() else None,
            gone=lambda: gone(directory, given),
            misnamed=lambda: misnamed(directory, given),
            now=now,
        )

    @property
    def complaint(self) -> str:
        """See the class."""
        return self._problem or self._misnamed()

    @property
    def in_force(self) -> RuleSet:
        """The rules in force; no file is looked at, which may take seconds where they have changed."""
        return self._rules

    def current(self, *, wait: bool = False) -> RuleSet:
        """The rules in force, read anew where their files have changed. One thread reads them: for the others those of
        before stay in force meanwhile, unless they `wait`."""
        if self._reading.acquire(blocking=wait):
            try:
                self._look()
            finally:
                self._reading.release()
        return self._rules

    def _look(self) -> None:
        found = self._find()
        if found != self.path and found != DEFAULT_RULES:  # they stay where the file is only gone for now
            self.path = found
            self._take()
        elif self._stamp() != self._seen:
            self._take()

    def _before(self, text: str) -> RuleSet:
        """What was in force last, while those on disk have mistakes. Raises `CannotStart` where nothing was."""
        kept = self._copy.load() if self._copy else None
        if kept is None:
            raise CannotStart(text)
        rules, last = kept
        self.since = last.since
        self._refuse(
            f"{text[0].upper()}{text[1:]}\nThe rules that were in force last, since {last.since:%Y-%m-%d %H:%M} UTC"
            f" ({last.hash[:12]}), stay in force until that is corrected: {last.path}"
        )
        return rules

    def _without_file(self, lost: Gone) -> RuleSet:
        """What was in force last, while its file is gone. Raises `CannotStart` where the copy cannot be used."""
        self.path, self.since = lost.path, lost.last.since
        self._seen = self._stamp()
        kept = self._copy.load() if self._copy else None
        if kept is None:
            raise CannotStart(f"{lost}\nThat copy cannot be used, so nothing starts until one of the two is done.")
        self._refuse(str(lost))
        return kept[0]

    def _keep(self, checked: Checked) -> None:
        last = self._copy.last() if self._copy else None
        same = last is not None and (last.hash, last.source) == (self._rules.hash, str(self.path))
        self.since = last.since if last is not None and same else self._now()
        if self._copy is not None:
            self._copy.keep(self._rules, self.path, checked.loaded[0].files, self.since)

    def _take(self) -> None:
        try:
            checked = self._check()
        except CannotRead as problem:
            if (lost := self._gone()) is not None:
                self._refuse(str(lost))
                return
            self._refuse(f"The rules were changed but cannot be read, so the ones before stay in force: {problem}")
            return
        rules = _clean(checked)
        if rules is None:
            self._refuse(
                f"The rules in {self.path} were changed but have mistakes, so the ones before stay in force:"
                f"\n\n{_text(checked)}"
            )
            return
        self._rules, self._problem = rules, ""
        self._keep(checked)
        _log.info("the changed rules in %s are in force (%s)", self.path, rules.hash[:12])

    def _refuse(self, complaint: str) -> None:
        self._problem = complaint
        _log.warning("%s", complaint)

    def _check(self) -> Checked:
        """Everything that `check` finds by itself, and what to watch from now on."""
        before = self._seen = self._stamp()
        checked = check([self.path])
        if self._stamp() == before:  # else it changed meanwhile: looked at again next time
            self._read = tuple(file for each in checked.loaded for file in (*each.files, *each.missing))
            self._seen = self._stamp()
        return checked

    def _stamp(self) -> tuple[tuple[str, int, int], ...]:
        """What tells that a file has changed, has gone or has come: its name, time and size."""
        files = sorted(self.path.rglob("*.y*ml")) if self.path.is_dir() else [self.path]
        included = [file for file in self._read if file not in files]
        return tuple(_stat(file) for file in (*files, *included))


def _stat(file: Path) -> tuple[str, int, int]:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return str(file), 0, -1
    return str(file), found.st_mtime_ns, found.st_size


def _clean(checked: Checked) -> RuleSet | None:
    """The rules, None where there is an error."""
    return None if checked.exit_code() else checked.loaded[0].rules


def _text(checked: Checked) -> str:
    errors = [each for each in checked.findings if each.severity == "error"]
    return render_findings(errors, color=False) if errors else "The file holds cases, not rules."
