"""Sends payment events to their receivers: in order, signed, and repeated until they are taken.

The signature is that of Standard Webhooks (https://www.standardwebhooks.com), so that receivers find libraries for it.
A receiver that takes nothing for about two days is stopped until a person acts; its events stay in the ledger.
"""

from __future__ import annotations

import base64
import hmac
import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import requests
import simplejson

from onedesk_quickbooks.plugin.ledger import (
    HeldLock,
    KeyProblem,
    LedgerProblem,
    LockTaken,
    OutgoingWebhook,
    PaymentEvent,
)
from onedesk_quickbooks.plugin.qbo import new_session
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text, text_in

_log = logging.getLogger("onedesk_quickbooks.webhooks")

PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
)
"""How long to wait after each failure of an event; after one more failure the receiver is stopped."""
TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and to wait for the answer."""
LOOK_EVERY = 2.0
TIME_SLICE = timedelta(seconds=10)
"""How long the receivers are sent events, side by side, before it is looked again which are due."""
_AT_ONCE = 100
_STOP = 0.5
_GONE = 410


class NotTaken(Exception):
    """The receiver did not take an event; the text says why. `gone`: it wants no more events."""

    def __init__(self, why: Text, gone: bool = False) -> None:
        super().__init__(why)
        self.gone = gone


class Deliveries:
    """Sends the events of one installation; one of several processes does so at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._loop, name="onedesk-quickbooks webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the event that is being sent; where that takes long, it ends later, and the event may be
        sent again after the next start."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOP)
            self._thread = None

    def _loop(self) -> None:
        logged = ""
        while not self._stopping.wait(LOOK_EVERY):
            try:
                self.deliver()
                logged = ""
            except LedgerProblem as problem:
                if logged != str(problem):
                    _log.warning("webhooks wait: %s", problem)
                logged = str(problem)
            except Exception:
                _log.exception("webhooks could not be sent; it is tried again")

    def deliver(self) -> int:
        """Send what is due now; returns how many events were taken. Raises `LedgerProblem`."""
        ledger = self._services.ledger
        if not any(map(self._is_due, ledger.outgoing_webhooks.all())):
            return 0
        try:
            with ledger.locks.hold("webhooks", self._services.settings.tenant, 0) as held:
                due = [each for each in ledger.outgoing_webhooks.all() if self._is_due(each)]
                return self._side_by_side(due, held)
        except LockTaken:
            return 0

    def _side_by_side(self, due: Sequence[OutgoingWebhook], held: HeldLock) -> int:
        """A slow receiver delays no other. Its thread does not keep an ended process alive."""
        taken, problems = list[int](), list[Exception]()

        def send(webhook: OutgoingWebhook) -> None:
            try:
                taken.append(self._deliver(webhook, held))
            except Exception as problem:  # raised below
                problems.append(problem)

        threads = [threading.Thread(target=send, args=(each,), daemon=True) for each in due]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        if problems:
            raise problems[0]
        return sum(taken)

    def _is_due(self, webhook: OutgoingWebhook) -> bool:
        """A pause that is longer than the maximum was set by a wrong clock."""
        wait = webhook.not_before - self._services.now() if webhook.not_before else timedelta(0)
        return webhook.stopped_at is None and not timedelta(0) < wait <= PAUSES[-1]

    def _deliver(self, webhook: OutgoingWebhook, held: HeldLock) -> int:
        ledger, taken, until = self._services.ledger, 0, self._services.now() + TIME_SLICE
        for event in ledger.payment_events.after(webhook.delivered, _AT_ONCE):
            if self._stopping.is_set() or self._services.now() > until:
                break
            held.check()
            try:
                secret = ledger.outgoing_webhooks.secret(webhook.id)
                if secret is None:  # it was removed meanwhile
                    break
                self._send(webhook, secret, event)
            except (NotTaken, KeyProblem) as problem:
                failures = webhook.failures + 1 if not taken else 1
                self._failed(webhook, event, failures, problem)
                break
            ledger.outgoing_webhooks.delivered(webhook.id, event.number)
            taken += 1
        return taken

    def _failed(
        self, webhook: OutgoingWebhook, event: PaymentEvent, failures: int, problem: NotTaken | KeyProblem
    ) -> None:
        last = failures > len(PAUSES) or (isinstance(problem, NotTaken) and problem.gone)
        again = None if last else self._services.now() + PAUSES[failures - 1]
        self._services.ledger.outgoing_webhooks.failed(webhook.id, failures, text_in(problem), again)
        then = f"again {again:%Y-%m-%d %H:%M:%S} UTC" if again else "left alone until: webhooks resume"
        _log.warning(
            "the receiver of webhook %d did not accept event %d: %s; %s", webhook.id, event.number, problem, then
        )

    def _send(self, webhook: OutgoingWebhook, secret: bytes, event: PaymentEvent) -> None:
        """Raises `NotTaken`."""
        now = self._services.now()
        body = simplejson.dumps(
            {"type": f"payment.{event.what}", "timestamp": now.isoformat(), "data": event.to_json()}, use_decimal=True
        ).encode()
        try:
            headers = self._headers(secret, f"{self._services.settings.tenant}-{event.number}", now, body)
            with (
                new_session() as session,
                session.post(
                    webhook.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
                ) as answer,
            ):
                status = answer.status_code
        except (requests.RequestException, OSError, ValueError) as problem:
            raise NotTaken(_why(problem)) from problem
        if 300 <= status < 400:
            raise NotTaken(Text("it answered {status}, a redirect, which is not followed", status=status))
        if not 200 <= status < 300:
            raise NotTaken(Text("it answered {status}", status=status), status == _GONE)

    @staticmethod
    def _headers(secret: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "onedesk-quickbooks",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature(secret, message_id, int(at.timestamp()), body),
        }


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature: "v1," and the base64 of HMAC-SHA256 over id, timestamp and body."""
    signed = hmac.digest(secret, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(signed).decode()


def _why(problem: Exception) -> Text:
    if isinstance(problem, requests.ReadTimeout):
        return Text("it did not answer within {n} seconds", n=f"{TIMEOUT[1]:.0f}")
    return Text("it cannot be reached ({kind})", kind=type(problem).__name__)
