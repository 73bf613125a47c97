"""Anything in any order, with injected faults, deaths and restarts in between: at rest the two sides agree."""

from __future__ import annotations

import copy
import os
import tempfile
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from onedesk_quickbooks.plugin.host import HostInvoice
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem
from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.sync.conftest import ADMIN, INVOICE, Desk
from tests.sync.faults import AT_ONCE
from tests.sync.mortal import Died, Mortal
from tests.sync.payments.conftest import credit, credit_memo

NUMBERS = st.integers(min_value=1, max_value=3)
COPIED, SENT = "Copied to QuickBooks", "Sent by QuickBooks"


class TwoSides(RuleBasedStateMachine):
    """The host and QuickBooks, with the plugin between them."""

    def __init__(self) -> None:
        super().__init__()
        self.sends: Counter[str] = Counter()
        self.asked: set[str] = set()  # invoices whose present version a person asked to copy or send
        self.to_send: set[str] = set()  # of those, the ones that were to be sent
        self.theirs: dict[str, str] = {}  # what the bookkeeper wrote into an invoice, and nobody may write over unasked
        self.touched: set[str] = set()  # invoices that the bookkeeper changed in any way
        self.words = count(1)

    @initialize()
    def connect(self) -> None:
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.sandbox = Sandbox(SandboxOptions(company="us"))
        self.server = Server(self.sandbox)
        self.server.start()
        home = Path(self.folder.name)
        given = self.sandbox.credentials(self.server.base_url)
        chosen = {key: given[key] for key in ("client_id", "client_secret", "verifier_token")}
        write_settings(home, {"environment": "local", "base_url": self.server.base_url, **chosen})
        self.desk = Desk(home, self.sandbox, self.server.base_url)
        self.desk.connect()
        self._some_life()

    def _some_life(self) -> None:
        """Not everything begins with nothing: one invoice is copied and paid in part, another sent."""
        self.ask(1, "copy", 0, 0)
        self.ask(2, "send", 0, 0)
        self._work(payments=False)
        self.the_customer(0, "pays a part")
        self._work(payments=True)

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        try:
            self.rest()
            self.agree()
        finally:
            self.desk.host.close()
            self.server.stop()
            self.sandbox.close()
            self.folder.cleanup()

    # What the host's people do

    @rule(
        n=NUMBERS,
        action=st.sampled_from(["copy", "send"]),
        price=st.integers(min_value=0, max_value=9),
        customer=st.integers(min_value=1, max_value=2),
    )
    def ask(self, n: int, action: str, price: int, customer: int) -> None:
        """For a copy or a send; with a price of what is written for the first time, or back in Draft and edited."""
        if price:
            self._write(n, price, customer)
        self._open_it(n)
        if not self._open(n):
            return
        self.asked.add(f"INV-{n}")
        if action == "copy":
            self.desk.host.act(f"INV-{n}", "quickbooks.copy", ADMIN)
            return
        self.to_send.add(f"INV-{n}")
        self.sends[f"INV-{n}"] += 1
        self.desk.host.send(f"INV-{n}", ADMIN)

    @rule(n=NUMBERS, void=st.sampled_from([False, False, True]))
    def take_back(self, n: int, void: bool) -> None:
        """To Draft, and leave it there; or for good, where nobody has paid."""
        known = self._shown(n)
        if not void:
            self._back(n)
        elif known is not None and not known.payments and not self._paid(n):
            self._forget(n)
            self.desk.host.void(f"INV-{n}", ADMIN)

    @rule(keep=st.sampled_from(["quickbooks", "onedesk"]))
    def decide(self, keep: str) -> None:
        """Whose version stays, of whatever the bookkeeper changed."""
        for work in self.desk.application.changes():
            with suppress(CannotDecide, QuickBooksProblem):
                self.desk.application.settle_change(work.id, keep, ADMIN)
                if keep == "onedesk":
                    self.theirs.pop(work.od_invoice_id, None)

    # What QuickBooks' people do

    @rule(n=NUMBERS, action=st.sampled_from(["pays", "pays a part", "voids a payment", "deletes a payment", "credit"]))
    def the_customer(self, n: int, action: str) -> None:
        """Pays, by money or with a credit memo beside it; or the payment comes to nothing."""
        if action == "credit":
            for row in self._one_of(n, [row for row in self.desk.invoices() if row["Balance"] > 1]):
                memo = credit_memo(self.desk, row["Id"], "1.00", "")
                credit(self.desk, row["Id"], memo, "2.00", used="1.00", total="1.00")
            return
        if action.startswith("pays"):
            for row in self._one_of(n, [row for row in self.desk.invoices() if row["Balance"] > 0]):
                amount = row["Balance"] if action == "pays" else min(row["Balance"], Decimal("3.00"))
                self.sandbox.pay({row["Id"]: amount})
            return
        links = [link for row in self.desk.invoices() for link in row.get("LinkedTxn", ())]
        for link in self._one_of(n, [link for link in links if link["TxnType"] == "Payment"]):
            undo = self.sandbox.void if action == "voids a payment" else self.sandbox.delete
            undo("Payment", link["TxnId"])

    @rule(
        n=NUMBERS,
        action=st.sampled_from(["edits", "edits", "edits", "deposit", "renames the customer", "voids", "deletes"]),
    )
    def the_bookkeeper(self, n: int, action: str) -> None:
        """Does something to an invoice of ours behind our back."""
        for row in self._one_of(n, [row for row in self.desk.invoices() if row["TotalAmt"] > 0]):
            invoice_id = _id_of(row)
            if action == "deposit":
                entered = min(row["Balance"] + row.get("Deposit", 0), Decimal(n % 3))  # 0 takes it away
                self.sandbox.edit("Invoice", row["Id"], {"Deposit": entered})
            elif action == "edits":
                self.touched.add(invoice_id)
                self.theirs[invoice_id] = f"Word {next(self.words)}"
                self.sandbox.edit("Invoice", row["Id"], {"CustomerMemo": {"value": self.theirs[invoice_id]}})
            elif action == "renames the customer":
                of = row["CustomerRef"]["value"]
                self.sandbox.edit("Customer", of, {"DisplayName": f"Pier as of {next(self.words)}"})
            elif not row.get("LinkedTxn"):
                self.touched.add(invoice_id)
                self.theirs.pop(invoice_id, None)
                undo = self.sandbox.delete if action == "deletes" else self.sandbox.void
                undo("Invoice", row["Id"])

    # What the plugin does, and what befalls it

    @rule(payments=st.booleans(), dies_at=st.integers(min_value=-16, max_value=16))
    def work(self, payments: bool, dies_at: int) -> None:
        """Of the company queue, or for payments. Every other time the process dies on the way, if it gets that far;
        then all is made again on the same files."""
        if dies_at <= 0:
            self._work(payments)
            return
        with Mortal(self.desk.application.session, dies_at), suppress(Died):
            self._work(payments)
        self.desk.restart()

    def _work(self, payments: bool) -> None:
        if not payments:
            self.desk.drain()
            return
        try:
            self.desk.application.bring_payments()
        except QuickBooksProblem as problem:
            assert str(problem)

    @rule()
    def restart(self) -> None:
        self.desk.restart()

    @precondition(lambda self: len(self.sandbox.faults.state()) < 3)
    @rule(fault=st.sampled_from(sorted(AT_ONCE)), path=st.sampled_from(["", "batch", "invoice", "send", "cdc"]))
    def inject_fault(self, fault: str, path: str) -> None:
        self.sandbox.faults.inject(**AT_ONCE[fault], path=path, method="" if path in ("", "cdc") else "POST")

    @rule()
    def time_passes(self) -> None:
        self.desk.clock.sleep(120)

    # What must be true

    @invariant()
    def never_twice(self) -> None:
        if not hasattr(self, "desk"):
            return
        marks = Counter(map(_id_of, self.desk.invoices()))
        assert all(count == 1 for count in marks.values()), marks
        names = [row["DisplayName"] for row in self.sandbox.list("Customer", "DisplayName LIKE 'Pier %'")]
        assert len(names) <= 2, names
        mails = Counter(mail["doc_number"] for mail in self.sandbox.outbox())
        assert all(count <= self.sends[f"INV-{number[1:]}"] for number, count in mails.items()), mails
        for invoice_id, word in self.theirs.items():
            for row in self._ours(int(invoice_id[4:])):
                assert row["CustomerMemo"]["value"] == word, f"{invoice_id} was written over"

    def rest(self) -> None:
        """The weather clears up, and everything is done."""
        self.sandbox.faults.clear()
        for _ in range(6):
            self.desk.clock.sleep(600)
            self.desk.drain()
        self.desk.application.bring_payments()
        self.desk.drain()

    def agree(self) -> None:
        """Both sides say the same, or somebody sees why not."""
        status = self.desk.application.status()
        assert (status.waiting, status.failed, status.stopped_reason) == (0, 0, "")
        assert self.desk.application.ledger.outbox.unknown(self.sandbox.realm_id) == []
        held = {
            work.od_invoice_id
            for work in self.desk.application.ledger.queue_lists.in_states(self.sandbox.realm_id, ("held",))
        }
        for invoice_id in held:
            assert any(self.desk.shown(invoice_id).notes.values()), f"nobody sees why {invoice_id} is held"
        for n in range(1, 4):
            shown, rows = self._shown(n), self._ours(n)
            if shown is not None:
                self._agree(shown, rows, held)
        self.never_twice()

    def _agree(self, shown: HostInvoice, rows: list[dict[str, Any]], held: set[str]) -> None:
        """One invoice: its payments always, the rest where its present version was asked for and nobody interfered."""
        for row in rows:
            paid = sum((each.amount.amount for each in shown.payments if not each.reversed), Decimal(0))
            assert paid == row["TotalAmt"] - row["Balance"], (shown.id, paid, row["TotalAmt"], row["Balance"])
            assert len(shown.tags) == 1, (shown.id, shown.tags)
            assert next(iter(shown.tags.values())).endswith(f"txnId={row['Id']}"), (shown.id, shown.tags)
        if shown.id in held or shown.id not in self.asked:
            return
        if shown.id in self.touched:
            assert any(shown.notes.values()) or shown.id not in self.theirs, f"nobody sees {shown.id}"
            return
        (row,) = rows
        assert (shown.json["number"], shown.json["total"]) == (row["DocNumber"], f"{row['TotalAmt']:.2f}"), shown.id
        assert shown.balance.amount == row["Balance"], shown.id
        assert shown.status == ("paid" if row["Balance"] == 0 else "open"), shown.id
        mails = [mail for mail in self.sandbox.outbox() if mail["doc_number"] == shown.json["number"]]
        assert list(shown.tags) in ([COPIED], [SENT]), shown.tags
        # What is Paid before it is sent is not sent, and a note says so.
        says_so = any("It is Paid already" in note for note in shown.notes.values())
        to_send = shown.id in self.to_send and not (shown.status == "paid" and says_so)
        assert list(shown.tags) == [SENT] or not to_send, shown.tags
        assert mails or not to_send, f"{shown.id} was to be sent"
        assert row["EmailStatus"] == ("EmailSent" if mails else "NotSet"), shown.id

    def _forget(self, n: int) -> None:
        self.asked.discard(f"INV-{n}")
        self.to_send.discard(f"INV-{n}")

    def _write(self, n: int, price: int, customer: int) -> None:
        """What was paid or is void is changed by nobody."""
        known = self._shown(n)
        if known is None or not (known.payments or known.status == "void"):
            self._back(n)
            self.desk.save(self._invoice(n, price, customer))

    def _open_it(self, n: int) -> None:
        """A draft, or what nobody has written yet."""
        known = self._shown(n)
        if known is None:
            self.desk.save(self._invoice(n, n + 4, n % 2 + 1))
        elif known.status == "draft":
            self.desk.host.open_invoice(f"INV-{n}", ADMIN)

    def _back(self, n: int) -> None:
        if self._open(n):
            self._forget(n)
            self.desk.host.reopen(f"INV-{n}", ADMIN)

    def _shown(self, n: int) -> HostInvoice | None:
        return self.desk.host.invoice(f"INV-{n}")

    def _ours(self, n: int) -> list[dict[str, Any]]:
        mark = f"OneDesk invoice INV-{n}"
        return [row for row in self.desk.invoices() if mark in row["PrivateNote"].splitlines()]

    def _paid(self, n: int) -> bool:
        return any(row["TotalAmt"] != row["Balance"] for row in self._ours(n))

    def _open(self, n: int) -> bool:
        found = self._shown(n)
        return found is not None and found.status == "open"

    @staticmethod
    def _one_of(n: int, some: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The n-th of them, counted round; none where there are none."""
        return [some[n % len(some)]] if some else []

    @staticmethod
    def _invoice(n: int, price: int, customer: int) -> dict[str, Any]:
        invoice = copy.deepcopy(INVOICE)
        invoice["customer"] = {**invoice["customer"], "id": f"C-{customer}", "name": f"Pier {customer}"}
        lines = [{"id": "1", "service_type": f"Work {price % 3}", "amount": f"{price}.00"}]
        total = f"{price}.00"
        return {**invoice, "id": f"INV-{n}", "number": f"N{n}", "lines": lines, "subtotal": total, "total": total}


def _id_of(row: dict[str, Any]) -> str:
    """The host's id of one of QuickBooks' invoices that is ours."""
    return str(row["PrivateNote"].splitlines()[-1].removeprefix("OneDesk invoice "))


TestTwoSides = TwoSides.TestCase
SEARCHING = "CRASH_EVERY" in os.environ
"""`make crash` looks for new stories; `make test` tells the same ones each time."""
TestTwoSides.settings = settings(
    max_examples=300 if SEARCHING else 8,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=not SEARCHING,
)
