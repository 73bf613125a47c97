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
    from tests.host.conftest import FakePlugin

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


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, qbo_schemas: QboSchemas) -> Iterator[Desk]:
    """No test changes it."""
    with installed(tmp_path_factory.mktemp("desk"), qbo_schemas, settings={"language": "fr"}) as made:
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


_ENGLISH = re.compile(r"\b(the|is|are|of|not|with|from|which|has|was|somebody|nothing|no|in|by|and|it)\b")
"""Words that no French sentence has, and few names."""
_NAMES = re.compile(
    "Sales of Product Income|Decks and Patios|Fountains and Garden Lighting|Plants and Soil|Maintenance and Repair"
    "|Sprinklers and Drip Systems|rules-in-force|Move the mail server|Agreed by telephone|Signed in as Ada Admin"
    "|from 5000|large lines are looked at first|{[^}]*}|^no( |$)"
)
"""Names of accounts and words of rules, as they are written; what was said before the language was French."""
_MORE = (
    "/quickbooks/rules/waiting",
    "/quickbooks/customers",
    "/quickbooks/reconcile?from=2026-07-01&to=2026-07-31&ours=yes",
    "/quickbooks/help/findings/OQ110",
    "/quickbooks/disconnect",
    "/sign-out",
    *(f"/quickbooks/invoices/I-{number}" for number in (3001, 3002, 3003, 3006, 3010, 3032)),
)


def test_no_sentence_of_a_french_page_is_english(tmp_path: Path, qbo_schemas: QboSchemas) -> None:
    """Also none that the catalogue lacks: a plain string, or what a library says."""
    with installed(tmp_path, qbo_schemas, settings={"language": "fr", **scene.WAITS}) as desk:
        scene.play(desk, reviewed=True)
        scene.change_rules(desk)
        desk.predicts = False
        browser = Browser(desk.host).sign_in("admin")
        texts = [text for path in ("/invoices", *PAGES) for text in Texts(browser.get(path).text).found]
        assert sum(bool(_ENGLISH.search(text)) for text in texts) > 100, "English is found"
        wrong: dict[str, str] = {}
        for path in (*PAGES, *_MORE):
            page = browser.client.get(path, headers=FRENCH).text.replace(str(tmp_path), "")
            found = [_NAMES.sub("", text) for text in Texts(page).found]
            wrong |= {text: path for text in found if _ENGLISH.search(text) and "version: 1" not in text}
        assert wrong == {}


@pytest.mark.parametrize(
    ("method", "path", "form", "status", "title", "sentence"),
    [
        ("GET", "/nowhere", {}, 404, "Introuvable", "Il n’y a pas de page à cette adresse."),
        ("GET", "/quickbooks/nowhere", {}, 404, "Introuvable", "Il n’y a pas de page à cette adresse."),
        ("GET", "/invoices/none", {}, 404, "Introuvable", "Il n’y a pas de facture avec l’id"),
        ("GET", "/sign-out", {}, 405, "Rien n’a été fait", "Cette adresse est celle d’un bouton"),
        ("GET", "/quickbooks/disconnect", {}, 405, "Rien n’a été fait", "Cette adresse est celle d’un bouton"),
        ("POST", "/invoices/INV-7", {"form_token": "x"}, 400, "Cela n’a pas fonctionné", "Ce formulaire n’a pas été"),
        ("POST", "/quickbooks/start", {"form_token": "x"}, 400, "Cela n’a pas fonctionné", "Ce formulaire n’a pas été"),
        ("POST", "/invoices/INV-7", {"memo": "x" * 3_000_000}, 413, "Trop gros", "dépasse ce que cette page accepte"),
    ],
)
def test_what_is_refused_is_french_to_its_title(
    desk: Desk, method: str, path: str, form: dict[str, str], status: int, title: str, sentence: str
) -> None:
    browser = Browser(desk.host).sign_in("admin")
    answer = browser.client.open(path, method=method, data=form, headers=FRENCH)
    assert answer.status_code == status
    read = Texts(answer.text.replace("&#39;", "'")).found
    assert title in read and any(sentence in each for each in read), read
    assert any(each.startswith(f"{title} · ") for each in read)


def test_an_error_in_the_program_is_french(host: EmbeddedHost, plugin: FakePlugin) -> None:
    browser = Browser(host).sign_in("admin")
    plugin.connected, plugin.fails = True, True
    answer = browser.client.get("/administration/financials", headers=FRENCH)
    assert answer.status_code == 500
    assert "Une erreur dans le programme" in answer.text and "le journal dit où" in answer.text


@pytest.mark.parametrize(
    ("given", "kept"),
    [("1,5", "1.5"), ("1\u202f234,50", "1234.50"), ("1 234 567,5", "1234567.5"), ("2.25", "2.25"), ("−3,5", "-3.5")],
)
def test_numbers_are_taken_as_they_are_written_in_french(
    browser: Browser, host: EmbeddedHost, make_invoice: Any, given: str, kept: str
) -> None:
    host.save(make_invoice())
    form = {"form_token": browser.token(), "lines-0-quantity": given}
    assert browser.client.post("/invoices/INV-7/edit", data=form, headers=FRENCH).status_code == 303
    found = host.invoice("INV-7")
    assert found is not None and found.json["lines"][0]["quantity"] == kept
    shown = browser.client.get("/invoices/INV-7/edit", headers=FRENCH).text
    again = re.search(r'name="lines-0-quantity" type="text" value="([^"]*)"', shown)
    assert again is not None
    form["lines-0-quantity"] = again[1]
    assert browser.client.post("/invoices/INV-7/edit", data=form, headers=FRENCH).status_code == 303
    assert host.invoice("INV-7") == found, "what is shown is taken for the same"
    english = browser.client.post("/invoices/INV-7/edit", data={**form, "lines-0-quantity": "1,5"})
    assert english.status_code == 422, "a comma may be one of thousands there"


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
