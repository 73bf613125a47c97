"""What earlier releases had in other columns, and what the ledger has of it after the upgrade."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from onedesk_quickbooks.plugin.ledger.database.schema import VERSIONS
from tests.postgres.test_upgrade import Place, place
from tests.postgres.test_upgrade_rows import AT, EDITED, instant, noted

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


LEFT = {
    "replaced": [
        ("copy", "why (asked again)"),
        ("send", " (asked again)"),
        ("unpaid", "why (asked again)"),
        ("undo", "why (asked for again)"),
        ("changed", "why (it was changed again)"),
        ("bounced", "why (it was changed again)"),
        ("send", "why (adopted)"),
        ("deleted", "why It is asked for again in OneDesk, so that this entry left the queue by itself."),
        ("voided", "why It was requested again in OneDesk, so this entry was removed from the queue automatically."),
        ("voided", "why (the run 5a3b1e00 was undone)"),
        ("copy", "why (the run 5a3b1e00 was undone)"),
        ("copy", "why It waits as entry 12 of the queue."),
        ("send", "why The QuickBooks invoice 2041 was voided in QuickBooks; it stays so, ada decided."),
        ("send", "why The QuickBooks invoice 2041 was deleted in QuickBooks; it stays so."),
        ("copy", "why The invoice was voided in QuickBooks. It stays so (skipped by invoices.skip)."),
        ("send", "the invoice was sent from another company, which was connected in the meantime"),
        ("send", "OneDesk has e-mailed the invoice itself, because no company was connected"),
        ("copy", "OneDesk has reported another total, and has the one of the last copy"),
    ],
    "done": [
        ("changed", "why Both sides are the same again."),
        ("changed", "why Both sides are the same again, so that this entry left the queue by itself."),
        ("changed", "why Both sides are the same again; the entry was closed automatically."),
        ("changed", "why A later copy has settled it; the entry was closed automatically."),
        ("bounced", "why It was e-mailed again, so that this entry left the queue by itself."),
        ("customer", "why It is in use again, or was merged."),
        ("voided", "the invoice was voided in OneDesk, and in QuickBooks"),
        ("deleted", "the invoice was deleted in OneDesk, and in QuickBooks"),
    ],
    "dropped": [
        ("copy", "Seen by Ada."),
        ("copy", ""),
        ("copy", "(asked again)"),
        ("send", "the invoice was voided in OneDesk"),
        ("send", "the invoice was reopened or voided in OneDesk, and then opened again"),
        ("adopt", "its link to QuickBooks was taken back"),
        ("changed", "I know. The change was reverted in QuickBooks: the invoice is again as it was copied."),
        ("paid", "It waits as entry 12 of the queue."),
    ],
}


@pytest.mark.parametrize("version", EARLIER)
def test_what_was_dropped_has_the_state_that_its_reason_shows(version: str, place: Place) -> None:
    each = [(state, *found) for state, some in LEFT.items() for found in some]
    rows = [
        {**noted(301 + at, action, "dropped", None, f"L-{at}"), "reason": reason}
        for at, (_, action, reason) in enumerate(each)
    ]
    put(place, version, "work", *rows)
    with closing(place.ledger()) as ledger:
        found = [ledger.queue.get(301 + at) for at in range(len(each))]
    assert [work and (work.state, work.action, work.reason) for work in found] == each
    assert [work and work.updated_at for work in found] == [
        AT + timedelta(minutes=302 + at) for at in range(len(each))
    ], "nothing is due because of it"


def test_a_change_that_was_undone_is_not_taken_for_one_that_was_accepted(place: Place) -> None:
    """The first releases did not write that nothing was left to decide."""
    undone = {**noted(501, "changed", "dropped", EDITED, "L-1"), "reason": "why Both sides are the same again."}
    seen = {**noted(502, "changed", "dropped", EDITED, "L-2"), "reason": "Seen by Ada."}
    put(place, "0001", "work", undone, seen)
    with closing(place.ledger()) as ledger:
        found = [ledger.queue.get(501), ledger.queue.get(502)]
    assert [work and (work.state, work.conflict.passed) for work in found] == [("done", True), ("dropped", False)]


def test_what_the_host_shows_of_a_replaced_entry_is_still_read_again(place: Place) -> None:
    reason = "why It was requested again in OneDesk, so this entry was removed from the queue automatically."
    row = {**noted(401, "voided", "dropped", None, "L-1"), "reason": reason, "reported_at": instant(402)}
    realm_id = put(place, "0014", "work", row)
    with closing(place.ledger()) as ledger:
        assert [(each.id, each.state) for each in ledger.unconfirmed.all(realm_id)] == [(401, "replaced")]
        ledger.unconfirmed.confirm(realm_id, "L-1")
        assert not ledger.unconfirmed.any(realm_id)


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


BEFORE_17 = [each for each in VERSIONS if "0015" <= each < "0017"]
DROPPED_BY = {
    "Seen by Ada.": "person",
    "": "person",
    "its link to QuickBooks was taken back": "person",
    "the invoice was voided in OneDesk": "voided",
    "the invoice was deleted in OneDesk": "deleted",
    "the invoice was reopened in OneDesk": "reopened",
    "the invoice was reopened in OneDesk; nobody had asked for a copy of the edit": "reopened",
    "the invoice was reopened or voided in OneDesk, and then opened again": "opened",
}


@pytest.mark.parametrize("version", BEFORE_17)
def test_who_has_dropped_an_entry(version: str, place: Place) -> None:
    rows = [
        {**noted(601 + at, "copy", state, None, f"L-{at}"), "reason": reason, "proposed": False}
        for at, (state, reason) in enumerate([*(("dropped", each) for each in DROPPED_BY), ("held", "Seen by Ada.")])
    ]
    put(place, version, "work", *rows)
    with closing(place.ledger()) as ledger:
        found = [ledger.queue.get(601 + at) for at in range(len(rows))]
    assert [work and work.dropped_by for work in found] == [*DROPPED_BY.values(), ""]


@pytest.mark.parametrize("version", BEFORE_17)
def test_details_that_were_changed_before_the_host_has_accepted_a_payment(version: str, place: Place) -> None:
    def row(name: str, state: str, reversal: Any) -> dict[str, Any]:
        known = {"source": "payment", "qbo_id": name, "od_invoice_id": "INV-2", "payment": '{"balance": "5.00"}'}
        said = None if reversal is None else json.dumps(reversal)
        times = {"created_at": instant(), "updated_at": instant()}
        return {"id": name, "state": state, "reversal": said, "taken": False, **times, **known}

    details = {"reference": "77", "method": "Check"}
    back = {"reason": 'the "details"', "balance": "7.00"}
    put(
        place,
        version,
        "payment",
        row("a", "to_record", {"details": details}),
        row("b", "to_reverse", back),
        row("c", "to_record", None),
    )
    with closing(place.ledger()) as ledger:
        found = [ledger.payments.get(each) for each in "abc"]
    assert [row and (row.details, row.reversal) for row in found] == [(details, None), (None, back), (None, None)]
