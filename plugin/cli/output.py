"""The output of commands: tables for people, one JSON object a line for programs, progress bars on terminals only."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.model.legible import in_json, lines, one_line
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:
    from rich.progress import Progress

json_option = click.option("--json", "as_json", is_flag=True, help="JSON for machines instead of text for people.")

_PIPED_WIDTH = 160
"""The width of a table in a file or a pipe, in columns."""
_WIDE = 130
"""The minimum width of a table with a column of sentences."""

STYLES = {
    "copied": "green",
    "updated": "green",
    "sent": "bold green",
    "voided": "green",
    "deleted": "green",
    "unchanged": "dim",
    "held": "yellow",
    "failed": "bold red",
    "skipped": "dim",
    "planned": "green",
    "recorded": "green",
    "reversed": "yellow",
    "noted": "yellow",
    "changed": "yellow",
    "ignored": "dim",
}
"""The style of an outcome."""


def print_json(value: Mapping[str, Any]) -> None:
    """Print one object on one line, flushed at once; Decimals keep their digits."""
    import simplejson

    click.echo(in_json(simplejson.dumps(value, use_decimal=True, ensure_ascii=False)))
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[str] = ()) -> None:
    """Print a table as wide as the terminal, with control characters escaped; if its words do not fit side by side,
    cells are printed below each other. Columns named in `right` are right-aligned; an "Outcome" is coloured. rich would
    print the same, but its tables are slow to import."""
    amounts, rows = set(right), list(rows)
    names = [shown(each) for each in columns]
    styles = [[STYLES.get(str(cell), "") for cell in row] for row in rows]
    cells = [[one_line(shown(cell)) for cell in row] for row in rows]
    whole = [each in amounts for each in columns]
    widths = _widths([names, *cells], whole, _columns() - 3 * len(names) + 1)
    if widths is None:
        _print_below(names, cells, _columns())
        return
    click.echo()
    _print_row(names, ["bold"] * len(names), widths, whole)
    click.echo(f" {'─' * (sum(widths) + 3 * len(widths) - 3)}")
    for row, looks in zip(cells, styles, strict=True):
        _print_row(row, looks, widths, whole)
    click.echo()


def _columns() -> int:
    """The width of the terminal, of a file or of a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPED_WIDTH


def _styled(text: str, style: str) -> str:
    """The text in this style; click removes the codes if the output is not a terminal."""
    if not (text and style) or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    words = set(style.split())
    known = {each: True for each in ("bold", "dim") if each in words}
    return click.style(text, fg=next(iter(words - known.keys()), None), **known)


def _print_row(cells: Sequence[str], styles: Sequence[str], widths: Sequence[int], whole: Sequence[bool]) -> None:
    """Print cells side by side, each on as many lines as it needs."""
    from rich.cells import cell_len

    for parts in zip_longest(*map(_wrapped, cells, widths), fillvalue=""):
        line = ""
        for part, style, width, is_amount in zip(parts, styles, widths, whole, strict=True):
            space = " " * (width - cell_len(part))
            line += "   " + (space + _styled(part, style) if is_amount else _styled(part, style) + space)
        click.echo(line[2:].rstrip())


def _wrapped(text: str, width: int) -> list[str]:
    """The lines of a cell. No word is broken."""
    from rich.cells import cell_len

    found = [""]
    for word in re.findall(r"\s*\S+\s*", text):
        if found[-1] and cell_len(found[-1]) + cell_len(word.rstrip()) > width:
            found.append("")
        found[-1] += word
    return [each.rstrip() for each in found]


def _widths(rows: Sequence[Sequence[str]], whole: Sequence[bool], room: int) -> list[int] | None:
    """The widths of the columns, such that no word is broken; None if they do not fit."""
    from rich.cells import cell_len

    columns = list(zip(*rows, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    least = [
        width if is_whole else max(cell_len(word) for cell in column for word in cell.split() or [""])
        for column, width, is_whole in zip(columns, widths, whole, strict=True)
    ]
    if sum(least) > room:
        return None
    widths = [max(low, min(width, room)) for low, width in zip(least, widths, strict=True)]
    while sum(widths) > room:
        widest = max((at for at, width in enumerate(widths) if width > least[at]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _print_below(names: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> None:
    """Print the cells of each row below each other, with the names of their columns; an empty line after each row."""
    import textwrap

    click.echo()
    margin = max(map(len, names)) + 2
    for row in rows:
        for name, cell in zip(names, row, strict=True):
            if cell:
                first, rest = f" {name:{margin}}", " " * (margin + 1)
                wrapper = textwrap.TextWrapper(
                    width, initial_indent=first, subsequent_indent=rest, break_long_words=False
                )
                wrapper.break_on_hyphens = False
                click.echo(wrapper.fill(cell))
        click.echo()


def is_wide() -> bool:
    """Whether a column of sentences fits beside the others."""
    return _columns() >= _WIDE


def print_sentences(sentences: Iterable[tuple[str, str]]) -> None:
    """Print names with their texts, as wide as the terminal; an empty line after them."""
    import textwrap

    width = _columns()
    any_shown = False
    for name, text in sentences:
        any_shown = True
        click.echo(
            textwrap.fill(
                one_line(shown(Text("{name}: {text}", name=name, text=text))),
                width,
                initial_indent=" ",
                subsequent_indent="   ",
                break_on_hyphens=False,
            )
        )
    if any_shown:
        click.echo()


def nobody_reads(handle: int) -> None:
    """Discard further output: the reader has paused, and the process would wait for it even at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, handle)
    os.close(nowhere)


def say(text: str) -> None:
    """Print a remark for people, which is not part of the output for scripts."""
    click.echo(lines(shown(text)), err=True)


def print_line(text: str) -> None:
    """Print one line with names or texts; escape sequences for the terminal are escaped."""
    click.echo(one_line(shown(text)))


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on stderr that is shown on a terminal only and removed afterwards. If the terminal is closed
    meanwhile, only the bar is lost."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    out = Console(stderr=True, highlight=False, markup=False, emoji=False)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=out,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # otherwise the output would be printed where the bar is
        disable=not out.is_terminal,
    )
    try:
        bar.start()
    except OSError:
        bar.disable = True
    try:
        yield bar
    finally:
        if out.is_terminal:  # elsewhere rich before 14.3 would print an empty line
            with suppress(OSError):
                bar.stop()
