"""An embedded host with a plugin that records what is reported to it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pluggy
import pytest
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug import Request, Response
from werkzeug.serving import make_server
from werkzeug.test import Client, TestResponse

from onedesk_quickbooks.hooks import Action, InvoiceJson, Money, OneDeskHost, Payment, Reversal, Setting, WebPages
from onedesk_quickbooks.plugin.cli.session.bringing import brought
from onedesk_quickbooks.plugin.host import EmbeddedHost, HostInvoice
from onedesk_quickbooks.plugin.host.pages import make_app
from onedesk_quickbooks.plugin.host.records import USERS

impl = pluggy.HookimplMarker("onedesk")
NOW = datetime(2026, 7, 15, 12, 0, tzinfo=timezone.utc)
COPY = Action("fake.copy", "Copy to QuickBooks Online")
TAG = "Copied to QuickBooks"


class FakePlugin:
    """Offers to copy Open invoices and to send them; tags at once what was copied. `notified` has its notifications."""

    def __init__(self) -> None:
        self.notified: list[tuple[str, ...]] = []
        self.takes_sending = True
        self.connected = False
        self.refuses = ""
        self.fails = False
        self.link = "https://books.test/invoice?txnId=81"
        self.host: OneDeskHost | None = None
        self.directory: Path | None = None
        self.seen: dict[str, Any] = {}

    @impl
    def on_host_started(self, host: OneDeskHost, plugins: pluggy.PluginManager, data_directory: Path) -> None:
        self.host, self.directory = host, data_directory
        self.notified.append(("started",))

    @impl
    def on_host_stopping(self) -> None:
        self.notified.append(("stopping",))

    @impl
    def on_invoice_opened(self, invoice: InvoiceJson) -> None:
        self.notified.append(("opened", invoice["id"], invoice["status"]))

    @impl
    def on_invoice_send(self, invoice: InvoiceJson, user: str) -> bool | None:
        self.notified.append(("send", invoice["id"], user))
        return True if self.takes_sending else None

    @impl
    def invoice_actions(self, invoice: InvoiceJson) -> list[Action]:
        return [COPY] if invoice["status"] == "open" else []

    @impl
    def on_invoice_action(self, invoice: InvoiceJson, action: str, user: str) -> bool | None:
        if action != COPY.id:
            return None
        if self.refuses:
            raise ValueError(self.refuses)
        self.notified.append(("act", invoice["id"], user))
        assert self.host is not None
        self.host.set_tag(invoice["id"], TAG, self.link)
        return True

    @impl
    def on_invoice_changed(self, invoice: InvoiceJson, change: str) -> None:
        self.notified.append((change, invoice["id"], invoice["status"]))

    @impl
    def settings_to_show(self, user: str) -> list[Setting]:
        assert self.host is not None and not self.fails
        if not self.host.may_administer(user):
            return []
        if not self.connected:
            return [Setting("connect", "Connect to QuickBooks Online", "link", url="/fake/connect")]
        accounts = (("79", "Sales of Product Income"), ("1", "Services"))
        return [
            Setting("connected", "QuickBooks Online", "status", value="connected to Larkspur Ltd (Canada)"),
            Setting(
                "default_income_account",
                "Default income account",
                "choice",
                value="1",
                choices=accounts,
                url="/fake/settings",
                help="Used where a new service type has no income account in QuickBooks.",
            ),
            Setting("disconnect", "Disconnect", "button", url="/fake/disconnect"),
        ]

    @impl
    def web_pages(self) -> WebPages:
        return WebPages("/fake", self._page)

    def _page(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        self.seen = {
            "path": request.path,
            "method": request.method,
            "form": request.form.to_dict(),
            **{key: environ.get(f"onedesk.{key}") for key in ("user", "form_token", "return_to")},
        }
        if request.path == "/connect":
            self.connected = True
        if request.path == "/nobody" and not self.seen["user"]:
            return Response(status=401)(environ, start)
        back = Response(status=303, headers={"Location": environ["onedesk.return_to"]})
        return back(environ, start)


class Browser:
    """Werkzeug's test client with a token for every form."""

    def __init__(self, host: EmbeddedHost) -> None:
        self.client = Client(make_app(host, passwordless=True))

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form as the page before it would have; a field may be "lines-0-quantity": use `form`."""
        return self.form(path, fields)

    def form(self, path: str, fields: dict[str, str]) -> TestResponse:
        return self.client.post(path, data={"form_token": self.token(), **fields})

    def token(self) -> str:
        """The form token that stands on a page."""
        page = self.client.get("/sign-in").text
        return page.split('name="form_token" value="', 1)[1].split('"', 1)[0]

    def sign_in(self, user: str) -> Browser:
        assert self.post("/sign-in", user=user).status_code == 303
        return self


@pytest.fixture
def make_invoice() -> Callable[..., dict[str, Any]]:
    """A draft of two lines, 270.00 CAD with tax; keywords go over its fields."""

    def make(invoice_id: str = "INV-7", **fields: Any) -> dict[str, Any]:
        return json.loads(json.dumps({**_INVOICE, "id": invoice_id, **fields}))  # type: ignore[no-any-return]

    return make


_INVOICE: dict[str, Any] = {
    "number": "1007",
    "status": "draft",
    "type": "time_and_material",
    "currency": "CAD",
    "issue_date": "2026-07-01",
    "due_date": "2026-07-31",
    "customer": {
        "id": "C-1",
        "name": "Larkspur Bakery",
        "billing_contact": {"first_name": "Bea", "email": "bea@larkspur.example"},
        "address": {"city": "Toronto", "region": "ON", "country": "CA"},
    },
    "lines": [
        {
            "id": "1",
            "work_item": {"type": "ticket", "number": "41", "name": "Oven does not print"},
            "service_type": "Support",
            "quantity": "2",
            "unit_price": "100.00",
            "amount": "200.00",
            "tax_rate": "10",
        },
        {"id": "2", "description": "Spare part", "service_type": "Parts", "amount": "50.00", "tax_rate": "0"},
    ],
    "taxes": [
        {"name": "GST", "rate": "10", "taxable": "200.00", "amount": "20.00"},
        {"name": "Zero", "rate": "0", "taxable": "50.00", "amount": "0.00"},
    ],
    "subtotal": "250.00",
    "total": "270.00",
    "payable": "270.00",
}


@pytest.fixture
def make_payment() -> Callable[..., Payment]:
    """A payment of INV-7 in CAD."""

    def make(payment_id: str, amount: str, balance: str, invoice_id: str = "INV-7", **more: Any) -> Payment:
        paid = (Money(Decimal(amount), "CAD"), Money(Decimal(balance), "CAD"))
        return Payment(payment_id, invoice_id, *paid, date(2026, 7, 14), **more)

    return make


@pytest.fixture
def make_reversal() -> Callable[..., Reversal]:
    """A payment of INV-7 taken back."""

    def make(payment_id: str, balance: str, invoice_id: str = "INV-7") -> Reversal:
        return Reversal(payment_id, invoice_id, Money(Decimal(balance), "CAD"), "voided in QuickBooks")

    return make


@pytest.fixture
def plugin() -> FakePlugin:
    return FakePlugin()


@pytest.fixture
def host(tmp_path: Path, plugin: FakePlugin) -> Iterator[EmbeddedHost]:
    """A host in an empty folder, with the fake plugin alone."""
    opened = EmbeddedHost.open(tmp_path, now=lambda: NOW, plugins=[plugin])
    opened.users.let_in(USERS)
    yield opened
    opened.close()


@pytest.fixture
def get(host: EmbeddedHost) -> Callable[[str], HostInvoice]:
    """An invoice that is there."""

    def found(invoice_id: str) -> HostInvoice:
        invoice = host.invoice(invoice_id)
        assert invoice is not None
        return invoice

    return found


@pytest.fixture
def browser(host: EmbeddedHost) -> Browser:
    """Signed in as the administrator."""
    return Browser(host).sign_in("admin")


@pytest.fixture
def open_browser(host: EmbeddedHost) -> Callable[[], Browser]:
    """Further browsers, nobody signed in."""
    return lambda: Browser(host)


@contextmanager
def pages_of(host: EmbeddedHost) -> Iterator[str]:
    """Serves a host's pages on a port that the system chose; the address."""
    app = make_app(host, passwordless=True, bring=lambda file, user: brought(host, [file], user))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def served() -> Iterator[Callable[[EmbeddedHost], str]]:
    """Serves the pages of hosts, see `pages_of`."""
    with ExitStack() as running:
        yield lambda host: running.enter_context(pages_of(host))


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Debian's Chromium without a screen and without calls home."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    switches = "headless=new no-sandbox disable-gpu no-first-run disable-background-networking disable-dev-shm-usage"
    frugal = "in-process-gpu renderer-process-limit=1 disable-site-isolation-trials disable-sync"
    shown = "disable-features=RenderDocument,BackForwardCache disable-component-update window-size=1200,900"
    for switch in f"{switches} {frugal} {shown}".split():
        options.add_argument(f"--{switch}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    driver = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()


def waits_until_fits(chrome: Any, width: int) -> None:
    """Until nothing leaves the screen. Chromium may lay a page out once more after its size is set."""

    def is_wide() -> int:
        return int(chrome.execute_script("return document.documentElement.scrollWidth"))

    with suppress(TimeoutException):
        WebDriverWait(chrome, 10, SOON).until(lambda _: is_wide() <= width)
    assert is_wide() <= width


_LABELLED = """
const [within, label] = arguments, place = document.querySelector(within);
return [...place?.querySelectorAll("button, a, summary") ?? []].find(each =>
  each.checkVisibility({visibilityProperty: true})
  && each.innerText.trim().split("\\n")[0].replaceAll("\\xa0", " ").trim() === label) ?? null
"""
"""The first of these in a place that can be seen and has the label."""
SOON = 0.05
"""Seconds until somebody who waits looks again."""


class Person:
    """Somebody in front of the browser."""

    def __init__(self, chrome: Chrome, base: str) -> None:
        self.chrome = chrome
        self.base = base
        self._leaves = False
        chrome.delete_all_cookies()

    def open(self, path: str) -> None:
        self.chrome.get(self.base + path)

    def press(self, label: str, within: str = "main") -> None:
        """The visible button or link of this label; what leads to another page has left this one then."""
        page = self.chrome.find_element(By.TAG_NAME, "html")
        try:
            self.patiently(lambda: self._press(label, within))
        except TimeoutException:
            raise AssertionError(f"{label!r} cannot be seen within {within!r}: {self.reads(within)!r}") from None
        if self._leaves:
            WebDriverWait(self.chrome, 45, SOON, ignored_exceptions=[WebDriverException]).until(staleness_of(page))

    def _press(self, label: str, within: str) -> bool:
        found: Any = self.chrome.execute_script(_LABELLED, within, label)
        if found is None:
            return False  # perhaps the page is not there yet
        self._leaves = found.tag_name != "summary" and "#" not in (found.get_attribute("href") or "")
        found.click()
        return True

    def patiently(self, look: Callable[[], bool]) -> None:
        """Until it is so; a page that loads itself again meanwhile is looked at once more."""
        waiting = WebDriverWait(self.chrome, 45, SOON, ignored_exceptions=[StaleElementReferenceException])
        waiting.until(lambda _: look())

    def fill(self, label: str, text: str) -> None:
        """The field that carries this label."""
        self.patiently(lambda: bool(self.chrome.find_elements(By.XPATH, f"//label[normalize-space()='{label}']")))
        found = self.chrome.find_element(By.XPATH, f"//label[normalize-space()='{label}']")
        field = self.chrome.find_element(By.ID, found.get_attribute("for") or "")
        field.clear()
        field.send_keys(text)

    def reads(self, within: str = "main") -> str:
        return self.chrome.find_element(By.CSS_SELECTOR, within).text

    def sign_in(self, name: str) -> None:
        self.open("/sign-in")
        self.press(name)

    def waits_until_reads(self, text: str, within: str, again: str = "") -> None:
        """Until the text stands there; the page `again` is opened again before each look."""

        def look() -> bool:
            if again:
                self.open(again)
            return text in self.reads(within)

        self.patiently(look)

    def picture(self, folder: Path, name: str) -> None:
        """What the page looks like, beside the test's other files."""
        self.chrome.save_screenshot(str(folder / f"{name}.png"))


@pytest.fixture
def person_at(chrome: Chrome) -> Callable[[str], Person]:
    """The administrator, signed in at a host's address."""

    def sit_down(base: str) -> Person:
        someone = Person(chrome, base)
        someone.sign_in("Ada Admin")
        return someone

    return sit_down
