"""The section `totals:`: what happens where QuickBooks comes to another amount than the host."""

from __future__ import annotations

from collections.abc import Iterator

from onedesk_quickbooks.plugin.ruleset.compile.section import Section
from onedesk_quickbooks.plugin.ruleset.compile.settings import as_setting, check_names, setting_tables
from onedesk_quickbooks.plugin.ruleset.core.rules import SETTLING, TOLERANCE, Setting, SettingTables, TotalRules
from onedesk_quickbooks.plugin.ruleset.core.table import Conditions
from onedesk_quickbooks.plugin.ruleset.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.read.nodes import Text, where

_KEYS = ("when_different", "tolerance", "when_line_differs", "automated_tax", "prepaid", "rounding")


def compile_totals(section: Section, findings: Findings) -> TotalRules:
    """The rules of totals; findings for a tolerance that nothing uses, and for a line that has no item."""
    tables = setting_tables(section, _KEYS, findings)
    different, rounding = section.setting("when_different"), _rounding(section)
    tolerance = section.optional("tolerance")
    if tolerance is None:  # it belongs to what settles a difference, and stands there
        tolerance = Setting(TOLERANCE, f"{section.name}.tolerance", different.at)
    _unused_tolerance(section, tables, different, findings)
    _lines_without_item(section, tables, different, rounding, findings)
    return TotalRules(
        different,
        tolerance,
        section.setting("when_line_differs"),
        section.setting("automated_tax"),
        section.setting("prepaid"),
        rounding,
        tables,
    )


def _rounding(section: Section) -> Setting:
    node = section.node("rounding")
    if node is None:
        raise ValueError("rules/default.yaml has no totals.rounding")
    check_names(section, "rounding", node)
    return as_setting(node, f"{section.name}.rounding", where(section.key("rounding")))


def _unused_tolerance(section: Section, tables: SettingTables, different: Setting, findings: Findings) -> None:
    listed = tables["when_different"].rules if "when_different" in tables else ()
    if different.value in SETTLING or any(setting.value in SETTLING for _, setting in listed):
        return
    for key in _written(section, "tolerance"):
        findings.add(
            "OQ310",
            key,
            f"tolerance has no effect, since nothing settles a difference: when_different is {different.value}, and a "
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


def _lines_without_item(
    section: Section, tables: SettingTables, different: Setting, rounding: Setting, findings: Findings
) -> None:
    """A finding for each rounding_line that some invoice would have without an item for it. Where that takes too long
    to find out, planning holds such an invoice."""
    wanted, lines = _rows(tables, "when_different", different), _rows(tables, "rounding", rounding)
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


def _rows(tables: SettingTables, key: str, otherwise: Setting) -> list[tuple[Conditions, Setting]]:
    listed = tables[key].rules if key in tables else ()
    return [*listed, ({}, otherwise)]
