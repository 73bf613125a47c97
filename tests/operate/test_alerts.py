"""Alerts: what stands is decided by the status alone; each is sent once, on every channel, until it has passed."""

from __future__ import annotations

import dataclasses
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import default
from itertools import repeat
from pathlib import Path
from smtplib import SMTPNotSupportedError
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from filelock import FileLock
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from onedesk_quickbooks.plugin.ledger import LedgerAway
from onedesk_quickbooks.plugin.model.host import Alert
from onedesk_quickbooks.plugin.ops.alerts import firing
from onedesk_quickbooks.plugin.ops.channels import DELIVERY_PROBLEMS, channels_for, post, send_mail
from onedesk_quickbooks.plugin.ops.sent_alerts import SentAlerts
from onedesk_quickbooks.plugin.ops.status import Status
from onedesk_quickbooks.plugin.sync.settings import Settings, write_settings
from onedesk_quickbooks.plugin.texts import Text, say
from tests.operate.conftest import Desk, Listener
from tests.qbo.test_endless import dribbling

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
WELL = Status(
    connected=True,
    environment="local",
    rules="rules.yaml",
    company="Larkspur Ltd",
    since=NOW - 90 * DAY,
    last_success_at=NOW,
    last_payment_look_at=NOW,
    refresh_token_expires_at=NOW + 90 * DAY,
)
PAID = {"entry": 7, "number": "1007", "was": "voided", "amount": "125.00", "currency": "USD", "money": True}


LEFT = {"run": "a1", "action": "send", "waiting": 3, "since": NOW.isoformat(), "unanswered": 0}


def keys(status: Status, *, polls: bool = True, hours: int = 24, running: timedelta = 90 * DAY) -> list[str]:
    found = firing(status, NOW, silent_after=timedelta(hours=hours), polls=polls, running_since=NOW - running)
    assert all(alert.text and alert.title for alert in found)
    return [alert.key for alert in found]


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, []),
        ({"connected": False, "held": 3}, []),
        ({"stopped_reason": "The company was deleted."}, ["stopped"]),
        ({"stopped_reason": "The connection has ended.", "refresh_token_expires_at": NOW - DAY}, ["stopped"]),
        ({"held": 1}, ["held"]),
        ({"disk_free": 500_000_000}, []),
        ({"disk_free": 499_999_999}, ["disk"]),
        ({"disk_free": 0, "stopped_reason": "The disk is full."}, ["stopped"]),
        ({"failed": 2}, ["held"]),
        ({"stopped_runs": (LEFT, {**LEFT, "run": "b2"})}, ["run-a1", "run-b2"]),
        ({"last_success_at": NOW - timedelta(hours=23)}, []),
        ({"last_success_at": NOW - timedelta(hours=24)}, ["silent"]),
        ({"last_success_at": None}, ["silent"]),
        ({"last_payment_look_at": NOW - timedelta(hours=23)}, []),
        ({"last_payment_look_at": NOW - timedelta(hours=24)}, ["payments"]),
        ({"last_payment_look_at": None}, ["payments"]),
        ({"payments_overdue_since": NOW - timedelta(minutes=15)}, ["payments"]),
        ({"last_payment_look_at": NOW - 2 * DAY, "last_success_at": NOW - 2 * DAY}, ["silent"]),
        ({"last_payment_look_at": NOW - 2 * DAY, "stopped_reason": "The company was deleted."}, ["stopped"]),
        ({"held": 2, "paid_but_withdrawn": (PAID, {**PAID, "entry": 8})}, ["held", "paid-7", "paid-8"]),
        ({"refresh_token_expires_at": NOW + 14.1 * DAY}, []),
        ({"refresh_token_expires_at": NOW + 14 * DAY}, ["token-14"]),
        ({"refresh_token_expires_at": NOW + 7 * DAY}, ["token-7"]),
        ({"refresh_token_expires_at": NOW + 2.1 * DAY}, ["token-7"]),
        ({"refresh_token_expires_at": NOW + 2 * DAY}, ["token-2"]),
        ({"refresh_token_expires_at": NOW - DAY}, ["token-2"]),
    ],
)
def test_what_is_there(fields: dict[str, Any], wanted: list[str]) -> None:
    assert keys(dataclasses.replace(WELL, **fields)) == wanted


def test_no_look_for_payments_counts_from_when_one_could_have_been_made() -> None:
    unlooked = dataclasses.replace(WELL, last_payment_look_at=NOW - 3 * DAY)
    assert keys(unlooked) == ["payments"]
    assert keys(unlooked, running=timedelta(hours=1)) == []
    assert keys(unlooked, hours=0) == []
    assert keys(unlooked, polls=False) == [], "where nothing polls, webhooks bring them"
    (alert,) = firing(unlooked, NOW, silent_after=DAY, polls=True, running_since=NOW - 90 * DAY)
    assert alert.title == "QuickBooks: no look for payments for 72 hours"


def test_a_service_that_has_just_begun_may_look_for_payments_yet() -> None:
    unserved = dataclasses.replace(WELL, payments_overdue_since=NOW - DAY)
    assert keys(unserved, running=timedelta(minutes=9)) == []
    assert keys(unserved, running=timedelta(minutes=10)) == ["payments"]
    assert keys(unserved, hours=0) == []
    (alert,) = firing(unserved, NOW, silent_after=DAY, polls=True, running_since=NOW - DAY)
    assert (alert.title, alert.since) == ("QuickBooks: no process looks for payments", NOW - DAY)


def test_money_for_a_void_invoice_is_reported_with_its_amount() -> None:
    paid = dataclasses.replace(WELL, held=1, paid_but_withdrawn=(PAID,))
    found = firing(paid, NOW, silent_after=DAY, polls=True, running_since=NOW - 90 * DAY)
    assert [alert.title for alert in found[1:]] == [
        "QuickBooks: 125.00 USD was paid for invoice 1007, which was voided in OneDesk"
    ]
    assert found[1].text.endswith("queue show 7")


def test_silence_counts_from_when_something_could_have_succeeded() -> None:
    silent = dataclasses.replace(WELL, last_success_at=NOW - 3 * DAY)
    assert keys(silent) == ["silent"]
    assert keys(silent, running=timedelta(hours=1)) == []
    assert keys(silent, hours=0) == []
    assert keys(silent, polls=False) == []
    waits = dataclasses.replace(silent, waiting=1, oldest_waiting_at=NOW - timedelta(hours=23))
    assert keys(waits, polls=False) == []
    assert keys(dataclasses.replace(waits, oldest_waiting_at=NOW - 2 * DAY), polls=False) == ["silent"]


def test_silence_is_not_counted_from_an_hour_that_has_not_come() -> None:
    """The clock was months ahead when something succeeded last, and was set right since."""
    ahead = dataclasses.replace(WELL, last_success_at=NOW + 200 * DAY)
    assert keys(ahead) == ["silent"]
    assert keys(dataclasses.replace(ahead, since=NOW - timedelta(hours=1))) == []


def held(desk: Any, make: Callable[..., dict[str, Any]], **fields: Any) -> None:
    assert desk.copy(make(currency="EUR", **fields)) == "held"


def test_each_once_until_it_has_passed_over_restarts_too(desk: Any, invoice: Callable[..., dict[str, Any]]) -> None:
    assert desk.look() == []
    held(desk, invoice)
    assert desk.look() == ["held"]
    assert desk.look() == ["held"]
    desk.restart()
    assert desk.look() == ["held"]
    (alert,) = desk.listener.heard
    assert (alert.kind, alert.key) == ("held", "held")
    assert "1 held" in alert.title
    assert "queue" in alert.text
    connected = desk.application.connected
    assert connected is not None
    (work,) = desk.application.ledger.queue_lists.in_states(connected.realm_id, ("held",))
    assert desk.application.ledger.queue.drop(work.id, "entered by hand")
    assert desk.look() == []
    held(desk, invoice, id="INV-2", number="2042")
    assert desk.look() == ["held"]
    assert len(desk.listener.heard) == 2


def test_they_are_in_the_language_of_the_installation(
    home: Path, connected: Any, invoice: Callable[..., dict[str, Any]]
) -> None:
    write_settings(home, {"language": "fr"})
    desk = Desk(home, Listener())
    try:
        held(desk, invoice)
        stopped = Text("The line {n} stopped.", n=Text("1 invoice"))
        assert desk.look() == ["held"]
        ledger, realm_id = desk.application.ledger, desk.application.status().realm_id
        ledger.companies.stop(realm_id, stopped)
        assert desk.look() == ["stopped", "held"]
        ledger.outgoing_webhooks.put("https://desk.example/", b"key", 0)
        ledger.outgoing_webhooks.failed(1, 2, Text("it answered {status}", status=503), None)
        assert desk.look() == ["stopped", "held", "webhook-1"]
    finally:
        desk.host.close()
    waiting, stops, webhook = desk.listener.heard
    assert (waiting.kind, waiting.title) == ("held", "QuickBooks\u00a0: 1 retenue, en attente de quelqu’un")
    assert waiting.text.startswith("Chaque entrée dit pourquoi et que faire\u00a0: à la page À traiter, ou par")
    assert stops.title == "QuickBooks\u00a0: plus rien n’est copié tant que vous n’agissez pas"
    assert stops.text == "The line 1 facture stopped. 0 factures attendent; rien n’est perdu."
    assert webhook.text.startswith("Essayé 2 fois, la dernière fois il a répondu 503.")


def test_every_alert_is_said_in_french() -> None:
    """All that a status can tell of at once."""
    error = {"what": "queue", "count": 9, "since": NOW - DAY, "error": "KeyError at plugin/x.py:1"}
    payment = {"amount": "1234.50", "currency": "CAD", "number": "7", "since": (NOW - DAY).isoformat()}
    hook = {
        "id": 1,
        "state": "stopped",
        "host": "x.example",
        "waiting": 2,
        "failures": 3,
        "problem": "refused",
        "since": NOW.isoformat(),
    }
    many = dataclasses.replace(
        WELL,
        held=2,
        failed=1,
        errors=(error,),
        disk_free=10,
        stopped_runs=(LEFT,),
        paid_but_withdrawn=(PAID,),
        untold_payments=(payment, payment, payment, payment),
        webhooks=(hook,),
        last_success_at=NOW - 9 * DAY,
        refresh_token_expires_at=NOW + DAY,
    )
    found = firing(many, NOW, silent_after=DAY, polls=True, running_since=NOW - 90 * DAY)
    assert len(found) == 9
    for each in found:
        assert say(each.title, "fr") != each.title and say(each.text, "fr") != each.text
        assert not re.search(r"\b(the|is|was|and|invoice|waits?)\b", f"{say(each.title, 'fr')} {say(each.text, 'fr')}")
    assert any("1\u202f234,50\u00a0CAD de la facture 7" in say(each.text, "fr") for each in found)


def test_a_stopped_queue_and_the_days_before_the_end_are_reported(desk: Any) -> None:
    ends = desk.application.status().refresh_token_expires_at
    found_keys = []
    for days in (15, 13, 8, 6, 3, 1):
        desk.clock.pass_by(seconds=(ends - timedelta(days=days) - desk.clock.now()).total_seconds())
        found_keys.append([key for key in desk.look() if key.startswith("token")])
    assert found_keys == [[], ["token-14"], ["token-14"], ["token-7"], ["token-7"], ["token-2"]]
    heard = [alert.key for alert in desk.listener.heard if alert.kind == "token"]
    assert heard == ["token-14", "token-7", "token-2"]
    desk.application.ledger.companies.stop(desk.application.status().realm_id, "The company was deleted.")
    assert desk.look() == ["stopped"]
    assert desk.listener.heard[-1].text.startswith("The company was deleted.")


def test_administration_shows_that_the_connection_ends_soon(desk: Any) -> None:
    def shown() -> list[str]:
        return [each.value for each in desk.host.settings("admin") if each.label == "Attention"]

    assert shown() == []
    ends = desk.application.status().refresh_token_expires_at
    desk.clock.pass_by(seconds=(ends - timedelta(days=5) - desk.clock.now()).total_seconds())
    assert "QuickBooks: the connection ends in 5 days" in shown()


def test_a_listener_that_fails_is_notified_again_later(desk: Any, invoice: Callable[..., dict[str, Any]]) -> None:
    held(desk, invoice)
    desk.listener.fails = True
    desk.look()
    desk.listener.fails = False
    desk.look()
    assert desk.listener.heard == []
    desk.clock.pass_by(minutes=6)
    desk.look()
    desk.look()
    assert len(desk.listener.heard) == 1


class FullDisk:
    """A ledger that takes no mark, as on a full disk, until there is room."""

    def __init__(self) -> None:
        self.alerts = self
        self.room = False
        self.kept = {("held", "log")}
        self.pauses: dict[str, datetime] = {}

    def sent(self, realm_id: str) -> set[tuple[str, str]]:
        return set(self.kept)

    def paused(self, realm_id: str) -> dict[str, datetime]:
        return dict(self.pauses)

    def _write(self) -> None:
        if not self.room:
            raise LedgerAway("The disk is full.")

    def add_sent(self, realm_id: str, alert: str, channel: str, at: datetime) -> None:
        self._write()
        self.kept.add((alert, channel))

    def forget(self, realm_id: str, alert: str, channel: str) -> None:
        self._write()
        self.kept.discard((alert, channel))

    def pause(self, realm_id: str, channel: str, until: datetime) -> None:
        self._write()
        self.pauses[channel] = until


def test_what_was_reported_is_known_on_a_full_disk_too() -> None:
    ledger = FullDisk()
    sent = SentAlerts(ledger)  # type: ignore[arg-type]  # the part of a ledger that it uses
    sent.record("1", "stopped", "mail", NOW)
    sent.record("1", "held", "log", None)
    sent.pause("1", "webhook", NOW)
    assert sent.sent("1") == {("stopped", "mail")}
    assert sent.sent("2") == {("held", "log")}
    assert (sent.paused("1"), sent.paused("2")) == ({"webhook": NOW}, {})
    assert (ledger.kept, ledger.pauses) == ({("held", "log")}, {})
    ledger.room = True
    sent.record("1", "stopped", "log", NOW)
    assert ledger.kept == {("stopped", "mail"), ("stopped", "log")}, "what was not written is made up for"
    assert ledger.pauses == {"webhook": NOW}


def test_of_two_processes_one_notifies(desk: Any, invoice: Callable[..., dict[str, Any]]) -> None:
    held(desk, invoice)
    with FileLock(desk.home / "alerts.lock", thread_local=False):
        assert desk.look() == []
    assert desk.listener.heard == []
    assert desk.look() == ["held"]


def test_channels_are_those_that_are_set_up() -> None:
    assert set(channels_for(Settings(), None)) == set()
    mail = Settings(smtp_url="smtps://mail.example", alert_to="books@desk.example")
    assert set(channels_for(mail, print)) == {"mail", "hook"}
    assert set(channels_for(Settings(alert_webhook="https://desk.example/alerts"), None)) == {"webhook"}


@pytest.fixture
def url(httpserver: HTTPServer) -> Iterator[tuple[str, list[Any], list[int]]]:
    """A webhook: its URL, what it got, and the statuses to answer with before 200."""
    got: list[Any] = []
    statuses: list[int] = []

    def take(request: Request) -> Response:
        status = statuses.pop(0) if statuses else 200
        if status == 200:
            got.append(request.get_json())
        return Response(status=status)

    httpserver.expect_request("/alerts").respond_with_handler(take)
    yield httpserver.url_for("/alerts"), got, statuses


def test_the_webhook_gets_it_once_though_the_first_time_fails(
    desk: Any, invoice: Callable[..., dict[str, Any]], url: tuple[str, list[Any], list[int]]
) -> None:
    address, got, statuses = url
    desk.host.close()
    write_settings(desk.home, {"alert_webhook": address})
    desk.start()
    held(desk, invoice)
    statuses.append(500)
    desk.look()
    assert got == []
    assert len(desk.listener.heard) == 1, "another channel's failure is none of the hook's"
    desk.clock.pass_by(minutes=6)
    desk.look()
    desk.look()
    (alert,) = got
    assert set(alert) == {"alert", "kind", "title", "text", "since", "company"}
    assert alert["alert"] == "held"
    assert len(desk.listener.heard) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 404, 410, 429, 500])
def test_a_webhook_that_does_not_take_it_is_notified_again(httpserver: HTTPServer, status: int) -> None:
    """To be led elsewhere is no answer, and is not followed."""
    httpserver.expect_request("/elsewhere").respond_with_data()
    moved = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request("/moved").respond_with_handler(lambda _: Response(status=status, headers=moved))
    with pytest.raises(DELIVERY_PROBLEMS):
        post(httpserver.url_for("/moved"), Alert("held", "held", "QuickBooks: 1 held", "See.", NOW), "Larkspur Ltd")
    assert [asked.path for asked, _ in httpserver.log] == ["/moved"]


@pytest.mark.parametrize("head", [b"H", b"HTTP/1.1 200 OK\r\nX: y\r\n"])
def test_a_webhook_that_never_comes_to_an_end(head: bytes) -> None:
    alert = Alert("held", "held", "QuickBooks: 1 held", "See the queue.", NOW)
    began = time.monotonic()
    with dribbling(head) as address, pytest.raises(DELIVERY_PROBLEMS):
        post(address, alert, "Larkspur Ltd", 0.3)
    assert time.monotonic() - began < 5


def test_what_a_webhook_answers_is_not_read(httpserver: HTTPServer) -> None:
    """It may be without an end."""
    httpserver.expect_request("/alerts").respond_with_handler(lambda _: Response(repeat(b"x" * 65536)))
    began = time.monotonic()
    post(httpserver.url_for("/alerts"), Alert("held", "held", "QuickBooks: 1 held", "See.", NOW), "Larkspur Ltd")
    assert time.monotonic() - began < 5


class Mailbox:
    """What a mail server took."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Message]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """A mail server and its URL."""
    box = Mailbox()
    port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, f"smtp://127.0.0.1:{port}"
    server.stop()


def test_everybody_gets_the_mail(mailbox: tuple[Mailbox, str]) -> None:
    box, address = mailbox
    settings = Settings(smtp_url=address, alert_to="books@desk.example, it@desk.example")
    send_mail(settings, Alert("held", "held", "QuickBooks: 1 held", "See the queue.", NOW), "Larkspur Ltd")
    ((to, mail),) = box.mails
    assert to == ["books@desk.example", "it@desk.example"]
    assert (mail["Subject"], mail["From"]) == ("QuickBooks: 1 held", "books@desk.example")
    text = mail.get_payload()
    assert isinstance(text, str)
    assert "See the queue." in text
    assert "Larkspur Ltd" in text


ODD = [
    *("7\r\nBcc: thief@evil.example", "7\nBcc: thief@evil.example\n\nbody"),
    *("7\u2028Bcc: thief@evil.example", "7\x0bBcc: thief@evil.example"),
    *("x" * 5000, "é" * 3000, "Zoë " * 500, "日本語" * 100, "a" * 998),
    *("\x00\x1b[31m", "\ud800", "=?utf-8?q?Bcc?=", "."),
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_no_text_of_others_makes_a_header_or_keeps_the_mail_from_going(mailbox: tuple[Mailbox, str], odd: str) -> None:
    """Numbers of invoices stand in subjects, and companies have names."""
    box, address = mailbox
    settings = Settings(smtp_url=address, alert_to="books@desk.example", alert_from="desk@desk.example\n")
    send_mail(settings, Alert("paid", "paid", f"QuickBooks: invoice {odd} was paid", f"See {odd}\n.\n", NOW), odd)
    ((to, mail),) = box.mails
    assert to == ["books@desk.example"]
    assert set(mail.keys()) <= {
        *("From", "To", "Subject", "Auto-Submitted", "MIME-Version"),
        *("Content-Type", "Content-Transfer-Encoding", "X-Peer", "X-MailFrom", "X-RcptTo"),
    }
    assert (mail["From"], mail["To"]) == ("desk@desk.example", "books@desk.example")
    subject = str(make_header(decode_header(mail["Subject"])))
    assert len(subject) < 250 and "QuickBooks: invoice" in subject and subject.isprintable()


def test_addresses_in_other_letters(mailbox: tuple[Mailbox, str]) -> None:
    """A domain has a name in ASCII; the part before it needs a server that takes it."""
    box, address = mailbox
    alert = Alert("held", "held", "QuickBooks: 1 held", "See the queue.", NOW)
    send_mail(Settings(smtp_url=address, alert_to="books@b\u00fccher.example"), alert, "Larkspur Ltd")
    ((to, mail),) = box.mails
    assert to == ["books@xn--bcher-kva.example"] and mail["From"] == to[0]


PASSWORD = "hunter2"


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("smtp_url", f"smtp://user:{PASSWORD}/4@mail.example"),
        ("smtp_url", f"smtp://user:25/{PASSWORD}@mail.example"),
        ("smtp_url", f"smtps://user:{PASSWORD}#4@mail.example"),
        ("smtp_url", f"smtps://user:25?{PASSWORD}@mail.example"),
        ("smtp_url", f"smtp://user:pass@[{PASSWORD}"),
        ("smtp_url", f"smtp://mail.example:{PASSWORD}"),
        ("alert_webhook", f"https://user:{PASSWORD}/4@hooks.example/alerts"),
        ("alert_webhook", f"https://[{PASSWORD}/alerts"),
    ],
)
def test_an_address_that_cannot_be_read_is_not_shown(call: Callable[..., Any], home: Any, key: str, url: str) -> None:
    write_settings(home, {key: url, **({"alert_to": "a@desk.example"} if key == "smtp_url" else {})})
    done = call("status")
    assert done.code == 3 and f"{key}: its value, which is secret" in done.err
    assert PASSWORD not in done.err + done.out and "%2F" in done.err


@pytest.mark.parametrize("key", ["public_url", "base_url"])
@pytest.mark.parametrize(
    "url", ["http://[::1/quickbooks", "https://desk.example:quickbooks", "https://", "http://a:70000"]
)
def test_an_address_that_cannot_be_read_is_refused(call: Callable[..., Any], home: Any, key: str, url: str) -> None:
    write_settings(home, {key: url})
    done = call("status")
    assert (
        done.code == 3 and f"settings.yaml:1:1: {key}: {url} is not a valid address; its host, or its port," in done.err
    )
    (home / "settings.yaml").unlink()
    done = call("connect", "--sandbox", url, "--yes")
    assert done.code == 3 and "is not a valid address; it looks like http://127.0.0.1:8081" in done.err


@pytest.mark.parametrize(
    "settings",
    [
        {"alert_webhook": "http://user:hunter2@127.0.0.1:PORT/alerts?token=hunter2"},
        {"alert_webhook": "http://user:hunter2@hooks.invalid/hunter2"},
        {"alert_webhook": "http://user:hunter2@" + "a" * 70 + ".example/hunter2"},
        {"smtp_url": "smtp://user:hunter2@127.0.0.1:PORT", "alert_to": "a@desk.example"},
        {"smtp_url": "smtp://user:hunter2%C3%A9@localhost:PORT", "alert_to": "a@desk.example"},
        {"smtp_url": "smtps://user:hunter2@" + "a" * 70 + ".example", "alert_to": "a@desk.example"},
    ],
)
def test_no_log_shows_what_an_address_holds(
    connected: Any, home: Any, invoice: Any, caplog: pytest.LogCaptureFixture, settings: dict[str, str]
) -> None:
    port = str(free_port())
    write_settings(home, {key: value.replace("PORT", port) for key, value in settings.items()})
    desk = Desk(home, Listener())
    with caplog.at_level(logging.DEBUG, "onedesk_quickbooks"):
        desk.copy(invoice(currency="EUR"))
        desk.look()
    desk.host.close()
    (message,) = [each.getMessage() for each in caplog.records if "could not be sent" in each.getMessage()]
    assert "it is tried again in five minutes" in message
    formatter = logging.Formatter()
    ours = [each for each in caplog.records if each.name.startswith("onedesk_quickbooks") or each.levelno >= 30]
    assert "hunter2" not in "".join(map(formatter.format, ours))


@pytest.mark.parametrize("said", [b"2", b"220-welcome\r\n"])
def test_a_mail_server_that_never_comes_to_an_end(said: bytes) -> None:
    alert = Alert("held", "held", "QuickBooks: 1 held", "See the queue.", NOW)
    with dribbling(said, asked=False) as url:
        settings = Settings(smtp_url=url.replace("http:", "smtp:"), alert_to="books@desk.example")
        with pytest.raises(DELIVERY_PROBLEMS):
            send_mail(settings, alert, "Larkspur Ltd", 0.3)


@contextmanager
def scripted(**answers: Callable[[socket.socket], object]) -> Iterator[tuple[Settings, list[str]]]:
    """A mail server that takes everything, but for the commands that these answer; and the commands that it got."""
    got: list[str] = []

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as lines, suppress(OSError):
                    connection.sendall(b"220 mail.example\r\n")
                    while line := lines.readline():
                        got.append(line.split()[0].decode().lower())
                        if got[-1] in answers:
                            answers[got[-1]](connection)
                        elif got[-1] == "data":
                            connection.sendall(b"354 go on\r\n")
                            while lines.readline() not in (b".\r\n", b""):
                                pass
                            connection.sendall(b"250 taken\r\n")
                        else:
                            connection.sendall(b"250 fine\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        yield Settings(smtp_url=url, alert_to="books@desk.example, it@desk.example"), got


def silent(connection: socket.socket) -> None:
    """No answer."""


def flood(connection: socket.socket) -> None:
    """A reply of lines without an end."""
    while True:
        connection.sendall(b"250-more\r\n" * 1000)


def drip(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"2")
        time.sleep(0.05)


def busy(connection: socket.socket) -> None:
    connection.sendall(b"421 not now\r\n")


@pytest.mark.parametrize("said", [silent, flood, drip, busy])
def test_what_a_mail_server_says_once_it_has_the_mail_is_nothing(said: Callable[[socket.socket], object]) -> None:
    """A mail that counted as not taken would come again every five minutes."""
    began = time.monotonic()
    with scripted(quit=said) as (settings, got):
        send_mail(settings, Alert("held", "held", "QuickBooks: 1 held", "See the queue.", NOW), "Larkspur Ltd", 1)
    assert "data" in got and time.monotonic() - began < 5


@pytest.mark.parametrize("at", ["ehlo", "mail", "rcpt", "data"])
def test_a_reply_of_a_mail_server_has_a_size(at: str) -> None:
    began = time.monotonic()
    with scripted(**{at: flood}) as (settings, _), pytest.raises(DELIVERY_PROBLEMS):
        send_mail(settings, Alert("held", "held", "QuickBooks: 1 held", "See the queue.", NOW), "Larkspur Ltd", 60)
    assert time.monotonic() - began < 30, "it ended by its size"


def test_who_is_refused_by_the_mail_server_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Without their address; the others have the mail, and get no second one."""
    answers = iter([b"550 nobody\r\n", b"250 fine\r\n"])
    with scripted(rcpt=lambda connection: connection.sendall(next(answers))) as (settings, got):
        send_mail(settings, Alert("held", "held", "QuickBooks: 1 held", "See the queue.", NOW), "Larkspur Ltd")
    assert got.count("rcpt") == 2 and "data" in got
    assert "the mail server refused 1 of the 2 addresses in alert_to" in caplog.text and "@" not in caplog.text


def test_nothing_is_sent_without_encryption_to_another_machine(mailbox: tuple[Mailbox, str]) -> None:
    """A name that is not known for this machine's counts as another's."""
    box, address = mailbox
    alert = Alert("held", "held", "QuickBooks: 1 held", "See the queue.", NOW)
    elsewhere = address.replace("127.0.0.1", "127.1")
    with pytest.raises(SMTPNotSupportedError, match=r"offers no encryption .* smtps:// .* smtp\+plain://"):
        send_mail(Settings(smtp_url=elsewhere, alert_to="books@desk.example"), alert, "Larkspur Ltd")
    assert box.mails == []
    plain = elsewhere.replace("smtp:", "smtp+plain:")
    send_mail(Settings(smtp_url=plain, alert_to="books@desk.example"), alert, "Larkspur Ltd")
    assert len(box.mails) == 1


class Doorkeeper:
    """Lets one user in, and remembers who came."""

    def __init__(self) -> None:
        self.came: list[tuple[bytes, bytes]] = []

    def __call__(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.came.append((data.login, data.password))
        return AuthResult(success=True)


def test_user_and_password_stand_in_the_url() -> None:
    box, door = Mailbox(), Doorkeeper()
    port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=port, authenticator=door, auth_require_tls=False)
    server.start()
    try:
        settings = Settings(
            smtp_url=f"smtp://alerts%40desk.example:p%3Ass@127.0.0.1:{port}",
            alert_to="books@desk.example",
            alert_from="alerts@desk.example",
        )
        send_mail(settings, Alert("held", "held", "QuickBooks: 1 held", "See the queue.", NOW), "Larkspur Ltd")
    finally:
        server.stop()
    assert door.came == [(b"alerts@desk.example", b"p:ss")]
    ((_, mail),) = box.mails
    assert mail["From"] == "alerts@desk.example"
    assert "p%3Ass" not in repr(settings)


def test_alert_to_without_a_mail_server_is_reported(call: Callable[..., Any], home: Any) -> None:
    home.mkdir()
    write_settings(home, {"alert_to": "books@desk.example"})
    done = call("status")
    assert done.code == 3
    assert "smtp_url" in done.err
