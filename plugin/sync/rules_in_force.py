"""The rule set in force: read at the start, and anew when its files change, but only if it is clean."""

from __future__ import annotations

import logging
from pathlib import Path

from onedesk_quickbooks.plugin.ruleset import DEFAULT_RULES, CannotRead, RuleSet, render_findings
from onedesk_quickbooks.plugin.ruleset.check import Checked, check
from onedesk_quickbooks.plugin.sync.errors import CannotStart

_log = logging.getLogger("onedesk_quickbooks.sync")

_NAMES = ("rules.yaml", "rules.yml", "rules")


def rules_path(directory: Path, given: str) -> Path:
    """The rule file or folder: the given one, else the data directory's own, else the shipped default."""
    if given:
        return Path(given)
    return next((directory / name for name in _NAMES if (directory / name).exists()), DEFAULT_RULES)


class RulesKeeper:
    """Gives the rules in force: those in which `check` finds no error. `complaint` says why newer ones on disk are not
    taken ("" where they are)."""

    def __init__(self, path: Path) -> None:
        """Raises `CannotStart` with every error where the rules cannot be used at all."""
        self.path = path
        self.complaint = ""
        self._read: tuple[Path, ...] = ()
        try:
            checked = self._check()
        except CannotRead as problem:
            raise CannotStart(f"the rules cannot be used: {problem}") from problem
        rules = _clean(checked)
        if rules is None:
            raise CannotStart(f"the rules in {path} have mistakes:\n\n{_text(checked)}")
        self._rules = rules

    def current(self) -> RuleSet:
        """The rules in force now."""
        if self._stamp() != self._seen:
            self._take()
        return self._rules

    def _take(self) -> None:
        try:
            checked = self._check()
        except CannotRead as problem:
            self._refuse(f"The rules were changed but cannot be read, so the ones before stay in force: {problem}")
            return
        rules = _clean(checked)
        if rules is None:
            self._refuse(
                f"The rules in {self.path} were changed but have mistakes, so the ones before stay in force:"
                f"\n\n{_text(checked)}"
            )
            return
        self._rules, self.complaint = rules, ""
        _log.info("the changed rules in %s are in force (%s)", self.path, rules.hash[:12])

    def _refuse(self, complaint: str) -> None:
        self.complaint = complaint
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
