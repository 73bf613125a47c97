"""`language: fr`: notes in the host and the page of what waits are French, tags and the ledger stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ops.attention import read_attention
from onedesk_quickbooks.plugin.texts import language, say
from tests.sync.conftest import ADMIN, Desk

FRENCH = {"language": "fr"}
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def french(desks: Callable[..., Desk]) -> Desk:
    """A US company whose people read French; it has no default income account."""
    desk = desks(settings=FRENCH)
    desk.connect()
    return desk


def wrong(make: Make) -> dict[str, Any]:
    return make(subtotal="290.00")


def notes(desk: Desk, invoice_id: str = "INV-1") -> list[str]:
    return list(desk.shown(invoice_id).notes.values())


def test_what_is_held_is_noted_in_french(french: Desk, invoice: Make) -> None:
    came = french.copy(wrong(invoice))
    assert came.outcome == "held" and came.reason.startswith("The lines come to ")
    [note] = notes(french)
    assert note.startswith("Retenue pour QuickBooks\u00a0: Les lignes font ")
    assert ",00, mais le sous-total indique 290,00; corrigez-le dans OneDesk." in note
    assert list(french.shown("INV-1").tags) == ["Held for QuickBooks"], "tags are read by programs"


def test_the_page_says_it_in_the_language_of_its_reader(french: Desk, invoice: Make) -> None:
    french.copy(wrong(invoice))
    services, connected = french.application._services, french.application.connected

    def why() -> str:
        [cause] = read_attention(services, connected).causes
        return say(cause.why)

    assert why().startswith("The lines come to ")
    with language("fr"):
        assert why().startswith("Les lignes font ")


def test_a_restart_forgets_no_sentence(french: Desk, invoice: Make) -> None:
    french.copy(wrong(invoice))
    french.restart()
    entry = french.application._services.ledger.queue.latest("INV-1")
    assert entry is not None and entry.reason.startswith("The lines come to ")
    with language("fr"):
        [fact] = [each for each in french.application.invoice_states([entry.invoice])[0].facts if each.kind == "why"]
        assert say(fact.text).startswith("Les lignes font ")


def test_a_rule_settled_note_of_a_send_is_french(french: Desk, invoice: Make) -> None:
    made = invoice()
    made["customer"]["billing_contact"]["email"] = ""
    french.save(made)
    assert french.host.send("INV-1", ADMIN)
    [came] = french.drain()
    assert "has no billing e-mail in OneDesk" in came.reason
    [note] = notes(french)
    assert "n’a pas de courriel de facturation dans OneDesk" in note and "has no" not in note


def test_english_stays_as_it_was(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks()
    desk.connect()
    came = desk.copy(wrong(invoice))
    assert notes(desk) == [f"Held for QuickBooks: {came.reason}"]
