"""Webhooks: signed, in the CloudEvents or the legacy format, delivered on request or by a thread (qbo-api.md section
6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, NamedTuple

from onedesk_quickbooks.plugin.sandbox.books.ledger import Event
from onedesk_quickbooks.plugin.sandbox.wire.values import dumps

Post = Callable[[str, bytes, dict[str, str]], int]
"""Delivers: URL, body, headers -> HTTP status. Raises OSError if there is no answer."""

RETRY_SECONDS = (10, 20, 30, 300, 1200, 7200, 14400, 21600)
_TIMEOUT = 3
_PAST = {
    "Create": "created",
    "Update": "updated",
    "Delete": "deleted",
    "Void": "void",
    "Emailed": "emailed",
    "Merge": "merged",
}
FORMATS = ("cloudevents", "legacy")


class QueuedEvent(NamedTuple):
    """An event with its id, which is the same for each delivery, and its company."""

    id: str
    event: Event
    realm: str


class Delivery(NamedTuple):
    """An attempted POST: its number of events, and the status (0: no answer)."""

    events: int
    status: int


def sign(verifier: str, body: bytes) -> str:
    """base64(HMAC-SHA256(verifier token, raw body))."""
    return base64.b64encode(hmac.new(verifier.encode(), body, hashlib.sha256).digest()).decode()


def post_by_http(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Deliver over HTTP, with Intuit's timeout of three seconds."""
    import requests

    return requests.post(url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False).status_code


@dataclass
class DeliveryFaults:
    """Unreliable delivery of events (qbo-api.md 6.3), on request.

    duplicates: how many more times each POST is sent. reorder: every event has a separate POST, in any order. lose: the
    share of events that are lost, 0 to 1. `seed` makes the randomness of both repeatable.
    """

    duplicates: int = 0
    reorder: bool = False
    lose: float = 0.0
    seed: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError for invalid values."""
        if isinstance(self.duplicates, bool) or not isinstance(self.duplicates, int) or self.duplicates < 0:
            raise ValueError(f"duplicates must be a whole number from 0 up, not {self.duplicates!r}")
        if isinstance(self.lose, bool) or not isinstance(self.lose, int | float | Decimal) or not 0 <= self.lose <= 1:
            raise ValueError(f"lose must be a share from 0 to 1, not {self.lose!r}")
        if not isinstance(self.reorder, bool) or not isinstance(self.seed, int):
            raise ValueError("reorder is true or false, seed a whole number")
        self.lose = float(self.lose)
        self.dice = random.Random(self.seed)  # noqa: S311

    def survivors(self, events: Sequence[QueuedEvent]) -> list[QueuedEvent]:
        """The events that are not lost."""
        return [each for each in events if not self.lose or self.dice.random() >= self.lose]

    def posts(self, events: list[QueuedEvent]) -> list[list[QueuedEvent]]:
        """The events of each POST, in the order of the POSTs."""
        posts = [[each] for each in events] if self.reorder else [events]
        if self.reorder:
            self.dice.shuffle(posts)
        return [each for each in posts for _ in range(1 + self.duplicates)]

    def state(self) -> dict[str, Any]:
        """The values as they were set."""
        return {"duplicates": self.duplicates, "reorder": self.reorder, "lose": self.lose, "seed": self.seed}


class Webhooks:
    """Stores the events of an application until delivery: one POST may have those of several companies (qbo-api.md
    6.2).

    Events are dropped while no URL is set. `scale` shortens the delays after failures.
    """

    def __init__(
        self,
        verifier: str,
        clock: Callable[[], datetime],
        post: Post = post_by_http,
        scale: Decimal | int = 1,
    ) -> None:
        self.url: str | None = None
        self.format = "cloudevents"
        self.delivery_faults = DeliveryFaults()
        self._scale = float(scale)
        self._verifier, self._clock, self._post = verifier, clock, post
        self._pending: list[QueuedEvent] = []
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def add(self, realm: str, events: Sequence[Event]) -> None:
        """Add events of a company."""
        if self.url and events:
            with self._wake:
                queued = [QueuedEvent(str(uuid.uuid4()), each, realm) for each in events]
                self._pending.extend(self.delivery_faults.survivors(queued))
                self._wake.notify()

    @property
    def pending(self) -> int:
        """The number of pending events."""
        return len(self._pending)

    def deliver(self, post: Post | None = None) -> list[Delivery]:
        """Deliver all pending events now: in one POST unless `delivery_faults` says otherwise.

        Events that are not answered with a 200 stay pending, before later ones.
        """
        with self._wake:
            events, self._pending = self._pending, []
            url = self.url
        if not events or not url:
            return []
        done, failed = [], set()
        for each in self.delivery_faults.posts(events):
            status = self._try(post or self._post, url, each)
            done.append(Delivery(len(each), status))
            failed |= set() if status == 200 else set(each)
        with self._wake:
            self._pending[:0] = [each for each in events if each in failed]
        return done

    def _try(self, post: Post, url: str, events: Sequence[QueuedEvent]) -> int:
        body = dumps(self.payload(events)).encode()
        try:
            return post(url, body, self._headers(body))
        except OSError:
            return 0

    def payload(self, events: Sequence[QueuedEvent]) -> Any:
        """The body of a POST."""
        if self.format == "legacy":
            realms: dict[str, list[dict[str, str]]] = {}
            for each in events:
                realms.setdefault(each.realm, []).append(_legacy(each.event))
            notifications = [
                {"realmId": realm, "dataChangeEvent": {"entities": held}} for realm, held in realms.items()
            ]
            return {"eventNotifications": notifications}
        return [self._cloud_event(each) for each in events]

    def _cloud_event(self, queued: QueuedEvent) -> dict[str, Any]:
        event = queued.event
        return {
            "specversion": "1.0",
            "id": queued.id,
            "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
            "type": f"qbo.{event.kind.lower()}.{_PAST[event.operation]}.v1",
            "datacontenttype": "application/json",
            "time": _utc(event.when)[:-1] + "000000Z",
            "intuitentityid": event.id,
            "intuitaccountid": queued.realm,
            "data": {"deletedid": event.gone} if event.gone else {},
        }

    def _headers(self, body: bytes) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "intuit-signature": sign(self._verifier, body),
            "intuit-t-id": str(uuid.uuid4()),
            "intuit-created-time": _utc(self._clock()),
            "intuit-notification-schema-version": "1.0" if self.format == "cloudevents" else "0.1",
            "user-agent": "intuit_notification_server/0.1",
        }

    def start(self) -> None:
        """Start delivering by a thread, with Intuit's delays after a failure."""
        if self._thread is None:
            self._stopped = False
            self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop the thread; undelivered events are lost, as webhooks may be."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        failures = 0
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._stopped or bool(self._pending))
                if self._stopped:
                    return
            failed = any(each.status != 200 for each in self.deliver())
            failures = failures + 1 if failed else 0
            if failures:
                self._pause(RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1] / self._scale)

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        with self._wake:
            self._wake.wait_for(lambda: self._stopped, timeout=max(0.0, end - time.monotonic()))


def _legacy(event: Event) -> dict[str, str]:
    entity = {"name": event.kind, "id": event.id, "operation": event.operation, "lastUpdated": _utc(event.when)}
    return {**entity, "deletedId": event.gone} if event.gone else entity


def _utc(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
