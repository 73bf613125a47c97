"""The rule set in force: read at the start, and again when its files change; taken only if it has no errors, and,
depending on the setting `rules_take_over`, only when a person has confirmed it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from onedesk_quickbooks.plugin.clock import utc_now
from onedesk_quickbooks.plugin.findings import CannotRead
from onedesk_quickbooks.plugin.findings.render import findings_text
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES, misnamed, rules_path
from onedesk_quickbooks.plugin.sync.data_directory import DataDirectory
from onedesk_quickbooks.plugin.sync.errors import CannotStart, RulesProblem
from onedesk_quickbooks.plugin.sync.last_rules import (
    Gone,
    LastRules,
    RulesCopy,
    by_itself,
    digest,
    gone,
    loaded,
    mark_of,
    own_files,
)
from onedesk_quickbooks.plugin.texts import Capital, Text

if TYPE_CHECKING:  # imported only to decide: `status` and `queue` read no rules
    from onedesk_quickbooks.plugin.findings.finding import Finding
    from onedesk_quickbooks.plugin.ruleset.check import Checked
    from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet

_log = logging.getLogger("onedesk_quickbooks.sync")
_Stat = tuple[str, tuple[int, ...]]


class Waiting(NamedTuple):
    """Rules without errors that are not in force until a person takes them; `files` were read for them."""

    rules: RuleSet
    files: tuple[Path, ...]


class RulesKeeper:
    """Gives the rules in force: those in which `check` finds no error. `path` is their source, `since` when they came
    into force as far as is known; `complaint` says why the rules on disk are not taken, or that a file is not read (""
    without problems). `waiting` are rules on disk that a person has to take, `findings` are what `check` has found in
    the files."""

    def __init__(
        self,
        find: Callable[[], Path],
        *,
        copy: RulesCopy | None = None,
        gone: Callable[[], Gone | None] = lambda: None,
        misnamed: Callable[[tuple[Path, ...]], str] = lambda _: "",
        directory: Path | None = None,
        now: Callable[[], datetime] = utc_now,
        confirm: bool = False,
    ) -> None:
        """`find` gives the rule file or folder, each time: one that is added later replaces the default. `copy` keeps
        the rules in force; `gone` gives the own rules that were last in force, where they no longer exist.
        Nothing is read while another folder is in the place of the data `directory`. With `confirm` a person takes each
        change. Raises `CannotStart` with every error where the rules cannot be used at
        all."""
        self._find = find
        self._copy = copy
        self._gone = gone
        self._misnamed = misnamed
        self._directory = directory
        self._home = DataDirectory(directory) if directory else None
        self._now = now
        self._confirm = confirm
        self._read: tuple[Path, ...] = ()
        self._seen: tuple[_Stat, ...] = ()
        self._copied = copy.stamp() if copy else None
        self.waiting: Waiting | None = None
        self.findings: tuple[Finding, ...] = ()
        self._reading = threading.Lock()
        self._problem = ""
        self.path = find()
        self.since = now()
        self._known = copy.unchanged(self.path) if copy else None
        if self._known is None:
            self._first()
        else:
            self.since, self._read = self._known.since, tuple(map(Path, self._known.read))
        if gone() is None and (complaint := misnamed(self._read)):
            _log.warning("%s", complaint)

    def _first(self) -> None:
        """Read the rules for the first time. Raises `CannotStart`."""
        if (lost := self._gone()) is not None:
            self._rules = self._without_file(lost)
            return
        try:
            checked = self._check()
            rules, text = (
                _clean(checked),
                Text("the rules in {path} have mistakes:\n\n{checked}", path=self.path, checked=_text(checked)),
            )
        except CannotRead as problem:
            rules, text = None, Text("the rules cannot be used: {problem}", problem=problem)
        if rules is None:
            self._rules = self._before(text)
        else:
            self._settle(rules, checked, None)

    @classmethod
    def of(
        cls,
        directory: Path,
        given: str,
        now: Callable[[], datetime] = utc_now,
        confirm: bool = False,
        *,
        by_command: bool = False,
    ) -> RulesKeeper:
        """The rules of a data directory; `given` is the setting `rules`, or --rules: rules that a command names
        (`by_command`) are not kept, and none that were kept take their place. Raises `CannotStart`."""
        return cls(
            lambda: rules_path(directory, given),
            copy=RulesCopy(directory, given, confirm) if directory.is_dir() and not by_command else None,
            gone=lambda: gone(directory, given),
            misnamed=lambda read: misnamed(directory, given, read),
            directory=directory,
            now=now,
            confirm=confirm,
        )

    @property
    def complaint(self) -> str:
        """See the class."""
        return self._problem or self._misnamed(self._read)

    @property
    def in_force(self) -> RuleSet:
        """The rules in force; does not look at files, which may take seconds after a change."""
        return self._rules if self._known is None else self.current()

    @property
    def hash(self) -> str:
        """The hash of the rules in force; the rules are not read for it."""
        known = self._known
        return self._rules.hash if known is None else known.hash

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were read for the rules on disk, and those that could not be read."""
        return self._read

    def current(self, *, wait: bool = False) -> RuleSet:
        """The rules in force, read again where their files have changed. One thread reads them: the others use the
        earlier ones meanwhile, unless they `wait`."""
        if self._reading.acquire(blocking=wait or self._known is not None):
            try:
                self._look()
            finally:
                self._reading.release()
        return self._rules

    def _look(self) -> None:
        if self._home is not None and not self._home.is_there():
            self._wait_for_directory()
            return
        if self._known is not None:
            self._first()
            self._known = None
        found = self._find()
        # they stay in force where the file is missing for a short time only
        if found != self.path and found != DEFAULT_RULES:
            self.path = found
            self._take()
        elif self._stamp() != self._seen or self._moved():
            self._take()

    def _wait_for_directory(self) -> None:
        """The rules in force stay: another folder may have those of another installation, or the shipped ones. Raises
        `CannotStart` where they were not read yet."""
        why = Text(
            "The data directory {directory} is missing, or another folder is in its place, so the rules in force stay."
            " Mount its volume or put it back. If the other folder is right, restart this program.",
            directory=self._directory,
        )
        if self._known is not None:
            raise CannotStart(why)
        if self._seen:
            self._seen = ()  # read again when it is back
            self._refuse(why)

    def _moved(self) -> bool:
        """Whether another process has kept rules that differ from those in force here, or a person has decided."""
        stamp = self._copy.stamp() if self._copy else None
        if self._copy is None or stamp == self._copied:
            return False
        self._copied, last = stamp, self._copy.last()
        return last is not None and (last.hash != self._rules.hash or self.waiting is not None or bool(last.refused))

    def _before(self, text: str) -> RuleSet:
        """The rules that were last in force, while those on disk have errors. Raises `CannotStart` where there are
        none."""
        kept = self._copy.load() if self._copy else None
        if kept is None:
            raise CannotStart(text)
        rules, last = kept
        self.since = last.since
        self._refuse(until_corrected(Capital(text), last))
        return rules

    def _without_file(self, lost: Gone) -> RuleSet:
        """The rules that were last in force, while their file is missing. Raises `CannotStart` where the copy cannot be
        used."""
        self.path, self.since = lost.path, lost.last.since
        self._seen = self._stamp()
        kept = self._copy.load() if self._copy else None
        if kept is None:
            raise CannotStart(
                Text("{lost}\nThat copy cannot be used, so nothing starts until one of the two is done.", lost=lost)
            )
        self._refuse(lost.text)
        return kept[0]

    def _keep(self, checked: Checked) -> None:
        last = self._copy.last() if self._copy else None
        self.since = last.since if last is not None and last.hash == self._rules.hash else self._now()
        if self._copy is not None:
            files = checked.loaded[0].files
            mark = mark_of(self.path, map(str, files))
            unchanged = self._stamp() == self._seen
            self._copy.keep(self._rules, self.path, files, self.since, mark if unchanged else "")

    def _take(self) -> None:
        if (lost := self._gone()) is not None:
            self.path = lost.path
            self._seen = self._stamp()
            self._follow()
            self._refuse(lost.text)
            return
        try:
            checked = self._check()
        except CannotRead as problem:
            self._follow()
            self._refuse(
                Text(
                    "The rules were changed but cannot be read, so the ones before stay in force: {problem}",
                    problem=problem,
                )
            )
            return
        rules = _clean(checked)
        if rules is None:
            self._follow()
            self._refuse(
                Text(
                    "The rules in {path} were changed but have mistakes, so the ones before stay in"
                    " force:\n\n{checked}",
                    path=self.path,
                    checked=_text(checked),
                )
            )
            return
        if self._settle(rules, checked, self._rules):
            _log.info("the changed rules in %s are in force (%s)", self.path, rules.hash[:12])

    def _settle(self, rules: RuleSet, checked: Checked, before: RuleSet | None) -> bool:
        """Put these rules without errors into force, or let them wait; returns whether they are in force. `before` are
        those in force now, None at the start."""
        files = checked.loaded[0].files
        kept = self._held_against(rules, files, before)
        if kept is None:
            self._rules, self._problem, self.waiting = rules, "", None
            self._keep(checked)
            self._copied = self._copy.stamp() if self._copy else None
            return True
        self._rules, last = kept
        self.since = last.since if last else self.since
        self._refuse(_waits(self.path, rules, last, self._rules, self.since))
        self.waiting = Waiting(rules, files)
        return False

    def _held_against(
        self, rules: RuleSet, files: tuple[Path, ...], before: RuleSet | None
    ) -> tuple[RuleSet, LastRules | None] | None:
        """The rules that stay in force until a person takes these rules without errors; None where no confirmation is
        needed. Raises `CannotStart` where that cannot be determined."""
        last = self._copy.last() if self._copy is not None and self._copy.keeps else None
        if last is None:
            same = before is None or before.hash == rules.hash
            return (before, None) if self._confirm and before is not None and not same else None
        if not {rules.hash, digest(files)} & set(last.refused) and (not self._confirm or by_itself(last, self.path)):
            return None
        kept = loaded(last) or before
        if kept is None:
            raise CannotStart(
                Text(
                    "{path}, the copy of the rules that were taken last, cannot be used, so the rules in force are "
                    "unknown. Restore {parents} from a backup; or delete it, and the folder {name}-before: then "
                    "{path2} comes into force at the next start.",
                    path=last.path,
                    parents=last.path.parents[1],
                    name=last.path.parents[1].name,
                    path2=self.path,
                )
            )
        if kept.hash == rules.hash:
            return None
        return (before if before is not None and before.hash == kept.hash else kept), last

    def _follow(self) -> None:
        """Apply what another process has put into force since, while the files cannot be used."""
        last = self._copy.last() if self._copy else None
        if last is not None and last.since >= self.since and (kept := loaded(last)) is not None:
            self._rules, self.since = kept, last.since

    def take(self, wanted: str, by: str) -> str:
        """Put the waiting rules into force, if they still have the hash `wanted`; returns the hash of the former ones.
        Raises `RulesProblem`."""
        with self._reading:
            self._look()
            found, before = self.waiting, self._rules.hash
            if found is None:
                raise RulesProblem(
                    self._problem
                    or Text("The rules in {path} are in force: there is nothing to put into force.", path=self.path)
                )
            try:
                same = found.rules.hash == wanted and self._own_copy.put(
                    found.rules, self.path, found.files, self._now(), by
                )
            except OSError as problem:
                raise _not_kept(problem) from problem
            if not same:
                raise RulesProblem(
                    Text("{path} was changed meanwhile. Look again at what it would change.", path=self.path)
                )
            self._take()
            return before

    def back(self, wanted: str, by: str) -> str:
        """Put the earlier version with this hash into force again, whatever the files contain, until those are changed,
        or taken; returns the hash of the former rules. Raises `RulesProblem`."""
        with self._reading:
            self._look()
            before, own = self._rules.hash, self._own_copy
            version = next((each for each in own.versions() if each.hash == wanted), None)
            rules = loaded(version) if version else None
            if version is None or rules is None:
                raise RulesProblem(Text("That version of the rules is not available."))
            on_disk = self.waiting.rules.hash if self.waiting else "" if self._problem else before
            refused = {on_disk, digest(self._read)} - {"", rules.hash}
            try:
                own.put_back(version, self._now(), by, tuple(sorted(refused)))
            except OSError as problem:
                raise _not_kept(problem) from problem
            self._take()
            return before

    @property
    def versions(self) -> list[LastRules]:
        """The earlier rules that are kept, the latest first."""
        return self._copy.versions() if self._copy else []

    @property
    def last(self) -> LastRules | None:
        """The kept copy of the rules in force."""
        return self._copy.last() if self._copy else None

    @property
    def _own_copy(self) -> RulesCopy:
        if self._copy is None:
            raise RulesProblem(Text("Rules that --rules names apply to one command, and no versions of them are kept."))
        if not self._copy.keeps:
            raise RulesProblem(
                Text("No versions of the shipped rules are kept: there is nothing to put into force or to go back to.")
            )
        return self._copy

    def _refuse(self, complaint: str) -> None:
        self._problem, self.waiting = complaint, None
        _log.warning("%s", complaint)

    def _check(self) -> Checked:
        """All findings of `check`, and the files to watch from now on."""
        from onedesk_quickbooks.plugin.sync.checked_rules import checked_once, files_read

        before = self._seen = self._stamp()
        found = checked_once(self.path)
        self.findings = found.findings
        if self._stamp() == before:  # otherwise it changed meanwhile: read again next time
            self._read = files_read(found)
            self._seen = self._stamp()
        return found

    def _stamp(self) -> tuple[_Stat, ...]:
        """A value that changes when a file is changed, removed or added."""
        files = own_files(self.path)
        included = [file for file in self._read if file not in files]
        return tuple(_stat(file) for file in (*files, *included))


def until_corrected(text: str, last: LastRules) -> Text:
    """`text` says what is wrong with the rules on disk; with it, what stays in force."""
    return Text(
        "{text}\nThe rules that were in force last, since {since} UTC ({hash}), stay in force until"
        " that is corrected: {path}",
        text=text,
        since=f"{last.since:%Y-%m-%d %H:%M}",
        hash=last.hash[:12],
        path=last.path,
    )


def _stat(file: Path) -> _Stat:
    """With inode and status change time: deployed files often have the same date and size."""
    try:
        found = file.stat()
    except (OSError, ValueError):
        return str(file), ()
    return str(file), (found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size)


def _clean(checked: Checked) -> RuleSet | None:
    """The rules, None where there is an error."""
    return None if checked.exit_code() else checked.loaded[0].rules


def _text(checked: Checked) -> str:
    errors = [each for each in checked.findings if each.severity == "error"]
    return findings_text(errors) if errors else Text("The file holds cases, not rules.")


def _waits(path: Path, rules: RuleSet, last: LastRules | None, kept: RuleSet, since: datetime) -> str:
    why = (
        Text("since {by} went back from it", by=last.by)
        if last and last.refused
        else Text("until a person puts it into force")
    )
    copy = Text(", kept as {kept}", kept=last.path) if last else ""
    return Text(
        "{path} has other rules ({hash}) than those in force, and is not in force {why}. The rules since {since} UTC "
        "({hash2}){copy} are in force. To see what it would change, and to put it into force: the page Rules, or "
        "onedesk-quickbooks rules take",
        path=path,
        hash=rules.hash[:12],
        why=why,
        since=f"{since:%Y-%m-%d %H:%M}",
        hash2=kept.hash[:12],
        copy=copy,
    )


def _not_kept(problem: OSError) -> RulesProblem:
    return RulesProblem(
        Text(
            "Which rules are in force could not be recorded ({filename}: {strerror}), so that nothing was changed."
            " Make room, or give this user the data directory.",
            filename=problem.filename,
            strerror=problem.strerror,
        )
    )
