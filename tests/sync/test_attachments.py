"""The host's files at QuickBooks' invoice, by rule: each once, before the e-mail, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from onedesk_quickbooks.hooks import Attachment, NotNow, QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.sync.conftest import ADMIN, Desk
from tests.sync.faults import DONE, NOT_DONE
from tests.sync.test_reinstalled import again

Make = Callable[..., dict[str, Any]]
PDF = b"%PDF-1.4 hours of July"
COUNTRIES = {"us": ("USD", "{otherwise: company_default}"), "gb": ("GBP", "{otherwise: {code: 20.0% S}}")}
"""Currency, and the rules for taxes, of two countries."""


def rules(attachments: str, taxes: str = "{otherwise: company_default}") -> str:
    return f"version: 1\ninvoices: {{attachments: {attachments}}}\ntaxes: {taxes}\n"


@pytest.fixture
def desk(desks: Callable[..., Desk]) -> Desk:
    made = desks(rules=rules("send"))
    made.connect()
    return made


def give(desk: Desk, given: dict[str, Any], *files: tuple[str, bytes]) -> None:
    """The invoice with files, Open."""
    desk.save(given)
    for name, content in files or (("hours.pdf", PDF),):
        desk.host.attach(given["id"], name, content)


def attached(desk: Desk) -> list[tuple[str, int, bool]]:
    """What QuickBooks has: name, size, whether it is sent along."""
    rows = desk.sandbox.list("Attachable")
    return [(row["FileName"], int(row["Size"]), row["AttachableRef"][0]["IncludeOnSend"]) for row in rows]


def ask(desk: Desk, action: str) -> Any:
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN) if action == "copy" else desk.host.send("INV-1", ADMIN)
    return desk.outcome("INV-1")


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize(("rule", "along"), [("keep", False), ("send", True)])
def test_a_file_is_attached_before_the_email(
    desks: Callable[..., Desk], invoice: Make, country: str, rule: str, along: bool
) -> None:
    currency, taxes = COUNTRIES[country]
    desk = desks(country, rules=rules(rule, taxes))
    desk.connect()
    taxed = {"total": "372.00", "taxes": [{"rate": "20", "amount": "62.00"}]} if country == "gb" else {}
    given = invoice(currency=currency, **taxed)
    give(desk, given, ("hours.pdf", PDF), ("Zürich.TXT", b"x"))
    plan = desk.application.plan(given, "send")
    assert [(each.name, each.size, each.send) for each in plan.attach] == [  # type: ignore[union-attr]  # it is a Plan
        ("hours.pdf", len(PDF), along),
        ("Zürich.TXT", 1, along),
    ]
    desk.calls()
    came = ask(desk, "send")
    assert (came.outcome, came.reason) == ("sent", "")
    assert attached(desk) == [("hours.pdf", len(PDF), along), ("Zürich.TXT", 1, along)]
    assert [each for each in desk.calls() if "upload" in each or "send" in each] == [
        "POST upload",
        "POST upload",
        f"POST invoice/{came.qbo_id}/send",
    ]
    [mail] = desk.sandbox.outbox()
    assert [each["name"] for each in mail["attachments"]] == (["hours.pdf", "Zürich.TXT"] if along else [])
    [first, _] = desk.sandbox.list("Attachable")
    assert first["AttachableRef"][0]["EntityRef"] == {"type": "Invoice", "value": came.qbo_id}
    assert first["Note"].startswith("OneDesk invoice INV-1, file ") and first["ContentType"] == "application/pdf"


def test_without_the_rule_quickbooks_gets_none(us: Desk, invoice: Make) -> None:
    give(us, invoice())
    assert ask(us, "send").outcome == "sent" and attached(us) == []


def test_each_once_and_what_is_new_later(desk: Desk, invoice: Make) -> None:
    give(desk, invoice())
    assert ask(desk, "copy").outcome == "copied"
    assert ask(desk, "copy").outcome == "unchanged"
    desk.host.attach("INV-1", "hours.pdf", PDF)
    assert ask(desk, "copy").outcome == "unchanged", "the same file"
    desk.host.attach("INV-1", "hours.pdf", PDF + b" and August")
    assert ask(desk, "copy").outcome == "updated"
    assert [size for _, size, _ in attached(desk)] == [len(PDF), len(PDF) + 11]
    desk.save(invoice(memo="Newer"))
    assert ask(desk, "send").outcome == "sent" and len(attached(desk)) == 2


def test_a_credit_note_has_its_files(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ninvoices: {negative: credit_memo, attachments: keep}\n")
    desk.connect()
    line = {**invoice()["lines"][0], "quantity": "-2", "amount": "-160.00"}
    give(desk, invoice(lines=[line], subtotal="-160.00", total="-160.00"))
    came = ask(desk, "copy")
    [row] = desk.sandbox.list("Attachable")
    assert row["AttachableRef"][0]["EntityRef"] == {"type": "CreditMemo", "value": came.qbo_id}


@pytest.mark.parametrize(
    ("files", "code", "reason"),
    [
        ([("hours.exe", b"MZ")], "attachment-type", 'does not take the file "hours.exe"'),
        ([("hours", b"x")], "attachment-type", "have it as one of these: ai, csv, doc"),
        ([("empty.pdf", b"")], "attachment-size", 'The file "empty.pdf" has 0 bytes'),
        (
            [("a.pdf", bytes(11_000_000)), ("b.pdf", bytes(11_000_001))],
            "attachment-size",
            "have 22000001 bytes together",
        ),
    ],
)
def test_held_with_nothing_written(
    desk: Desk, invoice: Make, files: list[tuple[str, bytes]], code: str, reason: str
) -> None:
    give(desk, invoice(), *files)
    came = ask(desk, "send")
    assert came.outcome == "held" and reason in came.reason
    [entry] = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))
    assert (entry.outcome or {})["codes"] == [code]
    assert desk.invoices() == [] and attached(desk) == [] and desk.sandbox.outbox() == []


@pytest.mark.parametrize("fault", [*DONE, *NOT_DONE])
def test_whatever_becomes_of_the_request(desk: Desk, invoice: Make, fault: str) -> None:
    """One of each file, and the e-mail after them."""
    give(desk, invoice(), ("a.pdf", PDF), ("b.pdf", PDF + b"b"))
    desk.sandbox.faults.inject(**{**DONE, **NOT_DONE}[fault], path="upload", method="POST", count=1)
    assert desk.host.send("INV-1", ADMIN)
    desk.application.drain(patience=timedelta(0))
    desk.clock.sleep(120)
    desk.drain()
    assert [name for name, *_ in attached(desk)] == ["a.pdf", "b.pdf"]
    assert len(desk.invoices()) == len(desk.sandbox.outbox()) == 1
    assert desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("todo", "held")) == []


def test_a_file_that_quickbooks_refuses_holds_the_email(desk: Desk, invoice: Make) -> None:
    give(desk, invoice())
    desk.predicts = False
    desk.sandbox.faults.inject(fault="refused", code="6000", path="upload", method="POST", count=1)
    came = ask(desk, "send")
    assert came.outcome == "held" and 'Copied, not e-mailed: the file "hours.pdf" was not attached.' in came.reason
    assert desk.sandbox.outbox() == []
    assert ask(desk, "send").outcome == "sent" and len(attached(desk)) == 1


def test_with_the_ledger_lost_a_file_is_known_by_our_note(desk: Desk, invoice: Make) -> None:
    give(desk, invoice())
    ask(desk, "copy")
    again(desk)
    ask(desk, "copy")
    assert len(attached(desk)) == 1


class Odd(EmbeddedHost):
    """A host that may fail; `does` says how."""

    does = ""

    def attachments(self, invoice_id: str) -> list[Attachment]:
        if self.does == "list":
            raise RuntimeError("secret")
        if self.does == "not now":
            raise NotNow("the files are away")
        found = super().attachments(invoice_id)
        return [replace(each, id=7) for each in found] if self.does == "number" else found  # type: ignore[arg-type]

    def read_attachment(self, invoice_id: str, attachment_id: str) -> Any:
        if self.does == "read":
            raise RuntimeError("secret")
        found: Any = super().read_attachment(invoice_id, attachment_id)
        if self.does in ("bytearray", "memoryview", "str"):
            return {"bytearray": bytearray, "memoryview": memoryview, "str": str}[self.does](found)
        return None if self.does == "gone" else found and found + b"!" if self.does == "other" else found


@pytest.fixture
def odd(desk: Desk) -> Odd:
    """In the place of the desk's own host."""
    desk.predicts = False
    desk.host.close()
    desk.plugin = QuickBooksPlugin(background=False, now=desk.clock.now, sleep=desk.clock.sleep)
    host = Odd.open(desk.home, plugins=[desk.plugin])
    assert isinstance(host, Odd)
    desk.host = host
    return host


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("read", 'OneDesk could not give the file "hours.pdf" (RuntimeError; the log has more)'),
        ("gone", f'OneDesk does not give the file "hours.pdf" with the {len(PDF)} bytes'),
        ("other", "bytes that it announced. Copy or send it again."),
        ("str", 'OneDesk could not give the file "hours.pdf" (TypeError; the log has more)'),
    ],
)
def test_a_host_that_cannot_give_a_file(desk: Desk, odd: Odd, invoice: Make, does: str, why: str) -> None:
    give(desk, invoice())
    odd.does = does
    came = ask(desk, "send")
    assert came.outcome == "held" and came.reason.startswith("Copied, not e-mailed: ") and why in came.reason
    assert desk.sandbox.outbox() == [] and "secret" not in came.reason
    odd.does = ""
    assert ask(desk, "send").outcome == "sent" and len(attached(desk)) == 1


@pytest.mark.parametrize("does", ["bytearray", "memoryview"])
def test_a_host_that_gives_the_content_as_its_database_does(desk: Desk, odd: Odd, invoice: Make, does: str) -> None:
    give(desk, invoice())
    odd.does = does
    assert ask(desk, "send").outcome == "sent" and attached(desk) == [("hours.pdf", len(PDF), True)]


@pytest.mark.parametrize("does", ["list", "not now", "number"])
def test_a_host_that_cannot_say_which_files_there_are(desk: Desk, odd: Odd, invoice: Make, does: str) -> None:
    """It waits, and is asked again."""
    give(desk, invoice())
    odd.does = does
    assert desk.host.send("INV-1", ADMIN)
    assert desk.application.drain(patience=timedelta(0)) == []
    assert desk.invoices() == [] and "OneDesk c" in desk.application.waiting("INV-1")
    odd.does = ""
    desk.clock.sleep(120)
    assert desk.outcome("INV-1").outcome == "sent" and len(attached(desk)) == 1


def test_a_file_that_is_gone_is_not_asked_for_again(desk: Desk, odd: Odd, invoice: Make) -> None:
    """Of a request that was not answered; the invoice itself stands."""
    give(desk, invoice())
    desk.sandbox.faults.inject(**NOT_DONE["503"], path="upload", method="POST", count=1)
    assert desk.host.send("INV-1", ADMIN)
    desk.application.drain(patience=timedelta(0))
    odd.does = "gone"
    desk.clock.sleep(120)
    desk.application.drain()
    assert attached(desk) == [] and desk.application.ledger.outbox.unknown(desk.sandbox.realm_id) == []
    assert len(desk.invoices()) == 1 and desk.sandbox.outbox() == []
