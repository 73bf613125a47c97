"""Files that were made to hurt: a finding, no crash, no wait. And what a check may import."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from onedesk_quickbooks.plugin.ruleset import CannotRead
from onedesk_quickbooks.plugin.ruleset.checking import Checked, check
from onedesk_quickbooks.plugin.ruleset.findings.finding import MOST

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
    "invisible characters": ("version: 1\n" + "a\u200b: 1\n" * 50_000).encode(),
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
    entry = HOSTILE[name]
    data, code = entry if isinstance(entry, tuple) else (entry, "OQ123")
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


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path / "none.yaml", "there is no such file"),
        (lambda path: path, "the folder holds no .yaml file"),
        (lambda path: path / "a\0b", "is no path"),
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
        "from onedesk_quickbooks.plugin.ruleset.checking import check\n"
        "assert check([DEFAULT_RULES]).findings == ()\n"
        "print(*sorted(sys.modules))\n"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in shown.stdout.split()}
    assert not loaded & {"requests", "sqlalchemy", "flask", "jsonschema", "socket", "sqlite3", "click", "simplejson"}
