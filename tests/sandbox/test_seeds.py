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
