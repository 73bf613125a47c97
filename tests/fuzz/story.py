"""One company with its plugin, under actions in any order, with the invariants after every run.

`work` calls `plan`, processes the queue and compares: plan and run, plan and books, host and books.
"""

from __future__ import annotations

import atexit
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from onedesk_quickbooks.plugin.host import HostInvoice
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan
from onedesk_quickbooks.plugin.model.plan import Held, Plan, Skipped
from onedesk_quickbooks.plugin.planning.render import plan_json, plan_text
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem
from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.books.currency import set_exchange_rate
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.fuzz.made_up import PLACES, RATES, Json, customers, rules
from tests.support.agreement import MOST, Prediction, no_faults
from tests.support.clock import Clock
from tests.support.trail import unlike
from tests.sync.conftest import Desk

KINDS = ("Customer", "Invoice", "Item", "Payment", "CreditMemo")
MARK = "OneDesk invoice "
CREDIT = "CN-"
"""The prefix of the host's ids of credit notes."""
FIELDS = ("CustomerMemo", "BillEmail", "DocNumber", "DueDate", "Deposit", "ExchangeRate", "TotalAmt", "CustomerRef")
"""The fields that are compared for edits of the bookkeeper."""


class Wrong(Exception):
    """An invariant does not hold."""


class Late(HTTPAdapter):
    """Delays the next writing request until the plugin's timeout; `deliver` sends it."""

    def __init__(self) -> None:
        super().__init__()
        self.holds = False
        self._held: list[requests.PreparedRequest] = []

    @property
    def pending(self) -> bool:
        return self.holds or bool(self._held)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self.holds and request.method == "POST" and "requestid=" in str(request.url):
            self.holds = False
            self._held.append(request.copy())
            raise requests.ReadTimeout("on its way")
        return super().send(request, *args, **kwargs)

    def deliver(self) -> None:
        self.holds = False
        held, self._held = self._held, []
        for each in held:
            super().send(each, timeout=10)


@cache
def _new() -> Path:
    """A data directory with a ledger, whose creation takes longer than many stories."""
    home = Path(tempfile.mkdtemp(prefix="orders-"))
    with Sandbox(SandboxOptions()) as sandbox:
        Desk(home, sandbox, "").host.close()
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


class Story:
    """`close` it. `log` has a line for each event."""

    def __init__(self, seed: int, home: Path) -> None:
        self.any = Random(f"{seed} company")
        self.name = self.any.choice(sorted(PLACES))
        self.place = PLACES[self.name]
        self.rules = rules(self.any, self.place)
        self.customers = customers(self.any, self.place)
        self.log: list[str] = []
        self.mailed: dict[str, str] = {}  # what somebody sent in QuickBooks, by its id: the SyncToken
        self.sends: Counter[str] = Counter()  # how often each number should be e-mailed
        self.theirs: dict[str, Json] = {}  # by the host's id: the bookkeeper's version, never overwritten silently
        self.single: dict[str, AnyWorkPlan] = {}  # the plan for one invoice just before it was requested
        self.one_class = self.place.is_us and Random(f"{seed} class").random() < 0.4  # for a whole invoice
        self.own: dict[str, Decimal] = {}  # payments of the host
        self.deleted: set[str] = set()  # in OneDesk, where the id may have been reused
        self.unseen: dict[str, Json] = {}  # edited in QuickBooks while the host's notes are unchanged
        self.late = Late()
        self._begin(home)
        self.note(f"{self.name}: rules {json.dumps(self.rules)}")

    def _begin(self, home: Path) -> None:
        clock = Clock(datetime(2026, 11, 27, 9, tzinfo=timezone.utc), timedelta(milliseconds=20))
        currency = self.place.home
        self.sandbox = Sandbox(SandboxOptions(company=self.place.edition, currency=currency, clock=clock.now))
        self.server = Server(self.sandbox)
        self.server.start()
        shutil.copytree(_new(), home, dirs_exist_ok=True)
        given = self.sandbox.credentials(self.server.base_url)
        chosen = {key: given[key] for key in ("client_id", "client_secret", "verifier_token")}
        write_settings(home, {"environment": "local", "base_url": self.server.base_url, **chosen})
        self._path = home / "rules.yaml"
        self.write_rules()
        self.desk = Desk(home, self.sandbox, self.server.base_url, clock)
        self.desk.predicts = False  # `work` does
        self._mount()
        if self.place.automated:
            self.setting(TaxPrefs={"UsingSalesTax": True, "PartnerTaxEnabled": True})
        if self.one_class:
            self.setting(AccountingInfoPrefs={"ClassTrackingPerTxn": True, "ClassTrackingPerTxnLine": False})
        for code, rate in RATES.items() if self.place.abroad else ():
            body = {"SourceCurrencyCode": code, "Rate": Decimal(rate), "AsOfDate": "2026-11-01"}
            self.sandbox.change(partial(set_exchange_rate, self.sandbox.books, body))
        self.desk.connect(tax_code=self.place.default_tax_code)

    def _mount(self) -> None:
        self.desk.application.session.mount("http://", self.late)

    def close(self) -> None:
        self.desk.host.close()
        self.server.stop()
        self.sandbox.close()

    def note(self, text: str) -> None:
        self.log.append(text)

    def write_rules(self) -> None:
        self._path.write_text(json.dumps(self.rules), encoding="utf-8")

    def setting(self, **changed: Any) -> None:
        assert requests.post(f"{self.server.base_url}/_control/settings", json=changed, timeout=10).ok

    def restart(self) -> None:
        self.desk.restart()
        self._mount()

    # Data of both sides

    def shown(self, invoice_id: str) -> HostInvoice | None:
        return self.desk.host.invoice(invoice_id)

    def rows(self, memos: bool = True) -> dict[str, list[Json]]:
        """QuickBooks' invoices that are ours and not void, and `memos` of credit notes, by the host's id."""
        found: dict[str, list[Json]] = {}
        for row in (*self.sandbox.list("Invoice"), *(self.sandbox.list("CreditMemo") if memos else ())):
            note = row.get("PrivateNote") or ""
            for line in note.splitlines():
                if line.startswith(MARK) and not note.startswith("Voided"):
                    found.setdefault(line.removeprefix(MARK), []).append(row)
        return found

    def books(self) -> dict[tuple[str, str], str]:
        """Version by kind and id of everything that a run may write."""
        return {(kind, row["Id"]): row["SyncToken"] for kind in KINDS for row in self.sandbox.list(kind)}

    # Runs with predictions

    def work(self) -> None:
        """Call `plan`, then process the queue."""
        quiet = no_faults(self.sandbox) and not self.late.pending
        before, rows = self.books(), self.rows()
        predicted = self._predictions() if quiet else {}
        if quiet and self.books() != before:
            raise Wrong("plan has written something")
        mails = len(self.sandbox.outbox())
        outcomes = {each.id: each for each in self.desk.application.drain()}
        for each in outcomes.values():
            self.note(f"  {each.action} {each.id}: {each.outcome} {each.reason}")
        self._notice()
        self._never_twice()
        now = self.rows()
        for each in outcomes.values():
            plan, begun = predicted.get(each.id, (None, False))
            if plan is not None and (differs := Prediction.by(plan, begun).differs(each)):
                raise Wrong(differs)
            single = self.single.pop(each.id, None)
            if quiet and single and not begun and (differs := Prediction.by(single).differs(each)):
                raise Wrong(f"of itself, {differs}")
            if quiet and plan is None:
                raise Wrong(f"{each.id} was not planned: {each.outcome} {each.reason}")
            was, row = _one(rows, each.id), _one(now, each.id)
            self._written(each, plan, begun, was, row)
        self.single.clear()
        self._unasked(rows, now, outcomes)
        calm = quiet and not any(begun for _, begun in predicted.values())
        nothing = all(isinstance(plan, (Held, Skipped)) for plan, _ in predicted.values())
        if calm and nothing and self.books() != before:
            raise Wrong(f"nothing is planned and something written: {set(self.books().items()) ^ set(before.items())}")
        for mail in self.sandbox.outbox()[mails:]:
            self._mailed(mail, outcomes.values(), quiet)

    def _predictions(self) -> dict[str, tuple[AnyWorkPlan, bool]]:
        application = self.desk.application
        connected, found = application.connected, dict[str, tuple[AnyWorkPlan, bool]]()
        if connected is None or connected.stopped_reason:
            return {}
        ledger = application.ledger
        begun = {
            work.od_invoice_id: bool(ledger.outbox.of_work(work.id))
            for work in ledger.queue.next(connected.realm_id, MOST)
        }
        with suppress(QuickBooksProblem):
            for plan, _ in application.plan_run((), "copy"):
                plan_text(plan), plan_json(plan)
                found[plan.invoice_id] = plan, begun.get(plan.invoice_id, False)
        return found

    def foresee(self, invoice: Json, action: str) -> None:
        """Store the plan of this invoice, if no other entry precedes it."""
        application = self.desk.application
        if no_faults(self.sandbox) and not self.late.pending and not application.anything_waits():
            if application.ledger.outbox.unknown(self.sandbox.realm_id):
                return
            with suppress(QuickBooksProblem):
                self.single[invoice["id"]] = found = application.plan(invoice, action)
                plan_text(found), plan_json(found)

    def _written(
        self, came: Outcome, plan: AnyWorkPlan | None, begun: bool, was: Json | None, row: Json | None
    ) -> None:
        """Check one invoice after its run."""
        wrote = _is_written(was or {}, row or {})
        if isinstance(plan, (Held, Skipped)) and not begun and wrote:
            raise Wrong(f"{came.id} is {plan.outcome}, and it was written: {came.reason}")
        if came.outcome in ("held", "skipped"):
            if not came.reason:
                raise Wrong(f"{came.id} is {came.outcome} without a reason")
            return
        if came.outcome == "failed":
            raise Wrong(f"{came.id} failed: {came.reason}")
        if came.action in ("voided", "deleted"):
            self._undone(came, was, row)
            return
        if row is None:
            raise Wrong(f"{came.id} is {came.outcome}, and QuickBooks has no such invoice")
        self._money(came, plan, begun, row)
        if wrote and was is not None:
            self._not_undone(came, row)
        if wrote and plan is not None and not begun and came.outcome == "unchanged":
            raise Wrong(f"{came.id} is unchanged, and it was written")

    def _undone(self, came: Outcome, was: Json | None, row: Json | None) -> None:
        """Check an invoice that is void or deleted in OneDesk: nothing is due in QuickBooks, and no payment or change
        there is lost."""
        if row is not None and row["Balance"]:
            raise Wrong(f"{came.id} is {came.outcome}, and QuickBooks asks for {row['Balance']}")
        if came.outcome == "unchanged" or was is None:
            return
        if was["Balance"] != was["TotalAmt"]:
            raise Wrong(f"{came.id} is {came.outcome}, and {was['Balance']} of {was['TotalAmt']} was left")
        lost = [key for key, value in self.theirs.pop(came.id, {}).items() if of(was, key) == value]
        if lost:
            raise Wrong(f"{came.id} is {came.outcome}, and {', '.join(lost)} of the bookkeeper is lost unseen")

    def _money(self, came: Outcome, plan: AnyWorkPlan | None, begun: bool, row: Json) -> None:
        """Check that host, plan and QuickBooks have the same total, or the sentence has both."""
        total, said = row["TotalAmt"], _figures(came.reason)
        if came.qbo_total is None or came.qbo_total.amount != total:
            raise Wrong(f"{came.id}: QuickBooks has {total}, the run reports {came.qbo_total}")
        if isinstance(plan, Plan) and not begun:
            planned = plan.stays.amount if plan.stays else plan.totals.total
            if planned is not None and planned != total:
                raise Wrong(f"{came.id}: QuickBooks has {total}, the plan {planned}")
        shown = self.shown(came.id)
        if shown is None or shown.status == "deleted" or came.total is None:
            return
        host = came.total.amount
        rounding = Decimal(shown.json.get("rounding", "0"))
        booked = rounding if isinstance(self.rules["totals"]["rounding"], dict) else Decimal(0)
        booked = -booked if Decimal(shown.json["total"]) < 0 < host else booked  # a credit memo has the other sign
        if total not in (host, host + booked) and not {total, host} <= said:
            raise Wrong(f"{came.id}: QuickBooks has {total}, OneDesk {host}, and nobody sees both: {came.reason}")
        if row.get("LinkedTxn") or "Deposit" in self.theirs.get(came.id, {}) or total not in (host, host + booked):
            return
        payable = Decimal(shown.json.get("payable", shown.json["total"]))
        payable = -payable if is_credit(shown) else payable
        if row["Balance"] != payable and not {row["Balance"], payable} <= said | {total, row.get("Deposit")}:
            raise Wrong(f"{came.id}: QuickBooks asks for {row['Balance']}, OneDesk for {payable}: {came.reason}")

    def _not_undone(self, came: Outcome, row: Json) -> None:
        """Check that the bookkeeper's version was kept, or that its replacement is reported."""
        lost = {key for key, value in self.theirs.get(came.id, {}).items() if of(row, key) != value}
        if lost and not re.search("written over|as OneDesk has it now", came.reason):
            raise Wrong(f"{came.id}: {', '.join(sorted(lost))} of the bookkeeper is undone unseen: {came.reason}")
        for key in lost:
            del self.theirs[came.id][key]

    def _unasked(
        self, rows: Mapping[str, list[Json]], now: Mapping[str, list[Json]], outcomes: Mapping[str, Outcome]
    ) -> None:
        """Check that everything without an outcome is unchanged, except for open requests."""
        if not no_faults(self.sandbox) or self.late.pending:
            return
        for invoice_id in now:
            was, row = _one(rows, invoice_id), _one(now, invoice_id)
            if invoice_id not in outcomes and was and row and was["SyncToken"] != row["SyncToken"]:
                self._not_undone(Outcome(invoice_id, "", "", ""), row)

    def _mailed(self, mail: Json, outcomes: Iterable[Outcome], quiet: bool) -> None:
        sent = [each for each in outcomes if each.outcome == "sent" and each.qbo_number == mail["doc_number"]]
        if quiet and not sent:
            raise Wrong(f"an e-mail of {mail['doc_number']} was sent, and no outcome says so")
        for each in (each for each in sent if each.qbo_id in self.mailed):
            unchanged = self.mailed.get(each.qbo_id) == self.sandbox.read("Invoice", each.qbo_id)["SyncToken"]
            if unchanged and "did not arrive" not in each.reason:
                raise Wrong(f"{each.id} is e-mailed again, and was not changed since somebody sent it in QuickBooks")

    def _never_twice(self) -> None:
        for invoice_id, rows in self.rows().items():
            if len(rows) > 1:
                raise Wrong(f"{invoice_id} is in QuickBooks {len(rows)} times")
        if len(self.sandbox.outbox()) > sum(self.sends.values()):
            raise Wrong("more e-mails than were asked for")

    # The way back

    def bring(self) -> None:
        """Bring payments; then both sides agree on what settles each invoice."""
        try:
            self.desk.application.bring_payments()
        except QuickBooksProblem as problem:
            self.note(f"  payments: {problem}")
            return
        self._notice()
        if no_faults(self.sandbox) and not self.late.pending:
            self.settled()

    def _notice(self) -> None:
        for each in self.desk.host.invoices():
            if self.unseen.get(each.id, each.notes) != each.notes and any(each.notes.values()):
                del self.unseen[each.id]

    def settled(self) -> None:
        """Check that the settlements in the host are those in QuickBooks."""
        for invoice_id, (row, *_) in self.rows().items():
            shown = self.shown(invoice_id)
            link = self.desk.application.ledger.links.invoice(self.sandbox.realm_id, invoice_id)
            if shown is None or link is None or link.qbo_id != row["Id"]:
                continue
            log = sum((each.amount.amount for each in shown.payments if not each.reversed), Decimal(0))
            log -= self.own.get(invoice_id, Decimal(0))
            log = abs(log) if link.kind != "invoice" else log
            paid = row["TotalAmt"] - row["Balance"]
            ours = self.desk.application.ledger.outbox.deposits(self.sandbox.realm_id, [invoice_id]).get(invoice_id)
            if log != paid - Decimal(ours or 0):
                raise Wrong(
                    f"{invoice_id}: {paid} is settled in QuickBooks ({ours or 0} of it our deposit), OneDesk has {log}"
                )

    # The end

    def rest(self) -> None:
        """Remove all faults and finish all work; both sides agree, or the difference is reported."""
        self.note("all comes to rest")
        self.sandbox.faults.clear()
        self.late.deliver()
        for turn in range(6):
            self.desk.clock.sleep(700)
            self.work()
            if turn and not self.desk.application.anything_waits():
                break
        self.bring()
        self.work()
        self.bring()
        status = self.desk.application.status()
        if (status.waiting, status.failed, status.stopped_reason) != (0, 0, ""):
            raise Wrong(f"at rest {status.waiting} wait, {status.failed} have failed, {status.stopped_reason!r}")
        ledger = self.desk.application.ledger
        if unknown := ledger.outbox.unknown(self.sandbox.realm_id):
            raise Wrong(f"at rest requests are open: {unknown}")
        self._recorded()
        for work in ledger.queue_lists.in_states(self.sandbox.realm_id, ("held",)):
            shown = self.shown(work.od_invoice_id)
            if shown and shown.status != "deleted" and not any(shown.notes.values()):
                raise Wrong(f"nobody knows why {work.od_invoice_id} is held: {work.reason}")
        for invoice_id, (row, *_) in self.rows().items():
            shown = self.shown(invoice_id)
            if shown and shown.status in ("open", "paid"):
                self._stands(shown, row)
            if shown and shown.status in ("open", "paid") and f"txnId={row['Id']}" not in str(shown.tags):
                raise Wrong(f"{invoice_id} stands in QuickBooks, and has no link to it: {shown.tags}")

    def _recorded(self) -> None:
        """Check that the audit trail agrees with the rest of the ledger."""
        if other := unlike(self.desk.application.ledger):
            raise Wrong(f"the audit trail tells something else: {other}")

    def _stands(self, shown: HostInvoice, row: Json) -> None:
        """Check the state: Paid if nothing is left. Exception: an invoice that the host created again after deleting it
        is held, and QuickBooks' invoice stays as the deletion left it."""
        if shown.id in self.deleted:
            return
        if shown.id not in self.own and (shown.status == "paid") != (row["Balance"] == 0):
            raise Wrong(f"{shown.id} is {shown.status} in OneDesk, and QuickBooks' balance is {row['Balance']}")
        if self._as_written(shown, row):
            if "quickbooks-changed" in shown.notes:
                raise Wrong(f"{shown.id} is as it was copied, and still shown as changed: {shown.notes}")
        elif self.theirs.get(shown.id, {}).keys() - {"Deposit"} and shown.id in self.unseen:
            raise Wrong(f"{shown.id} was edited in QuickBooks, and nobody is notified: {self.theirs[shown.id]}")

    def _as_written(self, shown: HostInvoice, row: Json) -> bool:
        """Whether an edit was undone as well."""
        wrote = self.desk.application.ledger.outbox.answers(self.sandbox.realm_id, [shown.id]).get(shown.id)
        return wrote is not None and all(of(row, key) == of(wrote, key) for key in (*FIELDS, "Line", "TxnTaxDetail"))


def _is_written(was: Json, row: Json) -> bool:
    """Whether an invoice has another version, for another reason than a settlement."""
    if was.get("SyncToken") == row.get("SyncToken"):
        return False
    follows = {"SyncToken", "MetaData", "Balance", "LinkedTxn"}
    same = all(was.get(key) == row.get(key) for key in {*was, *row} - follows)
    return not (same and was.get("Balance") != row.get("Balance"))


def _one(rows: Mapping[str, list[Json]], invoice_id: str) -> Json | None:
    found = rows.get(invoice_id, [])
    return found[0] if found else None


def is_credit(shown: HostInvoice) -> bool:
    """Whether it is a credit note, whose amounts have the opposite sign in QuickBooks."""
    return Decimal(shown.json["total"]) < 0


def of(row: Mapping[str, Any], key: str) -> Any:
    """A field in the bookkeeper's version."""
    found = row.get(key)
    return found.get("value", found.get("Address")) if isinstance(found, dict) else found


def _figures(text: str) -> set[Decimal]:
    """Every number in a sentence."""
    return {Decimal(each) for each in re.findall(r"-?\d+(?:\.\d+)?", text)}
