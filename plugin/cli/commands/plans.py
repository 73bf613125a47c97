"""`plan` and `explain`: what would be done with invoices, and by which rules. Nothing is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, say

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.cli.session.gather import Given
    from onedesk_quickbooks.plugin.model.plan import Held, Plan
    from onedesk_quickbooks.plugin.ruleset.explain import Explanation, WhyNot
    from onedesk_quickbooks.plugin.sync.outbound.coming import Coming


@click.command(short_help="Show what would be done in QuickBooks; do nothing.")
@click.argument("invoices", nargs=-1, required=True, metavar="FILE|ID...")
@click.option("--send", "sending", is_flag=True, help="What `send` would do, instead of `copy`.")
@json_option
@click.pass_context
def plan(ctx: click.Context, invoices: tuple[str, ...], sending: bool, as_json: bool) -> None:
    """Show what `copy` (or `send`) would do in QuickBooks: it is read, nothing is changed.

    With --json one object a line, as schemas/plan.schema.json has it; of a bad record id, outcome and reason. Exit code
    1 where an invoice would be held or a record is bad.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.planning import plan_json, plan_text
    from onedesk_quickbooks.plugin.sync.outbound.coming import Coming

    options: Options = ctx.obj
    fine, coming = True, Coming()
    with open_session(options) as session:
        for given in _good(session, invoices, as_json):
            if given is None:
                fine = False
                continue
            planned = _plan(session, given, "send" if sending else "copy", coming)
            fine = fine and planned.outcome not in ("held", "failed")
            print_json(plan_json(planned)) if as_json else click.echo(plan_text(planned) + "\n")
    if not fine:
        ctx.exit(FINDINGS)


def _plan(session: Session, given: Given, action: str, coming: Coming) -> Plan | Held:
    """What `copy` and `send` would do, a refusal before anything is asked of QuickBooks included."""
    from onedesk_quickbooks.plugin.cli.session.asking import refusal
    from onedesk_quickbooks.plugin.model.plan import Held, Reason

    against = refusal(session, given, action)
    if against is None:
        return session.application.plan(given.invoice, action, coming)
    reasons = (Reason("not-asked", against.reason),)
    number = str(given.invoice.get("number") or "")
    return Held(given.id, number, reasons, total=against.total, outcome=against.outcome)


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
    from onedesk_quickbooks.plugin.cli.session import open_session

    if rule is not None and as_copied:
        raise click.UsageError("--why-not asks the rules in force; leave --as-copied out")
    options: Options = ctx.obj
    fine = True
    with open_session(options, connected=as_copied) as session:
        found = _stored(session, invoices, as_json) if as_copied else _explained(session, invoices, rule, as_json)
        for each in found:
            if each is None:
                fine = False
                continue
            print_json(each.to_json()) if as_json else click.echo(each.render_text())
    if not fine:
        ctx.exit(FINDINGS)


def _stored(session: Session, words: Iterable[str], as_json: bool) -> Iterator[Explanation | None]:
    """What the ledger keeps with copied invoices, also of those that the host no longer has."""
    from onedesk_quickbooks.plugin.ruleset.explain import Explanation

    connected = session.application.connected
    links = session.application.ledger.links
    for word in words:
        link = links.invoice(connected.realm_id, word) if connected else None
        if link is not None:
            yield Explanation.from_json(link.trail)
            continue
        for given in _good(session, [word], as_json):
            link = links.invoice(connected.realm_id, given.id) if connected and given else None
            if given is not None and link is None:
                say(f"Invoice {given.id} was not copied to the connected company yet.")
            yield Explanation.from_json(link.trail) if link else None


def _explained(
    session: Session, words: Iterable[str], rule: str | None, as_json: bool
) -> Iterator[Explanation | WhyNot | None]:
    """What the rules in force say."""
    from onedesk_quickbooks.plugin.model.invoice import Invoice
    from onedesk_quickbooks.plugin.ruleset import explain as explaining

    for given in _good(session, words, as_json):
        if given is None or rule is None:
            yield session.application.explanation(given.invoice) if given else None
            continue
        invoice = Invoice.from_json(given.invoice)
        try:
            yield explaining.why_not(session.application.rules, invoice, session.application.facts(), rule)
        except explaining.UnknownRule as problem:
            raise click.UsageError(str(problem)) from problem


def _good(session: Session, words: Iterable[str], as_json: bool) -> Iterator[Given | None]:
    """The invoices; a bad record is told of, and None stands for it."""
    from onedesk_quickbooks.plugin.cli.files import BadRecord
    from onedesk_quickbooks.plugin.cli.session.gather import gather

    for given in gather(words, session.host):
        if not isinstance(given, BadRecord):
            yield given
            continue
        if as_json:
            print_json({"id": given.id, "outcome": "failed", "reason": str(given)})
        else:
            say(f"{given}\n")
        yield None
