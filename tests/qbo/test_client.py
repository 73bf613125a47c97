"""Reads and writes, against companies of every edition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.qbo import BatchItem, QuickBooksProblem, Refused, fingerprint_to, read_invoice

START = datetime(2026, 7, 15, 12, 0, 0, tzinfo=timezone.utc)

COMPANIES = {
    "us": ("US", "USD", False, False),
    "ca": ("CA", "CAD", False, False),
    "gb": ("GB", "GBP", False, False),
    "au": ("AU", "AUD", False, False),
    "intl": ("NL", "EUR", True, False),
}


@pytest.mark.parametrize("edition", COMPANIES)
def test_company(connect: Callable[..., Any], edition: str) -> None:
    made = connect(edition)
    company = made.quickbooks.company()
    country, currency, multicurrency, automated = COMPANIES[edition]
    assert (company.realm_id, company.name) == (made.sandbox.realm_id, made.sandbox.company_name)
    assert (company.country, company.home_currency) == (country, currency)
    assert (company.multicurrency, company.automated_sales_tax) == (multicurrency, automated)
    assert company.uses_sales_tax and company.allows_discount and not company.custom_numbers


RATES: dict[str, dict[str, str | None]] = {
    "us": {"California": "8", "Tucson": "9.1", "TAX": None, "NON": None},
    "ca": {"GST": "5", "HST ON": "13", "GST/QST QC - 9.975": "14.975", "GST (purchases)": None, "Exempt": "0"},
    "gb": {"20.0% S": "20", "0.0% Z": "0", "20.0% RC (purchases)": None},
    "au": {"GST": "10"},
    "intl": {"VAT 25%": "25", "Out of scope": "0"},
}


@pytest.mark.parametrize("edition", RATES)
def test_tax_codes_accounts_and_terms(connect: Callable[..., Any], edition: str) -> None:
    made = connect(edition)
    rates = {code.name: code.sales_rate for code in made.quickbooks.tax_codes()}
    names = {"TAX": "TAX", "NON": "NON"} if edition == "us" else {}
    ids = {code.id: code.sales_rate for code in made.quickbooks.tax_codes()}
    for name, percent in RATES[edition].items():
        found = ids[name] if name in names else rates[name]
        assert found == (None if percent is None else Decimal(percent)), name
    accounts = made.quickbooks.accounts()
    assert any(account.type == "Income" for account in accounts)
    assert any(account.type == "Bank" for account in accounts)
    assert made.quickbooks.terms()


def test_sub_accounts_have_their_full_name(connect: Callable[..., Any]) -> None:
    names = {account.name for account in connect("us").quickbooks.accounts()}
    assert "Landscaping Services:Job Materials:Plants and Soil" in names


def test_look_up_finds_by_every_key_in_one_request(connect: Callable[..., Any]) -> None:
    made = connect("us")
    made.sandbox.create("Customer", {"DisplayName": "D'Arcy \\ Söhne & Co"})
    gone = made.sandbox.create("Customer", {"DisplayName": "Gone"})
    made.sandbox.edit("Customer", gone["Id"], {"Active": False})
    invoice = made.sandbox.create("Invoice", _invoice(DocNumber="INV-7"))
    made.sandbox.clear_log()
    found = made.quickbooks.look_up(
        customer_names=["amy's bird sanctuary", "D'Arcy \\ Söhne & Co", "Gone", "Nobody"],
        customer_emails=["Surf@Intuit.com"],
        customer_ids=["3"],
        item_names=["Design", "No such item"],
        numbers=["INV-7", "INV-8"],
        invoice_ids=[invoice["Id"]],
    )
    assert made.requests() == ["POST batch"]
    assert made.calls == ["read"]
    names = {customer.name for customer in found.customers}
    known = {"Amy's Bird Sanctuary", "D'Arcy \\ Söhne & Co", "Bill's Windsurf Shop", "Cool Cars"}
    assert names == {*known, "Gone (deleted)"}
    assert [each.name for each in found.customers if not each.active] == ["Gone (deleted)"]
    assert [(item.name, item.income_account) for item in found.items] == [("Design", Ref("82", "Design income"))]
    taken = found.taken_numbers["inv-7"]
    assert (set(found.taken_numbers), taken.id, taken.name) == (
        {"inv-7"},
        invoice["Id"],
        "Invoice of Amy's Bird Sanctuary",
    )
    assert (taken.customer_id, taken.total, taken.date) == ("1", Decimal("100.00"), START.date())
    assert [each.id for each in found.invoices] == [invoice["Id"]]


def test_look_up_takes_no_more_requests_than_it_must(connect: Callable[..., Any]) -> None:
    made = connect("us")
    assert made.quickbooks.look_up().customers == ()
    assert made.requests() == []
    made.quickbooks.look_up(item_names=["Design", "Design"])
    assert made.requests() == ["POST batch"]
    made.sandbox.clear_log()
    made.quickbooks.look_up(customer_names=[f"C {n}" for n in range(19)], numbers=[f"N-{n}" for n in range(200)])
    assert made.requests() == ["POST batch"]


def test_names_that_fill_more_than_a_batch_are_asked_for_in_lists(connect: Callable[..., Any]) -> None:
    made = connect("us")
    names = [row["DisplayName"] for row in made.sandbox.list("Customer")]
    assert len(names) < 40
    found = made.quickbooks.look_up(customer_names=[*names, *(f"New {n}" for n in range(10))], item_names=["design"])
    assert made.requests() == ["POST batch", "POST batch"]
    assert {customer.name for customer in found.customers} == set(names)
    assert [item.name for item in found.items] == ["Design"]
    made.sandbox.clear_log()
    assert len(made.quickbooks.look_up(customer_ids=[str(n) for n in range(1, 3000)]).customers) == len(names)
    assert made.requests() == ["POST batch"] * 3


def test_capitals_do_not_matter_and_percent_signs_are_no_wildcards(connect: Callable[..., Any]) -> None:
    made = connect("us")
    made.sandbox.create("Customer", {"DisplayName": "100% Wool"})
    found = made.quickbooks.look_up(customer_names=["COOL CARS", "C% Cars", "100% Wool"])
    assert {customer.name for customer in found.customers} == {"Cool Cars", "100% Wool"}


def test_one_long_question_is_posted(connect: Callable[..., Any]) -> None:
    made = connect("us")
    made.quickbooks.payments([str(10**15 + number) for number in range(40)])
    made.sandbox.clear_log()
    made.quickbooks.query_all("Customer", {"DisplayName": "x" * 500, "CompanyName": "y" * 1000})
    assert made.requests() == ["POST query"]
    assert made.calls == ["read", "read"]


def test_deep_items_are_found_by_their_full_name(connect: Callable[..., Any]) -> None:
    made = connect("us")
    category = made.sandbox.create("Item", {"Name": "Advice", "Type": "Category"})
    parent = {"value": category["Id"]}
    made.sandbox.create(
        "Item",
        {
            "Name": "Remote",
            "Type": "Service",
            "IncomeAccountRef": {"value": "82"},
            "SubItem": True,
            "ParentRef": parent,
        },
    )
    found = made.quickbooks.look_up(item_names=["advice:remote", "Advice"])
    assert {(item.name, item.type) for item in found.items} == {("Advice:Remote", "Service"), ("Advice", "Category")}
    assert {item.name: item.income_account is None for item in found.items} == {"Advice": True, "Advice:Remote": False}


def test_query_all_goes_on_after_a_full_page(connect: Callable[..., Any]) -> None:
    made = connect("us")

    def many() -> None:
        from onedesk_quickbooks.plugin.sandbox.entities import operations

        for number in range(1005):
            operations.create(made.sandbox.books, "Customer", {"DisplayName": f"Customer {number}"})

    made.sandbox.change(many)
    rows = made.quickbooks.query_all("Customer")
    assert len(rows) == len({row["Id"] for row in rows}) > 1005
    assert made.requests() == ["GET query", "GET query"]
    assert made.quickbooks.query_all("Customer", {"DisplayName": "Customer 1004"})[0]["DisplayName"] == "Customer 1004"
    changes = made.quickbooks.changes(["Customer", "Item"], START - timedelta(hours=1))
    assert len(changes.entities["Customer"]) == 1005
    assert changes.incomplete == ("Customer",)


def _invoice(amount: str = "100.00", **fields: Any) -> dict[str, Any]:
    line = {
        "Amount": Decimal(amount),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "4"}},
    }
    return {"CustomerRef": {"value": "1"}, "Line": [line], **fields}


def test_an_invoice_s_life(connect: Callable[..., Any]) -> None:
    made = connect("us")
    quickbooks = made.quickbooks
    raw = quickbooks.post("Invoice", _invoice(DocNumber="A-1", PrivateNote="ours"), "r-1")
    assert quickbooks.post("Invoice", _invoice(DocNumber="A-1", PrivateNote="ours"), "r-1")["Id"] == raw["Id"]
    invoice = quickbooks.invoice(raw["Id"])
    assert (invoice.number, invoice.total, invoice.balance) == ("A-1", Decimal("100.00"), Decimal("100.00"))
    assert isinstance(raw["TotalAmt"], Decimal)
    sent = quickbooks.send(raw["Id"], "someone+billing@example.com", "r-2")
    assert (sent["EmailStatus"], sent["BillEmail"]["Address"]) == ("EmailSent", "someone+billing@example.com")
    assert read_invoice(sent).delivered_at
    after = read_invoice(sent)
    assert fingerprint_to(after.written, invoice.email) == invoice.fingerprint != after.fingerprint
    edited = quickbooks.post(
        "Invoice", {"Id": raw["Id"], "SyncToken": sent["SyncToken"], "sparse": True, "PrivateNote": "theirs"}, "r-3"
    )
    assert read_invoice(edited).fingerprint != invoice.fingerprint
    with pytest.raises(Refused) as stale:
        quickbooks.post("Invoice", {"Id": raw["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "late"}, "r-4")
    assert stale.value.stale and stale.value.do == "reread"
    voided = quickbooks.post("Invoice", {"Id": raw["Id"], "SyncToken": edited["SyncToken"]}, "r-5", "void")
    assert read_invoice(voided).voided
    body = {"Id": raw["Id"], "SyncToken": voided["SyncToken"]}
    assert quickbooks.post("Invoice", body, "r-6", "delete")["status"] == "Deleted"
    assert quickbooks.invoice(raw["Id"]) is None
    assert quickbooks.read("Invoice", "99999") is None
    assert made.calls.count("write") == 6


def test_a_taken_number_may_be_given_again_when_asked(connect: Callable[..., Any]) -> None:
    made = connect("us")
    made.sandbox.books.store.set_meta("warn_duplicate_numbers", "1")
    made.sandbox.books.preferences["SalesFormsPrefs"]["CustomTxnNumbers"] = True
    quickbooks = made.quickbooks
    first = quickbooks.post("Invoice", _invoice(DocNumber="B-1"), "r-1")
    again = quickbooks.post("Invoice", _invoice(DocNumber="B-1"), "r-2", include="allowduplicatedocnum")
    assert again["Id"] != first["Id"]


def test_payments(connect: Callable[..., Any]) -> None:
    made = connect("us")
    quickbooks = made.quickbooks
    first, second = (made.sandbox.create("Invoice", _invoice(amount)) for amount in ("100.00", "50.00"))
    paid = made.sandbox.pay({first["Id"]: Decimal("60.00"), second["Id"]: Decimal("50.00")}, total=Decimal("120.00"))
    (payment,) = quickbooks.payments([paid["Id"], "99999"])
    assert payment.applied == ((first["Id"], Decimal("60.00")), (second["Id"], Decimal("50.00")))
    assert (payment.total, payment.unapplied, payment.currency) == (Decimal("120.00"), Decimal("10.00"), "USD")
    assert (payment.customer_id, payment.date, payment.voided) == ("1", date(2026, 7, 15), False)
    body = {"Id": paid["Id"], "SyncToken": payment.sync_token}
    quickbooks.post("Payment", body, "r-1", "void")
    assert quickbooks.payments([paid["Id"]])[0].voided


def test_a_payment_method_is_named(connect: Callable[..., Any]) -> None:
    made = connect("us")
    method = made.sandbox.list("PaymentMethod")[0]
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": Decimal(5), "PaymentMethodRef": {"value": method["Id"]}}
    paid = made.sandbox.create("Payment", {**body, "PaymentRefNum": "4711"})
    (payment,) = made.quickbooks.payments([paid["Id"]])
    assert (payment.method, payment.reference) == (method["Name"], "4711")


def test_changes_list_what_is_gone(connect: Callable[..., Any]) -> None:
    made = connect("us")
    before = START + timedelta(hours=1)
    made.sandbox.advance(timedelta(hours=2))
    kept = made.sandbox.create("Invoice", _invoice("10.00"))
    gone = made.sandbox.create("Invoice", _invoice("20.00"))
    made.sandbox.delete("Invoice", gone["Id"])
    paid = made.sandbox.pay({kept["Id"]: Decimal("10.00")})
    changes = made.quickbooks.changes(["Payment", "Invoice"], before)
    assert [row["Id"] for row in changes.entities["Invoice"]] == [kept["Id"]]
    assert [row["Id"] for row in changes.entities["Payment"]] == [paid["Id"]]
    assert changes.deleted == {"Invoice": [gone["Id"]]}
    assert changes.incomplete == ()
    assert timedelta() <= changes.time - (START + timedelta(hours=2)) < timedelta(seconds=1)
    assert made.quickbooks.changes(["Payment"], START + timedelta(hours=3)).entities == {}


def test_exchange_rates(connect: Callable[..., Any]) -> None:
    made = connect("intl")
    rate = made.quickbooks.exchange_rate("USD", date(2026, 7, 1))
    assert isinstance(rate, Decimal) and rate > 0
    assert made.quickbooks.exchange_rate("XX", date(2026, 7, 1)) is None


def test_a_batch_is_answered_item_by_item(connect: Callable[..., Any]) -> None:
    made = connect("us")
    item = {"Name": "New", "Type": "Service", "IncomeAccountRef": {"value": "82"}}
    answers = made.quickbooks.batch(
        [
            BatchItem("1", "create", "Customer", {"DisplayName": "Brand new"}),
            BatchItem("2", "create", "Customer", {"DisplayName": "Cool Cars"}),
            BatchItem("3", "create", "Item", item),
            BatchItem("4", "update", "Invoice", {"Id": "99999", "SyncToken": "0", "sparse": True}),
        ],
        "batch-1",
    )
    assert answers["1"]["DisplayName"] == "Brand new" and answers["3"]["Name"] == "New"
    assert isinstance(answers["2"], Refused) and answers["2"].code == "6240"
    assert isinstance(answers["4"], Refused) and answers["4"].code == "610"
    assert made.requests() == ["POST batch"]
    assert made.calls == ["write"]
    assert all(not isinstance(answers[bid], QuickBooksProblem) for bid in ("1", "3"))


def test_a_batch_voids_a_payment_and_takes_no_more_than_thirty(connect: Callable[..., Any]) -> None:
    made = connect("us")
    paid = made.sandbox.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": Decimal(5)})
    body = {"Id": paid["Id"], "SyncToken": paid["SyncToken"], "sparse": True}
    answers = made.quickbooks.batch([BatchItem("1", "void", "Payment", body)], "batch-2")
    assert answers["1"]["TotalAmt"] == 0
    assert made.quickbooks.batch([], "batch-3") == {}
    with pytest.raises(ValueError, match="takes 30 items"):
        made.quickbooks.batch([BatchItem("1", "void", "Payment", body)] * 31, "batch-4")
