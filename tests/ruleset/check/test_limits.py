"""Files that were made to hurt: a finding, no crash, no wait. And what a check may import."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from onedesk_quickbooks.plugin.findings.finding import MOST
from onedesk_quickbooks.plugin.ruleset import CannotRead
from onedesk_quickbooks.plugin.ruleset.cases.report import run_paths
from onedesk_quickbooks.plugin.ruleset.check import Checked, check

HOSTILE = {
    "brackets": (b"version: 1\nitems: " + b"[" * 100_000, "OQ107"),
    "braces": (b"{a: " * 50_000, "OQ107"),
    "dashes": (b"- " * 60_000, "OQ107"),
    "questions": (b"? " * 60_000, "OQ107"),
    "hundred megabytes": (b"a: b\n" * 20_000_000, "OQ106"),
    "two megabytes of one list": (b"version: 1\ninclude: [" + b"a," * 900_000 + b"b]", "OQ106"),
    "one long key": (b"a" * 1_900_000 + b": 1\n", "OQ108"),
    "unknown keys": (b"version: 1\n" + b"".join(b"k%d: 1\n" % number for number in range(100_000)), "OQ201"),
    "unknown countries": (
        b"version: 1\ntaxes:\n  otherwise: hold\n  by_country:\n"
        + b"".join(b"    Land%d: GST\n" % number for number in range(60_000)),
        "OQ206",
    ),
    "equal keys": (b"version: 1\n" * 100_000, "OQ110"),
    "invisible characters": (
        (
            "version: 1\ninvoices: {on_open: maybe}\ncustomers: {by_name: {"
            + "".join(f"a\u200b{n}: b, " for n in range(10_000))
            + "}}"
        ).encode(),
        "OQ123",
    ),
    "tabs": (b"version: 1\n" + b"\ta: 1\n" * 100_000, "OQ105"),
    "controls": (b"version: 1\n" + b"\x07" * 1_000_000, "OQ103"),
    "zero bytes": (b"\x00" * 1_000_000, "OQ103"),
    "anchors": (b"version: 1\n" + b"".join(b"k%d: &a x\n" % number for number in range(50_000)), "OQ111"),
    "a bomb": (b"a: &a [x]\n" + b"".join(b"b%d: &b%d [*a,*a,*a]\n" % (n, n) for n in range(1000)), "OQ111"),
}


def timed(path: Path, loader: type = yaml.CSafeLoader) -> tuple[Checked, float]:
    start = time.process_time()
    checked = check([path], loader=loader)
    return checked, time.process_time() - start


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_a_finding_within_two_seconds(name: str, tmp_path: Path) -> None:
    data, code = HOSTILE[name]
    path = tmp_path / "rules.yaml"
    path.write_bytes(data)
    checked, seconds = timed(path)
    assert code in {each.code for each in checked.findings}
    assert len(checked.findings) <= MOST
    assert checked.loaded[0].rules is None
    assert seconds < 2


def test_ten_thousand_lines_pass(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rules = [f"    - {{id: r{n}, when: {{service_type: S{n}, country: CA}}, item: I{n}}}" for n in range(5_000)]
    keyed = [f"    T{n}: J{n}" for n in range(5_000)]
    lines = ["version: 1", "items:", "  exceptions:", *rules, "  by_service_type:", *keyed, "  otherwise: same_name"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    checked, seconds = timed(path)
    assert checked.findings == ()
    assert checked.summary["rules"] == 10_001
    assert seconds < 5


MANY = {
    "items": "items:\n  otherwise: hold\n  by_service_type: {{{}}}\n",
    "customers": "customers: {{by_name: {{{}}}}}\n",
}


@pytest.mark.parametrize("name", MANY)
def test_more_rules_than_can_be_proved_are_too_many(name: str, tmp_path: Path) -> None:
    """What is proved takes memory by the square of their number: 120,000 rules fit into a file of 2 MB."""
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\n" + MANY[name].format(",".join(f"S{n}: I{n}" for n in range(100_000))))
    checked, seconds = timed(path)
    (found,) = checked.findings
    assert (found.code, found.line in (2, 3), checked.loaded[0].rules) == ("OQ106", True, None)
    assert f"100000 of them in {name}" in found.message or f"100001 of them in {name}" in found.message
    assert seconds < 10
    path.write_text("version: 1\n" + MANY[name].format(",".join(f"S{n}: I{n}" for n in range(15_000))))
    assert check([path]).findings == ()


def test_ranges_that_all_overlap_are_given_up(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    when = "amount: {{from: {0}, below: {1}}}, date: {{from: 2020-01-01}}"
    rules = [f"    - {{id: r{n}, when: {{{when.format(n, n + 5_000)}}}, item: I{n}}}" for n in range(8_000)]
    path.write_text("\n".join(["version: 1", "items:", "  exceptions:", *rules, "  otherwise: hold"]) + "\n")
    checked, seconds = timed(path)
    assert checked.loaded[0].rules is not None and "OQ404" in {each.code for each in checked.findings}
    assert seconds < 20


def test_files_that_are_large_together_are_not_read(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}.yaml").write_text("version: 1\n# " + "a" * 1_000_000 + "\n")
    told = [each for each in check([tmp_path]).findings if each.code == "OQ106"]
    assert len(told) == 3 and all("4 MB together" in each.message for each in told)
    (tmp_path / "rules.yaml").write_text("version: 1\ninclude: [0.yaml, 1.yaml, 2.yaml, 3.yaml, 4.yaml, 5.yaml]\n")
    assert sum(each.code == "OQ106" for each in check([tmp_path / "rules.yaml"]).findings) == 3


OVERLAPPING = {
    "ranges": lambda n: f"amount: {{from: {n}, below: {n + 50}}}, date: {{from: 2020-{n % 12 + 1:02}-{n % 28 + 1:02}}}",
    "lists": lambda n: f"tag: [t{n % 40}, t{n % 37}], customer: [A{n % 30}, 'C{n % 31}*'], project: [P{n % 29}, P{n}]",
    "tags": lambda n: f"tag: t{n}, customer_tag: c{n * 7 % 1500}",
    "prefixes": lambda n: f"service_type: 'S{n % 300}*', customer: 'C{n // 5}*', amount: {{below: {n % 500 + 1}}}",
}


@pytest.mark.parametrize("name", OVERLAPPING)
def test_many_rules_that_overlap_take_no_longer_than_two_seconds(name: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rules = [f"    - {{id: r{n}, when: {{{OVERLAPPING[name](n)}}}, item: I{n}}}" for n in range(1_500)]
    lines = ["version: 1", "items:", "  exceptions:", *rules, "  otherwise: same_name"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    checked, seconds = timed(path)
    assert checked.loaded[0].rules is not None
    assert {"OQ402"} <= {each.code for each in checked.findings}
    assert seconds < 2


def test_fifteen_hundred_ranges_are_proved_in_full(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rules = [f"    - {{id: r{n}, when: {{{OVERLAPPING['ranges'](n)}}}, item: I{n}}}" for n in range(1_500)]
    hidden = "    - {id: hidden, when: {amount: {from: 700, below: 900}, date: {from: 2021-01-01}}, item: X}"
    lines = ["version: 1", "items:", "  exceptions:", *rules, hidden, "  otherwise: same_name"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    checked, _ = timed(path)
    codes = {each.code for each in checked.findings}
    assert "OQ404" not in codes
    (dead,) = [each for each in checked.findings if each.code == "OQ401"]
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
        "from onedesk_quickbooks.plugin.ruleset import DEFAULT_RULES\n"
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
    told = f"is a {kind}, not a file, so it was not read; put a file in its place"
    leads_out = "is a link that leads out of the folder"
    with pytest.raises(CannotRead, match=f"(?i){re.escape(name)}: ({told}|{leads_out})"):
        check([path])
    with pytest.raises(CannotRead, match=f"(?i){re.escape(name)}: ({told}|{leads_out})"):
        (run_paths if "cases" in name else check)([tmp_path])


def test_an_invoice_of_a_case_that_is_no_file(tmp_path: Path) -> None:
    _fifo(tmp_path / "one.json")
    (tmp_path / "rules.cases.yaml").write_text(
        "version: 1\ncases: [{name: a, given: {invoice: one.json}, expect: {delivery: offer}}]\n"
    )
    with pytest.raises(CannotRead, match=r"one\.json: is a FIFO, not a file"):
        run_paths([tmp_path])
