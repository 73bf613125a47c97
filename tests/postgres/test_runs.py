"""What is kept of commands over an upgrade, and on both databases."""

from __future__ import annotations

from contextlib import closing

import pytest

from onedesk_quickbooks.plugin.ledger.database.schema import HEAD
from tests.postgres.test_upgrade import Place, place

__all__ = ["place"]
pytestmark = pytest.mark.postgres


def test_a_run_is_known_with_what_it_has_made(place: Place) -> None:
    place.put(HEAD)
    with closing(place.ledger()) as ledger:
        connected = ledger.companies.connected()
        assert connected is not None
        realm_id, name = connected.realm_id, "5a3b1e00"
        [found] = ledger.runs.latest(realm_id, 5)
        assert (found.name, found.action, found.asked_by, found.group) == (name, "copy", "ada, command line", name)
        assert ledger.runs.made(realm_id, [name])[name] == 1
        [works] = ledger.runs.entries(realm_id, name)
        assert [work.od_invoice_id for work in works] == ["INV-2"]
        last = ledger.runs.last_writer(realm_id, "INV-2")
        assert last is not None and last.asked_in == name
        assert ledger.runs.company_of(name) == realm_id and ledger.runs.company_of("nope") == ""


@pytest.mark.parametrize("version", ["0005", "0006"])
def test_what_waits_of_a_command_of_an_earlier_release_is_its_own(version: str, place: Place) -> None:
    """The command that alone does an entry has asked for it."""
    place.put(version)
    engine = place.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE work SET run = 'abcd0000' WHERE od_invoice_id = 'INV-5'")
    engine.dispose()
    with closing(place.ledger()) as ledger:
        connected = ledger.companies.connected()
        assert connected is not None
        [works] = ledger.runs.entries(connected.realm_id, "abcd0000")
        assert [work.od_invoice_id for work in works] == ["INV-5"]
        assert ledger.runs.company_of("abcd0000") == connected.realm_id and ledger.runs.get("abcd0000") is None
