"""The steps of the demo. Each acts as a person would, then verifies the effect on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.cli.demo.sides import Books, Untrue, in_host, same
from onedesk_quickbooks.plugin.cli.session import USER, Session
from onedesk_quickbooks.plugin.cli.session.asking import COPY
from onedesk_quickbooks.plugin.cli.session.consent import consent_at_once
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.texts import Text

TAG = "Copied to QuickBooks"
KNOWN = "Amy's Bird Sanctuary"
"""An existing customer of the company, with an e-mail address."""
NEW = "Northwind Research Ltd"
NEW_SERVICE = "Data recovery"
DRAFT, OPEN = "OD-2005", "OD-2006"
"""The invoices for a person to continue with."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was done, with which invoice, and the result on each side."""

    step: str
    invoice: str
    qbo_number: str
    amount: str
    host_says: str
    books_say: str


@dataclass
class Story:
    """Host and QuickBooks during the steps; `linked` maps the host's invoice to its QuickBooks id."""

    session: Session
    books: Books
    today: date
    linked: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> EmbeddedHost:
        """The embedded host."""
        return self.session.needs_embedded(Text("The demo runs with"))

    def steps(self) -> Iterator[tuple[str, Callable[[], Row]]]:
        """Title and function of each step, in order. The function raises `Untrue` if its effect cannot be verified."""
        yield "Connect the QuickBooks company", self.connect
        yield "Copy an invoice to a customer QuickBooks knows", self.copy_known
        yield "Copy one for a new customer with a new service type", self.copy_new
        yield "Back to Draft, edited, opened, copied again", self.copy_again
        yield "Send an invoice", self.send
        yield "Send one without a billing e-mail", self.send_without_address
        yield "The customer pays one invoice in full", self.pay_in_full
        yield "The customer pays another in part", self.pay_in_part
        yield "Bring the payments back: paid in full", self.bring_back
        yield "Bring the payments back: paid in part", self.partly_paid

    def connect(self) -> Row:
        application = self.session.application
        consent_at_once(application)
        application.choose(USER, "default_income_account", "Services")
        found = application.connected
        if found is None:
            raise Untrue("no company is connected")
        same("the company's country", found.company.country, self.books.country(found.company.name))
        choices = [each for each in self.host.settings(USER) if each.id == "default_income_account"]
        same("the settings that connecting reveals", [dict(each.choices)[each.value] for each in choices], ["Services"])
        same("the income account", len(self.books.accounts("Services")), 1)
        return Row("connected", "", "", "", "income account Services", found.company.name)

    def copy_known(self) -> Row:
        (before,) = self.books.customers(KNOWN)
        qbo = self._copied(self._invoice("OD-2001", KNOWN, [("Website redesign", "Design", "3", "75.00")]), "copied")
        same("customers of this name", [each.id for each in self.books.customers(KNOWN)], [before.id])
        same("the customer of the invoice", qbo.customer_id, before.id)
        same("e-mails", self.books.emails(), [])
        return self._row("copied", "OD-2001", qbo, f"“{TAG}”", f"for {KNOWN}, no e-mail")

    def copy_new(self) -> Row:
        same("customers of this name before", self.books.customers(NEW), [])
        same("items of this name before", self.books.items(NEW_SERVICE), [])
        lines = [("Crashed disk", NEW_SERVICE, "4", "120.00"), ("On-site visit", "Installation", "1", "90.00")]
        qbo = self._copied(self._invoice("OD-2002", NEW, lines, "anna@northwind.example"), "copied")
        (customer,) = self.books.customers(NEW)
        (item,) = self.books.items(NEW_SERVICE)
        same("the new customer's e-mail", customer.email, "anna@northwind.example")
        same("the new item's account", item.income_account and item.income_account.name, "Services")
        return self._row("copied", "OD-2002", qbo, f"“{TAG}”", f"new customer, item “{NEW_SERVICE}”")

    def copy_again(self) -> Row:
        host, old = self.host, self.books.invoice(self.linked["OD-2002"])
        host.reopen("OD-2002", USER)
        lines = [("Crashed disk", NEW_SERVICE, "5", "120.00"), ("On-site visit", "Installation", "1", "90.00")]
        host.edit("OD-2002", self._invoice("OD-2002", NEW, lines, "anna@northwind.example"), USER)
        host.open_invoice("OD-2002", USER)
        self._do("OD-2002", COPY, "updated")
        qbo = self._both("OD-2002")
        same("the QuickBooks invoice", qbo.id, old.id)
        same("invoices of this number", len(self.books.invoices("OD-2002")), 1)
        same("whether it was written", qbo.sync_token != old.sync_token, True)
        return self._row("updated", "OD-2002", qbo, "edited, copied again", f"same invoice, was {old.total}")

    def send(self) -> Row:
        lines = [("Server maintenance", "Maintenance & Repair", "2", "150.00")]
        self._keep(self._invoice("OD-2003", NEW, lines, "anna@northwind.example"))
        self._do("OD-2003", "send", "sent")
        qbo = self._both("OD-2003")
        (mail,) = self.books.emails()
        same("the e-mail", (mail["to"], mail["id"]), ("anna@northwind.example", qbo.id))
        same("its status in QuickBooks", qbo.email_status, "EmailSent")
        same("whether the host e-mailed it itself", in_host(self.host, "OD-2003").sent_by_host, False)
        return self._row("sent", "OD-2003", qbo, "sent by QuickBooks", "e-mailed anna@northwind.example")

    def send_without_address(self) -> Row:
        before = self.books.emails()
        lines = [("Planting plan", "Gardening", "6", "40.00")]
        self._keep(self._invoice("OD-2004", KNOWN, lines))
        outcome = self._do("OD-2004", "send", "copied")
        qbo = self._both("OD-2004")
        (customer,) = self.books.customers(KNOWN)
        known = customer.email
        same("e-mails", self.books.emails(), before)
        same("its status in QuickBooks", qbo.email_status or "NotSet", "NotSet")
        same("the note in the host", outcome.reason in in_host(self.host, "OD-2004").notes.values(), True)
        same("the reason", "billing e-mail" in outcome.reason, True)
        return self._row("copied", "OD-2004", qbo, "note: no billing e-mail", f"not e-mailed to {known}")

    def pay_in_full(self) -> Row:
        qbo = self._pay("OD-2003", Decimal("300.00"), Decimal(0))
        return self._row("customer pays", "OD-2003", qbo, "does not know yet", "paid 300.00, 0.00 left")

    def pay_in_part(self) -> Row:
        qbo = self._pay("OD-2001", Decimal("100.00"), Decimal("125.00"))
        return self._row("customer pays", "OD-2001", qbo, "does not know yet", "paid 100.00, 125.00 left")

    def bring_back(self) -> Row:
        news = self.session.application.bring_payments()
        brought = sorted((each.number, each.what, str(each.amount)) for each in news)
        same("what came back", brought, [("OD-2001", "recorded", "100.00 USD"), ("OD-2003", "recorded", "300.00 USD")])
        kept = in_host(self.host, "OD-2003")
        same("status and payments in the host", (kept.status, len(kept.payments)), ("paid", 1))
        qbo = self._balances("OD-2003")
        return self._row("paid", "OD-2003", qbo, "Paid, 0.00 left", "0.00 left")

    def partly_paid(self) -> Row:
        kept = in_host(self.host, "OD-2001")
        same("status and payments in the host", (kept.status, len(kept.payments)), ("open", 1))
        qbo = self._balances("OD-2001")
        return self._row("paid in part", "OD-2001", qbo, f"Open, {kept.balance.amount} left", f"{qbo.balance} left")

    def leave_work(self) -> None:
        """Leave work for a person to continue with: a Draft, and an Open invoice that was not copied yet."""
        lines = [("Office move", "Consulting", "3", "110.00")]
        self.host.save(self._invoice(DRAFT, "Harbor Labs", lines, "pay@harbor.example"))
        self._keep(self._invoice(OPEN, KNOWN, [("Spring planting", "Gardening", "2", "40.00")]))

    # Shared by the steps

    def _invoice(
        self, number: str, customer: str, lines: Sequence[tuple[str, str, str, str]], email: str = ""
    ) -> dict[str, Any]:
        amounts = [Decimal(quantity) * Decimal(price) for *_, quantity, price in lines]
        total = f"{sum(amounts, Decimal(0)):.2f}"
        contact = {"billing_contact": {"first_name": "Anna", "last_name": "Berg", "email": email}} if email else {}
        address = {"line1": "12 Harbour St", "city": "Seattle", "region": "WA", "postal_code": "98101", "country": "US"}
        return {
            "id": number,
            "number": number,
            "status": "draft",
            "type": "time_and_material",
            "currency": "USD",
            "issue_date": self.today.isoformat(),
            "due_date": (self.today + timedelta(days=30)).isoformat(),
            "customer": {"id": customer, "name": customer, **contact, "address": address},
            "lines": [
                {
                    "id": str(position),
                    "work_item": {"type": "ticket", "number": str(position), "name": name},
                    "service_type": service,
                    "quantity": quantity,
                    "unit_price": price,
                    "amount": f"{amount:.2f}",
                }
                for position, ((name, service, quantity, price), amount) in enumerate(
                    zip(lines, amounts, strict=True), 1
                )
            ],
            "subtotal": total,
            "total": total,
        }

    def _keep(self, invoice: dict[str, Any]) -> str:
        """Store the invoice in the host and open it."""
        self.host.save(invoice)
        self.host.open_invoice(invoice["id"], USER)
        return str(invoice["id"])

    def _copied(self, invoice: dict[str, Any], outcome: str) -> BooksInvoice:
        self._do(self._keep(invoice), COPY, outcome)
        return self._both(invoice["id"])

    def _do(self, invoice_id: str, action: str, wanted: str) -> Outcome:
        """Choose the action in the host, process the queue, and expect one outcome."""
        host = self.host
        if action == "send":
            same("whether the plugin took the sending", host.send(invoice_id, USER), True)
        else:
            same(
                "the actions offered", [each.label for each in host.actions(invoice_id)], ["Copy to QuickBooks Online"]
            )
            same("whether the plugin took the action", host.act(invoice_id, action, USER), True)
        outcomes = self.session.application.drain()
        lines = [f"{each.id} {each.outcome} {each.reason}".strip() for each in outcomes]
        if [(each.id, each.outcome) for each in outcomes] != [(invoice_id, wanted)]:
            raise Untrue(f"invoice {invoice_id} should be {wanted}, but this was done: {'; '.join(lines) or 'nothing'}")
        self.linked[invoice_id] = outcomes[0].qbo_id
        return outcomes[0]

    def _both(self, invoice_id: str) -> BooksInvoice:
        """The QuickBooks invoice, after comparing both sides: number, total, lines, tag and its link."""
        kept = in_host(self.host, invoice_id)
        qbo = self.books.invoice(self.linked[invoice_id])
        same("the tag's link in the host", next(iter(kept.tags.values()), None), self.books.page(qbo.id))
        same("the number in QuickBooks", qbo.number, kept.number)
        same("the total in QuickBooks", qbo.total, kept.total.amount)
        named = [line.description.splitlines()[0] for line in qbo.lines]
        same("the lines in QuickBooks", named, [line["work_item"]["name"] for line in kept.json["lines"]])
        return qbo

    def _pay(self, invoice_id: str, amount: Decimal, left: Decimal) -> BooksInvoice:
        self.books.pay(self.linked[invoice_id], amount)
        qbo = self.books.invoice(self.linked[invoice_id])
        same("the balance in QuickBooks", qbo.balance, left)
        same("payments in the host before", in_host(self.host, invoice_id).payments, ())
        return qbo

    def _balances(self, invoice_id: str) -> BooksInvoice:
        qbo = self.books.invoice(self.linked[invoice_id])
        same("the balance in the host", in_host(self.host, invoice_id).balance.amount, qbo.balance)
        return qbo

    def _row(self, step: str, number: str, qbo: BooksInvoice, host_says: str, books_say: str) -> Row:
        shown = f"{qbo.number} (id {qbo.id})"
        return Row(step, number, shown, f"{qbo.total} {qbo.currency}", host_says, books_say)
