"""The result of `adopt` as text and as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from onedesk_quickbooks.plugin.cli.output import print_line, print_sentences, print_table
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.model.legible import in_cell, one_line
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.planning.adopt import ADOPTED, KINDS, Candidate, Match, Report
from onedesk_quickbooks.plugin.sync.adopt.taking_back import KINDS as TAKEN_BACK
from onedesk_quickbooks.plugin.sync.adopt.taking_back import Report as TakenBack
from onedesk_quickbooks.plugin.sync.adopt.taking_back import Row as TakenBackRow
from onedesk_quickbooks.plugin.texts import Text, count, counted, gettext, joined, ngettext

_SIDES = ("number", "date", "customer", "total", "balance")
COLUMNS = (
    "id",
    "kind",
    "match",
    "adopted",
    "by",
    "currency",
    "onedesk_status",
    *(f"onedesk_{name}" for name in _SIDES),
    "quickbooks_id",
    *(f"quickbooks_{name}" for name in _SIDES),
    "differs_in",
    "reason",
    "remedy",
)
_AMOUNTS = ("onedesk_total", "onedesk_balance", "quickbooks_total", "quickbooks_balance")


def print_report(found: Report) -> None:
    """Print a line for each invoice, then the next step for those that differ, then the counts."""
    print_line(found.company)
    if not found.matches:
        print_line(joined(" ", (Text("OneDesk has no invoice without a link."), *_left_out(found))))
        return
    amounts = (Text("Total"), Text("Open"))
    rows = [_row(each, found) for each in found.matches]
    columns = (Text("Invoice"), "QuickBooks", Text("Customer"), Text("Date"), *amounts, Text("Match"))
    print_table(columns, rows, right=amounts)
    matches = [each for each in found.matches if each.kind != "same" or each.why or each.own.id in found.failed]
    print_sentences((joined(", ", (_name(each), KINDS[each.kind])), _sentence(each, found)) for each in matches)
    counts = [counted(found.counts[kind], KINDS[kind]) for kind in KINDS if found.counts[kind]]
    invoices = ngettext("{n} invoice", "{n} invoices", len(found.matches))
    every = Text("{invoices}: {counts}.", invoices=invoices, counts=joined(", ", counts))
    print_line(joined(" ", (every, *_left_out(found))))
    ready = sum(found.counts[kind] for kind in ADOPTED)
    if found.kept:
        click.echo(
            ngettext(
                "{n} invoice linked. Nothing was written to QuickBooks.",
                "{n} invoices linked. Nothing was written to QuickBooks.",
                len(found.adopted),
            )
        )
    elif ready == 1:
        print_line(Text("Nothing was linked. To link the one that is the same, run the same command with --yes."))
    elif ready:
        print_line(
            Text(
                "Nothing was linked. To link the {n} that are the same, run the same command with --yes.",
                n=count(ready),
            )
        )


def _left_out(found: Report) -> Iterator[str]:
    if found.drafts:
        yield ngettext("{n} draft left out.", "{n} drafts left out.", found.drafts)
    if found.linked:
        yield ngettext("{n} invoice linked before.", "{n} invoices linked before.", found.linked)


def _row(each: Match, found: Report) -> tuple[object, ...]:
    own, theirs = each.own, each.theirs
    there = f"{theirs.number or '-'} (id {theirs.id})" if theirs else "-"
    if not own.currency:
        return _name(each), there, "-", "-", "-", "-", KINDS[each.kind]
    kind = KINDS[each.kind]
    if own.id in found.adopted:
        kind = Text("{match}, linked", match=kind)
    total, balance = Money(own.total, own.currency), Money(own.balance, own.currency)
    return _name(each), there, own.names[0], own.day, total, balance, kind


def _name(each: Match) -> str:
    number = each.own.number or each.own.id
    return Text("credit note {number}", number=number) if each.own.is_credit else number


def _sentence(each: Match, found: Report) -> str:
    """What differs with both values, why it is left unchanged, and what to do."""
    failed = found.failed.get(each.own.id)
    candidates = [_candidate(one) for one in each.candidates]
    some = [text for text in (*candidates, failed or each.why, each.remedy) if text]
    return joined(" ", some) if some else Text("A person says that they are the same.")


def _candidate(found: Candidate) -> str:
    theirs = found.theirs
    fields = [
        Text(
            "{field} OneDesk {onedesk}, QuickBooks {quickbooks}",
            field=each.name,
            onedesk=each.onedesk,
            quickbooks=each.quickbooks,
        )
        for each in found.fields
    ]
    differences = joined("; ", fields) if fields else Text("nothing differs")
    return Text(
        "QuickBooks {number} (id {id}): {differences}.",
        number=theirs.number or "-",
        id=theirs.id,
        differences=differences,
    )


def print_taken_back(found: TakenBack) -> None:
    """Print a line for each link, then why some stay and what happens to customers, then the counts."""
    print_line(found.company)
    total = Text("Total")
    columns = (Text("Invoice"), "QuickBooks", total, Text("Link"))
    print_table(columns, [_link_row(each) for each in found.rows], right=(total,))
    rows = [each for each in found.rows if each.reason or each.customer]
    print_sentences((joined(", ", (each.number, TAKEN_BACK[each.kind])), each.reason or each.customer) for each in rows)
    counts = [counted(found.counts[kind], each) for kind, each in TAKEN_BACK.items() if found.counts[kind]]
    links = ngettext("{n} link", "{n} links", len(found.rows))
    print_line(Text("{invoices}: {counts}.", invoices=links, counts=joined(", ", counts)))
    if found.kept:
        click.echo(gettext("Nothing in QuickBooks was changed."))
    elif found.counts["link"]:
        click.echo(
            gettext(
                "Nothing was changed yet. To remove the links that can be removed, run the same command with --yes."
            )
        )


def _link_row(each: TakenBackRow) -> tuple[object, ...]:
    there = f"{each.qbo_number or '-'} (id {each.qbo_id})" if each.qbo_id else "-"
    return each.number, there, each.total or "-", TAKEN_BACK[each.kind]


def write_csv(found: Report, file: Path) -> None:
    """Write UTF-8 with a byte order mark, which spreadsheets need: a row for each invoice, and for each candidate of
    one."""
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        for each in found.matches:
            for candidate in each.candidates or (None,):
                writer.writerow({name: _cell(name, value) for name, value in _cells(found, each, candidate)})


def _cells(found: Report, each: Match, candidate: Candidate | None) -> Iterator[tuple[str, Any]]:
    row = found.one_json(each)
    theirs = row["quickbooks"] or {}
    if candidate is not None:
        theirs = next(one for one in row["candidates"] if one["id"] == candidate.theirs.id)
        fields = (f"{field.name} ({field.onedesk} / {field.quickbooks})" for field in candidate.fields)
        yield "differs_in", "; ".join(fields)
    yield from ((name, shown(row[name])) for name in ("id", "kind", "match", "by", "reason", "remedy"))
    yield from (("adopted", "yes" if row["adopted"] else "no"), ("currency", row["onedesk"]["currency"]))
    yield from (("onedesk_status", row["onedesk"]["status"]), ("quickbooks_id", theirs.get("id")))
    yield from ((f"onedesk_{name}", row["onedesk"][name]) for name in _SIDES)
    yield from ((f"quickbooks_{name}", theirs.get(name)) for name in _SIDES)


def _cell(name: str, value: Any) -> str:
    text = "" if value is None else str(value)
    return one_line(text) if name in _AMOUNTS else in_cell(text)
