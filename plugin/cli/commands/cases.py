"""`test`: runs the cases beside the rules."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line
from onedesk_quickbooks.plugin.cli.rule_files import rules_in_force
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.texts import Text, text_in
from onedesk_quickbooks.plugin.texts.arguments import arguments

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ruleset.cases import Report
    from onedesk_quickbooks.plugin.ruleset.cases.mutants import Mutant


@click.command(short_help="Run the cases beside the rules.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--coverage", is_flag=True, help="List the classes of input that no case covers.")
@click.option("--coverage-threshold", type=click.FloatRange(0, 100), metavar="N", help="Fail below N per cent.")
@click.option(
    "--write", is_flag=True, help="Add proposed cases to the case file for everything that no case covers or notices."
)
@click.option(
    "--country", metavar="CODE", default="US", show_default=True, help="The country of the company, with --write."
)
@click.option("--mutate", is_flag=True, help="Change each rule in turn, and list the changes that no case notices.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML into this file.")
@json_option
@click.pass_context
def test(
    ctx: click.Context,
    paths: tuple[Path, ...],
    coverage: bool,
    coverage_threshold: float | None,
    write: bool,
    country: str,
    mutate: bool,
    junit: Path | None,
    as_json: bool,
) -> None:
    """Run cases: files X.cases.yaml, rule files with such a file beside them, or folders; without PATH, the cases of
    the rules in force.

    Exit code 1 if a case fails, coverage is below the threshold, or no case notices a change of a rule.
    """
    from onedesk_quickbooks.plugin.findings import CannotRead

    options: Options = ctx.obj
    chosen = list(paths) or [rules_in_force(options)]
    try:
        fine = _write(chosen, country) if write else _run(chosen, coverage, coverage_threshold, mutate, junit, as_json)
    except CannotRead as error:
        raise CannotRun(text_in(error)) from error
    except OSError as error:
        raise CannotRun(f"{error.filename}: {error.strerror}") from error
    if not fine:
        ctx.exit(FINDINGS)


def _write(paths: Sequence[Path], country: str) -> bool:
    from onedesk_quickbooks.plugin.model.decision import Facts
    from onedesk_quickbooks.plugin.ruleset.cases import write_cases

    fine = True
    for path in paths:
        for written in write_cases(path, Facts(country)):
            result = Text("{added} cases added; read them, they say what the rules do now.", added=written.added)
            if written.broken:
                result = Text(
                    "it has mistakes, so no case was written; see: onedesk-quickbooks check {path}",
                    path=arguments(str(written.path)),
                )
                fine = False
            print_line(Text("{path}: {why}", path=written.path, why=result))
    return fine


def _run(
    paths: Sequence[Path], coverage: bool, threshold: float | None, mutate: bool, junit: Path | None, as_json: bool
) -> bool:
    from onedesk_quickbooks.plugin.ruleset.cases import render_junit, run_paths, survivors

    report = run_paths(paths)
    unnoticed = [mutant for file in report.files for mutant in survivors(file)] if mutate else []
    if junit is not None:
        junit.write_text(render_junit(report), encoding="utf-8")
    if as_json:
        _print_json(report, unnoticed)
    else:
        _print_text(report, unnoticed, coverage or threshold is not None, mutate)
    enough = threshold is None or report.coverage >= threshold
    if not enough and not as_json:
        print_line(
            Text(
                "Coverage is {coverage} %, below {threshold} %.",
                coverage=f"{report.coverage:.1f}",
                threshold=f"{threshold:g}",
            )
        )
    return report.ok and enough and not unnoticed


def _print_json(report: Report, unnoticed: Sequence[Mutant]) -> None:
    from onedesk_quickbooks.plugin.ruleset.cases import to_json

    rows = [{"rule": each.rule, "how": each.how, "at": str(each.at)} for each in unnoticed]
    print_json({**to_json(report), "unnoticed": rows})


def _print_text(report: Report, unnoticed: Sequence[Mutant], coverage: bool, mutate: bool) -> None:
    from onedesk_quickbooks.plugin.findings import render_findings
    from onedesk_quickbooks.plugin.ruleset.cases import render_mutants, render_text

    if report.findings:
        click.echo(render_findings(report.findings, color=sys.stdout.isatty(), say=shown))
    click.echo(shown(render_text(report, coverage=coverage)), nl=False)
    if mutate:
        click.echo(shown(render_mutants(unnoticed)), nl=False)
