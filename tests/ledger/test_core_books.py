"""Companies, links, payments, events, looks and alerts: what the ledger remembers of QuickBooks."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from onedesk_quickbooks.plugin.ledger import InvoiceLink, Ledger, PaymentLook, PaymentRow, Reference
from onedesk_quickbooks.plugin.ledger.tables import company, webhook_event
from onedesk_quickbooks.plugin.model.company_settings import Account, Company, RatePeriod, Ref, SalesRate, TaxCode
from onedesk_quickbooks.plugin.model.connection import Tokens, WebhookEvent
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.sync.reversals import reversal
from tests.ledger.conftest import REALM, Opener
from tests.support.clock import Clock

AT = datetime(2026, 11, 24, tzinfo=timezone.utc)
COMPANY = Company(REALM, "Books Inc.", "US", "USD", automated_sales_tax=True)
TOKENS = Tokens("access-secret", "refresh-secret", AT + timedelta(hours=1), AT + timedelta(days=100))
LINK = InvoiceLink(
    realm_id=REALM,
    od_invoice_id="INV-1",
    od_number="1042",
    qbo_id="130",
    qbo_number="1042",
    content_hash="a" * 64,
    fingerprint="b" * 64,
    currency="USD",
    total="300.00",
    qbo_total="300.00",
    state="copied",
    rules_hash="c" * 64,
    trail={"rule": "items.otherwise"},
    copied_at=AT,
    sent_at=None,
)
PAYMENT = PaymentRow("p1", REALM, "payment", "81", "INV-1", "to_record", {"amount": "300.00"}, None)
EVENT = WebhookEvent("e1", REALM, "Invoice", "130", "Update", AT)


def connect(ledger: Ledger, company: Company = COMPANY, tokens: Tokens = TOKENS) -> None:
    ledger.companies.connect(company, "sandbox", "https://qbo.example", "Ada", tokens)


def test_a_connected_company(ledger: Ledger, open_ledger: Opener) -> None:
    assert ledger.companies.connected() is None and ledger.companies.tokens(REALM) is None
    connect(ledger)
    found = open_ledger().companies.connected()
    assert found is not None and found.company == COMPANY and found.realm_id == REALM
    assert (found.environment, found.base_url, found.connected_by) == ("sandbox", "https://qbo.example", "Ada")
    assert (found.default_income_account, found.default_tax_code, found.stopped_reason) == (None, None, "")
    assert open_ledger().companies.tokens(REALM) == TOKENS


def test_tokens_are_sealed_on_disk_and_hidden_when_printed(ledger: Ledger, tmp_path: Path) -> None:
    connect(ledger)
    ledger.close()
    kept = b"".join(each.read_bytes() for each in tmp_path.glob("ledger*"))
    assert b"Books Inc." in kept and b"secret" not in kept
    assert "secret" not in repr(TOKENS)


def test_rotated_tokens_take_the_place_of_the_old(ledger: Ledger) -> None:
    connect(ledger)
    rotated = dataclasses.replace(TOKENS, access_token="new", refresh_token="newer")
    ledger.companies.store_tokens(REALM, rotated)
    assert ledger.companies.tokens(REALM) == rotated


def test_settings_outlive_a_connection(ledger: Ledger) -> None:
    connect(ledger)
    ledger.companies.choose(REALM, "default_income_account", Ref("79", "Services"))
    ledger.companies.choose(REALM, "default_tax_code", Ref("3", "California"))
    ledger.companies.stop(REALM, "Consent is gone")
    ledger.companies.disconnect(REALM)
    assert ledger.companies.connected() is None and ledger.companies.tokens(REALM) is None
    connect(ledger, dataclasses.replace(COMPANY, name="Books LLC"))
    found = ledger.companies.connected()
    assert found is not None and found.company.name == "Books LLC" and found.stopped_reason == ""
    assert found.default_income_account == Ref("79", "Services") and found.default_tax_code == Ref("3", "California")
    ledger.companies.choose(REALM, "default_tax_code", None)
    found = ledger.companies.connected()
    assert found is not None and found.default_tax_code is None
    assert found.default_income_account == Ref("79", "Services")


def test_one_company_at_a_time(ledger: Ledger) -> None:
    connect(ledger)
    connect(ledger, dataclasses.replace(COMPANY, realm_id="9342"))
    found = ledger.companies.connected()
    assert found is not None and found.realm_id == "9342"


def test_a_queue_that_is_stopped_until_quickbooks_answers_well(ledger: Ledger, clock: Clock) -> None:
    connect(ledger)
    ledger.companies.stop(REALM, "Consent is gone")
    stopped = ledger.companies.connected()
    assert stopped is not None and (stopped.stopped_reason, stopped.last_success_at) == ("Consent is gone", None)
    ledger.companies.succeeded(REALM)
    running = ledger.companies.connected()
    assert running is not None and (running.stopped_reason, running.last_success_at) == ("", clock.at)
    assert running.slice_ended_at == clock.at


def test_reference_data_keeps_rates_exactly(ledger: Ledger) -> None:
    connect(ledger)
    assert ledger.companies.reference(REALM) is None and ledger.companies.reference("other") is None
    periods = (RatePeriod(Decimal("9.5"), None, date(2012, 12, 31)), RatePeriod(Decimal("9.9750"), date(2013, 1, 1)))
    rate = SalesRate("7", "QST", Decimal("9.9750"), "amount_and_tax", 1, 0, periods)
    facts = dataclasses.replace(COMPANY, multicurrency=True, closed_through=date(2026, 6, 30))
    reference = Reference(
        facts,
        accounts=(Account("79", "Services", "Income", "4000", subtype="ServiceFeeIncome"),),
        tax_codes=(TaxCode("3", "QST", Decimal("9.9750"), rates=(rate,)), TaxCode("9", "Purchases", None)),
        terms=(Ref("3", "Net 30"),),
        read_at=AT,
        classes=(Ref("5", "Sales:North"),),
    )
    ledger.companies.refresh(reference)
    back = ledger.companies.reference(REALM)
    assert back == reference and str(back.tax_codes[0].sales_rate) == "9.9750"
    found = ledger.companies.connected()
    assert found is not None and found.company == facts


def test_tax_codes_kept_without_their_rates_are_read_again(ledger: Ledger) -> None:
    connect(ledger)
    ledger.companies.refresh(Reference(COMPANY, (), (TaxCode("3", "QST", Decimal("9.975")),), (), AT))
    assert ledger.companies.reference(REALM) is not None
    with ledger._database.write() as connection:
        facts, kept = connection.execute(select(company.c.facts, company.c.reference)).one()
        del facts["closed_through"], facts["allows_deposit"], kept["tax_codes"][0]["rates"]
        connection.execute(update(company).values(facts=facts, reference=kept))
    assert ledger.companies.reference(REALM) is None
    found = ledger.companies.connected()
    assert found is not None and found.company == COMPANY


def test_a_company_connects_with_its_books_closed(ledger: Ledger) -> None:
    facts = dataclasses.replace(COMPANY, closed_through=date(2026, 6, 30))
    connect(ledger, facts)
    found = ledger.companies.connected()
    assert found is not None and found.company == facts


def test_a_company_kept_before_there_were_classes_opens(ledger: Ledger) -> None:
    connect(ledger)
    ledger.companies.refresh(Reference(COMPANY, (), (), (Ref("3", "Net 30"),), AT))
    with ledger._database.write() as connection:
        facts, kept = connection.execute(select(company.c.facts, company.c.reference)).one()
        del facts["tracks_classes"], kept["classes"]
        connection.execute(update(company).values(facts=facts, reference=kept))
    assert ledger.companies.reference(REALM) == Reference(COMPANY, (), (), (Ref("3", "Net 30"),), AT)
    found = ledger.companies.connected()
    assert found is not None and found.company == COMPANY


def test_a_state_is_good_once_and_for_a_quarter_of_an_hour(ledger: Ledger, clock: Clock) -> None:
    ledger.companies.remember_state("s1", "Ada", "https://desk.example/callback")
    ledger.companies.remember_state("s2", "Bob", "https://desk.example/callback")
    assert ledger.companies.take_state("unknown") is None
    assert ledger.companies.take_state("s1") == ("Ada", "https://desk.example/callback")
    assert ledger.companies.take_state("s1") is None
    clock.pass_by(minutes=16)
    assert ledger.companies.take_state("s2") is None


def test_a_link_is_put_and_changed(ledger: Ledger) -> None:
    with ledger.together() as connection:
        ledger.links.put_invoices(connection, [LINK])
        assert ledger.links.invoice(REALM, "INV-1") == LINK
    sent = dataclasses.replace(LINK, state="sent", sent_at=AT, qbo_total="301.00")
    with ledger.together() as connection:
        ledger.links.put_invoices(connection, [sent])
    assert ledger.links.invoice(REALM, "INV-1") == sent
    assert ledger.links.invoice("other", "INV-1") is None
    assert ledger.links.invoices(REALM, ["INV-1", "INV-2"]) == {"INV-1": sent}
    assert ledger.links.by_qbo_ids(REALM, ["130", "131"]) == {"130": sent}


def test_no_quickbooks_invoice_belongs_to_two_of_the_hosts(ledger: Ledger) -> None:
    with ledger.together() as connection:
        ledger.links.put_invoices(connection, [LINK])
    with pytest.raises(IntegrityError), ledger.together() as connection:
        ledger.links.put_invoices(connection, [dataclasses.replace(LINK, od_invoice_id="INV-2")])
    assert ledger.links.invoice(REALM, "INV-2") is None


def test_a_customer_is_linked_once_per_currency(ledger: Ledger) -> None:
    with ledger.together() as connection:
        ledger.links.put_customers(connection, REALM, {("C-7", "USD"): "5", ("C-7", "EUR"): "6"})
        ledger.links.put_customers(connection, REALM, {("C-7", "USD"): "7", ("C-8", "USD"): "8"})
    assert ledger.links.customers(REALM, ["C-7", "C-9"]) == {("C-7", "USD"): "7", ("C-7", "EUR"): "6"}
    assert ledger.links.customers(REALM, ["C-9"]) == ledger.links.customers("other", ["C-7"]) == {}


def test_payments_on_their_way(ledger: Ledger) -> None:
    gone = dataclasses.replace(PAYMENT, id="p2", od_invoice_id="INV-2", state="to_reverse", reversal={"reason": "void"})
    with ledger.together() as connection:
        ledger.payments.put(connection, [PAYMENT, gone])
    assert ledger.payments.waiting(REALM) == ledger.payments.of(REALM, [("payment", "81")]) == [PAYMENT, gone]
    assert ledger.payments.waiting("other") == [] == ledger.payments.counted("other")
    assert ledger.payments.counted(REALM) == [("INV-1", "81")], "what is on its way stands, too"
    ledger.payments.notified("p1", "recorded")
    ledger.payments.notified("p2", "reversed")
    recorded = dataclasses.replace(PAYMENT, state="recorded")
    assert ledger.payments.counted(REALM, ["INV-1", "INV-2"]) == [("INV-1", "81")]
    assert ledger.payments.counted(REALM, ["INV-2"]) == []
    assert ledger.payments.of_invoice(REALM, "INV-1") == [recorded]
    assert ledger.payments.waiting(REALM) == []
    with ledger.together() as connection:
        ledger.payments.put(connection, [dataclasses.replace(recorded, state="to_reverse")])
    again = ledger.payments.get("p1")
    assert again is not None and again.state == "to_reverse" and ledger.payments.get("p3") is None


def test_events_that_come_twice_are_kept_once(ledger: Ledger, clock: Clock) -> None:
    other = dataclasses.replace(EVENT, id="e2")
    assert ledger.webhook_events.receive([EVENT, other, EVENT]) == 2
    assert ledger.webhook_events.receive([EVENT]) == 0
    assert (ledger.webhook_events.unseen(REALM), ledger.webhook_events.unseen("other")) == (2, 0)
    until = clock()
    assert ledger.webhook_events.receive([dataclasses.replace(EVENT, id="e3")]) == 1
    with ledger.together() as connection:
        ledger.webhook_events.see(connection, REALM, until)
    assert ledger.webhook_events.unseen(REALM) == 1


def test_many_events_take_a_transaction_for_five_hundred(ledger: Ledger) -> None:
    many = [dataclasses.replace(EVENT, id=f"e{number}") for number in range(1001)]
    commits: list[bool] = []

    def committed(connection: Connection) -> None:
        commits.append(connection.get_execution_options().get("onedesk_write", False))

    event.listen(Engine, "commit", committed)
    try:
        assert ledger.webhook_events.receive([*many, *many]) == 1001
    finally:
        event.remove(Engine, "commit", committed)
    assert commits.count(True) == 3
    assert ledger.webhook_events.unseen(REALM) == 1001


def test_events_that_were_seen_and_are_old_are_deleted(ledger: Ledger, clock: Clock) -> None:
    def kept() -> list[str]:
        with ledger.together() as connection:
            return sorted(connection.scalars(select(webhook_event.c.id)))

    ledger.webhook_events.receive([EVENT, dataclasses.replace(EVENT, id="e2", realm_id="other")])
    with ledger.together() as connection:
        ledger.webhook_events.see(connection, REALM, clock())
    clock.pass_by(days=6)
    ledger.webhook_events.receive([dataclasses.replace(EVENT, id="e3")])
    assert kept() == ["e1", "e2", "e3"]
    clock.pass_by(days=2)
    ledger.webhook_events.receive([dataclasses.replace(EVENT, id="e4")])
    assert kept() == ["e2", "e3", "e4"]
    clock.pass_by(days=26)
    ledger.webhook_events.receive([dataclasses.replace(EVENT, id="e5")])
    assert kept() == ["e3", "e4", "e5"], "of a company that nobody has connected, too"


def test_what_is_no_payment_is_distinguished_by_its_source(ledger: Ledger) -> None:
    """A look by queries asks QuickBooks for the payments that stand, and takes those that it has not for deleted."""
    on_invoice = dataclasses.replace(PAYMENT, id="p2", source="invoice")
    balance = dataclasses.replace(PAYMENT, id="p3", source="balance")
    with ledger.together() as connection:
        ledger.payments.put(connection, [PAYMENT, on_invoice, balance])
    assert ledger.payments.of(REALM, [("invoice", "81"), ("balance", "81"), ("payment", "82")]) == [on_invoice, balance]
    assert ledger.payments.counted(REALM) == [("INV-1", "81")]
    assert len(ledger.payments.waiting(REALM)) == 3


def test_looks_for_payments(ledger: Ledger) -> None:
    looks = ledger.payment_looks
    assert looks.get(REALM) == PaymentLook()
    looks.begin(REALM, AT)
    looks.begin(REALM, AT + timedelta(days=1))
    assert looks.get(REALM) == PaymentLook(read_until=AT), "who connects again reads on where it was"
    looks.look_at(REALM, AT + timedelta(hours=1))
    for queries_since in (AT, None):
        with ledger.together() as connection:
            looks.looked(connection, REALM, AT + timedelta(hours=2), AT + timedelta(hours=3), queries_since)
        at = [AT + timedelta(hours=hours) for hours in (2, 3, 1)]
        assert looks.get(REALM) == PaymentLook(at[0], at[1], queries_since, at[2])
    looks.look_at(REALM, None)
    assert looks.get(REALM).next_at is None is looks.get("other").read_until


def test_alerts_are_reported_once_for_each_channel(ledger: Ledger) -> None:
    alerts = ledger.alerts
    for channel in ("log", "mail", "mail"):
        alerts.add_sent(REALM, "held", channel, AT)
    alerts.add_sent("other", "held", "log", AT)
    assert alerts.sent(REALM) == {("held", "log"), ("held", "mail")}
    alerts.forget(REALM, "held", "mail")
    assert (alerts.sent(REALM), alerts.sent("other")) == ({("held", "log")}, {("held", "log")})
    for days in range(2):
        alerts.pause(REALM, "mail", AT + timedelta(days=days))
    assert (alerts.paused(REALM), alerts.paused("other")) == ({"mail": AT + timedelta(days=1)}, {})
    assert alerts.watch(REALM) is None
    for days in range(2):
        with ledger.together() as connection:
            alerts.watched(connection, REALM, AT + timedelta(days=days), AT)
    assert alerts.watch(REALM) == (AT + timedelta(days=1), AT)


def test_time_slices_end(ledger: Ledger, clock: Clock) -> None:
    connect(ledger)
    before = ledger.companies.connected()
    assert before is not None and before.slice_ended_at is None
    ledger.companies.end_slice(REALM)
    after = ledger.companies.connected()
    assert after is not None and after.slice_ended_at == clock.at


def test_the_host_has_accepted_a_payment_that_still_waits(ledger: Ledger) -> None:
    with ledger.together() as connection:
        ledger.payments.put(connection, [PAYMENT])
    ledger.payments.taken(PAYMENT)
    row = ledger.payments.get("p1")
    assert row is not None and (row.state, row.taken, row.reversal) == ("to_record", True, None)
    assert list(ledger.payments.last_notified(REALM, ["INV-1"])) == ["INV-1"]
    back = reversal(row, Money(Decimal("300.00"), "USD"), "taken off")
    assert not back.taken, "the host has not accepted that yet"
    with ledger.together() as connection:
        ledger.payments.put(connection, [back])
    assert ledger.payments.last_notified(REALM, ["INV-1"]) == {}
    ledger.payments.taken(back)
    assert ledger.payments.notified("p1", "reversed", taken=True)
    row = ledger.payments.get("p1")
    assert row is not None and (row.state, row.taken, row.reversal) == ("reversed", False, back.reversal)


def test_a_command_is_taken_once(ledger: Ledger) -> None:
    with pytest.raises(KeyError), ledger.together() as connection:
        assert ledger.commands.first_time(connection, "c1", REALM, "copy")
        raise KeyError("what follows from it")
    for first in (True, False):
        with ledger.together() as connection:
            assert ledger.commands.first_time(connection, "c1", REALM, "copy") is first
    assert ledger.webhook_events.unseen(REALM) == 0


def test_calls_are_counted_by_day_and_kind(ledger: Ledger, clock: Clock) -> None:
    ledger.call_counts.add(REALM, {"read": 2, "write": 1})
    clock.pass_by(days=1)
    ledger.call_counts.add(REALM, {"read": 3})
    assert ledger.call_counts.since(REALM, "2026-11-24") == {"read": 5, "write": 1}
    assert ledger.call_counts.since(REALM, "2026-11-25") == {"read": 3}
    assert ledger.call_counts.by_day(REALM) == [
        ("2026-11-25", "read", 3),
        ("2026-11-24", "read", 2),
        ("2026-11-24", "write", 1),
    ]
