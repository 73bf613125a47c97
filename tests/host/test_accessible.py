"""Every page in real Chromium, light and dark, wide and on a phone: axe-core finds nothing, nothing leaves the screen,
and docs/images has what the pages look like. The story is that of the scene."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.host import scene
from tests.host.conftest import Person, pages_of, waits_until_fits
from tests.sync.conftest import Desk, installed

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from tests.conftest import QboSchemas

pytestmark = pytest.mark.browser
IMAGES = Path(__file__).parents[2] / "docs" / "images"
PAGES = {
    "attention": "/quickbooks/attention",
    "invoices": "/invoices",
    "held": "/invoices?state=held",
    "invoice": "/invoices/I-3006",
    "held-invoice": "/invoices/I-3010",
    "draft": "/invoices/I-3030/edit",
    "story": "/quickbooks/invoices/I-3006",
    "changes": "/quickbooks/changes",
    "review": "/quickbooks/customers",
    "reconcile": "/quickbooks/reconcile?from=2026-07-01&to=2026-07-31&ours=yes",
    "reconcile-none": "/quickbooks/reconcile",
    "rules": "/quickbooks/rules",
    "rules-waiting": "/quickbooks/rules/waiting",
    "rules-edit": "/quickbooks/rules/edit",
    "rules-try": "/quickbooks/rules/try?invoice=OD-3006",
    "help": "/quickbooks/help/rules",
    "help-pages": "/quickbooks/help",
    "finding": "/quickbooks/help/findings/OQ110",
    "start": "/quickbooks/start",
    "financials": "/administration/financials",
    "timesheets": "/administration/timesheets",
    "customers": "/customers",
    "customer": "/customers/C-1/billing",
    "new-invoice": "/new-invoice",
    "nothing": "/quickbooks/nothing",
}
SHOWN = ("attention", "review", "reconcile", "invoices", "story", "rules", "rules-waiting")
"""Pages whose pictures stand in docs/images."""
_ASKED = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]},
    "resultTypes": ["violations"],
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, qbo_schemas: QboSchemas) -> Iterator[Desk]:
    with installed(tmp_path_factory.mktemp("desk"), qbo_schemas, settings=scene.WAITS) as made:
        scene.play(made, reviewed=True)
        scene.change_rules(made)
        yield made


@pytest.fixture(scope="module")
def signed_in(desk: Desk, chrome: Chrome) -> Iterator[Person]:
    with pages_of(desk.host) as base:
        someone = Person(chrome, base)
        someone.sign_in("Ada Admin")
        yield someone


@pytest.fixture
def person(signed_in: Person) -> Iterator[Person]:
    yield signed_in
    signed_in.chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    signed_in.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def sized(chrome: Chrome, width: int, theme: str = "light") -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


def violations(chrome: Chrome) -> list[str]:
    """What axe-core has against the page: the rule, and where."""
    if not chrome.execute_script("return 'axe' in window"):
        chrome.execute_script(resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8"))
    passes, found = cast(Any, chrome).execute_async_script(
        "const [asked, done] = arguments;"
        "axe.run(document, asked).then(found => done([found.passes.length, found.violations]))",
        _ASKED,
    )
    assert passes > 10, "axe has looked at the page"
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_leaves_the_screen(person: Person, name: str) -> None:
    chrome: Any = person.chrome
    chrome.get_log("browser")
    for theme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
        sized(chrome, width, theme)
        if theme == "light":
            person.open(PAGES[name])
        chrome.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
        assert violations(chrome) == [], (theme, width)
        waits_until_fits(chrome, width)
        if name in SHOWN and theme == "light" and os.environ.get("DOCS_IMAGES"):
            IMAGES.mkdir(exist_ok=True)
            person.picture(IMAGES, f"{name}-{width}")
    complaints = [each for each in chrome.get_log("browser") if "404" not in each["message"]]
    assert complaints == []


def test_a_file_is_attached_by_the_keyboard_on_a_phone(person: Person, tmp_path: Path) -> None:
    chrome = person.chrome
    (tmp_path / "hours.pdf").write_bytes(b"%PDF-1.4" * 400_000)
    sized(chrome, 390)
    person.open("/invoices/I-3006")
    chrome.find_element(By.ID, "file").send_keys(str(tmp_path / "hours.pdf"))
    chrome.execute_script("document.getElementById('file').focus()")
    ActionChains(chrome).send_keys(Keys.TAB).perform()
    assert chrome.switch_to.active_element.text == "Attach"
    ActionChains(chrome).send_keys(Keys.ENTER).perform()
    person.patiently(lambda: "1 file attached." in person.reads("body"))
    assert "hours.pdf" in person.reads() and violations(chrome) == []
    waits_until_fits(chrome, 390)


def test_the_menu_closes_and_stays_on_the_screen_of_a_phone(person: Person) -> None:
    chrome = person.chrome
    sized(chrome, 390)
    person.open("/invoices/I-3005")
    menu = chrome.find_element(By.ID, "action-menu")
    person.press("Actions")
    box = chrome.execute_script("return document.querySelector('#action-menu > div').getBoundingClientRect().toJSON()")
    assert box["left"] >= 0 and box["right"] <= 390
    chrome.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert menu.get_attribute("open") is None
    person.press("Actions")
    assert menu.get_attribute("open") is not None
    chrome.find_element(By.TAG_NAME, "h1").click()
    assert menu.get_attribute("open") is None


def test_choosing_the_account_again_brings_what_was_held_for_it_to_quickbooks(person: Person, desk: Desk) -> None:
    """The last of this file: it goes on with the story that the others look at."""
    person.open("/invoices/I-3010")
    person.waits_until_reads("Held for QuickBooks", ".marks")
    person.press("Needs attention 15", "header")
    assert "8 invoices: no income account chosen" in person.reads()
    person.press("Open Administration > Financials")
    select = person.chrome.find_element(By.ID, "choice-default_income_account")
    select.send_keys("Services")
    person.press("Save", "#setting-default_income_account")
    assert "8 invoices were held: no income account chosen" in person.reads()
    assert violations(person.chrome) == []
    person.press("Try them again")
    person.waits_until_reads("8 invoices are queued again.", "main")
    person.open("/invoices/I-3010")
    person.waits_until_reads("Waiting", ".marks")
    focus = "document.querySelector('#action-menu summary').focus()"
    person.chrome.execute_script(focus)
    desk.application.drain()
    person.waits_until_reads("Copied to QuickBooks", ".marks")
    assert person.chrome.execute_script("return document.activeElement.tagName") == "SUMMARY", "no page was loaded"
