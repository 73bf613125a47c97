"""What is done while a process is killed, stopped or meets a fault, and what must be true in the end."""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.crash.child_process import Step
from tests.crash.installation import Installation, Lab, Process
from tests.support.invoices import invoice_json, line

Seen = dict[str, Any]
COPIED, SENT, VOIDED = "Copied to QuickBooks", "Sent by QuickBooks", "Voided in QuickBooks"
DIFFERS = "Differs from QuickBooks"
"""The host's tags."""
E_MAILED = ("e-mailed invoice", "e-mailed this invoice")
"""What the host's note says of an invoice that was e-mailed: by this send, or by one before it."""
PAYING = ("pay", "unpay")
"""Actions with a payment that the host has recorded itself, for all invoices of the story."""
DONE_AT_ONCE = ("payments", "adopt", "unadopt", "undo", "resend")
"""Actions that are done in the very step that asks for them."""
DID = {"void": "voided", "delete": "deleted"}


@dataclass(frozen=True)
class Scenario:
    """`action` is what is asked for (copy, send, resend, payments, adopt) of so many invoices, or done to them in the
    host (void, delete), or with the run that has copied them (undo; `undo_by` is void or delete), or with the links
    that `adopt` has made of them (unadopt), which were `copied` before or not, or entered in QuickBooks by hand and
    `adopted`; `edited` since, or `paid` in QuickBooks, where the payment may have been `voided` again. Or the host has
    recorded a payment itself (pay), which has gone to QuickBooks before over less (`recorded`), or has taken that back
    (unpay); a payment for each invoice where they are `separate`. `credits`: it is a credit note for an invoice that
    was copied before; `project`: the invoices are of one, which becomes a sub-customer, with lines that are grouped and
    a text; `partner`: one is billed in the customer's place; `numbers`: the customer has a phone and a tax number,
    others once it is edited; `files`: the invoice has two, one more once it is edited; `later`: it is e-mailed on the
    next day, which has come where the action is due."""

    name: str
    action: str
    invoices: int = 1
    copied: bool = False
    adopted: bool = False
    edited: bool = False
    paid: bool = False
    voided: bool = False
    undo_by: str = ""
    credits: bool = False
    project: bool = False
    partner: bool = False
    numbers: bool = False
    files: bool = False
    later: bool = False
    recorded: bool = False
    separate: bool = False

    def ids(self, tag: str) -> list[str]:
        """The host's ids of the invoices."""
        if self.credits:
            return [f"CN-{tag}"]
        return [f"INV-{tag}-{each}" for each in range(1, self.invoices + 1)]

    @property
    def expected(self) -> str:
        """What holds in the end, in words."""
        some = {1: "one", 3: "three"}[self.invoices]
        if self.action in PAYING:
            return self._of_payment(some)
        if self.undo_by:
            return f"{some} {DID[self.undo_by]}, once, customer and items left, host notified"
        if self.credits and self.entered:
            return "one credit memo linked, nothing written to QuickBooks"
        if self.credits:
            mails = ", one e-mail" if self.action == "send" else ""
            return (
                f"one customer, one item each, one credit memo, all of it applied to its invoice{mails}, host notified"
            )
        if self.withdrawn:
            return f"{some} void, once, host notified" if self.action == "void" else f"none left of {some}"
        mails = f", {some} e-mail{'s' * (self.invoices > 1)}" if self.action == "send" else ", no e-mail"
        mails = ", one e-mail more" if self.action == "resend" else mails
        mails = ", one e-mail" if self.action == "due" else ", no e-mail, one that is to come" if self.later else mails
        paid = ", one payment" * self.paid + " taken back" * self.voided
        if self.entered:
            note = ", a note that it was taken back" * self.voided
            if self.action == "unadopt":
                return f"{some} linked no more, nothing written to QuickBooks, host notified"
            paid = ", one payment of before, reported once" * self.paid
            return f"{some} invoice{'s' * (self.invoices > 1)} linked, nothing written to QuickBooks{paid}{note}"
        below = ", one sub-customer" * self.project
        some += f" invoice{'s' * (self.invoices > 1)}"
        numbers = " with its numbers" * self.numbers
        some += " with each file once" * self.files
        return f"one customer{numbers}{below}, one item each, {some}{mails}{paid}, host notified"

    def _of_payment(self, some: str) -> str:
        lines = f"over {some} invoice{'s' * (self.invoices > 1)}" if not self.separate else "for each of them"
        if self.action == "unpay":
            return f"one payment {lines}, void, once; nothing reported to the host"
        return f"one payment {lines}{', the one of before void' * self.recorded}; it does not come back to the host"

    @property
    def entered(self) -> bool:
        """Whether a bookkeeper has entered the invoices in QuickBooks."""
        return self.adopted or self.action == "adopt"

    @property
    def withdrawn(self) -> bool:
        """Whether the host has the invoices void, or no more, in the end."""
        return self.action in ("void", "delete")

    @property
    def price(self) -> str:
        """What an hour costs in the end."""
        return "90.00" if self.edited else "80.00"


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("copy", "copy"),
        Scenario("re-copy", "copy", copied=True, edited=True),
        Scenario("send", "send"),
        Scenario("send of a copy", "send", copied=True),
        Scenario("send of three", "send", invoices=3),
        Scenario("resend", "resend", copied=True),
        Scenario("send later", "send", later=True),
        Scenario("its day has come", "due", copied=True, later=True),
        Scenario("files", "send", files=True),
        Scenario("another file", "copy", copied=True, edited=True, files=True),
        Scenario("project", "copy", project=True),
        Scenario("re-copy of a project", "copy", copied=True, edited=True, project=True),
        Scenario("send of three of a project", "send", invoices=3, project=True),
        Scenario("partner", "copy", partner=True),
        Scenario("project of a partner", "copy", invoices=3, project=True, partner=True),
        Scenario("customer's numbers", "copy", numbers=True),
        Scenario("customer's other numbers", "copy", invoices=3, copied=True, edited=True, numbers=True),
        Scenario("undo of a project", "undo", copied=True, undo_by="delete", project=True),
        Scenario("void", "void", copied=True),
        Scenario("void of three", "void", invoices=3, copied=True),
        Scenario("deletion", "delete", copied=True),
        Scenario("undo", "undo", copied=True, undo_by="delete"),
        Scenario("undo of three", "undo", invoices=3, copied=True, undo_by="delete"),
        Scenario("undo by void", "undo", copied=True, undo_by="void"),
        Scenario("undo of a credit note", "undo", copied=True, undo_by="delete", credits=True),
        Scenario("payment", "payments", copied=True, paid=True),
        Scenario("reversal", "payments", copied=True, paid=True, voided=True),
        Scenario("credit note", "copy", credits=True),
        Scenario("re-copied credit note", "copy", credits=True, copied=True, edited=True),
        Scenario("send of a credit note", "send", credits=True),
        Scenario("payment of the host", "pay", copied=True),
        Scenario("payment of the host for three", "pay", invoices=3, copied=True),
        Scenario("changed payment of the host", "pay", copied=True, recorded=True),
        Scenario("void of a payment of the host", "unpay", copied=True, recorded=True),
        Scenario("payments of the host", "pay", invoices=3, copied=True, separate=True),
        Scenario("changed payments of the host", "pay", invoices=3, copied=True, recorded=True, separate=True),
        Scenario("adopt", "adopt", invoices=3),
        Scenario("adopt of a paid", "adopt", paid=True),
        Scenario("adopt of a credit note", "adopt", credits=True),
        Scenario("link taken back", "unadopt", adopted=True, invoices=3),
        Scenario("link of a paid taken back", "unadopt", adopted=True, paid=True),
        Scenario("note", "payments", adopted=True, paid=True, voided=True),
    )
}
WITH_REQUESTS = [name for name, each in SCENARIOS.items() if each.action != "unadopt"]
"""Those in which QuickBooks is asked."""


def total(price: str) -> Decimal:
    """Of an invoice below."""
    return 2 * Decimal(price) + 10


def invoice(invoice_id: str, tag: str, price: str) -> dict[str, Any]:
    """An invoice of a customer and of service types that only this tag has."""
    customer = {"id": f"C-{tag}", "name": f"Customer {tag}"}
    return invoice_json(
        invoice_id,
        line(f"Support {tag}", price, "2"),
        line(f"Travel {tag}", "10.00"),
        number=invoice_id.replace("INV", "N"),
        customer={**customer, "billing_contact": {"email": "ada@blueharbor.example"}},
    )


def numbers(price: str, tag: str) -> dict[str, str]:
    """A phone and a tax number that only this tag's customer has, others where an hour costs something else."""
    digits = f"{int(tag.strip(string.ascii_letters)):03}{price[:2]}"
    return {"phone": f"555 {digits}", "tax_id": f"94-{digits}"}


def of_project(invoice_id: str, tag: str, price: str) -> dict[str, Any]:
    """The same of a project: its hours are billed one by one, below a text."""
    made = invoice(invoice_id, tag, price)
    hours, travel = made["lines"]
    one = {**hours, "quantity": "1", "amount": price}
    text = {"id": "0", "description": "Work of July", "amount": "0.00"}
    return {**made, "project": f"Project {tag}", "lines": [text, one, {**one, "id": "9"}, travel]}


def credit_note(note_id: str, tag: str, price: str) -> dict[str, Any]:
    """A credit note of one such hour, for the first invoice."""
    made = invoice(note_id, tag, price)
    lines = [{**made["lines"][0], "quantity": "-1", "amount": f"-{price}"}]
    return {**made, "lines": lines, "total": f"-{price}", "credits": f"INV-{tag}-1"}


_KINDS = {
    False: ["SalesItemLineDetail", "SalesItemLineDetail"],
    True: ["DescriptionOnly", "SalesItemLineDetail", "SalesItemLineDetail"],
}


@dataclass
class Story:
    """One run of a scenario on an installation: every name in it carries the tag."""

    installation: Installation
    scenario: Scenario
    tag: str

    def __post_init__(self) -> None:
        self.ids = self.scenario.ids(self.tag)

    def prepare(self) -> None:
        """Bring the world to where the scenario begins. So much time passes before that a look for payments does not
        reach back to the last story, and that accounts and the like are read again."""
        self.installation.later(minutes=12)
        steps: list[Step] = [{"do": "payments"}]
        if self.scenario.action == "due":  # what earlier stories have left for later is none of this one's
            self.installation.later(minutes=1440)
            steps += [{"do": "drain"}]
        if self.scenario.credits:
            bill = f"INV-{self.tag}-1"
            steps += [{"do": "save", "invoices": [invoice(bill, self.tag, "80.00")]}]
            steps += [{"do": "copy", "ids": [bill]}, {"do": "drain"}]
        steps.append(self._save("80.00"))
        steps += self._before()
        if self.scenario.recorded:
            before = self._own("80.00" if self.scenario.action == "pay" else self._whole)
            steps += [{"do": "pay", "paid": before}, {"do": "drain"}]
        if self.scenario.edited:
            steps.append(self._save(self.scenario.price))
        self.installation.process(steps)
        if self.scenario.action == "due":
            self.installation.later(minutes=1440)
        if self.scenario.entered:
            self._enter()
        elif self.scenario.paid:
            ours = self.marked_invoices(self.ids[0])[0]
            paid = self.installation.sandbox.pay({ours["Id"]: ours["TotalAmt"]})
            if self.scenario.voided:
                self.installation.process([{"do": "payments"}])
                self.installation.sandbox.void("Payment", paid["Id"])

    def _before(self) -> list[Step]:
        """What was asked of the invoices before."""
        if self.scenario.undo_by:
            return [{"do": "run", **self._asked}]
        asked: dict[str, list[str]] = {"resend": ["send", "see"], "due": ["send"]}
        actions = asked.get(self.scenario.action, ["copy"] if self.scenario.copied else [])
        return [step for each in actions for step in ({"do": each, "ids": self.ids}, {"do": "drain"})]

    def _enter(self) -> None:
        """A bookkeeper enters the invoices in QuickBooks, and what was paid for them; somebody records that in the
        host as well."""
        sandbox, amount = self.installation.sandbox, total("80.00")
        name = f"Customer {self.tag}"
        there = sandbox.list("Customer", f"DisplayName = '{name}'") or [
            sandbox.create("Customer", {"DisplayName": name})
        ]
        who = {"value": there[0]["Id"]}
        detail = {"ItemRef": {"value": "1"}}
        amount = Decimal("80.00") if self.scenario.credits else amount
        line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        day = invoice("", "", "80.00")["issue_date"]
        paid = []
        for each in self.ids:
            number = each.replace("INV", "N")
            kept = {"CustomerRef": who, "DocNumber": number, "TxnDate": day, "Line": [line]}
            made = sandbox.create("CreditMemo" if self.scenario.credits else "Invoice", kept)
            paid += [sandbox.pay({made["Id"]: amount})["Id"]] if self.scenario.paid else []
        asked = {"ids": self.ids}
        steps: list[Step] = [{"do": "record", **asked}] if paid else []
        steps += [{"do": "adopt", **asked}] if self.scenario.adopted else []
        if steps:
            self.installation.process(steps)
        if self.scenario.voided:
            sandbox.void("Payment", paid[0])

    @property
    def _asked(self) -> Step:
        """What the scenario is about."""
        undo = {"run": f"r-{self.tag}", "undo_by": self.scenario.undo_by} if self.scenario.undo_by else {}
        paid = {"paid": self._own(self._whole)} if self.scenario.action in PAYING else {}
        return {"ids": self.ids, "action": self.scenario.action, **undo, **paid}

    @property
    def _whole(self) -> str:
        """All that is asked for with one invoice."""
        return str(total("80.00"))

    def _own(self, amount: str) -> list[dict[str, Any]]:
        """The payments of the host, so much for each invoice."""
        groups = [[each] for each in self.ids] if self.scenario.separate else [self.ids]
        return [self._payment(amount, ids) for ids in groups]

    def _payment(self, amount: str, ids: list[str]) -> dict[str, Any]:
        parts = [{"id": each, "amount": amount} for each in ids]
        over = str(Decimal(amount) * len(ids))
        made = {"id": f"P-{ids[0]}", "date": "2026-07-10", "currency": "USD", "amount": over, "method": "Check"}
        return {**made, "reference": ids[0], "invoices": parts}

    def _save(self, price: str) -> Step:
        if self.scenario.credits:
            named = {"credits": ""} if self.scenario.undo_by else {}  # what is used is not undone
            return {"do": "save", "invoices": [{**credit_note(self.ids[0], self.tag, price), **named}]}
        make = of_project if self.scenario.project else invoice
        partner = {"partner": f"Partner {self.tag}"} if self.scenario.partner else {}
        made = [{**make(each, self.tag, price), **partner} for each in self.ids]
        if self.scenario.later:
            made = [{**each, "send_after": self.installation.day(1)} for each in made]
        if self.scenario.numbers:
            made = [{**each, "customer": {**each["customer"], **numbers(price, self.tag)}} for each in made]
        return {"do": "save", "invoices": made, "files": self._files(price)}

    def _files(self, price: str) -> list[str]:
        """The names of the invoices' files, where an hour costs so much."""
        some = ["hours.pdf", "report.csv", *(["more.txt"] if price == "90.00" else [])]
        return some if self.scenario.files else []

    def _attached(self, row: dict[str, Any]) -> list[str]:
        """The names of the files that QuickBooks has with an invoice."""
        found = self.installation.sandbox.list("Attachable", f"AttachableRef.EntityRef.value = '{row['Id']}'")
        return [each["FileName"] for each in found]

    def planned(self) -> dict[str, list[str]]:
        """What `plan` says of each invoice now: outcome and reason; nothing of payments."""
        if self.scenario.action in (*DONE_AT_ONCE, *PAYING, "due"):
            return {}
        seen = self.installation.process([{"do": "plan", "ids": self.ids, "action": self.scenario.action}])
        assert seen is not None
        found: dict[str, list[str]] = seen["planned"]
        return found

    def begin(self, ask: bool = True, patience: float = 20, **options: Any) -> Process:
        """Start the scenario itself; with `ask` the host asks for it first."""
        asked: Step = {"do": self.scenario.action, **self._asked}
        drain: Step = {"do": "drain", "patience": patience}
        steps = [asked] if self.scenario.action in DONE_AT_ONCE else [asked, drain] if ask else [drain]
        return self.installation.start([{**steps[0], "armed": True}, *steps[1:]], **options)

    def recover(self, retries: bool = False) -> Seen:
        """Start again two minutes later, and look; with `retries` a person tries once more what is held."""
        self.installation.later(minutes=2)
        what = self._asked
        seen = self.installation.process([{"do": "recover", "retries": retries, **what}, {"do": "look", **what}])
        assert seen is not None
        return seen

    def marked_invoices(self, invoice_id: str) -> list[dict[str, Any]]:
        """QuickBooks' invoices that carry the mark of this one; of one that was entered by hand those of its number."""
        number = invoice_id.replace("INV", "N")
        marked = f"OneDesk invoice {invoice_id}"
        rows = self.installation.sandbox.list("Invoice", f"DocNumber = '{number}'")
        if self.scenario.entered:
            return rows
        return [row for row in rows if marked in (row.get("PrivateNote") or "").splitlines()]

    def problems(self, seen: Seen) -> list[str]:
        """Everything that is not as it must be."""
        tag, sandbox = self.tag, self.installation.sandbox
        items = 0 if self.scenario.entered and not self.scenario.credits else 2
        facts: list[tuple[str, object, object]] = [
            ("customers", len(sandbox.list("Customer", f"DisplayName = '{self._billed}'")), 1),
            ("sub-customers", len(self._below()), int(self.scenario.project)),
            ("items", len(sandbox.list("Item", f"Name IN ('Support {tag}', 'Travel {tag}')")), items),
            (
                "the customer's numbers",
                self._numbers(),
                numbers(self.scenario.price, tag) if self.scenario.numbers else {},
            ),
            ("requests of unknown end", seen["unknown"], 0),
            ("waiting, held, failed, stopped", seen["open"], [0, 0, 0, ""]),
            ("what the audit trail has otherwise", seen["trail"], []),
            ("where plan and run disagree", seen["disagreements"], []),
        ]
        for each in self.ids:
            shown = seen["invoices"].get(each)
            if self.scenario.undo_by:
                facts += self._undone(each, shown)
            else:
                facts += self._withdrawn(each, shown) if self.scenario.withdrawn else self._facts(each, shown)
        return [f"{name}: {found!r} instead of {wanted!r}" for name, found, wanted in facts if found != wanted]

    def _numbers(self) -> dict[str, str]:
        """The phone and the tax number that QuickBooks has of the customer, the tax number as far as it shows it."""
        (found, *_) = self.installation.sandbox.list("Customer", f"DisplayName = '{self._billed}'") or [{}]
        wanted = numbers(self.scenario.price, self.tag)["tax_id"]
        masked = "X" * (len(wanted) - 5) + wanted[-5:]
        phone, tax_id = (found.get("PrimaryPhone") or {}).get("FreeFormNumber"), found.get("PrimaryTaxIdentifier")
        fields = {"phone": phone, "tax_id": wanted if tax_id == masked else tax_id}
        return {key: value for key, value in fields.items() if value}

    @property
    def _billed(self) -> str:
        return f"{'Partner' if self.scenario.partner else 'Customer'} {self.tag}"

    def _below(self) -> list[dict[str, Any]]:
        """The sub-customers of the project."""
        sandbox = self.installation.sandbox
        above = [each["Id"] for each in sandbox.list("Customer", f"DisplayName = '{self._billed}'")]
        found = sandbox.list("Customer", f"DisplayName = 'Project {self.tag}'")
        return [each for each in found if each.get("ParentRef", {}).get("value") in above]

    def _lines(self, row: dict[str, Any]) -> tuple[list[str], bool]:
        """The kinds of an invoice's lines, and whether it is the project's."""
        kinds = [each["DetailType"] for each in row["Line"] if "Id" in each]
        return kinds, row["CustomerRef"]["value"] in [each["Id"] for each in self._below()]

    def _facts(self, invoice_id: str, shown: Seen) -> list[tuple[str, object, object]]:
        """Both sides of one invoice."""
        if self.scenario.credits:
            return self._credited(invoice_id, shown)
        if self.scenario.action in PAYING:
            return self._paid(invoice_id, shown)
        rows = self.marked_invoices(invoice_id)
        if len(rows) != 1:
            return [(f"invoices {invoice_id}", len(rows), 1)]
        wanted = {"send": 1, "resend": 2, "due": 1}.get(self.scenario.action, 0)
        wanted = 0 if self.scenario.later and self.scenario.action == "send" else wanted
        sent, amount = bool(wanted), total(self.scenario.price)
        if self.scenario.entered:
            return self._entered(invoice_id, shown, rows[0])
        standing = self.scenario.paid and not self.scenario.voided
        left = Decimal("0.00") if standing else amount
        number = f'"{rows[0]["DocNumber"]}"'
        mails = [mail for mail in self.installation.sandbox.outbox() if number in json.dumps(mail, default=str)]
        text = f"e-mailed of {invoice_id}"
        return [
            (f"total of {invoice_id}", rows[0]["TotalAmt"], amount),
            (
                f"lines and project of {invoice_id}",
                self._lines(rows[0]),
                (_KINDS[self.scenario.project], self.scenario.project),
            ),
            (f"files of {invoice_id}", self._attached(rows[0]), self._files(self.scenario.price)),
            (f"balance of {invoice_id}", rows[0]["Balance"], left),
            (text, (len(mails), rows[0]["EmailStatus"]), (wanted, "EmailSent" if sent else "NotSet")),
            (f"host's note of {invoice_id}", any(each in shown["note"] for each in E_MAILED), sent),
            (f"scheduled of {invoice_id}", shown["scheduled"], int(self.scenario.later and not sent)),
            (f"host's tags of {invoice_id}", [*shown["tags"]], [SENT if sent else COPIED]),
            (f"host's link of {invoice_id}", [*shown["tags"].values()][-1:], [self._page(rows[0]["Id"], shown)]),
            (f"host's total of {invoice_id}", Decimal(shown["total"]), amount),
            (f"host's balance of {invoice_id}", Decimal(shown["balance"]), left),
            (f"host's status of {invoice_id}", shown["status"], "paid" if standing else "open"),
            (f"host's payments of {invoice_id}", shown["payments"], self._payments(amount)),
        ]

    def _credited(self, invoice_id: str, shown: Seen) -> list[tuple[str, object, object]]:
        """Both sides of one credit note, and its invoice."""
        if self.scenario.entered:
            return self._entered_credit(invoice_id, shown)
        mark, sandbox = f"OneDesk invoice {invoice_id}", self.installation.sandbox

        def marked(kind: str) -> list[dict[str, Any]]:
            return [row for row in sandbox.list(kind) if mark in (row.get("PrivateNote") or "").splitlines()]

        memos, applied, [bill] = marked("CreditMemo"), marked("Payment"), self.marked_invoices(f"INV-{self.tag}-1")
        if len(memos) != 1:
            return [(f"credit memos {invoice_id}", len(memos), 1)]
        amount, sent = Decimal(self.scenario.price), self.scenario.action == "send"
        number = f'"{memos[0]["DocNumber"]}"'
        mails = [mail for mail in sandbox.outbox() if number in json.dumps(mail, default=str)]
        of_it = [
            line["Amount"] for row in applied for line in row["Line"] if line["LinkedTxn"][0]["TxnId"] == bill["Id"]
        ]
        return [
            (f"total of {invoice_id}", memos[0]["TotalAmt"], amount),
            (f"left of {invoice_id}", memos[0]["RemainingCredit"], Decimal(0)),
            (f"applied of {invoice_id}", sum(of_it), amount),
            (f"payments of {invoice_id}", len(applied), 2 if self.scenario.edited else 1),
            (f"left to pay of {bill['DocNumber']}", bill["Balance"], total("80.00") - amount),
            (f"e-mailed of {invoice_id}", (len(mails), memos[0]["EmailStatus"] == "EmailSent"), (int(sent), sent)),
            (f"host's tags of {invoice_id}", [*shown["tags"]], [SENT if sent else COPIED]),
            (f"host's link of {invoice_id}", [*shown["tags"].values()][-1:], [self._page(memos[0]["Id"], shown)]),
        ]

    def _paid(self, invoice_id: str, shown: Seen) -> list[tuple[str, object, object]]:
        """Both sides of one invoice that a payment of the host pays."""
        rows = self.marked_invoices(invoice_id)
        if len(rows) != 1:
            return [(f"invoices {invoice_id}", len(rows), 1)]
        [own] = [each for each in self._own(self._whole) if invoice_id in [part["id"] for part in each["invoices"]]]
        mark = f"OneDesk payment {own['id']}"
        of_it = [
            row for row in self.installation.sandbox.list("Payment") if (row.get("PrivateNote") or "").endswith(mark)
        ]
        standing, stays = [row for row in of_it if row["TotalAmt"]], self.scenario.action == "pay"
        lines = [
            line["Amount"] for row in standing for line in row["Line"] if line["LinkedTxn"][0]["TxnId"] == rows[0]["Id"]
        ]
        whole, voids = total("80.00"), [row["PrivateNote"].count("Voided") for row in of_it if not row["TotalAmt"]]
        return [
            (f"payments of {invoice_id}", [row["TotalAmt"] for row in standing], [Decimal(own["amount"])] * stays),
            (f"voided payments of {invoice_id}", voids, [1] * self.scenario.recorded),
            (f"paid of {invoice_id}", lines, [whole] * stays),
            (f"balance of {invoice_id}", rows[0]["Balance"], Decimal("0.00") if stays else whole),
            (f"host's tags of {invoice_id}", [*shown["tags"]], [COPIED]),
            (f"host's payments of {invoice_id}", shown["payments"], []),
            (f"host's notes of {invoice_id}", [text for text in shown["notes"].values() if text], []),
        ]

    def _entered(self, invoice_id: str, shown: Seen, row: dict[str, Any]) -> list[tuple[str, object, object]]:
        """The same of one that was entered by hand: whatever happened, nothing is written to QuickBooks."""
        amount, paid, voided = total("80.00"), self.scenario.paid, self.scenario.voided
        notes = [text for key, text in shown["notes"].items() if key.startswith("quickbooks-known-payment:")]
        said = f"it was {amount} USD and settles nothing of it now" if voided else ""
        linked = self.scenario.action != "unadopt"
        page = [self._page(row["Id"], shown)] if linked else []
        back = "has taken back its link to the QuickBooks invoice" in shown["note"]
        return [
            (f"writes of {invoice_id}", row.get("PrivateNote") or "", ""),
            (f"total of {invoice_id}", row["TotalAmt"], amount),
            (f"balance of {invoice_id}", row["Balance"], Decimal("0.00") if paid and not voided else amount),
            (f"host's tags of {invoice_id}", [*shown["tags"]], [COPIED] * linked),
            (f"host's link of {invoice_id}", [*shown["tags"].values()][-1:], page),
            (f"host is notified that {invoice_id} is linked no more", back, not linked),
            (f"host's balance of {invoice_id}", Decimal(shown["balance"]), Decimal(0) if paid else amount),
            (f"host's payments of {invoice_id}", shown["payments"], [[str(amount), False]] if paid else []),
            (f"host's note of {invoice_id}", [said in each for each in notes], [True] if voided else []),
        ]

    def _entered_credit(self, invoice_id: str, shown: Seen) -> list[tuple[str, object, object]]:
        """The same of a credit memo."""
        [row], amount = self.installation.sandbox.list("CreditMemo", f"DocNumber = '{invoice_id}'"), Decimal("80.00")
        [bill] = self.installation.sandbox.list("Invoice", f"DocNumber = 'N-{self.tag}-1'")
        return [
            (f"writes of {invoice_id}", row.get("PrivateNote") or "", ""),
            (f"left of {invoice_id}", (row["TotalAmt"], row["RemainingCredit"]), (amount, amount)),
            (f"left to pay of {bill['DocNumber']}", bill["Balance"], total("80.00")),
            (f"host's tags of {invoice_id}", [*shown["tags"]], [COPIED]),
            (f"host's link of {invoice_id}", [*shown["tags"].values()][-1:], [self._page(row["Id"], shown)]),
            (f"host's balance of {invoice_id}", Decimal(shown["balance"]), -amount),
        ]

    def _withdrawn(self, invoice_id: str, shown: Seen | None) -> list[tuple[str, object, object]]:
        """Both sides of one that is void or deleted in the host."""
        rows = self.installation.sandbox.list("Invoice", f"DocNumber = '{invoice_id.replace('INV', 'N')}'")
        if self.scenario.action == "delete":
            return [(f"invoices {invoice_id}", len(rows), 0), (f"host's {invoice_id}", shown, None)]
        if len(rows) != 1 or shown is None:
            return [(f"invoices {invoice_id}", len(rows), 1), (f"host's {invoice_id}", shown is None, False)]
        said = f"Invoice {rows[0]['DocNumber']} was voided in QuickBooks."
        return [
            (f"total of {invoice_id}", rows[0]["TotalAmt"], Decimal(0)),
            (f"voids of {invoice_id}", rows[0]["PrivateNote"].count("Voided"), 1),
            (f"host's tags of {invoice_id}", [*shown["tags"]], [VOIDED]),
            (f"host's link of {invoice_id}", [*shown["tags"].values()][-1:], [self._page(rows[0]["Id"], shown)]),
            (f"host's note of {invoice_id}", shown["note"], said),
            (f"host's status of {invoice_id}", shown["status"], "void"),
        ]

    def _undone(self, invoice_id: str, shown: Seen) -> list[tuple[str, object, object]]:
        """Both sides of one whose run was undone."""
        kind, name = ("CreditMemo", "Credit memo") if self.scenario.credits else ("Invoice", "Invoice")
        number = invoice_id.replace("INV", "N")
        rows = self.installation.sandbox.list(kind, f"DocNumber = '{number}'")
        void, did = self.scenario.undo_by == "void", DID[self.scenario.undo_by]
        note = f"{name} {number} was {did} in QuickBooks: the run r-{self.tag} was undone."
        facts: list[tuple[str, object, object]] = [
            (f"invoices {invoice_id}", len(rows), int(void)),
            (f"voids of {invoice_id}", [row["PrivateNote"].count("Voided") for row in rows], [1] * void),
            (f"total of {invoice_id}", [row["TotalAmt"] for row in rows], [Decimal(0)] * void),
            (f"host's tags of {invoice_id}", [*shown["tags"]], [DIFFERS] * void),
            (f"host's note of {invoice_id}", shown["note"].startswith(note), True),
            (f"host's status of {invoice_id}", shown["status"], "open"),
        ]
        return facts

    @staticmethod
    def _page(qbo_id: str, shown: Seen) -> str:
        """The link as it must end, in front of it whatever server was asked."""
        link = next(iter(shown["tags"].values()), "")
        return f"{link.partition('txnId=')[0]}txnId={qbo_id}"

    def _payments(self, amount: Decimal) -> list[list[object]]:
        return [[str(amount), self.scenario.voided]] if self.scenario.paid else []


def points(lab: Lab, scenario: Scenario, **options: Any) -> list[str]:
    """The names of all points of a scenario, in order."""
    found: list[str] = undisturbed(lab, scenario, **options)["points"]
    return found


def undisturbed(lab: Lab, scenario: Scenario, **options: Any) -> Seen:
    """What a scenario does when nothing disturbs it: its points, and the host's calls; with the outcomes and reasons
    that `plan` says before. It is the same each time, and found out once."""
    key = (scenario.name, *options)
    if key not in lab.undisturbed:
        wanted = {} if options else prepared_story(lab, scenario).planned()
        seen = prepared_story(lab, scenario).begin(**options).result()
        assert seen is not None
        came = {each["id"]: [each["outcome"], each["reason"]] for each in seen.get("outcomes", ())}
        assert not wanted or came == wanted
        lab.undisturbed[key] = seen
    return lab.undisturbed[key]


def prepared_story(lab: Lab, scenario: Scenario) -> Story:
    """A story of the scenario, brought to where it begins: always to the same state, at the same time. One of another
    scenario came before, for at first some tables are empty."""

    def first() -> None:
        story = Story(lab.begin(), SCENARIOS["copy"], "t1")
        story.prepare()
        story.begin().result()

    def prepared() -> None:
        Story(lab.begin(lab.kept("", first)), scenario, "t2").prepare()

    return Story(lab.begin(lab.kept(scenario.name, prepared)), scenario, "t2")


def requests(names: list[str]) -> list[str]:
    """Those of the points that are requests to QuickBooks, each once: "GET cdc"."""
    return [name.removeprefix("before ") for name in names if name.startswith(("before GET", "before POST"))]
