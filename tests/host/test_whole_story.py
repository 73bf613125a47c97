"""The whole story in real Chromium, by what a person sees alone: from the first page of `serve` on an empty folder to
the first payment brought back: in each language, and at each width."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from onedesk_quickbooks.plugin.sandbox.wire.data import read_data
from onedesk_quickbooks.plugin.texts import Capital, Text, form, language, say
from tests.host.conftest import Person, waits_until_fits
from tests.host.test_accessible import sized, violations
from tests.host.test_first_run import PASSWORD, serving

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.browser
SEED = """\
number,currency,issue_date,customer,email,country,service_type,quantity,unit_price,amount,total
OD-1,USD,{day},Northwind Research Ltd,anna@northwind.example,US,Data rescue,4,150.00,600.00,600.00
OD-2,USD,{day},Cool Cars,cars@cool.example,US,Design,2,75.00,150.00,150.00
OD-3,USD,{day},Sonnenschien Family Store,pay@family.example,US,Design,1,90.00,90.00,90.00
"""
RULES = """\
version: 1
items: {by_service_type: {Design: Concrete}, otherwise: same_name}
taxes: {by_country: {US: automatic}, otherwise: hold}
"""


class Reader(Person):
    """Somebody who reads one language: labels and sentences are given in English, and looked for in that language."""

    def __init__(self, chrome: Chrome, base: str, code: str, width: int) -> None:
        super().__init__(chrome, base)
        self.code, self.width = code, width

    def press(self, label: str, within: str = "body") -> None:
        super().press(self.said(label), within)

    def fill(self, label: str, text: str) -> None:
        super().fill(self.said(label), text)

    def sees(self, *sentences: str, within: str = "main") -> None:
        for each in sentences:
            try:
                self.waits_until_reads(self.said(each), within)
            except TimeoutException:
                raise AssertionError(f"{self.said(each)!r} is not in {self.reads(within)!r}") from None

    def chooses(self, label: str, option: str) -> None:
        """An option of the list that carries this label."""
        found = self.chrome.find_element(By.XPATH, f"//label[normalize-space()='{self.said(label)}']")
        field = self.chrome.find_element(By.ID, found.get_attribute("for") or "")
        Select(field).select_by_visible_text(self.said(option))

    def said(self, text: str) -> str:
        found = say(text, self.code)
        if found == text and self.code == "fr":
            found = read_data("pages-fr.json").get(text, text)  # of the sandbox's pages
        return found.replace("\xa0", " ")  # which Chromium has as a plain space

    def counted(self, number: int, one: str, many: str, **values: Any) -> str:
        """The sentence for so many."""
        with language(self.code):
            return self.said(form(Text(one), Text(many), number, **values))

    def is_sound(self) -> None:
        """The page is in the language, axe-core finds nothing, and nothing leaves the screen."""
        assert self.chrome.find_element(By.TAG_NAME, "html").get_attribute("lang") == self.code
        assert violations(self.chrome) == [], self.chrome.current_url
        waits_until_fits(self.chrome, self.width)


@pytest.fixture
def screen(chrome: Chrome, code: str, width: int) -> Iterator[Chrome]:
    """Chromium of somebody who reads the language, so wide; as it was afterwards."""
    spoken, agent = {"en": "en-US", "fr": "fr-CA"}[code], chrome.execute_script("return navigator.userAgent")
    chrome.execute_cdp_cmd("Emulation.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": spoken})
    sized(chrome, width)
    yield chrome
    chrome.execute_cdp_cmd("Emulation.setUserAgentOverride", {"userAgent": "", "acceptLanguage": ""})
    chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    cast(Any, chrome).execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize(("code", "width"), [("en", 390), ("fr", 1280)])
def test_from_the_first_page_to_the_first_payment(screen: Chrome, code: str, width: int, tmp_path: Path) -> None:
    day = (datetime.now(timezone.utc) - timedelta(days=2)).date().isoformat()
    seed = tmp_path / "november.csv"
    seed.write_text(SEED.format(day=day), "utf-8")
    with serving(tmp_path / "home") as server:
        person = Reader(screen, server["base_url"], code, width)
        person.open(server["first_user_url"].removeprefix(server["base_url"]))
        makes_the_first_user(person)
        brings_invoices(person, seed)
        is_guided_to_the_first_copies(person)
        says_who_a_customer_is(person)
        writes_a_new_invoice(person)
        repairs_what_is_held(person)
        changes_the_rules_and_goes_back(person)
        is_paid(person)
        looks_back(person, day)


def makes_the_first_user(person: Reader) -> None:
    for label, text in (("Full name", "Ada Admin"), ("Name to sign in with", "ada"), ("Password", PASSWORD)):
        person.fill(label, text)
    person.fill("The password again", PASSWORD)
    person.press("Make the first user")
    person.sees("Set up", within="h1")
    person.is_sound()


def brings_invoices(person: Reader, seed: Path) -> None:
    person.press("Invoices")
    person.press("Import")
    person.chrome.find_element(By.ID, "file").send_keys(str(seed))
    person.press("Import the file")
    person.sees("OD-3", Text("{outcome}: {n}", outcome=Capital(Text("opened")), n="3"))
    person.is_sound()


def is_guided_to_the_first_copies(person: Reader) -> None:
    person.press("Set up")
    person.press("Try it with the sandbox, without keys")
    person.sees("A QuickBooks sandbox is running. Now connect to it.")
    person.press("Connect to QuickBooks Online")
    person.press("Authorize")
    person.sees("The company is connected.")
    person.chooses("Default income account", "Services")
    person.press("Choose", "#step-3 ~ form")
    person.sees("It is chosen.")
    person.press("Look now")
    person.sees("would be copied", "would be held", "Data rescue")
    person.sees(Text("would be created, on the income account {account}", account="Services"))
    assert "750" in person.reads() and "90" in person.reads()
    person.is_sound()
    person.press("Copy the open invoices of the last 30 days …")
    person.press("Copy them")
    person.sees(person.counted(3, "{n} invoice is on its way to QuickBooks.", "{n} invoices are on their way."))


def says_who_a_customer_is(person: Reader) -> None:
    """Of one that QuickBooks has under nearly the same name."""
    person.press("Invoices")
    person.press("OD-3")
    person.sees("Held for QuickBooks", within=".marks")
    person.press(f"{person.said('Needs attention')} 1")
    person.press("Customers to review", "main")
    person.sees("Sonnenschein Family Store")
    person.is_sound()
    person.press("It is the same")
    linked = "The customer is linked. {n} invoice is queued again."
    person.sees(person.counted(1, linked, "The customer is linked. {n} invoices are queued again."))
    for number in ("OD-1", "OD-2", "OD-3"):
        person.open(f"/invoices/{number}")
        person.sees("Copied to QuickBooks", within=".marks")
    person.is_sound()


def writes_a_new_invoice(person: Reader) -> None:
    """With a service type for which no account is chosen any more."""
    person.press("Administration")
    person.chooses("Default income account", "not chosen yet")
    person.press("Save", "#setting-default_income_account")
    person.press("Invoices")
    person.press("New invoice")
    given = {"Number": "OD-4", "Currency": "USD", "Customer organization": "Cool Cars", "Service type": "Workshop"}
    for label, text in (*given.items(), ("Quantity", "3"), ("Unit price", "100")):
        person.fill(label, text)
    person.press("Save as Draft")
    person.press("Open invoice", "#foot")
    person.press("Copy to QuickBooks Online", "#foot")
    person.sees("Held for QuickBooks", within=".marks")
    person.sees("Held for QuickBooks", within=".notes")
    person.is_sound()


def repairs_what_is_held(person: Reader) -> None:
    person.press(f"{person.said('Needs attention')} 1")
    person.is_sound()
    person.press("Open Administration > Financials")
    person.chooses("Default income account", "Services")
    person.press("Save", "#setting-default_income_account")
    person.press("Try it again")
    person.sees(person.counted(1, "{n} invoice is queued again.", "{n} invoices are queued again."))
    person.press("Invoices")
    person.press("OD-4")
    person.sees("Copied to QuickBooks", within=".marks")


def changes_the_rules_and_goes_back(person: Reader) -> None:
    person.press("Rules")
    person.press("Write your own rules")
    person.chrome.find_element(By.ID, "text").clear()
    person.chrome.find_element(By.ID, "text").send_keys(RULES)
    person.press("Check, and show what it would change")
    person.sees("What it would change", "Concrete")
    assert "240" in person.reads(), "both lines of design, in money"
    person.is_sound()
    person.press("Save")
    person.sees("Rules", within="h1")
    before = person.chrome.find_element(By.CSS_SELECTOR, "#versions ~ table code").text
    person.press(Text("See what going back to {version} would change", version=before))
    person.press("Go back", "main form")
    person.sees(Text("{file} holds other rules than those in force.", file="rules.yaml"))
    person.press("See what it would change, and take it")
    person.press("Take it")
    person.sees("The file is in force.")
    person.is_sound()


def is_paid(person: Reader) -> None:
    """It is sent, and its customer pays it in QuickBooks."""
    person.press("Invoices")
    person.press("OD-4")
    person.press("Send invoice", "#foot")
    person.sees("Sent by QuickBooks", within=".marks")
    person.press("Sent by QuickBooks", ".marks")
    person.press("What the customer sees, and pays")
    person.sees("Pay this invoice")
    waits_until_fits(person.chrome, person.width)
    assert violations(person.chrome) == []
    person.press("Pay")
    person.open("/invoices")
    person.press("OD-4")
    person.waits_until_reads(person.said("Paid"), ".marks", again=urlsplit(person.chrome.current_url).path)
    assert person.reads("#balance").startswith("0")
    person.is_sound()


def looks_back(person: Reader, day: str) -> None:
    person.press("All that happened to it")
    person.sees("Payment", "Done by a person", "Asked for", "Workshop")
    person.is_sound()
    person.press("Reconcile")
    for name in ("from", "to"):
        person.chrome.execute_script(f"document.getElementById('{name}').value = arguments[0]", day)
    person.press("Compare")
    person.sees("100", within=".ring")
    person.is_sound()
