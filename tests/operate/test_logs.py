"""The log: as JSON it carries what an operator searches for; no token, no address and no name gets into it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.cli.logs import clean, written
from onedesk_quickbooks.plugin.texts import Text

Call = Callable[..., Any]
Invoice = Callable[..., dict[str, Any]]


def put(path: Path, *invoices: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(each) for each in invoices))
    return path


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("level", ["info", "debug"])
def test_no_token_address_or_name_and_all_that_is_searched_for(
    connected: Any, call: Call, invoice: Invoice, tmp_path: Path, form: str, level: str
) -> None:
    connected.sandbox.faults.inject(fault="closed_books", path="invoice", method="POST", count=1)
    before = ("--log-format", form, "--log-level", level)
    sent = [
        call("send", put(tmp_path / "one.jsonl", invoice()), before=before, predicted=False),
        call("send", put(tmp_path / "two.jsonl", invoice(id="INV-2", number="2042")), before=before, predicted=False),
        call("payments", before=before),
    ]
    log = "".join(each.err for each in sent)
    tokens = connected.sandbox.credentials(connected.base_url)
    secrets = {tokens[key] for key in ("client_secret", "access_token", "refresh_token", "verifier_token")}
    for word in ("Harbor", "Ada", "Berg", "@", "Bearer", *secrets):
        assert word not in log, word
    assert len(connected.sandbox.outbox()) == 1
    if form == "json":
        carries(log, connected.sandbox.realm_id)
    else:
        assert "invoice=INV-2" in log


def carries(log: str, realm_id: str) -> None:
    """Every line is an object; what they carry distinguishes requests from outcomes."""
    records = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert all({"time", "level", "logger", "message"} <= set(each) for each in records)
    assert {each["realm"] for each in records if "realm" in each} == {realm_id}
    refused = [each for each in records if "not done (Refused)" in each["message"]]
    assert [(each["invoice"], bool(each["requestid"]), bool(each["intuit_tid"])) for each in refused] == [
        ("INV-1", True, True)
    ]
    done = [each for each in records if each["message"].endswith("for invoice INV-2: done")]
    assert any(each["requestid"].startswith("od-") for each in done)
    assert any(each.get("intuit_tid") and each["logger"].endswith(".qbo") for each in records)
    assert any(each["message"] == "send of invoice INV-2: sent" for each in records)


def test_quiet_unless_asked(connected: Any, call: Call, invoice: Invoice, tmp_path: Path) -> None:
    assert "INFO" not in call("copy", put(tmp_path / "one.jsonl", invoice()), "--json").err


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("to ada@blueharbor.example, now", "to (address), now"),
        ('"sendTo": "ada.berg+x@blue-harbor.example"', '"sendTo": "(address)"'),
        ("Authorization: Bearer eyJhbGciOi.AB-C_d~e", "Authorization: Bearer ..."),
        ("refresh_token=AB117abcdefgh rest", "refresh_token=... rest"),
        ("code 6210, requestid=od-0123456789abcdef", "code 6210, requestid=od-0123456789abcdef"),
    ],
)
def test_what_looks_like_a_secret_or_an_address_is_taken_out(said: str, kept: str) -> None:
    assert clean(said) == kept


LONG = 200_000


@pytest.mark.parametrize(
    "text",
    ["x" * LONG, "x@" * LONG, "a@." * LONG, ":a@" * LONG, "." * LONG + "@", "x@" + "." * LONG, "code " + " " * LONG],
)
def test_a_long_text_is_cleaned_at_once(text: str) -> None:
    """It is done by whoever logs, who may have the lock of a company."""
    start = time.process_time()
    clean(text)
    assert time.process_time() - start < 1


def test_levels_are_as_before_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    ours = logging.getLogger("onedesk_quickbooks")
    before = (ours.level, logging.getLogger().level, list(logging.getLogger().handlers))
    with written("json", "info"):
        ours.info("hello", extra={"invoice": "7"})
        logging.getLogger("urllib3").info("a library's own")
    assert (ours.level, logging.getLogger().level, list(logging.getLogger().handlers)) == before
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["message"], entry["invoice"], entry["level"]) == ("hello", "7", "INFO")


FORGED = "7\r\n2026-11-27 08:00:00,000 CRITICAL forged \x1b[31mred\x00\x9b\x85\u2028"
WRITTEN_OUT = r"7\r\n2026-11-27 08:00:00,000 CRITICAL forged \x1b[31mred\x00\x9b\x85\u2028"


def test_no_text_of_others_makes_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    ours = logging.getLogger("onedesk_quickbooks")
    with written("text", "info"):
        ours.info("invoice %s", FORGED, extra={"invoice": FORGED})
        try:
            raise ValueError(FORGED)
        except ValueError:
            ours.exception("an error")
    said, error, *traceback = capsys.readouterr().err.removesuffix("\n").split("\n")
    assert said.endswith(f"INFO onedesk_quickbooks invoice {WRITTEN_OUT} [invoice={WRITTEN_OUT}]")
    assert error.endswith("ERROR onedesk_quickbooks an error")
    assert traceback[0] == "  Traceback (most recent call last):" and len(traceback) > 3
    assert all(line.startswith("  ") and line.isprintable() for line in traceback)


def test_the_lines_of_a_finding_stay_and_none_looks_like_the_logs(capsys: pytest.CaptureFixture[str]) -> None:
    finding = Text("The rules have mistakes:\n\nrules.yaml:2:8: error OQ108\n  2 | {word}", word=FORGED)
    with written("text", "info"):
        logging.getLogger("onedesk_quickbooks").warning("%s", finding, extra={"tenant": FORGED})
    first, *rest = capsys.readouterr().err.removesuffix("\n").split("\n")
    assert first.endswith("WARNING onedesk_quickbooks The rules have mistakes:")
    assert rest[:3] == ["  ", "  rules.yaml:2:8: error OQ108", "    2 | 7\\r"]
    assert rest[3].endswith(f"[tenant={WRITTEN_OUT}]") and all(line.startswith("  ") for line in rest)
