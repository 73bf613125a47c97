"""`audit`: what was requested, decided, written and done, entry by entry; verified, and exported for auditors."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from onedesk_quickbooks.plugin.cli.days import DAY
from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, say
from onedesk_quickbooks.plugin.texts import Text, gettext, ngettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ledger import AuditEntry, Ledger, Verified


class _OfInvoice(click.Group):
    """A word that is no command is an invoice."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        words = [each for each in args[:end] if not each.startswith("-")]
        named = bool(words) or end < len(args) - 1
        if named and not (words and words[0] in self.commands):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_OfInvoice,
    subcommand_metavar="INVOICE | COMMAND [ARGS]...",
    short_help="Show and check the records of every invoice, and export them for auditors.",
)
def audit() -> None:
    """The audit trail: what the host passed, what was decided, planned, requested, answered and reported, by whom and
    when.

    `audit INVOICE` shows one invoice. Rows are only added, and each has a hash over the one before it;
    docs/accounting.md explains what that proves.
    """


@audit.command(short_help="Show the records of one invoice: `audit INVOICE`.")
@click.argument("invoice")
@json_option
@click.pass_context
def show(ctx: click.Context, invoice: str, as_json: bool) -> None:
    """Show all records of INVOICE (its id in OneDesk, or its number), the oldest first.

    With --json one object a line, as `audit export` writes it: id at kind company invoice actor content hash.
    """
    from onedesk_quickbooks.plugin.cli.audit_report import lines_of

    with _ledger(ctx) as ledger:
        any_shown = False
        for entry in _of_invoice(ledger, invoice):
            any_shown = True
            if as_json:
                click.echo(entry.line)
            else:
                for line in lines_of(entry, ledger.sentences.recalled):
                    print_line(line)
    if not any_shown:
        raise CannotRun(
            Text("nothing was recorded of an invoice {id}; give its id or its number in OneDesk", id=repr(invoice))
        )


def _of_invoice(ledger: Ledger, invoice: str) -> Iterator[AuditEntry]:
    found = False
    for entry in ledger.audit.of_invoice(invoice):
        found = True
        yield entry
    if not found:
        for od_id in ledger.queue_lists.ids_of(invoice):
            yield from ledger.audit.of_invoice(od_id)


def _anchors(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> Mapping[int, str]:
    noted = {}
    for each in given:
        row, _, hashed = each.partition(":")
        if not row.isdecimal() or len(hashed) != 64:
            problem = gettext("{given} is not {form}, as `audit verify` prints it", given=repr(each), form="ROW:HASH")
            raise click.BadParameter(problem, ctx, param)
        noted[int(row)] = hashed.lower()
    return noted


@audit.command(short_help="Check that no row was changed, removed or moved.")
@click.option(
    "--expect",
    "anchors",
    multiple=True,
    metavar="ROW:HASH",
    callback=_anchors,
    help="A ROW:HASH that this command printed before; may be repeated.",
)
@json_option
@click.pass_context
def verify(ctx: click.Context, anchors: Mapping[int, str], as_json: bool) -> None:
    """Check the chain of hashes, and name the first row that is not as it was recorded. The last line is a ROW:HASH.
    Keep it in a place that nobody who can write to the ledger can change: with --expect it proves later that no row
    before it was rewritten.

    With --json one object: rows hash broken (null, or row at why).

    Exit code 1 if the chain is broken.
    """
    with _ledger(ctx) as ledger:
        found = ledger.audit.verify(anchors)
    if as_json:
        print_json(_json(found))
    elif found.broken is not None:
        at = Text(" of {day}", day=found.broken.at) if found.broken.at else ""
        print_line(Text("The chain is broken. Row {n}{at}: {why}.", n=found.broken.id, at=at, why=found.broken.why))
        print_line(ngettext("{n} row before it is intact.", "{n} rows before it are intact.", found.rows))
    else:
        print_line(
            ngettext(
                "{n} row: none was changed, removed or moved.",
                "{n} rows: none was changed, removed or moved.",
                found.rows,
            )
        )
        print_line(f"{found.rows}:{found.hash}")
    if found.broken is not None:
        ctx.exit(FINDINGS)


def _json(found: Verified) -> dict[str, object]:
    broken = found.broken
    place = {"row": broken.id, "at": broken.at or None, "why": broken.why} if broken else None
    return {"rows": found.rows, "hash": found.hash, "broken": place}


@audit.command(short_help="Write the rows of a period for auditors.")
@click.option("--from", "first", type=DAY, metavar="DAY", help="Rows recorded on this day (UTC) or later.")
@click.option("--to", "last", type=DAY, metavar="DAY", help="Rows recorded on this day (UTC) or earlier.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="jsonl: a JSON object a line, which can be checked. csv: for a spreadsheet.",
)
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    show_default="standard output",
    help="The file to write.",
)
@click.pass_context
def export(ctx: click.Context, first: datetime | None, last: datetime | None, form: str, file: Path | None) -> None:
    """Write all rows, or those of a period, the oldest first: id at kind company invoice actor content hash.

    Rows hold names, addresses and amounts of the invoices, and no token, key or password.
    """
    if first and last and first > last:
        days = {"first": f"{first:%Y-%m-%d}", "last": f"{last:%Y-%m-%d}"}
        raise click.UsageError(gettext("--from {first} is after --to {last}; give the earlier day as --from", **days))
    since = first.replace(tzinfo=timezone.utc) if first else None
    before = last.replace(tzinfo=timezone.utc) + timedelta(days=1) if last else None
    with _ledger(ctx) as ledger, _opened(file, form) as out:
        rows = ledger.audit.each(since, before)
        count = _write_csv(rows, out) if form == "csv" else _write_lines(rows, out)
    if file:
        say(Text("Written: {file}, {rows}", file=file, rows=ngettext("{n} row", "{n} rows", count)))


@contextmanager
def _opened(file: Path | None, form: str) -> Iterator[TextIO]:
    if file is None:
        yield sys.stdout
        return
    encoding = "utf-8-sig" if form == "csv" else "ascii"
    with file.open("w", encoding=encoding, newline="") as out:
        yield out


def _write_lines(rows: Iterator[AuditEntry], out: TextIO) -> int:
    count = 0
    for count, each in enumerate(rows, 1):  # noqa: B007  # it is returned
        out.write(f"{each.line}\n")
    return count


def _write_csv(rows: Iterator[AuditEntry], out: TextIO) -> int:
    import csv

    from onedesk_quickbooks.plugin.model.legible import in_cell

    writer = csv.writer(out)
    writer.writerow(("id", "at", "kind", "company", "invoice", "actor", "content", "hash"))
    count = 0
    for count, each in enumerate(rows, 1):  # noqa: B007  # it is returned
        texts = (each.at, each.kind, each.realm_id, each.od_invoice_id, each.actor, each.content, each.hash)
        writer.writerow((each.id, *map(in_cell, texts)))
    return count


@contextmanager
def _ledger(ctx: click.Context) -> Iterator[Ledger]:
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with open_session(options, connected=False, used=True, default_rules=True) as session:
        yield session.application.ledger
