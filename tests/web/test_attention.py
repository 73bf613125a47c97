"""The page "Needs attention": what it shows, what its buttons do, what asks first."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from html import unescape
from typing import TYPE_CHECKING

import pytest

from onedesk_quickbooks.plugin.model.host_payment import payment_key
from onedesk_quickbooks.plugin.ops.attention import Attention, Cause, Item
from onedesk_quickbooks.plugin.ops.causes import FINANCIALS
from tests.web.conftest import Host

if TYPE_CHECKING:
    from tests.web.conftest import FakeApp

FORM = {"form_token": "T-1"}
SINCE = datetime(2026, 11, 24, 9, 30, tzinfo=timezone.utc)


def item(entry: int, currency: str = "USD", run: str = "") -> Item:
    named = (entry, f"INV/{entry}", f"20{entry}", f"Line 1 <of> {entry}.\nSecond line.", "100.10", currency)
    return Item(*named, SINCE, run, "Larkspur", "C 1", "48")


def cause(*items: Item, kind: str = "held", offers: tuple[str, ...] = ("retry", "drop"), why: str = "") -> Cause:
    place = FINANCIALS if kind == "held" else ""
    return Cause(f"{kind}/x", kind, "no income account chosen", place, why, items, offers)


def text_of(page: str) -> str:
    """The page's words, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_causes_are_counted_summed_by_currency_and_lead_to_their_remedy(host: Host, application: FakeApp) -> None:
    application.needing = Attention((cause(*map(item, range(41, 44)), item(50, "EUR")), cause(item(60), why="All.")), 7)
    host.environ = {"onedesk.invoice_page": "/desk/{id}", "onedesk.customer_page": "/who/{id}"}
    page = host.call("GET", "/attention", user="ada").text
    words = text_of(page)
    assert "4 invoices: no income account chosen" in words and "1 invoice: no income account chosen" in words
    assert "100.10 EUR 300.30 USD" in words and "7 more are not shown here" in words
    assert "Needs attention 12" in words
    for part in ('href="/desk/INV%2F41"', 'href="/who/C%201"', 'href="https://books.test/48"', 'href="/office/money"'):
        assert part in page, part
    assert "Line 1 &lt;of&gt; 41.\nSecond line." in page
    assert f'<time datetime="{SINCE.isoformat()}">2026-11-24 09:30 UTC</time>' in page


def test_a_host_that_does_not_say_where_its_pages_are_gets_no_links_to_them(host: Host, application: FakeApp) -> None:
    application.needing = Attention((cause(item(41)),))
    page = host.call("GET", "/attention", user="ada").text
    assert "2041" in page and "INV%2F41" not in page and 'href=""' not in page


def test_nothing_needs_anybody(host: Host) -> None:
    page = host.call("GET", "/attention", user="ada")
    assert (page.status_code, "Nothing needs attention" in page.text) == (200, True)


def test_what_is_ticked_is_tried_again_and_the_page_says_how_many(host: Host, application: FakeApp) -> None:
    application.needing = Attention((cause(item(41), item(42), item(43)),))
    done = host.call("POST", "/attention", user="ada", data={**FORM, "do": "retry", "entry": ["41", "43", "99", "x"]})
    assert application.asked == [("retry", "41", "43", "ada")], "what is not in the list is not touched"
    assert done.status_code == 303
    page = host.call("GET", done.headers["Location"].removeprefix("/quickbooks"), user="ada").text
    assert 'role="status">2 invoices are queued again.' in page
    host.call("POST", "/attention", user="ada", data={**FORM, "do": "retry"})
    again = host.call("POST", "/attention", user="ada", data={**FORM, "do": "retry", "entry": "99"})
    assert len(application.asked) == 1
    page = host.call("GET", again.headers["Location"].removeprefix("/quickbooks"), user="ada").text
    assert 'role="status">What was selected does not wait for a person any more, so nothing was done.' in page
    assert "Nothing was selected" in host.call("GET", "/attention?done=none", user="ada").text
    assert "role=" not in host.call("GET", "/attention?done=<x>&count=9", user="ada").text


def payment(entry: int) -> Item:
    return item(entry)._replace(od_id=payment_key(f"P{entry}"))


@pytest.mark.parametrize(
    ("ticked", "said"),
    [
        ("41 51", "1 invoice is queued again. 1 payment is queued again."),
        ("51 52", "2 payments are queued again."),
        ("41 51 53", "1 invoice is queued again. 1 payment is queued again. 1 selected entry was settled meanwhile."),
        ("51 42 53", "1 payment is queued again. 2 selected entries were settled meanwhile."),
        ("41 99", "1 invoice is queued again. 1 selected entry was settled meanwhile."),
        ("42", "1 selected entry was settled meanwhile."),
        ("43", "0 invoices are queued again."),
    ],
)
@pytest.mark.parametrize("do", ["retry", "drop"])
def test_payments_and_what_somebody_has_settled_meanwhile_are_counted_apart(
    host: Host, application: FakeApp, ticked: str, said: str, do: str
) -> None:
    """42 and 53 are settled while the button is pressed, 99 was before, and 43 still waits."""
    application.needing = Attention((cause(*map(item, (41, 42, 43))), cause(*map(payment, (51, 52, 53)))))
    application.settled, application.refused = (42, 53), (43,)
    form = {**FORM, "do": do, "entry": ticked.split(), "sure": "yes", "reason": "by phone"}
    done = host.call("POST", "/attention", user="ada", data=form)
    page = host.call("GET", done.headers["Location"].removeprefix("/quickbooks"), user="ada").text
    if do == "drop":
        said = said.replace("is queued again", "was taken out").replace("are queued again", "were taken out")
    assert f'role="status">{said}</p>' in page


@pytest.mark.parametrize(
    ("ticked", "what"),
    [
        ("51", "payment 2051"),
        ("51 52", "2 payments"),
        ("41 51", "1 invoice and 1 payment"),
        ("41 42 51 52", "2 invoices and 2 payments"),
    ],
)
def test_the_question_names_payments(host: Host, application: FakeApp, ticked: str, what: str) -> None:
    application.needing = Attention((cause(*map(item, (41, 42))), cause(*map(payment, (51, 52)))))
    page = host.call("POST", "/attention", user="ada", data={**FORM, "do": "drop", "entry": ticked.split()}).text
    assert f"Take {what} out of the queue?" in text_of(page)


def test_a_payment_is_named_as_one_in_its_row(host: Host, application: FakeApp) -> None:
    """By the box that chooses it, and above the column."""
    application.needing = Attention((cause(item(41)), cause(payment(51))))
    page = host.call("GET", "/attention", user="ada").text
    assert re.findall(r' name="entry" .*aria-label="(.*?)"', page) == ["Invoice 2041", "Payment 2051"]
    assert re.findall(r'Chosen</span></th><th scope="col">(\w+)<', page) == ["Invoice", "Payment"]
    assert re.findall(r'<td data-label="(\w+)"><span>', page) == ["Invoice", "Payment"]


def test_what_is_not_shown_goes_along_where_that_is_ticked(host: Host, application: FakeApp) -> None:
    application.needing = Attention((cause(*map(item, range(1, 61))),))
    page = host.call("GET", "/attention", user="ada").text
    assert page.count('name="entry"') == 50 and "and the 10 that are not shown" in page
    host.call("POST", "/attention", user="ada", data={**FORM, "do": "retry", "entry": "1", "rest": "held/x"})
    assert application.asked == [("retry", "1", *map(str, range(51, 61)), "ada")]


@pytest.mark.parametrize(
    ("kind", "do", "question", "asked"),
    [
        ("held", "drop", "Take invoice 2041 out of the queue?", ("drop", "41", "by hand", "ada")),
        ("withdrawn", "confirm", "Is it done in QuickBooks for invoice 2041?", ("drop", "41", "by hand", "ada")),
        ("changed", "onedesk", "Write OneDesk’s version of invoice 2041 again?", ("settle", "41", "onedesk", "ada")),
        ("changed", "quickbooks", "Keep QuickBooks’ version of invoice 2041?", ("settle", "41", "quickbooks", "ada")),
    ],
)
def test_what_cannot_be_undone_asks_first(
    host: Host, application: FakeApp, kind: str, do: str, question: str, asked: tuple[str, ...]
) -> None:
    application.needing = Attention((cause(item(41), kind=kind, offers=(do,)),))
    first = host.call("POST", "/attention", user="ada", data={**FORM, "do": do, "entry": "41"})
    assert first.status_code == 200 and question in text_of(first.text)
    assert application.asked == []
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', first.text.partition("<main")[2]))
    assert form == {"form_token": "T-1", "sure": "yes", "entry": "41", "do": do}
    done = host.call("POST", "/attention", user="ada", data={**form, "reason": "by hand"})
    assert (done.status_code, application.asked) == (303, [asked])


def test_a_reason_is_wanted_for_what_is_taken_out(host: Host, application: FakeApp) -> None:
    application.needing = Attention((cause(item(41)),))
    again = host.call("POST", "/attention", user="ada", data={**FORM, "do": "drop", "entry": "41", "sure": "yes"})
    assert "Say how it was settled" in again.text and application.asked == []


def test_what_could_not_be_decided_says_why(host: Host, application: FakeApp) -> None:
    application.needing = Attention((cause(item(41), item(42), kind="changed", offers=("quickbooks",)),))
    form = {**FORM, "do": "quickbooks", "entry": ["41", "42"], "sure": "yes"}
    done = host.call("POST", "/attention", user="ada", data=form)
    page = host.call("GET", done.headers["Location"].removeprefix("/quickbooks"), user="ada").text
    assert "version of 1 invoice stays." in page and 'role="alert">It was changed once more since.' in page


def test_what_a_stopped_command_left_goes_on(host: Host, application: FakeApp) -> None:
    left = [item(each, run="r7") for each in (41, 42)]
    application.needing = Attention((cause(*left, kind="stopped", offers=("resume", "drop")),))
    host.call("POST", "/attention", user="ada", data={**FORM, "do": "resume", "entry": ["41", "42"]})
    assert application.asked == [("resume", "r7", "ada")]
    assert "2 entries queued again." in host.call("GET", "/attention?done=resume&count=2&gone=0", user="ada").text


def test_refusals(host: Host, application: FakeApp) -> None:
    application.needing = Attention((cause(item(41)),))
    for user, status in (("", 401), ("gus", 403)):
        assert host.call("GET", "/attention", user=user).status_code == status
        assert host.call("POST", "/attention", user=user, data={**FORM, "do": "retry"}).status_code == status
    assert host.call("POST", "/attention", user="ada", data={"do": "retry", "entry": "41"}).status_code == 400
    assert host.call("POST", "/attention", user="ada", data={**FORM, "do": "burn", "entry": "41"}).status_code == 400
    assert application.asked == []


def test_choosing_an_account_offers_to_try_again_what_waited_for_it(host: Host, application: FakeApp) -> None:
    held = (item(41), item(42))
    waited = Cause("held/no-income-account", "held", "no income account chosen", FINANCIALS, "", held, ())
    application.needing = Attention((waited, cause(item(43))))
    chosen = host.call("POST", "/settings/default_income_account", user="ada", data={**FORM, "value": "79"})
    assert (chosen.status_code, "2 invoices were held: no income account chosen" in text_of(chosen.text)) == (200, True)
    assert re.findall(r'name="entry" value="(\d+)"', chosen.text) == ["41", "42"]
    assert 'name="do" value="retry"' in chosen.text and 'action="/quickbooks/attention"' in chosen.text
    none = host.call("POST", "/settings/default_income_account", user="ada", data={**FORM, "value": ""})
    other = host.call("POST", "/settings/default_tax_code", user="ada", data={**FORM, "value": "79"})
    assert [none.status_code, other.status_code] == [303, 303]
