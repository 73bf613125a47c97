"""What QuickBooks fails to answer again and again: held with its text, and others go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from onedesk_quickbooks.plugin.qbo import AnswerUnknown
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_order import sale

POISON = "poison"


class Failing(HTTPAdapter):
    """QuickBooks fails on whatever holds the word, and does nothing of it."""

    def __init__(self) -> None:
        super().__init__()
        self.hits = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        body = request.body or b""
        found = POISON in (body if isinstance(body, str) else body.decode()) and "requestid" in str(request.url)
        if found:
            self.hits += 1
            request.url = str(request.url).replace("/v3/", "/none/")
        response = super().send(request, *args, **kwargs)
        if found:
            response.status_code = 500
        return response


def ask(desk: Desk, *sources: dict[str, Any]) -> None:
    for source in sources:
        desk.save(source)
        assert desk.host.act(source["id"], "quickbooks.copy", ADMIN)


def worked(desk: Desk, turns: int = 20) -> dict[str, str]:
    """What came of everything, after so many turns with their waits."""
    found: dict[str, str] = {}
    for _ in range(turns):
        found |= {each.id: each.outcome for each in desk.application.drain(patience=timedelta(0))}
        desk.clock.sleep(90)
    return found


@pytest.mark.parametrize("others", [0, 3])
def test_it_is_held_and_others_go_on(us: Desk, others: int) -> None:
    failing = Failing()
    us.application.session.mount("http://", failing)
    poison = sale(0, "Anna", memo=POISON)
    ask(us, poison, *(sale(n, "Berta") for n in range(1, others + 1)))
    assert us.application.drain(patience=timedelta(0)) == []
    blocked = us.application.status().oldest_waiting_reason
    assert "The request that makes the invoice N0" in blocked
    found = worked(us)
    assert found == {"INV-0": "held", **{f"INV-{n}": "copied" for n in range(1, others + 1)}}
    assert len(us.invoices()) == others
    [entry] = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
    assert "QuickBooks failed, or gave no usable response" in entry.reason and "makes the invoice N0" in entry.reason
    ask(us, {**poison, "memo": "Corrected."})
    assert worked(us, 1) == {"INV-0": "copied"}
    assert len(us.invoices()) == others + 1


def test_tried_again_it_is_held_again_and_can_be_dropped(us: Desk) -> None:
    failing = Failing()
    us.application.session.mount("http://", failing)
    ask(us, sale(0, "Anna", memo=POISON))
    assert worked(us) == {"INV-0": "held"}
    hits = failing.hits
    [entry] = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
    assert us.application.retry(entry.id)
    assert worked(us) == {"INV-0": "held"} and failing.hits == 2 * hits
    assert us.application.ledger.queue.drop(entry.id, "made by hand")
    ask(us, sale(1, "Berta"))
    assert worked(us, 1) == {"INV-1": "copied"}


def test_what_shows_up_later_is_found_and_never_made_twice(us: Desk) -> None:
    """QuickBooks has done it after all, and shows it when it was given up already."""
    us.application.session.mount("http://", Failing())
    poison = sale(0, "Anna", memo=POISON)
    ask(us, poison)
    assert worked(us) == {"INV-0": "held"}
    [entry] = us.application.ledger.outbox.given_up(us.sandbox.realm_id, ["INV-0"])
    us.sandbox.create("Invoice", dict(entry.body))
    ask(us, {**poison, "number": "N0", "memo": "Corrected."})
    assert worked(us, 1) == {"INV-0": "updated"}
    [made] = us.invoices()
    assert made["CustomerMemo"]["value"] == "Corrected."
    assert us.application.ledger.outbox.given_up(us.sandbox.realm_id, ["INV-0"]) == []


def test_an_outage_is_not_the_invoice(us: Desk) -> None:
    """Nothing is given up while QuickBooks cannot be read either."""
    ask(us, sale(0, "Anna"))
    us.sandbox.faults.inject(fault="http_503", count=0)
    assert worked(us, 15) == {}
    us.sandbox.faults.clear()
    assert worked(us, 1) == {"INV-0": "copied"}


def test_a_look_for_payments_gives_nothing_up(us: Desk) -> None:
    """Whoever gives up has to hold the invoice: a look for payments asks again, and says what it waits for."""
    us.application.session.mount("http://", Failing())
    ask(us, sale(0, "Anna", memo=POISON))
    assert us.application.drain(patience=timedelta(0)) == []
    for _ in range(8):
        us.clock.sleep(90)
        with pytest.raises(AnswerUnknown, match="The request that makes the invoice N0"):
            us.application.bring_payments()
    assert worked(us, 2) == {"INV-0": "held"}
    assert us.application.bring_payments() == []


def test_corrected_while_it_blocks_it_is_not_held_for_what_it_was(us: Desk) -> None:
    us.application.session.mount("http://", Failing())
    poison = sale(0, "Anna", memo=POISON)
    ask(us, poison)
    assert worked(us, 3) == {}
    ask(us, {**poison, "memo": "Corrected."})
    assert worked(us) == {"INV-0": "copied"}
    assert len(us.invoices()) == 1
