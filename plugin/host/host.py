"""The embedded OneDesk-style host: a helpdesk's invoices, just enough of them to live with a plugin.

It knows plugins through hooks.py alone: it loads the entry point group ``onedesk.plugins`` and calls the hooks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pluggy

from onedesk_quickbooks.hooks import (
    Action,
    Attachment,
    HostEvents,
    HostPaymentJson,
    InvoiceJson,
    InvoiceState,
    Money,
    PageLink,
    Payment,
    Reversal,
    Setting,
    WebPages,
)
from onedesk_quickbooks.plugin.clock import utc_now
from onedesk_quickbooks.plugin.host import store as db
from onedesk_quickbooks.plugin.host.records import (
    EDITABLE,
    LOCKED,
    OWN_PAYMENT,
    STATUSES,
    HostInvoice,
    InvalidRecord,
    NoSuchCustomer,
    NoSuchInvoice,
    RecordedPayment,
    WrongStatus,
    asked,
    checked,
    may_reopen,
)
from onedesk_quickbooks.plugin.host.store import Store, Stored
from onedesk_quickbooks.plugin.host.users import Users
from onedesk_quickbooks.plugin.texts import Text

_PAGE = 500


class EmbeddedHost:
    """The host. What a person does here (open, edit, send, act) tells the plugins by their hooks; what plugins do
    here (the methods of `OneDeskHost`) tells nobody. Everything may be called from any thread."""

    def __init__(self, directory: Path, store: Store, now: Callable[[], datetime]) -> None:
        self.directory = directory
        self.plugins = pluggy.PluginManager("onedesk")
        self.plugins.add_hookspecs(HostEvents)
        self._store = store
        self._now = now
        self.users = Users(store, now)

    @classmethod
    def open(
        cls, directory: Path, *, now: Callable[[], datetime] = utc_now, plugins: Sequence[object] | None = None
    ) -> EmbeddedHost:
        """Open the host that lives in `directory` (created where missing) and start its plugins.

        `plugins` are used instead of the installed ones (entry points ``onedesk.plugins``) where given.
        Raises `HostProblem` when the folder cannot be used, and whatever a plugin raises that cannot start.
        """
        directory = Path(directory)
        host = cls(directory, Store.open(directory / "onedesk.sqlite"), now)
        try:
            host._start(plugins)
        except BaseException:
            host._store.close()
            raise
        return host

    def _start(self, plugins: Sequence[object] | None) -> None:
        if plugins is None:
            self.plugins.load_setuptools_entrypoints("onedesk.plugins")
        for plugin in plugins or ():
            self.plugins.register(plugin)
        self.plugins.check_pending()
        self.plugins.hook.on_host_started(host=self, plugins=self.plugins, data_directory=self.directory)

    def close(self) -> None:
        """Stop the plugins and let go of the file. A second call does nothing."""
        try:
            if self.plugins.get_plugins():
                self.plugins.hook.on_host_stopping()
        finally:
            for plugin in self.plugins.get_plugins():
                self.plugins.unregister(plugin)
            self._store.close()

    def today(self) -> date:
        """The day by the host's clock, UTC."""
        return self._now().date()

    # What people do

    def save(self, invoice: InvoiceJson) -> None:
        """Keep a record, new or over the old one, without telling anybody. Raises `InvalidRecord`, also for a Draft
        where `reopen` refuses it."""
        record = checked(invoice)
        with self._store.write() as connection:
            before = db.stored(connection, record["id"])
            if before and before.status == "paid" and record["status"] == EDITABLE:
                self._refuse_draft(before, db.settled(connection, before))
            stays = before and (asked(before.json) == asked(record) or before.left(record) == 0)
            if before and stays and (before.status, record["status"]) == ("paid", LOCKED):
                record["status"] = "paid"  # the file does not know of the payments that came since
            db.put(connection, record, self._at())

    def open_invoice(self, invoice_id: str, user: str) -> None:
        """From Draft to Open; nothing happens to one that is Open or Paid. Raises `NoSuchInvoice`, `WrongStatus`."""
        if self._move(invoice_id, LOCKED, EDITABLE, Text("only a Draft can be opened"), content_with=("paid",)):
            with self.watching(invoice_id, asked=True):
                self.plugins.hook.on_invoice_opened(invoice=self._json(invoice_id))

    def reopen(self, invoice_id: str, user: str) -> None:
        """From Open, or from Paid where nothing was asked for and nothing paid, back to Draft; nothing happens to a
        draft. Raises `NoSuchInvoice`, `WrongStatus`."""
        with self._store.read() as connection:
            row = db.stored(connection, invoice_id)
            since = row.status if row and may_reopen(row.json, db.settled(connection, row)) else LOCKED
        if self._move(invoice_id, EDITABLE, since, Text("only an Open invoice can become a Draft again")):
            self._call_change_hook(self._json(invoice_id), "reopened")

    def edit(self, invoice_id: str, invoice: InvoiceJson, user: str) -> None:
        """Replace a draft. Its id and status stay. Raises `NoSuchInvoice`, `WrongStatus`, `InvalidRecord`."""
        record = checked({**invoice, "status": EDITABLE})
        if record["id"] != invoice_id:
            raise InvalidRecord(
                Text(
                    "invoice {id}: id: the id of an invoice cannot change to {other}",
                    id=invoice_id,
                    other=repr(record["id"]),
                )
            )
        with self._store.write() as connection:
            row = self._row(connection, invoice_id)
            if row.status != EDITABLE:
                raise _wrong_status(row, Text("put it back to Draft before you edit it"))
            db.put(connection, record, self._at())
        self._call_change_hook(self._json(invoice_id), "edited")

    def void(self, invoice_id: str, user: str) -> None:
        """Keep the invoice, but ask nothing for it; nothing happens to a void one. Raises `NoSuchInvoice`."""
        with self._store.write() as connection:
            row = self._row(connection, invoice_id)
            db.change(connection, invoice_id, self._at(), status="void")
        if row.status != "void":
            self._call_change_hook(self._json(invoice_id), "voided")

    def delete(self, invoice_id: str, user: str) -> None:
        """The host has no such invoice any more. Raises `NoSuchInvoice`."""
        with self._store.write() as connection:
            row = self._row(connection, invoice_id)
            db.change(connection, invoice_id, self._at(), status="deleted")
        self._call_change_hook(row.json, "deleted")

    def send(self, invoice_id: str, user: str) -> bool:
        """ "Send invoice". True when a plugin took it; else the host has e-mailed it itself.

        Raises `NoSuchInvoice`, `WrongStatus`.
        """
        with self._store.read() as connection:
            row = self._row(connection, invoice_id)
        if row.status != LOCKED:
            raise _wrong_status(row, Text("only an Open invoice is sent"))
        with self.watching(invoice_id, asked=True):
            taken = self.plugins.hook.on_invoice_send(invoice=row.json, user=user)
        if taken:
            return True
        with self._store.write() as connection:
            db.change(connection, invoice_id, self._at(), sent_by_host=True)
        return False

    def actions(self, invoice_id: str) -> list[Action]:
        """What plugins offer for this invoice now. Raises `NoSuchInvoice`."""
        offered = self.plugins.hook.invoice_actions(invoice=self._json(invoice_id))
        return [action for some in offered for action in some]

    def act(self, invoice_id: str, action_id: str, user: str) -> bool:
        """Choose one of the actions. False when no plugin knows it. Raises `NoSuchInvoice`."""
        invoice = self._json(invoice_id)
        with self.watching(invoice_id, asked=True):
            return bool(self.plugins.hook.on_invoice_action(invoice=invoice, action=action_id, user=user))

    def attach(self, invoice_id: str, name: str, content: bytes, instead: bool = False) -> None:
        """Keep a file of an invoice, whatever its status; the same file twice is one. `instead`: it takes the place of
        those of its name. It tells nobody: the next copy or send takes it along. Raises `NoSuchInvoice`."""
        digest = hashlib.sha256(b"\0".join((name.encode(), content))).hexdigest()[:32]
        with self._store.write() as connection:
            self._row(connection, invoice_id)
            db.attach(connection, invoice_id, digest, name, content)
            if instead:
                db.drop_files(connection, invoice_id, name, but=digest)

    def detach(self, invoice_id: str, name: str) -> bool:
        """Take the files of this name out of an invoice; False where it has none. It tells nobody: what QuickBooks has
        of them stays there. Raises `NoSuchInvoice`."""
        with self._store.write() as connection:
            self._row(connection, invoice_id)
            return bool(db.drop_files(connection, invoice_id, name))

    def record_own(self, payment: HostPaymentJson) -> None:
        """A person has recorded a payment here, or has changed it. Raises `NoSuchInvoice`, and what plugins refuse."""
        self._call_payment_hook(payment, "recorded")

    def take_back(self, payment: HostPaymentJson) -> None:
        """A person has taken a payment back that was recorded here. Raises what plugins refuse."""
        self._call_payment_hook(payment, "deleted")

    def _call_payment_hook(self, payment: HostPaymentJson, change: str) -> None:
        self.plugins.hook.on_host_payment(payment=payment, change=change)  # they check it
        kept = [each["id"] for each in payment["invoices"] if self.invoice(each["id"]) is not None]
        for part in payment["invoices"]:
            if part["id"] not in kept:
                if change == "recorded":
                    raise NoSuchInvoice(part["id"])
                continue
            self._own(payment, part, change)
        with self._store.read() as connection:
            before = db.invoices_paid_by(connection, f"{OWN_PAYMENT}{payment['id']}")
        for invoice_id in before:
            if all(each["id"] != invoice_id for each in payment["invoices"]):  # it pays this one no more
                self._own(payment, {"id": invoice_id, "amount": "0"}, "deleted")

    def _own(self, payment: HostPaymentJson, part: Mapping[str, Any], change: str) -> None:
        """What of a payment settles one invoice here: as it was before it is reversed."""
        shown = self.invoice(part["id"])
        name = f"{OWN_PAYMENT}{payment['id']}:{part['id']}:"
        standing = [each for each in shown.payments if each.id.startswith(name) and not each.reversed] if shown else []
        amount, currency = Decimal(part["amount"]), payment["currency"]
        if shown is None or (change == "recorded" and [each.amount for each in standing] == [Money(amount, currency)]):
            return
        asked, left = shown.asked, shown.balance.amount  # what is in another currency than these pays nothing of them
        others = _paid([each for each in shown.payments if not each.reversed], asked.currency)
        for each in standing:
            back = _paid([each], asked.currency)
            others -= back
            if not left:  # it may have been more than was left
                back = min(back, max(asked.amount - others, Decimal(0)))
            left += back
            why = Text("it was taken back here")
            self.reverse_payment(Reversal(each.id, part["id"], Money(left, asked.currency), why))
        if change == "deleted":
            return
        count = sum(each.id.startswith(name) for each in shown.payments)
        left = max(left - amount, Decimal(0)) if currency == asked.currency else left
        day, how = date.fromisoformat(payment["date"]), payment.get("method", "")
        money = (Money(amount, currency), Money(left, asked.currency))
        self.record_payment(Payment(f"{name}{count + 1}", part["id"], *money, day, how, payment.get("reference", "")))

    def set_billing_contact(self, customer_id: str, first_name: str, last_name: str, email: str) -> None:
        """Billing Preferences of a customer organization; all its invoices go by it. Raises `NoSuchCustomer`."""
        given = {"first_name": first_name.strip(), "last_name": last_name.strip(), "email": email.strip()}
        contact = {key: value for key, value in given.items() if value}
        customer = {**self.customer(customer_id), "billing_contact": contact}
        with self._store.write() as connection:
            db.put_customer(connection, customer)
            for invoice_id in db.rows_of_customer(connection, customer_id):
                row = self._row(connection, invoice_id)
                row.json["customer"]["billing_contact"] = contact
                db.change(connection, invoice_id, self._at(), json=json.dumps(row.json, ensure_ascii=False))

    def add_service_type(self, name: str) -> None:
        """A service type for timesheets and lines; it cannot be renamed. An empty or known name changes nothing."""
        with self._store.write() as connection:
            db.put_service_types(connection, [name.strip()])

    # What people see

    def invoice(self, invoice_id: str) -> HostInvoice | None:
        """One invoice with all that hangs on it; None if there is none (any more)."""
        return self._store.invoice(invoice_id)

    def invoices(self, search: str = "", offset: int = 0, limit: int | None = None) -> list[HostInvoice]:
        """Invoices in the order they were first kept; `search` is a part of a number, id or customer's name."""
        return self._store.invoices(search, offset, limit)

    def count(self, search: str = "") -> int:
        """How many invoices `invoices(search)` has."""
        return self._store.count(search)

    def page(self, search: str, state: str, limit: int, before: int = 0, after: int = 0) -> list[HostInvoice]:
        """The newest invoices of a state ("" for all): before a position, or behind one."""
        return self._store.page(search, state, limit, before, after)

    def state_counts(self, search: str = "") -> dict[str, int]:
        """How many invoices there are of each state."""
        return self._store.state_counts(search)

    def states(self, invoices: Sequence[HostInvoice]) -> dict[str, InvoiceState]:
        """What plugins say of how these stand."""
        given = [each.json for each in invoices]
        found = self.plugins.hook.invoice_states(invoices=given) if given else []
        return {each.invoice_id: each for some in found for each in some}

    @contextmanager
    def watching(self, invoice_id: str, asked: bool) -> Iterator[None]:
        """Around what a person does with an invoice: afterwards it counts as waiting where a plugin has it in its
        queue, and as changed where it is another than the one that was copied. `asked`: it counts as waiting meanwhile,
        so that what a plugin tells in between stays."""
        with self._store.write() as connection:
            found = self._store_since(connection, invoice_id)
            if asked:
                db.put_since(connection, invoice_id, "waiting")
        meanwhile = "waiting" if asked else found
        try:
            yield
        except BaseException:
            with self._store.write() as connection:
                db.put_since(connection, invoice_id, found, meanwhile)
            raise
        invoice = self.invoice(invoice_id)
        state = self.states([invoice]).get(invoice_id) if invoice else None
        now = state.now if state and state.now in ("waiting", "changed") else ""
        with self._store.write() as connection:
            db.put_since(connection, invoice_id, now, meanwhile)

    @staticmethod
    def _store_since(connection: Any, invoice_id: str) -> str:
        row = db.stored(connection, invoice_id)
        return row.since if row else ""

    def customer(self, customer_id: str) -> dict[str, Any]:
        """A customer organization as the invoice schema has it. Raises `NoSuchCustomer`."""
        found = self._store.customer(customer_id)
        if found is None:
            raise NoSuchCustomer(customer_id)
        return found

    def customers(self, search: str = "", offset: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        """Customer organizations whose name holds a text, by name; all where no limit is given."""
        return self._store.customers(search, offset, limit)

    def customer_named(self, name: str) -> dict[str, Any] | None:
        """The customer organization of this name, None for none."""
        return self._store.customer_named(name)

    def service_types(self) -> list[str]:
        """The names of all service types."""
        return self._store.service_types()

    def currencies(self) -> list[str]:
        """The currencies that invoices are in."""
        return self._store.currencies()

    def settings(self, user: str) -> list[Setting]:
        """What plugins show this user under Administration > Financials."""
        return [setting for some in self.plugins.hook.settings_to_show(user=user) for setting in some]

    def pdf(self, invoice_id: str, user: str) -> bytes | None:
        """An invoice as QuickBooks prints it; None where no plugin has it. Raises `NoSuchInvoice` or `NotNow`."""
        found = self.invoice(invoice_id)
        if found is None:
            raise NoSuchInvoice(invoice_id)
        pdf: bytes | None = self.plugins.hook.invoice_pdf(invoice=found.json, user=user)
        return pdf

    def page_links(self, user: str) -> list[PageLink]:
        """Pages of plugins for the navigation."""
        return [link for some in self.plugins.hook.page_links(user=user) for link in some]

    def web_pages(self) -> list[WebPages]:
        """The plugins' own pages."""
        found: Iterable[WebPages] = self.plugins.hook.web_pages()
        return list(found)

    # What plugins may ask: OneDeskHost

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        """See `OneDeskHost.read_invoice`."""
        with self._store.read() as connection:
            row = db.stored(connection, invoice_id)
        return None if row is None or row.status == "deleted" else row.json

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        """See `OneDeskHost.set_tag`."""
        with self._store.write() as connection:
            db.put_tag(connection, invoice_id, tag, link)

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        """See `OneDeskHost.add_note`."""
        with self._store.write() as connection:
            db.put_note(connection, invoice_id, key, text)

    def record_payment(self, payment: Payment) -> None:
        """See `OneDeskHost.record_payment`."""
        with self._store.write() as connection:
            since = self._settled(connection, payment.invoice_id)
            if db.add_payment(connection, payment):
                self._settle(connection, payment.invoice_id, since, payment.balance.amount)

    def reverse_payment(self, reversal: Reversal) -> None:
        """See `OneDeskHost.reverse_payment`."""
        with self._store.write() as connection:
            since = self._settled(connection, reversal.invoice_id)
            if db.reverse(connection, reversal.payment_id, reversal.invoice_id, reversal.reason or Text("reversed")):
                self._settle(connection, reversal.invoice_id, since, reversal.balance.amount)

    def may_administer(self, user: str) -> bool:
        """See `OneDeskHost.may_administer`."""
        found = self.users.get(user)
        return found is not None and found.may_administer

    # What plugins may ask beside: ListsInvoices, ListsRecords

    def invoice_records(self) -> Iterator[HostInvoice]:
        """All invoices in the order they were first kept, with what was recorded as paid."""
        for start in range(0, self.count(), _PAGE):
            yield from self.invoices(offset=start, limit=_PAGE)

    def invoices_dated(self, first: date | None, last: date | None) -> Iterator[str]:
        """See `ListsInvoices.invoices_dated`."""
        return self._store.invoices_dated(first, last)

    # What plugins may ask beside: AttachesFiles

    def attachments(self, invoice_id: str) -> list[Attachment]:
        """See `AttachesFiles.attachments`."""
        with self._store.read() as connection:
            return db.files_of(connection, invoice_id)

    def read_attachment(self, invoice_id: str, attachment_id: str) -> bytes | None:
        """See `AttachesFiles.read_attachment`."""
        with self._store.read() as connection:
            return db.file_content(connection, invoice_id, attachment_id)

    # Behind it

    def _settled(self, connection: Any, invoice_id: str) -> Decimal:
        row = db.stored(connection, invoice_id)
        return db.settled(connection, row) if row else Decimal(0)

    def _settle(self, connection: Any, invoice_id: str, since: Decimal, balance: Decimal) -> None:
        """Paid when nothing is left, Open again when something is; a void or deleted one stays so, and what is left
        counts should it be open again."""
        row = db.stored(connection, invoice_id)
        if row is None:
            return
        status = row.status
        if status in (EDITABLE, LOCKED, "paid"):
            status = "paid" if balance == 0 else LOCKED if status == "paid" else status
        of = db.balance_of(row, since, db.settled(connection, row), balance)
        db.change(connection, invoice_id, self._at(), status=status, balance=str(balance), balance_of=str(of))

    def _move(self, invoice_id: str, to: str, since: str, rule: str, content_with: tuple[str, ...] = ()) -> bool:
        """Change the status; False when it was so already, or beyond it (`content_with`)."""
        with self._store.write() as connection:
            row = self._row(connection, invoice_id)
            if row.status in (to, *content_with):
                return False
            if row.status != since:
                raise _wrong_status(row, rule)
            db.change(connection, invoice_id, self._at(), status=to)
        return True

    def _refuse_draft(self, paid: Stored, settled: Decimal) -> None:
        if not may_reopen(paid.json, settled):
            raise InvalidRecord(
                Text(
                    "invoice {id}: status: {number} is Paid: only an Open invoice can become a Draft again; give it the"
                    ' status "open", or "void" if nothing is asked for it any more',
                    id=paid.id,
                    number=_name(paid),
                )
            )

    def _row(self, connection: Any, invoice_id: str) -> Stored:
        row = db.stored(connection, invoice_id)
        if row is None or row.status == "deleted":
            raise NoSuchInvoice(invoice_id)
        return row

    def _json(self, invoice_id: str) -> InvoiceJson:
        with self._store.read() as connection:
            return self._row(connection, invoice_id).json

    def _call_change_hook(self, invoice: InvoiceJson, change: str) -> None:
        with self.watching(invoice["id"], asked=False):
            self.plugins.hook.on_invoice_changed(invoice=invoice, change=change)

    def _at(self) -> str:
        return self._now().astimezone(timezone.utc).isoformat(timespec="seconds")


def _paid(payments: Iterable[RecordedPayment], currency: str) -> Decimal:
    """What of them is in this currency."""
    return sum((each.amount.amount for each in payments if each.amount.currency == currency), Decimal(0))


def _name(row: Stored) -> str:
    return str(row.json.get("number") or row.id)


def _wrong_status(row: Stored, rule: str) -> WrongStatus:
    return WrongStatus(
        Text(
            "invoice {number} is {status}: {rule}",
            number=_name(row),
            status=STATUSES.get(row.status, row.status),
            rule=rule,
        )
    )
