"""Names and numbers of one endless word leave no page wider than its screen, nor text upon text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.common.by import By

from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.web.reconciled_page import page
from tests.host.conftest import waits_until_fits
from tests.host.test_accessible import sized
from tests.support.invoices import invoice_json
from tests.sync.changes.conftest import edit
from tests.sync.conftest import ADMIN, Desk, installed

if TYPE_CHECKING:
    from tests.conftest import QboSchemas
    from tests.host.conftest import Person

pytestmark = pytest.mark.browser
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
NUMBER = "INV-2026-07-31-0000000000042-A-VERY-LONG-NUMBER/WITH_NO_SPACE_AT_ALL_0123456789"
SHORT = "N" * 21
PAGES = (
    "/quickbooks/attention",
    "/quickbooks/reconcile?from=2026-07-01&to=2026-07-31",
    "/quickbooks/changes",
    "/quickbooks/customers",
    "/invoices",
    "/invoices?state=held",
    "/invoices/L-1",
    "/quickbooks/invoices/L-1",
    "/quickbooks/invoices/L-2",
    "/customers",
)


def long(od_id: str, number: str, name: str, **fields: Any) -> dict[str, Any]:
    contact = {"email": f"{'a' * 60}@{'b' * 60}.example"}
    customer = {"id": f"C-{od_id}", "name": name, "billing_contact": contact, "address": {"country": "US"}}
    return invoice_json(od_id, number=number, customer=customer, issue_date="2026-07-01", **fields)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, qbo_schemas: QboSchemas) -> Iterator[Desk]:
    """One that is held, one changed in QuickBooks, one void in OneDesk alone, and one that was never copied."""
    with installed(tmp_path_factory.mktemp("desk"), qbo_schemas) as made:
        made.predicts = False
        made.connect()
        made.copy(long("L-1", NUMBER, WORD))
        done = made.copy(long("L-2", SHORT, WORD[:90] + " " + "x" * 90))
        edit(made, done.qbo_id, DocNumber="9" * 21, PrivateNote="y" * 300)
        made.copy(long("L-3", SHORT[:-1] + "3", f"{WORD} 3"))
        made.host.void("L-3", ADMIN)
        made.save(long("L-4", SHORT[:-1] + "4", "W" * 100))
        made.application.bring_payments()
        yield made


@pytest.fixture
def person(desk: Desk, served: Callable[[EmbeddedHost], str], person_at: Callable[[str], Person]) -> Iterator[Person]:
    someone = person_at(served(desk.host))
    yield someone
    someone.chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


CUT = """
return [...document.querySelectorAll('main *')].filter(each => {
  if (each instanceof SVGElement || each.closest('thead')) return false;
  const style = getComputedStyle(each);
  return each.children.length === 0 && each.textContent.trim() && style.overflowX === 'visible'
    && style.display !== 'inline' && each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0;
}).map(each => each.tagName + ' ' + each.className + ': ' + each.textContent.trim().slice(0, 40));
"""
"""What reads on beyond its own box, upon what stands beside it."""


def test_the_result_of_an_import(person: Person, tmp_path: Path) -> None:
    file = tmp_path / f"{WORD}.csv"
    file.write_text(f"number,currency,issue_date,customer,amount,total\n{NUMBER},USD,{WORD},Z,1.00,1.00\n")
    sized(person.chrome, 390)
    person.open("/import")
    person.chrome.find_element(By.ID, "file").send_keys(str(file))
    person.press("Import the file")
    person.waits_until_reads("Failed: 1", "main")
    waits_until_fits(person.chrome, 390)
    assert person.chrome.execute_script(CUT) == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_host(person: Person, path: str, width: int) -> None:
    sized(person.chrome, width)
    person.open(path)
    person.chrome.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
    waits_until_fits(person.chrome, width)
    assert person.chrome.execute_script(CUT) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_that_reconcile_writes(person: Person, desk: Desk, width: int, tmp_path: Path) -> None:
    report = desk.application.reconcile(date(2026, 7, 1), None, desk.application.records(), False)
    file = tmp_path / "reconciled.html"
    file.write_text(page(report), encoding="utf-8")
    sized(person.chrome, width)
    person.chrome.get(file.as_uri())
    waits_until_fits(person.chrome, width)
    assert person.chrome.execute_script(CUT) == []
