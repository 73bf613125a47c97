"""The contract test: the embedded host passes it, and each promise is broken once to see that it is noticed."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.hooks import Action, InvoiceJson, Money, Payment, Reversal, Setting
from onedesk_quickbooks.plugin.host import EmbeddedHost, HostInvoice
from onedesk_quickbooks.plugin.host.contract import PROMISES, HostUnderTest, Listener, check_host
from onedesk_quickbooks.plugin.host.contract.for_pytest import HostContract
from tests.host.embedded import Embedded, Wsgi

Make = Callable[[type[Embedded]], Callable[[Listener], HostUnderTest]]


class TestEmbeddedHost(HostContract):
    """Promise by promise."""

    @pytest.fixture
    def tested(self, listener: Listener, tmp_path: Path) -> Iterator[HostUnderTest]:
        embedded = Embedded(tmp_path, listener)
        yield embedded
        embedded.stop()


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """How to start such hosts, each in a folder of its own."""
    count = itertools.count()
    return lambda kind: lambda listener: kind(tmp_path / str(next(count)), listener)


class Forgetful(Embedded):
    """Takes every payment as new, and reverses nothing."""

    class Kind(EmbeddedHost):
        def record_payment(self, payment: Payment) -> None:
            super().record_payment(Payment(f"{payment.id}.{id(payment)}", *_fields(payment)))

        def reverse_payment(self, reversal: Reversal) -> None:
            pass


def _fields(payment: Payment) -> tuple[Any, ...]:
    return payment.invoice_id, payment.amount, payment.balance, payment.date


class Careless(Embedded):
    """Everybody administers; the first tag stays; notes pile up, at every invoice; deleted invoices stay."""

    class Kind(EmbeddedHost):
        def may_administer(self, user: str) -> bool:
            return True

        def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
            found = self.invoice(invoice_id)
            if found is None or not found.tags:
                super().set_tag(invoice_id, tag, link)

        def add_note(self, invoice_id: str, key: str, text: str) -> None:
            for each in self.invoices():
                super().add_note(each.id, f"{key} {text}", text)

        def delete(self, invoice_id: str, user: str) -> None:
            pass


class Silent(Embedded):
    """Tells plugins nothing and shows nothing of theirs."""

    class Kind(EmbeddedHost):
        def _start(self, plugins: object) -> None:
            pass

        def open_invoice(self, invoice_id: str, user: str) -> None:
            self.save({**(self.read_invoice(invoice_id) or {}), "status": "open"})

        def reopen(self, invoice_id: str, user: str) -> None:
            self.save({**(self.read_invoice(invoice_id) or {}), "status": "draft"})

        edit = void = delete = lambda *_: None  # type: ignore[assignment]

        def send(self, invoice_id: str, user: str) -> bool:
            return False

        def actions(self, invoice_id: str) -> list[Action]:
            return []

        def settings(self, user: str) -> list[Setting]:
            return []

        def close(self) -> None:
            self._store.close()


class Strict(Embedded):
    """Has no patience with invoices that are not there, and writes amounts as numbers."""

    class Kind(EmbeddedHost):
        def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
            if self.invoice(invoice_id) is None:
                raise KeyError(invoice_id)
            super().set_tag(invoice_id, tag, link)

        def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
            found = super().read_invoice(invoice_id)
            return found and {**found, "total": 100}


class Reckoning(Embedded):
    """Works out what is left by itself, once an invoice was edited."""

    class Kind(EmbeddedHost):
        edited = False

        def edit(self, invoice_id: str, invoice: InvoiceJson, user: str, seen: str = "") -> None:
            super().edit(invoice_id, invoice, user, seen)
            self.edited = True

        def invoice(self, invoice_id: str) -> HostInvoice | None:
            found = super().invoice(invoice_id)
            if found is None or not self.edited:
                return found
            whole = Decimal(str(found.json["total"]))
            paid = sum((each.amount.amount for each in found.payments), Decimal(0))
            return dataclasses.replace(found, balance=Money(whole - paid, found.balance.currency))


class Unordered(Embedded):
    """Lists what it has the newest first, without a look at the days."""

    class Kind(EmbeddedHost):
        def invoices_dated(self, first: date | None, last: date | None) -> Iterator[str]:
            yield from reversed(list(super().invoices_dated(None, None)))


class Hasty(Embedded):
    """Tells that an invoice is Open, then opens it."""

    class Kind(EmbeddedHost):
        def open_invoice(self, invoice_id: str, user: str) -> None:
            opened = {**(self.read_invoice(invoice_id) or {}), "status": "open"}
            self.plugins.hook.on_invoice_opened(invoice=opened)
            self.save(opened)


class Bare(Embedded):
    """Mounts no pages."""

    def site(self) -> Wsgi:
        return lambda environ, start: _answer(start, "404 Not Found")


class Closed(Embedded):
    """Takes everybody for the administrator, gives all the same token, and lets nobody to the webhooks."""

    def site(self) -> Wsgi:
        inner = super().site()
        (pages,) = self.host.web_pages()

        def call(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            if not path.startswith(pages.prefix):
                return inner(environ, start)
            if path.endswith("/webhooks"):
                return _answer(start, "403 Forbidden")
            environ.update({"SCRIPT_NAME": pages.prefix, "PATH_INFO": path[len(pages.prefix) :]})
            environ.update({"onedesk.user": "admin", "onedesk.form_token": "the same for all"})
            environ["onedesk.return_to"] = "/administration/financials"
            return pages.app(environ, start)

        return call


def _answer(start: Callable[..., Any], status: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain")])
    return [status.encode()]


BROKEN: list[tuple[type[Embedded], list[str]]] = [
    (Forgetful, ["records_payments", "settles_without_money", "reverses_payments", "bears_threads"]),
    (Careless, ["knows_who_administers", "tags", "notes", "reports_deleted", "keeps_invoices_apart"]),
    (Silent, ["gets_the_host", "opens", "offers_actions", "sends", "reports_reopened", "reports_edited"]),
    (Silent, ["reports_voided", "reports_deleted", "stops"]),
    (Strict, ["bears_what_is_not_there", "reads"]),
    (Reckoning, ["keeps_what_is_left"]),
    (Unordered, ["lists_by_date"]),
    (Hasty, ["reports_what_is_committed"]),
    (Bare, ["arrive", "say_who_is_there", "show_the_form_token", "let_quickbooks_in"]),
    (Closed, ["say_who_is_there", "show_the_form_token", "let_quickbooks_in"]),
]
NAMES = {promise.__name__.strip("_"): promise.__doc__ or "" for promise in PROMISES}


@pytest.mark.parametrize(("kind", "promises"), BROKEN)
def test_a_broken_promise_is_named(make: Make, kind: type[Embedded], promises: list[str]) -> None:
    broken = check_host(make(kind))
    for promise in promises:
        assert [sentence for sentence in broken if sentence.startswith(NAMES[promise])], (promise, broken)


def test_every_promise_is_broken_once() -> None:
    assert {promise for _, promises in BROKEN for promise in promises} == set(NAMES)


def test_an_action_that_a_host_does_not_know_is_not_asked_for(make: Make) -> None:
    class Simple(Embedded):
        class Kind(EmbeddedHost):
            def void(self, invoice_id: str, user: str) -> None:
                raise NotImplementedError

    assert check_host(make(Simple)) == []


def test_every_check_says_what_is_promised() -> None:
    assert all(sentence.endswith(".") for sentence in NAMES.values())
