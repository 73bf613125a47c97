"""The rules in real Chromium: looked at, tried, changed, taken and gone back from, by a person with a keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.host import scene
from tests.host.test_accessible import violations
from tests.sync.conftest import Desk, installed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import QboSchemas
    from tests.host.conftest import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(tmp_path: Path, qbo_schemas: QboSchemas) -> Iterator[Desk]:
    with installed(tmp_path, qbo_schemas, settings=scene.WAITS) as made:
        scene.play(made)
        yield made


@pytest.fixture
def person(desk: Desk, served: Callable[[EmbeddedHost], str], person_at: Callable[[str], Person]) -> Person:
    return person_at(served(desk.host))


def test_rules_of_ones_own_are_written_checked_saved_taken_and_gone_back_from(person: Person, desk: Desk) -> None:
    person.open("/invoices")
    person.press("Rules", "header")
    assert "the shipped default" in person.reads() and "waits until an administrator takes it" in person.reads()
    person.press("Write your own rules")
    person.fill("rules.yaml", scene.RULES.replace("items:", "itemz:"))
    person.press("Check, and show what it would change")
    assert "1 error" in person.reads() and "itemz" in person.reads() and violations(person.chrome) == []
    person.press("Save")
    assert "Nothing was saved: it has mistakes." in person.reads() and not (desk.home / "rules.yaml").exists()
    person.fill("rules.yaml", scene.CHANGED)
    person.press("Check, and show what it would change")
    assert "18 invoices were decided again by both, of the last 1,000 invoices." in person.reads()
    assert "5400.00 USD" in person.reads() and violations(person.chrome) == []
    assert "the one under Administration > Financials" in person.reads()
    person.chrome.find_element(By.CSS_SELECTOR, "button[value=save]").send_keys(Keys.ENTER)
    person.waits_until_reads("Take the changed rules?", "main")
    assert (desk.home / "rules.yaml").read_text() == scene.CHANGED
    before, wanted = desk.application.rules.hash, desk.application.rules_now().waiting
    assert wanted and before != wanted
    person.press("Take it")
    assert "The file is in force." in person.reads() and "taken by admin" in person.reads()
    assert desk.application.rules.hash == wanted
    person.press(f"See what going back to {before[:12]} would change")
    assert "The file is not changed." in person.reads() and violations(person.chrome) == []
    person.press("Go back")
    assert "holds other rules than those in force" in person.reads() and desk.application.rules.hash == before
    assert (desk.home / "rules.yaml").read_text() == scene.CHANGED
    acts = [each.values for each in desk.application.ledger.audit.each() if each.kind == "act"]
    assert [each["act"] for each in acts if "rules" in each["act"]] == ["rules saved", "rules taken", "rules gone back"]


def test_two_administrators_who_save_at_once_lose_nothing(person: Person, desk: Desk) -> None:
    (desk.home / "rules.yaml").write_text(scene.RULES)
    person.open("/quickbooks/rules/edit")
    (desk.home / "rules.yaml").write_text(scene.CHANGED)  # the other one
    mine = scene.RULES.replace("Lessons", "Classes")
    person.fill("rules.yaml", mine)
    person.press("Save")
    assert "has changed since you opened it" in person.reads()
    kept = person.chrome.find_element(By.ID, "text")
    assert (kept.get_attribute("value") or "").strip() == mine.strip()
    assert (desk.home / "rules.yaml").read_text() == scene.CHANGED and violations(person.chrome) == []
    person.press("Save")
    assert "has changed since you opened it" in person.reads(), "a second time is no yes"


def test_what_is_wrong_is_found_while_it_is_typed(person: Person, desk: Desk) -> None:
    (desk.home / "rules.yaml").write_text(scene.RULES)
    person.open("/quickbooks/rules/edit")
    text = person.chrome.find_element(By.ID, "text")
    text.send_keys("\ninvoices: {duee: 14}\n")
    WebDriverWait(person.chrome, 20).until(lambda _: "duee" in person.chrome.find_element(By.ID, "found").text)
    assert "Found: 1 error" in person.reads() and violations(person.chrome) == []
    assert person.chrome.switch_to.active_element == text, "who types goes on"
    text.send_keys(*[Keys.BACKSPACE] * 22)
    WebDriverWait(person.chrome, 20).until(lambda _: "No mistake was found." in person.reads())
    assert (desk.home / "rules.yaml").read_text() == scene.RULES, "nothing is saved"


def test_an_invoice_is_tried_by_its_number_by_what_is_in_force_and_by_what_waits(person: Person, desk: Desk) -> None:
    scene.change_rules(desk)
    person.open("/quickbooks/rules")
    person.press("Try an invoice")
    person.fill("Number or id of the invoice", "OD-3006")
    person.press("Try it")
    text = person.reads()
    assert "Invoice OD-3006, by the rules in force" in text and "By the file that waits" in text
    assert "items.otherwise" in text and "items.by_service_type.Consulting" in text
    person.fill("Number or id of the invoice", "OD-3010")
    person.press("Try it")
    assert "The file that waits decides it in the same way." in person.reads()
    desk.host.delete("I-3030", "admin")
    person.fill("Number or id of the invoice", "I-3030")
    person.press("Try it")
    assert "There is no invoice “I-3030”" in person.reads() and violations(person.chrome) == []


def test_findings_stand_at_their_rule_and_mistakes_say_what_stays_in_force(person: Person, desk: Desk) -> None:
    scene.change_rules(desk)
    text = scene.CHANGED.replace("Travel: {item: Travel, income_account: Services}", "Travel: {item: travel}")
    (desk.home / "rules.yaml").write_text(text + "invoices: {terms: Net 30}\n")
    person.open("/quickbooks/rules/waiting")
    assert "What was found in the file: 1 " in person.reads() and "Net 30" in person.reads()
    (desk.home / "rules.yaml").write_text("version: 1\nitems: [\n")
    person.open("/quickbooks/rules")
    assert "have mistakes, so the ones before stay in force" in person.reads() and violations(person.chrome) == []
    assert "items.by_service_type.Travel" in person.reads()
    person.press("Invoices", "header")
    person.press("Français", "header")
    person.open("/quickbooks/rules")
    assert "OQ108: Il manque quelque chose ici" in person.reads() and "remède : Écrivez" in person.reads()
    person.press("Factures", "header")
    person.press("English", "header")
    person.open("/quickbooks/rules/waiting")
    assert person.reads("h1") == "Rules", "nothing waits"
    (desk.home / "rules.yaml").unlink()
    person.open("/quickbooks/rules")
    assert "rules.yaml is missing" in person.reads() and "items.by_service_type.Travel" in person.reads()
    person.press("Write your own rules")
    kept = person.chrome.find_element(By.ID, "text")
    assert (kept.get_attribute("value") or "").strip() == scene.RULES.strip(), "the copy of what is in force"
    person.press("Save")
    assert "decides as before" in person.reads() and (desk.home / "rules.yaml").read_text() == scene.RULES
