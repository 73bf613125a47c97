"""`doctor`: what is wrong with the installation, and what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json
from onedesk_quickbooks.plugin.model.legible import lines

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ops.doctor.checks import Check

_MARKS = {"ok": "fine", "note": "note", "warning": "WARNING", "problem": "PROBLEM"}


@click.command(short_help="Find what is wrong with the installation, and say what to do.")
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Look at settings, key, databases, disk and rules, at the connection, the clock and the webhooks, and at the
    company's settings that will bite. Nothing is changed; QuickBooks is asked twice.

    With --json one object a line: check state found remedy; state is ok, note, warning or problem. Exit code 1 where
    there is a warning or a problem.
    """
    options: Options = ctx.obj
    findings = 0
    for check in _checks(options):
        findings += check.is_finding
        if as_json:
            print_json(check.to_json())
        else:
            click.echo(lines(f"{_MARKS[check.state]:8} {check.name}: {check.found}"))
            if check.remedy:
                click.echo(f"{'':8} -> {check.remedy}")
    if findings:
        ctx.exit(FINDINGS)
    if not as_json:
        click.echo("All is well.")


def _checks(options: Options) -> Iterator[Check]:
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.ops.doctor import files
    from onedesk_quickbooks.plugin.ops.doctor.checks import Check

    broken = False
    for check in files.examine(options.home, os.environ):
        broken = broken or (check.state == "problem" and check.name != "settings")
        yield check
    if not options.home.is_dir():
        return
    try:
        with open_session(options, connected=False, default_rules=broken) as session:
            yield from list(session.application.examine(record=not broken))
    except CannotRun as problem:
        text = "What comes after could not be looked at: " + problem.message
        yield Check("connection", "problem", text, "Solve the problem above first.")
