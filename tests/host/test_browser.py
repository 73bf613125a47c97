"""Real Chromium on the embedded host's pages: what a person sees and presses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.host.conftest import waits_until_fits

if TYPE_CHECKING:
    from tests.host.conftest import Person

pytestmark = pytest.mark.browser
Make = Callable[..., dict[str, Any]]
COPY = "Copy to QuickBooks Online"


@pytest.fixture
def person(person_at: Callable[[str], Person], served: Callable[[EmbeddedHost], str], host: EmbeddedHost) -> Person:
    """Ada, in front of the host with the fake plugin."""
    return person_at(served(host))


def test_copy_is_in_the_action_menu_and_at_the_foot_and_leaves_a_tag(
    person: Person, host: EmbeddedHost, make_invoice: Make, tmp_path: Path
) -> None:
    host.save(make_invoice())
    person.open("/invoices")
    person.press("1007")
    assert COPY not in person.reads()
    person.press("Open invoice", "#foot")
    person.waits_until_reads(COPY, "#foot")
    assert COPY not in person.reads("#action-menu")  # closed
    person.press("Actions")
    person.waits_until_reads(COPY, "#action-menu")
    person.picture(tmp_path, "menu")
    person.press(COPY, "#action-menu")
    person.waits_until_reads("Copied to QuickBooks", ".marks")
    assert person.reads(".marks").split("\n") == ["Open", "Copied to QuickBooks"]
    link = person.chrome.find_element(By.CSS_SELECTOR, ".marks a.tag").get_attribute("href")
    assert link == "https://books.test/invoice?txnId=81"
    person.picture(tmp_path, "copied")
    person.press("Back to Draft", "#foot")
    person.press("Edit", "#foot")
    person.fill("Memo for the customer", "Thank you")
    person.press("Save")
    person.waits_until_reads("Thank you", "#detail-panel")
    person.press("Open invoice", "#foot")
    person.press(COPY, "#foot")
    person.waits_until_reads("was noted", "main")


def test_sending_needs_a_billing_contact_that_is_under_billing_preferences(
    person: Person, host: EmbeddedHost, make_invoice: Make, tmp_path: Path
) -> None:
    host.save(make_invoice(status="open", customer={"id": "C-2", "name": "Øst & Vest"}))
    person.open("/invoices/INV-7")
    person.waits_until_reads("No billing e-mail", "#detail-panel")
    person.press("Billing Preferences", "#detail-panel")
    person.fill("First name", "Åse")
    person.fill("E-mail", "ase@vest.example")
    person.picture(tmp_path, "billing")
    person.press("Save")
    person.open("/invoices/INV-7")
    person.waits_until_reads("Invoices go to ase@vest.example", "#detail-panel")
    person.press("Send invoice", "#foot")
    person.waits_until_reads("on its way", "main")


def test_connecting_reveals_settings_under_administration_financials(person: Person, tmp_path: Path) -> None:
    person.press("Administration", "header")
    assert "Default income account" not in person.reads()
    person.picture(tmp_path, "financials")
    person.press("Connect to QuickBooks Online")
    person.waits_until_reads("connected to Larkspur Ltd (Canada)", "main")
    choice = Select(person.chrome.find_element(By.ID, "choice-default_income_account"))
    assert choice.first_selected_option.text == "Services"
    choice.select_by_visible_text("Sales of Product Income")
    person.press("Save", "#setting-default_income_account")
    assert person.chrome.current_url.endswith("/administration/financials")
    person.picture(tmp_path, "connected")


def test_a_form_is_sent_once_however_often_its_button_is_pressed(person: Person, host: EmbeddedHost) -> None:
    person.open("/new-invoice")
    for name, value in {
        "number": "7",
        "currency": "CAD",
        "customer": "Zoé",
        "lines-new-service_type": "Support",
    }.items():
        person.chrome.find_element(By.NAME, name).send_keys(value)
    for name, value in {"quantity": "1", "unit_price": "10"}.items():
        person.chrome.find_element(By.NAME, f"lines-new-{name}").send_keys(value)
    person.chrome.execute_script(
        "const button = document.querySelector('main form button'); button.click();"
        " for (const after of [5, 15, 40]) setTimeout(() => button.click(), after);"
    )
    person.waits_until_reads("is there as a Draft", "main")
    assert "there is an invoice" not in person.reads("main") and host.count() == 1


def test_files_that_are_too_large_are_named_before_they_are_sent(
    person: Person, host: EmbeddedHost, make_invoice: Make, tmp_path: Path
) -> None:
    host.save(make_invoice())
    for name, size in {"large.pdf": 7_900_000, "half.pdf": 4_000_000, "other.pdf": 4_000_000}.items():
        (tmp_path / name).write_bytes(b"%PDF" + bytes(size - 4))
    for names, fits in (("large.pdf",), False), (("half.pdf", "other.pdf"), False), (("half.pdf",), True):
        person.open("/invoices/INV-7")
        chosen = person.chrome.find_element(By.ID, "file")
        chosen.send_keys("\n".join(str(tmp_path / name) for name in names))
        said = str(chosen.get_property("validationMessage"))
        assert said.startswith("" if fits else "Files of more than 7.9 MB in all") and bool(said) != fits
    person.press("Attach", "form.files")
    person.waits_until_reads("1 file attached.", "main")
    assert [each.name for each in host.attachments("INV-7")] == ["half.pdf"]


@pytest.mark.parametrize("path", ["/invoices", "/invoices/INV-7", "/invoices/INV-7/edit", "/customers/C-1/billing"])
def test_pages_fit_a_phone(person: Person, host: EmbeddedHost, make_invoice: Make, tmp_path: Path, path: str) -> None:
    host.save(make_invoice(memo="x" * 300, project="A project of some length, as people write them"))
    host.add_note("INV-7", "why", "Held: line 1 has no service type. " + "y" * 100)
    host.set_tag("INV-7", "Copied to QuickBooks", "")
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    person.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        person.open(path)
        waits_until_fits(person.chrome, 360)
        person.picture(tmp_path, "phone")
    finally:
        person.chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_every_field_has_a_label_and_no_page_complains(person: Person, host: EmbeddedHost, make_invoice: Make) -> None:
    host.save(make_invoice())
    cast(Any, person.chrome).get_log("browser")  # what pages of other tests complained of
    for path in ("/invoices", "/invoices/INV-7/edit", "/customers/C-1/billing", "/administration/timesheets"):
        person.open(path)
        fields = person.chrome.find_elements(By.CSS_SELECTOR, "input:not([type=hidden]), select, textarea")
        assert fields
        assert all(field.accessible_name for field in fields), path
    chrome: Any = person.chrome
    assert chrome.get_log("browser") == []
