"""`check`: all errors in rule files, before they are used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import say
from onedesk_quickbooks.plugin.cli.rule_files import not_read, rules_in_force, say_not_taken
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.clock import today
from onedesk_quickbooks.plugin.texts import Text, gettext, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.invoice import Invoice
    from onedesk_quickbooks.plugin.ruleset.check import Against, Checked
    from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot

FORMATS = ("text", "json", "sarif", "github")


@click.command(short_help="Find everything that is wrong with rule files.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="The output format."
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option(
    "--company",
    metavar="FILE|live",
    help="Compare with a company: the file of a snapshot, or `live` for its present state.",
)
@click.option(
    "--host", is_flag=True, help="Compare with the open invoices of the host, and report what no rule covers."
)
@click.option(
    "--explain",
    "code",
    metavar="CODE",
    help="The page of a finding's code, with a bad and a good example; `all`: every page, as Markdown.",
)
@click.pass_context
def check(
    ctx: click.Context,
    paths: tuple[Path, ...],
    form: str,
    as_json: bool,
    strict: bool,
    company: str | None,
    host: bool,
    code: str | None,
) -> None:
    """Check rule files or folders (each folder is one rule set); without PATH, the rules in force.

    Every finding comes with file:line:column, a code and a remedy. Exit code 1 if there is an error (or, with --strict,
    a warning).
    """
    if code is not None:
        _explain(code)
        return
    from onedesk_quickbooks.plugin.findings import CannotRead
    from onedesk_quickbooks.plugin.ruleset.check import check as check_rules

    options: Options = ctx.obj
    try:
        against = _against(options, company, host)
        checked = check_rules(list(paths) or [rules_in_force(options)], against)
    except CannotRead as error:
        raise CannotRun(text_in(error)) from error
    _print(checked, "json" if as_json else form)
    if form == "text" and not as_json:
        _say_files(options, paths, checked)
    if not paths:
        say_not_taken(options)
    ctx.exit(checked.exit_code(strict=strict))


def _print(checked: Checked, form: str) -> None:
    from onedesk_quickbooks.plugin import findings

    if form == "text":
        text = findings.render_text(checked.findings, checked.summary, color=sys.stdout.isatty(), say=shown)
    else:
        renderers: dict[str, Callable[..., str]] = {
            "json": findings.render_json,
            "sarif": findings.render_sarif,
            "github": findings.render_github,
        }
        text = renderers[form](checked.findings, checked.summary)
    click.echo(text, nl=bool(text))


def _say_files(options: Options, paths: tuple[Path, ...], checked: Checked) -> None:
    """Print which files were read, and which only look like rules."""
    files = tuple(file for each in checked.loaded for file in each.files)
    say(Text("Read: {files}", files=", ".join(map(str, files)) or Text("nothing")))
    if not paths and (unread := not_read(options, files)):
        say(unread)


def _explain(code: str) -> None:
    from onedesk_quickbooks.plugin.findings.pages import explain_code, pages_markdown

    page = pages_markdown() if code.lower() == "all" else explain_code(code.upper(), shown)
    if page is None:
        raise click.UsageError(
            gettext(
                "there is no finding {code}; a code looks like {example}, `all` prints every page",
                code=code,
                example="OQ110",
            )
        )
    click.echo(page.rstrip("\n"))


def _against(options: Options, company: str | None, host: bool) -> Against:
    """What the rules are compared with besides themselves."""
    from onedesk_quickbooks.plugin.ruleset.check import Against
    from onedesk_quickbooks.plugin.ruleset.check.snapshot import read_snapshot

    snapshot = read_snapshot(Path(company)) if company and company != "live" else None
    if company != "live" and not host:
        return Against(company=snapshot, today=today())
    return _from_session(options, snapshot, live=company == "live", host=host)


def _from_session(options: Options, snapshot: CompanySnapshot | None, *, live: bool, host: bool) -> Against:
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.ruleset.check import Against

    # The rules in force may be the ones with errors, so the session opens with the shipped ones.
    with open_session(options, connected=live, default_rules=True) as session:
        snapshot = session.application.snapshot() if live else snapshot
        invoices: list[Invoice] | None = None
        if host:
            from onedesk_quickbooks.plugin.model.invoice import Invoice

            kept = session.needs_embedded(Text("--host decides the invoices of")).invoices()
            invoices = [Invoice.from_json(each.json) for each in kept if each.status == "open"]
        facts = session.application.facts() if session.application.connected else None
        return Against(company=snapshot, invoices=invoices, facts=facts, today=today())
