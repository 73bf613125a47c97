"""Connecting another company than before: asked about, reported, revoked, and named by `status`."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.qbo.webhooks import sign
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.commands import Call
from tests.support.invoices import invoice_json, line
from tests.support.sandboxes import Books

Open = Callable[..., Books]


RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]


def put(path: Path, *ids: str, service: str = "Consulting") -> Path:
    customer = {"id": "C-7", "name": "Blue Harbor Ltd", "address": {"country": "US", "region": "CA"}}
    made = [invoice_json(each, line(service, "50.00", "2"), number=each, customer=customer) for each in ids]
    path.write_text("\n".join(map(json.dumps, made)), encoding="utf-8")
    return path


@pytest.fixture
def first(open_books: Open, call: Call, tmp_path: Path) -> Books:
    """A company with two copied invoices, and one that is held."""
    books = open_books("us")
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    assert call("copy", put(tmp_path / "a.jsonl", "A-1", "A-2")).code == 0
    assert call("copy", put(tmp_path / "b.jsonl", "A-3", service="")).code == 1
    return books


def test_it_is_refused_with_the_remedy_where_nobody_can_be_asked(
    first: Books, open_books: Open, call: Call, home: Path
) -> None:
    second = open_books("gb")
    settings = (home / "settings.yaml").read_bytes()
    refused = call("connect", "--sandbox", second.base_url, "--yes")
    assert refused.code == 3
    name = f"({first.sandbox.realm_id}) is connected, and {second.sandbox.realm_id} is another company"
    for words in (name, "Its copied invoices (2) stay", "(1 held) waits", "Its payments are no longer", "--replace"):
        assert words in refused.err, refused.err
    assert (home / "settings.yaml").read_bytes() == settings
    status = call("status", "--json").one
    assert (status["realm_id"], status["left_behind"]) == (first.sandbox.realm_id, [])
    assert call("payments").code == 0, "its tokens are as good as before"


def test_replaced_and_back_again(first: Books, open_books: Open, call: Call) -> None:
    second = open_books("gb")
    assert call("connect", "--sandbox", first.base_url, "--yes").code == 0, "the same one is not asked about"
    done = call("connect", "--sandbox", second.base_url, "--yes", "--replace")
    assert done.code == 0, done.err
    assert "Data kept for Sandbox Company_US_1: onedesk-quickbooks status" in done.out
    (left,) = call("status", "--json").one["left_behind"]
    names = ("realm_id", "company", "invoices", "held", "waiting", "untold_payments")
    assert [left[each] for each in names] == [first.sandbox.realm_id, "Sandbox Company_US_1", 2, 1, 0, 0]
    shown = call("status").out
    assert "Left behind    Sandbox Company_US_1, " in shown and "2 invoices copied; queue: 1 held" in shown
    assert "its tokens could not be revoked: disconnect the app" in shown, "it is of another sandbox"
    assert call("queue", "--json").lines == [], "its queue is not that of the other company"
    assert call("connect", "--sandbox", first.base_url, "--yes", "--replace").code == 0
    assert call("status", "--json").one["left_behind"][0]["realm_id"] == second.sandbox.realm_id
    assert len(call("queue", "--json").lines) == 1, "and its queue is there again"


def test_what_was_disconnected_is_reported_as_well(first: Books, open_books: Open, call: Call) -> None:
    assert call("disconnect").code == 0
    assert "Left behind    Sandbox Company_US_1, " in call("status").out
    refused = call("connect", "--sandbox", open_books("gb").base_url, "--yes")
    assert refused.code == 3 and "was connected, and " in refused.err
    assert call("connect", "--sandbox", first.base_url, "--yes").code == 0
    assert call("status", "--json").one["left_behind"] == []


def test_what_the_former_company_has_is_not_copied_unseen(open_books: Open, call: Call, tmp_path: Path) -> None:
    one, other = open_books("us"), open_books("us")
    assert call("connect", "--sandbox", one.base_url, "--yes").code == 0
    assert call("invoices", "import", put(tmp_path / "a.jsonl", "A-1")).code == 0
    assert call("copy", "A-1").code == 0
    assert call("connect", "--sandbox", other.base_url, "--yes", "--replace").code == 0
    assert call("invoices", "import", put(tmp_path / "b.jsonl", "A-2")).code == 0
    former = f"copied to Sandbox Company_US_1 ({one.sandbox.realm_id}) on 20"
    report = call("reconcile", "--json").one
    causes = {each["name"]: each["differences"][0] for each in report["invoices"]}
    assert former in causes["A-1"]["cause"] and "void or delete it there" in causes["A-1"]["remedy"]
    assert causes["A-2"]["cause"] == "It was never copied."
    notes = {name: call("plan", name).out for name in ("A-1", "A-2")}
    assert former in " ".join(notes["A-1"].split()) and "is billed twice" in " ".join(notes["A-1"].split())
    assert "copied to" not in notes["A-2"]
    seen = call("backfill", "--from", "2026-01-01").out
    assert "2 invoices to copy" in seen
    assert f"Copied to Sandbox Company_US_1 ({one.sandbox.realm_id}) before: 1 of them." in seen
    counted = call("backfill", "--from", "2026-01-01", "--json").lines[0]
    assert counted["copied_before"] == {f"Sandbox Company_US_1 ({one.sandbox.realm_id})": 1}
    assert call("copy", "A-1").code == 0
    assert "billed twice" not in call("plan", "A-1").out and call("reconcile", "--json").one["agree"] == 1


@pytest.mark.parametrize(("answer", "code"), [("n", 3), ("y", 0)])
def test_a_terminal_asks(first: Books, open_books: Open, call: Call, home: Path, answer: str, code: int) -> None:
    second = open_books("gb")
    words = ("--home", str(home), "connect", "--sandbox", second.base_url, "--yes", "--json")
    ours, theirs = pty.openpty()
    with subprocess.Popen([*RUN, *words], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        os.write(ours, f"{answer}\n".encode())
        out, err = process.communicate(timeout=120)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == code, err
    assert b"is another company" in err and b"Replace it? [y/N]" in err
    chosen = second if code == 0 else first
    assert call("status", "--json").one["realm_id"] == chosen.sandbox.realm_id
    assert not out.strip() or json.loads(out)["realm_id"] == chosen.sandbox.realm_id


def test_a_running_host_follows_another_process(
    first: Books, open_books: Open, call: Call, home: Path, tmp_path: Path
) -> None:
    """It goes on with the company, the address and the keys of a `connect` in another process."""
    second = open_books("gb")
    with hosted(home) as running:
        running.bring_payments()  # it has a client of the first company
        assert call("connect", "--sandbox", second.base_url, "--yes", "--replace").code == 0
        running.bring_payments()
        asked = [each["path"] for each in second.sandbox.log()]
        assert asked[-1] == f"/v3/company/{second.sandbox.realm_id}/cdc", asked
        status = running.status()
        assert (status.realm_id, status.stopped_reason) == (second.sandbox.realm_id, "")
        assert running.receive_webhook(b"[]", sign(b"[]", second.sandbox.verifier_token)) == 0
        assert call("disconnect").code == 0
        write_settings(home, {"base_url": first.base_url, "client_id": "one-more"})
        page = running.begin_connect("admin", "http://127.0.0.1/callback")
        assert page.startswith(first.base_url) and "client_id=one-more" in page


def test_a_running_host_follows_a_company_to_another_address(first: Books, call: Call, home: Path) -> None:
    with hosted(home) as running, Server(first.sandbox) as moved:
        running.bring_payments()
        assert call("connect", "--sandbox", moved.base_url, "--yes").code == 0
        first.server.stop()
        running.bring_payments()
        assert (running.settings.base_url, running.status().stopped_reason) == (moved.base_url, "")


def test_a_company_that_is_still_being_replaced_keeps_its_settings(first: Books, open_books: Open, home: Path) -> None:
    """`connect` writes the settings before somebody consents."""
    with hosted(home) as running:
        write_settings(home, {"base_url": open_books("gb").base_url, "client_id": "other"})
        running.bring_payments()
        assert (running.settings.base_url, running.status().stopped_reason) == (first.base_url, "")


@contextmanager
def hosted(home: Path) -> Iterator[Application]:
    plugin = QuickBooksPlugin(background=False)
    host = EmbeddedHost.open(home, plugins=[plugin])
    try:
        yield plugin.application
    finally:
        host.close()
