"""Settings that have no effect because of others, or that require others: a payment term, the tolerance, a text, an
item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.compile.conditions import check_key
from onedesk_quickbooks.plugin.ruleset.compile.section import Section, distinct, fold_id
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row
from onedesk_quickbooks.plugin.ruleset.core.rules import SETTLING
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Text


def check_effects(sections: Mapping[str, Section], settings: Mapping[str, Chain], findings: Findings) -> None:
    """Findings for a payment term, a tolerance and a text of lines that nothing uses, and for lines that need an
    item."""
    _terms_and_days(sections["invoices"], settings["invoices.due"], findings)
    _unused_terms(sections["invoices"], settings["invoices.due"], settings["invoices.terms"], findings)
    list(_twice(sections["invoices"], ("custom_fields",), findings))
    for key in _twice(sections["payments"], ("methods", "deposit_accounts"), findings):
        check_key(key, Said("Write one key for each payment method, with its whole name."), findings)
    _unused_of_host(sections["payments"], settings["payments.direction"], findings)
    _unused_project(sections["customers"], settings["customers.project"], findings)
    _unused_text(sections["lines"], settings["lines.group_by"], findings)
    _unused_tolerance(sections["totals"], settings["totals.when_different"], findings)
    _lines_without_item(sections["totals"], settings, findings)


def _twice(section: Section, names: Sequence[str], findings: Findings) -> Iterator[Text]:
    """The keys of maps of texts, with a finding for each custom field or payment method that is twice in one map."""
    places = [*(each.node for each in section.parts), *(rule.node for rule in section.exceptions())]
    for each in places:
        for found in filter(None, map(each.map, names)):
            yield from (key for key, _ in distinct(found, fold_id, findings))


def _unused_of_host(section: Section, direction: Chain, findings: Findings) -> None:
    if any(row.says != "quickbooks" for row in direction.rows):
        return
    for name in ("methods", "deposit_account", "deposit_accounts"):
        for key in _written(section, name):
            findings.add(
                "OQ310",
                key,
                Said(
                    "{name} has no effect, since no payment of OneDesk is recorded in QuickBooks: direction is"
                    " quickbooks.",
                    name=name,
                ),
                Said(
                    "Write direction: host or both beside it, or delete this key; delete an exception that says "
                    "nothing else as well."
                ),
            )


def _unused_project(section: Section, project: Chain, findings: Findings) -> None:
    if any(row.says == "sub_customer" for row in project.rows):
        return
    for name in ("project_name", "bill_with_parent"):
        for key in _written(section, name):
            findings.add(
                "OQ310",
                key,
                Said("{name} has no effect, since no project becomes a sub-customer: project is none.", name=name),
                Said(
                    "Write project: sub_customer beside it, or delete this key; delete an exception that says nothing "
                    "else as well."
                ),
            )


def _unused_text(section: Section, grouped: Chain, findings: Findings) -> None:
    if any(row.says != "none" for row in grouped.rows):
        return
    for key in _written(section, "description"):
        findings.add(
            "OQ310",
            key,
            Said("description has no effect, since no lines are grouped: group_by is none."),
            Said(
                "Write group_by: ticket, service_type, person or item, or delete this key; the text of single lines "
                "is items.description. Delete an exception that says nothing else as well."
            ),
        )


def _terms_and_days(section: Section, due: Chain, findings: Findings) -> None:
    """A finding for each place with both a payment term and a due date by days, since both set the due date."""
    for key in _both(section, due):
        findings.add(
            "OQ307",
            key,
            Said("due says in how many days the invoice is due, and terms says it as well."),
            Said("Keep one of them: delete terms, or write due: terms."),
        )


def _both(section: Section, due: Chain) -> list[Text]:
    """terms beside a due date by days. The terms of the section may be for an exception with due: terms."""
    places = [rule.node for rule in section.exceptions()]
    if not any(row.says == "terms" for row in due.rows):
        places += [each.node for each in section.parts]
    return [each.keys["terms"] for each in places if "terms" in each.items and isinstance(each.items.get("due"), Map)]


def _unused_terms(section: Section, due: Chain, terms: Chain, findings: Findings) -> None:
    both = _both(section, due)
    without = _without_use(due, terms)
    rules = {rule.node.keys["terms"]: rule.id for rule in section.exceptions() if "terms" in rule.node.keys}
    rules |= {each.name: each.rule for each in section.written("terms")}
    for key in (each for each in _written(section, "terms") if each not in both and rules.get(each) in without):
        findings.add(
            "OQ310",
            key,
            Said("terms has no effect, since due is {says}.", says=without[rules[key]]),
            Said("Write due: terms beside it, or delete this key; delete an exception that says nothing else as well."),
        )


def _without_use(due: Chain, terms: Chain) -> dict[str, str]:
    """The rules whose term no invoice has, since its due date comes from elsewhere, with the due date that applies
    instead. Rules for which this takes too long are left out."""
    if all(row.says == "terms" for row in due.rows):
        return {}
    if all(row.says != "terms" for row in due.rows):
        return {row.rule: due.rows[-1].says for row in terms.rows}
    from onedesk_quickbooks.plugin.ruleset.prove.masks import WorkLimit  # imported only if some invoices have a term
    from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver

    solver, found = Solver([row.when for row in (*due.rows, *terms.rows)]), dict[str, str]()
    for other, term in enumerate(terms.rows):
        before = ((1 << other) - 1) << len(due.rows)
        try:
            met = [
                row.says
                for one, row in enumerate(due.rows)
                if solver.search([row.when, term.when], (1 << one) - 1 | before) is not None
            ]
        except WorkLimit:
            return found
        if met and "terms" not in met:
            found[term.rule] = next((row.says for row in due.rows if row.rule == term.rule), met[0])
    return found


def _unused_tolerance(section: Section, different: Chain, findings: Findings) -> None:
    if any(row.says in SETTLING for row in different.rows):
        return
    word = different.rows[-1].says
    for key in _written(section, "tolerance"):
        findings.add(
            "OQ310",
            key,
            Said(
                "tolerance has no effect, since nothing settles a difference: when_different is {word}, and a"
                " difference of any cent counts.",
                word=word,
            ),
            Said("Write when_different: adjust_tax or rounding_line, or delete this line."),
        )


def _written(section: Section, key: str) -> Iterator[Text]:
    """Each occurrence of a setting, in the section and in its exceptions."""
    yield from (each.name for each in section.written(key))
    for rule in section.exceptions():
        if key in rule.node.keys:
            yield rule.node.keys[key]


def _lines_without_item(section: Section, settings: Mapping[str, Chain], findings: Findings) -> None:
    """A finding for each rounding_line that some invoice would have without an item for it. If this takes too long to
    prove, planning holds such an invoice."""
    wanted, lines = settings["totals.when_different"].rows, settings["totals.rounding"].rows
    if not any(row.says == "rounding_line" for row in wanted):
        return
    from onedesk_quickbooks.plugin.ruleset.prove.masks import WorkLimit  # imported only if such lines are used
    from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver
    from onedesk_quickbooks.plugin.ruleset.prove.words import input_words

    solver = Solver([row.when for row in (*wanted, *lines)])
    for one, row in enumerate(wanted):
        for other, line in enumerate(lines):
            if row.says != "rounding_line" or (line.setting and line.setting.line):
                continue
            try:
                point = solver.search([row.when, line.when], (1 << one) - 1 | ((1 << other) - 1) << len(wanted))
            except WorkLimit:
                return
            if point is not None:
                example = Said(" (for example {solver})", solver=input_words(solver, point)) if point else ""
                _without_item(section, row, line, example, findings)
                break


def _without_item(section: Section, row: Row, line: Row, example: str, findings: Findings) -> None:
    places = {rule.id: rule.node.items["when_different"] for rule in section.exceptions() if row.rule == rule.id}
    places |= {each.rule: each.node for each in section.written("when_different")}
    excepted = any(rule.id == line.rule for rule in section.exceptions())
    beside = Said("in {rule}", rule=line.rule) if excepted else Said("beside it")
    findings.add(
        "OQ202",
        places.get(row.rule) or section.key("when_different"),
        Said(
            "rounding_line needs an item for the line that holds the difference; {rule} says {says}{example}.",
            rule=line.rule,
            says=line.says,
            example=example,
        ),
        Said("Write rounding: {{item: NAME}} {beside}, such as rounding: {{item: Rounding}}.", beside=beside),
    )
