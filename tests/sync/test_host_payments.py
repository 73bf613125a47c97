"""Payments that the host has recorded go to QuickBooks by rule, once, and do not come back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from onedesk_quickbooks.plugin.host import bring
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.planning import plan_json, plan_text
from onedesk_quickbooks.plugin.planning.adopt import Asked
from onedesk_quickbooks.plugin.sandbox.books.currency import set_exchange_rate
from onedesk_quickbooks.plugin.sandbox.books.exchange import exchange_gain
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from onedesk_quickbooks.plugin.sync.reconcile import listed
from tests.host.conftest import Browser
from tests.sync.adopt.conftest import record
from tests.sync.conftest import ADMIN, Desk, lose_ledger
from tests.sync.payments.conftest import pays
from tests.sync.reconcile.conftest import kinds
from tests.sync.test_closed import close

RULES = "version: 1\npayments: {{direction: {direction}{more}}}\ntaxes: {taxes}\n"
US_TAX = "{otherwise: company_default}"
Make = Callable[..., dict[str, Any]]
DAY = "2026-07-10"


def paid(amount: str = "310.00", payment_id: str = "P1", **fields: Any) -> dict[str, Any]:
    """A payment of the host for the invoice INV-1."""
    made = {"id": payment_id, "date": DAY, "currency": "USD", "amount": amount, "reference": f"R-{payment_id}"}
    return {**made, "invoices": [{"id": "INV-1", "amount": amount}], **fields}


def notify(desk: Desk, payment: dict[str, Any], change: str = "recorded") -> None:
    desk.host.plugins.hook.on_host_payment(payment=payment, change=change)


def outcome(desk: Desk, payment: dict[str, Any], change: str = "recorded") -> Outcome:
    """What becomes of it, once the company queue has worked."""
    notify(desk, payment, change)
    return desk.outcome(f"onedesk-payment:{payment['id']}")


def ours(desk: Desk) -> list[dict[str, Any]]:
    """QuickBooks' payments with the mark of one of the host's, void ones too."""
    return [row for row in desk.sandbox.list("Payment") if "OneDesk payment" in (row.get("PrivateNote") or "")]


def standing(desk: Desk) -> Any:
    return [row for row in ours(desk) if row["TotalAmt"]]


def balance(desk: Desk, number: str = "2041") -> Any:
    [row] = desk.sandbox.list("Invoice", f"DocNumber = '{number}'")
    return Decimal(str(row["Balance"]))


def notes(desk: Desk, invoice_id: str = "INV-1") -> list[str]:
    """What the host shows of its own payments."""
    return [text for key, text in desk.shown(invoice_id).notes.items() if "host-payment" in key and text]


@pytest.fixture
def by_rule(desks: Callable[..., Desk]) -> Callable[..., Desk]:
    """A connected desk whose payments go to QuickBooks."""

    def make(direction: str = "host", more: str = "", **options: Any) -> Desk:
        desk = desks("us", rules=RULES.format(direction=direction, more=more, taxes=US_TAX), **options)
        desk.connect()
        return desk

    return make


def test_a_payment_of_the_host_is_one_payment_in_quickbooks_and_does_not_come_back(
    by_rule: Callable[..., Desk], invoice: Make
) -> None:
    desk = by_rule("both")
    desk.copy(invoice())
    found = outcome(desk, paid())
    assert (found.outcome, found.reason, str(found.qbo_total)) == ("recorded", "", "310.00 USD")
    [made] = ours(desk)
    assert (made["TotalAmt"], made["TxnDate"], made["PaymentRefNum"]) == (310, DAY, "R-P1")
    assert made["PrivateNote"] == "OneDesk payment P1"
    assert [(each["Amount"], each["LinkedTxn"][0]["TxnType"]) for each in made["Line"]] == [(310, "Invoice")]
    assert balance(desk) == 0
    assert desk.application.bring_payments() == []
    assert outcome(desk, paid()).outcome == "unchanged"
    assert len(ours(desk)) == 1
    assert desk.application.bring_payments() == []


def test_without_a_rule_nothing_goes_to_quickbooks(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    found = outcome(us, paid())
    assert found.outcome == "skipped"
    assert found.reason == (
        "The payment R-P1 of 310.00 USD stays in OneDesk by the rule payments.direction; where it is host or both,"
        " payments go to QuickBooks."
    )
    assert balance(us) == 310 and not ours(us)


def test_one_payment_over_several_invoices_is_one_payment_with_several_lines(
    by_rule: Callable[..., Desk], invoice: Make
) -> None:
    desk = by_rule(more=", methods: {Wire: Check}, deposit_accounts: {WIRE: Checking}")
    desk.copy(invoice())
    desk.copy(invoice(id="INV-2", number="2042"))
    parts = [{"id": "INV-1", "amount": "310.00"}, {"id": "INV-2", "amount": "90.00"}]
    found = outcome(desk, paid("400.00", invoices=parts, method="wire"))
    assert (found.outcome, found.reason) == ("recorded", "")
    [made] = ours(desk)
    assert [each["Amount"] for each in made["Line"]] == [310, 90]
    assert (made["PaymentMethodRef"]["value"], made["UnappliedAmt"]) == ("2", 0)
    assert made["DepositToAccountRef"]["value"] == "35"
    assert (balance(desk), balance(desk, "2042")) == (0, 220)


@pytest.mark.parametrize("before", [True, False])
def test_a_payment_of_an_invoice_that_is_nowhere_is_taken_back(
    by_rule: Callable[..., Desk], invoice: Make, before: bool
) -> None:
    """Deleted in OneDesk before the payment is read, or while it is held for the invoice."""
    desk = by_rule()
    desk.save(invoice())
    if before:
        desk.host.delete("INV-1", "admin")
        found = outcome(desk, paid())
    else:
        assert "Copy the invoice" in outcome(desk, paid()).reason
        desk.host.delete("INV-1", "admin")
        [found] = [each for each in desk.drain() if each.action == "paid"]
    entry = 2 if before else 1
    assert (found.outcome, found.reason) == (
        "held",
        "The payment R-P1 of 310.00 USD pays the invoice INV-1, which neither OneDesk nor QuickBooks has. Take the "
        "payment back in OneDesk, or record it for another invoice there; else drop this entry (onedesk-quickbooks "
        f"queue drop {entry} --reason TEXT).",
    )


def test_a_payment_waits_for_its_invoice_and_follows_it(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    desk.save(invoice())
    found = outcome(desk, paid())
    assert found.outcome == "held"
    assert found.reason == (
        "The payment R-P1 of 310.00 USD pays the invoice 2041, which QuickBooks does not have yet. Copy the invoice"
        " (onedesk-quickbooks copy), or, where it was entered there by hand, link the two (onedesk-quickbooks adopt"
        " INV-1): the payment follows automatically."
    )
    assert notes(desk) == [f"Held for QuickBooks: {found.reason}"]
    assert desk.host.act("INV-1", "quickbooks.copy", "admin")
    assert [(each.id, each.outcome) for each in desk.drain()] == [
        ("INV-1", "copied"),
        ("onedesk-payment:P1", "recorded"),
    ]
    assert (len(ours(desk)), balance(desk), notes(desk)) == (1, 0, [])


def test_invoice_and_payment_in_one_run(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule(more=", more_than_open: credit")
    desk.save(invoice())
    notify(desk, paid("100.00"))
    assert desk.host.act("INV-1", "quickbooks.copy", "admin")
    notify(desk, paid("250.00", "P2"))
    found = {each.id: (each.outcome, each.reason) for each in desk.drain()}
    assert found["onedesk-payment:P1"] == ("recorded", "")
    assert found["onedesk-payment:P2"] == (
        "recorded",
        "The payment R-P2 has the amount 250.00 USD, which is 40.00 USD more than QuickBooks has open on 2041: that "
        "stays there as the customer's credit.",
    )
    assert balance(desk) == 0
    assert sorted(row["UnappliedAmt"] for row in ours(desk)) == [0, 40]


def test_more_than_is_open_is_held_without_a_rule(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    desk.copy(invoice())
    found = outcome(desk, paid("350.00"))
    assert (found.outcome, ours(desk)) == ("held", [])
    assert (
        "The payment R-P1 has the amount 350.00 USD, which is 40.00 USD more than QuickBooks has open on 2041."
        in found.reason
    )


def test_a_payment_that_is_taken_back_is_voided_once(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule("both")
    desk.copy(invoice())
    outcome(desk, paid())
    found = outcome(desk, paid(), "deleted")
    assert (found.outcome, found.reason) == ("voided", "")
    assert (len(ours(desk)), standing(desk), balance(desk)) == (1, [], 310)
    again = outcome(desk, paid(), "deleted")
    assert (again.outcome, again.reason) == ("unchanged", "")
    assert desk.application.bring_payments() == []
    assert outcome(desk, paid()).outcome == "recorded"
    assert (len(ours(desk)), len(standing(desk)), balance(desk)) == (2, 1, 0)
    assert desk.application.bring_payments() == []


def test_what_was_never_there_needs_no_void(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    desk.copy(invoice())
    notify(desk, paid())
    found = outcome(desk, paid(), "deleted")
    assert (found.outcome, found.reason, ours(desk)) == ("unchanged", "", [])


def test_a_payment_that_was_changed_takes_the_place_of_the_old_one(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule("both")
    desk.copy(invoice())
    outcome(desk, paid())
    found = outcome(desk, paid("200.00"))
    assert found.outcome == "updated"
    [made] = standing(desk)
    assert (made["TotalAmt"], balance(desk), len(ours(desk))) == (200, 110, 2)
    assert desk.application.bring_payments() == []


def test_one_that_somebody_has_changed_in_quickbooks_is_not_voided(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    desk.copy(invoice())
    outcome(desk, paid())
    [made] = ours(desk)
    desk.sandbox.edit("Payment", made["Id"], {"TotalAmt": Decimal("320.00"), "Line": made["Line"]})
    assert [(each.what, each.name) for each in desk.application.bring_payments()] == []
    found = outcome(desk, paid(), "deleted")
    assert found.outcome == "held"
    assert "(310.00 USD on 2026-07-10), but QuickBooks' payment" in found.reason
    assert "was changed there since it was recorded (320.00 USD on 2026-07-10)" in found.reason
    changed = outcome(desk, paid("300.00"))
    assert changed.outcome == "held" and "was changed in OneDesk (300.00 USD on 2026-07-10)" in changed.reason
    assert len(standing(desk)) == 1


def test_one_that_is_on_a_bank_deposit_is_not_voided(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    desk.copy(invoice())
    outcome(desk, paid())
    [made] = ours(desk)
    line = {
        "Amount": Decimal("310.00"),
        "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
    }
    deposit = desk.sandbox.create("Deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [line]})
    found = outcome(desk, paid(), "deleted")
    assert found.outcome == "held" and "is on a bank deposit" in found.reason
    assert "was changed there" not in found.reason
    desk.sandbox.delete("Deposit", deposit["Id"])
    again = outcome(desk, paid(), "deleted")
    assert (again.outcome, standing(desk)) == ("voided", []), "the remedy works"


def test_its_date_in_quickbooks_is_no_news_for_the_host(by_rule: Callable[..., Desk], invoice: Make) -> None:
    """The host has booked it itself, on the day that it knows."""
    desk = by_rule("both")
    desk.copy(invoice())
    assert outcome(desk, paid()).outcome == "recorded"
    [payment] = ours(desk)
    desk.sandbox.edit("Payment", payment["Id"], {"TxnDate": "2026-07-20"})
    assert desk.application.bring_payments() == [] and not desk.shown("INV-1").payments


def test_what_quickbooks_has_already_is_named(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule("both")
    done = desk.copy(invoice())
    customer = desk.sandbox.read("Invoice", done.qbo_id)["CustomerRef"]
    body = {
        "CustomerRef": customer,
        "TotalAmt": Decimal("100.00"),
        "TxnDate": DAY,
        "Line": [pays(done.qbo_id, "100.00")],
    }
    there = desk.sandbox.create("Payment", body)
    found = outcome(desk, paid("100.00"))
    assert found.outcome == "held"
    assert f"may be in QuickBooks already: the payment {there['Id']} there has the same amount" in found.reason
    assert outcome(desk, paid("50.00", "P2")).outcome == "recorded"
    desk.sandbox.pay({done.qbo_id: Decimal("160.00")})
    late = outcome(desk, paid("20.00", "P3"))
    assert late.outcome == "held"
    assert "pays the QuickBooks invoice 2041, which is paid there already:" in late.reason
    assert "of 100.00 USD on 2026-07-10" in late.reason
    assert "payment R-P2 of 50.00 USD on 2026-07-10, from OneDesk" in late.reason


def test_an_invoice_that_a_payment_from_onedesk_has_paid_is_named_with_a_step_that_helps(
    by_rule: Callable[..., Desk], invoice: Make
) -> None:
    desk = by_rule("both")
    desk.copy(invoice())
    assert outcome(desk, paid("310.00")).outcome == "recorded"
    second = outcome(desk, paid("310.00", "P2"))
    assert (second.outcome, second.reason) == (
        "held",
        f"The payment R-P2 (310.00 USD on {DAY}) pays the QuickBooks invoice 2041, which is paid there already: payment"
        f" R-P1 of 310.00 USD on {DAY}, from OneDesk. If it is the same money, OneDesk has it twice: take this one back"
        " there; else correct one of these payments in OneDesk, then try again (onedesk-quickbooks queue retry 3).",
    )
    desk.clock.sleep(120)
    assert desk.application.bring_payments() == [], "the other one does not come to OneDesk"
    assert outcome(desk, paid("310.00", "P2"), "deleted").outcome == "unchanged"
    assert desk.application.attention().count == 0


def test_what_came_from_quickbooks_is_not_sent_there(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule("both")
    done = desk.copy(invoice())
    desk.sandbox.pay({done.qbo_id: Decimal("310.00")})
    [news] = desk.application.bring_payments()
    found = outcome(desk, paid(payment_id=news.payment_id))
    assert (found.outcome, found.reason) == (
        "skipped",
        "The payment R-" + news.payment_id + " came from QuickBooks, which has it already; nothing is to be done.",
    )
    assert ours(desk) == []


def test_what_is_recorded_in_quickbooks_stays_there_where_the_host_records(
    by_rule: Callable[..., Desk], invoice: Make
) -> None:
    desk = by_rule("host")
    done = desk.copy(invoice())
    desk.sandbox.pay({done.qbo_id: Decimal("100.00")})
    assert [(each.what, str(each.amount)) for each in desk.application.bring_payments()] == [("ignored", "100.00 USD")]


def test_a_change_in_quickbooks_is_reported(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule("both")
    desk.copy(invoice())
    outcome(desk, paid())
    [made] = ours(desk)
    desk.sandbox.void("Payment", made["Id"])
    [news] = desk.application.bring_payments()
    assert news.what == "noted"
    [note] = [text for key, text in desk.shown("INV-1").notes.items() if "known" in key]
    assert note == (
        "The payment R-P1, which was recorded in OneDesk and taken to QuickBooks, was 310.00 USD there and settles"
        " nothing of it now (the payment was voided in QuickBooks). OneDesk has it as it was: correct it in one of the"
        " two, so that both have the same left (310.00 USD in QuickBooks)."
    )
    held = outcome(desk, paid())
    assert held.outcome == "held" and "was voided there" in held.reason
    found = outcome(desk, paid(), "deleted")
    assert found.outcome == "unchanged" and "was voided there already" in found.reason


def test_with_another_ledger_it_is_found_by_its_mark(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule("both")
    desk.copy(invoice())
    outcome(desk, paid())
    desk.host.close()
    lose_ledger(desk.home)
    desk.restart()
    desk.connect()
    desk.copy(invoice())
    found = outcome(desk, paid())
    assert (found.outcome, len(ours(desk))) == ("unchanged", 1)
    assert desk.application.bring_payments() == []
    assert outcome(desk, paid(), "deleted").outcome == "voided"


@pytest.mark.parametrize(
    ("payment", "said"),
    [
        (
            {"amount": "-50.00", "invoices": [{"id": "INV-1", "amount": "-50.00"}]},
            "QuickBooks does not record a refund as a payment",
        ),
        ({"invoices": [{"id": "INV-1", "amount": "311.00"}]}, "allocates 311.00 USD to its invoices"),
        ({"currency": "EUR"}, "is in EUR, and the QuickBooks invoice 2041 in USD"),
        ({"date": "2025-12-31"}, "has its books closed through 2025-12-31"),
        ({"reference": "R" * 22}, "is 22 characters long, QuickBooks takes 21"),
        ({"amount": "310.001", "invoices": [{"id": "INV-1", "amount": "310.00"}]}, "USD has 2 decimals"),
    ],
)
def test_what_is_held(by_rule: Callable[..., Desk], invoice: Make, payment: dict[str, Any], said: str) -> None:
    desk = by_rule()
    close(desk, "2025-12-31")
    desk.copy(invoice())
    found = outcome(desk, paid(**payment))
    assert found.outcome == "held" and said in found.reason
    assert not ours(desk)


def facts(desk: Desk, invoice_id: str) -> Any:
    """What lists and the story say of an invoice."""
    return desk.host.states([desk.shown(invoice_id)])[invoice_id].facts


def test_its_invoice_says_that_it_is_held(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    desk.copy(invoice())
    desk.copy(invoice(id="INV-2", number="2042"))
    found = outcome(desk, paid("311.00"))
    assert found.outcome == "held"
    reasons = [f"Payment R-P1 of 311.00 USD is held: {found.reason}"]
    assert [each.text for each in facts(desk, "INV-1") if each.kind == "why"] == reasons
    assert [each.text for each in facts(desk, "INV-2") if each.kind == "why"] == []
    story = desk.application.story("INV-1")
    assert story is not None and reasons[0] in [each.text for each in story.facts]
    notify(desk, paid("310.00"))
    desk.application.drain()
    assert [each.kind for each in facts(desk, "INV-1")] == ["copied"]


def test_an_invoice_that_it_pays_no_more_says_nothing_of_it(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    desk.copy(invoice())
    desk.save(invoice(id="INV-2", number="2042"))
    parts = [{"id": "INV-1", "amount": "310.00"}, {"id": "INV-2", "amount": "90.00"}]
    desk.host.record_own(paid("400.00", invoices=parts))
    assert [each.outcome for each in desk.drain()] == ["held"]
    assert len(notes(desk)) == len(notes(desk, "INV-2")) == 1
    assert str(desk.shown("INV-2").balance) == "220.00 USD"
    desk.host.record_own(paid())
    assert [each.outcome for each in desk.drain()] == ["recorded"]
    assert notes(desk) == notes(desk, "INV-2") == []
    assert (str(desk.shown("INV-2").balance), desk.shown("INV-1").status) == ("310.00 USD", "paid")


def test_a_plan_shows_it_with_money(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule(more=", deposit_account: Checking")
    desk.copy(invoice())
    notify(desk, paid("300.00", method="Visa"))
    [(plan, waits)] = desk.application.plan_run((), "copy")
    assert waits
    assert plan_text(plan) == (
        "Payment R-P1: OneDesk 300.00 USD\n"
        "  payment    create: 300.00 USD, dated 2026-07-10, by Visa\n"
        "    deposit  Checking\n"
        "    invoice  300.00 USD to 2041 (QuickBooks 48)"
    )
    shown = plan_json(plan)
    assert shown["expected"] == "recorded"
    assert shown["steps"][0]["payment"]["invoices"] == [
        {"id": "INV-1", "number": "2041", "qbo_id": "48", "amount": "300.00"}
    ]


def test_what_the_hook_refuses(us: Desk) -> None:
    for payment, change in [
        ({"id": "P1"}, "recorded"),
        (paid(kind="gift"), "recorded"),
        (paid(invoices=[{"id": "A", "amount": "1"}, {"id": "A", "amount": "2"}]), "recorded"),
        (paid(date="2026-02-30"), "recorded"),
        (paid(), "refunded"),
    ]:
        with pytest.raises(InvalidInvoice):
            notify(us, payment, change)
    assert us.application.ledger.outbox.of_payment(us.sandbox.realm_id, "onedesk-payment:P1") == []


@pytest.mark.parametrize(
    ("country", "taxes", "currency"),
    [("us", US_TAX, "USD"), ("gb", "{otherwise: {code: No VAT}}", "GBP"), ("ca", "{otherwise: {code: none}}", "CAD")],
)
def test_what_is_no_payment_in_quickbooks_is_held_until_it_is_one(
    desks: Callable[..., Desk], invoice: Make, country: str, taxes: str, currency: str
) -> None:
    desk = desks(country, rules=RULES.format(direction="both", more="", taxes=taxes))
    desk.connect()
    desk.copy(invoice(currency=currency))
    advance, lost = paid(currency=currency, invoices=[]), paid(payment_id="P2", currency=currency, kind="write_off")
    held = outcome(desk, advance)
    assert (held.outcome, "(310.00 " in held.reason and "is for no invoice" in held.reason) == ("held", True)
    assert notes(desk) == []
    held = outcome(desk, lost)
    assert held.outcome == "held" and "is a write-off: no money has come in" in held.reason
    assert notes(desk) == [f"Held for QuickBooks: {held.reason}"]
    assert [
        each.od_invoice_id for each in desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id)
    ] == [
        "onedesk-payment:P1",
        "onedesk-payment:P2",
    ]
    assert (ours(desk), balance(desk)) == ([], Decimal("310.00"))
    assert outcome(desk, lost, "deleted").outcome == "unchanged"
    assert outcome(desk, paid(currency=currency)).outcome == "recorded"
    assert ([row["TotalAmt"] for row in ours(desk)], balance(desk)) == ([310], 0)
    assert desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id) == []
    changed = outcome(desk, paid(currency=currency, kind="write_off"))
    assert changed.outcome == "held" and [row["TotalAmt"] for row in ours(desk)] == [310]


def rates(desk: Desk, *listed: tuple[str, str]) -> None:
    """The company's own rates of the pound."""
    for day, rate in listed:
        fact = {"SourceCurrencyCode": "GBP", "TargetCurrencyCode": "EUR", "AsOfDate": day, "Rate": Decimal(rate)}
        desk.sandbox.change(partial(set_exchange_rate, desk.sandbox.books, fact))


def account(desk: Desk, name: str) -> Any:
    [found] = desk.sandbox.list("Account", f"Name = '{name}'")
    return found["CurrentBalance"]


def test_in_a_foreign_currency_quickbooks_books_the_gain(desks: Callable[..., Desk], invoice: Make) -> None:
    rules = RULES.format(direction="host", more="", taxes="{otherwise: {code: none}}")
    desk = desks("intl", rules=rules)
    desk.connect()
    rates(desk, ("2026-07-01", "1.50"), (DAY, "1.25"))
    bank, owed = account(desk, "Undeposited Funds"), "Accounts Receivable (A/R) - GBP"
    desk.copy(invoice(currency="GBP"))
    assert account(desk, owed) == 310
    found = outcome(desk, paid("200.00", currency="GBP"))
    assert (found.outcome, str(found.qbo_total)) == ("recorded", "200.00 GBP")
    [made] = ours(desk)
    assert (made["ExchangeRate"], made["CurrencyRef"]["value"], made["HomeTotalAmt"]) == (Decimal("1.25"), "GBP", 250)
    [row] = desk.invoices()
    assert (row["Balance"], row["HomeBalance"], account(desk, owed)) == (110, 165, 110)
    assert account(desk, "Undeposited Funds") - bank == 250
    assert exchange_gain(desk.sandbox.books) == -50, "300 EUR were owed, and 250 came in"
    assert account(desk, "Exchange Gain or Loss") == 0, "only reports show it"
    assert outcome(desk, paid("200.00", currency="GBP"), "deleted").outcome == "voided"
    assert exchange_gain(desk.sandbox.books) == 0 and account(desk, owed) == 310
    assert account(desk, "Undeposited Funds") == bank


@pytest.mark.parametrize(("where", "currency"), [("gb", "GBP"), ("ca", "CAD")])
def test_in_other_countries(desks: Callable[..., Desk], invoice: Make, where: str, currency: str) -> None:
    taxes = {"gb": "{otherwise: {code: 20.0% S}}", "ca": "{otherwise: {code: GST}}"}[where]
    rules = RULES.format(direction="both", more=", more_than_open: credit", taxes=taxes)
    desk = desks(where, rules=rules)
    desk.connect()
    whole = {"gb": "372.00", "ca": "325.50"}[where]
    name, rate = {"gb": ("VAT", "20"), "ca": ("GST", "5")}[where]
    tax = {"name": name, "rate": rate, "taxable": "310.00", "amount": str(Decimal(whole) - 310)}
    assert desk.copy(invoice(currency=currency, total=whole, taxes=[tax])).outcome == "copied"
    found = outcome(desk, paid(str(Decimal(whole) + 10), currency=currency))
    assert found.outcome == "recorded" and f"which is 10.00 {currency} more than QuickBooks has open" in found.reason
    assert balance(desk) == 0
    [made] = ours(desk)
    assert made["UnappliedAmt"] == 10
    assert desk.application.bring_payments() == []
    assert outcome(desk, paid(whole, currency=currency)).outcome == "updated"
    assert [row["UnappliedAmt"] for row in standing(desk)] == [0]


def entered(desk: Desk, code: str = "NON", amount: str = "310.00", **fields: Any) -> str:
    """The invoice 2041 of OneDesk's customer, as a bookkeeper enters it in QuickBooks."""
    name = "Blue Harbor Ltd"
    found = desk.sandbox.list("Customer", f"DisplayName = '{name}'")
    customer = found[0] if found else desk.sandbox.create("Customer", {"DisplayName": name})
    detail = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": code}}
    line = {"Amount": Decimal(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = {"CustomerRef": {"value": customer["Id"]}, "DocNumber": "2041", "TxnDate": "2026-07-01", "Line": [line]}
    return str(desk.sandbox.create("Invoice", {**body, **fields})["Id"])


@pytest.mark.parametrize("where", ["us", "gb"])
def test_what_the_host_had_before_an_invoice_was_adopted_is_not_doubled(
    desks: Callable[..., Desk], invoice: Make, where: str
) -> None:
    """The bookkeeper has entered both in QuickBooks, the payment under another day."""
    taxes, currency = (US_TAX, "USD") if where == "us" else ("{by_country: {GB: No VAT}, otherwise: hold}", "GBP")
    desk = desks(where, rules=RULES.format(direction="both", more="", taxes=taxes))
    desk.connect()
    code = "NON" if where == "us" else desk.sandbox.list("TaxCode", "Name = 'No VAT'")[0]["Id"]
    there = entered(desk, code)
    desk.sandbox.pay({there: "110.00"})
    who = {**invoice()["customer"], "address": {"country": where.upper()}}
    desk.save(invoice(currency=currency, customer=who))
    desk.host.record_own(paid("110.00", currency=currency))
    assert [each.outcome for each in desk.drain()] == ["held"]
    asked = Asked(listed(desk.host) or (), frozenset(["INV-1"]))
    assert len(desk.application.adopt(asked, "ada", keep=True).adopted) == 1
    (found,) = desk.drain()
    assert found.outcome == "skipped" and "QuickBooks has this money already" in found.reason
    assert (ours(desk), balance(desk), str(desk.shown("INV-1").balance)) == ([], 200, f"200.00 {currency}")
    assert desk.application.bring_payments() == []
    changed = outcome(desk, paid("110.00", currency=currency, method="Check"))
    assert (changed.outcome, ours(desk)) == ("skipped", []), "recorded once more, it is the same money"
    later = outcome(desk, paid("50.00", "P2", currency=currency))
    assert (later.outcome, balance(desk)) == ("recorded", 150), "and what comes in later goes there"


def test_what_nobody_has_applied_yet_in_quickbooks_is_named(by_rule: Callable[..., Desk], invoice: Make) -> None:
    """Following the remedy leaves one payment on each side."""
    desk = by_rule("both")
    done = desk.copy(invoice())
    customer = desk.sandbox.read("Invoice", done.qbo_id)["CustomerRef"]
    body = {"CustomerRef": customer, "TotalAmt": Decimal("310.00"), "TxnDate": DAY}
    there = desk.sandbox.create("Payment", body)
    desk.host.record_own(paid())
    (found,) = desk.drain()
    assert found.outcome == "held" and "310.00 USD of it is for no invoice yet" in found.reason
    desk.sandbox.edit("Payment", there["Id"], {"Line": [pays(done.qbo_id, "310.00")]})
    desk.host.take_back(paid())
    assert [each.outcome for each in desk.drain()] == ["unchanged"]
    assert [each.what for each in desk.application.bring_payments()] == ["recorded"]
    assert (ours(desk), balance(desk), desk.shown("INV-1").status) == ([], 0, "paid")
    assert desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("todo", "held", "failed")) == []


def test_it_follows_an_adopted_invoice_as_well(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    entered(desk)
    desk.save(invoice())
    assert outcome(desk, paid()).outcome == "held"
    asked = Asked(listed(desk.host) or (), frozenset(["INV-1"]))
    assert len(desk.application.adopt(asked, "ada", keep=True).adopted) == 1
    assert [(each.id, each.outcome) for each in desk.drain()] == [("onedesk-payment:P1", "recorded")]
    assert balance(desk) == 0


@pytest.mark.parametrize("where", ["us", "gb"])
@pytest.mark.parametrize("amount", ["110.00", "310.00", "400.00"])
def test_what_waits_for_an_invoice_that_quickbooks_has_keeps_nobody_from_adopting_it(
    desks: Callable[..., Desk], invoice: Make, where: str, amount: str
) -> None:
    """The remedy of the payment names the command, which is followed."""
    taxes, currency = (US_TAX, "USD") if where == "us" else ("{by_country: {GB: No VAT}, otherwise: hold}", "GBP")
    more = ", more_than_open: credit"
    desk = desks(where, rules=RULES.format(direction="both", more=more, taxes=taxes))
    desk.connect()
    code = "NON" if where == "us" else desk.sandbox.list("TaxCode", "Name = 'No VAT'")[0]["Id"]
    there = entered(desk, code)
    who = {**invoice()["customer"], "address": {"country": where.upper()}}
    desk.save(invoice(currency=currency, customer=who))
    desk.host.record_own(paid(amount, currency=currency))
    (held,) = desk.drain()
    assert held.outcome == "held" and "onedesk-quickbooks adopt INV-1" in held.reason
    asked = Asked(listed(desk.host) or (), frozenset(["INV-1"]))
    (found,) = desk.application.adopt(asked, "ada").matches
    left = Decimal("310.00") - min(Decimal(amount), Decimal("310.00"))
    assert (found.kind, found.own.balance) == ("same", left)
    goes = min(Decimal(amount), Decimal("310.00"))
    assert f"QuickBooks does not have {goes} {currency} yet that was paid in OneDesk (P1)" in found.why
    paired = Asked(listed(desk.host) or (), pairs={"INV-1": there})
    assert len(desk.application.adopt(paired, "ada", keep=True).adopted) == 1
    assert [each.outcome for each in desk.drain()] == ["recorded"]
    assert (len(ours(desk)), balance(desk), desk.shown("INV-1").balance.amount) == (1, left, left)
    assert desk.application.bring_payments() == []
    assert kinds(desk) == []


def test_of_an_invoice_paid_in_part_there_what_waits_here_is_other_money(
    by_rule: Callable[..., Desk], invoice: Make
) -> None:
    """QuickBooks has one of the two payments, and gets the other one."""
    desk = by_rule("both")
    there = entered(desk)
    desk.sandbox.pay({there: "110.00"})
    desk.save(invoice())
    record(desk, "INV-1", "110.00", "200.00")
    desk.host.record_own(paid("50.00"))
    assert [each.outcome for each in desk.drain()] == ["held"]
    asked = Asked(listed(desk.host) or (), frozenset(["INV-1"]))
    assert len(desk.application.adopt(asked, "ada", keep=True).adopted) == 1
    assert [each.outcome for each in desk.drain()] == ["recorded"]
    assert (balance(desk), str(desk.shown("INV-1").balance), kinds(desk)) == (150, "150.00 USD", [])
    changed = outcome(desk, paid("60.00"))
    assert (changed.outcome, balance(desk)) == ("updated", 140)


def test_what_quickbooks_had_by_a_wrong_pair_is_looked_at_again(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule("both")
    wrong = entered(desk)
    desk.sandbox.pay({wrong: "110.00"})
    desk.save(invoice())
    desk.host.record_own(paid("110.00"))
    assert [each.outcome for each in desk.drain()] == ["held"]
    asked = Asked(listed(desk.host) or (), frozenset(["INV-1"]))
    assert len(desk.application.adopt(asked, "ada", keep=True).adopted) == 1
    assert [each.outcome for each in desk.drain()] == ["skipped"]
    desk.application.take_back_links(["INV-1"], "ada", keep=True)
    assert [each.outcome for each in desk.drain()] == ["held"], "it waits for its invoice again"
    right = entered(desk, DocNumber="9041")
    asked = Asked(listed(desk.host) or (), pairs={"INV-1": right})
    assert len(desk.application.adopt(asked, "ada", keep=True).adopted) == 1
    assert [each.outcome for each in desk.drain()] == ["recorded"]
    assert balance(desk, "9041") == 200


def test_a_paid_invoice_is_copied_with_the_payments_of_the_host_that_have_paid_it_and_is_not_e_mailed(
    by_rule: Callable[..., Desk], invoice: Make
) -> None:
    desk = by_rule("both")
    desk.host.save(invoice(status="paid"))
    assert desk.application.send(invoice(status="paid"), ADMIN)
    held = desk.outcome("INV-1")
    assert held.outcome == "held" and "310.00 USD in all (it has 0.00 USD now)" in held.reason
    notify(desk, paid("300.00"))
    assert "310.00 USD in all (it has 300.00 USD now)" in desk.outcome("INV-1").reason
    assert (desk.invoices(), desk.sandbox.outbox()) == ([], [])
    notify(desk, paid("10.00", "P2"))
    assert desk.outcome("INV-1").outcome == "copied"
    assert (balance(desk), len(standing(desk)), desk.sandbox.outbox()) == (0, 2, [])


def test_a_write_off_pays_nothing_of_an_invoice_that_quickbooks_does_not_have(
    by_rule: Callable[..., Desk], invoice: Make
) -> None:
    desk = by_rule("both")
    desk.host.save(invoice(status="paid"))
    outcome(desk, paid(kind="write_off"))
    assert desk.application.send(invoice(status="paid"), ADMIN)
    assert desk.outcome("INV-1").outcome == "held" and desk.invoices() == []


@pytest.mark.parametrize("was", ["void", "delete"])
def test_an_invoice_that_is_no_more_in_quickbooks_is_billed_under_another_number(
    by_rule: Callable[..., Desk], invoice: Make, was: str
) -> None:
    """By the step of the reason."""
    desk = by_rule()
    qbo_id = desk.copy(invoice()).qbo_id
    getattr(desk.sandbox, was)("Invoice", qbo_id)
    found = outcome(desk, paid())
    assert found.outcome == "held"
    assert "duplicate the invoice there under a new number, copy that, and record the payment" in found.reason
    assert desk.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    instead = outcome(desk, paid(invoices=[{"id": "INV-2", "amount": "310.00"}]))
    assert (instead.outcome, balance(desk, "2042"), notes(desk)) == ("recorded", 0, []), instead.reason


def test_a_copy_that_was_held_for_a_payment_follows_when_the_host_corrects_it(
    by_rule: Callable[..., Desk], invoice: Make
) -> None:
    """The payment still pays something of it, and no more than its new total."""
    desk = by_rule("both")
    desk.copy(invoice())
    outcome(desk, paid())
    desk.application.bring_payments()
    line = {**invoice()["lines"][0], "quantity": "1", "unit_price": "160.00", "amount": "160.00"}
    less = invoice() | {"lines": [line], "subtotal": "160.00", "total": "160.00"}
    assert "more than the 160.00 USD that it would come to" in desk.copy(less).reason
    assert outcome(desk, paid("100.00")).outcome == "updated"
    desk.application.bring_payments()
    [found] = desk.drain()
    assert (found.id, found.outcome, balance(desk)) == ("INV-1", "updated", 60)


def test_the_rest_of_a_payment_of_the_host_is_no_overpayment(by_rule: Callable[..., Desk], invoice: Make) -> None:
    """It is a credit by rule, also after somebody has edited the payment in QuickBooks."""
    desk = by_rule("both", more=", more_than_open: credit")
    desk.copy(invoice())
    assert outcome(desk, paid("400.00")).outcome == "recorded"
    [made] = ours(desk)
    desk.sandbox.edit("Payment", made["Id"], {"PaymentRefNum": "CHK-9"})
    desk.application.bring_payments()
    assert not any("apply or refund" in each for each in desk.shown("INV-1").notes.values())


def test_held_payments_are_counted_apart_from_invoices(by_rule: Callable[..., Desk], invoice: Make) -> None:
    """Also where both are held for the same cause."""
    desk = by_rule("both")
    desk.copy(invoice())
    line = {**invoice()["lines"][0], "quantity": "1", "unit_price": "160.001", "amount": "160.001"}
    odd = invoice(id="INV-2", number="2042", lines=[line], subtotal="160.001", total="160.001")
    assert (desk.copy(odd).outcome, outcome(desk, paid("310.001")).outcome) == ("held", "held")
    causes = desk.application.attention().causes
    assert [(each.title, each.items[0].od_id, *map(str, each.sums)) for each in causes] == [
        ("more decimals than the currency has", "INV-2", "160.001 USD"),
        ("more decimals than the currency has", "onedesk-payment:P1", "310.001 USD"),
    ]
    page = Browser(desk.host).sign_in("admin").get("/quickbooks/attention").text
    assert "1 invoice: more decimals" in page and "1 payment: more decimals" in page


@pytest.mark.parametrize("status", ["open", "paid"])
def test_a_payment_follows_an_invoice_that_is_linked_by_its_mark(
    by_rule: Callable[..., Desk], invoice: Make, status: str
) -> None:
    desk = by_rule("both")
    desk.copy(invoice())
    desk.host.close()
    lose_ledger(desk.home)
    desk.restart()
    desk.connect()
    assert "which QuickBooks does not have yet" in outcome(desk, paid("15.00")).reason
    bring(desk.host, invoice(status=status), ADMIN)
    assert desk.host.act("INV-1", "quickbooks.copy", "admin")
    ended = {each.id: each.outcome for each in desk.drain()}
    first = "updated" if status == "open" else "unchanged"
    assert ended == {"INV-1": first, "onedesk-payment:P1": "recorded"}
    assert (len(ours(desk)), balance(desk), notes(desk)) == (1, Decimal(295), [])
