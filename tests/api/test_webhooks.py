"""Outgoing webhooks: signed, in their order, again until taken, and left alone in the end; a person sees why."""

from __future__ import annotations

import base64
import hmac
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from onedesk_quickbooks.plugin.ops.deliveries import PAUSES, signature
from tests.api.conftest import Installation, Program, problems
from tests.commands import Call
from tests.support.sandboxes import Books

Make = Callable[..., dict[str, Any]]


@dataclass
class Receiver:
    """A program that takes webhooks; `answers` are the statuses of the next ones, 204 where none is left."""

    url: str
    requests: list[Request] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    also: Callable[[], object] = lambda: None

    def take(self, request: Request) -> Response:
        request.get_data()
        self.requests.append(request)
        self.also()
        return Response(status=self.answers.pop(0) if self.answers else 204, headers={"Location": "/elsewhere"})

    @property
    def cursors(self) -> list[str]:
        """Of all that came."""
        return [each.get_json()["data"]["cursor"] for each in self.requests]


@pytest.fixture
def receiver(httpserver: HTTPServer) -> Receiver:
    made = Receiver(httpserver.url_for("/payments"))
    httpserver.expect_request("/payments").respond_with_handler(made.take)
    return made


@pytest.fixture
def secret(books: Books, installation: Installation, call: Call, receiver: Receiver) -> bytes:
    """What signs the webhooks that the receiver gets."""
    text = call("webhooks", "add", receiver.url, "--json").one["secret"]
    assert text.startswith("whsec_")
    return base64.b64decode(text.removeprefix("whsec_"))


@pytest.fixture
def pay(
    books: Books, installation: Installation, program: Program, invoice: Make
) -> Callable[[str], list[dict[str, Any]]]:
    """Part of an invoice is paid; the events so far."""

    def pays(amount: str) -> list[dict[str, Any]]:
        program.post("copy", invoice())
        installation.application.drain()
        books.sandbox.pay({program.get("/invoices/INV-7")["quickbooks"]["id"]: amount})
        installation.application.bring_payments()
        return list(program.payments()["payments"])

    return pays


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification (standard-webhooks/standard-webhooks, spec/standard-webhooks.md)."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_was_paid_is_sent_signed_and_once(
    secret: bytes, installation: Installation, receiver: Receiver, pay: Callable[[str], Any]
) -> None:
    deliver = installation.application.deliver_webhooks
    assert deliver() == 0
    events = pay("100.00")
    assert (deliver(), deliver(), len(receiver.requests)) == (1, 0, 1)
    sent = receiver.requests[0]
    body = sent.get_json()
    assert problems("components/schemas/Webhook", body) == []
    assert (body["type"], body["data"]) == ("payment.recorded", events[0])
    message_id, at = sent.headers["webhook-id"], sent.headers["webhook-timestamp"]
    assert message_id == "main-1" and abs(int(at) - installation.clock.now().timestamp()) < 60
    signed = hmac.digest(secret, f"{message_id}.{at}.".encode() + sent.get_data(), "sha256")
    assert sent.headers["webhook-signature"] == f"v1,{base64.b64encode(signed).decode()}"


def test_another_reference_is_an_event_of_the_recorded_payment(
    secret: bytes,
    books: Books,
    installation: Installation,
    program: Program,
    receiver: Receiver,
    pay: Callable[[str], Any],
    call: Call,
) -> None:
    """Once for each change, with the reference and method of then, and no other amount."""
    (recorded,) = pay("100.00")
    payment = books.sandbox.list("Payment")[-1]
    for number, reference in enumerate(("71", "72"), start=1):
        books.sandbox.edit("Payment", payment["Id"], {"PaymentRefNum": reference})
        for _ in range(2):
            installation.application.bring_payments()
        events = program.payments()["payments"]
        assert problems("components/schemas/Payments", program.payments()) == []
        assert len(events) == 1 + number
        assert events[-1] == {
            "cursor": str(1 + number),
            "what": "changed",
            "at": events[-1]["at"],
            "payment": {**recorded["payment"], "reference": reference},
            "reversal": None,
        }
    installation.application.deliver_webhooks()
    bodies = [each.get_json() for each in receiver.requests]
    assert [each["type"] for each in bodies] == ["payment.recorded", "payment.changed", "payment.changed"]
    assert [problem for each in bodies for problem in problems("components/schemas/Webhook", each)] == []
    assert call("payments", "--since", "1", "--json").lines == events[1:]
    assert "changed  payment 72 of invoice INV-7: 100.00 USD" in call("payments", "--since", "2").out


def test_a_slow_receiver_delays_no_other(
    secret: bytes, installation: Installation, receiver: Receiver, pay: Callable[[str], Any], call: Call
) -> None:
    """The first one answers once the second one has its event."""
    came, waited = threading.Event(), list[bool]()
    with HTTPServer("127.0.0.1", 0) as second:
        other = Receiver(second.url_for("/other"), also=came.set)
        second.expect_request("/other").respond_with_handler(other.take)
        call("webhooks", "add", other.url)
        receiver.also = lambda: waited.append(came.wait(30))
        pay("100.00")
        assert installation.application.deliver_webhooks() == 2
    assert waited == [True] and other.cursors == receiver.cursors == ["1"]


def test_it_is_tried_again_with_longer_pauses_in_the_same_order(
    secret: bytes, installation: Installation, receiver: Receiver, pay: Callable[[str], Any], call: Call
) -> None:
    deliver = installation.application.deliver_webhooks
    receiver.answers = [500, 302]
    pay("100.00")
    pay("20.00")
    assert (deliver(), deliver()) == (0, 0)
    assert receiver.cursors == ["1"], "none goes before the first one is taken, and not at once again"
    listed = call("webhooks", "list", "--json").one
    assert (listed["state"], listed["failures"], listed["waiting"], listed["problem"]) == (
        "retrying",
        1,
        2,
        "it answered 500",
    )
    assert "retrying, 2 wait: it answered 500" in call("status").out
    installation.clock.pass_by(seconds=PAUSES[0].total_seconds())
    assert deliver() == 0, "a redirect is not followed"
    assert "it answered 302, a redirect, which is not followed, 2 times" in call("webhooks", "list").out
    installation.clock.pass_by(seconds=PAUSES[0].total_seconds())
    assert deliver() == 0
    installation.clock.pass_by(seconds=PAUSES[1].total_seconds())
    assert deliver() == 2
    assert receiver.cursors == ["1", "1", "1", "2"]
    assert len({each.headers["webhook-id"] for each in receiver.requests[:3]}) == 1
    assert call("webhooks", "list", "--json").one["state"] == "fine"
    assert "Webhooks" not in call("status").out


def test_it_is_left_alone_in_the_end_and_goes_on_when_a_person_says_so(
    secret: bytes,
    installation: Installation,
    receiver: Receiver,
    pay: Callable[[str], Any],
    call: Call,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deliver = installation.application.deliver_webhooks
    receiver.answers = [503] * (len(PAUSES) + 1)
    pay("100.00")
    with caplog.at_level(logging.WARNING, "onedesk_quickbooks.webhooks"):
        for pause in (timedelta(0), *PAUSES):
            installation.clock.pass_by(seconds=pause.total_seconds())
            assert deliver() == 0
    installation.clock.pass_by(days=30)
    assert (deliver(), len(receiver.requests)) == (0, len(PAUSES) + 1)
    assert timedelta(days=1) < sum(PAUSES, timedelta(0)) < timedelta(days=3)
    assert "left alone until: webhooks resume" in caplog.messages[-1]
    assert receiver.url not in caplog.text
    assert call("webhooks", "list", "--json").one["state"] == "stopped"
    assert "webhook-1" in [alert.key for alert in installation.application.watcher.look()]
    assert call("webhooks", "resume", receiver.url).code == 0
    assert (deliver(), receiver.cursors[-1]) == (1, "1")


def test_a_receiver_that_is_gone_is_left_alone_at_once(
    secret: bytes, installation: Installation, receiver: Receiver, pay: Callable[[str], Any], call: Call
) -> None:
    receiver.answers = [410]
    pay("100.00")
    assert installation.application.deliver_webhooks() == 0
    listed = call("webhooks", "list", "--json").one
    assert (listed["state"], listed["problem"]) == ("stopped", "it answered 410")


def test_an_address_that_is_added_again_continues(
    secret: bytes, installation: Installation, receiver: Receiver, pay: Callable[[str], Any], call: Call
) -> None:
    pay("100.00")
    assert installation.application.deliver_webhooks() == 1
    receiver.answers = [410]
    pay("20.00")
    assert installation.application.deliver_webhooks() == 0
    assert call("webhooks", "add", receiver.url).code == 0
    assert (installation.application.deliver_webhooks(), receiver.cursors) == (1, ["1", "2", "2"])
    assert call("webhooks", "add", receiver.url, "--after", "0").code == 0
    assert (installation.application.deliver_webhooks(), receiver.cursors[3:]) == (2, ["1", "2"])


def test_a_receiver_that_is_removed_meanwhile_gets_no_more(
    secret: bytes, installation: Installation, receiver: Receiver, pay: Callable[[str], Any], call: Call
) -> None:
    pay("100.00")
    pay("20.00")
    receiver.also = lambda: call("webhooks", "remove", receiver.url)
    assert (installation.application.deliver_webhooks(), receiver.cursors) == (1, ["1"])


def test_a_receiver_that_is_away_keeps_no_other_from_its_payments(
    secret: bytes, installation: Installation, receiver: Receiver, pay: Callable[[str], Any], call: Call
) -> None:
    pay("100.00")
    assert call("webhooks", "add", "http://127.0.0.1:9/none", "--after", "0").code == 0
    assert installation.application.deliver_webhooks() == 1
    fine, away = call("webhooks", "list", "--json").lines
    assert (fine["state"], away["state"]) == ("fine", "retrying")
    assert away["problem"].startswith("it cannot be reached")
    assert "retrying" in call("webhooks", "list").out


def test_the_commands_say_why_they_cannot(call: Call) -> None:
    call("keys", "add", "desk")  # the ledger is made
    assert call("webhooks", "list").out.startswith("Payments are sent nowhere yet.")
    odd = ("https://[::1/p", "http://a:b/p", "http://a:70000/p")
    for url in ("ftp://a", "desk.example", "http://", "https://desk.example/\n", "http://a/" + "b" * 1000, *odd):
        assert call("webhooks", "add", url).code == 2
    assert "there is no event 5" in call("webhooks", "add", "https://desk.example", "--after", "5").err
    for command in ("remove", "resume"):
        assert "nothing is sent to https://desk.example" in call("webhooks", command, "https://desk.example").err
    shown = call("webhooks", "add", "https://desk.example")
    assert shown.code == 0 and shown.out.startswith("whsec_")
    assert shown.out.strip() not in call("webhooks", "list", "--json").out
    assert call("webhooks", "remove", "https://desk.example").code == 0
