"""Anything in any order, with trouble and restarts in between: at rest the two sides agree."""

from __future__ import annotations

import copy
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from onedesk_quickbooks.plugin.qbo import QuickBooksProblem
from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.sync.conftest import ADMIN, INVOICE, Desk

TROUBLE = ("answer_lost", "cut", "http_502", "throttled", "token_refused", "malformed_json", "xml", "system_failure")
NUMBERS = st.integers(min_value=1, max_value=4)


class TwoSides(RuleBasedStateMachine):
    """The host and QuickBooks, with the plugin between them."""

    def __init__(self) -> None:
        super().__init__()
        self.sends: Counter[str] = Counter()
        self.asked: set[str] = set()  # invoices whose present version a person asked to copy or send

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

    # What people and the world do

    @rule(n=NUMBERS, price=st.integers(min_value=1, max_value=9), customer=st.integers(min_value=1, max_value=2))
    def write(self, n: int, price: int, customer: int) -> None:
        """A new invoice, or one that goes back to Draft and is edited."""
        invoice = self._invoice(n, price, customer)
        known = self.desk.host.invoice(invoice["id"])
        if known is not None and known.payments:
            return  # a person does not change what was paid
        self.desk.save(invoice)
        self.asked.discard(invoice["id"])

    @rule(n=NUMBERS)
    def ask_for_a_copy(self, n: int) -> None:
        if self._open(n):
            self.asked.add(f"INV-{n}")
            self.desk.host.act(f"INV-{n}", "quickbooks.copy", ADMIN)

    @rule(n=NUMBERS)
    def ask_to_send(self, n: int) -> None:
        if self._open(n):
            self.asked.add(f"INV-{n}")
            self.sends[f"INV-{n}"] += 1
            self.desk.host.send(f"INV-{n}", ADMIN)

    @rule()
    def work(self) -> None:
        self.desk.bridge.drain()

    @rule()
    def bring_payments(self) -> None:
        try:
            self.desk.bridge.bring_payments()
        except QuickBooksProblem as problem:
            assert str(problem)

    @rule()
    def restart(self) -> None:
        self.desk.restart()

    @rule(n=NUMBERS, whole=st.booleans())
    def the_customer_pays(self, n: int, whole: bool) -> None:
        for row in self._ours(n):
            if row["Balance"] > 0:
                amount = row["Balance"] if whole else min(row["Balance"], Decimal("3.00"))
                self.sandbox.pay({row["Id"]: amount})

    @rule(n=NUMBERS)
    def the_bookkeeper_voids_a_payment(self, n: int) -> None:
        for row in self._ours(n):
            for link in row.get("LinkedTxn", ()):
                if link["TxnType"] == "Payment":
                    self.sandbox.void("Payment", link["TxnId"])
                    return

    @precondition(lambda self: len(self.sandbox.trouble.state()) < 3)
    @rule(fault=st.sampled_from(TROUBLE), path=st.sampled_from(["", "batch", "invoice", "send", "cdc"]))
    def trouble_comes(self, fault: str, path: str) -> None:
        self.sandbox.trouble.order(fault=fault, path=path, count=1)

    @rule()
    def time_passes(self) -> None:
        self.desk.clock.sleep(120)

    # What must be true

    @invariant()
    def never_twice(self) -> None:
        if not hasattr(self, "desk"):
            return
        marks = Counter((row.get("PrivateNote") or "").splitlines()[-1] for row in self.desk.invoices())
        assert all(count == 1 for count in marks.values()), marks
        names = Counter(row["DisplayName"] for row in self.sandbox.list("Customer", "DisplayName LIKE 'Pier %'"))
        assert all(count == 1 for count in names.values()), names

    def rest(self) -> None:
        """The weather clears up, and everything is done."""
        self.sandbox.trouble.clear()
        for _ in range(6):
            self.desk.clock.sleep(600)
            self.desk.bridge.drain()
        self.desk.bridge.bring_payments()

    def agree(self) -> None:
        """Both sides say the same."""
        status = self.desk.bridge.status()
        assert (status.waiting, status.failed, status.stopped_reason) == (0, 0, "")
        assert self.desk.bridge.ledger.intents.unknown(self.sandbox.realm_id) == []
        for row in self.desk.invoices():
            invoice_id = row["PrivateNote"].splitlines()[-1].removeprefix("OneDesk invoice ")
            shown = self.desk.shown(invoice_id)
            if invoice_id in self.asked:
                assert shown.json["total"] == f"{row['TotalAmt']:.2f}", invoice_id
                assert shown.balance.amount == row["Balance"], invoice_id
            paid = sum((each.amount.amount for each in shown.payments if not each.reversed), Decimal(0))
            assert paid == row["TotalAmt"] - row["Balance"], (invoice_id, paid, row["TotalAmt"], row["Balance"])
        mails = Counter(mail["to"] for mail in self.sandbox.outbox())
        assert sum(mails.values()) <= sum(self.sends.values())

    def _ours(self, n: int) -> list[dict[str, Any]]:
        mark = f"OneDesk invoice INV-{n}"
        return [row for row in self.desk.invoices() if mark in row["PrivateNote"].splitlines()]

    def _open(self, n: int) -> bool:
        found = self.desk.host.invoice(f"INV-{n}")
        return found is not None and found.status == "open"

    @staticmethod
    def _invoice(n: int, price: int, customer: int) -> dict[str, Any]:
        invoice = copy.deepcopy(INVOICE)
        invoice["customer"] = {**invoice["customer"], "id": f"C-{customer}", "name": f"Pier {customer}"}
        lines = [{"id": "1", "service_type": f"Work {price % 3}", "amount": f"{price}.00"}]
        total = f"{price}.00"
        return {**invoice, "id": f"INV-{n}", "number": f"N{n}", "lines": lines, "subtotal": total, "total": total}


TestTwoSides = TwoSides.TestCase
TestTwoSides.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
