"""`plan` and `explain`: what would be done with invoices, and by which rules. Nothing is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, say

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.desk import Desk
    from onedesk_quickbooks.plugin.cli.desk.gather import Given
    from onedesk_quickbooks.plugin.ruleset.explain import Explanation, WhyNot


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
@click.option("--why-not", "rule", metavar="RULE", help="Why this rule, by its id, did not win.")
@click.option("--as-copied", is_flag=True, help="As it was decided when it was copied, by the rules of that time.")
@json_option
@click.pass_context
def explain(ctx: click.Context, invoices: tuple[str, ...], rule: str | None, as_copied: bool, as_json: bool) -> None:
    """Show for each decision the rule that won, at file:line, the values it matched, and the nearest rule that lost.

    Works without a connection, too. With --json one object an invoice, the same that is stored with every invoice
    that was copied.
    """
    from onedesk_quickbooks.plugin.cli.desk import at_desk

    if rule is not None and as_copied:
        raise click.UsageError("--why-not asks the rules in force; leave --as-copied out")
    options: Options = ctx.obj
    fine = True
    with at_desk(options, connected=as_copied) as desk:
        for given in _good(desk, invoices, as_json):
            if given is None:
                fine = False
                continue
            found = _stored(desk, given) if as_copied else _explained(desk, given, rule)
            if found is None:
                fine = False
                say(f"Invoice {given.id} was not copied to the connected company yet.")
                continue
            print_json(found.to_json()) if as_json else click.echo(found.render_text())
    if not fine:
        ctx.exit(FINDINGS)


def _stored(desk: Desk, given: Given) -> Explanation | None:
    """What the ledger keeps with a copied invoice."""
    from onedesk_quickbooks.plugin.ruleset.explain import Explanation

    connected = desk.bridge.connected
    link = desk.bridge.ledger.links.invoice(connected.realm_id, given.id) if connected else None
    return Explanation.from_json(link.trail) if link else None


def _explained(desk: Desk, given: Given, rule: str | None) -> Explanation | WhyNot:
    from onedesk_quickbooks.plugin.model.invoice import Invoice
    from onedesk_quickbooks.plugin.ruleset import explain as explaining

    if rule is None:
        return desk.bridge.explanation(given.invoice)
    invoice = Invoice.from_json(given.invoice)
    try:
        return explaining.why_not(desk.bridge.rules, invoice, desk.bridge.facts(), rule)
    except explaining.UnknownRule as problem:
        raise click.UsageError(str(problem)) from problem


def _good(desk: Desk, words: Iterable[str], as_json: bool) -> Iterator[Given | None]:
    """The invoices; a bad record is told of, and None stands for it."""
    from onedesk_quickbooks.plugin.cli.desk.gather import gather
    from onedesk_quickbooks.plugin.cli.files import BadRecord

    for given in gather(words, desk.host):
        if not isinstance(given, BadRecord):
            yield given
            continue
        if as_json:
            print_json({"id": given.id, "outcome": "failed", "reason": str(given)})
        else:
            say(f"{given}\n")
        yield None
