"""`check` from the outside: exit codes, formats, which rules it takes, and how little it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]

BAD = "version: 1\ninvoices: {on_open: maybe}\n"


def test_the_shipped_rules_are_clean_and_it_says_what_they_hold(call: Call) -> None:
    done = call("check")
    assert done.code == 0
    assert "9 tables" in done.out


def test_findings_have_a_place_a_code_and_a_remedy(call: Call, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(BAD)
    done = call("check", bad)
    assert done.code == 1
    assert f"{bad}:2:21: error OQ204" in done.out
    assert "remedy" in done.out
    done = call("check", bad, "--json")
    assert done.code == 1
    report = json.loads(done.out)
    assert {"code", "severity", "file", "line", "column", "end_line", "end_column", "message", "remedy"} <= set(
        report["findings"][0]
    )
    assert report["summary"]


def test_rules_of_the_option_then_of_the_home_then_the_shipped(call: Call, home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (home / "rules.yaml").write_text(BAD)
    assert call("check").code == 1
    good = tmp_path / "good.yaml"
    good.write_text("version: 1\ninvoices: {on_open: copy}\n")
    assert call("check", before=("--rules", good)).code == 0


def test_what_cannot_be_read_ends_with_3_and_wrong_words_with_2(call: Call, tmp_path: Path) -> None:
    done = call("check", tmp_path / "nowhere.yaml")
    assert done.code == 3
    assert "nowhere.yaml" in done.err
    assert call("check", "--frmat").code == 2


def test_it_needs_neither_network_nor_database_nor_pages(tmp_path: Path) -> None:
    text = (
        "import sys\n"
        "from onedesk_quickbooks.plugin.cli import main\n"
        "main(['--home', sys.argv[1], 'check'], standalone_mode=False)\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'requests', 'sqlalchemy', 'flask', 'waitress', 'rich', 'cryptography'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", text, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
