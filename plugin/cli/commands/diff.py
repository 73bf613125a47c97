"""`diff`: the exact effects of a change of the rules, with amounts."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.days import DAY
from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, say
from onedesk_quickbooks.plugin.cli.rule_files import load_rules
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.decision import Facts
    from onedesk_quickbooks.plugin.model.invoice import Invoice


@click.command(short_help="Show what a change of the rules affects, exactly and in money.")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--invoices", multiple=True, metavar="FILE", help="Decide these invoices by both rule sets; may be repeated."
)
@click.option(
    "--history", is_flag=True, help="Decide by both rule sets all invoices that were to be copied, including held ones."
)
@click.option("--since", type=DAY, metavar="DAY", help="With --history: invoices requested on this day (UTC) or later.")
@click.option(
    "--until", type=DAY, metavar="DAY", help="With --history: invoices requested on this day (UTC) or earlier."
)
@json_option
@click.pass_context
def diff(
    ctx: click.Context,
    old: Path,
    new: Path,
    invoices: tuple[str, ...],
    history: bool,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Show every class of input that OLD and NEW decide differently, each with an example. Where several rules
    overlap, a class may also contain input that does not change. With invoices, also show which lines would go to
    another item, account, tax code, customer or delivery, and which invoices would be copied, held or skipped instead,
    with sums of money.

    Exit code 1 when something changes.
    """
    from onedesk_quickbooks.plugin.ruleset import diff as rules_diff
    from onedesk_quickbooks.plugin.ruleset.prove.masks import WorkLimit

    if (since or until) and not history:
        raise click.UsageError(Text("--since and --until need --history"))
    options: Options = ctx.obj
    before, after = load_rules(old), load_rules(new)
    try:
        changes = rules_diff.exact(before, after)
    except WorkLimit as error:
        raise CannotRun(
            Text("the rules overlap in too many ways to be compared exactly: {error}", error=error)
        ) from error
    replayed = None
    if invoices or history:
        days = since.date() if since else None, until.date() if until else None
        found, facts = _invoices(options, invoices, history, *days)
        replayed = rules_diff.replay(before, after, found, facts)
    if as_json:
        result = {"changes": [each.to_json() for each in changes]}
        print_json({**result, "replay": replayed.to_json() if replayed else None})
    else:
        click.echo(shown(rules_diff.render_text(changes, replayed)), nl=False)
    if changes or (replayed and replayed.moves):
        ctx.exit(FINDINGS)


def _invoices(
    options: Options, words: tuple[str, ...], history: bool, since: date | None, until: date | None
) -> tuple[list[Invoice], Facts]:
    """The invoices to decide, and the facts about the company."""
    from onedesk_quickbooks.plugin.app.rules_api import Past
    from onedesk_quickbooks.plugin.cli.files import BadRecord
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.cli.session.gather import gather
    from onedesk_quickbooks.plugin.model.invoice import Invoice

    found: list[Invoice] = []
    with open_session(options, connected=history, default_rules=True) as session:
        for given in gather(words, session.host):
            if isinstance(given, BadRecord):
                say(given.text)
            else:
                found.append(Invoice.from_json(given.invoice))
        if history:
            found += [Invoice.from_json(each) for each in session.application.history(Past(since, until))]
        return found, session.application.facts()
