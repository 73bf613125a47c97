"""Invoices that the host voids or deletes are undone in QuickBooks by rule, or held with what is against it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from onedesk_quickbooks.hooks import InvoiceJson, QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.ledger import Work
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.planning import plan_json, plan_text
from tests.sync.conftest import ADMIN, Desk
from tests.sync.payments.conftest import Make, credit, credit_memo

WHERE = {"void": {"on_void": "void"}, "delete": {"on_delete": "delete"}, "delete to void": {"on_delete": "void"}}
"""What the rules say, by what is tested."""
COMPANIES: dict[str, tuple[str, str, str, str, str, str]] = {
    "us": ("us", "USD", "US", "{by_country: {US: {default: California}}, otherwise: none}", "CA", "334.80"),
    "ca": ("ca", "CAD", "CA", "{by_country: {CA: {ON: HST ON, default: hold}}, otherwise: hold}", "ON", "350.30"),
    "se": ("intl", "SEK", "SE", "{by_country: {SE: VAT 25%}, otherwise: hold}", "", "387.50"),
}
"""Sandbox, currency, country, taxes, region, and the total of 310.00 with tax."""


def rules(settings: dict[str, str], taxes: str = "{otherwise: company_default}") -> str:
    said = ", ".join(f"{key}: {value}" for key, value in settings.items())
    return f"version: 1\ninvoices: {{{said}}}\ntaxes: {taxes}\n"


@pytest.fixture
def by_rule(desks: Callable[..., Desk]) -> Callable[..., Desk]:
    """A connected US desk with these settings of `invoices`."""

    def make(**settings: str) -> Desk:
        desk = desks(rules=rules(settings or {"on_void": "void", "on_delete": "delete"}))
        desk.connect()
        return desk

    return make


def withdraw(desk: Desk, how: str) -> list[Outcome]:
    """The host voids or deletes it, and the company queue works."""
    getattr(desk.host, how.partition(" ")[0])("INV-1", ADMIN)
    return desk.drain()


def entries(desk: Desk, *states: str) -> list[Work]:
    return desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, states or ("todo", "held", "failed"))


def there(desk: Desk, qbo_id: str) -> tuple[str, str] | None:
    """Total and note of QuickBooks' invoice, None where it is gone."""
    rows = desk.sandbox.list("Invoice", f"Id = '{qbo_id}'")
    return (str(rows[0]["TotalAmt"]), rows[0]["PrivateNote"].partition("\n")[0][:6]) if rows else None


@pytest.mark.parametrize("company", COMPANIES)
@pytest.mark.parametrize("how", WHERE)
def test_undone_in_several_countries(desks: Callable[..., Desk], invoice: Make, how: str, company: str) -> None:
    sandbox, currency, country, taxes, region, total = COMPANIES[company]
    desk = desks(sandbox, rules=rules(WHERE[how], taxes))
    desk.connect(tax_code="California" if company == "us" else None)
    address = {"line1": "1 Quay", "country": country, **({"region": region} if region else {})}
    given = invoice(currency=currency, customer={"id": "C-9", "name": "Lark", "address": address}, total=total)
    del given["subtotal"]
    given["taxes"] = [{"name": "Tax", "amount": str(Decimal(total) - 310)}]
    given["lines"] = [{**each, "taxable": True} for each in given["lines"]]
    copied = desk.copy(given)
    assert (copied.outcome, str(copied.qbo_total), copied.reason) == ("copied", f"{total} {currency}", "")
    (came,) = withdraw(desk, how)
    did = "deleted" if how == "delete" else "voided"
    assert (came.action, came.outcome, came.reason, came.qbo_id) == (
        "voided" if how == "void" else "deleted", did, "", copied.qbo_id,
    )  # fmt: skip
    assert there(desk, copied.qbo_id) == (None if did == "deleted" else ("0", "Voided"))
    assert entries(desk) == []
    calls = desk.calls()
    assert desk.application.bring_payments() == [] and desk.application.changes() == []
    assert entries(desk) == [] and calls
    if how == "void":
        assert list(desk.shown("INV-1").tags) == ["Voided in QuickBooks"]
        assert desk.shown("INV-1").notes == {"quickbooks": "Invoice 2041 was voided in QuickBooks."}


@pytest.mark.parametrize("how", WHERE)
def test_done_twice_is_done_once(by_rule: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = by_rule(**WHERE[how])
    copied = desk.copy(invoice())
    kept = desk.host.read_invoice("INV-1")
    assert kept is not None
    assert len(withdraw(desk, how)) == 1
    voided = {**kept, "status": "void"}
    change = "voided" if how == "void" else "deleted"
    before = there(desk, copied.qbo_id)
    for _ in range(2):
        desk.host.plugins.hook.on_invoice_changed(invoice=voided, change=change)
        assert desk.drain() == []
    assert there(desk, copied.qbo_id) == before and entries(desk) == []


def test_the_hook_that_comes_twice_before_the_queue_is_processed(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    copied = desk.copy(invoice())
    desk.host.void("INV-1", ADMIN)
    desk.host.plugins.hook.on_invoice_changed(invoice=desk.host.read_invoice("INV-1"), change="voided")
    assert [each.outcome for each in desk.drain()] == ["voided"]
    assert there(desk, copied.qbo_id) == ("0", "Voided")
    assert [each["PrivateNote"].count("Voided") for each in desk.invoices()] == [1]


def test_void_then_deleted_in_the_host_is_done_once(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    copied = desk.copy(invoice())
    assert [each.outcome for each in withdraw(desk, "void")] == ["voided"]
    assert withdraw(desk, "delete") == []
    assert there(desk, copied.qbo_id) == ("0", "Voided") and entries(desk) == []


def test_what_plan_shows(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    copied = desk.copy(invoice())
    desk.host.void("INV-1", ADMIN)
    ((plan, along),) = desk.application.plan_run((), "copy")
    made = plan_json(plan, along)
    assert (made["outcome"], made["expected"], made["waited"]) == ("planned", "voided", True)
    assert made["steps"] == [{"step": "void invoice", "qbo_id": copied.qbo_id}]
    assert plan_text(plan) == (
        f"Invoice 2041: OneDesk 310.00 USD\n  invoice    void QuickBooks {copied.qbo_id}, number 2041, total 310.00 USD"
    )


@pytest.mark.parametrize("how", ["void", "delete"])
def test_what_is_settled_is_held_with_the_payment_first(by_rule: Callable[..., Desk], invoice: Make, how: str) -> None:
    """Also in part, by a credit, by a deposit; once it is taken off, the company queue goes on by itself."""
    desk = by_rule()
    copied = desk.copy(invoice())
    payment = desk.sandbox.pay({copied.qbo_id: "110.00"})
    desk.application.bring_payments()
    (came,) = withdraw(desk, how)
    did = "voided" if how == "void" else "deleted"
    assert came.outcome == "held" and there(desk, copied.qbo_id) == ("310.00", "OneDes")
    assert came.reason.startswith(
        f"The invoice was {did} in OneDesk, but the QuickBooks invoice 2041 has 110.00 USD of 310.00 USD settled in"
        f" QuickBooks (payment: 110.00 USD; 200.00 USD is left), so that it is not {did}. First take that off"
    )
    ((found, status),) = [(each, desk.application.status().paid_but_withdrawn) for each in entries(desk, "held")]
    assert (found.reason, [each["amount"] for each in status]) == (came.reason, ["110.00"])
    if how == "void":
        assert desk.shown("INV-1").notes["quickbooks"] == came.reason
    desk.sandbox.void("Payment", payment["Id"])
    desk.application.bring_payments()
    assert [each.outcome for each in desk.drain()] == [did]
    assert there(desk, copied.qbo_id) == (None if how == "delete" else ("0", "Voided"))
    assert entries(desk) == []


@pytest.mark.parametrize("by", ["payment unseen", "credit", "deposit"])
def test_what_else_settles_it(by_rule: Callable[..., Desk], invoice: Make, by: str) -> None:
    desk = by_rule()
    copied = desk.copy(invoice())
    if by == "payment unseen":
        desk.sandbox.pay({copied.qbo_id: "310.00"})
    elif by == "credit":
        credit(desk, copied.qbo_id, credit_memo(desk, copied.qbo_id, "30.00", "CM-7"), "30.00")
        desk.application.bring_payments()
    else:
        desk.sandbox.edit("Invoice", copied.qbo_id, {"Deposit": Decimal("40.00")})
    (came,) = withdraw(desk, "void")
    named = {
        "payment unseen": "310.00 USD not looked at yet: onedesk-quickbooks payments",
        "credit": "credit memo CM-7: 30.00 USD",
        "deposit": "deposit on the invoice: 40.00 USD",
    }
    assert came.outcome == "held" and named[by] in came.reason
    rows = desk.invoices()
    assert [str(each["TotalAmt"]) for each in rows] == ["310.00"]
    if by == "payment unseen":  # and taken off before anybody has looked
        desk.sandbox.void("Payment", rows[0]["LinkedTxn"][0]["TxnId"])
        desk.application.bring_payments()
        assert [each.outcome for each in desk.drain()] == ["voided"] and entries(desk) == []


@pytest.mark.parametrize("company", COMPANIES)
def test_a_deposit_of_ours_that_was_taken_off_is_no_edit(
    desks: Callable[..., Desk], invoice: Make, company: str
) -> None:
    """The remedy works: it is voided once nothing settles it any more."""
    sandbox, currency, country, _, _, _ = COMPANIES[company]
    codes = {"us": "none", "ca": "{code: Exempt}", "se": "{code: Exempt}"}
    more = "totals: {prepaid: deposit}\n"
    desk = desks(sandbox, rules=rules(WHERE["void"], f"{{otherwise: {codes[company]}}}") + more)
    desk.connect()
    address = {"line1": "1 Quay", "country": country}
    who = {"id": "C-9", "name": "Lark", "address": address}
    copied = desk.copy(invoice(currency=currency, customer=who, prepaid="40.00", payable="270.00"))
    assert copied.reason == ""
    (came,) = withdraw(desk, "void")
    assert came.outcome == "held" and f"deposit on the invoice: 40.00 {currency}" in came.reason
    desk.sandbox.edit("Invoice", copied.qbo_id, {"Deposit": 0})
    desk.application.bring_payments()
    assert [each.outcome for each in desk.drain()] == ["voided"]
    assert there(desk, copied.qbo_id) == ("0", "Voided") and entries(desk) == []


def test_paid_in_a_closed_period_both_are_said(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    copied = desk.copy(invoice())
    desk.sandbox.pay({copied.qbo_id: "110.00"})
    closed = {"closing_date": "2026-07-31"}
    assert requests.post(f"{desk.base_url}/_control/settings", json=closed, timeout=10).ok
    (came,) = withdraw(desk, "void")
    assert came.reason.index("books closed through 2026-07-31") < came.reason.index("110.00 USD of 310.00 USD settled")


def test_a_closed_period_is_held_and_tried_again(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    copied = desk.copy(invoice())

    def close(day: str) -> None:
        assert requests.post(f"{desk.base_url}/_control/settings", json={"closing_date": day}, timeout=10).ok

    close("2026-07-31")
    (came,) = withdraw(desk, "void")
    assert came.outcome == "held" and "dated 2026-07-01, and QuickBooks has its books closed through 2026-07-31" in (
        came.reason
    )
    close("2026-06-30")
    (entry,) = entries(desk, "held")
    assert desk.application.retry(entry.id, ADMIN)
    assert [each.outcome for each in desk.drain()] == ["voided"]
    assert there(desk, copied.qbo_id) == ("0", "Voided")


@pytest.mark.parametrize("decided", ["", "quickbooks"])
def test_what_somebody_changed_there_is_held(by_rule: Callable[..., Desk], invoice: Make, decided: str) -> None:
    desk = by_rule()
    copied = desk.copy(invoice())
    desk.sandbox.edit("Invoice", copied.qbo_id, {"CustomerMemo": {"value": "Call first"}})
    if decided:
        desk.application.bring_payments()
        (entry,) = entries(desk, "held")
        desk.application.settle_change(entry.id, decided, ADMIN)
    (came,) = withdraw(desk, "void")
    assert came.outcome == "held" and "invoice 2041 was changed there since it was copied" in came.reason
    assert there(desk, copied.qbo_id) == ("310.00", "OneDes")
    assert [each.action for each in entries(desk, "held")] == ["voided"]
    desk.sandbox.void("Invoice", copied.qbo_id)
    desk.application.bring_payments()
    assert entries(desk) == [], "the remedy works"


@pytest.mark.parametrize("how", ["void", "delete"])
@pytest.mark.parametrize("before", ["void", "delete"])
def test_undone_there_already(by_rule: Callable[..., Desk], invoice: Make, how: str, before: str) -> None:
    desk = by_rule()
    copied = desk.copy(invoice())
    getattr(desk.sandbox, before)("Invoice", copied.qbo_id)
    (came,) = withdraw(desk, how)
    did = {"void": "voided", "delete": "deleted"}
    already = f"The invoice was {did[how]} in OneDesk; the QuickBooks invoice 2041 was {did[before]} there already."
    assert (came.outcome, came.reason) == ("unchanged", already)
    assert entries(desk) == []
    if how == "void":
        assert list(desk.shown("INV-1").tags) == (["Voided in QuickBooks"] if before == "void" else [])
        assert desk.shown("INV-1").notes["quickbooks"] == already
    desk.application.bring_payments()
    assert entries(desk) == []


def test_an_emailed_one_says_so(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    assert desk.send(invoice()).outcome == "sent"
    (came,) = withdraw(desk, "void")
    assert came.outcome == "voided" and "had e-mailed it on" in came.reason and "tell the customer" in (came.reason)


# Void and open again


def test_void_and_open_again_before_the_queue_is_processed(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    copied = desk.copy(invoice())
    desk.host.void("INV-1", ADMIN)
    again = desk.copy(invoice(memo="Newer"))
    assert (again.outcome, again.qbo_id) == ("updated", copied.qbo_id)
    assert there(desk, copied.qbo_id) == ("310.00", "OneDes") and entries(desk) == []


def test_void_there_and_open_again(by_rule: Callable[..., Desk], invoice: Make) -> None:
    """Nothing brings a void invoice back: a person reads what to do; void again, nothing waits any more."""
    desk = by_rule()
    copied = desk.copy(invoice())
    withdraw(desk, "void")
    again = desk.copy(invoice())
    day = desk.clock.now().date()
    assert (again.outcome, again.reason) == (
        "held",
        f"The QuickBooks invoice 2041 of this invoice was voided there by rule on {day}, since OneDesk had it"
        " withdrawn, and it cannot be restored; void it in OneDesk again. To bill it again, duplicate the invoice in "
        "OneDesk under a new number and copy that.",
    )
    assert there(desk, copied.qbo_id) == ("0", "Voided")
    assert withdraw(desk, "void") == [] and entries(desk) == []
    assert desk.copy(invoice(id="INV-2", number="2042")).outcome == "copied"


def test_deleted_there_and_open_again_is_made_again(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    copied = desk.copy(invoice())
    withdraw(desk, "delete")
    again = desk.copy(invoice())
    assert again.outcome == "copied" and again.qbo_id != copied.qbo_id
    assert [each["Id"] for each in desk.invoices()] == [again.qbo_id]
    desk.application.bring_payments()
    assert entries(desk) == [] and list(desk.shown("INV-1").tags) == ["Copied to QuickBooks"]
    assert [each.outcome for each in withdraw(desk, "delete")] == ["deleted"], "and undone once more"
    assert desk.invoices() == []


@pytest.mark.parametrize("how", ["void", "delete"])
@pytest.mark.parametrize("copied", [False, True])
def test_void_while_the_copy_waits(by_rule: Callable[..., Desk], invoice: Make, how: str, copied: bool) -> None:
    desk = by_rule()
    if copied:
        desk.copy(invoice())
    desk.save(invoice(memo="Newer"))
    desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    getattr(desk.host, how)("INV-1", ADMIN)
    did = "voided" if how == "void" else "deleted"
    assert [each.outcome for each in desk.drain()] == [did if copied else "unchanged"], (
        "QuickBooks is asked for its mark"
    )
    assert [str(each["TotalAmt"]) for each in desk.invoices()] == (["0"] if copied and how == "void" else [])
    assert entries(desk) == []


@pytest.mark.parametrize("how", ["void", "delete"])
@pytest.mark.parametrize("copied", [False, True])
def test_void_while_quickbooks_is_asked(by_rule: Callable[..., Desk], invoice: Make, how: str, copied: bool) -> None:
    """The copy is written, then undone."""
    desk = by_rule()
    if copied:
        desk.copy(invoice())
    desk.predicts = False
    wsgi, left = desk.sandbox.wsgi, [how]

    def answer(environ: Any, start: Any) -> Any:
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].endswith("/invoice") and left:
            getattr(desk.host, left.pop())("INV-1", ADMIN)
        return wsgi(environ, start)

    desk.sandbox.wsgi = answer  # type: ignore[assignment]
    desk.save(invoice(memo="Newer"))
    desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    outcomes = desk.drain()
    assert [each.outcome for each in outcomes][-1] == {"void": "voided", "delete": "deleted"}[how]
    assert [str(each["TotalAmt"]) for each in desk.invoices()] == (["0"] if how == "void" else [])
    assert entries(desk) == []


# What the host says, and what the rules say


def test_the_host_has_it_open_still(by_rule: Callable[..., Desk], invoice: Make) -> None:
    """A hook of a transaction that was rolled back: nothing is voided."""
    desk = by_rule()
    copied = desk.copy(invoice())
    desk.predicts = False
    voided = {**copy.deepcopy(dict(desk.host.read_invoice("INV-1") or {})), "status": "void"}
    desk.host.plugins.hook.on_invoice_changed(invoice=voided, change="voided")
    assert desk.drain() == []
    desk.clock.sleep(40)
    (came,) = desk.drain()
    assert came.outcome == "held" and "reported invoice 2041 as voided, but has it as open" in came.reason
    assert there(desk, copied.qbo_id) == ("310.00", "OneDes")
    assert desk.shown("INV-1").notes["quickbooks"] == came.reason


@pytest.mark.parametrize("rule", ["on_void: hold", "on_void: void, hold: Ask Maria", "on_void: void, skip: By hand"])
def test_a_person_does_it(desks: Callable[..., Desk], invoice: Make, rule: str) -> None:
    desk = desks(rules="version: 1\n")
    desk.connect()
    copied = desk.copy(invoice())
    (desk.home / "rules.yaml").write_text(f"version: 1\ninvoices: {{{rule}}}\n", encoding="utf-8")
    assert withdraw(desk, "void") == []
    (entry,) = entries(desk)
    assert entry.state == "held" and "QuickBooks still has it as 2041; void it there" in entry.reason
    assert there(desk, copied.qbo_id) == ("310.00", "OneDes")
    assert not desk.application.retry(entry.id, ADMIN), "it is a person's"


def test_a_rule_that_changes_in_between(by_rule: Callable[..., Desk], invoice: Make) -> None:
    """To hold while it waits; and back, when a person tries it again."""
    desk = by_rule(on_void="void")
    copied = desk.copy(invoice())
    desk.host.void("INV-1", ADMIN)
    (desk.home / "rules.yaml").write_text("version: 1\n", encoding="utf-8")
    (came,) = desk.drain()
    assert came.outcome == "held" and "QuickBooks still has it as 2041; void it there" in came.reason
    (desk.home / "rules.yaml").write_text(rules({"on_void": "void"}), encoding="utf-8")
    (entry,) = entries(desk, "held")
    assert desk.application.retry(entry.id, ADMIN)
    assert [each.outcome for each in desk.drain()] == ["voided"]
    assert there(desk, copied.qbo_id) == ("0", "Voided")


def test_exceptions_name_some(desks: Callable[..., Desk], invoice: Make) -> None:
    some = "{id: small, when: {amount: {below: 100}}, on_void: void}"
    desk = desks(rules=f"version: 1\ninvoices: {{on_void: hold, exceptions: [{some}]}}\n")
    desk.connect()
    desk.copy(invoice())
    line = {"id": "1", "service_type": "Support", "amount": "10.00"}
    desk.copy(invoice(id="INV-2", number="2042", lines=[line], subtotal="10.00", total="10.00"))
    desk.host.void("INV-1", ADMIN)
    desk.host.void("INV-2", ADMIN)
    assert [(each.id, each.outcome) for each in desk.drain()] == [("INV-2", "voided")]
    assert [each.od_invoice_id for each in entries(desk)] == ["INV-1"]


# Faults


@pytest.mark.parametrize("how", ["void", "delete"])
@pytest.mark.parametrize("after", [False, True])
def test_no_answer(by_rule: Callable[..., Desk], invoice: Make, how: str, after: bool) -> None:
    """The same request again, under its requestid; reported as done."""
    desk = by_rule()
    copied = desk.copy(invoice())
    getattr(desk.host, how)("INV-1", ADMIN)
    desk.predicts = False
    desk.sandbox.faults.inject(fault="http_503", path="invoice?", method="POST", count=0, after=after)
    came = desk.drain()
    desk.sandbox.faults.clear()
    desk.clock.sleep(300)
    came += desk.drain()
    assert [each.outcome for each in came] == [{"void": "voided", "delete": "deleted"}[how]]
    assert there(desk, copied.qbo_id) == (None if how == "delete" else ("0", "Voided"))
    assert entries(desk) == [] and desk.application.ledger.outbox.unknown(desk.sandbox.realm_id) == []


@pytest.mark.parametrize("after", [False, True])
def test_no_answer_and_open_again(by_rule: Callable[..., Desk], invoice: Make, after: bool) -> None:
    """The void is not repeated: its entry was replaced. Where QuickBooks has done it, the host shows that."""
    desk = by_rule()
    copied = desk.copy(invoice())
    desk.host.void("INV-1", ADMIN)
    desk.predicts = False
    desk.sandbox.faults.inject(fault="http_503", path="invoice?", method="POST", count=0, after=after)
    assert desk.application.drain(patience=timedelta(0)) == []
    desk.sandbox.faults.clear()
    desk.host.save({**invoice(), "status": "open"})
    desk.host.plugins.hook.on_invoice_opened(invoice=desk.host.read_invoice("INV-1"), user=ADMIN)
    (entry,) = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("replaced",))
    assert entry.action == "voided"
    for _ in range(2):
        desk.clock.sleep(300)
        assert desk.drain() == []
    assert there(desk, copied.qbo_id) == (("0", "Voided") if after else ("310.00", "OneDes"))
    assert not after or list(desk.shown("INV-1").tags) == ["Differs from QuickBooks"]
    assert desk.application.ledger.outbox.unknown(desk.sandbox.realm_id) == []


def test_quickbooks_is_away(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=rules({"on_void": "void"}))
    desk.connect()
    copied = desk.copy(invoice())
    desk.sandbox.faults.inject(fault="http_503", count=0)
    assert withdraw(desk, "void") == []
    (entry,) = entries(desk)
    assert (entry.action, entry.state) == ("voided", "todo")
    desk.sandbox.faults.clear()
    desk.clock.sleep(120)
    assert [each.outcome for each in desk.drain()] == ["voided"]
    assert there(desk, copied.qbo_id) == ("0", "Voided")


class Forgetful(EmbeddedHost):
    """A host that gives an invoice once and then no more; one that `refuses` takes nothing for it, either."""

    given, refuses = 0, False

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        self.given += 1
        return super().read_invoice(invoice_id) if self.given == 1 else None

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        if self.refuses:
            raise KeyError(invoice_id)
        super().set_tag(invoice_id, tag, link)


@pytest.mark.parametrize("refuses", [False, True])
def test_a_void_invoice_is_reported_also_where_the_host_gives_it_no_more(
    by_rule: Callable[..., Desk], invoice: Make, refuses: bool
) -> None:
    """A host that has it all the same shows it; one that has it no more may refuse, and is not notified for ever."""
    desk = by_rule(on_void="void")
    copied = desk.copy(invoice())
    desk.host.close()
    desk.plugin = QuickBooksPlugin(background=False, now=desk.clock.now, sleep=desk.clock.sleep)
    host = Forgetful.open(desk.home, plugins=[desk.plugin])
    assert isinstance(host, Forgetful)
    desk.host, host.refuses = host, refuses
    host.void("INV-1", ADMIN)
    host.given = 0
    [came] = desk.application.drain()
    assert came.outcome == "voided" and there(desk, copied.qbo_id) is not None
    assert entries(desk) == []
    assert [*desk.shown("INV-1").tags] == (["Copied to QuickBooks"] if refuses else ["Voided in QuickBooks"])


@pytest.mark.parametrize(
    ("how", "setting"),
    [("void", "hold"), ("void", "void"), ("delete", "hold"), ("delete", "void"), ("delete", "delete")],
)
def test_one_that_is_paid_again_names_the_step_of_its_rule(
    by_rule: Callable[..., Desk], invoice: Make, how: str, setting: str
) -> None:
    """Its payment is deleted and another one comes: the rule, or a person, voids it once nothing pays it."""
    desk = by_rule(**{f"on_{how}": setting})
    copied = desk.copy(invoice())
    first = desk.sandbox.pay({copied.qbo_id: "110.00"})
    desk.application.bring_payments()
    withdraw(desk, how)
    desk.sandbox.void("Payment", first["Id"])
    again = desk.sandbox.pay({copied.qbo_id: "50.00"})
    desk.application.bring_payments()
    desk.drain()
    (found,) = entries(desk, "held")
    assert "50.00 USD" in found.reason
    by_person = "then void it: this entry closes automatically once" in found.reason
    did = {"hold": "", "void": "voided", "delete": "deleted"}[setting]
    assert by_person == (not did)
    assert (f"then it is {did} once the look for payments has seen it" in found.reason) == bool(did)
    if how == "void":
        assert desk.shown("INV-1").notes["quickbooks"] == found.reason
    desk.sandbox.void("Payment", again["Id"])
    assert desk.application.retry(found.id, ADMIN) == bool(did)
    assert [each.outcome for each in desk.drain()] == [did] * bool(did)


@pytest.mark.parametrize("by", ["rule", "person"])
def test_an_invoice_with_the_number_of_a_deleted_one_follows_it(
    by_rule: Callable[..., Desk], invoice: Make, by: str
) -> None:
    """Opened before QuickBooks has deleted the other; without a second request."""
    desk = by_rule(on_delete="delete" if by == "rule" else "hold")
    qbo_id = desk.copy(invoice()).qbo_id
    desk.host.delete("INV-1", ADMIN)
    desk.save(invoice(id="INV-2"))
    desk.host.act("INV-2", "quickbooks.copy", ADMIN)
    found = desk.drain()
    if by == "person":
        assert [each.outcome for each in found] == ["held"] and "this one follows automatically" in found[0].reason
        desk.sandbox.delete("Invoice", qbo_id)
        desk.application.bring_payments()
        found = desk.drain()
    assert (found[-1].id, found[-1].outcome, found[-1].qbo_number) == ("INV-2", "copied", "2041")
    assert (desk.shown("INV-2").notes, list(desk.shown("INV-2").tags)) == ({}, ["Copied to QuickBooks"])
    assert len(desk.invoices()) == 1 and entries(desk) == []
