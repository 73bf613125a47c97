"""Words of people that are no ids as the host writes them: one sentence, or the invoice under its own id."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.test import Client

from onedesk_quickbooks.hooks import InvoiceJson, QuickBooksPlugin
from onedesk_quickbooks.plugin.web import pages
from tests.cli.test_work import invoice
from tests.hosts.desk import Desk, started
from tests.hosts.serving import ROOT

Call = Callable[..., Any]
Open = Callable[..., Any]
HOST = ("--host", "tests.hosts.test_named:make_host")
AWAY = "1b8f8c1e-6a52-4d0c-9a3c-7f6f0e1d2c3b"
ID = "0b8f8c1e-6a52-4d0c-9a3c-7f6f0e1d2c3b"


class Strict(Desk):
    """As a database whose keys are UUIDs: any way to write one will do, and another word is an error."""

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        if invoice_id == AWAY:
            raise RuntimeError("the records of that year are elsewhere")
        return super().read_invoice(str(uuid.UUID(invoice_id)))


def make_host(data_directory: Path) -> Strict:
    return Strict(data_directory.parent / "strict.sqlite")


@pytest.fixture
def host(open_books: Open, call: Call, home: Path) -> Strict:
    books, host = open_books("us"), make_host(home)
    host.keep({**invoice(ID), "number": "N-1"})
    with started(host, home, QuickBooksPlugin(False)):
        pass
    done = call("connect", "--sandbox", books.base_url, "--yes", before=HOST)
    assert done.code == 0, done
    return host


@pytest.mark.parametrize("words", [["copy", "X"], ["send", "X"], ["plan", "X"], ["explain", "X"], ["adopt", "X"]])
def test_a_word_that_is_no_id(host: Strict, call: Call, words: list[str]) -> None:
    done = call(*words, before=HOST, predicted=False)
    assert done.code == 2 and "'X' is neither a file nor the id of an invoice that the host has" in done.err
    assert "the host raised ValueError" in done.err and "Traceback" not in done.err


class Mute(Strict):
    """It shows nothing."""

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        raise RuntimeError("no tags today")


def make_mute(data_directory: Path) -> Mute:
    return Mute(data_directory.parent / "strict.sqlite")


def test_what_quickbooks_did_is_shown_where_the_host_accepts_no_report(host: Strict, call: Call) -> None:
    done = call("copy", ID, "--json", before=("--host", "tests.hosts.test_named:make_mute"), predicted=False)
    [found] = done.lines
    assert done.code == 1 and (found["outcome"], found["qbo_number"]) == ("failed", "N-1"), done
    assert found["qbo_id"] and found["qbo_total"] == found["total"] and found["calls"] > 3
    assert found["reason"] == (
        "In QuickBooks it is done (copied); the host did not accept the outcome (RuntimeError: see the log); it is "
        "reported again. It waits in the queue; `serve`, or the next copy or send, continues it."
    )
    assert [each["outcome"] for each in call("copy", ID, "--json", before=HOST, predicted=False).lines] == ["unchanged"]


@pytest.mark.parametrize("word", ["copy", "send", "plan", "explain"])
def test_an_id_on_which_the_host_fails(host: Strict, call: Call, word: str) -> None:
    done = call(word, AWAY, before=HOST, predicted=False)
    assert (done.code, done.out) == (3, ""), done
    assert f"The host did not give invoice {AWAY} (RuntimeError; the log says more)." in done.err
    assert "the records of that year are elsewhere" in done.err and "Traceback" not in done.err


@pytest.mark.parametrize("words", [["queue", "hold", "X", "--reason", "so"], ["resend", "X"], ["pdf", "X"]])
def test_a_word_that_is_no_number_either(host: Strict, call: Call, words: list[str]) -> None:
    done = call(*words, before=HOST, predicted=False)
    assert done.code in (1, 3) and "Traceback" not in done.err, done


@pytest.mark.parametrize("word", [ID.upper(), ID.replace("-", ""), f"{{{ID}}}"])
def test_an_id_that_is_written_otherwise(host: Strict, call: Call, word: str) -> None:
    assert [each["id"] for each in call("plan", word, "--json", before=HOST).lines] == [ID]
    [done] = call("copy", word, "--json", before=HOST).lines
    assert (done["id"], done["outcome"]) == (ID, "copied")
    assert call("queue", "hold", word, "--reason", "a dispute", before=HOST).code == 0
    assert [each["id"] for each in call("queue", "holds", "--json", before=HOST).lines] == [ID]


def test_pages_and_numbers(host: Strict, home: Path) -> None:
    plugin = QuickBooksPlugin(False)
    with started(host, home, plugin) as hook:
        assert hook.on_invoice_action(invoice=host.read_invoice(ID), action="quickbooks.copy", user="ada")
        number = "N-1"
        assert plugin.application.id_of(number) == ID
        assert plugin.application.try_invoice(number) and not plugin.application.try_invoice("X")
        assert plugin.application.invoice_state("X") is None
        page = Client(pages(plugin.application).app).get(
            "/invoices/X", environ_overrides={"onedesk.user": "ada", "onedesk.form_token": "t"}
        )
        assert page.status_code == 404


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("tests.hosts.nowhere:make_host", "it cannot be found (No module named 'tests.hosts.nowhere')"),
        ("tests.hosts.desk:nothing", "it cannot be found (module 'tests.hosts.desk' has no attribute 'nothing')"),
        ("tests.hosts.test_named:ID", "it is an object of the class str, and not a function that makes the host"),
        ("broken_desk:make_host", "the host cannot be made (ZeroDivisionError: division by zero)"),
    ],
)
def test_a_worker_does_not_start_without_its_host(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, why: str
) -> None:
    (tmp_path / "broken_desk.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    done = call("worker", before=("--host", named))
    assert (done.code, done.out) == (3, "") and done.err == f"Error: --host {named}: {why}\n", done


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_serve_prints_only_addresses_that_answer(home: Path, form: list[str]) -> None:
    """The pages of a host of one's own are served by that host."""
    command = [
        sys.executable,
        "-c",
        "from onedesk_quickbooks.plugin.cli import main; main()",
        "--home",
        str(home),
        *HOST,
    ]
    with subprocess.Popen(
        [*command, "serve", "--port", "0", *form],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "Ctrl-C stops it.\n")
            text = next(lines) if form else "".join(lines)
            found = re.findall(r'http[^\s"]+', text)
            assert len(found) >= 4, text
            answers = {each: requests.get(each, timeout=10) for each in found if not each.endswith("/api")}
            assert 404 not in [each.status_code for each in answers.values()], answers
            first = answers[found[0]]
            assert first.url.endswith("/health") and first.json()["ok"] is True
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
