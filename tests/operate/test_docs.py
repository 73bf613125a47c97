"""docs/operating.md names every metric, log field, alert, check and command as they are."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from onedesk_quickbooks.plugin.cli.app import COMMANDS
from onedesk_quickbooks.plugin.cli.logs import FIELDS
from onedesk_quickbooks.plugin.model.host import Alert
from onedesk_quickbooks.plugin.ops.metrics import Measured, exposition
from onedesk_quickbooks.plugin.qbo.meanings import FAULTS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def test_every_metric_is_there_and_none_besides() -> None:
    at = "2026-11-24T12:00:00+00:00"
    instants = (
        "last_success_at",
        "last_payment_look_at",
        "oldest_waiting_at",
        "next_poll_at",
        "paused_until",
        "refresh_token_expires_at",
    )
    measured = Measured("acme", {"connected": True, **dict.fromkeys(instants, at)}, [("2026-11-24", "read", 1)])
    text = exposition([measured]).decode()
    samples = {sample.name for each in text_string_to_metric_families(text) for sample in each.samples}
    made = {name for name in samples if not name.endswith("_created")}
    assert set(re.findall(r"onedesk_quickbooks_\w+", TEXT)) == made


@pytest.mark.parametrize("page", ["security.md", "reliability.md"])
def test_every_promise_has_its_tests(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?!---|From |Promise ).*\| (.*) \|$", text, re.MULTILINE)
    named = {each for row in rows for each in re.findall(r"`(tests/[\w/.]+)`", row)}
    without = [each for each in named if not _has_tests(ROOT / each)]
    assert len(named) > 10 and without == []


def _has_tests(place: Path) -> bool:
    files = place.rglob("test_*.py") if place.is_dir() else [place]
    texts = [each.read_text(encoding="utf-8") for each in files if each.is_file()]
    return any("\ndef test_" in text or "\nTest" in text for text in texts)


def test_every_row_of_what_is_protected_names_tests() -> None:
    table = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()[4:]
    assert [row for row in table if row and "`tests/" not in row.rpartition(" | ")[2]] == []


def test_every_kind_of_alert_is_there() -> None:
    section = TEXT.split("## Alerts", 1)[1].split("\n## ", 1)[0]
    kinds = set(re.findall(r"^\| `(\w+)` \|", section.split("| Channel", 1)[0], re.MULTILINE))
    assert kinds == set(re.findall(r'"(\w+)"\s+\(', str(Alert.__doc__)))


def test_every_field_of_the_log_is_there() -> None:
    section = TEXT.split("## Logs", 1)[1].split("\n## ", 1)[0]
    described = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE))))
    assert described == {"time", "level", "logger", "message", *FIELDS}


def test_every_command_is_one() -> None:
    for name in re.findall(r"onedesk-quickbooks (?:--\S+ \w+ )*([a-z]+)", TEXT):
        assert name in COMMANDS, name


def test_every_fault_is_on_its_page() -> None:
    spec = importlib.util.spec_from_file_location("faultpage", Path(__file__).with_name("faultpage.py"))
    assert spec is not None and spec.loader is not None
    faultpage = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(faultpage)
    page = faultpage.PAGE.read_text(encoding="utf-8")
    assert page == faultpage.written(), "run: python tests/operate/faultpage.py"
    for code in FAULTS:
        assert f"\n| {code} | " in page, code


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", TEXT):
        assert (ROOT / "docs" / target).exists(), target
