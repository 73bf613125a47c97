"""Answers that are none: changed on their way, swapped, doubled, of something else. Nothing is doubled or linked to
another one, and one bad object concerns one invoice."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from werkzeug import Request, Response

from onedesk_quickbooks.plugin.qbo import Unreadable
from onedesk_quickbooks.plugin.sync.runner import OFTEN
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]
Change = Callable[[Any], Any]
NUMBERS = ("2041", "2042", "2043")


class Tampering:
    """Changes answers of the API: `change` takes the JSON of one and gives another, or text in its place. `writes`:
    only answers to what changes QuickBooks. `left`: how many; None for all."""

    def __init__(self) -> None:
        self.change: Change | None = None
        self.writes = True
        self.left: int | None = 1
        self.struck = 0

    def __call__(self, request: Request, answered: Response) -> Response:
        if self.change is None or self.left == 0 or not request.path.startswith("/v3/"):
            return answered
        if self.writes and "requestid" not in request.args:
            return answered
        if not answered.data.lstrip().startswith(b"{"):
            return answered
        changed = self.change(json.loads(answered.data))
        text = changed if isinstance(changed, str) else json.dumps(changed)
        self.struck += 1
        self.left = None if self.left is None else self.left - 1
        return Response(text, answered.status_code, content_type="application/json")


@pytest.fixture
def tampering() -> Tampering:
    return Tampering()


@pytest.fixture
def desk(desks: Callable[..., Desk], tampering: Tampering) -> Desk:
    """Connected; what its people copied is looked up by the names of three invoices."""
    made = desks(tamper=tampering)
    made.connect()
    made.predicts = False
    return made


def ask(desk: Desk, invoice: Make, action: str = "copy") -> None:
    for place, number in enumerate(NUMBERS, 1):
        customer = {**invoice()["customer"], "id": f"C-{place}", "name": f"Harbor {place}"}
        desk.save(invoice(id=f"INV-{place}", number=number, customer=customer))
        if action == "copy":
            assert desk.host.act(f"INV-{place}", "quickbooks.copy", ADMIN)
        else:
            assert desk.host.send(f"INV-{place}", ADMIN)


def work(desk: Desk, turns: int = 30) -> None:
    """As the thread does it, with the pauses it takes."""
    for _ in range(turns):
        if desk.application.time_slice(timedelta(minutes=5)) is None:
            break
        desk.clock.sleep(600)


def right(desk: Desk) -> None:
    """Three invoices there, each once, and each linked to its own."""
    there = {row["DocNumber"]: row["Id"] for row in desk.invoices()}
    assert sorted(there) == list(NUMBERS) and len(desk.invoices()) == 3
    ledger, realm_id = desk.application.ledger, desk.sandbox.realm_id
    links = [ledger.links.invoice(realm_id, f"INV-{place}") for place in (1, 2, 3)]
    assert [link and (link.qbo_id, link.qbo_number) for link in links] == [(there[each], each) for each in NUMBERS]
    assert ledger.outbox.unknown(realm_id) == []
    assert len(desk.sandbox.list("Customer", "DisplayName LIKE 'Harbor %'")) == 3


def items(change: Callable[[list[Any]], list[Any]]) -> Change:
    """Of the items of a batch."""

    def changed(answer: Any) -> Any:
        if "BatchItemResponse" not in answer:
            return answer
        return {**answer, "BatchItemResponse": change(answer["BatchItemResponse"])}

    return changed


def within(change: Callable[[dict[str, Any]], Any]) -> Change:
    """Of the object in the first item."""

    def one(found: list[Any]) -> list[Any]:
        kind = next(key for key in found[0] if key not in ("bId", "Fault"))
        return [{**found[0], kind: change(found[0][kind])}, *found[1:]]

    return items(one)


def swapped(found: list[Any]) -> list[Any]:
    bids = [each["bId"] for each in found]
    return [{**each, "bId": bid} for each, bid in zip(found, [*bids[1:], bids[0]], strict=True)]


ONCE: dict[str, Change] = {
    "swapped": items(swapped),
    "doubled": items(lambda found: [found[0], {**found[1], "bId": found[0]["bId"]}, *found[1:]]),
    "all under one name": items(lambda found: [{**each, "bId": found[0]["bId"]} for each in found]),
    "one lacking": items(lambda found: found[1:]),
    "none": items(lambda _: []),
    "null items": items(lambda found: [None for _ in found]),
    "names that are numbers": items(lambda found: [{**each, "bId": 7} for each in found]),
    "another kind": items(lambda found: [{"bId": each["bId"], "Vendor": {"Id": "1"}} for each in found]),
    "null object": within(lambda _: None),
    "a list": within(lambda each: [each]),
    "no id": within(lambda each: {**each, "Id": None}),
    "an id that is a number": within(lambda each: {**each, "Id": 12}),
    "a SyncToken of words": within(lambda each: {**each, "SyncToken": "first"}),
    "another name": within(lambda each: {**each, "DisplayName": "Gull", "Name": "Gull", "DocNumber": "7"}),
    "another customer": within(lambda each: {**each, "CustomerRef": {"value": "9999"}} if "Line" in each else each),
    "lines of nothing": within(lambda each: {**each, "Line": [None], "BillAddr": 7, "PrimaryEmailAddr": []}),
    "no JSON": lambda _: "<html>",
    "a number": lambda _: "7",
    "a number that none holds": lambda _: '{"BatchItemResponse": [1e99999999999999999999]}',
    "deep": lambda _: '{"a":' * 5000 + "1" + "}" * 5000,
    "deep but read": lambda answer: {**answer, "deep": json.loads('{"a":' * 200 + "1" + "}" * 200)},
}


@pytest.fixture
def uncollected(name: str) -> Iterator[None]:
    """Garbage waits: what is collected at the depth of a deep answer has no room left for its own end."""
    if name == "deep":
        gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("name", ONCE)
def test_one_bad_answer_to_each_write(desk: Desk, invoice: Make, tampering: Tampering, name: str) -> None:
    """The first to the batch of customers and items, and the first to that of invoices."""
    struck: list[set[str]] = []

    def change(answer: Any) -> Any:
        kinds = {key for each in answer.get("BatchItemResponse", ()) for key in each} & {"Customer", "Item", "Invoice"}
        if not kinds or any(kinds & each for each in struck):
            return answer
        struck.append(kinds)
        return ONCE[name](answer)

    tampering.change, tampering.left = change, None
    ask(desk, invoice)
    work(desk)
    assert struck == [{"Customer", "Item"}, {"Invoice"}]
    right(desk)
    assert desk.application.status().held == 0


OF_VOIDS = ["swapped", "another name", "another customer", "another kind", "no id", "one lacking", "null object"]


@pytest.mark.parametrize("name", OF_VOIDS)
def test_one_bad_answer_to_a_void(desks: Callable[..., Desk], invoice: Make, tampering: Tampering, name: str) -> None:
    desk = desks(tamper=tampering, rules="version: 1\ninvoices: {on_void: void}\ntaxes: {otherwise: company_default}\n")
    desk.connect()
    desk.predicts = False
    ask(desk, invoice)
    work(desk)
    tampering.change, tampering.writes = ONCE[name], True
    for place in (1, 2, 3):
        desk.host.void(f"INV-{place}", ADMIN)
    work(desk)
    assert tampering.struck == 1
    right(desk)
    assert [str(each["TotalAmt"]) for each in desk.invoices()] == ["0", "0", "0"]
    found = [desk.host.invoice(f"INV-{place}") for place in (1, 2, 3)]
    notes = [" ".join(each.notes.values()) for each in found if each]
    assert [
        f"Invoice {number} was voided in QuickBooks." in note for number, note in zip(NUMBERS, notes, strict=True)
    ] == 3 * [True]


@pytest.mark.parametrize("field", ["TotalAmt", "Balance"])
@pytest.mark.parametrize("value", [1e300, "many", float("inf"), None, [], {"value": 1}, "1e-400"])
def test_amounts_that_are_none(desk: Desk, invoice: Make, tampering: Tampering, field: str, value: Any) -> None:
    tampering.change = within(lambda each: {**each, field: value} if "DocNumber" in each else each)
    tampering.left = None
    ask(desk, invoice)
    desk.application.time_slice(timedelta(minutes=5))
    tampering.change = None
    work(desk)
    right(desk)


def only(number: str, **fields: Any) -> Change:
    """Whatever answer has this invoice, and whatever asked for it."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            found = {key: changed(each) for key, each in value.items()}
            return {**found, **fields} if found.get("DocNumber") == number and "Line" in found else found
        return [changed(each) for each in value] if isinstance(value, list) else value

    return changed


@pytest.mark.parametrize("fields", [{"TotalAmt": 1e300}, {"SyncToken": None}, {"Line": [None]}, {"CustomerRef": 7}])
@pytest.mark.parametrize("action", ["copy", "send"])
def test_one_invoice_that_is_never_answered_well_keeps_no_other(
    desk: Desk, invoice: Make, tampering: Tampering, action: str, fields: dict[str, Any]
) -> None:
    tampering.change, tampering.left, tampering.writes = only("2042", **fields), None, False
    ask(desk, invoice, action)
    work(desk)
    done = "Copied to QuickBooks" if action == "copy" else "Sent by QuickBooks"
    shown = [dict(found.tags) for place in (1, 2, 3) if (found := desk.host.invoice(f"INV-{place}"))]
    assert [done in each for each in shown] == [True, False, True]
    status = desk.application.status()
    assert (status.held + status.failed, status.waiting, status.stopped_reason) == (1, 0, "")
    tampering.change = None
    desk.host.act("INV-2", "quickbooks.copy", ADMIN) if action == "copy" else desk.host.send("INV-2", ADMIN)
    work(desk)
    right(desk)
    assert len(desk.sandbox.outbox()) == (3 if action == "send" else 0)


class OfSomeCustomers:
    """Whatever asks for customers in these words (a pattern) is answered with these rows, page after page."""

    def __init__(self, words: str, rows: list[Any]) -> None:
        self._words = re.compile(f"FROM Customer {words}")
        self._rows = rows

    def __call__(self, request: Request, answered: Response) -> Response:
        answer = json.loads(answered.data) if answered.data.startswith(b"{") else {}
        whole = {"QueryResponse": {"Customer": self._rows}}
        if request.path.endswith("/query") and self._asked(request.args.get("query") or request.get_data(as_text=True)):
            return Response(json.dumps({**answer, **whole}), content_type="application/json")
        if not request.path.endswith("/batch"):
            return answered
        asked = {each["bId"]: each.get("Query", "") for each in request.get_json()["BatchItemRequest"]}
        items = [{**each, **whole} if self._asked(asked[each["bId"]]) else each for each in answer["BatchItemResponse"]]
        return Response(json.dumps({**answer, "BatchItemResponse": items}), content_type="application/json")

    def _asked(self, text: str) -> bool:
        return bool(self._words.search(text))


BAD_ROWS: dict[str, list[Any]] = {
    "endless": [{"Id": str(number)} for number in range(1000)],
    "none": [None],
    "unreadable": [{"Id": "7", "DisplayName": [], "CurrencyRef": 7, "PrimaryEmailAddr": "a", "SyncToken": None}],
}


@pytest.mark.parametrize("rows", BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_look_concerns_one_invoice(desks: Callable[..., Desk], invoice: Make, rows: list[Any]) -> None:
    desk = desks(tamper=OfSomeCustomers(r"WHERE DisplayName LIKE '[^']*2[^']*'", rows))
    desk.connect()
    desk.predicts = False
    ask(desk, invoice)
    desk.drain()
    shown = [dict(found.tags) for place in (1, 2, 3) if (found := desk.host.invoice(f"INV-{place}"))]
    assert ["Copied to QuickBooks" in each for each in shown] == [True, False, True]
    status = desk.application.status()
    assert (status.held, status.waiting, status.stopped_reason) == (1, 0, "")
    assert "what it answered of its Customer" in desk.shown("INV-2").notes["quickbooks"]


@pytest.mark.parametrize("rows", BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_list_that_cannot_be_read_keeps_no_invoice(
    desks: Callable[..., Desk], invoice: Make, rows: list[Any]
) -> None:
    """A process with much to do reads all customers beforehand; without them it asks for those that it needs."""
    desk = desks(tamper=OfSomeCustomers("WHERE Active IN", rows))
    desk.connect()
    desk.predicts = False
    for _ in range(OFTEN):
        desk.application.time_slice(timedelta(minutes=5))
    ask(desk, invoice)
    work(desk)
    right(desk)
    assert desk.application.status().held == 0


def test_what_was_given_up_and_cannot_be_read_holds_its_invoice_alone(
    desk: Desk, invoice: Make, tampering: Tampering
) -> None:
    """A person tries again what is unreadable still: others go on, payments are looked for, nothing is made twice."""
    tampering.change, tampering.left, tampering.writes = only("2042", CustomerRef=7), None, False
    ask(desk, invoice)
    work(desk)
    assert desk.application.ledger.outbox.given_up(desk.sandbox.realm_id, ["INV-2"])
    [held] = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))
    assert desk.application.retry(held.id)
    assert desk.copy(invoice(id="INV-4", number="2044")).outcome == "copied"
    [held] = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))
    assert "whether it was done is not known" in held.reason and "queue retry" in held.reason
    tampering.change = None
    assert desk.application.retry(held.id)
    work(desk)
    assert sorted(each["DocNumber"] for each in desk.invoices()) == [*NUMBERS, "2044"]
    assert desk.application.status().held == 0


def test_what_no_ledger_takes_is_replaced(desk: Desk, invoice: Make, tampering: Tampering) -> None:
    tampering.change, tampering.left, tampering.writes = _named("Har\x00bor \ud800 \x1b[31m"), None, False
    outcome = desk.copy(invoice())
    assert outcome.outcome == "copied", outcome.reason
    assert len(desk.invoices()) == 1


def _named(name: str) -> Change:
    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            found = {key: changed(each) for key, each in value.items()}
            return {**found, "GivenName": name, "Notes": name} if "DisplayName" in found else found
        return [changed(each) for each in value] if isinstance(value, list) else value

    return changed


def undated(value: Any) -> Any:
    """Every payment without its day."""
    if isinstance(value, dict):
        return {
            key: [{**row, "TxnDate": None} for row in each] if key == "Payment" else undated(each)
            for key, each in value.items()
        }
    return [undated(each) for each in value] if isinstance(value, list) else value


def test_a_payment_that_cannot_be_read_keeps_nothing_else(desk: Desk, invoice: Make, tampering: Tampering) -> None:
    outcome = desk.copy(invoice())
    desk.application.bring_payments()
    looked = desk.application.status().last_payment_look_at
    desk.sandbox.pay({outcome.qbo_id: "40.00"})
    (qbo_id,) = [row["Id"] for row in desk.sandbox.list("Payment") if row["TotalAmt"] == 40]
    desk.sandbox.edit("Invoice", outcome.qbo_id, {"DocNumber": "9999"})
    tampering.change, tampering.left, tampering.writes = undated, None, False
    with pytest.raises(Unreadable, match=f"Payment {qbo_id} cannot be read"):
        desk.application.bring_payments()
    assert len(desk.application.changes()) == 1, "the edit is seen"
    assert desk.application.status().last_payment_look_at == looked, "the alert on old looks comes"
    [error] = desk.application.status().errors
    assert (error["what"], error["count"], "Unreadable at plugin/" in error["error"]) == ("payments", 1, True)
    assert desk.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    desk.clock.sleep(3600)
    tampering.change = None
    assert [str(each.amount) for each in desk.application.bring_payments()] == ["40.00 USD"]
    assert desk.application.status().last_payment_look_at != looked
    assert desk.application.status().errors == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"memo": "a\x00b"}, "memo"),
        ({"number": "20\ud80041"}, "number"),
        ({"lines": [{"id": "1", "amount": "1.00"}, {"id": "2", "description": "\x0b"}]}, r"lines\[1\].description"),
        ({"customer": {"id": "C-7", "name": "Blue\x1b[31m"}}, "customer.name"),
    ],
)
def test_text_that_nobody_can_keep_is_refused_by_the_hook(
    us: Desk, invoice: Make, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValueError, match=f"{field}: (on line 2, )?character [0-9]+ is U\\+[0-9A-F]+"):
        us.application.send(invoice(**change), "Ada")
    with pytest.raises(ValueError, match=r"user: character 2 is U\+0000, a control character"):
        us.application.send(invoice(), "A\x00da")
    assert us.copy(invoice()).outcome == "copied"


def test_names_come_in_one_normal_form(us: Desk, invoice: Make) -> None:
    apart = invoice(customer={"id": "C-9", "name": "Cafe\u0301 Nord"})
    assert us.copy(apart).outcome == "copied"
    assert len(us.sandbox.list("Customer", "DisplayName = 'Caf\u00e9 Nord'")) == 1
