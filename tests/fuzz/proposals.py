"""`python -m tests.fuzz.proposals [COUNT] [SEED]`: cases proposed for random rules cover every class, and detect every
mutant that decides anything differently; that the remaining mutants do not is tested with every input."""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases import render_text, run_paths, survivors, write_cases
from onedesk_quickbooks.plugin.ruleset.cases.mutants import mutants
from onedesk_quickbooks.plugin.ruleset.cases.report import FileReport
from onedesk_quickbooks.plugin.ruleset.cases.run import invoice_facts, line_facts, run_case
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.explain.subjects import LINES
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from tests.fuzz import tax_tables
from tests.fuzz.tables import US, Wrong, domain_of
from tests.fuzz.tables import Random as Items

COUNT = 1_000
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "invoices": [{"on_open": "send"}, {"number": "quickbooks"}, {"due": "terms", "terms": "Net 30"}, {"hold": "Ask"}],
    "customers": [
        {"when_missing": "hold"},
        {"update_address": "yes"},
        {"when_similar": "create"},
        {"when_name_taken": "suffix"},
    ],
    "delivery": [{"several_addresses": "to"}, {"when_billing_email_missing": "hold"}],
    "totals": [{"prepaid": "note"}, {"when_different": "note"}, {"when_line_differs": "amount_only"}],
    "payments": [{"apply": ["sent"]}, {"apply": []}, {"overpayment": "ignore"}],
}
ASKED: dict[str, list[Any]] = {
    "currency": ["USD", "EUR", ["USD", "CAD"], {"not": "EUR"}],
    "country": ["CA", ["US", "GB"], {"not": "US"}],
    "customer": ["Acme", {"any": "Acme*", "not": ["Acme", "Acme Inc"]}],
    "customer_tag": ["vip", ["vip", "new"], {"all": ["vip", "new"]}, {"not": "vip"}],
    "amount": [{"from": "100"}, {"below": "100"}, {"from": "50", "below": "1000"}],
    "date": [{"from": "2026-01-15"}, {"below": "2026-01-01"}],
}


def settings(chance: random.Random) -> dict[str, Any]:
    """Sections with exceptions, some of them for the same setting."""
    made: dict[str, Any] = {}
    for section in chance.sample(sorted(SETTINGS), 2):
        rules = []
        for number in range(chance.randint(1, 4)):
            when = {each: chance.choice(ASKED[each]) for each in chance.sample(sorted(ASKED), chance.choice([1, 1, 2]))}
            rules.append({"id": f"r{number}", "when": when, **chance.choice(SETTINGS[section])})
        made[section] = {"exceptions": rules}
    return made


def unnoticed(file: FileReport) -> Iterator[RuleSet]:
    """The mutants that no case of a file detects, whatever is proved of them."""
    if file.rules is not None:
        cases = [each.case for each in file.results]
        for mutant in mutants(file.rules, lambda path: path != str(DEFAULT_RULES)):
            if all(run_case(mutant.rules, case).passed for case in cases):
                yield mutant.rules


def said(rules: RuleSet, invoice: Invoice, facts: Facts) -> Any:
    """The decision, without the rule that made it."""
    made = decide(rules, invoice, facts)
    lines = [line_facts(each, made) for each in (*made.lines, *made.charges)]
    asked = [each["account_rule"] != "none" for each in lines]
    return invoice_facts(made), asked, [[each[part] for part in LINES] for each in lines]


def compare(sections: Mapping[str, Any], facts: Facts, invoices: Sequence[Invoice], path: Path) -> int:
    """Compare; return the number of mutants. Raises Wrong."""
    path.write_text(json.dumps({"version": "1", **sections}), encoding="utf-8")
    cases = path.with_name("rules.cases.yaml")
    cases.unlink(missing_ok=True)
    write_cases(path, facts)
    report = run_paths([path])
    (file,) = report.files
    if not report.ok or report.coverage < 100:
        raise Wrong(f"is not covered: {render_text(report, coverage=True)}")
    if left := survivors(file):
        raise Wrong(f"goes unnoticed: {[(each.how, each.rule) for each in left]}")
    if file.rules is not None:
        own = [said(file.rules, each, facts) for each in invoices]
        for mutant in unnoticed(file) if invoices else ():
            if [said(mutant, each, facts) for each in invoices] != own:
                raise Wrong("is said to decide nothing otherwise, and does")
        return sum(1 for _ in mutants(file.rules))
    return 0


def run(count: int, seed: int) -> Iterator[str]:
    """Compare `count` tables each of items, taxes and settings; yield each error."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(seed, seed + count):
            items, chance = Items(number), random.Random(number)
            fields = items.fields()
            domain = domain_of(frozenset(fields))
            taxes = tax_tables.section(chance)
            lines = [invoice for invoice, _ in tax_tables.inputs(taxes)]
            for sections, facts, invoices in (
                ({"items": items.section(fields)}, US, domain.invoices),
                ({"taxes": taxes}, Facts(chance.choice(["US", "CA"])), lines),
                (settings(chance), US, []),
            ):
                try:
                    compare(sections, facts, invoices, Path(folder) / "rules.yaml")
                except Wrong as wrong:
                    yield f"proposals {number}: {wrong}\n  {json.dumps(sections)}"


if __name__ == "__main__":
    words = [int(each) for each in sys.argv[1:]]
    wrong = list(run(*(words + [COUNT, 0][len(words) :])))
    sys.stdout.write("\n".join([*wrong, f"{len(wrong)} wrong"]) + "\n")
    sys.exit(bool(wrong))
