"""What commands print is in the language of who works there, by gettext's own rule; JSON stays as programs read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.texts import of_environment
from tests.cli.test_work import invoice

Call = Callable[..., Any]
ENGLISH = re.compile(r"\b(the|is|was|has|and|invoices?|waits?|held|copied|since|none|ago)\b")


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, "en"),
        ({"LANG": "fr_CA.UTF-8"}, "fr"),
        ({"LANG": "fr_CA.UTF-8", "LC_MESSAGES": "en_CA.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "fr"}, "fr"),
        ({"LC_ALL": "C", "LANG": "fr_FR"}, "en"),
        ({"LANGUAGE": "de:fr:en", "LANG": "en_US"}, "fr"),
        ({"LANGUAGE": "", "LANG": "fr@euro"}, "fr"),
        ({"LANG": "POSIX"}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment(environ: dict[str, str], found: str) -> None:
    assert of_environment(environ) == found


@pytest.fixture
def books(call: Call, open_books: Callable[..., Any]) -> None:
    assert call("connect", "--sandbox", open_books("us").base_url, "--yes").code == 0
    call("settings", "default_income_account", "Services")


@pytest.mark.usefixtures("books")
def test_commands_speak_french(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "two.json"
    good, bad = invoice("F-1"), {**invoice("F-2"), "subtotal": "1.00"}
    file.write_text(json.dumps([good, bad]), encoding="utf-8")

    planned = call("plan", file, speaks="fr_CA")
    assert (
        "  facture    créer\u00a0: numéro F-1, datée du " in planned.out and "Facture F-2\u00a0: retenue" in planned.out
    )
    copied = call("copy", file, speaks="fr")
    assert "copiée" in copied.out and "Les lignes font " in copied.out
    assert re.search(r"1 copiée, 1 retenue; \d+ appels à QuickBooks\.", copied.out)
    waits = call("queue", speaks="fr")
    assert (waits.code, copied.code) == (1, 1)
    assert "Les lignes font " in waits.out and "Entrée" in waits.out
    well = call("status", speaks="fr")
    assert "1; voyez\u00a0: onedesk-quickbooks queue" in well.out and "il y a " in well.out
    paid = call("payments", speaks="fr")
    assert paid.out == "Rien de nouveau n’a été payé dans QuickBooks.\n"
    for done in (planned, copied, waits, paid):
        assert not ENGLISH.search(done.out), done.out


@pytest.mark.usefixtures("books")
def test_json_is_the_same_in_each_language(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps({**invoice("F-2"), "subtotal": "1.00"}), encoding="utf-8")
    french, english = (call("plan", file, "--json", speaks=code).one for code in ("fr", "en"))
    assert french == english and french["reason"].startswith("The lines come to ")
    call("copy", file, speaks="fr")
    assert call("queue", "--json", speaks="fr").one["reason"].startswith("The lines come to ")


@pytest.mark.usefixtures("books")
def test_nothing_waits_in_french(call: Call) -> None:
    assert call("queue", speaks="fr").out == "Rien n’attend, rien n’est retenu.\n"
    assert call("queue", "--state", "held", speaks="fr").out == "Rien n’est retenu.\n"
