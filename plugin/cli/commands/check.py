"""`check`: everything that is wrong with rule files, before anything depends on them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.rules import rules_in_force


@click.command(short_help="Find everything that is wrong with rule files.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.pass_context
def check(ctx: click.Context, paths: tuple[Path, ...], form: str, strict: bool) -> None:
    """Check rule files or folders (each folder is one rule set); without PATH the rules in force.

    Every finding comes with file:line:column, a code and a remedy. Exit code 1 where there is an error (or, with
    --strict, a warning).
    """
    import simplejson

    from onedesk_quickbooks.plugin.ruleset import CannotRead, load, render_findings

    options: Options = ctx.obj
    try:
        loaded = [load(path) for path in paths or [rules_in_force(options)]]
    except CannotRead as error:
        raise CannotRun(str(error)) from error
    findings = [finding for each in loaded for finding in each.findings]
    summary: dict[str, int] = {}
    for each in loaded:
        for key, number in each.summary.items():
            summary[key] = summary.get(key, 0) + number
    if form == "json":
        report = {"findings": [finding.to_json() for finding in findings], "summary": summary}
        click.echo(simplejson.dumps(report, ensure_ascii=False, indent=1))
    else:
        click.echo(render_findings(findings, color=sys.stdout.isatty()), nl=bool(findings))
        click.echo(_sentence(summary, [finding.severity for finding in findings]))
    counting = {"error", "warning"} if strict else {"error"}
    if any(finding.severity in counting for finding in findings):
        ctx.exit(FINDINGS)


def _sentence(summary: dict[str, int], severities: list[str]) -> str:
    found = [f"{number} {name.replace('_', ' ')}" for name, number in summary.items()]
    bad = [f"{severities.count(each)} {each}s" for each in ("error", "warning") if severities.count(each)]
    return f"{', '.join(bad) or 'No findings'}: {', '.join(found)}."
