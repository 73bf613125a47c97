"""The help texts in docs/commands.md: `python tests/cli/helptexts.py` writes them again, a test compares them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from onedesk_quickbooks.plugin.cli import main
from onedesk_quickbooks.plugin.cli.files.csv_records import COLUMNS

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
WIDTH = 110


def names() -> Iterator[str]:
    """Every command as it is called: "copy", "rules fmt"; "" for what stands before them."""
    yield ""
    context = click.Context(main)
    for name in main.list_commands(context):
        yield name
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            yield from (f"{name} {each}" for each in command.list_commands(context))


def help_of(name: str) -> str:
    """What `--help` prints."""
    words = [*name.split(), "--help"]
    return CliRunner().invoke(main, words, prog_name="onedesk-quickbooks", terminal_width=WIDTH).stdout.rstrip()


def heading(name: str) -> str:
    """The heading of a command's section."""
    return f"## {name or 'Before the command'}"


def columns() -> str:
    """The table of CSV columns."""
    rows = [f"| `{name}` | `{path}` | {about} |" for name, (path, about) in COLUMNS.items()]
    return "\n".join(["| Column | Field of the invoice | |", "|---|---|---|", *rows])


def written_again(page: str) -> str:
    """The page with every help text, and the table of columns, as they are now."""
    for name in names():
        pattern = re.compile(rf"(^{re.escape(heading(name))}\n.*?```text\n).*?(\n```)", re.DOTALL | re.MULTILINE)
        if not pattern.search(page):
            page = page.rstrip("\n") + f"\n\n{heading(name)}\n\n```text\n\n```\n"
        text = help_of(name)
        page = pattern.sub(lambda found, text=text: found[1] + text + found[2], page, count=1)  # type: ignore[misc]
    return re.sub(r"\| Column \|.*?(?=\n\n)", lambda _: columns(), page, count=1, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(written_again(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
