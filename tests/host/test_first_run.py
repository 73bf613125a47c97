"""The first steps in real Chromium: from an empty folder to the first copies, without a terminal and without keys."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.app.setup_api import MOST
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.sync.settings import load_settings, write_settings
from tests.host import scene
from tests.host.conftest import Browser, Person, waits_until_fits
from tests.host.test_accessible import sized, violations
from tests.sync.conftest import ADMIN, Desk, installed

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from tests.conftest import QboSchemas

pytestmark = pytest.mark.browser
RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]
ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"


@contextmanager
def serving(home: Path, port: int = 0) -> Iterator[dict[str, str]]:
    """`serve` as a process; what it says of itself."""
    command = [*RUN, "--home", str(home), "--log-level", "error", "serve", "--port", str(port), "--json"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def sound(person: Person) -> None:
    """axe-core finds nothing, light and dark, and nothing leaves the screen of a phone."""
    for theme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
        sized(person.chrome, width, theme)
        assert violations(person.chrome) == [], (theme, width)
        waits_until_fits(person.chrome, width)
    sized(person.chrome, 1280)


def test_an_empty_folder_leads_through_the_sandbox_to_a_company(tmp_path: Path, chrome: Chrome) -> None:
    home = tmp_path / "home"
    with serving(home) as server:
        person = Person(chrome, server["base_url"])
        person.open(server["first_user_url"].removeprefix(server["base_url"]))
        for label, text in (("Full name", "Ada Admin"), ("Name to sign in with", "ada")):
            person.fill(label, text)
        person.fill("Password", PASSWORD)
        person.fill("The password again", PASSWORD)
        person.press("Make the first user")
        assert person.reads("h1") == "Set up" and "1. Intuit’s keys next" in person.reads()
        assert f"{server['base_url']}/quickbooks/callback" in chrome.page_source
        sound(person)
        person.press("Try it with the sandbox, without keys")
        assert "2. Connect a company next" in person.reads()
        person.press("Connect to QuickBooks Online")
        person.press("Authorize")
        person.waits_until_reads("The company is connected.", "main")
        assert "3. Default income account and tax code next" in person.reads()
        sound(person)
        Select(chrome.find_element(By.ID, "choice-default_income_account")).select_by_visible_text("Services")
        person.press("Choose", "main")
        assert "It is chosen." in person.reads() and "4. See what would happen next" in person.reads()
        person.press("Look now")
        assert "0 open invoices since" in person.reads()
        port = int(server["base_url"].rpartition(":")[2])
    with serving(home, port):
        person.open("/")
        assert person.reads("h1") == "Set up" and "4. See what would happen next" in person.reads()
        person.press("Look now")
        assert "0 open invoices since" in person.reads(), "the sandbox is there again"


@pytest.fixture
def desk(tmp_path: Path, qbo_schemas: QboSchemas) -> Iterator[Desk]:
    with installed(tmp_path, qbo_schemas) as made:
        made.predicts = False
        day = made.application.now().date()
        for number, days in ((3001, 1), (3002, 29), (3003, 31)):
            fields = {"issue_date": str(day - timedelta(days=days)), "due_date": str(day + timedelta(days=9))}
            made.save(scene.invoice(number, service="Consulting" if number == 3001 else "Data rescue", **fields))
        made.save(scene.invoice(3004, issue_date=str(day), due_date=str(day), subtotal="550.00"))
        made.host.save(scene.invoice(3005, status="draft", issue_date=str(day), due_date=str(day)))
        yield made


def test_what_would_happen_is_seen_with_money_before_the_first_copy(
    desk: Desk, served: Callable[[EmbeddedHost], str], person_at: Callable[[str], Person]
) -> None:
    person = person_at(served(desk.host))
    assert "Invoices" in person.reads("h1"), "there are invoices already"
    desk.connect()
    person.open("/invoices")
    person.press("Set up", "header")
    desk.calls()
    person.press("Look now")
    text = person.reads()
    assert "3 open invoices since" in text and "would be copied 2 1200.00 USD" in text
    assert "would be held 1 600.00 USD" in text and "OD-3004:" in text
    assert "Data rescue would be created, on the income account" in text
    assert {each.partition("?")[0] for each in desk.calls()}.isdisjoint({"POST invoice", "POST customer", "POST item"})
    sound(person)
    if os.environ.get("DOCS_IMAGES"):
        for width in (1280, 390):
            sized(person.chrome, width)
            person.picture(ROOT / "docs" / "images", f"start-{width}")
        sized(person.chrome, 1280)
    person.press("Copy the open invoices of the last 30 days …")
    assert "Copy 3 invoices to QuickBooks?" in person.reads() and violations(person.chrome) == []
    assert desk.invoices() == []
    person.press("Copy them")
    assert "3 invoices are on their way." in person.reads()
    assert sorted(each.outcome for each in desk.drain()) == ["copied", "copied", "held"]
    acts = [each.values for each in desk.application.ledger.audit.each() if each.kind == "taken"]
    assert len(acts) == 3
    person.open("/invoices")
    assert "Set up" not in person.reads("header")


def test_keys_are_kept_with_who_and_never_shown(tmp_path: Path, qbo_schemas: QboSchemas) -> None:
    with installed(tmp_path, qbo_schemas) as desk:
        browser = Browser(desk.host).sign_in("admin")
        form = {"do": "keys", "environment": "sandbox", "client_id": " AB1 ", "client_secret": "s3cret"}
        assert browser.post("/quickbooks/start", **{**form, "environment": "local"}).status_code == 400
        assert browser.post("/quickbooks/start", **{**form, "client_secret": " "}).status_code == 409
        assert desk.application.settings.environment == "local"
        form["base_url"] = "http://127.0.0.1:1"
        kept = browser.post("/quickbooks/start", **form)
        assert kept.status_code == 303
        found = desk.application.settings
        assert (found.environment, found.client_id, found.client_secret) == ("sandbox", "AB1", "s3cret")
        assert found.base_url == desk.base_url, "a form names no other server"
        assert "s3cret" not in browser.get("/quickbooks/start").text
        assert (tmp_path / "settings.yaml").stat().st_mode & 0o077 == 0
        rows = [each for each in desk.application.ledger.audit.each() if each.kind == "act"]
        assert [(each.actor, each.values["act"]) for each in rows] == [(ADMIN, "keys")]
        assert "s3cret" not in rows[0].content and "client_secret" in rows[0].content
        write_settings(tmp_path, {"environment": "local"})
        assert browser.post("/quickbooks/start", do="sandbox").status_code == 409, "this process starts none"
        assert browser.post("/quickbooks/start", do="nothing").status_code == 400


def test_who_gives_the_first_keys_sets_the_language_of_notes(tmp_path: Path) -> None:
    host = EmbeddedHost.open(tmp_path, plugins=[QuickBooksPlugin()])
    try:
        browser = Browser(host).sign_in("admin")
        form = {"do": "keys", "environment": "sandbox", "client_id": "AB1", "client_secret": "s3cret"}
        for spoken in ("fr", "en"):
            given = {**form, "form_token": browser.token()}
            kept = browser.client.post("/quickbooks/start", data=given, headers={"Accept-Language": spoken})
            assert kept.status_code == 303
            assert load_settings(tmp_path, {}).language == "fr", "later keys change nothing of it"
    finally:
        host.close()


def test_credit_notes_are_below_zero_in_what_would_happen(tmp_path: Path, qbo_schemas: QboSchemas) -> None:
    with installed(tmp_path, qbo_schemas) as desk:
        day = str(desk.application.now().date())
        dated = {"issue_date": day, "due_date": day}
        desk.save(scene.invoice(3001, **dated))
        line = {"id": "1", "service_type": "Consulting", "quantity": "1", "unit_price": "-40.00", "amount": "-40.00"}
        desk.save(scene.invoice(3002, **dated, lines=[line], subtotal="-40.00", total="-40.00"))
        desk.connect()
        sums = {group.title: [str(each) for each in group.sums] for group in desk.application.dry_run().outcomes}
        assert sums["held"] == ["-40.00 USD"]


def test_what_several_invoices_would_create_is_new(tmp_path: Path, qbo_schemas: QboSchemas) -> None:
    """A product/service and a customer that QuickBooks lacks, whichever invoice is the first."""
    with installed(tmp_path, qbo_schemas) as desk:
        day = str(desk.application.now().date())
        line = {"id": "1", "service_type": "Diving", "quantity": "1", "unit_price": "40.00", "amount": "40.00"}
        for number in range(3000, 3000 + 3 * len(scene.CUSTOMERS), len(scene.CUSTOMERS)):
            dated = {"issue_date": day, "due_date": day}
            desk.save(scene.invoice(number, **dated, lines=[line], subtotal="40.00", total="40.00"))
        desk.connect()
        found = desk.application.dry_run()
        account = next(each for each in desk.application.settings_to_show(ADMIN) if each.id == "default_income_account")
        [service] = found.services
        assert (service.name, service.is_new, service.lines) == ("Diving", True, 3)
        assert service.account and service.account in dict(account.choices)[account.value]
        assert found.customers == 1
        page = Browser(desk.host).sign_in("admin").get("/quickbooks/start?look=now").text
        assert f"would be created, on the income account {service.account}" in page and "it has it" not in page


def test_what_is_left_out_of_many_invoices_is_said(tmp_path: Path, qbo_schemas: QboSchemas) -> None:
    with installed(tmp_path, qbo_schemas) as desk:
        day = desk.application.now().date()
        for number in range(3000, 3000 + MOST + 1):
            desk.save(scene.invoice(number, issue_date=str(day), due_date=str(day)))
        desk.connect()
        browser = Browser(desk.host).sign_in("admin")
        told = "There are more, older ones, which are left out; "
        looked = browser.get("/quickbooks/start?look=now").text
        asked = browser.post("/quickbooks/start", do="live").text
        assert "300 open invoices" in looked and told in looked
        assert "Copy 300 invoices" in asked and told in asked


def test_what_is_asked_for_on_the_pages_of_the_plugin_is_listed_as_waiting(
    tmp_path: Path, qbo_schemas: QboSchemas
) -> None:
    with installed(tmp_path, qbo_schemas) as desk:
        day = str(desk.application.now().date())
        for number in (3001, 3002, 3003):
            desk.save(scene.invoice(number, issue_date=day, due_date=day))
        desk.connect()
        browser = Browser(desk.host).sign_in("admin")
        for _ in ("created", "unchanged"):
            assert browser.post("/quickbooks/start", do="live", sure="yes").status_code == 303
            assert desk.host.state_counts() == {"waiting": 3}
            desk.drain()
            assert desk.host.state_counts() == {"copied": 3}
        assert browser.post("/quickbooks/invoices/I-3001", do="copy").status_code == 303
        assert desk.host.state_counts() == {"waiting": 1, "copied": 2}
        desk.drain()
        assert desk.host.state_counts() == {"copied": 3}
