"""The rule set in force: read at the start, and anew when its files change, but only if it is clean."""

from __future__ import annotations

from pathlib import Path

from onedesk_quickbooks.plugin.ruleset import DEFAULT_RULES, CannotRead, Loaded, RuleSet, load, render_findings
from onedesk_quickbooks.plugin.sync.problems import CannotStart

_NAMES = ("rules.yaml", "rules.yml", "rules")


def rules_path(directory: Path, given: str) -> Path:
    """The rule file or folder: the given one, else the data directory's own, else the shipped default."""
    if given:
        return Path(given)
    return next((directory / name for name in _NAMES if (directory / name).exists()), DEFAULT_RULES)


class RulesKeeper:
    """Gives the rules in force; `complaint` says why newer ones on disk are not taken ("" where they are)."""

    def __init__(self, path: Path) -> None:
        """Raises `CannotStart` with every finding where the rules cannot be used at all."""
        self.path = path
        self.complaint = ""
        try:
            loaded = load(path)
        except CannotRead as problem:
            raise CannotStart(f"the rules cannot be used: {problem}") from problem
        if loaded.rules is None:
            raise CannotStart(f"the rules in {path} have mistakes:\n\n{_text(loaded)}")
        self._rules = loaded.rules
        self._read = loaded.files
        self._seen = self._stamp()

    def current(self) -> RuleSet:
        """The rules in force now."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            self._take()
        return self._rules

    def _take(self) -> None:
        try:
            loaded = load(self.path)
        except CannotRead as problem:
            self.complaint = f"The rules were changed but cannot be read, so the ones before stay in force: {problem}"
            return
        self._read = loaded.files
        if loaded.rules is None:
            self.complaint = (
                f"The rules in {self.path} were changed but have mistakes, so the ones before stay in force:"
                f"\n\n{_text(loaded)}"
            )
            return
        self._rules, self.complaint = loaded.rules, ""

    def _stamp(self) -> tuple[tuple[str, int, int], ...]:
        """What tells that a file has changed: its name, time and size."""
        try:
            files = sorted(self.path.rglob("*.y*ml")) if self.path.is_dir() else [self.path]
            included = [file for file in self._read if file not in files and file.exists()]
            stats = [(str(file), file.stat()) for file in (*files, *included)]
        except OSError:
            return ()
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def _text(loaded: Loaded) -> str:
    return render_findings([each for each in loaded.findings if each.severity == "error"], color=False)
