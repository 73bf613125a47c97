"""The pages in French: by the browser's wish or its user's choice; no text of the catalogue stays English."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from selenium.webdriver.common.by import By

from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.host import scene
from tests.host.conftest import Browser, Person, waits_until_fits
from tests.host.test_accessible import sized, violations
from tests.sync.conftest import Desk, installed
from tests.texts.catalogue import read

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from tests.conftest import QboSchemas

FRENCH = {"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.5"}
_READ = ("aria-label", "placeholder", "title", "data-label")


class Texts(HTMLParser):
    """What people read on a page: its texts, and the attributes that are read out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._skipped = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in ("script", "style", "pre", "code")
        self.found += [value for name, value in attrs if name in _READ and value]

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in ("script", "style", "pre", "code")

    def handle_data(self, data: str) -> None:
        if not self._skipped and data.strip():
            self.found.append(" ".join(data.split()))


def english() -> re.Pattern[str]:
    """Each English text that French says otherwise, with anything for its values."""
    patterns = []
    for each in read("fr"):
        text = str(each.id)
        if not text or text == str(each.string):
            continue
        parts = [
            (re.escape(" ".join(literal.split(" "))), name is not None)
            for literal, name, _, _ in string.Formatter().parse(text)
        ]
        letters = len(re.sub(r"\{\w+\}|\W|OneDesk|QuickBooks", "", text))
        if letters > (8 if "{" in text else 3):  # short ones with values fit names, too
            patterns.append("".join(literal + (".+" if value else "") for literal, value in parts))
    return re.compile("|".join(patterns))


@pytest.fixture(scope="module")
def pattern() -> re.Pattern[str]:
    return english()


@pytest.fixture
def desk(tmp_path: Path, qbo_schemas: QboSchemas) -> Iterator[Desk]:
    with installed(tmp_path, qbo_schemas, settings={"language": "fr"}) as made:
        scene.play(made)
        yield made


_WORDS = frozenset(
    {
        "none",
        "hold",
        "item",
        "class",
        "create",
        "location",
        "invoice",
        "line",
        "discount",
        "charge",
        "memo",
        "tax code",
        "customer",
    }
)
"""What rules say, as they are written."""
PAGES = (
    "/invoices",
    "/invoices?state=held",
    "/invoices?search=nobody",
    "/invoices/I-3001",
    "/invoices/I-3006",
    "/invoices/I-3010",
    "/invoices/I-3030/edit",
    "/new-invoice",
    "/customers",
    "/customers/C-1",
    "/customers/C-1/billing",
    "/administration/financials",
    "/administration/timesheets",
    "/invoices/none",
    "/quickbooks/attention",
    "/quickbooks/changes",
    "/quickbooks/invoices/I-3001",
    "/quickbooks/invoices/I-3010",
    "/quickbooks/invoices/none",
    "/quickbooks/rules",
    "/quickbooks/rules/try?invoice=OD-3010",
    "/quickbooks/rules/edit",
    "/quickbooks/start",
    "/quickbooks/start?look=now",
    "/quickbooks/nothing",
)


def test_no_text_of_the_catalogue_stays_english(desk: Desk, pattern: re.Pattern[str]) -> None:
    browser = Browser(desk.host).sign_in("admin")
    assert [text for text in Texts(browser.get("/invoices").text).found if pattern.fullmatch(text)], "English is found"
    for path in PAGES:
        page = browser.client.get(path, headers=FRENCH).text
        assert '<html lang="fr">' in page
        assert [text for text in Texts(page).found if text not in _WORDS and pattern.fullmatch(text)] == [], path
    sure = {"form_token": browser.token(), "action": "host.void"}
    page = browser.client.post("/invoices/I-3031", data=sure, headers=FRENCH).text
    assert "Annuler la facture OD-3031?" in page
    assert [text for text in Texts(page).found if pattern.fullmatch(text)] == []


def test_amounts_and_states_are_french(desk: Desk) -> None:
    browser = Browser(desk.host).sign_in("admin")
    page = browser.client.get("/invoices/I-3007", headers=FRENCH).text
    assert "400,00\u00a0USD" in page and "Solde dû" in page and "600,00\u00a0USD" in page
    assert "Envoyée par QuickBooks" in page and ">Ouverte<" in page
    assert "Modifiée depuis la copie" in browser.client.get("/invoices", headers=FRENCH).text
    assert "400.00 USD" in browser.get("/invoices/I-3007").text


def test_the_users_choice_goes_before_the_browsers(browser: Browser, pattern: re.Pattern[str]) -> None:
    token = browser.token()
    chosen = {"form_token": token, "language": "fr", "back": "/customers"}
    answer = browser.client.post("/language", data=chosen)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/customers")
    assert "HttpOnly" in answer.headers["Set-Cookie"] and "SameSite=Lax" in answer.headers["Set-Cookie"]
    page = browser.client.get("/customers", headers={"Accept-Language": "en"}).text
    assert '<html lang="fr">' in page and "Organisations clientes" in page
    browser.client.post("/language", data={**chosen, "language": "en"})
    assert "Customer organizations" in browser.client.get("/customers", headers=FRENCH).text


@pytest.mark.parametrize(
    ("back", "leads"),
    [
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("", "/"),
        ("/invoices?search=a%20b", "/invoices?search=a%20b"),
        ("/a\r\nSet-Cookie: x=1", "/"),
    ],
)
def test_a_choice_leads_back_within_the_host(browser: Browser, back: str, leads: str) -> None:
    fields = {"form_token": browser.token(), "language": "fr", "back": back}
    assert browser.client.post("/language", data=fields).headers["Location"] == leads


def test_a_language_that_nobody_speaks_changes_nothing(browser: Browser) -> None:
    answer = browser.client.post("/language", data={"form_token": browser.token(), "language": "de", "back": "/"})
    assert "onedesk-language" not in answer.headers.get("Set-Cookie", "")
    assert browser.client.post("/language", data={"language": "fr"}).status_code == 400, "a form of another page"


def test_what_is_refused_is_said_in_french(browser: Browser, host: EmbeddedHost, make_invoice: Any) -> None:
    host.save(make_invoice())
    form = {"form_token": browser.token(), "lines-0-quantity": "deux"}
    page = browser.client.post("/invoices/INV-7/edit", data=form, headers=FRENCH)
    assert page.status_code == 422
    assert "Ligne 1\u00a0: Quantité\u00a0: «\u00a0deux\u00a0» n’est pas un nombre" in page.text.replace("&#39;", "'")
    given = {"form_token": browser.token(), "email": "bea chez elle"}
    refused = browser.client.post("/customers/C-1/billing", data=given, headers=FRENCH)
    assert "«\u00a0bea chez elle\u00a0» n’est pas une adresse courriel" in refused.text


@pytest.fixture
def screen(chrome: Chrome) -> Iterator[Callable[[int], None]]:
    """Sets the width of the screen; other tests get their own again."""
    yield lambda width: sized(chrome, width)
    cast(Any, chrome).execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    cast(Any, chrome).execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("width", [1280, 390])
def test_a_bookkeeper_works_in_french(
    chrome: Chrome,
    served: Callable[[EmbeddedHost], str],
    host: EmbeddedHost,
    make_invoice: Any,
    screen: Callable[[int], None],
    width: int,
) -> None:
    host.save(make_invoice())
    person = Person(chrome, served(host))
    screen(width)
    person.open("/")
    person.press("Français", "header")
    person.press("Ada Admin")
    person.open("/invoices/INV-7")
    person.press("Ouvrir la facture", "#foot")
    assert "La facture 1007 est maintenant ouverte et verrouillée." in person.reads("main")
    person.press("Envoyer la facture", "#foot")
    assert "est en route" in person.reads("main")
    waits_until_fits(chrome, width)
    assert violations(chrome) == []
    assert chrome.find_element(By.TAG_NAME, "html").get_attribute("lang") == "fr"
    person.press("English", "header")
    assert "Left to pay" in person.reads("main")
