"""A command of the host that comes while an invoice is under way: what was recorded before a request counts for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug import Request, Response

from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]


def look_up(request: Request) -> bool:
    return request.path.endswith("/batch") and b"select" in request.get_data().lower()


def create(request: Request) -> bool:
    return request.method == "POST" and request.path.endswith("/invoice")


def mail(request: Request) -> bool:
    return request.method == "POST" and request.path.endswith("/send")


DURING = {each.__name__: each for each in (look_up, create)}


class Meanwhile:
    """Does something, once, while QuickBooks answers a request of this kind for `desk`."""

    def __init__(self, during: str, does: Callable[[Desk], object]) -> None:
        self._during, self._does = {**DURING, "mail": mail}[during], does
        self.desk: Desk | None = None
        self.seen = False

    def __call__(self, request: Request, answered: Response) -> Response:
        if self.desk is not None and not self.seen and self._during(request):
            self.seen = True
            self._does(self.desk)
        return answered


def void(desk: Desk) -> None:
    desk.host.void("INV-1", ADMIN)


def delete(desk: Desk) -> None:
    desk.host.delete("INV-1", ADMIN)


def draft(desk: Desk) -> None:
    desk.host.reopen("INV-1", ADMIN)


def edit(desk: Desk) -> None:
    """As a host does that lets people edit an Open invoice."""
    invoice = desk.host.read_invoice("INV-1")
    assert invoice is not None
    line = {**invoice["lines"][0], "quantity": "1", "unit_price": "300.00", "amount": "300.00"}
    others = {name: each for name, each in invoice.items() if name not in ("subtotal", "taxes", "discounts", "charges")}
    desk.host.save({**others, "lines": [line], "total": "300.00"})
    desk.host.plugins.hook.on_invoice_changed(invoice=desk.host.read_invoice("INV-1"), change="edited")


def edit_as_draft(desk: Desk) -> None:
    edit(desk)
    desk.host.reopen("INV-1", ADMIN)
    desk.host.open_invoice("INV-1", ADMIN)


def edit_and_copy(desk: Desk) -> None:
    edit(desk)
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)


def edit_and_send(desk: Desk) -> None:
    edit(desk)
    assert desk.host.send("INV-1", ADMIN)


UnderWay = Callable[[str, Callable[[Desk], object]], tuple[Desk, Meanwhile]]


@pytest.fixture
def under_way(desks: Callable[..., Desk], invoice: Make) -> UnderWay:
    """A send that was requested; something happens while QuickBooks answers."""

    def make(during: str, does: Callable[[Desk], object]) -> tuple[Desk, Meanwhile]:
        meanwhile = Meanwhile(during, does)
        desk = desks(tamper=meanwhile)
        desk.connect()
        assert desk.copy(invoice(id="INV-0", number="2040")).outcome == "copied"
        desk.predicts = False
        desk.save(invoice())
        assert desk.host.send("INV-1", ADMIN)
        desk.calls()
        meanwhile.desk = desk
        return desk, meanwhile

    return make


def mails(desk: Desk) -> int:
    return sum(bool(re.search("/send([?]|$)", each)) for each in desk.calls())


def copies(desk: Desk) -> list[dict[str, Any]]:
    return [each for each in desk.invoices() if each["DocNumber"] == "2041"]


@pytest.mark.parametrize("does", [void, delete, draft])
def test_what_was_withdrawn_during_the_look_up_is_not_written(
    under_way: UnderWay, does: Callable[[Desk], object]
) -> None:
    desk, meanwhile = under_way("look_up", does)
    assert desk.drain() == []
    assert meanwhile.seen and copies(desk) == [] and mails(desk) == 0
    assert desk.application.ledger.queue.open_of(desk.sandbox.realm_id, "INV-1") == []
    shown = desk.host.invoice("INV-1")
    assert shown is None or (shown.tags, shown.notes) == ({}, {})


@pytest.mark.parametrize("does", [void, delete])
def test_what_was_withdrawn_during_its_copy_is_not_e_mailed(
    under_way: UnderWay, does: Callable[[Desk], object]
) -> None:
    desk, meanwhile = under_way("create", does)
    [outcome] = desk.drain()
    assert meanwhile.seen and outcome.outcome == "copied" and "not e-mailed" in outcome.reason
    assert len(copies(desk)) == 1 and mails(desk) == 0
    [entry] = desk.application.ledger.queue.open_of(desk.sandbox.realm_id, "INV-1")
    assert (entry.action, entry.state) == ("voided" if does is void else "deleted", "held")


@pytest.mark.parametrize("during", DURING)
def test_an_edit_meanwhile_is_in_the_one_e_mail(under_way: UnderWay, during: str) -> None:
    desk, meanwhile = under_way(during, edit)
    outcomes = [(each.outcome, each.reason) for each in (*desk.drain(), *desk.drain())]
    assert meanwhile.seen and outcomes[-1] == ("sent", ""), outcomes
    [copy] = copies(desk)
    assert str(copy["TotalAmt"]) in ("300.0", "300.00", "300") and copy["EmailStatus"] == "EmailSent"
    assert mails(desk) == 1
    assert desk.drain() == [] and mails(desk) == 0


@pytest.mark.parametrize(("does", "wanted"), [(edit, 1), (edit_and_copy, 1), (edit_and_send, 2)])
def test_what_comes_while_its_e_mail_is_sent_is_e_mailed_only_if_that_is_requested(
    under_way: UnderWay, does: Callable[[Desk], object], wanted: int
) -> None:
    """The row is queued again, as a send, before its outcome is recorded."""
    desk, meanwhile = under_way("mail", does)
    outcomes = [(each.outcome, each.reason) for each in (*desk.drain(), *desk.drain())]
    assert meanwhile.seen and [each for each, _ in outcomes] == ["sent", "updated" if wanted == 1 else "sent"]
    assert ("was of the version before, so that this one is not e-mailed" in outcomes[-1][1]) is (wanted == 1)
    assert [str(each["TotalAmt"]) for each in copies(desk)] == ["300.00"] and mails(desk) == wanted
    assert desk.drain() == []
    again = desk.send(dict(desk.host.read_invoice("INV-1") or {}))
    assert again.outcome == ("sent" if wanted == 1 else "unchanged")


def test_an_edit_as_a_draft_meanwhile_is_a_change_that_was_not_copied(under_way: UnderWay) -> None:
    desk, meanwhile = under_way("create", edit_as_draft)
    desk.drain()
    assert meanwhile.seen and mails(desk) == 0
    [[state]] = desk.host.plugins.hook.invoice_states(invoices=[desk.host.read_invoice("INV-1")])
    assert state.now == "changed"


def test_a_host_may_report_that_it_has_saved_a_tag(us: Desk, invoice: Callable[..., dict[str, Any]]) -> None:
    """As a signal of its database does at every save of the invoice."""
    set_tag, calls = us.host.set_tag, list[str]()

    def saved(invoice_id: str, tag: str, link: str) -> None:
        set_tag(invoice_id, tag, link)
        calls.append(tag)
        us.host.plugins.hook.on_invoice_changed(invoice=us.host.read_invoice(invoice_id), change="edited")

    us.host.set_tag = saved  # type: ignore[method-assign]
    us.save(invoice())
    us.host.send("INV-1", ADMIN)
    assert [each.outcome for each in us.drain()] == ["sent"]
    assert (calls, us.drain(), mails(us)) == (["Sent by QuickBooks"], [], 1)


@pytest.mark.parametrize(
    ("does", "then"), [(edit, []), (edit_and_copy, ["updated"]), (edit_and_send, ["sent"]), (edit_as_draft, [])]
)
def test_what_comes_while_one_more_e_mail_is_sent_is_separate_from_it(
    under_way: UnderWay, does: Callable[[Desk], object], then: list[str]
) -> None:
    """The e-mail is of the version before; what was asked for since is done as if it had come afterwards."""
    desk, meanwhile = under_way("mail", does)
    meanwhile.desk = None
    assert [each.outcome for each in desk.drain()] == ["sent"]
    desk.calls()
    desk.clock.sleep(3600)
    assert desk.application.resend("INV-1", "berta")
    meanwhile.desk = desk
    outcomes = [(each.outcome, each.reason) for each in (*desk.drain(), *desk.drain())]
    assert meanwhile.seen and [each for each, _ in outcomes] == ["sent", *then], outcomes
    assert outcomes[0][1].endswith("berta has asked for one more e-mail.")
    assert mails(desk) == (2 if then == ["sent"] else 1) and desk.drain() == []
    assert desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("todo", "held")) == []
    [[state]] = desk.host.plugins.hook.invoice_states(invoices=[desk.host.read_invoice("INV-1")])
    assert state.now == ("" if then else "changed")
