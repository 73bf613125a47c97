"""`serve` as a process: the API for a host of its own and beside another one, webhooks that outlive a death."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.commands import Call
from tests.hosts.desk import make_host
from tests.support.sandboxes import Books

RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]
ROOT = Path(__file__).parents[2]
Make = Callable[..., dict[str, Any]]


@contextmanager
def serving(home: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of its API, and the process."""
    command = [*RUN, "--home", str(home), "--log-level", "error", *options, "serve", "--port", "0", "--json"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["api_url"], process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def until(found: Callable[[], bool]) -> None:
    for _ in range(300):
        if found():
            return
        time.sleep(0.1)
    raise AssertionError("it never came about")


def test_what_was_paid_reaches_its_receiver_also_after_a_death(
    books: Books, call: Call, home: Path, invoice: Make, httpserver: HTTPServer
) -> None:
    heard: list[str] = []
    mended, taken = threading.Event(), threading.Event()

    def take(request: Request) -> Response:
        heard.append(request.get_json()["data"]["cursor"])
        if mended.is_set():
            taken.set()
        return Response(status=204 if mended.is_set() else 500)

    httpserver.expect_request("/payments").respond_with_handler(take)
    write_settings(home, {"poll_seconds": "1"})
    assert call("webhooks", "add", httpserver.url_for("/payments")).code == 0
    headers = {"Authorization": f"Bearer {call('keys', 'add', 'desk').out.strip()}"}

    with serving(home) as (base, process):

        def state() -> Any:
            return requests.get(f"{base}/invoices/INV-7", headers=headers, timeout=10).json()

        posted = requests.post(f"{base}/invoices?action=copy", json=invoice(), headers=headers, timeout=10)
        assert posted.status_code == 202
        until(lambda: state()["state"] == "copied")
        books.sandbox.pay({state()["quickbooks"]["id"]: "160.00"})
        until(lambda: bool(heard))
        process.kill()
        process.wait(20)
    mended.set()
    with serving(home) as (base, _):
        assert taken.wait(30), "it was never sent again"
        answer = requests.get(f"{base}/payments", headers=headers, timeout=10).json()
        assert [each["cursor"] for each in answer["payments"]] == ["1"]
        until(lambda: bool(call("webhooks", "list", "--json").one["state"] == "fine"))
    assert set(heard) == {"1"}


def test_beside_another_host_payments_are_read_and_no_invoice_is_taken(home: Path, call: Call, invoice: Make) -> None:
    with make_host(home).started(home):
        pass
    host = ("--host", "tests.hosts.desk:make_host")
    assert call("keys", "add", "desk").code == 3, "the data directory is the other host's"
    headers = {"Authorization": f"Bearer {call('keys', 'add', 'desk', before=host).out.strip()}"}
    with serving(home, *host) as (base, _):
        refused = requests.post(f"{base}/invoices?action=copy", json=invoice(), headers=headers, timeout=10)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "other-host")
        assert requests.get(f"{base}/payments", headers=headers, timeout=10).json()["payments"] == []
        assert requests.get(base.removesuffix("/api") + "/invoices", timeout=10).status_code == 404
