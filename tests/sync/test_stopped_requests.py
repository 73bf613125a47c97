"""Requests of a stopped command that QuickBooks has not answered: looked up by all, made again by who resumes it.

The command is stopped in this process: what it asked for keeps the name of its run.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from werkzeug.test import Client

from onedesk_quickbooks.plugin.ledger import OutboxEntry
from onedesk_quickbooks.plugin.web import pages
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]
RUN = "4f1c09aa"


class Writes(HTTPAdapter):
    """Notes the requestid of all that writes, and how often an invoice is looked for. QuickBooks answers while it is
    `well`, fails, or does it and fails."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = "well"
        self.made: list[str] = []
        self.looks = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = str(request.url)
        if "requestid=" not in url:
            self.looks += "DocNumber" in url
            return super().send(request, *args, **kwargs)
        self.made.append(url.partition("requestid=")[2].partition("&")[0])
        if self.answer == "fails":
            request.url = url.replace("/v3/", "/none/")
        response = super().send(request, *args, **kwargs)
        response.status_code = 200 if self.answer == "well" else 503
        return response


@pytest.fixture
def writes(us: Desk, invoice: Make) -> Writes:
    """What is written, once customer and items of the invoices are there."""
    us.copy(invoice(id="INV-0", number="2040"))
    made = Writes()
    us.application.session.mount("http://", made)
    return made


def ask(desk: Desk, *invoices: dict[str, Any], action: str = "copy") -> None:
    for each in invoices:
        desk.save(each)
        assert (
            desk.host.act(each["id"], "quickbooks.copy", ADMIN)
            if action == "copy"
            else desk.host.send(each["id"], ADMIN)
        )


def stop(desk: Desk, writes: Writes, answer: str, *invoices: dict[str, Any], action: str = "copy") -> list[OutboxEntry]:
    """A command that asks for these, and is stopped while QuickBooks does not answer; its requests."""
    writes.answer = answer
    with suppress(KeyboardInterrupt), desk.application.as_command(RUN):
        ask(desk, *invoices, action=action)
        desk.application.drain(patience=timedelta(0))
        raise KeyboardInterrupt
    writes.answer = "well"
    writes.made.clear()
    writes.looks = 0
    return unknown(desk)


def unknown(desk: Desk) -> list[OutboxEntry]:
    return desk.application.ledger.outbox.unknown(desk.sandbox.realm_id)


def numbers(desk: Desk) -> list[str]:
    return sorted(each["DocNumber"] for each in desk.invoices())


def mailed(desk: Desk) -> list[str]:
    return [each["DocNumber"] for each in desk.invoices() if each["EmailStatus"] == "EmailSent"]


def other_work(desk: Desk, invoice: Make) -> None:
    """Another command, and a look for payments."""
    assert desk.copy(invoice(id="INV-9", number="2049")).outcome in ("copied", "unchanged")
    desk.application.bring_payments()


def drop(desk: Desk) -> None:
    ledger = desk.application.ledger
    rows = [each.id for each in ledger.queue_lists.each(desk.sandbox.realm_id, ("todo",)) if each.run == RUN]
    assert len(ledger.queue.drop_all(rows, "the wrong file")) == len(rows) > 0


def test_what_was_not_done_is_not_made_until_the_run_is_resumed(us: Desk, invoice: Make, writes: Writes) -> None:
    [entry] = stop(us, writes, "fails", invoice())
    other_work(us, invoice)
    assert entry.requestid not in writes.made and numbers(us) == ["2040", "2049"]
    assert unknown(us) == [entry]
    [run] = us.application.stopped_runs()
    assert (run.run, run.waiting, run.unanswered) == (RUN, 1, 1)
    assert us.application.resume_run(RUN) == 1
    assert [each.id for each in us.application.drain()] == ["INV-1"]
    assert writes.made[-1] == entry.requestid and numbers(us) == ["2040", "2041", "2049"]


def test_what_is_left_is_loud(us: Desk, invoice: Make, writes: Writes) -> None:
    stop(us, writes, "fails", invoice(), invoice(id="INV-2", number="2042"))
    [alert] = us.application.watcher.firing(us.application.status())
    assert (alert.kind, alert.key) == ("run", f"run-{RUN}") and f"queue resume {RUN}" in alert.text
    client = Client(pages(us.application).app)
    health = client.get("/health").json or {}
    assert (health["ok"], health["left"]) == (True, 2)
    assert 'work{state="stopped",tenant="main"} 2.0' in client.get("/metrics").text
    drop(us)
    assert us.application.watcher.firing(us.application.status()) == []


def test_a_look_for_it_does_not_end_a_pause(us: Desk, invoice: Make, writes: Writes) -> None:
    stop(us, writes, "fails", invoice())
    ask(us, invoice(id="INV-9", number="2049"))
    assert us.application.drain(patience=timedelta(0)) == [] and writes.made == []


def test_what_was_done_is_linked_and_shown_and_waits_on(us: Desk, invoice: Make, writes: Writes) -> None:
    stop(us, writes, "does it and fails", invoice())
    other_work(us, invoice)
    assert unknown(us) == [] and us.shown("INV-1").tags
    [run] = us.application.stopped_runs()
    assert (run.waiting, run.unanswered) == (1, 0)
    us.application.resume_run(RUN)
    [came] = us.application.drain()
    assert came.outcome == "copied" and numbers(us) == ["2040", "2041", "2049"]


def test_no_email_goes_out_for_it(us: Desk, invoice: Make, writes: Writes) -> None:
    us.copy(invoice())
    stop(us, writes, "fails", invoice(), action="send")
    other_work(us, invoice)
    assert mailed(us) == []
    drop(us)
    other_work(us, invoice)
    assert mailed(us) == []


@pytest.mark.parametrize("answer", ["fails", "does it and fails"])
def test_of_a_batch_the_others_part_goes_on(us: Desk, invoice: Make, writes: Writes, answer: str) -> None:
    """What waited from before went along with the command that was stopped."""
    ask(us, invoice(id="INV-5", number="2045"))
    entries = stop(us, writes, answer, invoice(), invoice(id="INV-2", number="2042"))
    assert len({each.batch for each in entries}) == 1 and len(entries) == 3
    other_work(us, invoice)
    done = ["2040", "2045", "2049"] if answer == "fails" else ["2040", "2041", "2042", "2045", "2049"]
    assert numbers(us) == done
    assert len(unknown(us)) == (2 if answer == "fails" else 0)
    us.application.resume_run(RUN)
    us.application.drain()
    assert numbers(us) == ["2040", "2041", "2042", "2045", "2049"] and unknown(us) == []


def test_a_batch_of_which_a_part_is_there_keeps_its_requestid(us: Desk, invoice: Make, writes: Writes) -> None:
    """QuickBooks may be at the other part still: under another requestid it would be made twice."""
    first, second = stop(us, writes, "fails", invoice(), invoice(id="INV-2", number="2042"))
    us.sandbox.create("Invoice", dict(first.body))
    other_work(us, invoice)
    assert unknown(us) == [second] and first.batch not in writes.made
    us.application.resume_run(RUN)
    us.application.drain()
    assert writes.made[-1] == first.batch and numbers(us) == ["2040", "2041", "2042", "2049"]


def test_dropped_it_is_not_made_and_what_is_done_late_is_linked(us: Desk, invoice: Make, writes: Writes) -> None:
    [entry] = stop(us, writes, "fails", invoice())
    drop(us)
    other_work(us, invoice)
    assert entry.requestid not in writes.made and numbers(us) == ["2040", "2049"]
    us.sandbox.create("Invoice", dict(entry.body))
    us.application.bring_payments()
    assert us.application.ledger.links.invoice(us.sandbox.realm_id, "INV-1") and us.shown("INV-1").tags
    assert us.copy(invoice()).outcome == "unchanged" and numbers(us) == ["2040", "2041", "2049"]


@pytest.mark.parametrize("between", ["at once", "after others"])
@pytest.mark.parametrize("dropped", [True, False])
def test_asked_anew_the_same_request_makes_it(
    us: Desk, invoice: Make, writes: Writes, between: str, dropped: bool
) -> None:
    [entry] = stop(us, writes, "fails", invoice())
    if dropped:
        drop(us)
    if between == "after others":
        other_work(us, invoice)
    us.predicts = False
    assert us.copy(invoice()).outcome in ("copied", "unchanged")
    assert entry.requestid in writes.made and numbers(us).count("2041") == 1


def test_what_is_not_done_in_a_day_is_looked_for_when_somebody_goes_on(us: Desk, invoice: Make, writes: Writes) -> None:
    [entry] = stop(us, writes, "fails", invoice())
    us.clock.sleep(90_000)
    us.application.bring_payments()
    us.application.bring_payments()
    assert writes.looks == 1
    us.sandbox.create("Invoice", dict(entry.body))
    us.application.resume_run(RUN)
    [came] = us.application.drain()
    assert came.outcome == "copied" and numbers(us) == ["2040", "2041"]
