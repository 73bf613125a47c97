"""The contract between a OneDesk-style host and this plugin: read this page and you can write the host's side.

A host makes a ``pluggy.PluginManager("onedesk")``, adds `HostEvents` as hook specs, loads the entry point group
``onedesk.plugins`` and calls `on_host_started` once. From then on it calls the hooks below when something happens.
Every hook but `invoice_pdf` only records the event and returns at once: a slow or unreachable QuickBooks never blocks
the host. Results are reported through `OneDeskHost`, from another thread.

Invoices and payments are passed as JSON: schemas/invoice.schema.json, schemas/payment.schema.json (made in QuickBooks)
and schemas/host_payment.schema.json (recorded in the host). Amounts are decimal strings in the invoice's currency,
dates are YYYY-MM-DD.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from onedesk_quickbooks.plugin.model.host import (
    Action,
    Alert,
    AttachesFiles,
    Attachment,
    HostPaymentJson,
    InvoiceFact,
    InvoiceJson,
    InvoiceState,
    ListsInvoices,
    OneDeskHost,
    PageLink,
    PaymentJson,
    Setting,
    WebPages,
)
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.payment import Payment, Reversal
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.model.state import STATES, TAGS, WORDS, state_of

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

__all__ = [
    "STATES",
    "TAGS",
    "WORDS",
    "Action",
    "Alert",
    "AttachesFiles",
    "Attachment",
    "HostEvents",
    "HostPaymentJson",
    "InvoiceFact",
    "InvoiceJson",
    "InvoiceState",
    "ListsInvoices",
    "Money",
    "NotNow",
    "OneDeskHost",
    "PageLink",
    "Payment",
    "PaymentJson",
    "QuickBooksPlugin",
    "Reversal",
    "Setting",
    "WebPages",
    "plugin",
    "state_of",
]

spec = pluggy.HookspecMarker("onedesk")
impl = pluggy.HookimplMarker("onedesk")


class HostEvents:
    """The hook specs. Unless said otherwise a hook returns nothing and raises only `InvalidInvoice` (a ValueError that
    names the field) for JSON that does not match its schema, and `NotNow` where it cannot record the event. The text of
    both is for the person who asked."""

    @spec
    def on_host_started(self, host: OneDeskHost, plugins: pluggy.PluginManager, data_directory: Path) -> None:
        """The host has started: `host` is what plugins may ask of it, `data_directory` the folder for their data.

        Raises `CannotStart` (what is wrong and what to do) when the folder or the settings in it cannot be used, or
        belong to another host; when the host lacks a method, or one takes other parameters; and for a plugin that has a
        host already: each tenant of a process needs its own plugin manager and its own `QuickBooksPlugin()`.
        """

    @spec
    def on_host_stopping(self) -> None:
        """The host stops: the plugin finishes the step at hand and releases its files and threads."""

    @spec
    def on_invoice_opened(self, invoice: InvoiceJson) -> None:
        """An invoice was opened (Draft to Open). The plugin copies it at once where the rules say ``on_open: copy``."""

    @spec(firstresult=True)
    def on_invoice_send(self, invoice: InvoiceJson, user: str) -> bool | None:
        """A user chose "Send invoice". True: the plugin takes it (QuickBooks will e-mail it; the host must not)."""

    @spec
    def on_payment_received(self, payment: PaymentJson) -> None:
        """A payment was made in QuickBooks on an invoice of this host, or a credit or deposit pays it there: see
        `kind`. The plugin calls this hook for every plugin that listens; its own implementation records the payment in
        the host."""

    @spec
    def on_payment_reversed(self, reversal: Reversal) -> None:
        """What `on_payment_received` reported was later voided or deleted in QuickBooks. The plugin calls this hook;
        its own implementation removes the payment in the host."""

    @spec
    def invoice_actions(self, invoice: InvoiceJson) -> list[Action]:
        """Returns the actions to offer for this invoice now, in its action menu and at the foot of its detail panel."""

    @spec(firstresult=True)
    def on_invoice_action(self, invoice: InvoiceJson, action: str, user: str) -> bool | None:
        """A user chose the action with this id. True: it is one of this plugin's and is recorded."""

    @spec
    def on_invoice_changed(self, invoice: InvoiceJson, change: str) -> None:
        """An invoice was "edited", "reopened" (back to Draft), "voided" or "deleted". `invoice` is its present state,
        for "deleted" its last one."""

    @spec
    def on_host_payment(self, payment: HostPaymentJson, change: str) -> None:
        """A payment that the host has recorded itself was "recorded" (new or changed) or "deleted" (then `payment` is
        its last state). If the rules say so (``payments.direction``) it is written to QuickBooks, once, however often
        this is called. Never call it for what `record_payment` has recorded."""

    @spec
    def settings_to_show(self, user: str) -> list[Setting]:
        """Returns what to show this user under Administration > Financials; an empty list for a user who may not
        administer."""

    @spec(firstresult=True)
    def on_rule_asks(self, question: str, values: Mapping[str, Any]) -> Mapping[str, str] | None:
        """A rule with ``ask: QUESTION`` asks a plugin of yours what its conditions cannot express.

        `values` are the fields that conditions may name (service_type, country, amount as Decimal, ...). The answer has
        the keys of an exception: "item", "income_account", "class" and "description" (any of them), "code", or "hold"
        with the reason. None means no answer: the line is held. A line is also held when the plugin raises, gives an
        invalid answer, or takes more than ten seconds. The hook is called from a separate thread, for every line that
        the rule matches, never while a hook of yours waits. Answer at once, and the same values always with the same
        answer.
        """

    @spec
    def on_quickbooks_alert(self, alert: Alert) -> None:
        """An administrator has to act. The plugin calls this hook once for each alert, and again only after the alert
        has passed and come back. It is called from another thread; an exception of an implementation is logged, and the
        alert is reported again later."""

    @spec
    def invoice_states(self, invoices: Sequence[InvoiceJson]) -> list[InvoiceState]:
        """Returns the states of these invoices: for a page of your list, or for one invoice. It reads only the plugin's
        ledger, in a few queries however many invoices there are."""

    @spec(firstresult=True)
    def invoice_pdf(self, invoice: InvoiceJson, user: str) -> bytes | None:
        """Returns the invoice as QuickBooks prints it now, for a page of the host; call it only for a `user` who may
        see the invoice. None where QuickBooks does not have it. Unlike every other hook it waits for QuickBooks, at
        most 15 seconds, and raises `NotNow` where QuickBooks does not answer, or refuses."""

    @spec
    def page_links(self, user: str) -> list[PageLink]:
        """Returns the plugin's pages to show this user in the host's navigation, each with the number of entries that
        wait there; an empty list for a user who may not administer."""

    @spec
    def web_pages(self) -> WebPages:
        """Returns the plugin's own pages (connect, callback, webhooks, settings) and the path to mount them at."""


class QuickBooksPlugin:
    """This plugin's implementations: each calls the application in plugin/ and returns. Those that record something, or
    release it, are called first: an exception of another plugin's implementation ends the call of the hook."""

    def __init__(
        self,
        background: bool = True,
        *,
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[float], None] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """With `background` a thread processes what the hooks record; commands run without it and drain the queue
        themselves. `now` (aware), `sleep` (seconds) and `environ` (for the settings) default to the machine's."""
        self._background = background
        self._now = now
        self._sleep = sleep
        self._environ = environ
        self._application: Application | None = None
        self._forked_from: list[Application] = []  # kept: to release them would release the parent's locks
        self._pid = 0

    def __dir__(self) -> list[str]:
        """The names in which pluggy looks for hooks: without `application`, which cannot be read before the start."""
        return [name for name in super().__dir__() if name != "application"]

    @property
    def application(self) -> Application:
        """The running application. Raises `NotNow` before `on_host_started`, after `on_host_stopping`, and in a process
        that was forked since: the threads and connections are the parent's."""
        if self._application is None:
            raise NotNow(
                "The QuickBooks plugin does not run in this process: its host has not called on_host_started yet, or"
                " has called on_host_stopping. Nothing was recorded; try again once the host has started."
            )
        if self._pid != os.getpid():
            raise NotNow(
                "This process was forked after the QuickBooks plugin had started, so that nothing can be recorded here."
                " Call on_host_started in each process, after the fork (gunicorn: in post_fork, or without --preload;"
                " uWSGI: lazy-apps = true): see docs/processes.md."
            )
        return self._application

    @impl
    def on_host_started(self, host: OneDeskHost, plugins: pluggy.PluginManager, data_directory: Path) -> None:
        # the host's import of this module stays light
        from onedesk_quickbooks.plugin.app.application import Application
        from onedesk_quickbooks.plugin.sync.errors import CannotStart

        if self._application is not None and self._pid != os.getpid():
            self._forked_from.append(self._application)
            self._application = None
        if self._application is not None:
            raise CannotStart(
                f"This plugin works for the data directory {self._application.directory} already, and can work for one"
                " only. For another tenant register a separate plugin with that tenant's plugin manager:"
                " register(QuickBooksPlugin()), from onedesk_quickbooks.hooks."
            )
        if not hasattr(plugins.hook, "on_rule_asks"):
            raise CannotStart(
                "This plugin manager does not know the hooks. Call plugins.add_hookspecs(HostEvents), from"
                " onedesk_quickbooks.hooks, before the start."
            )
        if any(isinstance(each, QuickBooksPlugin) and each is not self for each in plugins.get_plugins()):
            raise CannotStart(
                "This plugin manager has the QuickBooks plugin twice. Load the entry point"
                " (load_setuptools_entrypoints), or register QuickBooksPlugin(), but not both."
            )
        self._pid = os.getpid()
        self._application = Application.open(
            Path(data_directory).absolute(),  # a daemon leaves the folder that a relative one is in
            host,
            plugins.hook.on_payment_received,
            report_reversal=plugins.hook.on_payment_reversed,
            ask=plugins.hook.on_rule_asks,
            alert=plugins.hook.on_quickbooks_alert,
            background=self._background,
            environ=self._environ,
            now=self._now,
            sleep=self._sleep,
        )

    @impl(tryfirst=True)
    def on_host_stopping(self) -> None:
        if self._application is not None and self._pid == os.getpid():
            self._application.close()
            self._application = None

    @impl(tryfirst=True)
    def on_invoice_opened(self, invoice: InvoiceJson) -> None:
        self.application.invoice_opened(invoice)

    @impl
    def on_invoice_send(self, invoice: InvoiceJson, user: str) -> bool | None:
        return self.application.send(invoice, user)

    @impl
    def on_payment_received(self, payment: PaymentJson) -> None:
        self.application.payment_received(payment)

    @impl
    def on_payment_reversed(self, reversal: Reversal) -> None:
        self.application.payment_reversed(reversal)

    @impl
    def invoice_actions(self, invoice: InvoiceJson) -> list[Action]:
        return self.application.actions(invoice)

    @impl(tryfirst=True)
    def on_invoice_action(self, invoice: InvoiceJson, action: str, user: str) -> bool | None:
        return self.application.act(invoice, action, user)

    @impl(tryfirst=True)
    def on_invoice_changed(self, invoice: InvoiceJson, change: str) -> None:
        self.application.invoice_changed(invoice, change)

    @impl(tryfirst=True)
    def on_host_payment(self, payment: HostPaymentJson, change: str) -> None:
        self.application.host_payment(payment, change)

    @impl
    def settings_to_show(self, user: str) -> list[Setting]:
        return self.application.settings_to_show(user)

    @impl
    def invoice_states(self, invoices: Sequence[InvoiceJson]) -> list[InvoiceState]:
        return self.application.invoice_states(invoices)

    @impl
    def invoice_pdf(self, invoice: InvoiceJson, user: str) -> bytes | None:
        return self.application.pdf_for_host(invoice)

    @impl
    def page_links(self, user: str) -> list[PageLink]:
        return self.application.page_links(user)

    @impl
    def web_pages(self) -> WebPages:
        from onedesk_quickbooks.plugin.web import pages  # Flask is loaded only where pages are mounted

        return pages(self.application, lambda: self.application)


plugin = QuickBooksPlugin()
"""The entry point ``quickbooks`` in the group ``onedesk.plugins``."""
