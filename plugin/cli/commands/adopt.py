"""`adopt`: matches invoices that exist in both systems, and links them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.days import DAY
from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, say
from onedesk_quickbooks.plugin.texts import Text, gettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.planning.adopt import Report

_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command(short_help="Link invoices that are already in both systems, so that none is duplicated.")
@click.argument("invoices", nargs=-1, metavar="[FILE|ID...]")
@click.option("--from", "first", type=DAY, metavar="DAY", help="OneDesk's invoices of this day or later.")
@click.option("--to", "last", type=DAY, metavar="DAY", help="OneDesk's invoices of this day or earlier.")
@click.option(
    "--pair",
    "pairs",
    multiple=True,
    metavar="ID=QBO_ID",
    help="Link these two, although number, date or customer differ; may be repeated.",
)
@click.option(
    "--not",
    "not_ours",
    multiple=True,
    metavar="ID=QBO_ID",
    help="Say that QuickBooks' invoice with the mark of this one is another installation's; may be repeated.",
)
@click.option(
    "--undo", is_flag=True, help="Show the links that adopt has made for these invoices; with --yes, remove them."
)
@click.option("--yes", is_flag=True, help="Link the invoices that are the same; without it nothing is linked.")
@click.option("--csv", "csv_file", type=_FILE, metavar="FILE", help="Also write the report as a table.")
@json_option
@click.pass_context
def adopt(
    ctx: click.Context,
    invoices: tuple[str, ...],
    first: datetime | None,
    last: datetime | None,
    pairs: tuple[str, ...],
    not_ours: tuple[str, ...],
    undo: bool,
    yes: bool,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """Match Open and Paid invoices of OneDesk with those that were entered in QuickBooks, and with --yes link them as
    if they had been copied. Nothing is written to QuickBooks.

    Two invoices are the same if number, customer, currency, total, tax, date and open balance agree, and no other
    invoice agrees as well. Differences are shown field by field, with the next step; --pair links two invoices although
    number, date or customer differ. What was already paid in QuickBooks counts as known to OneDesk.

    The embedded host lists its invoices; with another host, name them by FILE or ID. An invoice that waits in the queue
    is not linked.

    With --undo the links that adopt has made for the named invoices (ID, number or FILE) are shown, and with --yes
    removed: each invoice can then be adopted with the right one, or copied. A link stays if the invoice was written to
    QuickBooks since, or a payment was brought to OneDesk: the reason names the next step. Nothing in QuickBooks is
    changed.

    With --not and --yes a copy creates ID in QuickBooks, although QBO_ID has its mark: "OneDesk invoice ID" in the
    private note. Say so where another installation, whose invoices have the same ids, copies into the same company.
    --pair takes it back.

    With --json one object: company from to kept linked_before drafts_left_out adopted counts invoices; each invoice has
    id match adopted by onedesk quickbooks candidates reason remedy; match is same, named, differs, perhaps,
    only_in_onedesk or left_alone. With --undo: company kept counts invoices; each invoice has id number undo qbo_id
    qbo_number total currency reason customer; undo is link (to be removed), taken_back, gone or stays. With --not:
    company kept invoices; each invoice has id qbo_id qbo_number.

    Exit code 1 if an invoice is neither the same nor named by --pair, also if it was left out; with --undo, if a link
    stays.
    """
    days = first.date() if first else None, last.date() if last else None
    if days[0] and days[1] and days[0] > days[1]:
        problem = gettext(
            "--from {first} is after --to {last}; give the earlier day as --from", first=days[0], last=days[1]
        )
        raise click.UsageError(problem)
    named = _pairs(pairs)
    if not_ours:
        if invoices or pairs or undo or any(days) or csv_file:
            raise click.UsageError(gettext("--not takes --yes or --json alone"))
        _not_ours(ctx, _pairs(not_ours, "--not"), yes, as_json)
        return
    if undo:
        if pairs or any(days) or csv_file or not invoices:
            raise click.UsageError(gettext("--undo takes invoices by id, number or FILE, and --yes or --json alone"))
        _undo(ctx, invoices, yes, as_json)
        return
    from onedesk_quickbooks.plugin.cli.session import open_session, person, plain_errors
    from onedesk_quickbooks.plugin.planning.adopt import Asked

    with open_session(ctx.obj) as session:
        given = _Given(session, invoices, named)
        asked = Asked(given.listed, given.named, given.aside, *days, named)
        found = session.application.adopt(asked, person(), keep=yes, into_host=given.into_host)
    with plain_errors():
        _print(found, csv_file, as_json)
    if not found.fine:
        ctx.exit(FINDINGS)


def _undo(ctx: click.Context, words: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Remove links, or show what that would do."""
    from onedesk_quickbooks.plugin.cli.adopt_report import print_taken_back
    from onedesk_quickbooks.plugin.cli.files import BadRecord
    from onedesk_quickbooks.plugin.cli.session import open_session, person
    from onedesk_quickbooks.plugin.cli.session.gather import named

    with open_session(ctx.obj) as session:
        given = list(named(words))
        names = [each for each in given if not isinstance(each, BadRecord)]
        bad = [each for each in given if isinstance(each, BadRecord)]
        found = session.application.take_back_links(names, person(), keep=yes)
    if as_json:
        print_json(found.to_json())
    else:
        print_taken_back(found)
    for each in bad:
        say(each.text)
    if bad or not found.fine:
        ctx.exit(FINDINGS)


def _not_ours(ctx: click.Context, pairs: Mapping[str, str], yes: bool, as_json: bool) -> None:
    """Record that these are another installation's, or show it."""
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    with open_session(ctx.obj) as session:
        found = session.application.not_ours(pairs, person(), keep=yes)
    if as_json:
        print_json(found.to_json())
        return
    for od_id, now in found.invoices.items():
        values = {"number": now.number or "-", "qbo_id": now.id, "id": od_id}
        said = Text(
            "QuickBooks invoice {number} (id {qbo_id}) is another installation's: a copy creates {id} in QuickBooks.",
            **values,
        )
        print_line(said)
    if not yes:
        print_line(Text("Nothing was recorded; --yes does it."))


def _print(found: Report, csv_file: Path | None, as_json: bool) -> None:
    if csv_file:
        from onedesk_quickbooks.plugin.cli.adopt_report import write_csv

        write_csv(found, csv_file)
    if as_json:
        print_json(found.to_json())
    else:
        from onedesk_quickbooks.plugin.cli.adopt_report import print_report

        print_report(found)
    if csv_file:
        say(Text("Written: {file}", file=csv_file))


def _pairs(words: Iterable[str], option: str = "--pair") -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        od_id, sign, qbo_id = (part.strip() for part in word.rpartition("="))
        if not (sign and od_id and qbo_id):
            problem = gettext(
                "{option} {word}: it is OneDesk's id, =, QuickBooks' id: {option} INV-7=148", option=option, word=word
            )
            raise click.UsageError(problem)
        if od_id in found or qbo_id in found.values():
            twice = od_id if od_id in found else qbo_id
            raise click.UsageError(
                gettext(
                    "{option} {word}: {id} is named twice; an invoice has one on the other side",
                    option=option,
                    word=word,
                    id=twice,
                )
            )
        found[od_id] = qbo_id
    return found


class _Given:
    """The arguments of the command and the invoices of the host: those to match, and in `named` those that are
    counted."""

    def __init__(self, session: Session, words: tuple[str, ...], pairs: Mapping[str, str]) -> None:
        from onedesk_quickbooks.plugin.cli.files import BadRecord
        from onedesk_quickbooks.plugin.cli.session.gather import gather

        if session.embedded is None and not words:
            raise CannotRun(
                Text(
                    "{host} does not list its invoices; name those that are in both systems: onedesk-quickbooks adopt "
                    "FILE|ID",
                    host=type(session.host).__qualname__,
                )
            )
        self._session = session
        self._host = session.embedded
        self._new: dict[str, Mapping[str, Any]] = {}
        self.aside: dict[str, str] = {}
        ids = []
        for each in gather(words, session.host):
            if isinstance(each, BadRecord):
                self.aside[each.id or each.where] = each.text
                continue
            why = self._taken(each.id, each.invoice) if each.where else ""
            if why:
                self.aside[each.id] = why
            else:
                ids.append(each.id)
        self._ids = ids
        self.named = frozenset([*ids, *pairs]) if words else None

    def _taken(self, od_id: str, invoice: Mapping[str, Any]) -> str:
        """Store an invoice of a file; return why it is left unchanged, "" if it is not."""
        kept = self._named(od_id)
        if kept is None and self._host is None:
            return Text("The host does not have it: enter it there, and adopt again.")
        if kept is None:
            self._new[od_id] = invoice
        elif self._host is not None and {**kept, "status": ""} != {**invoice, "status": ""}:
            return Text(
                "The host has it otherwise than the file: bring the file in (onedesk-quickbooks invoices import FILE),"
                " and adopt again."
            )
        return ""

    @property
    def listed(self) -> Iterable[Any]:
        """All invoices of a host that lists them, with those of files that it does not have; otherwise the named
        ones."""
        yield from self._session.application.records() or map(self._one, self._ids)
        yield from (_listed(each) for each in self._new.values())

    def _one(self, od_id: str) -> Any:
        return _listed(self._named(od_id) or {"id": od_id})

    def _named(self, od_id: str) -> Any:
        from onedesk_quickbooks.plugin.sync.host_client import as_named  # `--help` must not load the database code

        return as_named(self._session.host, od_id)

    @property
    def into_host(self) -> Any:
        """A function that stores an invoice of a file in the embedded host after it is adopted, without calling
        hooks."""
        host = self._host
        if host is None:
            return None

        def keep(invoice: Mapping[str, Any]) -> None:
            if invoice["id"] in self._new:
                host.save(invoice)

        return keep


def _listed(invoice: Mapping[str, Any]) -> Any:
    """An invoice without a known balance: zero if it is Paid, else the amount due."""
    from decimal import Decimal

    from onedesk_quickbooks.plugin.host.records import asked_for
    from onedesk_quickbooks.plugin.model.money import Money
    from onedesk_quickbooks.plugin.planning.reconcile import Listed

    left = Decimal(0) if invoice.get("status") == "paid" or not invoice.get("total") else asked_for(invoice)
    return Listed(invoice, Money(left, str(invoice.get("currency") or "")))
