"""What a new company holds: entered one after the other, before a client starts."""

from __future__ import annotations

from datetime import timedelta

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from tests.sandbox.conftest import START


def test_every_form_has_a_time_of_its_own_a_day_before_the_start() -> None:
    with Sandbox(SandboxOptions(clock=lambda: START)) as sandbox:
        forms = [each for kind in ("Invoice", "Payment", "Estimate", "SalesReceipt") for each in sandbox.list(kind)]
        times = [sandbox.books.epoch(each["MetaData"]["LastUpdatedTime"]) for each in forms]
    assert max(times) <= (START - timedelta(days=1)).timestamp()
    invoices_apart = len({time for time, form in zip(times, forms, strict=True) if "DueDate" in form})
    assert invoices_apart == sum("DueDate" in form for form in forms)


def test_a_copy_has_all_that_is_there_and_goes_its_own_way() -> None:
    with Sandbox(SandboxOptions(also=("gb",))) as sandbox:
        given = sandbox.credentials("http://sandbox.test")
        sandbox.advance(timedelta(days=1))
        sandbox.faults.inject(fault="throttled")
        with sandbox.copy() as copy:
            assert copy.credentials("http://sandbox.test")["realm_id"] == given["realm_id"]
            assert copy.tokens.find(given["refresh_token"]) == sandbox.tokens.find(given["refresh_token"])
            assert [each.realm_id for each in copy.companies] == [each.realm_id for each in sandbox.companies]
            assert copy.clock() - sandbox.clock() < timedelta(hours=1) and copy.faults.state() == []
            copy.create("Customer", {"DisplayName": "Only here"})
            assert len(copy.list("Customer")) == len(sandbox.list("Customer")) + 1
