"""`serve`, and `connect` with a person at the browser: processes that talk over real sockets."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from tests.support.invoices import invoice_json, line
from tests.support.signing_in import make_first_user

RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]
Open = Callable[..., Any]
Call = Callable[..., Any]


@contextmanager
def started(home: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    environ = {**os.environ, "BROWSER": "true"}  # a browser that does nothing: the test is the person
    command = [*RUN, "--home", str(home), *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()


def address(process: subprocess.Popen[str]) -> str:
    """The consent page that `connect` names."""
    assert process.stderr is not None
    for text in process.stderr:
        found = re.search(r"http\S+", text)
        if found:
            return found.group()
    raise AssertionError("connect named no address")


def on_a_terminal(home: Path, columns: int, *words: str) -> tuple[int, list[str]]:
    """Exit code and lines of a command whose output is a terminal of that width."""
    master, slave = pty.openpty()
    environ = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    command = [*RUN, "--home", str(home), *words]
    seen = b""
    with subprocess.Popen(command, stdout=slave, stderr=subprocess.DEVNULL, env=environ) as process:
        os.close(slave)
        with suppress(OSError):  # how a terminal says that nobody writes any more
            while part := os.read(master, 65536):
                seen += part
        os.close(master)
        process.wait(20)
    return process.returncode, re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode()).splitlines()


def test_sentences_stand_below_the_table_on_a_narrow_terminal(
    open_books: Open, call: Call, home: Path, tmp_path: Path
) -> None:
    books = open_books("us")
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    file = tmp_path / "bad.csv"
    file.write_text("number,currency,issue_date,customer,amount,total\nT-1,USD,2026-11-02,Blue: Harbor,5.00,5.00\n")
    for columns, heading in ((80, False), (200, True)):
        code, lines = on_a_terminal(home, columns, "copy", str(file))
        assert code == 1 and max(map(len, lines)) <= columns
        assert any("Outcome" in line and "Why" in line for line in lines) is heading
        reasons = [line for line in lines if 'T-1: The customer name "Blue: Harbor" contains a colon' in line]
        assert len(reasons) == (0 if heading else 1)


def test_a_reader_who_has_seen_enough_gets_no_error(open_books: Open, call: Call, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    rows = "".join(f"T-{n},USD,2026-11-02,Blue Harbor,5.00,5.00\n" for n in range(400))
    file.write_text("number,currency,issue_date,customer,amount,total\n" + rows)
    with started(home, "explain", str(file)) as process:
        assert process.stdout is not None and process.stderr is not None
        assert "T-0" in process.stdout.readline()
        process.stdout.close()
        (remark,) = process.stderr.read().splitlines()
        assert remark.startswith("Rules in force since ")
        assert process.wait(30) == 1


def test_connect_by_a_person_in_the_browser(open_books: Open, call: Call, home: Path) -> None:
    books = open_books("gb")
    with started(home, "connect", "--sandbox", books.base_url, "--json") as process:
        page = requests.post(address(process), data={"decision": "approve"}, timeout=20)
        assert "Connected. You can close this window" in page.text
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, json.loads(out)["country"]) == (0, "GB")
    assert call("status", "--json").one["connected"] is True


def test_what_another_page_of_the_browser_brings_is_no_answer(open_books: Open, call: Call, home: Path) -> None:
    books = open_books("gb")
    with started(home, "connect", "--sandbox", books.base_url, "--json") as process:
        asked = address(process)
        back = dict(parse_qsl(urlsplit(asked).query))["redirect_uri"]
        for query in ("error=access_denied", "error=access_denied&state=b.x", "state=x&code=1&realmId=1", "", "state="):
            assert requests.get(f"{back}?{query}", timeout=20).status_code == 404
        page = requests.post(asked, data={"decision": "approve"}, timeout=20)
        assert "Connected. You can close this window" in page.text
        assert process.wait(20) == 0


def test_a_person_who_denies_consent(open_books: Open, call: Call, home: Path) -> None:
    books = open_books("gb")
    with started(home, "connect", "--sandbox", books.base_url) as process:
        requests.post(address(process), data={"decision": "deny"}, timeout=20)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 3
        assert "consent was refused" in err
        assert "Traceback" not in err
    assert call("status", "--json").one["connected"] is False


def test_serve_receives_webhooks_and_works_off_the_queue(
    open_books: Open, call: Call, home: Path, tmp_path: Path
) -> None:
    books = open_books("us")
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    invoice = invoice_json(
        "W-1", line("Design", "80.00"), issue_date="2026-11-02", customer={"id": "c1", "name": "Harbor Labs"}
    )
    file = tmp_path / "one.json"
    file.write_text(json.dumps(invoice))
    qbo_id = call("copy", file, "--json").one["qbo_id"]
    with started(home, "serve", "--port", "0", "--json") as process:
        assert process.stdout is not None
        places = json.loads(process.stdout.readline())
        assert requests.post(places["webhook_url"], data=b"{}", timeout=10).status_code == 401
        books.sandbox.webhooks.url = places["webhook_url"]
        books.sandbox.pay({qbo_id: "80.00"})
        with requests.Session() as browser:
            make_first_user(browser, places["first_user_url"])
            assert until(lambda: status_in_host(browser, places["base_url"], "W-1") == "Paid")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "Traceback" not in err
        for secret in ("Harbor Labs", books.sandbox.client_secret):
            assert secret not in err


def status_in_host(browser: requests.Session, host: str, number: str) -> str:
    """What the host's list of invoices says."""
    listed = browser.get(f"{host}/invoices", timeout=10).text
    row = listed[listed.index(number) :]
    return next(iter(re.findall(r">\s*(Draft|Open|Paid)\s*<", row)), "")


def until(true: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.2)
    return False


def test_status_watches_until_it_is_stopped(call: Call, home: Path) -> None:
    call("keys", "add", "desk")  # the ledger is made
    with started(home, "status", "--watch", "--json") as process:
        assert process.stdout is not None
        states = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert [each["connected"] for each in states] == [False, False]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0 and process.stderr is not None and process.stderr.read() == ""


def test_status_that_is_watched_is_alone_on_a_terminal(call: Call, home: Path) -> None:
    call("keys", "add", "desk")  # the ledger is made
    master, slave = pty.openpty()
    command = [*RUN, "--home", str(home), "status", "--watch"]
    with subprocess.Popen(command, stdout=slave, stderr=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"}) as run:
        os.close(slave)
        seen = b""
        while seen.count(b"Environment") < 2:
            seen += os.read(master, 65536)
        run.send_signal(signal.SIGTERM)
        assert run.wait(30) == 0
        os.close(master)
    assert b"\x1b[2J" in seen.rpartition(b"Connected")[0], "what was said before is gone"
