"""What `adopt` has found, as text for people and as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from onedesk_quickbooks.plugin.cli.output import counted, print_sentences, print_table, tell
from onedesk_quickbooks.plugin.model.legible import in_cell, one_line
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.planning.adopt import ADOPTED, KINDS, Candidate, Match, Report

_SIDES = ("number", "date", "customer", "total", "balance")
COLUMNS = (
    "id",
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
_NEXT = "Nothing was kept. To link {}, run the same command with --yes."


def print_report(found: Report) -> None:
    """A line for each, then what is to be done about those that are not the same, then how many there are."""
    tell(found.company)
    if not found.matches:
        click.echo(f"No invoice of OneDesk without a link.{_left_out(found)}")
        return
    amounts = ("Total", "Open")
    rows = [_row(each, found) for each in found.matches]
    print_table(("Invoice", "QuickBooks", "Customer", "Date", *amounts, "Match"), rows, right=amounts)
    told = [each for each in found.matches if each.kind != "same" or each.own.id in found.failed]
    print_sentences((f"{_name(each)}, {KINDS[each.kind]}", _sentence(each, found)) for each in told)
    counts = ", ".join(f"{found.counts[kind]} {KINDS[kind]}" for kind in KINDS if found.counts[kind])
    click.echo(f"{counted(len(found.matches), 'invoice')}: {counts}.{_left_out(found)}")
    ready = sum(found.counts[kind] for kind in ADOPTED)
    if found.kept:
        click.echo(f"{counted(len(found.adopted), 'invoice')} linked. Nothing was written to QuickBooks.")
    elif ready:
        click.echo(_NEXT.format("the one that is the same" if ready == 1 else f"the {ready} that are the same"))


def _left_out(found: Report) -> str:
    drafts = f" {counted(found.drafts, 'draft')} left out." if found.drafts else ""
    linked = f" {counted(found.linked, 'invoice')} linked before." if found.linked else ""
    return f"{drafts}{linked}"


def _row(each: Match, found: Report) -> tuple[object, ...]:
    own, theirs = each.own, each.theirs
    there = f"{theirs.number or '-'} (id {theirs.id})" if theirs else "-"
    if not own.currency:
        return own.number or own.id, there, "-", "-", "-", "-", KINDS[each.kind]
    kind = KINDS[each.kind] if own.id not in found.adopted else f"{KINDS[each.kind]}, linked"
    total, balance = Money(own.total, own.currency), Money(own.balance, own.currency)
    return own.number or own.id, there, own.names[0], own.day, total, balance, kind


def _name(each: Match) -> str:
    return each.own.number or each.own.id


def _sentence(each: Match, found: Report) -> str:
    """What differs with both values, why it is left, and what to do."""
    failed = found.failed.get(each.own.id)
    told = [_candidate(one) for one in each.candidates]
    return " ".join(filter(None, (*told, failed or each.why, each.remedy))) or "A person says that they are the same."


def _candidate(found: Candidate) -> str:
    theirs = found.theirs
    name = f"QuickBooks {theirs.number or '-'} (id {theirs.id})"
    fields = [f"{each.name} OneDesk {each.onedesk}, QuickBooks {each.quickbooks}" for each in found.fields]
    return f"{name}: {'; '.join(fields) or 'nothing differs'}."


def write_csv(found: Report, file: Path) -> None:
    """UTF-8 with a byte order mark, as spreadsheets want it: a row for each invoice, and for each candidate of one."""
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        for each in found.matches:
            for candidate in each.candidates or (None,):
                writer.writerow({name: _cell(name, value) for name, value in _cells(found, each, candidate)})


def _cells(found: Report, each: Match, candidate: Candidate | None) -> Iterator[tuple[str, Any]]:
    told = found.one_json(each)
    theirs = told["quickbooks"] or {}
    if candidate is not None:
        theirs = next(one for one in told["candidates"] if one["id"] == candidate.theirs.id)
        fields = (f"{field.name} ({field.onedesk} / {field.quickbooks})" for field in candidate.fields)
        yield "differs_in", "; ".join(fields)
    yield from ((name, told[name]) for name in ("id", "match", "by", "reason", "remedy"))
    yield from (("adopted", "yes" if told["adopted"] else "no"), ("currency", told["onedesk"]["currency"]))
    yield from (("onedesk_status", told["onedesk"]["status"]), ("quickbooks_id", theirs.get("id")))
    yield from ((f"onedesk_{name}", told["onedesk"][name]) for name in _SIDES)
    yield from ((f"quickbooks_{name}", theirs.get(name)) for name in _SIDES)


def _cell(name: str, value: Any) -> str:
    text = "" if value is None else str(value)
    return one_line(text) if name in _AMOUNTS else in_cell(text)
