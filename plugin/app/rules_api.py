"""What the page "Rules" and the commands for rules call: the rules in force, how often each rule decided and over which
amounts, what a changed file would change, taking and reverting it, and saving the rules' own file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.app.admin_api import AdminApi
from onedesk_quickbooks.plugin.findings import CannotRead, Finding
from onedesk_quickbooks.plugin.findings.contained import read_text_inside, write_inside
from onedesk_quickbooks.plugin.ledger import InvoiceLink, LockTaken, Work
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.sync.errors import RulesProblem
from onedesk_quickbooks.plugin.sync.host_client import as_named
from onedesk_quickbooks.plugin.sync.last_rules import LastRules, loaded
from onedesk_quickbooks.plugin.texts import Text, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ruleset.check.check import Checked
    from onedesk_quickbooks.plugin.ruleset.diff import Change, Replay
    from onedesk_quickbooks.plugin.ruleset.explain import Explanation
    from onedesk_quickbooks.plugin.ruleset.fmt.show import Counts, ShownRow

SHIPPED = """\
# yaml-language-server: $schema=rules.schema.json
# The shipped default applies to everything that is not set here.
version: 1
"""
"""A rules file that changes nothing of the shipped default."""
_PATIENCE = 10.0
"""Seconds to wait for another change of the rules to end."""
_PAGE = 500


@dataclass(frozen=True, slots=True)
class RulesNow:
    """The rules in force, and what is pending. `waiting` is the hash of a changed file that nobody has taken yet, ""
    for none; `by` is who took the rules in force; `confirms`: a person confirms each change. `findings` are those of
    the files; `versions` are the earlier rules, the latest first."""

    path: Path
    hash: str
    since: datetime
    by: str
    complaint: str
    waiting: str
    confirms: bool
    findings: tuple[Finding, ...]
    versions: tuple[LastRules, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """Invoices for the connected company, copied or held: those queued on the days (UTC) from `since` to `until`, both
    included, and of these the last `most`."""

    since: date | None = None
    until: date | None = None
    most: int | None = None


EVER = Past()


@dataclass(frozen=True, slots=True)
class Moves:
    """What other rules would change: the classes of input that are decided differently (None: too many to list), and
    what would have changed for past invoices."""

    old: str
    new: str
    changes: tuple[Change, ...] | None
    replay: Replay


@dataclass(frozen=True, slots=True)
class RulesText:
    """The rules' own file, for editing. `digest` identifies this version of it, "" for a file that does not exist yet;
    `closed` is why it cannot be edited here, "" where it can."""

    path: Path
    text: str
    digest: str
    closed: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """How an invoice is decided: by the rules in force, and by pending ones where these decide differently."""

    now: Explanation
    then: Explanation | None


class RulesApi(AdminApi):
    """The facade for rules, for administrators: pages and commands."""

    def rules_now(self) -> RulesNow:
        """The rules in force; changed files are read first."""
        keeper = self._services.rules
        in_force = keeper.current(wait=True)
        last, waiting = keeper.last, keeper.waiting
        by = last.by if last is not None and last.hash == in_force.hash else ""
        pending = (waiting.rules.hash if waiting else "", self.settings.confirms_rules, keeper.findings)
        return RulesNow(
            keeper.path, in_force.hash, keeper.since, by, keeper.complaint, *pending, tuple(keeper.versions)
        )

    def rules_shown(self, decision: str | None = None, counts: Counts | None = None) -> list[ShownRow]:
        """The rules in force, row by row. Raises `UnknownDecision`."""
        from onedesk_quickbooks.plugin.ruleset.fmt.show import show

        return show(self.rules, decision, counts)

    def history(self, past: Past = EVER) -> Iterator[InvoiceJson]:
        """These invoices as they were when they were last queued. The host need not have them any more."""
        for work in self._seen(past):
            yield work.invoice

    def _seen(self, past: Past) -> Iterator[Work]:
        connected = self.connected
        if connected is not None:
            first = _midnight(past.since) if past.since else None
            last = _midnight(past.until) + timedelta(days=1) if past.until else None
            yield from self._services.ledger.queue_lists.seen(connected.realm_id, first, last, past.most)

    def counted(self, past: Past = EVER) -> Counts:
        """How often each rule decided, and over which amounts: from the explanations kept with copied and skipped
        invoices."""
        from onedesk_quickbooks.plugin.ruleset.fmt.show import count_rules

        return count_rules(self._decided(past))

    def _decided(self, past: Past) -> Iterator[tuple[str, str, Money | None]]:
        connected, works = self.connected, self._seen(past)
        if connected is None:
            return
        while page := list(islice(works, _PAGE)):
            links = self._services.ledger.links.invoices(connected.realm_id, [work.od_invoice_id for work in page])
            for work in page:
                yield from _decisions(work, links.get(work.od_invoice_id))

    def waiting_moves(self, past: Past = EVER) -> Moves | None:
        """What taking the changed files would change; None where none is pending."""
        keeper = self._services.rules
        in_force = keeper.current(wait=True)
        return self.moves(in_force, keeper.waiting.rules, past) if keeper.waiting else None

    def back_moves(self, wanted: str, past: Past = EVER) -> Moves:
        """What reverting to a version would change. Raises `RulesProblem`."""
        version = next((each for each in self._services.rules.versions if each.hash == wanted), None)
        rules = loaded(version) if version else None
        if rules is None:
            raise RulesProblem(Text("That version of the rules is not available."))
        return self.moves(self.rules, rules, past)

    def moves(self, old: RuleSet, new: RuleSet, past: Past = EVER) -> Moves:
        """What other rules would change, in all and for these invoices."""
        from onedesk_quickbooks.plugin.ruleset import diff
        from onedesk_quickbooks.plugin.ruleset.prove.masks import WorkLimit

        try:
            changes: tuple[Change, ...] | None = tuple(diff.exact(old, new))
        except WorkLimit:
            changes = None
        invoices = map(Invoice.from_json, self.history(past))
        return Moves(old.hash, new.hash, changes, diff.replay(old, new, invoices, self.facts()))

    def take_rules(self, wanted: str, user: str, seen: str = "") -> RulesNow:
        """Put the changed files into force, if their rules have the hash `wanted`; where `seen` is given, only in place
        of the rules with that hash. Raises `RulesProblem`."""
        keeper = self._services.rules
        with self._changing_rules():
            before = self._in_force(seen)
            with self._services.ledger.together():
                self._rules_act(user, "rules taken", before, wanted)
                keeper.take(wanted, user)
        self._background.wake()
        return self.rules_now()

    def back_to_rules(self, wanted: str, user: str, seen: str = "") -> RulesNow:
        """Put an earlier version into force, whatever the files contain; `seen` as in `take_rules`. Raises
        `RulesProblem`."""
        keeper = self._services.rules
        with self._changing_rules():
            before = self._in_force(seen)
            with self._services.ledger.together():
                self._rules_act(user, "rules gone back", before, wanted)
                keeper.back(wanted, user)
        self._background.wake()
        return self.rules_now()

    def _in_force(self, seen: str) -> str:
        """The hash of the rules in force. Raises `RulesProblem` where others were `seen`."""
        now = self._services.rules.current(wait=True).hash
        if seen and seen != now:
            raise RulesProblem(
                Text(
                    "Other rules are in force by now than those that you compared with, so that nothing was changed. "
                    "Look again at what it would change."
                )
            )
        return now

    def _rules_act(self, user: str, did: str, before: str, after: str) -> None:
        connected, file = self.connected, str(self._services.rules.path)
        realm_id = connected.realm_id if connected else ""
        self._services.ledger.audit.act(user, did, realm_id=realm_id, file=file, before=before, after=after)

    @contextmanager
    def _changing_rules(self) -> Iterator[None]:
        """A lock: one change of the rules at a time, over all processes. Raises `RulesProblem`."""
        try:
            with self._services.ledger.locks.hold("rules", "", _PATIENCE):
                yield
        except LockTaken as problem:
            raise RulesProblem(
                Text("Somebody else is changing the rules. Review them again, then try again.")
            ) from problem

    def rules_text(self) -> RulesText:
        """The rules' own file as it is now."""
        keeper = self._services.rules
        path = keeper.path
        if path == DEFAULT_RULES and not self.settings.rules:
            return RulesText(self.directory / "rules.yaml", SHIPPED, "")
        if path.resolve().is_relative_to(DEFAULT_RULES.parent.resolve()):
            return RulesText(
                path, "", "", Text("These rules come with the program: name your own file in the setting `rules`.")
            )
        if path.is_dir():
            return RulesText(
                path, "", "", Text("The rules are the files of the folder {path}: edit them there.", path=path)
            )
        try:
            text = read_text_inside(path, path.resolve().parent)
            return RulesText(path, text, _digest(path))
        except FileNotFoundError:
            last = keeper.last
            return RulesText(path, _text_of(last.path) if last else SHIPPED, "")
        except UnicodeDecodeError:
            return RulesText(path, "", "", Text("{path} is not UTF-8: save it as UTF-8 with an editor.", path=path))
        except (OSError, CannotRead) as problem:
            return RulesText(path, "", "", Text("{path} cannot be read: {problem}", path=path, problem=problem))

    def check_text(self, text: str, past: Past = EVER) -> tuple[Sequence[Finding], Moves | None]:
        """What `check` finds in the rules with this text in place of their own file, and what they would change if
        there is no error. Nothing is written. Raises `RulesProblem`."""
        checked = self._checked(text)
        new = None if checked.exit_code() else checked.loaded[0].rules
        return checked.findings, self.moves(self.rules, new, past) if new else None

    def findings_of(self, text: str) -> Sequence[Finding]:
        """Only the findings. Raises `RulesProblem`."""
        return self._checked(text).findings

    def _checked(self, text: str) -> Checked:
        from onedesk_quickbooks.plugin.ruleset.check import check
        from onedesk_quickbooks.plugin.yamlfile.source import unsaved

        path = self.rules_text().path
        try:
            with unsaved({path: text}):
                return check([path])
        except CannotRead as problem:
            raise RulesProblem(text_in(problem)) from problem

    def save_rules(self, text: str, digest: str, user: str) -> Sequence[Finding]:
        """Write the text as the rules' own file, unless it has errors; returns these. `digest` is of the file that was
        opened. Raises `RulesProblem` where the file has changed since."""
        from onedesk_quickbooks.plugin.ruleset.check import check
        from onedesk_quickbooks.plugin.ruleset.read.editor import put_beside
        from onedesk_quickbooks.plugin.yamlfile.source import unsaved

        with self._changing_rules():
            now = self.rules_text()
            if now.closed:
                raise RulesProblem(now.closed)
            if now.digest != digest:
                raise RulesProblem(
                    Text(
                        "{path} has changed since you opened it, so that nothing was saved. Your text is below: open "
                        "the file in another tab and apply your change there.",
                        path=now.path,
                    )
                )
            try:
                with unsaved({now.path: text}):
                    checked = check([now.path])
                if checked.exit_code():
                    return [each for each in checked.findings if each.severity == "error"]
                after = hashlib.sha256(text.encode()).hexdigest()
                with self._services.ledger.together():
                    self._services.ledger.audit.act(
                        user, "rules saved", file=str(now.path), digest_before=digest, digest_after=after
                    )
                    if _digest(now.path) != digest:
                        raise RulesProblem(
                            Text("{path} has changed just now, so that nothing was saved. Try again.", path=now.path)
                        )
                    write_inside(now.path, now.path.resolve().parent, text)
                put_beside(now.path, "rules")
            except CannotRead as problem:
                raise RulesProblem(text_in(problem)) from problem
            except (OSError, UnicodeEncodeError) as problem:
                why = getattr(problem, "strerror", "") or text_in(problem)
                raise RulesProblem(
                    Text("{path} could not be written ({why}); nothing was saved.", path=now.path, why=why)
                ) from problem
        self._services.rules.current(wait=True)
        self._background.wake()
        return []

    def try_invoice(self, word: str) -> Tried | None:
        """How an invoice is decided, named by its id in the host, or by its number among queued ones; None for an
        unknown one. Raises `InvalidInvoice`."""
        from onedesk_quickbooks.plugin.ruleset.explain import explain

        source = as_named(self._services.host, word) or self._asked_for(word)
        if source is None:
            return None
        now, waiting = self.explanation(source), self._services.rules.waiting
        if waiting is None:
            return Tried(now, None)
        then = explain(waiting.rules, Invoice.from_json(source), self.facts())
        return Tried(now, then if _outcomes(then) != _outcomes(now) else None)

    def recently_asked(self) -> list[tuple[str, str]]:
        """Ids and numbers of the invoices that were queued last, the newest first."""
        connected = self.connected
        return self._services.ledger.queue_lists.newest(connected.realm_id, 50) if connected else []

    def _asked_for(self, word: str) -> InvoiceJson | None:
        ledger = self._services.ledger
        works = (ledger.queue.latest(each) for each in (word, *ledger.queue_lists.ids_of(word)))
        return next((work.invoice for work in works if work is not None), None)


def _decisions(work: Work, link: InvoiceLink | None) -> Iterator[tuple[str, str, Money | None]]:
    """The table, the rule and the amount of each decision that is kept with an invoice."""
    skipped: Any = (work.outcome or {}).get("trail") if work.state == "skipped" else None
    trails: list[Any] = [each for each in (link.trail if link else None, skipped) if each]
    if not trails:
        return
    over, whole = _amounts(work.invoice)
    for trail in trails:
        for each in trail.get("decisions", ()) if isinstance(trail, dict) else trail:
            yield str(each["table"]), str(each["rule"]), over.get(str(each.get("subject", "")), whole)


def _amounts(source: InvoiceJson) -> tuple[dict[str, Money], Money | None]:
    """The amounts by subject, and of the invoice; none for an invoice that cannot be read."""
    from onedesk_quickbooks.plugin.ruleset.diff import amounts

    try:
        invoice = Invoice.from_json(source)
    except (ValueError, KeyError, TypeError):
        return {}, None
    return {name: invoice.money(amount) for name, amount in amounts(invoice)}, invoice.money(invoice.total)


def _outcomes(found: Explanation) -> list[tuple[Any, ...]]:
    return [
        (each.decision.subject, each.decision.table, each.decision.outcome, each.decision.rule)
        for each in found.decisions
    ]


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _text_of(path: Path) -> str:
    try:
        return read_text_inside(path, path.parent)
    except (OSError, ValueError, CannotRead):
        return SHIPPED


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.utc)
