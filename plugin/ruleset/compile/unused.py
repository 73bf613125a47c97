"""Settings that have no effect beside others, or that need others: a payment term, the tolerance, a line's item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.compile.section import Section
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions
from onedesk_quickbooks.plugin.ruleset.core.rules import SETTLING, Setting, SettingRules
from onedesk_quickbooks.plugin.yamlfile.nodes import Text


def check_effects(sections: Mapping[str, Section], settings: Mapping[str, SettingRules], findings: Findings) -> None:
    """Findings for a payment term and a tolerance that nothing uses, and for lines that have no item."""
    _unused_terms(sections["invoices"], settings["invoices.due"], findings)
    _unused_tolerance(sections["totals"], settings["totals.when_different"], findings)
    _lines_without_item(sections["totals"], settings, findings)


def _unused_terms(section: Section, due: SettingRules, findings: Findings) -> None:
    key = section.given.keys.get("terms") if section.given else None
    if key is not None and due.otherwise and due.otherwise.value != "terms" and not due.exceptions:
        findings.add(
            "OQ310",
            key,
            f"terms has no effect, since due is {due.otherwise.value}.",
            "Write due: terms, or delete this line.",
        )


def _unused_tolerance(section: Section, different: SettingRules, findings: Findings) -> None:
    if any(setting.value in SETTLING for _, setting in _rows(different)):
        return
    word = different.otherwise.value if different.otherwise else ""
    for key in _written(section, "tolerance"):
        findings.add(
            "OQ310",
            key,
            f"tolerance has no effect, since nothing settles a difference: when_different is {word}, and a "
            "difference of any cent counts.",
            "Write when_different: adjust_tax or rounding_line, or delete this line.",
        )


def _written(section: Section, key: str) -> Iterator[Text]:
    """Each place where a setting is written: of the section, and of its exceptions."""
    if section.given and key in section.given.keys:
        yield section.given.keys[key]
    for rule in section.exceptions():
        if key in rule.node.keys:
            yield rule.node.keys[key]


def _lines_without_item(section: Section, settings: Mapping[str, SettingRules], findings: Findings) -> None:
    """A finding for each rounding_line that some invoice would have without an item for it. Where that takes too long
    to find out, planning holds such an invoice."""
    wanted, lines = _rows(settings["totals.when_different"]), _rows(settings["totals.rounding"])
    if not any(setting.value == "rounding_line" for _, setting in wanted):
        return
    from onedesk_quickbooks.plugin.ruleset.prove.masks import WorkLimit  # only where somebody wants such lines
    from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver
    from onedesk_quickbooks.plugin.ruleset.prove.words import input_words

    solver = Solver([when for when, _ in (*wanted, *lines)])
    for one, (when, setting) in enumerate(wanted):
        for other, (then, line) in enumerate(lines):
            if setting.value != "rounding_line" or line.line is not None:
                continue
            try:
                point = solver.search([when, then], (1 << one) - 1 | ((1 << other) - 1) << len(wanted))
            except WorkLimit:
                return
            if point is not None:
                example = f" (for example {input_words(solver, point)})" if point else ""
                _without_item(section, setting, line, example, findings)
                break


def _without_item(section: Section, setting: Setting, line: Setting, example: str, findings: Findings) -> None:
    places = {rule.id: rule.node for rule in section.exceptions()}
    node = places.get(setting.rule, section.given or section.defaults)
    beside = "beside it" if line.rule not in places else f"in {line.rule}"
    findings.add(
        "OQ202",
        node.items["when_different"],
        f"rounding_line needs an item for the line that holds the difference; {line.rule} says {line.says}{example}.",
        f"Write rounding: {{item: NAME}} {beside}, such as rounding: {{item: Rounding}}.",
    )


def _rows(rules: SettingRules) -> list[tuple[Conditions, Setting]]:
    return [*rules.exceptions, *([({}, rules.otherwise)] if rules.otherwise else [])]
