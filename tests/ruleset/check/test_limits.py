"""Files that were made to hurt: a finding, no crash, no wait. And what a check may import."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.findings import CannotRead
from onedesk_quickbooks.plugin.findings.finding import MOST
from onedesk_quickbooks.plugin.ruleset.cases.report import run_paths
from onedesk_quickbooks.plugin.ruleset.check import Checked, check
from onedesk_quickbooks.plugin.ruleset.mend import mends
from tests.support.costly_rules import HOSTILE, MANY, OVERLAPPING, keyed, many, overlapping, ranges


def checked(path: Path, data: bytes | str) -> Checked:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return check([path])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_a_finding(name: str, tmp_path: Path) -> None:
    data, code = HOSTILE[name]
    found = checked(tmp_path / "rules.yaml", data)
    assert code in {each.code for each in found.findings}
    assert len(found.findings) <= MOST
    assert found.loaded[0].rules is None


def test_ten_thousand_lines_pass(tmp_path: Path) -> None:
    found = checked(tmp_path / "rules.yaml", keyed())
    assert found.findings == ()
    assert found.summary["rules"] == 10_001


@pytest.mark.parametrize("name", MANY)
def test_more_rules_than_can_be_proved_are_too_many(name: str, tmp_path: Path) -> None:
    """What is proved takes memory by the square of their number: 120,000 rules fit into a file of 2 MB."""
    path = tmp_path / "rules.yaml"
    result = checked(path, many(name, 20_001))
    (found,) = result.findings
    assert (found.code, found.line in (2, 3), result.loaded[0].rules) == ("OQ106", True, None)
    assert f"20001 of them in {name}" in found.message or f"20002 of them in {name}" in found.message
    assert checked(path, many(name, 15_000)).findings == ()


def test_ranges_that_all_overlap_are_given_up(tmp_path: Path) -> None:
    found = checked(tmp_path / "rules.yaml", ranges())
    assert found.loaded[0].rules is not None and "OQ404" in {each.code for each in found.findings}


def test_files_that_are_large_together_are_not_read(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}.yaml").write_text("version: 1\n# " + "a" * 1_000_000 + "\n")
    findings = [each for each in check([tmp_path]).findings if each.code == "OQ106"]
    assert len(findings) == 3 and all("4 MB together" in each.message for each in findings)
    (tmp_path / "rules.yaml").write_text("version: 1\ninclude: [0.yaml, 1.yaml, 2.yaml, 3.yaml, 4.yaml, 5.yaml]\n")
    assert sum(each.code == "OQ106" for each in check([tmp_path / "rules.yaml"]).findings) == 3


@pytest.mark.parametrize("name", OVERLAPPING)
def test_many_rules_that_overlap_are_proved(name: str, tmp_path: Path) -> None:
    found = checked(tmp_path / "rules.yaml", overlapping(name))
    assert found.loaded[0].rules is not None
    assert {"OQ402"} <= {each.code for each in found.findings}


def test_fifteen_hundred_ranges_are_proved_in_full(tmp_path: Path) -> None:
    hidden = "    - {id: hidden, when: {amount: {from: 700, below: 900}, date: {from: 2021-01-01}}, item: X}"
    result = checked(tmp_path / "rules.yaml", overlapping("ranges", hidden))
    codes = {each.code for each in result.findings}
    assert "OQ404" not in codes
    (dead,) = [each for each in result.findings if each.code == "OQ401"]
    assert "hidden can never win" in dead.message
    assert dead.message.count("items.exceptions.r") == 5  # four that cover it, and the one of the example
    assert dead.line == 1_504


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path / "none.yaml", "there is no such file"),
        (lambda path: path, "the folder holds no .yaml file"),
        (lambda path: path / "a\0b", "is not a valid path"),
    ],
)
def test_what_cannot_be_opened_says_so(tmp_path: Path, make: object, why: str) -> None:
    assert callable(make)
    with pytest.raises(CannotRead, match=why):
        check([make(tmp_path)])


def test_check_imports_no_network_database_or_validator() -> None:
    program = (
        "import sys\n"
        "from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES\n"
        "from onedesk_quickbooks.plugin.ruleset.check import check\n"
        "assert check([DEFAULT_RULES]).findings == ()\n"
        "print(*sorted(sys.modules))\n"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in shown.stdout.split()}
    assert not loaded & {"requests", "sqlalchemy", "flask", "jsonschema", "socket", "sqlite3", "click", "simplejson"}


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [_fifo, _socket, _device])
@pytest.mark.parametrize("name", ["rules.yaml", "rules.cases.yaml"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    path = tmp_path / name
    make(path)
    (tmp_path / "a.yaml").write_text("version: 1\ntaxes: {otherwise: hold}\n")
    kind = make.__name__.strip("_")
    sentence = f"is a {kind}, not a file, so it was not read; put a file in its place"
    leads_out = "is a link that leads out of the folder"
    with pytest.raises(CannotRead, match=f"(?i){re.escape(name)}: ({sentence}|{leads_out})"):
        check([path])
    with pytest.raises(CannotRead, match=f"(?i){re.escape(name)}: ({sentence}|{leads_out})"):
        (run_paths if "cases" in name else check)([tmp_path])


def test_an_invoice_of_a_case_that_is_no_file(tmp_path: Path) -> None:
    _fifo(tmp_path / "one.json")
    (tmp_path / "rules.cases.yaml").write_text(
        "version: 1\ncases: [{name: a, given: {invoice: one.json}, expect: {delivery: offer}}]\n"
    )
    with pytest.raises(CannotRead, match=r"one\.json: is a FIFO, not a file"):
        run_paths([tmp_path])


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nitems: {{otherwise: {value}}}\n",
        "version: 1\ninvoices: {{number: {value}}}\n",
        "version: 1\nitems: {{by_service_type: {{A: {{item: {value}, class: [a]}}}}, otherwise: hold}}\n",
        "version: 1\nitems: {{exceptions: [{{id: a, when: {{customer: not {value}}}, item: X}}], otherwise: hold}}\n",
        "version: 1\n{value}: 1\n",
    ],
)
def test_a_long_value_is_shown_in_part(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text.format(value="x" * 100_000))
    (found,) = check([path]).findings[:1]
    assert len(found.message) < 5000 and len(found.remedy) < 5000
    assert mends(found, path.read_text(), None) == []
