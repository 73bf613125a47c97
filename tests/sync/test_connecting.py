"""Connecting, the settings it reveals, and disconnecting."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from onedesk_quickbooks.plugin.sync.errors import AnotherCompany, CannotStart, ChoiceProblem, ConnectProblem
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_overtaken import Meanwhile

Make = Callable[..., dict[str, Any]]


def settings(desk: Desk, user: str = ADMIN) -> dict[str, Any]:
    return {each.id: each for some in desk.host.plugins.hook.settings_to_show(user=user) for each in some}


def test_connecting_reveals_the_settings(desks: Callable[..., Desk]) -> None:
    desk = desks("gb")
    assert [each.label for each in settings(desk).values()] == ["Connect to QuickBooks Online"]
    desk.connect()
    shown = settings(desk)
    assert {"company", "default_income_account", "default_tax_code", "disconnect"} <= set(shown)
    assert "(GB, GBP)" in shown["company"].value
    assert "20.0% S" in [label for _, label in shown["default_tax_code"].choices]


def test_a_us_company_offers_its_own_sales_tax_codes_and_no_hidden_ones(us: Desk) -> None:
    offered = [label for value, label in settings(us)["default_tax_code"].choices if value]
    assert offered == ["California", "Tucson"]


def test_a_us_company_with_automated_tax_has_no_tax_code_to_choose(desks: Callable[..., Desk]) -> None:
    desk = desks()
    changed = {"TaxPrefs": {"PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    company = desk.application.connected
    assert company is not None and company.company.country == "US" and company.company.automated_sales_tax
    assert "default_tax_code" not in settings(desk)


def test_one_who_may_not_administer_sees_nothing(us: Desk) -> None:
    assert settings(us, "agent") == {}


def test_income_accounts_only(us: Desk) -> None:
    offered = {value for value, _ in us.choices("default_income_account") if value}
    kinds = {row["AccountType"] for row in us.sandbox.list("Account") if row["Id"] in offered}
    assert kinds <= {"Income", "Other Income"}
    with pytest.raises(ChoiceProblem, match="has no income account"):
        us.application.choose(ADMIN, "default_income_account", "Checking")


def test_a_foreign_state_is_refused(desks: Callable[..., Desk]) -> None:
    desk = desks()
    back = desk.consent()
    with closing(sqlite3.connect(desk.home / "ledger.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # whoever wrote for a made-up state would wait
        with pytest.raises(ConnectProblem, match="does not match a connection"):
            desk.application.finish_connect("made-up", back["code"], back["realmId"])
    assert desk.application.connected is None
    desk.application.finish_connect(back["state"], back["code"], back["realmId"])
    with pytest.raises(ConnectProblem, match="does not match"):
        desk.application.finish_connect(back["state"], back["code"], back["realmId"])


def test_denied_consent_brings_no_code(desks: Callable[..., Desk]) -> None:
    back = desks().consent("deny")
    assert back["error"] == "access_denied" and "code" not in back


def test_tokens_are_sealed_on_disk(us: Desk) -> None:
    tokens = us.application.ledger.companies.tokens(us.sandbox.realm_id)
    assert tokens is not None
    us.host.close()
    stored = b"".join(file.read_bytes() for file in us.home.glob("ledger.sqlite*"))
    assert tokens.refresh_token.encode() not in stored and tokens.access_token.encode() not in stored
    assert (us.home / "key").stat().st_mode & 0o777 == 0o600
    assert (us.home / "settings.yaml").stat().st_mode & 0o777 == 0o600
    us.restart()


def test_a_key_that_others_may_read_is_refused(us: Desk) -> None:
    us.host.close()
    (us.home / "key").chmod(0o644)
    with pytest.raises(CannotStart, match="chmod 600"):
        us.restart()
    (us.home / "key").chmod(0o600)
    us.restart()


def test_an_expired_access_token_is_renewed_on_the_way(us: Desk, invoice: Make) -> None:
    before = us.application.ledger.companies.tokens(us.sandbox.realm_id)
    us.sandbox.advance(timedelta(hours=2))
    assert us.copy(invoice()).outcome == "copied"
    after = us.application.ledger.companies.tokens(us.sandbox.realm_id)
    assert before is not None and after is not None and before.access_token != after.access_token


def test_disconnecting_revokes_and_keeps_what_was_copied(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    tokens = us.application.ledger.companies.tokens(us.sandbox.realm_id)
    us.application.disconnect(ADMIN)
    assert us.application.connected is None and us.host.actions("INV-1") == []
    assert tokens is not None
    with sqlite3.connect(us.home / "ledger.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM token").fetchone() == (0,)
    assert us.sandbox.tokens.find(tokens.refresh_token) is None
    us.connect()
    assert us.copy(invoice()).outcome == "unchanged"
    assert us.invoices()[0]["Id"] == first.qbo_id


def test_a_revoked_connection_stops_the_queue_and_loses_nothing(us: Desk, invoice: Make) -> None:
    tokens = us.application.ledger.companies.tokens(us.sandbox.realm_id)
    assert tokens is not None
    held = us.sandbox.tokens.find(tokens.refresh_token)
    assert held is not None
    us.sandbox.tokens.revoke(held)
    us.save(invoice())
    us.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert us.application.drain() == []
    status = us.application.status()
    assert status.waiting == 1 and "Connect again" in status.stopped_reason
    assert "Stopped: " in settings(us)["state"].value and "reconnect" in settings(us)
    us.connect()
    assert us.outcome("INV-1").outcome == "copied"


def test_the_settings_page_waits_for_no_quickbooks(us: Desk) -> None:
    us.sandbox.faults.inject(fault="http_503", path="", count=0)
    us.clock.sleep(7200)
    us.calls()
    assert "default_income_account" in settings(us)
    assert us.calls() == []


def test_an_account_made_a_moment_ago_can_be_chosen(us: Desk) -> None:
    account = us.sandbox.create("Account", {"Name": "Fresh Income", "AccountType": "Income"})
    us.application.choose(ADMIN, "default_income_account", "Fresh Income")
    chosen = us.application.connected
    assert chosen is not None and chosen.default_income_account is not None
    assert chosen.default_income_account.id == account["Id"]


def consent(desk: Desk, realm_id: str) -> dict[str, str]:
    """What the browser comes back with when this company was chosen."""
    asked = desk.application.begin_connect(ADMIN, "http://127.0.0.1/callback")
    agreed = {"decision": "approve", "realmId": realm_id}
    answer = requests.post(asked, data=agreed, allow_redirects=False, timeout=10)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def test_another_company_takes_the_place_of_the_first_only_where_somebody_says_so(
    desks: Callable[..., Desk], invoice: Make
) -> None:
    desk = desks(also=("gb",))
    desk.connect()
    desk.copy(invoice())
    desk.save(invoice(id="INV-2", number="2042"))
    desk.host.act("INV-2", "quickbooks.copy", ADMIN)
    first, second = desk.sandbox.companies
    tokens = desk.application.ledger.companies.tokens(first.realm_id)
    assert tokens is not None
    back = consent(desk, second.realm_id)
    given = (back["code"], back["realmId"])
    with pytest.raises(ConnectProblem, match="does not match") as refused:
        desk.application.finish_connect("made-up", *given)
    assert "Larkspur" not in str(refused.value), "who has no state hears of no company"
    with pytest.raises(
        AnotherCompany, match=r"copied invoices \(1\) stay .* \(1 waiting\) waits until .* revoked at Intuit"
    ):
        desk.application.finish_connect(back["state"], *given)
    now = desk.application.connected
    assert now is not None and now.realm_id == first.realm_id and desk.sandbox.tokens.find(tokens.refresh_token)

    desk.application.finish_connect(back["state"], *given, replace=True)
    now = desk.application.connected
    assert now is not None and now.realm_id == second.realm_id
    assert desk.sandbox.tokens.find(tokens.refresh_token) is None, "its tokens are revoked, and forgotten"
    assert desk.application.ledger.companies.tokens(first.realm_id) is None
    (left,) = desk.application.status().left_behind
    assert (left["invoices"], left["waiting"], left["access"]) == (1, 1, False)
    assert desk.application.drain() == [], "what waits for the first one is not done in the second"
    assert desk.copy(invoice()).outcome != "unchanged"


def test_access_that_could_not_be_given_back_is_named_and_tried_again(desks: Callable[..., Desk]) -> None:
    desk = desks(also=("gb",))
    desk.connect()
    first, second = desk.sandbox.companies
    old = desk.application.ledger.companies.tokens(first.realm_id)
    assert old is not None
    elsewhere = desk.base_url.replace("127.0.0.1", "localhost")
    assert elsewhere != desk.base_url
    write_settings(desk.home, {"base_url": elsewhere})
    desk.restart()
    back = consent(desk, second.realm_id)
    desk.application.finish_connect(back["state"], back["code"], back["realmId"], replace=True)
    (left,) = desk.application.status().left_behind
    assert left["access"] and desk.sandbox.tokens.find(old.refresh_token) is not None
    write_settings(desk.home, {"base_url": desk.base_url})
    desk.restart()
    back = consent(desk, second.realm_id)
    desk.application.finish_connect(back["state"], back["code"], back["realmId"])
    assert desk.application.status().left_behind == () and desk.sandbox.tokens.find(old.refresh_token) is None


@pytest.mark.parametrize("given_back", [True, False])
def test_the_queue_of_a_company_that_was_just_replaced_is_not_reported_as_stopped(
    desks: Callable[..., Desk], invoice: Make, caplog: pytest.LogCaptureFixture, given_back: bool
) -> None:
    """By another thread or process, in the middle of a run; its tokens are revoked, and perhaps not deleted yet."""

    def replace(desk: Desk) -> None:
        back = consent(desk, second.realm_id)
        tokens = desk.application.ledger.companies.tokens(first.realm_id)
        assert tokens is not None
        desk.application.finish_connect(back["state"], back["code"], back["realmId"], replace=True)
        if not given_back:
            desk.application.ledger.companies.store_tokens(first.realm_id, tokens)

    meanwhile = Meanwhile("look_up", replace)
    desk = desks(also=("gb",), tamper=meanwhile)
    desk.connect()
    desk.predicts = False
    first, second = desk.sandbox.companies
    desk.save(invoice())
    desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    meanwhile.desk = desk
    assert desk.drain() == [] and meanwhile.seen
    said = [each.getMessage() for each in caplog.records if each.name == "onedesk_quickbooks.sync"]
    assert not [each for each in said if "is stopped" in each or "taken back" in each]
    assert [each for each in said if f"company {first.realm_id} is no longer connected" in each]
    status = desk.application.status()
    assert (status.realm_id, status.stopped_reason) == (second.realm_id, "")
    known = desk.application.ledger.companies.known(first.realm_id)
    assert known is not None and known.stopped_reason == ""
    back = consent(desk, first.realm_id)
    desk.application.finish_connect(back["state"], back["code"], back["realmId"], replace=True)
    assert desk.outcome("INV-1").outcome == "copied"
