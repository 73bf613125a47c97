"""What is written about the commands is what they say of themselves."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from onedesk_quickbooks.plugin.cli import main
from onedesk_quickbooks.plugin.cli.app import COMMANDS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def texts() -> ModuleType:
    """tests/cli/helptexts.py."""
    spec = importlib.util.spec_from_file_location("helptexts", Path(__file__).with_name("helptexts.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_docs_commands_has_every_help_text_and_every_column(texts: ModuleType) -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == texts.written_again(page), "run: python tests/cli/helptexts.py"


def test_every_name_of_the_table_is_a_command_with_help() -> None:
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help
        assert all(each.help for each in command.params if isinstance(each, click.Option)), name


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/commands.md"])
def test_links_lead_somewhere_and_commands_exist(page: str) -> None:
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (path.parent / target).exists(), target
    for name in re.findall(r"^ +onedesk-quickbooks ([a-z]+)", text, re.MULTILINE):
        assert name in COMMANDS, name


def test_readme_names_the_settings_and_the_csv_can_be_read(tmp_path: Path) -> None:
    import json

    from onedesk_quickbooks.plugin.cli.files import Record, read_file
    from onedesk_quickbooks.plugin.sync.payload import read_invoice

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    keys = json.loads((ROOT / "schemas" / "settings.schema.json").read_text(encoding="utf-8"))["properties"]
    for key in keys:
        assert f"`{key}`" in text, key
    (shown,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "shown.csv"
    file.write_text(shown)
    (record,) = read_file(file)
    assert isinstance(record, Record)
    assert len(read_invoice(record.invoice).lines) == 2
