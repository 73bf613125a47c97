"""`plan` and `explain`: what would be done with invoices, and by which rules. Nothing is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, say

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.desk import Desk
    from onedesk_quickbooks.plugin.cli.gather import Given
    from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions


@click.command(short_help="Show what would be done in QuickBooks; do nothing.")
@click.argument("invoices", nargs=-1, required=True, metavar="FILE|ID...")
@click.option("--send", "sending", is_flag=True, help="What `send` would do, instead of `copy`.")
@json_option
@click.pass_context
def plan(ctx: click.Context, invoices: tuple[str, ...], sending: bool, as_json: bool) -> None:
    """Show what `copy` (or `send`) would do in QuickBooks: it is read, nothing is changed.

    With --json one object a line, as schemas/plan.schema.json has it. Exit code 1 where an invoice would be held.
    """
    from onedesk_quickbooks.plugin.cli.desk import at_desk
    from onedesk_quickbooks.plugin.planning import plan_json, plan_text

    options: Options = ctx.obj
    fine = True
    with at_desk(options) as desk:
        for given in _good(desk, invoices, as_json):
            if given is None:
                fine = False
                continue
            planned = desk.bridge.plan(given.invoice, "send" if sending else "copy")
            shown = plan_json(planned)
            fine = fine and shown["outcome"] == "planned" and not shown["reasons"]
            print_json(shown) if as_json else click.echo(plan_text(planned) + "\n")
    if not fine:
        ctx.exit(FINDINGS)


@click.command(short_help="Show the rule behind each decision for an invoice.")
@click.argument("invoices", nargs=-1, required=True, metavar="FILE|ID...")
@json_option
@click.pass_context
def explain(ctx: click.Context, invoices: tuple[str, ...], as_json: bool) -> None:
    """Show for each decision the rule that won, at file:line, and the values it matched.

    Works without a connection, too. With --json one object an invoice: id number rules_hash decisions.
    """
    from onedesk_quickbooks.plugin.cli.desk import at_desk

    options: Options = ctx.obj
    fine = True
    with at_desk(options, connected=False) as desk:
        for given in _good(desk, invoices, as_json):
            if given is None:
                fine = False
                continue
            decisions = desk.bridge.explain(given.invoice)
            print_json(_json(given, decisions)) if as_json else click.echo("\n".join(_lines(given, decisions)) + "\n")
    if not fine:
        ctx.exit(FINDINGS)


def _good(desk: Desk, words: Iterable[str], as_json: bool) -> Iterator[Given | None]:
    """The invoices; a bad record is told of, and None stands for it."""
    from onedesk_quickbooks.plugin.cli.files import BadRecord
    from onedesk_quickbooks.plugin.cli.gather import gather

    for given in gather(words, desk.host):
        if not isinstance(given, BadRecord):
            yield given
            continue
        if as_json:
            print_json({"id": given.id, "outcome": "failed", "reason": str(given)})
        else:
            say(f"{given}\n")
        yield None


def _json(given: Given, decisions: InvoiceDecisions) -> dict[str, Any]:
    return {
        "id": given.id,
        "number": given.invoice.get("number", ""),
        "rules_hash": decisions.rules_hash,
        "decisions": [decision.to_json() for decision in decisions.trail],
    }


def _lines(given: Given, decisions: InvoiceDecisions) -> Iterator[str]:
    yield f"Invoice {given.invoice.get('number') or given.id}"
    trail = decisions.trail
    wide = max((len(f"{each.table} of {each.subject}") for each in trail), default=0)
    for each in trail:
        matched = ", ".join(f"{name} {value!r}" for name, value in each.matched.items())
        yield f"  {f'{each.table} of {each.subject}':{wide}}  {each.outcome}"
        yield f"  {'':{wide}}    by {each.rule} at {each.at}" + (f", matched {matched}" if matched else "")
