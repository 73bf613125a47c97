"""The page "Reconcile": what is asked for, what comes of it, and the table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from onedesk_quickbooks.plugin.sync.errors import CannotReconcile
from tests.host.test_reconciled_page import many
from tests.web.conftest import Host
from tests.web.test_attention import text_of

if TYPE_CHECKING:
    from tests.web.conftest import FakeApp


def test_nothing_is_compared_before_somebody_asks(host: Host, application: FakeApp) -> None:
    page = host.call("GET", "/reconcile", user="ada")
    assert (page.status_code, application.asked) == (200, [])
    assert 'href="/quickbooks/reconcile?from=' in page.text and "Last month" in page.text
    assert host.call("GET", "/reconcile", user="bo").status_code == 403
    assert host.call("GET", "/reconcile.csv", user="bo").status_code == 403


def test_what_differs_has_its_cause_and_its_next_step(host: Host, application: FakeApp) -> None:
    application.report = many()
    host.environ = {"onedesk.invoice_page": "/desk/{id}"}
    page = host.call("GET", "/reconcile?from=2026-01-01&to=2026-06-30&ours=yes", user="ada").text
    assert application.asked == [("reconcile", "2026-01-01", "2026-06-30", "True")]
    words = text_of(page)
    assert "OneDesk and QuickBooks, from 2026-01-01 to 2026-06-30" in words and "29 invoices" in words
    assert 'value="2026-01-01"' in page and 'value="2026-06-30"' in page and "checked" in page
    assert '<a href="/desk/I-25">25</a>' in page and "Invoices that agree: " in words
    assert 'href="/quickbooks/reconcile.csv?from=2026-01-01&amp;to=2026-06-30&amp;ours=yes"' in page
    french = host.call("GET", "/reconcile?from=&to=", user="ada", headers={"Accept-Language": "fr"}).text
    assert "Rapprochement" in french and "factures" in french
    assert application.asked[-1] == ("reconcile", "None", "None", "False")


def test_the_table_has_all_of_them(host: Host, application: FakeApp) -> None:
    application.report = many()
    found = host.call("GET", "/reconcile.csv?from=2026-01-01", user="ada")
    assert found.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "reconciliation.csv" in found.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(found.data.decode("utf-8-sig"))))
    assert len({row["name"] for row in rows}) == 29
    assert application.asked == [("reconcile", "2026-01-01", "None", "False")]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("from=2026-07-01&to=2026-06-30", "2026-07-01 is after 2026-06-30: give the earlier day as the first."),
        ("from=yesterday", "yesterday is not a day: write it as year, month and day, such as 2026-07-31."),
        ("to=2026-02-30", "2026-02-30 is not a day"),
    ],
)
def test_days_that_are_none(host: Host, application: FakeApp, query: str, message: str) -> None:
    page = host.call("GET", f"/reconcile?{query}", user="ada")
    assert (page.status_code, application.asked) == (400, [])
    assert message in text_of(page.text)


def test_a_host_that_gives_no_answer(host: Host, application: FakeApp) -> None:
    application.problem = CannotReconcile("The host did not give invoice INV-1.")
    page = host.call("GET", "/reconcile?from=", user="ada")
    assert (page.status_code, "The host did not give invoice INV-1." in page.text) == (409, True)


def test_payments_are_looked_for_at_once(host: Host, application: FakeApp) -> None:
    assert "Look for payments now" in host.call("GET", "/reconcile", user="ada").text
    assert host.call("POST", "/reconcile", user="ada").status_code == 400
    assert host.call("POST", "/reconcile", user="bo", data={"form_token": "T-1"}).status_code == 403
    assert application.asked == []
    done = host.call("POST", "/reconcile", user="ada", data={"form_token": "T-1"})
    assert (done.status_code, application.asked) == (303, [("payments",)])
    text = text_of(host.call("GET", done.headers["Location"].removeprefix("/quickbooks"), user="ada").text)
    assert "2 payments, or changes, are new." in text
    assert "is new" not in text_of(host.call("GET", "/reconcile?done=x", user="ada").text)
