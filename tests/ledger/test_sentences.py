"""What sentences were made of is kept beside them: said in French again, plain where it is not known."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.sentences import Sentences, keep
from onedesk_quickbooks.plugin.ledger.tables import sentence
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.texts import Text, joined, language, say
from tests.support.clock import Clock

LINES = Text(
    "The lines come to {lines}, but the subtotal says {subtotal}; correct it in OneDesk.", lines="2", subtotal="3"
)
LEFT = Text("{balance} is left", balance=Money(Decimal("1234.50"), "CAD"))
STOPS = Text("QuickBooks does not e-mail it.")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database.open(tmp_path / "ledger.sqlite", Clock().now)
    yield made
    made.close()


def said(database: Database, text: str) -> str:
    with language("fr"):
        return say(Sentences(database).recalled([text])[text])


def test_a_sentence_is_said_in_french_again(database: Database) -> None:
    with database.write() as connection:
        keep(connection, joined(" ", (LINES, STOPS)), LEFT, "written by a person")
        keep(connection, STOPS)
        assert connection.execute(select(func.count()).select_from(sentence)).scalar_one() == 3
    assert said(database, str(LEFT)) == "il reste 1\u202f234,50\u00a0CAD"
    together = "Les lignes font 2, mais le sous-total indique 3; corrigez-le dans OneDesk."
    assert said(database, f"{LINES} {STOPS}") == f"{together} QuickBooks ne l’envoie pas par courriel."
    assert said(database, f"{STOPS} {LINES} (asked for again)").endswith(f"{together} (redemandée)")
    assert (
        said(database, f"Nobody knows this. {STOPS}") == "Nobody knows this. QuickBooks ne l’envoie pas par courriel."
    )
    assert said(database, "written by a person") == "written by a person" and said(database, "") == ""


def test_nothing_is_looked_up_in_english(database: Database) -> None:
    database.close()
    assert Sentences(database).recalled(["It is as it was."]) == {"It is as it was.": "It is as it was."}


def test_a_text_that_is_one_already_stays(database: Database) -> None:
    with language("fr"):
        assert Sentences(database).recalled([STOPS])[STOPS] is STOPS
