"""docs/api.md: its commands are run, in their order, against `serve` and the sandbox; what they print is compared."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ops.deliveries import PAUSES, signature
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.api.conftest import openapi
from tests.support.sandboxes import Books

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]
Shell = Callable[[str], str]


def blocks(*languages: str) -> list[tuple[str, str]]:
    """The fenced blocks of the page, as (language, text)."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.M | re.S)
    return [(language, text) for language, text in found if language in languages]


def differs(shown: Any, real: Any) -> bool:
    """Whether what is printed is not as shown; … in a text stands for anything."""
    if isinstance(shown, dict):
        return not isinstance(real, dict) or list(shown) != list(real) or any(differs(shown[k], real[k]) for k in shown)
    if isinstance(shown, list):
        return len(shown) != len(real) or any(map(differs, shown, real))
    if isinstance(shown, str) and "…" in shown:
        return not re.fullmatch(".*".join(map(re.escape, shown.split("…"))), real, re.S)
    return bool(shown != real)


@pytest.fixture
def shell(books: Books, home: Path, tmp_path: Path) -> Iterator[Shell]:
    """Runs a block of commands beside a `serve` that works; what it exports is there for the next."""
    write_settings(home, {"poll_seconds": "1"})
    command = [*RUN, "--home", str(home), "--log-level", "warning", "serve", "--port", "0", "--json"]
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "onedesk-quickbooks"
    program.write_text(f"#!{sys.executable}\nfrom onedesk_quickbooks.plugin.cli import main; main()\n")
    program.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "ONEDESK_QUICKBOOKS_HOME": str(home)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serve:
        assert serve.stdout is not None
        environ["BASE"] = json.loads(serve.stdout.readline())["api_url"]

        def run(block: str) -> str:
            script = f"set -euo pipefail\n{block}\nenv -0 >exported"
            done = subprocess.run(
                ["bash", "-c", script],
                cwd=tmp_path,
                env=environ,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, (block, done.stdout, done.stderr)
            exported = (tmp_path / "exported").read_text().split("\0")
            environ.update(dict(each.split("=", 1) for each in exported if each))
            return done.stdout

        yield run
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(20) == 0


def until(shell: Shell, path: str, text: str) -> None:
    """What the company queue does by itself takes a moment."""
    answer, end = "", time.monotonic() + 60
    while time.monotonic() < end:
        answer = shell(f'curl -sS "$BASE{path}" -H "Authorization: Bearer $KEY"')
        if text in answer:
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} has {answer}, never {text}")


@pytest.mark.curl
def test_the_examples_do_what_the_page_says(shell: Shell, books: Books, tmp_path: Path) -> None:
    printed = ""
    for language, text in blocks("bash", "json"):
        if language == "json":
            assert not differs(json.loads(text), json.loads(printed)), (text, printed)
            continue
        if "/payments?after" in text:
            (invoice,) = [each for each in books.sandbox.list("Invoice") if each["DocNumber"] == "2007"]
            books.sandbox.pay({invoice["Id"]: "160.00"})
            until(shell, "/payments", '"recorded"')
        elif "/invoices/" in text:
            until(shell, "/invoices/INV-7", '"sent"')
        printed = shell(text)
    assert (tmp_path / "webhook.secret").read_text().startswith("whsec_")
    assert json.loads((tmp_path / "payments.jsonl").read_text())["cursor"] == "1"
    assert len([each for each in books.sandbox.list("Invoice") if each["DocNumber"] == "2007"]) == 1


def test_a_webhook_is_checked_as_shown() -> None:
    names: dict[str, Any] = {}
    exec(blocks("python")[0][1], names)
    secret, now, body = b"k" * 32, int(time.time()), b'{"type": "payment.recorded"}'
    shown = "whsec_" + base64.b64encode(secret).decode()
    for at, sent, genuine in ((now, body, True), (now - 400, body, False), (now, body + b" ", False)):
        signed = f"v1,other {signature(secret, 'main-1', at, body)}"
        headers = {"webhook-id": "main-1", "webhook-timestamp": str(at), "webhook-signature": signed}
        assert names["is_genuine"](shown, headers, sent) is genuine


def test_the_tables_name_what_there_is() -> None:
    post = openapi()["paths"]["/invoices"]["post"]
    rows = set(re.findall(r"^\| ([\w`, ]+) \|", TEXT, re.M))
    words = {word for row in rows for word in re.findall(r"\w+", row)}
    assert set(post["parameters"][0]["schema"]["enum"]) <= words
    assert set(openapi()["components"]["schemas"]["Invoice"]["properties"]["state"]["enum"]) <= words
    answers = {status for path in openapi()["paths"].values() for each in path.values() for status in each["responses"]}
    assert {status for status in answers if status >= "4"} | {"405", "500"} == {row for row in rows if row.isdigit()}


def test_the_pauses_are_those_that_are_kept() -> None:
    sentence = re.search(r"sent again after ([^.]*)\.", TEXT.replace("\n ", ""))
    assert sentence is not None
    unit = {"s": 1, "min": 60, "h": 3600}
    shown = [int(number) * unit[name] for number, name in re.findall(r"(\d+) (s|min|h)\b", sentence[1])]
    assert shown == [each.total_seconds() for each in PAUSES]
