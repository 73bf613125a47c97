"""Invoices dated before the start date are copied by commands alone; what QuickBooks has goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.sync.errors import SettingsProblem
from onedesk_quickbooks.plugin.sync.settings import load_settings
from tests.sync.adopt.conftest import adopt, enter
from tests.sync.conftest import ADMIN, Desk
from tests.sync.payments.conftest import Make
from tests.sync.test_credit_notes import COMPANIES, in_country

COPY_OPENED = "version: 1\ninvoices: {on_open: copy}\n"
START = {"start_date": "2026-07-02"}


@pytest.fixture
def started(desks: Callable[..., Desk]) -> Desk:
    """A US company whose invoices are copied from 2 July on."""
    desk = desks(rules=COPY_OPENED, settings=START)
    desk.connect()
    return desk


def by_command(desk: Desk, invoice_id: str) -> str:
    with desk.application.as_command("aaaa1111"):
        assert desk.host.act(invoice_id, "quickbooks.copy", ADMIN)
        return desk.outcome(invoice_id).outcome


@pytest.mark.parametrize("how", ["opened", "action", "send"])
def test_what_a_hook_asks_for_is_skipped_and_said(started: Desk, invoice: Make, how: str) -> None:
    started.save(invoice())
    if how == "action":
        assert started.host.act("INV-1", "quickbooks.copy", ADMIN)
    elif how == "send":
        assert started.host.send("INV-1", ADMIN)
    [came] = started.drain()
    assert came.outcome == "skipped" and started.invoices() == []
    assert "dated 2026-07-01, before the start date 2026-07-02 (settings.yaml: start_date)" in came.reason
    assert "onedesk-quickbooks adopt INV-1" in came.reason and "onedesk-quickbooks copy INV-1" in came.reason
    assert list(started.shown("INV-1").tags) == ["Skipped for QuickBooks"]
    assert started.shown("INV-1").notes["quickbooks"].endswith(came.reason)


@pytest.mark.parametrize("where", COMPANIES)
def test_in_several_countries(desks: Callable[..., Desk], invoice: Make, where: str) -> None:
    company, _, _, taxes, _ = COMPANIES[where]
    taxes = "{otherwise: company_default}" if where == "us" else taxes
    desk = desks(company, rules=f"{COPY_OPENED}taxes: {taxes}\n", settings=START)
    desk.connect()
    desk.save(in_country(invoice(), where))
    assert [each.outcome for each in desk.drain()] == ["skipped"]
    assert by_command(desk, "INV-1") == "copied"
    desk.save(in_country(invoice(id="INV-2", number="2042", issue_date="2026-07-02"), where))
    assert [each.outcome for each in desk.drain()] == ["copied"]


def test_one_of_the_day_itself_is_copied(started: Desk, invoice: Make) -> None:
    started.save(invoice(issue_date="2026-07-02"))
    assert [each.outcome for each in started.drain()] == ["copied"]


def test_a_command_copies_it_and_then_it_goes_on(started: Desk, invoice: Make) -> None:
    started.save(invoice())
    assert [each.outcome for each in started.drain()] == ["skipped"]
    assert by_command(started, "INV-1") == "copied"
    assert started.send(invoice()).outcome == "sent"
    started.save(invoice(memo="Another."))
    assert [each.outcome for each in started.drain()] == ["updated"]


def test_what_is_adopted_goes_on(started: Desk, invoice: Make) -> None:
    """Linked, so that later changes are copied."""
    started.save(invoice())
    assert [each.outcome for each in started.drain()] == ["skipped"]
    enter(started)
    assert adopt(started).adopted == {"INV-1"}
    started.save(invoice(memo="Another."))
    assert [each.outcome for each in started.drain()] == ["updated"]


def test_plan_predicts_what_a_command_does(started: Desk, invoice: Make) -> None:
    assert started.application.plan(invoice(), "copy").outcome == "copied"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("start_date: 2026-02-30\n", "start_date: the calendar has no day 2026-02-30; write it as YYYY-MM-DD"),
        ("start_date: yesterday\n", "start_date"),
    ],
)
def test_a_day_that_is_none(tmp_path: Path, written: str, message: str) -> None:
    (tmp_path / "settings.yaml").write_text(written, encoding="utf-8")
    with pytest.raises(SettingsProblem, match=r"settings\.yaml:1:") as found:
        load_settings(tmp_path, {})
    assert message in str(found.value)


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("start_date: 2026-07-01\n", encoding="utf-8")
    given = {"ONEDESK_QUICKBOOKS_START_DATE": "2026-08-01"}
    assert load_settings(tmp_path, given).start_date == "2026-08-01"
    assert load_settings(tmp_path, {}).start_date == "2026-07-01"
