"""No text lacks its translation, and none says less than the English one."""

from __future__ import annotations

import re
import string

import pytest

from onedesk_quickbooks.plugin.ops.causes import CAUSES, EVENTS
from onedesk_quickbooks.plugin.texts import LANGUAGES as SPOKEN
from onedesk_quickbooks.plugin.texts import in_queue, say
from tests.texts.catalogue import LANGUAGES, read, said

_COMMAND = re.compile(r"onedesk-quickbooks [a-z]+( [a-z]+)?|[a-z.]+@[a-z.]+|&gt;|https?://\S+")


_KEYS = (re.compile(r"\w+:[\w{]+|\{\{?\w+:|\": \""), re.compile(r"\S+:(?=[ ;`.]|$)"))
"""What is written so in rules: keys, paths of names."""


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def edges(text: str) -> tuple[int, int]:
    """The spaces before and behind a text, which is a part of another."""
    return len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))


def test_every_language_has_a_catalogue() -> None:
    assert {"en", *LANGUAGES} == set(SPOKEN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_lacks_its_translation(language: str) -> None:
    kept = {str(each.id): str(each.string) for each in read(language) if each.id}
    texts = said()
    assert len(texts) > 200
    assert [text for text in texts if not kept.get(text)] == [], (
        "python -m tests.texts.catalogue names them in the file"
    )
    assert [text for text in kept if text not in texts] == [], "python -m tests.texts.catalogue takes them away"
    assert [each.id for each in read(language) if each.fuzzy and each.id] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_values_and_commands(language: str) -> None:
    for each in read(language):
        if each.id:
            text, translated = str(each.id), str(each.string)
            assert fields(text) == fields(translated), text
            assert edges(text) == edges(translated), text
            assert sorted(found[0] for found in _COMMAND.finditer(text)) == sorted(
                found[0] for found in _COMMAND.finditer(translated)
            ), text


def test_a_cause_goes_with_one_invoice_and_with_several() -> None:
    """Its heading is "1 facture : cause" and "12 factures : cause"."""
    for title in (*CAUSES.values(), *EVENTS.values()):
        french = say(title, "fr")
        assert not re.match(r"(pas )?\w+(ées|ues|uses|tes|iques)\b", french), french


def test_a_number_has_its_form_and_no_plural_in_brackets() -> None:
    assert [str(each.string) for each in read("fr") if re.search(r"\w\((e?s|e|x)\)", str(each.string))] == []
    assert [say(each, "fr") for number in (1, 2) for each in in_queue(number, number, number)] == [
        *("1 en attente", "1 retenue", "1 en échec"),
        *("2 en attente", "2 retenues", "2 en échec"),
    ]
    assert in_queue() == []


def test_french_is_written_as_it_is_printed() -> None:
    """A colon and a percent sign stand behind a space that does not break, quotes are French, apostrophes curved."""
    for each in read("fr"):
        if not each.id:
            continue
        translated = str(each.string)
        keys = "|".join(re.escape(key) for pattern in _KEYS for key in pattern.findall(str(each.id))) or "(?!)"
        prose = re.sub(keys, "", translated.replace("{n} %", ""))  # a key of the rules is written as it is there
        assert not re.search(r"[^\u00a0\d.]:(?!//)|[^\u00a0]%|“|”|'", prose), translated
        assert not re.search(r"«[^\u00a0]|[^\u00a0]»", translated), translated
