"""Paid in the host, then otherwise in a file: what `plan` and `copy` do, and that each next step works."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.support.invoices import invoice_json, line

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]


@pytest.fixture
def books(open_books: Open, connect: Connect) -> Any:
    """A US company, connected."""
    books = open_books("us")
    connect(books)
    return books


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """A file of one invoice: its total, and what else it has."""

    def put(total: str, **changes: Any) -> Path:
        invoice = invoice_json(
            "P-1",
            line("Design", total),
            issue_date="2026-11-02",
            customer={"id": "c1", "name": "Harbor Labs", "billing_contact": {"email": "ap@harbor.test"}},
        )
        path = tmp_path / "some files" / "paid.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**invoice, **changes}))
        return path

    return put


def settle(books: Any, qbo_id: str, how: str, amount: str) -> None:
    """Settle an invoice in QuickBooks; an invoice of nothing is settled by itself."""
    books = books.sandbox
    lines = [{"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": qbo_id, "TxnType": "Invoice"}]}]
    customer = books.read("Invoice", qbo_id)["CustomerRef"]
    if how == "payment":
        books.pay({qbo_id: amount})
    elif how == "deposit":
        books.edit("Invoice", qbo_id, {"Deposit": Decimal(amount)})
    elif how == "credit_memo":
        detail = {"ItemRef": {"value": "1"}}
        line = {"Amount": Decimal(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        memo = books.create("CreditMemo", {"CustomerRef": customer, "DocNumber": "CM-7", "Line": [line]})["Id"]
        lines += [{"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": memo, "TxnType": "CreditMemo"}]}]
        books.create("Payment", {"CustomerRef": customer, "TotalAmt": Decimal(0), "Line": lines})


def left(home: Path, invoice_id: str = "P-1") -> tuple[str, str]:
    """Status and amount due in the host."""
    host = EmbeddedHost.open(home, plugins=[])
    try:
        found = host.invoice(invoice_id)
        assert found is not None
        return found.status, str(found.balance)
    finally:
        host.close()


def paid(books: Any, call: Call, home: Path, path: Path, how: str, amount: str) -> str:
    """Copied and settled, which the host knows; QuickBooks' id."""
    qbo_id = str(call("copy", path, "--json").one["qbo_id"])
    settle(books, qbo_id, how, amount)
    assert [each["kind"] for each in call("payments", "--json").lines] == [how]
    assert left(home) == ("paid", "0.00 USD")
    return qbo_id


def agree(books: Any, call: Call, home: Path, qbo_id: str) -> str:
    """What is left, as QuickBooks and the host have it, before the next look for payments and after it."""
    due = books.sandbox.read("Invoice", qbo_id)["Balance"]
    assert left(home) == ("open" if due else "paid", f"{due:.2f} USD")
    call("payments")
    assert left(home) == ("open" if due else "paid", f"{due:.2f} USD")
    return f"{due:.2f}"


@pytest.mark.parametrize("action", ["copy", "send"])
@pytest.mark.parametrize(
    ("how", "first"), [("zero_total", "0.00"), ("credit_memo", "100.00"), ("deposit", "100.00")], ids=lambda each: each
)
def test_what_was_settled_without_a_payment_takes_another_amount(
    books: Any, call: Call, home: Path, file: Any, how: str, first: str, action: str
) -> None:
    qbo_id = paid(books, call, home, file(first), how, first)
    done = call(action, file("130.00"), "--json").one
    assert (done["outcome"], done["qbo_total"]) == ("sent" if action == "send" else "updated", "130.00")
    assert agree(books, call, home, qbo_id) == f"{Decimal('130.00') - Decimal(first)}"


def test_an_import_takes_it_as_well(books: Any, call: Call, home: Path, file: Any) -> None:
    qbo_id = paid(books, call, home, file("0.00"), "zero_total", "0.00")
    assert call("invoices", "import", file("50.00"), "--json").one["outcome"] == "edited"
    assert left(home) == ("open", "50.00 USD")
    assert call("send", "P-1", "--json").one["outcome"] == "sent"
    assert agree(books, call, home, qbo_id) == "50.00"
    assert call("copy", file("0.00"), "--json").one["outcome"] == "updated"
    call("payments")
    assert agree(books, call, home, qbo_id) == "0.00"


@pytest.mark.parametrize(("how", "total"), [("zero_total", "0.00"), ("credit_memo", "100.00"), ("payment", "100.00")])
def test_the_same_amount_needs_no_copy(books: Any, call: Call, home: Path, file: Any, how: str, total: str) -> None:
    """The next steps: import the file, and make the change in QuickBooks; then nothing waits."""
    qbo_id = paid(books, call, home, file(total), how, total)
    newer = file(total, memo="Newer")
    held = call("copy", newer, "--json").one
    assert held["outcome"] == "held" and "nothing is left to copy" in held["reason"]
    words = shlex.split(held["reason"].partition("run: onedesk-quickbooks ")[2].partition("; to have")[0])
    assert call(*words, "--json").one["outcome"] == "edited"
    books.sandbox.edit("Invoice", qbo_id, {"CustomerMemo": {"value": "Newer"}})
    call("payments")
    assert call("queue", "--json").out == "" and left(home) == ("paid", "0.00 USD")
    assert call("copy", newer, "--json").one["outcome"] == "unchanged"


@pytest.mark.parametrize(("total", "outcome", "due"), [("130.00", "updated", "30.00"), ("80.00", "held", "0.00")])
def test_a_payment_is_not_passed_over_in_silence(
    books: Any, call: Call, home: Path, file: Any, total: str, outcome: str, due: str
) -> None:
    """The next step: import the file, then copy it; more than it comes to is held in QuickBooks' name."""
    qbo_id = paid(books, call, home, file("100.00"), "payment", "100.00")
    held = call("copy", file(total), "--json").one
    assert held["outcome"] == "held" and left(home) == ("paid", "0.00 USD")
    assert f"its amount due is 100.00 USD in the host and {total} USD in the file" in held["reason"]
    imported, copied = held["reason"].partition("payments: onedesk-quickbooks ")[2].rstrip(".").split("; then run: ")
    assert call(*shlex.split(imported), "--json").one["outcome"] == "edited"
    assert left(home) == ("open", f"{due} USD")
    done = call(*shlex.split(copied)[1:], "--json").one
    assert done["outcome"] == outcome
    if outcome == "updated":
        assert agree(books, call, home, qbo_id) == due
    else:
        assert "payment: 100.00 USD" in done["reason"]
        assert books.sandbox.read("Invoice", qbo_id)["TotalAmt"] == Decimal("100.00")


@pytest.mark.parametrize("status", ["draft", "paid"])
@pytest.mark.parametrize("total", ["100.00", "130.00"])
def test_a_file_that_has_it_paid_or_in_draft(
    books: Any, call: Call, home: Path, file: Any, status: str, total: str
) -> None:
    paid(books, call, home, file("100.00"), "credit_memo", "100.00")
    done = call("copy", file(total, status=status), "--json").one
    if (status, total) == ("paid", "100.00"):
        assert (done["outcome"], done["reason"]) == ("unchanged", "")
        return
    assert done["reason"].endswith("give it the status open in the file.") and left(home) == ("paid", "0.00 USD")
    assert call("copy", file(total), "--json").one["outcome"] == ("updated" if total == "130.00" else "unchanged")


@pytest.mark.parametrize("status", ["draft", "paid"])
def test_a_file_opens_what_is_void(books: Any, call: Call, home: Path, file: Any, status: str) -> None:
    call("copy", file("100.00"))
    call("copy", file("100.00", status="void"))
    done = call("copy", file("100.00", status=status), "--json").one
    assert done["outcome"] == "held" and done["reason"].endswith("give it the status open in the file.")
    assert left(home)[0] == "void"
    assert call("copy", file("100.00"), "--json").one["outcome"] == "unchanged"
    assert left(home) == ("open", "100.00 USD")


def test_a_draft_of_a_file_is_opened_by_the_file(books: Any, call: Call, file: Any) -> None:
    draft = call("copy", file("100.00", status="draft"), "--json").one
    assert draft["reason"].endswith("is copied or sent. Give it the status open in the file.")
    assert call("copy", file("100.00"), "--json").one["outcome"] == "copied"


def test_a_paid_invoice_that_has_not_changed_is_not_e_mailed(books: Any, call: Call, home: Path, file: Any) -> None:
    paid(books, call, home, file("100.00"), "payment", "100.00")
    done = call("send", file("100.00"), "--json").one
    assert (done["outcome"], done["reason"]) == (
        "unchanged",
        "It is Paid already, so that QuickBooks does not e-mail it.",
    )
    assert call("send", "P-1", "--json").one == done
    assert (books.sandbox.outbox(), call("queue", "--json").out) == ([], "")
