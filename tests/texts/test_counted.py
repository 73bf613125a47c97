"""What is counted has the form of its number, in both languages."""

from __future__ import annotations

import pytest

from onedesk_quickbooks.plugin.host.imports import OUTCOMES as BROUGHT
from onedesk_quickbooks.plugin.model.outcome import OUTCOMES
from onedesk_quickbooks.plugin.planning.adopt import KINDS
from onedesk_quickbooks.plugin.sync.adopt.taking_back import KINDS as TAKEN_BACK
from onedesk_quickbooks.plugin.sync.undo import KINDS as UNDONE
from onedesk_quickbooks.plugin.texts import Text, counted, language, say

_SAME = (
    "in échec",
    "en échec",
    "seulement dans OneDesk",
    "à reprendre",
    "à supprimer",
    "à annuler",
    "repris",
    "repris auparavant",
)
"""What French says of one as of several."""


@pytest.mark.parametrize(
    ("number", "what", "english", "french"),
    [
        (1, "copied", "1 copied", "1 copiée"),
        (5, "copied", "5 copied", "5 copiées"),
        (2, "updated", "2 updated", "2 mises à jour"),
        (2, "recorded", "2 recorded", "2 enregistrés"),
        (2, "failed", "2 failed", "2 en échec"),
        (1, "differs", "1 differs", "1 diffère"),
        (2, "differs", "2 differ", "2 diffèrent"),
        (1200, "perhaps the same", "1,200 perhaps the same", "1\u202f200 peut-être les mêmes"),
        (2, "only updated, stays", "2 only updated, stay", "2 seulement mises à jour, restent"),
        (0, "waits", "0 wait", "0 attend"),
    ],
)
def test_in_both_languages(number: int, what: str, english: str, french: str) -> None:
    assert say(counted(number, Text(what))) == english
    with language("fr"):
        assert say(counted(number, Text(what))) == french


def test_every_word_that_is_counted_has_one_for_several() -> None:
    words = {*OUTCOMES, *BROUGHT.values(), *KINDS.values(), *TAKEN_BACK.values(), *UNDONE.values()}
    with language("fr"):
        alike = {say(Text(str(word))) for word in words if say(counted(2, word))[2:] == say(Text(str(word)))}
    assert alike <= set(_SAME)
