"""One company of a QuickBooks user: its books in a store, its ids and tokens, and the actions of people."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from onedesk_quickbooks.plugin.sandbox.auth.identity import Signer
from onedesk_quickbooks.plugin.sandbox.auth.tokens import ACCOUNTING, Tokens
from onedesk_quickbooks.plugin.sandbox.books import accounts, merging
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books, Event
from onedesk_quickbooks.plugin.sandbox.books.outbox import bounce, emails
from onedesk_quickbooks.plugin.sandbox.company import seeds
from onedesk_quickbooks.plugin.sandbox.entities import operations, query
from onedesk_quickbooks.plugin.sandbox.options import SandboxOptions
from onedesk_quickbooks.plugin.sandbox.store import Store
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, dumps, loads, number, ref, ref_id

Done = TypeVar("Done")
Changes = Callable[[], Done]
Bodies = list[Body]
Tell = Callable[[str, Sequence[Event]], None]
"""Receives the events of a company (its realm id)."""


class Company:
    """A company with the given `options`, a copy of `like` where given. `close()` it. Raises ValueError for an invalid
    seed file.

    `siblings` are the companies of the same user, including this one. `tell` receives the events of every change; by
    default they are dropped.
    """

    def __init__(self, options: SandboxOptions, like: Company | None = None) -> None:
        self.options = options
        self._shift: timedelta = like._shift if like else timedelta()
        self._store: Store = Store(options.data, like._store if like else None)
        if not self._store.meta("edition"):
            try:
                seeds.sow(self._store, options, seeds.zone_of(options.company))
            except BaseException:
                self._store.close()
                raise
        edition = self._store.meta("edition")
        self.books = Books(self._store, self.clock, seeds.zone_of(edition))
        with self._store.transaction():
            self.realm_id = self._kept("realm", "9341" + "".join(secrets.choice("0123456789") for _ in range(12)))
            self.client_id = self._kept("client_id", "AB" + secrets.token_hex(23), options.client_id)
            self.client_secret = self._kept("client_secret", secrets.token_hex(20), options.client_secret)
            self.verifier_token = self._kept("verifier", secrets.token_hex(18), options.verifier_token)
            self.user_id = self._kept("user", secrets.token_hex(16))
            self._kept("language", "en", options.language)
            self.further = [each for each in self._kept("also", "", ",".join(options.also)).split(",") if each]
        self.tokens = Tokens(self._store, self.clock)
        self.signer = Signer(self._store)
        self.siblings: Sequence[Company] = (self,)
        self.publish: Tell = lambda realm, events: None

    @property
    def company_name(self) -> str:
        """The company's name, as its pages show it."""
        return str(self.books.company["CompanyName"])

    def _kept(self, key: str, made: str, given: str | None = None) -> str:
        value = given or self._store.meta(key) or made
        self._store.set_meta(key, value)
        return value

    # -- time and life cycle

    def clock(self) -> datetime:
        """The company's time: the option's clock, shifted by `advance`."""
        return self.options.clock() + self._shift

    def advance(self, by: timedelta) -> None:
        """Move time forward: tokens expire, dates change."""
        self._shift += by

    def close(self) -> None:
        """Closes the store."""
        self._store.close()

    # -- for clients

    def credentials(self, base_url: str) -> dict[str, str]:
        """base_url, realm_id, client_id, client_secret, access_token, refresh_token, verifier_token.

        The tokens are valid: new ones are created if the last ones have expired or were revoked.
        """
        with self._store.transaction():
            held = loads(self._store.meta("given", "{}"))
            access = self.tokens.find(held.get("access_token", ""))
            if access is None or access.expires <= self.tokens.now() + 60:
                made = self.tokens.grant(ACCOUNTING)
                held = {key: made[key] for key in ("access_token", "refresh_token")}
                self._store.set_meta("given", dumps(held))
        return {
            "base_url": base_url.rstrip("/"),
            "realm_id": self.realm_id,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "access_token": held["access_token"],
            "refresh_token": held["refresh_token"],
            "verifier_token": self.verifier_token,
        }

    # -- actions of the QuickBooks user and the customer

    def change(self, work: Changes[Done]) -> Done:
        """Run any work on the books in a transaction, and send its events. Raises what the work raises, with nothing
        changed."""
        with self._store.lock:
            try:
                with self._store.transaction():
                    done = work()
                    self.books.settle()
            except BaseException:
                self.books.events.clear()
                self.books.forget_settings()
                raise
            events = self.books.take_events()
        self.publish(self.realm_id, events)
        return done

    def pay(self, amounts: dict[str, Decimal | str], total: Decimal | str | None = None) -> Body:
        """A payment of one or more invoices (id to amount) of one customer, by card; returns the payment.

        `total`: the amount paid, if more than the sum. Raises Refused (no such invoice, more than is open).
        """
        lines = [
            {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": str(invoice_id), "TxnType": "Invoice"}]}
            for invoice_id, amount in amounts.items()
        ]

        def work() -> Body:
            first = self.books.get("Invoice", str(next(iter(amounts))))
            paid = Decimal(total) if total is not None else sum((number(each["Amount"]) for each in lines), Decimal(0))
            body: Body = {"CustomerRef": ref(ref_id(first, "CustomerRef")), "TotalAmt": paid, "Line": lines}
            if "ExchangeRate" in first:
                body["ExchangeRate"] = first["ExchangeRate"]
            return operations.create(self.books, "Payment", body)

        return self.change(work)

    def void(self, kind: str, entity_id: str) -> Body:
        """Void a transaction; return its new state. The user can void a paid invoice too: the payment is kept."""
        return self._by_hand(lambda: operations.void(self.books, kind, self._at(kind, entity_id)))

    def _by_hand(self, work: Changes[Done]) -> Done:
        """Run work as the company's users do on its pages, where more is allowed than by the API."""

        def done() -> Done:
            self.books.by_hand = True
            try:
                return work()
            finally:
                self.books.by_hand = False

        return self.change(done)

    def delete(self, kind: str, entity_id: str) -> Body:
        """Delete a transaction."""
        return self.change(lambda: operations.delete(self.books, kind, self._at(kind, entity_id)))

    def send(self, kind: str, entity_id: str, to: str = "") -> Body:
        """E-mail a form, to its own address where `to` is ""; return the form. Raises Refused 610, 2210, 6420."""
        return self.change(lambda: operations.send(self.books, kind, str(entity_id), to))

    def bounce(self, kind: str, entity_id: str, error: str = "Bounced Email") -> Body:
        """Mark the e-mail of a form as undelivered; return the form. Raises ValueError, Refused 610."""
        return self.change(lambda: bounce(self.books, kind, str(entity_id), error))

    def merge(self, kind: str, entity_id: str, into: str) -> Body:
        """Merge two names, items or accounts; return the remaining one. Raises Refused 610, 6000."""
        return self.change(lambda: merging.merge(self.books, kind, str(entity_id), str(into)))

    def edit(self, kind: str, entity_id: str, fields: Body) -> Body:
        """Change an object sparsely; return its new state."""
        body = loads(dumps(fields))
        return self._by_hand(
            lambda: operations.update(self.books, kind, {**body, **self._at(kind, entity_id), "sparse": True})
        )

    def create(self, kind: str, body: Body) -> Body:
        """Create an object as a request would."""
        return self.change(lambda: operations.create(self.books, kind, loads(dumps(body))))

    def _at(self, kind: str, entity_id: str) -> Body:
        return {"Id": str(entity_id), "SyncToken": self.books.get(kind, str(entity_id))["SyncToken"]}

    # -- for tests

    def read(self, kind: str, entity_id: str) -> Body:
        """An object as in an answer. Raises Refused 610."""
        with self._store.lock:
            accounts.bring_up_to_date(self.books)
            return self.books.get(kind, str(entity_id))

    def list(self, kind: str, where: str = "") -> Bodies:
        """The active objects of a kind by Id (`where`: a condition of the query language), at most 1000."""
        text = f"select * from {kind} {'where ' + where if where else ''} orderby Id maxresults 1000"  # noqa: S608
        with self._store.lock:
            found: Bodies = query.run(self.books, text).get(kind, [])
        return found

    def outbox(self) -> Bodies:
        """The sent e-mails, oldest first."""
        with self._store.lock:
            return emails(self.books)
