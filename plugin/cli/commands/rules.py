"""`rules fmt`, `rules show`, `rules init`, and `snapshot`: rule files formatted, shown and created."""

from __future__ import annotations

import shlex
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.days import DAY
from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table, say
from onedesk_quickbooks.plugin.cli.rule_files import load_rules, rules_decided_by, rules_gone, rules_in_force
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.texts import Text, text_in
from onedesk_quickbooks.plugin.texts.arguments import arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onedesk_quickbooks.plugin.app.rules_api import Moves
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.model.where import Where
    from onedesk_quickbooks.plugin.ruleset.fmt.show import Counts
    from onedesk_quickbooks.plugin.sync.last_rules import LastRules


@click.group(short_help="Format, show and create rule files.")
def rules() -> None:
    """Format, show and create rule files."""


@rules.command(short_help="Format rule files, without losing a comment.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit code 1 if a file is not formatted.")
@click.pass_context
def fmt(ctx: click.Context, paths: tuple[Path, ...], only_check: bool) -> None:
    """Order and align rule files (in folders, all *.yaml); without PATH, the rules in force. Their meaning stays the
    same."""
    from onedesk_quickbooks.plugin.findings import CannotRead
    from onedesk_quickbooks.plugin.findings.contained import read_text_inside, write_inside
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
                say(text_in(problem))
                left += 1
                continue
            if clean == text:
                continue
            print_line(
                Text("{file}: {value} put in order", file=file, value=Text("would be") if only_check else Text("was"))
            )
            left += only_check
            if not only_check:
                write_inside(file, file.parent, clean)
    except CannotRead as problem:
        raise CannotRun(text_in(problem)) from problem
    except UnicodeDecodeError as problem:
        raise CannotRun(
            Text("{file} is not UTF-8; save it as UTF-8 ({reason})", file=file, reason=problem.reason)
        ) from problem
    except OSError as problem:
        raise CannotRun(f"{problem.filename}: {problem.strerror}") from problem
    if left:
        ctx.exit(FINDINGS)


@rules.command(short_help="Show the effective rules as a table.")
@click.argument("decision", required=False)
@click.option(
    "--counts",
    is_flag=True,
    help="Show how often each rule decided, and about what amounts, for copied and skipped invoices.",
)
@json_option
@click.pass_context
def show(ctx: click.Context, decision: str | None, counts: bool, as_json: bool) -> None:
    """Show the rules of a DECISION (item, tax_code...; without it, of all decisions) in the order in which they are
    tried."""
    from onedesk_quickbooks.plugin.ruleset.fmt.show import UnknownDecision
    from onedesk_quickbooks.plugin.ruleset.fmt.show import show as rows_of

    options: Options = ctx.obj
    loaded = load_rules(rules_decided_by(options))
    try:
        shown = rows_of(loaded, decision, _counts(options) if counts else None)
    except UnknownDecision as problem:
        raise click.UsageError(text_in(problem)) from problem
    if as_json:
        for each in shown:
            print_json(each.to_json())
        return
    amounts = [Text("Decided"), Text("Over")] if counts else []
    columns = [Text("Decision"), Text("Asked"), Text("When"), Text("Then"), Text("Rule"), Text("Place"), *amounts]
    table = [
        (
            *(each.decision, each.order, each.when or "otherwise", each.outcome, each.rule, _short(each.at)),
            *(each.count or 0, ", ".join(map(str, each.sums or ()))),
        )
        for each in shown
    ]
    print_table(columns, [row[: len(columns)] for row in table], right=(columns[1], *amounts))


def _short(at: Where) -> str:
    """The place without folders, to keep the table narrow."""
    return f"{Path(at.file).name}:{at.line}:{at.column}"


def _counts(options: Options) -> Counts:
    from onedesk_quickbooks.plugin.cli.session import open_session

    with open_session(options) as session:
        return session.application.counted()


_SINCE = click.option(
    "--since",
    type=DAY,
    metavar="DAY",
    help="Invoices requested on this day (UTC) or later.",
)
_YES = click.option("--yes", is_flag=True, help="Make the change; without it nothing is changed.")


@rules.command(short_help="Show what a changed rule file would affect, and put it into force.")
@_YES
@_SINCE
@json_option
@click.pass_context
def take(ctx: click.Context, yes: bool, since: datetime | None, as_json: bool) -> None:
    """Show what the rules on disk that are not in force yet would change: which classes of input, and for past invoices
    which lines and how much money. With --yes they come into force.

    Rules wait for this command if the setting `rules_take_over` is `confirm`, and after `rules back`. Exit code 1 if
    rules wait and were not put into force.
    """
    from onedesk_quickbooks.plugin.app.rules_api import Past
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    with open_session(options, connected=False, used=True) as session:
        application = session.application
        now = application.rules_now()
        if not now.waiting:
            print_json({"waiting": None, "in_force": now.hash}) if as_json else say(
                now.complaint
                or Text("Nothing waits: the rules of {path} are in force ({hash}).", path=now.path, hash=now.hash[:12])
            )
            ctx.exit(FINDINGS if now.complaint else 0)
        moves = application.waiting_moves(Past(since.date() if since else None))
        if moves is None or moves.new != now.waiting:
            raise CannotRun(Text("{path} was changed meanwhile; run the same again", path=now.path))
        if yes:
            application.take_rules(now.waiting, person())
    _print_moves(moves, as_json, taken=yes)
    if not yes:
        say(
            Text(
                "{path} waits ({waiting}). Take it: onedesk-quickbooks rules take --yes",
                path=now.path,
                waiting=now.waiting[:12],
            )
        )
        ctx.exit(FINDINGS)
    say(
        Text(
            "{path} is in force ({waiting}); before: {hash}.",
            path=now.path,
            waiting=now.waiting[:12],
            hash=now.hash[:12],
        )
    )


@rules.command(short_help="Go back to rules that were in force before.")
@click.argument("version", required=False)
@_YES
@_SINCE
@json_option
@click.pass_context
def back(ctx: click.Context, version: str | None, yes: bool, since: datetime | None, as_json: bool) -> None:
    """Without VERSION, list the rules that were in force before. With VERSION (the beginning of its hash), show what
    going back to it would change; with --yes it is in force again.

    No file is changed: the rules in the files are not in force until a file is changed, or `rules take` puts them into
    force.
    """
    from onedesk_quickbooks.plugin.app.rules_api import Past
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    with open_session(options, connected=False, used=True) as session:
        application = session.application
        now = application.rules_now()
        if version is None:
            _print_versions(now.versions, as_json)
            return
        found = [each.hash for each in now.versions if each.hash.startswith(version.casefold())]
        if len(found) != 1:
            problem = Text("several versions begin") if found else Text("no earlier version that is kept begins")
            raise CannotRun(
                Text(
                    "{problem} with {version}; list them: onedesk-quickbooks rules back",
                    problem=problem,
                    version=repr(version),
                )
            )
        moves = application.back_moves(found[0], Past(since.date() if since else None))
        after = application.back_to_rules(found[0], person()) if yes else None
    _print_moves(moves, as_json, taken=yes)
    if after is None:
        say(Text("Go back: onedesk-quickbooks rules back {found} --yes", found=found[0][:12]))
        ctx.exit(FINDINGS)
    say(Text("The rules {found} are in force again; before: {hash}.", found=found[0][:12], hash=now.hash[:12]))
    if after.complaint:
        say(after.complaint)


def _print_moves(moves: Moves, as_json: bool, *, taken: bool) -> None:
    from onedesk_quickbooks.plugin.ruleset.diff import render_text

    if as_json:
        changes = None if moves.changes is None else [each.to_json() for each in moves.changes]
        result = {"in_force": moves.old, "waiting": moves.new, "taken": taken}
        print_json({**result, "changes": changes, "replay": moves.replay.to_json()})
        return
    if moves.changes is None:
        print_line(Text("The rules overlap in too many ways to tell every class of input that changes."))
    click.echo(shown(render_text(moves.changes or (), moves.replay, classes=moves.changes is not None)), nl=False)


def _print_versions(versions: Sequence[LastRules], as_json: bool) -> None:
    if as_json:
        for each in versions:
            print_json({"hash": each.hash, "since": each.since.isoformat(), "by": each.by, "path": str(each.path)})
        return
    if not versions:
        say(Text("No earlier versions of the rules are kept."))
        return
    rows = [(each.hash[:12], f"{each.since:%Y-%m-%d %H:%M} UTC", each.by or "-", str(each.path)) for each in versions]
    print_table([Text("Version"), Text("In force since"), Text("Taken by"), Text("Kept as")], rows)


@rules.command(short_help="Write a first rule set for the connected company.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="The file to write. Default: rules.yaml of the data directory.",
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.option("--shipped", is_flag=True, help="Write a file that keeps the shipped default unchanged.")
@click.pass_context
def init(ctx: click.Context, output: Path | None, force: bool, shipped: bool) -> None:
    """Write a first rule set from the connected company and the service types of the host.

    Where the command cannot know the choice, it writes `hold`. With --shipped the file selects the shipped default, in
    place of the last rules in force, whose file no longer exists.
    """
    from onedesk_quickbooks.plugin.app.opening import make_directory
    from onedesk_quickbooks.plugin.cli.session import open_session, plain_errors
    from onedesk_quickbooks.plugin.findings.contained import write_inside
    from onedesk_quickbooks.plugin.ruleset.fmt import begin, put_beside

    options: Options = ctx.obj
    target = output or options.home / "rules.yaml"
    if target.exists() and not force:
        raise CannotRun(
            Text("{target} is there already; name another file with --output, or add --force", target=target)
        )
    if shipped:
        from onedesk_quickbooks.plugin.app.rules_api import SHIPPED

        text = SHIPPED
    else:
        with open_session(options) as session:
            text = begin(session.application.snapshot(), *_known(session))
    with plain_errors():
        if output is None:
            make_directory(options.home)
        write_inside(target, target.parent, text)
        put_beside(target, "rules")
    if shipped:
        print_line(
            Text("{target} was written: the shipped default decides, until the file says otherwise.", target=target)
        )
        return
    print_line(
        Text(
            "{target} was written; read it, then: onedesk-quickbooks check {arguments}",
            target=target,
            arguments=arguments(str(target), options="--company live --host"),
        )
    )


def _known(session: Session) -> tuple[list[str], list[str]]:
    """The service types and the countries of the embedded host; for another host those of the invoices in the
    ledger."""
    if session.embedded is not None:
        customers = session.embedded.customers()
        types = session.embedded.service_types()
    else:
        invoices = list(session.application.history())
        customers = [each["customer"] for each in invoices]
        types = sorted({line.get("service_type") or "" for each in invoices for line in each["lines"]} - {""})
    countries = {(customer.get("address") or {}).get("country", "") for customer in customers}
    return types, sorted(countries - {""})


@rules.command(short_help="Write the schema with which an editor completes and checks rule files.")
@click.option("--cases", is_flag=True, help="Write the schema of case files.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write. Default: standard output.",
)
def schema(cases: bool, output: Path | None) -> None:
    """Write the JSON Schema of rule files, for yaml-language-server and other editors.

    Save it as rules.schema.json in the folder of the rule files; an editor finds it by their first line:

    \b
    # yaml-language-server: $schema=rules.schema.json
    """
    from onedesk_quickbooks.plugin.ruleset.fmt import editor_schema

    kind = "cases" if cases else "rules"
    text = editor_schema(kind)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise CannotRun(f"{output}: {problem.strerror}") from problem
    say(
        Text(
            "{output} was written; the first line of a file beside it: # yaml-language-server: $schema={name}",
            output=output,
            name=output.name,
        )
    )


@rules.command(short_help="Serve an editor: findings while you type, names of the company, help.")
@click.option(
    "--company", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="A snapshot to compare with."
)
def lsp(company: Path | None) -> None:
    """Serve an editor over standard input and output, by the Language Server Protocol.

    It marks the findings of `check` while you type, completes names of the company, explains keys and rules, corrects
    names, and formats files.
    """
    from onedesk_quickbooks.plugin.findings import CannotRead
    from onedesk_quickbooks.plugin.ruleset.check.snapshot import read_snapshot

    try:
        from onedesk_quickbooks.plugin.cli.editor import serve
    except ImportError:
        raise CannotRun(
            Text("rules lsp needs pygls; run: {command}", command="pip install 'onedesk-quickbooks[lsp]'")
        ) from None
    try:
        serve(version("onedesk-quickbooks"), read_snapshot(company) if company else None)
    except CannotRead as problem:
        raise CannotRun(text_in(problem)) from problem


@click.command(short_help="Save the names of the company that rules may use, for check --company.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write. Default: standard output.",
)
@click.pass_context
def snapshot(ctx: click.Context, output: Path | None) -> None:
    """Read accounts, items, tax codes, terms, classes and customers of the connected company, as JSON.

    E-mail addresses are left out: the file can be given to whoever writes the rules.
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
        say(
            Text(
                "{output} was written; compare rules with it: onedesk-quickbooks check --company {output}",
                output=shlex.quote(str(output)),
            )
        )
