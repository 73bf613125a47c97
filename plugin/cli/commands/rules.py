"""`rules fmt`, `rules show`, `rules init`, and `snapshot`: rule files written, shown and begun."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_table, say
from onedesk_quickbooks.plugin.cli.rules import load_rules, rules_gone, rules_in_force

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.model.decision import Where
    from onedesk_quickbooks.plugin.ruleset.fmt.show import Counts

SHIPPED = """\
# yaml-language-server: $schema=rules.schema.json
# The shipped default decides, in all that is not said here.
version: 1
"""


@click.group(short_help="Format, show and begin rule files.")
def rules() -> None:
    """Format, show and begin rule files."""


@rules.command(short_help="Put rule files in order, without losing a comment.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit code 1 where a file is not in order.")
@click.pass_context
def fmt(ctx: click.Context, paths: tuple[Path, ...], only_check: bool) -> None:
    """Order and align rule files (of folders, all *.yaml); without PATH the rules in force. What they mean stays."""
    from onedesk_quickbooks.plugin.findings.contained import read_text_inside, write_inside
    from onedesk_quickbooks.plugin.ruleset import CannotRead
    from onedesk_quickbooks.plugin.ruleset.fmt import NotFormatted, formatted
    from onedesk_quickbooks.plugin.ruleset.read.files import rule_files

    options: Options = ctx.obj
    left = 0
    if not paths and (lost := rules_gone(options)) is not None:
        raise CannotRun(str(lost))
    try:
        files = [file for path in paths or [rules_in_force(options)] for file in rule_files(path)]
        for file in files:
            text = read_text_inside(file, file.parent)
            try:
                clean = formatted(text, str(file))
            except NotFormatted as problem:
                say(str(problem))
                left += 1
                continue
            if clean == text:
                continue
            click.echo(f"{file}: {'would be' if only_check else 'was'} put in order")
            left += only_check
            if not only_check:
                write_inside(file, file.parent, clean)
    except CannotRead as problem:
        raise CannotRun(str(problem)) from problem
    except UnicodeDecodeError as problem:
        raise CannotRun(f"{file} is not UTF-8; save it as UTF-8 ({problem.reason})") from problem
    except OSError as problem:
        raise CannotRun(f"{problem.filename}: {problem.strerror}") from problem
    if left:
        ctx.exit(FINDINGS)


@rules.command(short_help="Show the effective rules as a table.")
@click.argument("decision", required=False)
@click.option(
    "--counts", is_flag=True, help="How often each rule decided, for the invoices that were copied or are skipped."
)
@json_option
@click.pass_context
def show(ctx: click.Context, decision: str | None, counts: bool, as_json: bool) -> None:
    """Show the rules of a DECISION (item, tax_code...; without it of all) in the order in which they are asked."""
    from onedesk_quickbooks.plugin.ruleset.fmt.show import UnknownDecision
    from onedesk_quickbooks.plugin.ruleset.fmt.show import show as rows_of

    options: Options = ctx.obj
    loaded = load_rules(rules_in_force(options))
    try:
        shown = rows_of(loaded, decision, _counts(options) if counts else None)
    except UnknownDecision as problem:
        raise click.UsageError(str(problem)) from problem
    if as_json:
        for each in shown:
            print_json(each.to_json())
        return
    columns = ["Decision", "Asked", "When", "Then", "Rule", "Place", *(["Decided"] if counts else [])]
    table = [
        (each.decision, each.order, each.when or "otherwise", each.outcome, each.rule, _short(each.at), each.count or 0)
        for each in shown
    ]
    print_table(columns, [row[: len(columns)] for row in table], right=("Asked", "Decided"))


def _short(at: Where) -> str:
    """The place without the folders: the table is wide enough."""
    return f"{Path(at.file).name}:{at.line}:{at.column}"


def _counts(options: Options) -> Counts:
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.cli.session.history import trails
    from onedesk_quickbooks.plugin.ruleset.fmt.show import count_rules

    with open_session(options) as session:
        return count_rules(each for trail in trails(session) for each in _decided_in(trail))


def _decided_in(trail: Any) -> Iterable[tuple[str, str]]:
    """The tables and rule ids in what is stored with an invoice."""
    decisions = trail.get("decisions", ()) if isinstance(trail, dict) else trail
    return [(str(each["table"]), str(each["rule"])) for each in decisions]


@rules.command(short_help="Write a first rule set for the connected company.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The file; rules.yaml of the data directory.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--shipped", is_flag=True, help="Write a file that changes nothing of the shipped default.")
@click.pass_context
def init(ctx: click.Context, output: Path | None, force: bool, shipped: bool) -> None:
    """Write a first rule set from the connected company and the service types of the host.

    Where it would have to guess, it leaves `hold`. With --shipped the file says that the shipped default is meant,
    which takes the place of rules that are gone and were in force last.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, plain_errors
    from onedesk_quickbooks.plugin.findings.contained import write_inside
    from onedesk_quickbooks.plugin.ruleset.fmt import begin, put_beside

    options: Options = ctx.obj
    target = output or options.home / "rules.yaml"
    if target.exists() and not force:
        raise CannotRun(f"{target} is there already; name another file with --output, or add --force")
    if shipped:
        text = SHIPPED
    else:
        with open_session(options) as session:
            text = begin(session.application.snapshot(), *_known(session))
    with plain_errors():
        write_inside(target, target.parent, text)
        put_beside(target, "rules")
    if shipped:
        click.echo(f"{target} was written: the shipped default decides, until the file says otherwise.")
        return
    click.echo(f"{target} was written; read it, then: onedesk-quickbooks check {target} --company live --host")


def _known(session: Session) -> tuple[list[str], list[str]]:
    """The service types and the countries of the embedded host; of another the invoices that were asked for tell."""
    from onedesk_quickbooks.plugin.cli.session.history import seen

    if session.embedded is not None:
        customers = session.embedded.customers()
        types = session.embedded.service_types()
    else:
        invoices = list(seen(session))
        customers = [each["customer"] for each in invoices]
        types = sorted({line.get("service_type") or "" for each in invoices for line in each["lines"]} - {""})
    countries = {(customer.get("address") or {}).get("country", "") for customer in customers}
    return types, sorted(countries - {""})


@rules.command(short_help="Write the schema by which an editor completes and checks rule files.")
@click.option("--cases", "kind", flag_value="cases", default="rules", help="That of case files.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="The file; else it is printed.")
def schema(kind: str, output: Path | None) -> None:
    """Write the JSON Schema of rule files, for yaml-language-server and other editors.

    As rules.schema.json in the folder of the rule files it is found by their first line:

    \b
    # yaml-language-server: $schema=rules.schema.json
    """
    from onedesk_quickbooks.plugin.ruleset.fmt import editor_schema

    text = editor_schema(kind)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise CannotRun(f"{output}: {problem.strerror}") from problem
    say(f"{output} was written; the first line of a file beside it: # yaml-language-server: $schema={output.name}")


@rules.command(short_help="Serve an editor: findings while one types, names of the company, help.")
@click.option(
    "--company", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="A snapshot to compare with."
)
def lsp(company: Path | None) -> None:
    """Serve an editor over standard input and output, by the Language Server Protocol.

    It marks what `check` finds while one types, completes the names that the company has, tells what a key means,
    writes the name that was meant, and puts a file in order.
    """
    from onedesk_quickbooks.plugin.findings import CannotRead
    from onedesk_quickbooks.plugin.ruleset.check import read_snapshot

    try:
        from onedesk_quickbooks.plugin.cli.editor import serve
    except ImportError:
        raise CannotRun("rules lsp needs pygls; run: pip install 'onedesk-quickbooks[lsp]'") from None
    try:
        serve(version("onedesk-quickbooks"), read_snapshot(company) if company else None)
    except CannotRead as problem:
        raise CannotRun(str(problem)) from problem


@click.command(short_help="Write down what rules may name in the company, for check --company.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="The file; else it is printed.")
@click.pass_context
def snapshot(ctx: click.Context, output: Path | None) -> None:
    """Read accounts, items, tax codes, terms, classes and customers of the connected company, as JSON.

    E-mail addresses are left out: the file may be handed to whoever writes the rules.
    """
    import simplejson

    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options) as session:
        text = simplejson.dumps(
            session.application.snapshot().to_json(), use_decimal=True, ensure_ascii=False, indent=1
        )
        if output is not None:
            output.write_text(text + "\n", encoding="utf-8")
    if output is None:
        click.echo(text)
    else:
        say(f"{output} was written; compare rules with it: onedesk-quickbooks check --company {output}")
