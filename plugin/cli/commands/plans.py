"""`plan` and `explain`: what would be done with invoices, and by which rules. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.files import BadRecord
from onedesk_quickbooks.plugin.cli.ordered_output import OrderedOutput
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, progress, say
from onedesk_quickbooks.plugin.cli.steps import as_typed, shown
from onedesk_quickbooks.plugin.model.legible import lines
from onedesk_quickbooks.plugin.texts import Text, gettext, joined, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.cli.session.gather import Given
    from onedesk_quickbooks.plugin.model.host import InvoiceJson
    from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan
    from onedesk_quickbooks.plugin.model.plan import Held
    from onedesk_quickbooks.plugin.ruleset.explain import Explanation, WhyNot

    Planned = AnyWorkPlan | BadRecord

_AT_ONCE = 30
"""Invoices per batch of queries to QuickBooks."""


@click.command(short_help="Show what would be done in QuickBooks; do nothing.")
@click.argument("invoices", nargs=-1, required=True, metavar="FILE|ID...")
@click.option("--send", "sending", is_flag=True, help="Show what `send` would do, instead of `copy`.")
@json_option
@click.pass_context
def plan(ctx: click.Context, invoices: tuple[str, ...], sending: bool, as_json: bool) -> None:
    """Show what `copy` (or `send`) would do in QuickBooks. QuickBooks is only read; nothing is changed.

    A copy or send also processes entries that are already in the queue, so they are shown too, after the named
    invoices; and so is what is held until one of these is in QuickBooks. With --json one object a line, as defined in
    schemas/plan.schema.json; for a bad record id, outcome and reason. Exit code 1 if an invoice would be held or a
    record is bad, not if the rules skip one.

    `copy` and `send` end with the same exit code, unless QuickBooks is changed in between. One total is known only to
    QuickBooks: with automated sales tax (US) it is compared after the invoice is written. A note names the expected
    total; if QuickBooks calculates another one, the invoice is held and the exit code is 1.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.cli.session.gather import gather, names_file

    options: Options = ctx.obj
    with open_session(options) as session:
        gather(invoices, session.host)  # before anything is read: a word may be wrong
        if names_file(invoices):
            session.needs_embedded(Text("Invoices of files are put into"))
        action = "send" if sending else "copy"
        fine = show_plans(session, lambda: gather(invoices, session.host), action, as_json)
    if not fine:
        ctx.exit(FINDINGS)


def show_plans(
    session: Session, given: Callable[[], Iterable[Given | BadRecord]], action: str, as_json: bool, name: str = ""
) -> bool:
    """Print what `copy` or `send` would do with these invoices, and with the entries that are in the queue; return
    whether none would be held. `given` is called more than once; `name` is the header of the given ones where they
    follow the others."""
    show = ShownPlans(as_json, name)
    output: OrderedOutput[Planned] = OrderedOutput(show, show.again)
    _Planning(session, given, action, output).work()
    output.end()
    output.end_along()
    return show.fine


class ShownPlans:
    """Prints plans, each with a header where the one before had another."""

    def __init__(self, as_json: bool, name: str = "") -> None:
        self._as_json, self._named, self._unwell = as_json, name or gettext("Named in the command:"), 0
        self._header = self._named

    @property
    def fine(self) -> bool:
        """Whether none would be held."""
        return not self._unwell

    def __call__(self, planned: Planned, waited: bool) -> None:
        along = gettext("Already in the queue, and processed in the same run:")
        self._add(planned, waited, along if waited else self._named)

    def again(self, planned: Planned) -> None:
        """Print a later plan of an invoice that was printed as held."""
        self._unwell -= 1
        header = gettext("Processed once more, because what they are held for is done in the same run:")
        self._add(planned, False, header)

    def _add(self, planned: Planned, waited: bool, header: str) -> None:
        from onedesk_quickbooks.plugin.planning import plan_json, plan_text

        self._unwell += isinstance(planned, BadRecord) or planned.outcome in ("held", "failed")
        if isinstance(planned, BadRecord):
            _show_bad(planned, self._as_json)
        elif self._as_json:
            print_json(plan_json(planned, waited))
        else:
            if header != self._header:
                click.echo(header)
            click.echo(as_typed(f"{plan_text(planned)}\n"))
            self._header = header


class _Planning:
    """What `copy` and `send` would do with each invoice, in order, including a refusal before any request to
    QuickBooks; then with the invoices that are queued already."""

    def __init__(
        self,
        session: Session,
        given: Callable[[], Iterable[Given | BadRecord]],
        action: str,
        output: OrderedOutput[Planned],
    ) -> None:
        self._session, self._given, self._action, self._shown = session, given, action, output
        self._places: dict[str, list[Planned]] = {}
        self._early: dict[str, Planned] = {}
        self._held: dict[str, tuple[list[Planned], int]] = {}
        self._gone: set[str] = set()
        self._sends: set[str] = set()

    def work(self) -> None:
        """Plan all given invoices in batches."""
        asked = self._asked(self._given())
        with progress() as bar:
            shown = bar.add_task(gettext("Planning"), total=None)
            for planned, waits in self._session.application.plan_run(asked, self._action, self._among, self._sends):
                bar.advance(shown)
                if waits:
                    self._add_waiting(planned)
                elif planned.invoice_id in self._places:
                    place = self._places.pop(planned.invoice_id)
                    if planned.outcome == "held":
                        self._held[planned.invoice_id] = place, _why(planned)
                    self._shown.fill(place, planned)
                else:  # it waits, so that it is planned before the given invoices are read this far
                    self._early[planned.invoice_id] = planned

    def _add_waiting(self, planned: AnyWorkPlan) -> None:
        if planned.invoice_id in self._held:
            place, why = self._held[planned.invoice_id]
            if (planned.outcome, _why(planned)) != ("held", why):  # something of the same run has changed it
                self._shown.again(place, planned)
        elif planned.invoice_id not in self._gone:
            self._shown.went_along(planned)

    def _asked(self, given: Iterable[Given | BadRecord]) -> Iterator[InvoiceJson]:
        """The invoices that the host would be asked for; prints why the others would be refused."""
        for each in given:
            place = self._shown.place()
            against = each if isinstance(each, BadRecord) else self._refusal(each)
            if against is not None:
                self._shown.fill(place, against)
            elif not isinstance(each, BadRecord):
                if each.id in self._early:
                    self._shown.fill(place, self._early.pop(each.id))
                else:
                    self._places[each.id] = place
                if each.action == "send":
                    self._sends.add(each.id)
                yield self._as_asked(each)

    def _among(self, ids: Collection[str]) -> Iterator[InvoiceJson]:
        """The invoices that are queued already and requested again. Entries of those that the file withdraws from the
        queue are dropped."""
        from onedesk_quickbooks.plugin.cli.session.asking import withdraws

        for each in self._given():
            if isinstance(each, BadRecord) or each.id not in ids:
                continue
            if withdraws(self._session, each):
                self._gone.add(each.id)
            if self._refusal(each) is None:
                yield self._as_asked(each)

    def _as_asked(self, each: Given) -> InvoiceJson:
        from onedesk_quickbooks.plugin.cli.session.asking import as_asked

        return as_asked(self._session, each)

    def _refusal(self, each: Given) -> Held | None:
        from onedesk_quickbooks.plugin.cli.session.asking import refusal
        from onedesk_quickbooks.plugin.model.plan import Held, Reason
        from onedesk_quickbooks.plugin.sync.payload import kind_of

        against = refusal(self._session, each, self._action)
        if against is None:
            return None
        number = str(each.invoice.get("number") or "")
        reasons = (Reason("not-asked", against.reason),)
        kind = kind_of(each.invoice)
        return Held(each.id, number, reasons, total=against.total, outcome=against.outcome, kind=kind)


def _why(planned: AnyWorkPlan) -> int:
    from onedesk_quickbooks.plugin.model.plan import Held

    return hash(planned.reason) if isinstance(planned, Held) else 0


@click.command(short_help="Show the rule behind each decision for an invoice.")
@click.argument("invoices", nargs=-1, required=True, metavar="FILE|ID...")
@click.option("--why-not", "rule", metavar="RULE", help="Show why the rule with this id did not apply.")
@click.option("--as-copied", is_flag=True, help="Show the decision of the copy, by the rules of that time.")
@click.option(
    "--company", metavar="FILE", help="Show the accounts of the items of this snapshot, instead of QuickBooks'."
)
@json_option
@click.pass_context
def explain(
    ctx: click.Context,
    invoices: tuple[str, ...],
    rule: str | None,
    as_copied: bool,
    company: str | None,
    as_json: bool,
) -> None:
    """Show for each decision the rule that applied, at file:line, the values it matched, and the nearest rule that did
    not apply.

    In QuickBooks an item has an account, a line has none. So if QuickBooks already has the item, its account is shown:
    from the connected company, or from a snapshot (--company). Without either, only the rules are shown.

    With --json one object for each invoice, the same that is stored with every copied invoice; in addition, with each
    income account, existing_item: the name and the account of the item in QuickBooks.
    """
    from onedesk_quickbooks.plugin.cli.session import open_session

    if rule is not None and (as_copied or company):
        raise click.UsageError(gettext("--why-not asks the rules in force alone; leave --as-copied and --company out"))
    options: Options = ctx.obj
    fine = True
    with open_session(options, connected=as_copied) as session:
        existing = _ExistingItems(session, company)
        if not as_copied and options.rules is None:
            rules = session.application.rules_now()
            say(
                Text(
                    "Rules in force since {since} UTC: {path} ({hash})",
                    since=f"{rules.since:%Y-%m-%d %H:%M}",
                    path=rules.path,
                    hash=rules.hash[:12],
                )
            )
        if as_copied:
            found: Iterator[Explanation | WhyNot | None] = _stored(session, invoices, existing, as_json)
        elif rule is not None:
            found = _why_not(session, invoices, rule, as_json)
        else:
            found = _explained(session, invoices, existing, as_json)
        for each in found:
            if each is None:
                fine = False
                continue
            print_json(each.to_json()) if as_json else click.echo(lines(shown(each.render_text())))
    if not fine:
        ctx.exit(FINDINGS)


class _ExistingItems:
    """The items of QuickBooks or of a snapshot (`company`). If QuickBooks cannot be reached, this is reported once."""

    def __init__(self, session: Session, company: str | None) -> None:
        from onedesk_quickbooks.plugin.findings import CannotRead
        from onedesk_quickbooks.plugin.ruleset.check.snapshot import read_snapshot

        self._application = session.application
        self._asks = session.application.connected is not None
        try:
            self._snapshot = read_snapshot(Path(company)) if company else None
        except CannotRead as error:
            raise CannotRun(text_in(error)) from error

    def __call__(self, found: Sequence[Explanation]) -> Sequence[Explanation]:
        """The explanations with the existing items."""
        from onedesk_quickbooks.plugin.model.books import item_directory
        from onedesk_quickbooks.plugin.planning import existing_items
        from onedesk_quickbooks.plugin.qbo import QuickBooksProblem

        if self._snapshot is not None:
            items = item_directory(self._snapshot.items)
            return [each.with_items(existing_items(each.item_names, items)) for each in found]
        if self._asks and found:
            try:
                return self._application.with_items(found)
            except QuickBooksProblem as problem:
                self._asks = False
                say(Text("The accounts of existing items are not shown: {problem}", problem=text_in(problem)))
        return found


def _stored(
    session: Session, words: Iterable[str], existing: _ExistingItems, as_json: bool
) -> Iterator[Explanation | WhyNot | None]:
    """The stored explanations of copied invoices, also of those that the host no longer has."""
    from onedesk_quickbooks.plugin.ruleset.explain import Explanation

    connected = session.application.connected
    links = session.application.ledger.links
    for word in words:
        link = links.invoice(connected.realm_id, word) if connected else None
        if link is not None:
            yield from existing([Explanation.from_json(link.trail)])
            continue
        for given in _good(session, [word], as_json):
            link = links.invoice(connected.realm_id, given.id) if connected and given else None
            if given is not None and link is None:
                say(Text("Invoice {id} was not copied to the connected company yet.", id=given.id))
            yield from existing([Explanation.from_json(link.trail)]) if link else [None]


def _explained(
    session: Session, words: Iterable[str], existing: _ExistingItems, as_json: bool
) -> Iterator[Explanation | WhyNot | None]:
    """The explanations by the rules in force; QuickBooks is queried once for several invoices."""
    from onedesk_quickbooks.plugin.cli.session.gather import gather

    rows, explanation = gather(words, session.host), session.application.explanation
    while chunk := list(islice(rows, _AT_ONCE)):
        explanations = iter(existing([explanation(each.invoice) for each in chunk if not isinstance(each, BadRecord)]))
        for each in chunk:
            if isinstance(each, BadRecord):
                _show_bad(each, as_json)
            yield None if isinstance(each, BadRecord) else next(explanations)


def _why_not(session: Session, words: Iterable[str], rule: str, as_json: bool) -> Iterator[Explanation | WhyNot | None]:
    """Why a rule in force did not win."""
    from onedesk_quickbooks.plugin.model.invoice import Invoice
    from onedesk_quickbooks.plugin.ruleset import explain as explaining

    for given in _good(session, words, as_json):
        if given is None:
            yield None
            continue
        invoice = Invoice.from_json(given.invoice)
        try:
            yield explaining.why_not(session.application.rules, invoice, session.application.facts(), rule)
        except explaining.UnknownRule as problem:
            raise click.UsageError(shown(text_in(problem))) from problem


def _good(session: Session, words: Iterable[str], as_json: bool) -> Iterator[Given | None]:
    """The invoices; a bad record is reported and gives None."""
    from onedesk_quickbooks.plugin.cli.session.gather import gather

    for given in gather(words, session.host):
        if not isinstance(given, BadRecord):
            yield given
            continue
        _show_bad(given, as_json)
        yield None


def _show_bad(record: BadRecord, as_json: bool) -> None:
    if as_json:
        print_json({"id": record.id, "outcome": "failed", "reason": str(record)})
    else:
        say(joined("", (record.text, "\n")))
