"""The addresses to which payment events are sent, the progress of each receiver, and its problem."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.seal import Seal
from onedesk_quickbooks.plugin.ledger.sentences import keep
from onedesk_quickbooks.plugin.ledger.tables import outgoing_webhook


class OutgoingWebhook(NamedTuple):
    """A receiver. `delivered` is the number of the last event that it took; `failures` counts the tries of the next
    one, `problem` is why the last of them failed, and `not_before` is when the next is due; `stopped_at`: nothing is
    sent until a person acts."""

    id: int
    url: str
    made_at: datetime
    delivered: int
    failures: int
    problem: str
    not_before: datetime | None
    stopped_at: datetime | None

    @property
    def state(self) -> str:
        """fine, retrying or stopped."""
        return "stopped" if self.stopped_at else "retrying" if self.failures else "fine"


class OutgoingWebhooks:
    """The outgoing_webhook table."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    def put(self, url: str, secret: bytes, newest: int, after: int | None = None) -> None:
        """Send events after the number `after` to this receiver, by default after the `newest`. An existing one with
        this URL gets the new secret, and is tried again at once: it continues where it was, or after `after`."""
        sealed = self._seal.encrypt(secret, _purpose(url))
        with self._database.write() as connection:
            mine = outgoing_webhook.c.url == url
            if connection.execute(update(outgoing_webhook).where(mine).values(sealed=sealed, **_again(after))).rowcount:
                return
            at = newest if after is None else after
            values = {"made_at": self._database.now(), "delivered": at, "failures": 0, "problem": ""}
            connection.execute(insert(outgoing_webhook).values(url=url, sealed=sealed, **values))

    def all(self) -> list[OutgoingWebhook]:
        """Every receiver in the order of creation."""
        with self._database.read() as connection:
            rows = connection.execute(select(outgoing_webhook).order_by(outgoing_webhook.c.id))
            return [_webhook(row) for row in rows]

    def secret(self, webhook_id: int) -> bytes | None:
        """The secret for signatures; None where the receiver was removed. Raises `KeyProblem`."""
        query = select(outgoing_webhook.c.sealed, outgoing_webhook.c.url).where(outgoing_webhook.c.id == webhook_id)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else self._seal.decrypt(row.sealed, _purpose(row.url))

    def remove(self, url: str) -> bool:
        """Send nothing more to this receiver; False where there is none."""
        with self._database.write() as connection:
            gone = connection.execute(delete(outgoing_webhook).where(outgoing_webhook.c.url == url))
            return bool(gone.rowcount)

    def delivered(self, webhook_id: int, number: int) -> None:
        """The receiver took the event of this number."""
        with self._database.write() as connection:
            mine = outgoing_webhook.c.id == webhook_id
            values = {"delivered": number, "failures": 0, "problem": "", "not_before": None}
            connection.execute(update(outgoing_webhook).where(mine).values(**values))

    def failed(self, webhook_id: int, failures: int, problem: str, again: datetime | None) -> None:
        """The receiver did not take the next event, for this time in a row; it is tried `again` then, or stopped
        (None)."""
        stopped_at = self._database.now() if again is None else None
        with self._database.write() as connection:
            mine = outgoing_webhook.c.id == webhook_id
            values = {"failures": failures, "problem": problem, "not_before": again, "stopped_at": stopped_at}
            connection.execute(update(outgoing_webhook).where(mine).values(**values))
            keep(connection, problem)

    def resume(self, url: str, after: int | None = None) -> bool:
        """Try again at once, after the event `after` where one is given; False where there is no such receiver."""
        again = update(outgoing_webhook).where(outgoing_webhook.c.url == url).values(**_again(after))
        with self._database.write() as connection:
            return bool(connection.execute(again).rowcount)


def _again(after: int | None) -> dict[str, Any]:
    values: dict[str, Any] = {"failures": 0, "problem": "", "not_before": None, "stopped_at": None}
    return values if after is None else {**values, "delivered": after}


def _purpose(url: str) -> str:
    return f"webhook {url}"


def _webhook(row: Row[Any]) -> OutgoingWebhook:
    return OutgoingWebhook(**{name: getattr(row, name) for name in OutgoingWebhook._fields})
