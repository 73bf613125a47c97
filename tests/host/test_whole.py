"""The real plugin in the embedded host, the sandbox as QuickBooks, and a person in front of Chromium who plays all
parts: connects, copies, sends, and pays as the customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.records import USERS
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.support.sandboxes import serving

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from tests.host.conftest import Person

pytestmark = pytest.mark.browser
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def quickbooks() -> Iterator[Server]:
    """A US company at Intuit, so to say."""
    with serving() as books:
        yield books.server


@pytest.fixture
def plugin() -> QuickBooksPlugin:
    """The real one; the `host` fixture starts it."""
    return QuickBooksPlugin()


@pytest.fixture
def host(tmp_path: Path, quickbooks: Server, plugin: QuickBooksPlugin) -> Iterator[EmbeddedHost]:
    """Host and plugin, set up for the sandbox."""
    keys = quickbooks.sandbox.credentials(quickbooks.base_url)
    given = {name: keys[name] for name in ("client_id", "client_secret", "verifier_token")}
    changes = {"environment": "local", "base_url": quickbooks.base_url, "poll_seconds": "1", **given}
    write_settings(tmp_path, changes)
    host = EmbeddedHost.open(tmp_path, plugins=[plugin])
    host.users.let_in(USERS)
    yield host
    host.close()


def gardening(make_invoice: Make) -> dict[str, Any]:
    """INV-7, over 60.00 USD."""
    lines = [{"id": "1", "service_type": "Gardening", "work_item": {"type": "task", "number": "4", "name": "Hedge"}}]
    lines[0].update(quantity="2", unit_price="30.00", amount="60.00")
    customer = {"id": "C-5", "name": "Cool Cars", "billing_contact": {"email": "cars@cool.example"}}
    kind = {"number": "OD-7", "currency": "USD", "customer": customer, "taxes": [], "lines": lines}
    return make_invoice(**kind, subtotal="60.00", total="60.00", payable="60.00")


def test_from_connecting_to_paid(
    host: EmbeddedHost,
    quickbooks: Server,
    chrome: Chrome,
    served: Callable[[EmbeddedHost], str],
    person_at: Callable[[str], Person],
    make_invoice: Make,
    tmp_path: Path,
) -> None:
    base = served(host)
    host.save(gardening(make_invoice))
    person = person_at(base)

    person.press("Administration", "header")
    assert "Default income account" not in person.reads()
    person.press("Connect to QuickBooks Online")
    person.picture(tmp_path, "consent")
    person.press("Authorize")
    person.waits_until_reads("Default income account", "main")
    assert person.chrome.current_url == f"{base}/administration/financials"
    choice = Select(chrome.find_element(By.ID, "choice-default_income_account"))
    choice.select_by_visible_text("Services")
    person.press("Save", "#setting-default_income_account")
    chosen = Select(chrome.find_element(By.ID, "choice-default_income_account")).first_selected_option
    assert chosen.text == "Services"
    person.picture(tmp_path, "connected")

    person.open("/invoices/INV-7")
    person.press("Open invoice", "#foot")
    person.press("Copy to QuickBooks Online", "#foot")
    person.waits_until_reads("Copied to QuickBooks", ".marks", again="/invoices/INV-7")
    assert quickbooks.sandbox.outbox() == []
    person.press("Send invoice", "#foot")
    person.patiently(lambda: bool(quickbooks.sandbox.outbox()))
    person.waits_until_reads("Sent by QuickBooks", ".marks", again="/invoices/INV-7")
    person.picture(tmp_path, "sent")

    person.press("Sent by QuickBooks", ".marks")
    person.patiently(lambda: chrome.current_url.startswith(quickbooks.base_url))
    person.picture(tmp_path, "quickbooks")
    person.waits_until_reads("Hedge", "body")
    person.press("What the customer sees, and pays", "body")
    person.press("Pay", "body")
    person.open("/invoices/INV-7")
    person.waits_until_reads("Paid", ".marks", again="/invoices/INV-7")
    assert person.reads("#balance") == "0.00 USD"
    person.picture(tmp_path, "paid")


def test_a_change_in_quickbooks_is_seen_and_decided(
    host: EmbeddedHost,
    quickbooks: Server,
    chrome: Chrome,
    served: Callable[[EmbeddedHost], str],
    person_at: Callable[[str], Person],
    make_invoice: Make,
    tmp_path: Path,
) -> None:
    base, books = served(host), quickbooks.sandbox
    host.save(gardening(make_invoice))
    person = person_at(base)
    person.open("/administration/financials")
    person.press("Connect to QuickBooks Online")
    person.press("Authorize")
    person.waits_until_reads("Default income account", "main")
    Select(chrome.find_element(By.ID, "choice-default_income_account")).select_by_visible_text("Services")
    person.press("Save", "#setting-default_income_account")
    person.open("/invoices/INV-7")
    person.press("Open invoice", "#foot")
    person.press("Copy to QuickBooks Online", "#foot")
    person.waits_until_reads("Copied to QuickBooks", ".marks", again="/invoices/INV-7")

    (row,) = books.list("Invoice", "DocNumber = 'OD-7'")
    books.edit("Invoice", row["Id"], {"DocNumber": "9999"})
    person.waits_until_reads("number: OneDesk OD-7, QuickBooks 9999", ".notes", again="/invoices/INV-7")
    person.picture(tmp_path, "noticed")
    person.open("/administration/financials")
    assert "1 invoice was changed in QuickBooks" in person.reads()
    person.press("Changed in QuickBooks")
    assert "OD-7 9999" in person.reads("table")
    person.picture(tmp_path, "changes")
    person.press("Write OneDesk’s version again")
    assert "Nothing waits for a decision." in person.reads()
    person.patiently(lambda: books.read("Invoice", row["Id"])["DocNumber"] == "OD-7")
    person.press("Back to Administration > Financials", "body")
    assert chrome.current_url == f"{base}/administration/financials"
