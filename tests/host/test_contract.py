"""The contract test: the embedded host passes it, and each promise is broken once to see that it is noticed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.hooks import Action, InvoiceJson, Payment, Reversal, Setting
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.contract import PROMISES, HostUnderTest, Listener, Shown, check_host


class Embedded:
    """The embedded host as the contract test wants it."""

    administrator, colleague = "admin", "agent"
    kind: type[EmbeddedHost] = EmbeddedHost

    def __init__(self, folder: Path, listener: Listener) -> None:
        self.host = self.kind.open(folder, plugins=[listener])

    def keep(self, invoice: InvoiceJson) -> None:
        self.host.save(invoice)

    def deed(self, name: str, invoice_id: str) -> None:
        if name == "edit":
            self.host.edit(invoice_id, {**self._json(invoice_id), "memo": "edited"}, "agent")
        else:
            getattr(self.host, {"open": "open_invoice"}.get(name, name))(invoice_id, "agent")

    def _json(self, invoice_id: str) -> InvoiceJson:
        found = self.host.read_invoice(invoice_id)
        assert found is not None
        return found

    def offers(self, invoice_id: str) -> Sequence[str]:
        return [action.label for action in self.host.actions(invoice_id)]

    def choose(self, invoice_id: str, action_id: str) -> None:
        self.host.act(invoice_id, action_id, "agent")

    def financials(self, user: str) -> Sequence[str]:
        return [setting.label for setting in self.host.settings(user)]

    def shown(self, invoice_id: str) -> Shown:
        found = self.host.invoice(invoice_id)
        assert found is not None
        standing = [payment.id for payment in found.payments if not payment.reversed]
        return Shown(found.status, found.tags, list(found.notes.values()), standing, found.balance.amount)

    def stop(self) -> None:
        self.host.close()


Make = Callable[[type[EmbeddedHost]], Callable[[Listener], HostUnderTest]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """How to start such hosts, each in a folder of its own."""
    count = itertools.count()

    def of(kind: type[EmbeddedHost]) -> Callable[[Listener], HostUnderTest]:
        class Mine(Embedded):
            pass

        Mine.kind = kind
        return lambda listener: Mine(tmp_path / str(next(count)), listener)

    return of


def test_the_embedded_host_keeps_every_promise(make: Make) -> None:
    assert check_host(make(EmbeddedHost)) == []


class Forgetful(EmbeddedHost):
    """Takes every payment as new, and reverses nothing."""

    def record_payment(self, payment: Payment) -> None:
        super().record_payment(Payment(f"{payment.id}.{id(payment)}", *_fields(payment)))

    def reverse_payment(self, reversal: Reversal) -> None:
        pass


def _fields(payment: Payment) -> tuple[Any, ...]:
    return payment.invoice_id, payment.amount, payment.balance, payment.date


class Careless(EmbeddedHost):
    """Everybody administers; the first tag stays; notes pile up; deleted invoices stay."""

    def may_administer(self, user: str) -> bool:
        return True

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        found = self.invoice(invoice_id)
        if found is None or not found.tags:
            super().set_tag(invoice_id, tag, link)

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        super().add_note(invoice_id, f"{key} {text}", text)

    def delete(self, invoice_id: str, user: str) -> None:
        pass


class Silent(EmbeddedHost):
    """Tells plugins nothing and shows nothing of theirs."""

    def open_invoice(self, invoice_id: str, user: str) -> None:
        self.save({**(self.read_invoice(invoice_id) or {}), "status": "open"})

    def reopen(self, invoice_id: str, user: str) -> None:
        self.save({**(self.read_invoice(invoice_id) or {}), "status": "draft"})

    edit = void = lambda *_: None  # type: ignore[assignment]

    def send(self, invoice_id: str, user: str) -> bool:
        return False

    def actions(self, invoice_id: str) -> list[Action]:
        return []

    def settings(self, user: str) -> list[Setting]:
        return []

    def close(self) -> None:
        self._store.close()


class Strict(EmbeddedHost):
    """Has no patience with invoices that are not there, and writes amounts as numbers."""

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        if self.invoice(invoice_id) is None:
            raise KeyError(invoice_id)
        super().set_tag(invoice_id, tag, link)

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        found = super().read_invoice(invoice_id)
        return found and {**found, "total": 100}


@pytest.mark.parametrize(
    ("kind", "promises"),
    [
        (Forgetful, ["recorded once each", "reversed once", "from many threads"]),
        (Careless, ["tells people apart", "A tag is set", "note's key", 'says "deleted"']),
        (
            Silent,
            ["opened comes", "invoice_actions offers", "send comes", '"reopened"', '"edited"', '"voided"', "stopping"],
        ),
        (Strict, ["deleted meanwhile are no error", "read_invoice gives"]),
    ],
)
def test_a_broken_promise_is_named(make: Make, kind: type[EmbeddedHost], promises: list[str]) -> None:
    broken = check_host(make(kind))
    for promise in promises:
        assert [sentence for sentence in broken if promise in sentence], (promise, broken)


def test_a_deed_that_a_host_does_not_know_is_not_asked_for(make: Make) -> None:
    class Simple(EmbeddedHost):
        def void(self, invoice_id: str, user: str) -> None:
            raise NotImplementedError

    assert check_host(make(Simple)) == []


def test_every_check_says_what_is_promised() -> None:
    assert all((promise.__doc__ or "").endswith(".") for promise in PROMISES)
