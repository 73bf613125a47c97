"""A text in English and French, its values, numbers and amounts; and which language a browser is spoken to in."""

from __future__ import annotations

import json
import threading
from decimal import Decimal

import pytest
from markupsafe import Markup

from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.texts import (
    Amount,
    Capital,
    Text,
    as_json,
    chosen,
    count,
    current,
    from_json,
    gettext,
    joined,
    language,
    listed,
    parts_of,
    replaced,
    say,
    text_of,
)
from onedesk_quickbooks.plugin.texts import pages as texts


def test_a_text_is_english_by_itself() -> None:
    text = Text("Invoice {number} was saved.", number="OD-{1}")
    assert text == "Invoice OD-{1} was saved." and json.dumps([text]) == '["Invoice OD-{1} was saved."]'
    assert say(text) == text and say(text, "fr") == "La facture OD-{1} est enregistrée."
    assert say("Paid", "fr") == "Payée" and say("Nobody has said this", "fr") == "Nobody has said this"
    assert say(text, "de") == text


def test_values_are_said_too() -> None:
    within = Text("Invoice {number} does not offer this now: its status is {status}.", number="7", status=Text("Paid"))
    assert say(within, "fr") == "La facture 7 ne le permet pas maintenant\u00a0: son statut est Payée."
    assert say(joined(", ", [Text("Paid"), "7 {x}", Text("{n} held", n=2)]), "fr") == "Payée, 7 {x}, 2 retenues"
    with language("fr"):
        assert text_of(ValueError(Text("There are none yet."))) == "Il n’y en a pas encore."
        assert text_of(ValueError("plain")) == "plain" and text_of(ValueError()) == ""
        assert gettext("Invoice {number} was saved.", number=7) == "La facture 7 est enregistrée."


def test_markup_is_escaped_as_a_whole() -> None:
    shown = texts.text("No invoice matches “{search}”.", search="<b>'\"")
    assert shown == Markup("No invoice matches “&lt;b&gt;&#39;&#34;”.")
    linked = texts.text("No billing e-mail: see {place}", place=Markup('<a href="/x">it</a>'))
    assert '<a href="/x">it</a>' in linked
    with language("fr"):
        assert texts.text("Invoice {number}", number="<1>") == Markup("Facture &lt;1&gt;")


@pytest.mark.parametrize(
    ("written", "french"),
    [
        ("1234.50 CAD", "1\u202f234,50\u00a0CAD"),
        ("-1234567.125 KWD", "−1\u202f234\u202f567,125\u00a0KWD"),
        ("0.05 CAD", "0,05\u00a0CAD"),
        ("1105.50 JPY", "1\u202f105,50\u00a0JPY"),
        ("12", "12"),
        ("several", "several"),
        ("1E+3 CAD", "1E+3\u00a0CAD"),
        ("", ""),
    ],
)
def test_no_digit_of_an_amount_is_lost(written: str, french: str) -> None:
    assert texts.money(written) == written
    with language("fr"):
        assert texts.money(written) == french
        assert texts.percent("8.25") == "8,25\u00a0%" and count(12345) == "12\u202f345"
    assert texts.percent("8.25") == "8.25 %" and count(12345) == "12,345"


@pytest.mark.parametrize(
    ("user", "browser", "found"),
    [
        ("", "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("", "en-US,en;q=0.9,fr;q=0.8", "en"),
        ("", "de, fr;q=0.3, en;q=0.2", "fr"),
        ("", "fr;q=0, en;q=0.1", "en"),
        ("", "fr;q=much, de", "en"),
        ("", "", "en"),
        ("", "*", "en"),
        ("en", "fr", "en"),
        ("fr", "en", "fr"),
        ("xx", "fr", "fr"),
        ("", "," * 100_000, "en"),
        ("", "FR-ca ; q=0.5", "fr"),
    ],
)
def test_the_user_goes_before_the_browser(user: str, browser: str, found: str) -> None:
    assert chosen(user, browser) == found


def test_the_company_comes_last() -> None:
    assert (chosen("", "de", "fr"), chosen("", "en", "fr"), chosen("", "", "xx")) == ("fr", "en", "en")


def test_a_language_is_one_of_a_thread() -> None:
    heard: list[str] = []
    with language("fr"):
        other = threading.Thread(target=lambda: heard.append(current()))
        other.start()
        other.join()
        assert (current(), heard) == ("fr", ["en"])
    assert current() == "en"
    with language("xx"):
        assert current() == "en"


def test_amounts_within_a_text_are_as_the_language_writes_them() -> None:
    left = Text("{balance} is left", balance=Money(Decimal("1234.50"), "CAD"))
    assert left == "1234.50 CAD is left" and say(left, "fr") == "il reste 1\u202f234,50\u00a0CAD"
    named = Text("{name} has no {lacks} in OneDesk", name="Paid", lacks=Text("billing e-mail"))
    assert say(named, "fr").startswith("Paid has no courriel"), "a name is no text, whatever it says"
    assert say(Amount("0.10"), "fr") == "0,10" and say(Amount("0.10")) == "0.10"


def test_texts_are_joined_and_begin_a_sentence() -> None:
    several = listed([Text("Paid"), "b", Text("Draft")])
    assert several == "Paid, b and Draft" and say(several, "fr") == "Payée, b et Brouillon"
    assert listed(["a"]) == "a" and listed([]) == ""
    line = Capital(Text("line {n}", n=3))
    assert line == "Line 3" and say(line, "fr") == "La ligne 3"
    assert say(Text("Paid") + ". " + Text("Draft"), "fr") == "Payée. Brouillon" and "x " + Text("Paid") == "x Paid"


def test_a_sentence_after_a_command_is_no_argument_of_it() -> None:
    run, then = Text("Run: onedesk-quickbooks payments"), Text("The host did not accept it ({why})", why="busy")
    both = joined(" ", (run, then, run))
    assert both == f"{run}. {then} {run}" and say(both, "fr") == f"{say(run, 'fr')}. {say(then, 'fr')} {say(run, 'fr')}"
    named = joined(" ", ("Run: onedesk-quickbooks check /srv/rules.yaml", then))
    assert named == f"Run: onedesk-quickbooks check /srv/rules.yaml. {then}"
    assert joined(" ", (run, "(asked again)")) == f"{run} (asked again)"
    assert joined(" ", ("onedesk-quickbooks queue shows it. It waits", then)).endswith(f"It waits {then}")


def test_a_text_comes_back_from_json() -> None:
    one = Text("{n} held", n=Amount("2"))
    text = joined(" ", [one, joined(" ", [Capital(Text("line {n}", n="3"))]), "plain {x}"])
    again = from_json(json.loads(json.dumps(as_json(text))))
    assert again == text == "2 held Line 3 plain {x}" and say(again, "fr") == say(text, "fr")
    assert parts_of(text) == (one, "Line 3", "plain {x}") and parts_of(one) == (one,)


def test_a_value_is_replaced() -> None:
    text = Text("{a}: {b}", a=Capital("run ENTRY"), b=Text("{n} held", n="ENTRY"))
    assert replaced(text, "ENTRY", "7") == "Run 7: 7 held" and replaced("plain", "x", "y") == "plain"
