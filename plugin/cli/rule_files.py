"""The rules in force, for commands that do not open the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import say
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.texts import Text, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
    from onedesk_quickbooks.plugin.sync.last_rules import Gone, LastRules


def rules_in_force(options: Options) -> Path:
    """--rules, else the setting, else rules.yaml or the folder rules/ of the data directory, else the shipped rules. If
    the data directory's own are missing, the copy that a service uses, with a remark. Raises CannotRun if the settings
    cannot be read."""
    from onedesk_quickbooks.plugin.ruleset.location import rules_path

    if options.rules is not None:
        return options.rules
    if (lost := rules_gone(options)) is not None:
        say(lost.text)
        return lost.last.path
    return rules_path(options.home, _given(options))


def rules_decided_by(options: Options) -> Path:
    """The same; if the files have unconfirmed changes, the copy of the rules in force, with a remark."""
    path = rules_in_force(options)
    kept = say_not_taken(options)
    return path if kept is None else kept.path


def say_not_taken(options: Options) -> LastRules | None:
    """The copy of the rules in force if the files have unconfirmed changes, with a remark; otherwise None."""
    from onedesk_quickbooks.plugin.ruleset.location import rules_path
    from onedesk_quickbooks.plugin.sync.last_rules import not_taken

    if options.rules is not None or rules_gone(options) is not None:
        return None
    given, confirms = _take_over(options)
    kept = not_taken(options.home, given, confirms)
    if kept is not None:
        path = rules_path(options.home, given)
        say(Text("{path} holds other rules, which are not in force; see: onedesk-quickbooks rules take", path=path))
    return kept


def rules_gone(options: Options) -> Gone | None:
    """The data directory's own rules, if they were in force last and are missing now. Raises CannotRun as above."""
    from onedesk_quickbooks.plugin.sync.last_rules import gone

    return gone(options.home, _given(options)) if options.rules is None else None


def not_read(options: Options, read: tuple[Path, ...]) -> str:
    """A sentence on files of the data directory that look like rules and are not in `read`; "" if there are none."""
    from onedesk_quickbooks.plugin.ruleset.location import misnamed

    if options.rules is not None or rules_gone(options) is not None:
        return ""
    return misnamed(options.home, _given(options), read)


def _given(options: Options) -> str:
    return _take_over(options)[0]


def _take_over(options: Options) -> tuple[str, bool]:
    """The setting `rules`, and whether a person must confirm each change."""
    if not (options.home / "settings.yaml").exists():
        return "", False
    from onedesk_quickbooks.plugin.sync.errors import SettingsProblem
    from onedesk_quickbooks.plugin.sync.settings import load_settings

    try:
        found = load_settings(options.home, options.environ)
        return found.rules, found.confirms_rules
    except SettingsProblem as problem:
        raise CannotRun(text_in(problem)) from problem


def load_rules(path: Path) -> RuleSet:
    """The rule set of a file or folder. Raises CannotRun if it has errors or cannot be opened."""
    from onedesk_quickbooks.plugin.findings import CannotRead, render_findings
    from onedesk_quickbooks.plugin.ruleset.load import load

    try:
        loaded = load(path)
    except CannotRead as error:
        raise CannotRun(text_in(error)) from error
    if loaded.rules is None:
        errors = [each for each in loaded.findings if each.severity == "error"]
        text = render_findings(errors, color=False, say=shown)
        raise CannotRun(Text("the rules in {path} have mistakes:\n\n{findings}", path=path, findings=text))
    return loaded.rules
