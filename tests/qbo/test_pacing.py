"""How fast QuickBooks is asked, and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import pytest

from onedesk_quickbooks.plugin.qbo import Pacer, endpoints_for, invoice_page, payment_page
from onedesk_quickbooks.plugin.qbo.pacing import retry_after
from tests.support.clock import Clock

START = datetime(2026, 7, 15, tzinfo=timezone.utc)


@pytest.mark.parametrize(("kind", "window", "most"), [("read", 1, 10), ("write", 60, 500), ("batch", 60, 40)])
def test_no_window_has_more_than_it_may(kind: str, window: int, most: int) -> None:
    clock = Clock(START)
    pacer = Pacer(clock.now, clock.sleep)
    times = []
    for _ in range(1100 if kind != "batch" else 130):
        pacer.before(kind)
        times.append(clock.at)
    for index, begin in enumerate(times):
        late = timedelta(milliseconds=40)  # the first may arrive so much later than the others
        within = [each for each in times[index:] if each < begin + timedelta(seconds=window) + late]
        assert len(within) <= most


def test_nobody_waits_without_need() -> None:
    clock = Clock(START)
    pacer = Pacer(clock.now, clock.sleep)
    began = clock.at
    for _ in range(10):
        pacer.before("read")
    assert clock.at == began
    pacer.throttled(timedelta(seconds=3))
    pacer.throttled(timedelta(seconds=1))
    pacer.before("batch")
    assert clock.at == began + timedelta(seconds=3)
    pacer.throttled(None)
    pacer.before("read")
    assert clock.at == began + timedelta(seconds=63)


@pytest.mark.parametrize("even", [False, True])
@pytest.mark.parametrize("back", [timedelta(hours=2), timedelta(days=200)])
def test_a_clock_that_is_set_back_makes_nobody_wait_until_it_is_where_it_was(even: bool, back: timedelta) -> None:
    clock = Clock(START)
    pacer = Pacer(clock.now, clock.sleep, even=even)
    for _ in range(600):
        pacer.before("batch")
    pacer.throttled(None)
    clock.pass_by(seconds=-back.total_seconds())
    began = clock.at
    for _ in range(40):
        pacer.before("batch")
    assert clock.at - began <= timedelta(seconds=65)
    for _ in range(40):
        pacer.before("batch")
    assert clock.at - began >= timedelta(seconds=60), "the limits hold again"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"retry-after": " 0 "}, 0),
        ({"Retry-After": "Wed, 15 Jul 2026 12:02:00 GMT", "Date": "Wed, 15 Jul 2026 12:00:00 GMT"}, 120),
        ({"Retry-After": "Wed, 15 Jul 2026 12:00:00 GMT", "Date": "Wed, 15 Jul 2026 12:02:00 GMT"}, 0),
        ({"Retry-After": "Wed, 15 Jul 2026 12:02:00 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: Mapping[str, str], seconds: int | None) -> None:
    assert retry_after(headers) == (None if seconds is None else timedelta(seconds=seconds))


def test_where_everything_is() -> None:
    production, sandbox = endpoints_for("production"), endpoints_for("sandbox", "ignored")
    assert production.api == "https://quickbooks.api.intuit.com"
    assert sandbox.api == "https://sandbox-quickbooks.api.intuit.com"
    assert production.token == sandbox.token == "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
    local = endpoints_for("local", "http://127.0.0.1:8765/")
    assert local.api == "http://127.0.0.1:8765"


@pytest.mark.parametrize(
    ("environment", "base"), [("prod", ""), ("local", ""), ("local", "127.0.0.1:80"), ("local", "ftp://x")]
)
def test_nowhere(environment: str, base: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        endpoints_for(environment, base)


@pytest.mark.parametrize(
    ("environment", "invoice", "payment"),
    [
        (
            "production",
            "https://app.qbo.intuit.com/app/invoice?txnId=7",
            "https://app.qbo.intuit.com/app/recvpayment?txnId=7",
        ),
        (
            "sandbox",
            "https://app.sandbox.qbo.intuit.com/app/invoice?txnId=7",
            "https://app.sandbox.qbo.intuit.com/app/recvpayment?txnId=7",
        ),
        ("local", "http://127.0.0.1:1/app/invoice?txnId=7", "http://127.0.0.1:1/"),
    ],
)
def test_pages_for_people(environment: str, invoice: str, payment: str) -> None:
    base = "http://127.0.0.1:1/"
    assert invoice_page(environment, base, "7") == invoice
    assert payment_page(environment, base, "7") == payment
