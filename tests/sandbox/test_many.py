"""What only shows with many: change data capture's thousand, the most lines of a form, files taken up again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

START = datetime(2026, 7, 15, 12, 0, 0, tzinfo=timezone.utc)


def _line(code: str) -> dict[str, Any]:
    detail = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": code}}
    return {"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}


def test_changes_stop_silently_at_a_thousand_objects(connect: Callable[..., Client]) -> None:
    client = connect()
    for start in range(0, 1020, 30):
        names = [{"DisplayName": f"V{number}"} for number in range(start, start + 30)]
        vendors = [{"bId": each["DisplayName"], "operation": "create", "Vendor": each} for each in names]
        assert client.call("POST", "batch", {"BatchItemRequest": vendors}).status == 200
    since = START.isoformat()
    answer = client.call("GET", "cdc", entities="Vendor,Customer", changedSince=since).json["CDCResponse"][0]
    vendor_part, customer_part = answer["QueryResponse"]
    assert len(vendor_part["Vendor"]) == vendor_part["maxResults"] == 1000
    assert customer_part == {}


def test_a_taxed_form_has_at_most_750_lines(connect: Callable[..., Client]) -> None:
    client = connect()
    taxed = {"CustomerRef": {"value": "1"}, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}}
    body = {**taxed, "Line": [_line("TAX")] * 751}
    assert client.call("POST", "invoice", body).json["Fault"]["Error"][0]["code"] == "6000"
    assert client.call("POST", "invoice", {**body, "Line": [_line("TAX")] * 749}).status == 200
    assert client.call("POST", "invoice", {**body, "Line": [_line("NON")] * 751}).status == 200


def test_a_query_reads_the_index_whatever_is_on_file(connect: Callable[..., Client]) -> None:
    """By number, by customer, by name: no look at every row."""
    client = connect()
    for where, args in (
        ("number = ?", ("1037",)),
        ("customer = ?", ("1",)),
        ("name = ?", ("Cool Cars",)),
        ("fullname = ?", ("Cool Cars",)),
    ):
        sql = f"EXPLAIN QUERY PLAN SELECT id FROM entity WHERE kind = ? AND state = 2 AND {where} ORDER BY ord LIMIT 9"
        plan = client.sandbox.books.store.rows(sql, ("Invoice", *args))
        assert len(plan) == 1
        assert where.replace(" ", "").replace("?", "?") in str(plan[0][3]), plan


def test_a_company_on_file_goes_on_where_it_stopped(tmp_path: Path) -> None:
    options = SandboxOptions(clock=lambda: START, data=tmp_path / "company.sqlite")
    form = {"CustomerRef": {"value": "1"}, "Line": [_line("NON")]}
    with Sandbox(options) as first:
        made = first.create("Invoice", form)
        owed = first.read("Customer", "1")["Balance"]
    with Sandbox(options) as again:
        assert again.read("Invoice", made["Id"])["DocNumber"] == made["DocNumber"]
        assert again.read("Customer", "1")["Balance"] == owed
        following = again.create("Invoice", form)
    assert int(following["DocNumber"]) == int(made["DocNumber"]) + 1
    assert int(following["Id"]) > int(made["Id"])


def test_a_job_that_moves_takes_its_balance_to_the_new_parent(connect: Callable[..., Client]) -> None:
    client = connect()

    def customer(name: str, parent: str = "") -> str:
        below = {"ParentRef": {"value": parent}} if parent else {}
        return str(client.call("POST", "customer", {"DisplayName": name, **below}).json["Customer"]["Id"])

    old, new = customer("Old head"), customer("New head")
    job = customer("Moving job", old)
    client.call("POST", "invoice", {"CustomerRef": {"value": job}, "Line": [_line("NON")]})
    move = {"Id": job, "SyncToken": "0", "sparse": True, "ParentRef": {"value": new}}
    assert client.call("POST", "customer", move).status == 200
    with_jobs = [client.sandbox.read("Customer", each)["BalanceWithJobs"] for each in (old, new, job)]
    assert with_jobs == [0, 1, 1]
