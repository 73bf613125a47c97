"""The embedded OneDesk-style host: the invoices of a helpdesk, with as much as a plugin needs.

It knows plugins through hooks.py alone: it loads the entry point group ``onedesk.plugins`` and calls the hooks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
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
    HostProblem,
    InvalidRecord,
    NoSuchCustomer,
    NoSuchInvoice,
    RecordedPayment,
    WrongStatus,
    asked,
    asked_for,
    checked,
    may_reopen,
    version_of,
)
from onedesk_quickbooks.plugin.host.store import Store, Stored
from onedesk_quickbooks.plugin.host.users import Users
from onedesk_quickbooks.plugin.texts import Text

_PAGE = 500


class EmbeddedHost:
    """The host. Actions of people here (open, edit, send, act) call the hooks of plugins; actions of plugins (the
    methods of `OneDeskHost`) call none. All methods may be called from any thread."""

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
        """Open the host of `directory` (created if missing) and start its plugins.

        `plugins` replace the installed ones (entry points ``onedesk.plugins``) if given. Raises `HostProblem` if the
        folder cannot be used, and whatever a plugin raises that cannot start.
        """
        directory = Path(directory)
        host = cls(directory, Store.open(directory / db.FILE), now)
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
        """Stop the plugins and close the file. A second call does nothing."""
        try:
            if self.plugins.get_plugins():
                self.plugins.hook.on_host_stopping()
        finally:
            for plugin in self.plugins.get_plugins():
                self.plugins.unregister(plugin)
            self._store.close()

    def today(self) -> date:
        """The date in UTC by the host's clock."""
        return self._now().date()

    # Actions of people

    def save(self, invoice: InvoiceJson) -> None:
        """Store a record, new or replacing one, without calling hooks. Raises `InvalidRecord`, also for a Draft if
        `reopen` refuses it."""
        record = checked(invoice)
        with self._store.write() as connection:
            before = db.stored(connection, record["id"])
            if before and before.status == "paid" and record["status"] == EDITABLE:
                self._refuse_draft(before, db.settled(connection, before))
            stays = before and (asked(before.json) == asked(record) or _is_paid_by(before, record))
            if before and stays and (before.status, record["status"]) == ("paid", LOCKED):
                record["status"] = "paid"  # the file does not have later payments
            db.put(connection, record, self._at())

    def open_invoice(self, invoice_id: str, user: str) -> None:
        """Change from Draft to Open; does nothing if it is Open or Paid. Raises `NoSuchInvoice`, `WrongStatus`."""
        if self._move(invoice_id, LOCKED, EDITABLE, Text("only a Draft can be opened"), content_with=("paid",)):
            with self.watching(invoice_id, asked=True):
                self.plugins.hook.on_invoice_opened(invoice=self._json(invoice_id))

    def reopen(self, invoice_id: str, user: str) -> None:
        """Change to Draft from Open, or from Paid if the amount due is zero and nothing was paid; does nothing for a
        draft. Raises `NoSuchInvoice`, `WrongStatus`."""
        with self._store.read() as connection:
            row = db.stored(connection, invoice_id)
            since = row.status if row and may_reopen(row.json, db.settled(connection, row)) else LOCKED
        if self._move(invoice_id, EDITABLE, since, Text("only an Open invoice can become a Draft again")):
            self._call_change_hook(self._json(invoice_id), "reopened")

    def edit(self, invoice_id: str, invoice: InvoiceJson, user: str, seen: str = "") -> None:
        """Replace a draft, keeping its id and status; where `seen` (`version_of`) is given, only that version of it.
        Raises `NoSuchInvoice`, `WrongStatus`, `InvalidRecord`, `HostProblem`."""
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
            if seen and version_of(row.json) != seen:
                raise HostProblem(
                    Text(
                        "Invoice {number} was changed since you opened this form, so that nothing was saved. What you "
                        "typed is below: open the form once more, and enter your change there.",
                        number=row.json.get("number") or row.id,
                    )
                )
            db.put(connection, record, self._at())
        self._call_change_hook(self._json(invoice_id), "edited")

    def void(self, invoice_id: str, user: str) -> None:
        """Void the invoice, which is kept with nothing due; does nothing if it is void. Raises `NoSuchInvoice`."""
        with self._store.write() as connection:
            row = self._row(connection, invoice_id)
            db.change(connection, invoice_id, self._at(), status="void")
        if row.status != "void":
            self._call_change_hook(self._json(invoice_id), "voided")

    def delete(self, invoice_id: str, user: str) -> None:
        """Delete the invoice. Raises `NoSuchInvoice`."""
        with self._store.write() as connection:
            row = self._row(connection, invoice_id)
            db.change(connection, invoice_id, self._at(), status="deleted")
        self._call_change_hook(row.json, "deleted")

    def send(self, invoice_id: str, user: str) -> bool:
        """The action "Send invoice". True if a plugin took it; otherwise the host has e-mailed it itself.

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
        """The actions of plugins for this invoice now. Raises `NoSuchInvoice`."""
        offered = self.plugins.hook.invoice_actions(invoice=self._json(invoice_id))
        return [action for some in offered for action in some]

    def act(self, invoice_id: str, action_id: str, user: str) -> bool:
        """Run one of the actions. False if no plugin knows it. Raises `NoSuchInvoice`."""
        invoice = self._json(invoice_id)
        with self.watching(invoice_id, asked=True):
            return bool(self.plugins.hook.on_invoice_action(invoice=invoice, action=action_id, user=user))

    def attach(self, invoice_id: str, name: str, content: bytes, instead: bool = False) -> None:
        """Store a file of an invoice, whatever its status; the same file twice is stored once. `instead`: it replaces
        those of its name. Calls no hook: the next copy or send includes it. Raises `NoSuchInvoice`."""
        digest = hashlib.sha256(b"\0".join((name.encode(), content))).hexdigest()[:32]
        with self._store.write() as connection:
            self._row(connection, invoice_id)
            db.attach(connection, invoice_id, digest, name, content)
            if instead:
                db.drop_files(connection, invoice_id, name, but=digest)

    def detach(self, invoice_id: str, name: str) -> bool:
        """Delete the files of this name of an invoice; False if it has none. Calls no hook: the copies in QuickBooks
        are kept. Raises `NoSuchInvoice`."""
        with self._store.write() as connection:
            self._row(connection, invoice_id)
            return bool(db.drop_files(connection, invoice_id, name))

    def record_own(self, payment: HostPaymentJson) -> None:
        """Record a payment that a person has entered or changed here. Raises `NoSuchInvoice`, and what plugins raise to
        refuse it."""
        self._call_payment_hook(payment, "recorded")

    def with_own(self, some: Sequence[HostPaymentJson], among: Collection[str]) -> dict[str, InvoiceJson]:
        """Those of the invoices with these ids that the payments pay, as they will be once these are recorded by
        `record_own`; nothing is changed, and no plugin is called."""
        paid = {part["id"] for each in some for part in each["invoices"]}.intersection(among)
        if not paid:
            return {}
        with TemporaryDirectory() as folder:
            self._store.copy(Path(folder) / db.FILE, paid)
            host = EmbeddedHost.open(Path(folder), now=self._now, plugins=())
            try:
                for each in some:
                    if parts := [part for part in each["invoices"] if part["id"] in paid]:
                        host.record_own({**each, "invoices": parts})
                return {each: invoice for each in paid if (invoice := host.read_invoice(each)) is not None}
            finally:
                host.close()

    def take_back(self, payment: HostPaymentJson) -> None:
        """Take back a payment that was recorded here. Raises what plugins raise to refuse it."""
        self._call_payment_hook(payment, "deleted")

    def _call_payment_hook(self, payment: HostPaymentJson, change: str) -> None:
        self.plugins.hook.on_host_payment(payment=payment, change=change)  # plugins validate it
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
            if all(each["id"] != invoice_id for each in payment["invoices"]):  # it no longer pays this invoice
                self._own(payment, {"id": invoice_id, "amount": "0"}, "deleted")

    def _own(self, payment: HostPaymentJson, part: Mapping[str, Any], change: str) -> None:
        """The part of a payment for one invoice, recorded here; with its earlier data if it is reversed."""
        shown = self.invoice(part["id"])
        name = f"{OWN_PAYMENT}{payment['id']}:{part['id']}:"
        kept = [each for each in shown.payments if each.id.startswith(name) and not each.reversed] if shown else []
        amount, currency = Decimal(part["amount"]), payment["currency"]
        if shown is None or (change == "recorded" and [each.amount for each in kept] == [Money(amount, currency)]):
            return
        asked, left = shown.asked, shown.balance.amount  # amounts in another currency pay nothing here
        others = _paid([each for each in shown.payments if not each.reversed], asked.currency)
        for each in kept:
            back = _paid([each], asked.currency)
            others -= back
            if not left or self._is_reported_since(shown.id, each.id):  # it may exceed what is left
                back = sorted((Decimal(0), back, asked.amount - others - left))[1]
            left += back
            why = Text("it was taken back here")
            self.reverse_payment(Reversal(each.id, part["id"], Money(left, asked.currency), why))
        if change == "deleted":
            return
        count = sum(each.id.startswith(name) for each in shown.payments)
        too_much = currency == asked.currency and amount > max(left, Decimal(0))
        left = max(left - amount, Decimal(0)) if currency == asked.currency else left
        day, how = date.fromisoformat(payment["date"]), payment.get("method", "")
        money = (Money(amount, currency), Money(left, asked.currency))
        self.record_payment(Payment(f"{name}{count + 1}", part["id"], *money, day, how, payment.get("reference", "")))
        if too_much:
            with self._store.write() as connection:
                row = self._row(connection, part["id"])
                db.change(connection, row.id, self._at(), balance_of=str(db.total_paid(connection, row)))

    def _is_reported_since(self, invoice_id: str, payment_id: str) -> bool:
        """Whether QuickBooks has reported a balance after this payment was recorded here."""
        with self._store.read() as connection:
            found = db.recorded(connection, invoice_id)
        return any(not each.startswith(OWN_PAYMENT) for each in found[found.index(payment_id) :])

    def set_billing_contact(self, customer_id: str, first_name: str, last_name: str, email: str) -> None:
        """The Billing Preferences of a customer organization, for all its invoices. Raises `NoSuchCustomer`."""
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
        """Add a service type for timesheets and lines; it cannot be renamed. An empty or existing name changes
        nothing."""
        with self._store.write() as connection:
            db.put_service_types(connection, [name.strip()])

    # What people see

    def invoice(self, invoice_id: str) -> HostInvoice | None:
        """One invoice with all its data; None if it does not exist."""
        return self._store.invoice(invoice_id)

    def invoices(self, search: str = "", offset: int = 0, limit: int | None = None) -> list[HostInvoice]:
        """Invoices in the order of their creation; `search` is a part of a number, id or customer's name."""
        return self._store.invoices(search, offset, limit)

    def count(self, search: str = "") -> int:
        """How many invoices `invoices(search)` has."""
        return self._store.count(search)

    def page(self, search: str, state: str, limit: int, before: int = 0, after: int = 0) -> list[HostInvoice]:
        """The newest invoices of a state ("" for all): before a position, or after one."""
        return self._store.page(search, state, limit, before, after)

    def state_counts(self, search: str = "") -> dict[str, int]:
        """How many invoices there are of each state."""
        return self._store.state_counts(search)

    def states(self, invoices: Sequence[HostInvoice]) -> dict[str, InvoiceState]:
        """The states of these invoices by the plugins."""
        return self._states([each.json for each in invoices])

    def _states(self, given: list[InvoiceJson]) -> dict[str, InvoiceState]:
        found = self.plugins.hook.invoice_states(invoices=given) if given else []
        return {each.invoice_id: each for some in found for each in some}

    @contextmanager
    def watching(self, invoice_id: str, asked: bool) -> Iterator[None]:
        """A context for a person's action on an invoice: afterwards its state is waiting if a plugin has it in its
        queue, and changed if it differs from the copied version. `asked`: its state is waiting meanwhile, so that
        states that a plugin reports in between are kept."""
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
        invoice = self._now_of(invoice_id)
        state = self._states([invoice]).get(invoice_id) if invoice else None
        now = state.now if state and state.now in ("waiting", "changed") else ""
        with self._store.write() as connection:
            db.put_since(connection, invoice_id, now, meanwhile)

    @staticmethod
    def _store_since(connection: Any, invoice_id: str) -> str:
        row = db.stored(connection, invoice_id)
        return row.since if row else ""

    def customer(self, customer_id: str) -> dict[str, Any]:
        """A customer organization in the form of the invoice schema. Raises `NoSuchCustomer`."""
        found = self._store.customer(customer_id)
        if found is None:
            raise NoSuchCustomer(customer_id)
        return found

    def customers(self, search: str = "", offset: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        """Customer organizations whose name contains a text, by name; all without a limit."""
        return self._store.customers(search, offset, limit)

    def customer_named(self, name: str) -> dict[str, Any] | None:
        """The customer organization of this name, None if there is none."""
        return self._store.customer_named(name)

    def service_types(self) -> list[str]:
        """The names of all service types."""
        return self._store.service_types()

    def currencies(self) -> list[str]:
        """The currencies of the invoices."""
        return self._store.currencies()

    def settings(self, user: str) -> list[Setting]:
        """The settings of plugins for this user under Administration > Financials."""
        return [setting for some in self.plugins.hook.settings_to_show(user=user) for setting in some]

    def pdf(self, invoice_id: str, user: str) -> bytes | None:
        """The PDF of an invoice from QuickBooks; None if no plugin has it. Raises `NoSuchInvoice` or `NotNow`."""
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

    # Methods for plugins: OneDeskHost

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        """See `OneDeskHost.read_invoice`."""
        return self._now_of(invoice_id)

    def _now_of(self, invoice_id: str) -> InvoiceJson | None:
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

    # Optional methods for plugins: ListsInvoices, ListsRecords

    def invoice_records(self) -> Iterator[HostInvoice]:
        """All invoices in the order of their creation, with the recorded payments."""
        for start in range(0, self.count(), _PAGE):
            yield from self.invoices(offset=start, limit=_PAGE)

    def invoices_dated(self, first: date | None, last: date | None) -> Iterator[str]:
        """See `ListsInvoices.invoices_dated`."""
        return self._store.invoices_dated(first, last)

    # Optional methods for plugins: AttachesFiles

    def attachments(self, invoice_id: str) -> list[Attachment]:
        """See `AttachesFiles.attachments`."""
        with self._store.read() as connection:
            return db.files_of(connection, invoice_id)

    def read_attachment(self, invoice_id: str, attachment_id: str) -> bytes | None:
        """See `AttachesFiles.read_attachment`."""
        with self._store.read() as connection:
            return db.file_content(connection, invoice_id, attachment_id)

    # Internal

    def _settled(self, connection: Any, invoice_id: str) -> Decimal:
        row = db.stored(connection, invoice_id)
        return db.settled(connection, row) if row else Decimal(0)

    def _settle(self, connection: Any, invoice_id: str, since: Decimal, balance: Decimal) -> None:
        """Set the status to Paid if the balance is zero, to Open if it no longer is; a void or deleted invoice keeps
        its status, and the balance is for when it is opened again."""
        row = db.stored(connection, invoice_id)
        if row is None:
            return
        status = row.status
        if status in (EDITABLE, LOCKED, "paid"):
            status = "paid" if balance == 0 else LOCKED if status == "paid" else status
        of = db.balance_of(row, since, db.settled(connection, row), balance)
        db.change(connection, invoice_id, self._at(), status=status, balance=str(balance), balance_of=str(of))

    def _move(self, invoice_id: str, to: str, since: str, rule: str, content_with: tuple[str, ...] = ()) -> bool:
        """Change the status; False if it was already so, or one of `content_with`."""
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
                    ' status "open", or "void" if nothing is due any more',
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
    """The sum of those in this currency."""
    return sum((each.amount.amount for each in payments if each.amount.currency == currency), Decimal(0))


def _is_paid_by(row: Stored, newer: InvoiceJson) -> bool:
    """Whether what has paid this row leaves nothing of its newer version: more may be paid than it is raised to."""
    left = row.left(newer)
    return left == 0 or (left is not None and left < 0 and asked_for(newer) > asked_for(row.json))


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
