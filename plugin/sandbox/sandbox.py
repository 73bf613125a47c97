"""A whole sandbox: one company, its application, its users, behind a WSGI application."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from onedesk_quickbooks.plugin.sandbox import seeds
from onedesk_quickbooks.plugin.sandbox.auth.identity import Signer
from onedesk_quickbooks.plugin.sandbox.auth.tokens import ACCOUNTING, Tokens
from onedesk_quickbooks.plugin.sandbox.books import accounts, merging
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.books.outbox import bounce, emails
from onedesk_quickbooks.plugin.sandbox.controls.webhooks import Delivery, Post, Webhooks, post_by_http
from onedesk_quickbooks.plugin.sandbox.entities import operations, query
from onedesk_quickbooks.plugin.sandbox.http.app import App
from onedesk_quickbooks.plugin.sandbox.options import SandboxOptions
from onedesk_quickbooks.plugin.sandbox.store import Store
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, dumps, loads, number, ref, ref_id

Done = TypeVar("Done")
Changes = Callable[[], Done]
Bodies = list[Body]
Entries = list[dict[str, Any]]
Deliveries = list[Delivery]


class Sandbox:
    """Serves a company as `options` say. `close()` it, or use it in a `with`. Raises ValueError on a bad seed file.

    `wsgi` is the application; `books`, `tokens`, `webhooks`, `trouble` and `limits` are its parts; `companies` are this
    one and the further ones of its user. `post` delivers
    webhooks (URL, body, headers -> status), over HTTP unless given.
    """

    def __init__(self, options: SandboxOptions, post: Post = post_by_http) -> None:
        self.options = options
        self._shift = timedelta()
        self._store = Store(options.data)
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
            further = self._kept("also", "", ",".join(options.also))
        self.tokens = Tokens(self._store, self.clock)
        self.signer = Signer(self._store)
        self.webhooks = Webhooks(self.verifier_token, self.clock, post, options.time_scale)
        self.webhooks.url = options.webhook_url
        self.companies = [self, *(Sandbox(each, post) for each in self._further(further))]
        self._app = App(self)
        self.trouble, self.limits = self._app.trouble, self._app.limits
        for other in self.companies[1:]:
            # One user, one key, one log, one trouble for all, and one queue of webhooks: as for one application.
            other.user_id, other.signer, other.webhooks = self.user_id, self.signer, self.webhooks
            other._app, other.trouble, other.limits = self._app, self.trouble, self.limits

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def wsgi(self) -> App:
        """The WSGI application."""
        return self._app

    @property
    def company_name(self) -> str:
        """The company's name, as its pages show it."""
        return str(self.books.company["CompanyName"])

    def _kept(self, key: str, made: str, given: str | None = None) -> str:
        value = given or self._store.meta(key) or made
        self._store.set_meta(key, value)
        return value

    def _further(self, editions: str) -> list[SandboxOptions]:
        """The options of the user's other companies: same application, same clock, each in a file beside this one."""
        shared = replace(
            self.options,
            client_id=self.client_id,
            client_secret=self.client_secret,
            verifier_token=self.verifier_token,
            currency=None,
            seed=None,
            also=(),
            clock=self.clock,
        )
        return [
            replace(shared, company=company, data=self._beside(f"{place}-{company}"))
            for place, company in enumerate([each for each in editions.split(",") if each], 2)
        ]

    def _beside(self, name: str) -> Path | None:
        data = self.options.data
        return data and data.with_name(f"{data.stem}-{name}{data.suffix}")

    # -- time and life

    def clock(self) -> datetime:
        """The sandbox's time: the option's clock, moved by `advance`."""
        return self.options.clock() + self._shift

    def advance(self, by: timedelta) -> None:
        """Moves time forward: tokens expire, dates change."""
        self._shift += by

    def start(self) -> None:
        """Delivers webhooks by a thread from now on."""
        for company in self.companies:
            company.webhooks.start()

    def stop(self) -> None:
        """Ends the delivery of webhooks."""
        for company in self.companies:
            company.webhooks.stop()

    def close(self) -> None:
        """Stops the threads and closes the stores."""
        self.stop()
        for company in self.companies:
            company._store.close()

    # -- what a client needs

    def credentials(self, base_url: str) -> dict[str, str]:
        """base_url, realm_id, client_id, client_secret, access_token, refresh_token, verifier_token.

        The tokens are good ones: new ones are made when the last given have expired or were revoked.
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

    def identify(self, answer: Body, base_url: str) -> None:
        """Adds the id_token to a token answer whose scope has openid."""
        held = self.tokens.find(answer["access_token"])
        if held is None or "openid" not in str(held.detail["scope"]).split():
            return
        now = self.tokens.now()
        claims = {
            "sub": self.user_id,
            "aud": [self.client_id],
            "realmid": self.realm_id,
            "auth_time": now,
            "iss": f"{base_url}/op/v1",
            "exp": now + 3600,
            "iat": now,
        }
        answer["id_token"] = self.signer.sign(claims)

    # -- what the QuickBooks user and the customer do

    def change(self, work: Changes[Done]) -> Done:
        """Any work on the books as a whole, its events told. Raises what the work raises, nothing done then."""
        with self._store.lock:
            try:
                with self._store.transaction():
                    done = work()
                    self.books.settle()
            except BaseException:
                self.books.events.clear()
                self.books.forget_settings()
                raise
            events, self.books.events = self.books.events, []
        self.webhooks.tell(self.realm_id, events)
        return done

    def pay(self, amounts: dict[str, Decimal | str], total: Decimal | str | None = None) -> Body:
        """A payment of one or more invoices (id to amount) of one customer, by card; the payment.

        `total`: what was paid, if more than the sum. Raises Refused (no such invoice, more than is open).
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
        """Voids a transaction; as it is then. By hand this can be done with a paid invoice: the payment stays."""
        return self._by_hand(lambda: operations.void(self.books, kind, self._at(kind, entity_id)))

    def _by_hand(self, work: Changes[Done]) -> Done:
        """What the company's people do on its pages, where more is allowed than by the API."""

        def done() -> Done:
            self.books.by_hand = True
            try:
                return work()
            finally:
                self.books.by_hand = False

        return self.change(done)

    def delete(self, kind: str, entity_id: str) -> Body:
        """Deletes a transaction."""
        return self.change(lambda: operations.delete(self.books, kind, self._at(kind, entity_id)))

    def bounce(self, kind: str, entity_id: str, error: str = "Bounced Email") -> Body:
        """The e-mail of a form does not arrive; the form as it is then. Raises ValueError, Refused 610."""
        return self.change(lambda: bounce(self.books, kind, str(entity_id), error))

    def merge(self, kind: str, entity_id: str, into: str) -> Body:
        """Makes one name, item or account of two; the one that stays. Raises Refused 610, 6000."""
        return self.change(lambda: merging.merge(self.books, kind, str(entity_id), str(into)))

    def edit(self, kind: str, entity_id: str, fields: Body) -> Body:
        """Changes an object sparsely; as it is then."""
        body = loads(dumps(fields))
        return self._by_hand(
            lambda: operations.update(self.books, kind, {**body, **self._at(kind, entity_id), "sparse": True})
        )

    def create(self, kind: str, body: Body) -> Body:
        """Makes an object as a request would."""
        return self.change(lambda: operations.create(self.books, kind, loads(dumps(body))))

    def _at(self, kind: str, entity_id: str) -> Body:
        return {"Id": str(entity_id), "SyncToken": self.books.get(kind, str(entity_id))["SyncToken"]}

    # -- what tests look at

    def read(self, kind: str, entity_id: str) -> Body:
        """An object as it is answered. Raises Refused 610."""
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
        """The e-mails that were sent, the oldest first."""
        with self._store.lock:
            return emails(self.books)

    def log(self) -> Entries:
        """The calls that were answered, the oldest first: `method path query status requestid intuit_tid at ...`."""
        return [entry._asdict() for entry in tuple(self._app.log)]

    def clear_log(self) -> None:
        """Forgets the calls so far."""
        self._app.log.clear()

    def deliver_webhooks(self, post: Post | None = None) -> Deliveries:
        """Delivers what waits, now, by `post` or over HTTP."""
        return self.webhooks.deliver(post)
