"""What the ledger keeps for programs that are not in Python: events of payments, keys, answers, outgoing webhooks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from onedesk_quickbooks.plugin.ledger import KeptAnswer, Ledger, NameTaken, PaymentRow
from onedesk_quickbooks.plugin.ledger.api_keys import REMEMBERED
from tests.support.clock import Clock

if TYPE_CHECKING:
    from tests.ledger.conftest import Opener

REALM = "9341"


def row(payment_id: str, state: str, reversal: dict[str, Any] | None = None) -> PaymentRow:
    values = {"id": payment_id, "amount": "5.00"}
    return PaymentRow(payment_id, REALM, "payment", "81", "INV-1", state, values, reversal)


def put(ledger: Ledger, *rows: PaymentRow) -> None:
    with ledger.together() as connection:
        ledger.payments.put(connection, rows)


def test_what_was_reported_to_the_host_is_an_event_once_and_in_this_order(ledger: Ledger, open_ledger: Opener) -> None:
    put(ledger, row("p1", "to_record"), row("p2", "to_record"), row("p3", "ignored"))
    assert (ledger.payment_events.newest(), ledger.payment_events.after(0, 9)) == (0, [])
    for payment_id in ("p2", "p1", "p1", "none"):
        ledger.payments.notified(payment_id, "recorded")
    gone = {"reason": "voided", "balance": "5.00", "unsure": "yes"}
    put(ledger, row("p2", "to_reverse", gone))
    ledger.payments.notified("p2", "reversed")
    events = open_ledger().payment_events
    assert [(each.number, each.what, each.payment["id"], each.reversal) for each in events.after(0, 9)] == [
        (1, "recorded", "p2", None),
        (2, "recorded", "p1", None),
        (3, "reversed", "p2", {"reason": "voided", "balance": "5.00"}),
    ]
    assert [each.number for each in events.after(1, 1)] == [2]
    assert (events.newest(), events.after(3, 9)) == (3, [])


def test_a_reader_acks_and_never_goes_back(ledger: Ledger, open_ledger: Opener) -> None:
    assert ledger.payment_events.acked() == 0
    assert [ledger.payment_events.ack(number) for number in (2, 1, 5)] == [2, 2, 5]
    assert open_ledger().payment_events.acked() == 5


def test_a_key_works_until_it_is_revoked_and_is_kept_nowhere(ledger: Ledger, tmp_path: Path) -> None:
    made, text = ledger.api_keys.add("billing", ("payments",))
    assert (made.name, made.scopes, made.revoked_at) == ("billing", ("payments",), None)
    assert text.startswith(made.starts) and len(text) > 40
    assert ledger.api_keys.known(text) == made
    assert ledger.api_keys.known(text[:-1]) is None and ledger.api_keys.known("") is None
    with pytest.raises(NameTaken, match="a key named 'billing'; revoke it first"):
        ledger.api_keys.add("billing", ("invoices",))
    assert (ledger.api_keys.revoke("billing"), ledger.api_keys.revoke("billing")) == (True, False)
    assert ledger.api_keys.known(text) is None
    again, other = ledger.api_keys.add("billing", ("invoices", "payments"))
    assert other != text and again.scopes == ("invoices", "payments")
    assert [each.name for each in ledger.api_keys.all()] == ["billing", "billing"]
    assert all(text.encode() not in file.read_bytes() for file in tmp_path.glob("ledger.*"))


def test_the_first_answer_is_kept_for_a_while(ledger: Ledger, clock: Clock) -> None:
    answer = KeptAnswer("a" * 64, 202, {"id": "INV-1"})
    ledger.api_answers.keep(1, "k", answer)
    ledger.api_answers.keep(1, "k", KeptAnswer("b" * 64, 200, {}))
    assert ledger.api_answers.get(1, "k") == answer
    assert ledger.api_answers.get(2, "k") is None, "every key has its own"
    clock.pass_by(days=REMEMBERED / timedelta(days=1) + 1)
    ledger.api_answers.keep(1, "other", answer)
    assert ledger.api_answers.get(1, "k") is None


def test_a_receiver_of_webhooks_and_its_failures(ledger: Ledger, clock: Clock, tmp_path: Path) -> None:
    webhooks, url = ledger.outgoing_webhooks, "https://desk.example/payments"
    webhooks.put(url, b"secret", 3)
    [made] = webhooks.all()
    assert (made.url, made.delivered, made.failures, made.problem) == (url, 3, 0, "")
    assert webhooks.secret(made.id) == b"secret"
    assert all(b"secret" not in file.read_bytes() for file in tmp_path.glob("ledger.*"))
    webhooks.failed(made.id, 1, "500", clock() + timedelta(seconds=5))
    [waits] = webhooks.all()
    assert (waits.failures, waits.problem, waits.stopped_at) == (1, "500", None) and waits.not_before is not None
    webhooks.failed(made.id, 2, "500", None)
    [stopped] = webhooks.all()
    assert stopped.stopped_at is not None and stopped.not_before is None
    assert webhooks.resume(url, 4) and not webhooks.resume("https://other.example")
    webhooks.put(url, b"another", 0)
    [goes_on] = webhooks.all()
    assert (goes_on.delivered, goes_on.stopped_at, webhooks.secret(made.id)) == (4, None, b"another")
    webhooks.delivered(made.id, 5)
    assert webhooks.all()[0].delivered == 5
    assert (webhooks.remove(url), webhooks.remove(url), webhooks.all()) == (True, False, [])
