"""`check`: all findings of rule files at once, from encoding errors to the analysis of whole tables."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.findings.contained import must_be_inside
from onedesk_quickbooks.plugin.findings.finding import Finding, Findings, Place, Related
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.check.accounts import check_accounts, check_items_accounts
from onedesk_quickbooks.plugin.ruleset.check.lookalikes import check_lookalikes
from onedesk_quickbooks.plugin.ruleset.load import Loaded, read
from onedesk_quickbooks.plugin.ruleset.read.files import CASES
from onedesk_quickbooks.plugin.yamlfile.build import LOADER
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Text, walk, where

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot


@dataclass(frozen=True, slots=True)
class Checked:
    """`findings` sorted by place; `summary` counts over all rule sets together; `loaded` has one entry for each path,
    with None as its rules if there are errors."""

    findings: tuple[Finding, ...]
    summary: dict[str, int] = field(default_factory=dict)
    loaded: tuple[Loaded, ...] = ()

    def exit_code(self, *, strict: bool = False) -> int:
        """0 clean, 1 findings: errors, and with `strict` warnings too. Notes do not count."""
        counting = ("error", "warning") if strict else ("error",)
        return int(any(each.severity in counting for each in self.findings))


@dataclass(frozen=True, slots=True)
class Against:
    """What rules are compared with besides themselves. `company` gives OQ5xx; `invoices`, the host's open ones, give
    OQ6xx, decided with `facts` (by default those of the company's snapshot). `steps` bounds the analysis of each
    decision. Names that only rules after `today` need may be missing in the company (None: every rule counts as needed
    now)."""

    company: CompanySnapshot | None = None
    invoices: Iterable[Invoice] | None = None
    facts: Facts | None = None
    steps: int | None = None
    today: datetime.date | None = None


def check(paths: Sequence[Path], against: Against | None = None, loader: Any = LOADER) -> Checked:
    """Check each path as a separate rule set; a file of cases is checked for whether it can be run. Raises CannotRead
    for a path that cannot be opened."""
    against = against or Against()
    findings = Findings()
    invoices = None if against.invoices is None else list(against.invoices)
    loaded = tuple(_one(path, against, invoices, findings, loader) for path in paths)
    summary: dict[str, int] = {}
    for each in loaded:
        for key, count in each.summary.items():
            summary[key] = summary.get(key, 0) + count
    return Checked(findings.sorted(), summary, loaded)


def _one(path: Path, against: Against, invoices: list[Invoice] | None, findings: Findings, loader: Any) -> Loaded:
    if path.name.endswith(CASES):
        return _cases(path, findings)
    loaded = read(path, findings, loader)
    check_lookalikes(loaded.sections, findings)
    if against.company is not None:
        from onedesk_quickbooks.plugin.ruleset.check.against_company import check_company  # only with a company

        check_company(loaded, against.company, findings, against.today)
    if loaded.rules is not None:
        _analysis(loaded, against, findings)
        if invoices is not None:
            from onedesk_quickbooks.plugin.ruleset.check.in_use import check_in_use  # only with invoices

            check_in_use(loaded.rules, invoices, _facts(against), findings, against.company)
    return loaded


def _cases(path: Path, findings: Findings) -> Loaded:
    """A file of cases among the paths: checks whether it can be run; `test` runs it."""
    from onedesk_quickbooks.plugin.ruleset.cases.read import read_cases  # imported only for such files

    must_be_inside(path, path.parent)
    cases = read_cases(path)
    findings.extend(cases.findings)
    return Loaded(None, (), {"files": 1, "cases": len(cases.cases)}, (path,))


def _facts(against: Against) -> Facts:
    if against.facts is not None:
        return against.facts
    if against.company is not None:
        own = against.company.company
        return Facts(own.country, own.uses_sales_tax)
    return Facts("")


def _analysis(loaded: Loaded, against: Against, findings: Findings) -> None:
    """Add what the analysis proves of whole tables: rules that never win or change nothing, rules whose order decides,
    gaps, and items with two accounts or with another account than in the company."""
    from onedesk_quickbooks.plugin.ruleset.prove import analyse  # not needed if files cannot be read

    if loaded.rules is None:
        return
    problems = [*(analyse(loaded.rules) if against.steps is None else analyse(loaded.rules, against.steps))]
    problems += check_accounts(loaded.rules, against.steps)
    if against.company is not None:
        problems += check_items_accounts(loaded.rules, against.company, against.steps)
    spans = _spans(loaded) if problems else {}
    for each in problems:
        at = spans.get(each.at) or Place(each.at.file, each.at.line, each.at.column, each.at.line, each.at.column + 1)
        places = [Related(where.file, where.line, where.column, text) for where, text in each.related]
        findings.add(each.code, at, each.message, each.remedy, places)


def _spans(loaded: Loaded) -> dict[Where, Text]:
    """The text to underline for each place of a rule: its id or its key."""
    found: dict[Where, Text] = {}
    for node in (each for parts in loaded.sections.values() for part in parts for each in walk(part)):
        if isinstance(node, Map):
            found.update((where(key), key) for key in node.keys.values())
            name = node.text("id")
            if name is not None:
                found[where(node)] = name
    return found
