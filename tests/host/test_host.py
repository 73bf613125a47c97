"""What people do in the embedded host, what it tells plugins, what plugins do in it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy
import pytest

from onedesk_quickbooks.hooks import Money, OneDeskHost, Payment, Reversal
from onedesk_quickbooks.plugin.host import EmbeddedHost, HostInvoice, HostProblem
from onedesk_quickbooks.plugin.host.records import InvalidRecord, NoSuchCustomer, NoSuchInvoice, WrongStatus

if TYPE_CHECKING:
    from tests.host.conftest import FakePlugin

Make = Callable[..., dict[str, Any]]
Get = Callable[[str], HostInvoice]
Pay = Callable[..., Payment]
TakeBack = Callable[..., Reversal]


def test_a_plugin_is_notified_of_the_life_of_an_invoice(
    host: EmbeddedHost, plugin: FakePlugin, make_invoice: Make
) -> None:
    host.save(make_invoice())
    host.open_invoice("INV-7", "agent")
    host.open_invoice("INV-7", "agent")  # a second press of the button tells nobody
    assert host.act("INV-7", "fake.copy", "agent")
    assert host.send("INV-7", "agent")
    host.reopen("INV-7", "agent")
    host.edit("INV-7", make_invoice(memo="Thank you"), "agent")
    host.void("INV-7", "agent")
    host.void("INV-7", "agent")
    host.delete("INV-7", "agent")
    host.close()
    assert plugin.notified == [
        ("started",),
        ("opened", "INV-7", "open"),
        ("act", "INV-7", "agent"),
        ("send", "INV-7", "agent"),
        ("reopened", "INV-7", "draft"),
        ("edited", "INV-7", "draft"),
        ("voided", "INV-7", "void"),
        ("deleted", "INV-7", "void"),
        ("stopping",),
    ]


def test_the_plugin_gets_the_host_and_its_folder(host: EmbeddedHost, plugin: FakePlugin, tmp_path: Path) -> None:
    assert plugin.host is host
    assert isinstance(plugin.host, OneDeskHost)
    assert plugin.directory == tmp_path


def test_actions_are_the_plugins_and_follow_the_status(host: EmbeddedHost, make_invoice: Make) -> None:
    host.save(make_invoice())
    assert host.actions("INV-7") == []
    host.open_invoice("INV-7", "admin")
    assert [action.label for action in host.actions("INV-7")] == ["Copy to QuickBooks Online"]
    assert not host.act("INV-7", "nobody.knows", "admin")


def test_the_host_sends_itself_only_what_no_plugin_takes(
    host: EmbeddedHost, plugin: FakePlugin, make_invoice: Make, get: Get
) -> None:
    host.save(make_invoice(status="open"))
    assert host.send("INV-7", "admin")
    assert not get("INV-7").sent_by_host
    plugin.takes_sending = False
    assert not host.send("INV-7", "admin")
    assert get("INV-7").sent_by_host


@pytest.mark.parametrize(
    ("status", "action", "sentence"),
    [
        ("void", "open_invoice", "invoice 1007 is Void: only a Draft can be opened"),
        ("paid", "reopen", "invoice 1007 is Paid: only an Open invoice can become a Draft again"),
        ("draft", "send", "invoice 1007 is Draft: only an Open invoice is sent"),
    ],
)
def test_a_status_that_does_not_allow_it(
    host: EmbeddedHost, plugin: FakePlugin, make_invoice: Make, status: str, action: str, sentence: str
) -> None:
    host.save(make_invoice(status=status))
    with pytest.raises(WrongStatus) as caught:
        getattr(host, action)("INV-7", "admin")
    assert str(caught.value) == sentence
    assert plugin.notified == [("started",)]


def test_only_a_draft_is_edited_and_keeps_its_id(host: EmbeddedHost, make_invoice: Make, get: Get) -> None:
    host.save(make_invoice(status="open"))
    with pytest.raises(WrongStatus, match="put it back to Draft before you edit it"):
        host.edit("INV-7", make_invoice(memo="x"), "admin")
    host.reopen("INV-7", "admin")
    with pytest.raises(InvalidRecord, match="the id of an invoice cannot change"):
        host.edit("INV-7", make_invoice("INV-8"), "admin")
    assert "memo" not in get("INV-7").json


@pytest.mark.parametrize("action", ["open_invoice", "reopen", "void", "delete", "send"])
def test_an_invoice_that_is_not_there(host: EmbeddedHost, action: str) -> None:
    with pytest.raises(NoSuchInvoice, match="no invoice with the id 'nil'"):
        getattr(host, action)("nil", "admin")
    assert host.invoice("nil") is None
    assert host.read_invoice("nil") is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"total": "12,50"}, "invoice INV-7: total: '12,50' has the wrong format"),
        ({"total": 12.5}, "invoice INV-7: total: 12.5 must be text in quotes"),
        ({"issue_date": "2026-02-30"}, "invoice INV-7: issue_date: '2026-02-30' is not a date"),
        ({"currency": "$"}, "invoice INV-7: currency: '$' has the wrong format"),
        ({"lines": []}, "invoice INV-7: lines: [] is empty"),
        ({"lines": [{"id": "1", "amount": "1", "hours": "2"}]}, "invoice INV-7: lines[0]: Additional properties"),
    ],
)
def test_a_record_of_another_shape_is_refused_with_its_field(
    host: EmbeddedHost, make_invoice: Make, change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRecord) as caught:
        host.save(make_invoice(**change))
    assert str(caught.value).startswith(sentence)
    assert host.count() == 0


def test_payments_in_parts_until_paid_and_back(
    host: EmbeddedHost, make_invoice: Make, get: Get, make_payment: Pay, make_reversal: TakeBack
) -> None:
    host.save(make_invoice(status="open"))
    assert get("INV-7").balance == Money(get("INV-7").total.amount, "CAD")
    for _ in range(2):  # the same payment twice changes nothing
        host.record_payment(make_payment("p1", "70.00", "200.00", method="Visa"))
    part = get("INV-7")
    assert (part.status, str(part.balance), part.partly_paid) == ("open", "200.00 CAD", True)
    host.record_payment(make_payment("p2", "200.00", "0.00"))
    assert (get("INV-7").status, get("INV-7").json["status"]) == ("paid", "paid")
    host.record_payment(make_payment("p1", "70.00", "200.00"))  # an old one, reported again
    assert get("INV-7").status == "paid"
    for _ in range(2):
        host.reverse_payment(make_reversal("p2", "200.00"))
    again = get("INV-7")
    assert (again.status, str(again.balance)) == ("open", "200.00 CAD")
    assert [(payment.id, payment.reversed) for payment in again.payments] == [
        ("p1", ""),
        ("p2", "voided in QuickBooks"),
    ]
    host.record_payment(make_payment("p2", "200.00", "0.00"))  # taken back for good
    assert get("INV-7").status == "open"


def test_a_reversal_of_what_was_never_recorded(
    host: EmbeddedHost, make_invoice: Make, get: Get, make_reversal: TakeBack
) -> None:
    host.save(make_invoice(status="paid"))
    host.reverse_payment(make_reversal("p9", "270.00"))
    assert (get("INV-7").status, get("INV-7").balance.amount) == ("paid", Decimal(0))


def test_a_payment_does_not_wake_a_void_invoice(
    host: EmbeddedHost, make_invoice: Make, get: Get, make_payment: Pay
) -> None:
    host.save(make_invoice(status="void"))
    host.record_payment(make_payment("p1", "270.00", "0.00"))
    host.record_payment(make_payment("p2", "1.00", "0.00", "unknown"))
    assert (get("INV-7").status, get("INV-7").balance.amount) == ("void", Decimal(0))
    assert [payment.id for payment in get("INV-7").payments] == ["p1"]


def test_a_record_that_is_saved_again_stays_paid_while_it_asks_for_the_same(
    host: EmbeddedHost, make_invoice: Make, get: Get, make_payment: Pay
) -> None:
    host.save(make_invoice(status="open"))
    host.record_payment(make_payment("p1", "270.00", "0.00"))
    host.save(make_invoice(status="open", memo="again"))
    host.open_invoice("INV-7", "admin")
    assert (get("INV-7").status, get("INV-7").json["memo"]) == ("paid", "again")
    host.save(make_invoice(status="open", total="300.00", payable="300.00"))
    assert (get("INV-7").status, str(get("INV-7").balance)) == ("open", "30.00 CAD")
    host.record_payment(make_payment("b1", "0.00", "30.00", kind="balance"))
    assert (get("INV-7").status, str(get("INV-7").balance)) == ("open", "30.00 CAD")


def test_what_is_left_follows_what_was_reported_last_and_the_total(
    host: EmbeddedHost, make_invoice: Make, get: Get, make_payment: Pay, make_reversal: TakeBack
) -> None:
    """QuickBooks' total holds a tax that this invoice lacks."""
    host.save(make_invoice(status="open"))
    host.record_payment(make_payment("p1", "20.00", "269.50"))
    less = {"prepaid": "10.00", "payable": "260.00"}
    for change, left in (({"memo": "again"}, "269.50"), (less, "269.50"), ({"status": "draft"}, "269.50")):
        host.save(make_invoice(**{"status": "open", **change}))
        assert str(get("INV-7").balance) == f"{left} CAD"
    host.edit("INV-7", make_invoice(memo="by hand"), "admin")
    assert str(get("INV-7").balance) == "269.50 CAD"
    host.void("INV-7", "admin")
    assert get("INV-7").balance.amount == 0
    host.reverse_payment(make_reversal("p1", "289.50"))
    host.save(make_invoice(status="open"))
    assert (get("INV-7").status, str(get("INV-7").balance)) == ("open", "289.50 CAD")
    host.record_payment(make_payment("p2", "20.00", "269.50"))
    host.save(make_invoice(status="open", currency="USD"))
    assert str(get("INV-7").balance) == f"{get('INV-7').total.amount} USD", "nothing was reported in this currency"


@pytest.mark.parametrize("earlier", [False, True])
def test_what_is_left_follows_a_total_that_quickbooks_never_took(
    host: EmbeddedHost, make_invoice: Make, get: Get, make_payment: Pay, make_reversal: TakeBack, earlier: bool
) -> None:
    """QuickBooks has the version of 270.00 until the end. `earlier`: it reported a payment before the total changed."""

    def left(total: str) -> Decimal:
        host.save(make_invoice(status="open", total=total, payable=total))
        assert get("INV-7").status == "open"
        return get("INV-7").balance.amount

    host.save(make_invoice(status="open"))
    if earlier:
        host.record_payment(make_payment("p0", "20.00", "250.00"))
    already = Decimal(20) if earlier else Decimal(0)
    host.save(make_invoice(status="open", total="280.00", payable="280.00"))
    host.save(make_invoice(status="open", total="300.00", payable="300.00"))
    host.record_payment(make_payment("p1", "170.00", str(100 - already)))
    assert get("INV-7").balance.amount == 130 - already, "30.00 is yet to go to QuickBooks"
    assert left("270.00") == 100 - already
    assert left("100.00") == 0, "never less than nothing"
    host.reverse_payment(make_reversal("p1", str(270 - already)))
    assert left("300.00") == 300 - already
    host.record_payment(make_payment("p2", "170.00", str(130 - already)))  # QuickBooks took it
    assert get("INV-7").balance.amount == 130 - already
    assert left("270.00") == 100 - already


def test_a_paid_invoice_stays_paid_when_a_total_is_taken_back(
    host: EmbeddedHost, make_invoice: Make, get: Get, make_payment: Pay
) -> None:
    host.save(make_invoice(status="open"))
    host.save(make_invoice(status="open", total="300.00", payable="300.00"))
    host.record_payment(make_payment("p1", "270.00", "0.00"))
    host.save(make_invoice(status="open"))
    assert (get("INV-7").status, get("INV-7").balance.amount) == ("paid", Decimal(0))


def test_what_was_left_is_not_changed_by_a_refund_that_quickbooks_has_reported_itself(
    host: EmbeddedHost, make_invoice: Make, make_payment: Pay, get: Get
) -> None:
    line = {"id": "1", "service_type": "Support", "amount": "-100.00"}
    minus = {"lines": [line], "taxes": [], "subtotal": "-100.00", "total": "-100.00", "payable": "-100.00"}
    host.save(make_invoice(status="open", **minus))
    part = {"id": "INV-7", "amount": "-100.00"}
    refund = {"id": "R1", "date": "2026-07-10", "currency": "CAD", "amount": "-100.00", "invoices": [part]}
    host.record_own(refund)
    host.take_back(refund)
    assert str(get("INV-7").balance) == "-100.00 CAD"
    host.record_own(refund)
    host.record_payment(make_payment("p1", "-100.00", "0.00", kind="refund"))
    host.take_back(refund)
    assert (str(get("INV-7").balance), get("INV-7").status) == ("0.00 CAD", "paid")


@pytest.mark.parametrize(("prepaid", "due"), [("0.00", "270.00"), ("10.00", "260.00")])
@pytest.mark.parametrize("payments", [["400.00"], ["300.00", "100.00"], ["400.00", "350.00 400.00"]])
def test_what_was_paid_above_what_was_due_pays_a_higher_total(
    host: EmbeddedHost, make_invoice: Make, get: Get, prepaid: str, due: str, payments: list[str]
) -> None:
    """By payments that were recorded here; the last one of a list may change the first."""

    def asks(total: int) -> tuple[str, Decimal]:
        payable = total - Decimal(prepaid)
        host.save(make_invoice(status="open", total=f"{total}.00", prepaid=prepaid, payable=str(payable)))
        return get("INV-7").status, get("INV-7").balance.amount

    host.save(make_invoice(status="open", prepaid=prepaid, payable=due))
    for place, amounts in enumerate(payments):
        for amount in amounts.split():
            part = {"id": "INV-7", "amount": amount}
            name = "P0" if " " in amounts else f"P{place}"
            host.record_own({"id": name, "date": "2026-07-10", "currency": "CAD", "amount": amount, "invoices": [part]})
            assert (get("INV-7").status, get("INV-7").balance.amount) == ("paid", Decimal(0))
    assert asks(350) == ("paid", Decimal(0))
    assert asks(450) == ("open", 50 - Decimal(prepaid))


def test_tags_and_notes(host: EmbeddedHost, make_invoice: Make, get: Get) -> None:
    host.save(make_invoice())
    for link in ("https://books.test/1", "https://books.test/2"):
        host.set_tag("INV-7", "Copied to QuickBooks", link)
    host.add_note("INV-7", "held", "The line has no service type.")
    host.add_note("INV-7", "held", "Line 2 has no service type.")
    assert get("INV-7").tags == {"Copied to QuickBooks": "https://books.test/2"}
    host.set_tag("INV-7", "Differs from QuickBooks", "https://books.test/2")
    assert get("INV-7").tags == {"Differs from QuickBooks": "https://books.test/2"}, "the newest alone"
    host.set_tag("INV-7", "Copied to QuickBooks", "https://books.test/2")
    assert get("INV-7").notes == {"held": "Line 2 has no service type."}
    host.add_note("INV-7", "held", "")
    assert get("INV-7").notes == {}


def test_the_billing_contact_is_the_customers_and_every_invoice_follows(
    host: EmbeddedHost, plugin: FakePlugin, make_invoice: Make, get: Get
) -> None:
    for invoice_id in ("INV-7", "INV-8"):
        host.save(make_invoice(invoice_id, status="open"))
    host.set_billing_contact("C-1", "Ada", " ", " ada@larkspur.example ")
    for invoice_id in ("INV-7", "INV-8"):
        contact = get(invoice_id).json["customer"]["billing_contact"]
        assert contact == {"first_name": "Ada", "email": "ada@larkspur.example"}
    assert host.customer("C-1")["billing_contact"]["email"] == "ada@larkspur.example"
    with pytest.raises(NoSuchCustomer):
        host.set_billing_contact("C-9", "", "", "")


def test_all_is_there_after_a_restart(tmp_path: Path, make_invoice: Make, make_payment: Pay) -> None:
    first = EmbeddedHost.open(tmp_path, plugins=[])
    first.save(make_invoice(status="open"))
    first.record_payment(make_payment("p1", "270.00", "0.00"))
    first.close()
    first.close()  # once more is fine
    second = EmbeddedHost.open(tmp_path, plugins=[])
    found = second.invoice("INV-7")
    second.close()
    assert found is not None
    assert (found.status, found.payments[0].id) == ("paid", "p1")


def test_what_settles_without_money_is_kept_by_its_kind(
    host: EmbeddedHost, make_invoice: Make, get: Get, make_payment: Pay
) -> None:
    host.save(make_invoice(status="open"))
    host.record_payment(replace(make_payment("p1", "30.00", "240.00"), kind="credit_memo", reference="CM-7"))
    host.record_payment(replace(make_payment("p2", "0.00", "0.00"), kind="zero_total", method=""))
    first, second = get("INV-7").payments
    assert (first.kind, first.reference, first.how.split()[:2]) == ("credit_memo", "CM-7", ["Credit", "memo"])
    assert (second.how, get("INV-7").status) == ("Nothing to pay", "paid")
    with pytest.raises(WrongStatus, match="only an Open invoice"):
        host.reopen("INV-7", "admin")


def test_what_asks_for_nothing_is_paid_and_can_be_changed(
    host: EmbeddedHost, make_invoice: Make, get: Get, make_payment: Pay
) -> None:
    host.save(make_invoice(status="open", total="0.00", payable="0.00"))
    host.record_payment(replace(make_payment("p1", "0.00", "0.00"), kind="zero_total", method=""))
    assert get("INV-7").status == "paid"
    host.reopen("INV-7", "admin")
    host.edit("INV-7", make_invoice(), "admin")
    host.open_invoice("INV-7", "admin")
    assert (get("INV-7").status, get("INV-7").balance.amount) == ("open", Decimal(270))


def test_a_file_of_an_earlier_version_is_brought_up_to_date(
    tmp_path: Path, make_invoice: Make, make_payment: Pay
) -> None:
    first = EmbeddedHost.open(tmp_path, plugins=[])
    first.save(make_invoice(status="open"))
    first.record_payment(make_payment("p1", "30.00", "240.00"))
    first.close()
    with closing(sqlite3.connect(tmp_path / "onedesk.sqlite")) as connection:
        for column in ("payment DROP COLUMN kind", "invoice DROP COLUMN balance_of", "invoice DROP COLUMN totals"):
            connection.execute(f"ALTER TABLE {column}")
    for total, left in (("270.00", 240), ("300.00", 270)):
        second = EmbeddedHost.open(tmp_path, plugins=[])
        second.save(make_invoice(status="open", total=total, payable=total))
        found = second.invoice("INV-7")
        second.close()
        assert found is not None and found.payments[0].kind == "payment"
        assert found.balance.amount == left, "QuickBooks has not yet taken more"


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "onedesk.sqlite").write_text("no database at all, but long enough to be looked at as one" * 40)
    with pytest.raises(HostProblem, match=r"onedesk\.sqlite cannot be used as the host's database"):
        EmbeddedHost.open(tmp_path, plugins=[])
    (tmp_path / "file").write_text("")
    with pytest.raises(HostProblem, match="name another folder"):
        EmbeddedHost.open(tmp_path / "file", plugins=[])


def test_a_hook_that_no_host_calls_is_reported_at_the_start(tmp_path: Path) -> None:
    impl = pluggy.HookimplMarker("onedesk")

    class Mistaken:
        @impl
        def on_invoice_openend(self, invoice: Any) -> None:
            """A misspelt hook."""

    with pytest.raises(Exception, match="on_invoice_openend"):
        EmbeddedHost.open(tmp_path, plugins=[Mistaken()])


def test_many_threads_at_once(host: EmbeddedHost, make_invoice: Make, get: Get, make_payment: Pay) -> None:
    host.save(make_invoice(status="open"))
    start = threading.Barrier(8)

    def work(n: int) -> None:
        start.wait(10)
        host.record_payment(make_payment("p1", "270.00", "0.00"))
        host.set_tag("INV-7", f"tag {n}", "")
        host.add_note("INV-7", str(n), "text")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    found = get("INV-7")
    assert (len(found.payments), len(found.tags), len(found.notes), found.status) == (1, 1, 8, "paid")


def test_the_list_is_searched_and_paged(host: EmbeddedHost, make_invoice: Make) -> None:
    for n in range(5):
        host.save(make_invoice(f"INV-{n}", number=f"10%{n}"))
    other = make_invoice("X", number="")
    other["customer"] = {"id": "C-2", "name": "Øst & Vest"}
    host.save(other)
    host.delete("INV-4", "admin")
    assert [found.id for found in host.invoices(offset=1, limit=2)] == ["INV-1", "INV-2"]
    assert [found.id for found in host.invoices("10%3")] == ["INV-3"]
    assert [found.number for found in host.invoices("vest")] == ["X"]
    assert (host.count(), host.count("larkspur")) == (5, 4)
