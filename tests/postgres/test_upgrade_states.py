"""What earlier releases had in other columns, and what the ledger has of it after the upgrade."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import insert

from onedesk_quickbooks.plugin.ledger.database.schema import VERSIONS
from tests.postgres.test_upgrade import Place, place
from tests.postgres.test_upgrade_rows import instant, noted

__all__ = ["place"]
pytestmark = pytest.mark.postgres

EARLIER = [each for each in VERSIONS if each < "0015"]


def put(place: Place, version: str, table: str, *rows: dict[str, Any]) -> str:
    """The ledger of a release with these rows; returns its company's id."""
    place.put(version)
    realm_id = str(place.rows()["company"][0]["realm_id"])
    with place.engine().begin() as connection:
        connection.execute(insert(place.reflected().tables[table]), [{**row, "realm_id": realm_id} for row in rows])
    return realm_id


@pytest.mark.parametrize("version", EARLIER)
def test_a_copy_that_nobody_has_asked_for(version: str, place: Place) -> None:
    tried = {"outcome": "held"}
    states = [("copy", "held", None), ("copy", "held", tried), ("copy", "todo", None), ("changed", "held", None)]
    put(place, version, "work", *(noted(201 + at, *each, f"P-{at}") for at, each in enumerate(states)))
    with closing(place.ledger()) as ledger:
        found = [ledger.queue.get(201 + at) for at in range(len(states))]
    assert [each and each.proposed for each in found] == [True, False, False, False]


def test_a_payment_that_the_host_has_accepted(place: Place) -> None:
    def row(name: str, state: str, reversal: Any) -> dict[str, Any]:
        known = {"source": "payment", "qbo_id": name, "od_invoice_id": "INV-2", "payment": '{"balance": "5.00"}'}
        said = None if reversal is None else json.dumps(reversal)
        return {"id": name, "state": state, "reversal": said, "created_at": instant(), "updated_at": instant(), **known}

    back = {"reason": "it was taken off", "balance": "7.00"}
    put(
        place,
        "0014",
        "payment",
        row("a", "to_record", {"taken": "yes"}),
        row("b", "to_reverse", {**back, "taken": "yes"}),
        row("c", "reversed", {**back, "taken": "yes"}),
        row("d", "to_record", None),
        row("e", "to_reverse", {**back, "reason": 'the word "taken"'}),
    )
    with closing(place.ledger()) as ledger:
        found = {each: ledger.payments.get(each) for each in "abcde"}
    assert {name: row and (row.taken, row.reversal) for name, row in found.items()} == {
        "a": (True, None),
        "b": (True, back),
        "c": (False, back),
        "d": (False, None),
        "e": (False, {**back, "reason": 'the word "taken"'}),
    }
