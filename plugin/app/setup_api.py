"""What the page "Set up" calls: the progress of the setup, Intuit's keys, and what a first copy would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.app.admin_api import AdminApi
from onedesk_quickbooks.plugin.app.host_api import COPY, HostApi
from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.model.host import InvoiceJson, Setting, lists_invoices
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.ops.causes import CAUSES
from onedesk_quickbooks.plugin.sync.errors import CannotDecide, ConnectProblem, InvalidInvoice, SettingsProblem
from onedesk_quickbooks.plugin.sync.host_client import ids_dated
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.settings import CONNECTING, PREFIX, kept_settings, load_settings, write_settings
from onedesk_quickbooks.plugin.texts import ENGLISH, Text, current, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan
    from onedesk_quickbooks.plugin.model.plan import Plan

DAYS, MOST = 30, 300
"""Plans include the Open invoices of so many days, and at most so many."""
SANDBOX = ("base_url", "client_id", "client_secret", "verifier_token")
"""The settings that connect to a sandbox of this package."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """The progress of the setup. `choices` are the settings that connecting reveals; `from_environment` are keys that
    environment variables set; `has_sandbox`: a sandbox can be started from here; `lists`: the host lists its invoices;
    `live`: an invoice was queued."""

    keys: bool
    environment: str
    connected: Connected | None
    choices: tuple[Setting, ...]
    from_environment: tuple[str, ...]
    has_sandbox: bool
    lists: bool
    live: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A product/service for lines: QuickBooks has it, or it `is_new` on this income account; `lines` is how many lines
    take it."""

    name: str
    is_new: bool
    account: str
    lines: int


@dataclass(frozen=True, slots=True)
class Group:
    """Invoices with the same outcome or cause: their sums, and the first few with number and reason."""

    title: str
    count: int
    sums: tuple[Money, ...]
    first: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a copy of the host's Open invoices would do; `unread` are those that cannot be read, `more`: only the newest
    are in it, because there are too many."""

    since: date
    count: int
    outcomes: tuple[Group, ...]
    held: tuple[Group, ...]
    services: tuple[Service, ...]
    customers: int
    unread: tuple[str, ...]
    more: bool = False


class SetUpApi(AdminApi, HostApi):
    """The facade of that page, for administrators."""

    sandbox: Callable[[], Mapping[str, str]] | None = None
    """Starts a sandbox, and gives the settings to connect to it; None where this process cannot start one."""

    def set_up(self, user: str) -> SetUp:
        """The progress of the setup; `user` sees the settings."""
        connected, settings = self._spoken(), self.settings
        shown = self.settings_to_show(user) if connected else []
        taken = tuple(key for key in CONNECTING if self._services.environ.get(PREFIX + key.upper()))
        return SetUp(
            bool(settings.client_id and settings.client_secret),
            settings.environment,
            connected,
            tuple(each for each in shown if each.kind == "choice"),
            taken,
            self.sandbox is not None,
            lists_invoices(self._services.host),
            self._is_live(connected),
        )

    def _is_live(self, connected: Connected | None) -> bool:
        return connected is not None and bool(self._services.ledger.queue_lists.newest(connected.realm_id, 1))

    def save_keys(self, given: Mapping[str, str], user: str) -> None:
        """Save the keys in settings.yaml, by which a company is connected; they apply at once. The first save also sets
        the language of the installation, to that of the user. Raises `ConnectProblem` while a company is connected, and
        `SettingsProblem`; then nothing was changed."""
        if self.connected is not None:
            raise ConnectProblem(Text("A company is connected with the present keys: disconnect it first."))
        changes = {key: given[key].strip() for key in CONNECTING if given.get(key, "").strip()}
        if not self.settings.client_id and self.settings.language == ENGLISH != current():
            changes["language"] = current()
        taken = [key for key in changes if self._services.environ.get(PREFIX + key.upper())]
        if taken:
            raise SettingsProblem(
                Text("{join}: the environment of this process sets it, so change it there.", join=", ".join(taken))
            )
        put_back = kept_settings(self.directory)
        try:
            with self._services.ledger.together():
                facts = {"names": ", ".join(changes), "environment": changes.get("environment", "")}
                self._services.ledger.audit.act(user, "keys", **facts)
                self.directory.stat()  # a missing one is not created
                write_settings(self.directory, changes)
                settings = load_settings(self.directory, self._services.environ)
        except SettingsProblem:
            put_back()
            raise
        except OSError as problem:
            raise SettingsProblem(
                Text("{filename} cannot be written ({strerror}).", filename=problem.filename, strerror=problem.strerror)
            ) from problem
        self._services.use(settings)

    def try_sandbox(self, user: str) -> None:
        """Use a sandbox as QuickBooks from now on. Raises as `save_keys` does."""
        if self.sandbox is None:
            raise ConnectProblem(Text("No sandbox can be started from here; run: onedesk-quickbooks sandbox"))
        if self.connected is not None:
            raise ConnectProblem(Text("A company is connected: disconnect it first."))
        self.save_keys({"environment": "local", **{key: self.sandbox()[key] for key in SANDBOX}}, user)

    def dry_run(self) -> DryRun:
        """Plan a copy of the Open invoices of the last days, as `plan` does. Raises `CannotDecide` where the host does
        not list them, `NotConnected` or `QuickBooksProblem`."""
        # imported here because each command loads this module
        from onedesk_quickbooks.plugin.model.plan import Held, Plan

        found, unread, more = self._recent()
        last = {plan.invoice_id: plan for plan, _ in self.plan_run(found, "copy")} if found else {}
        plans = list(last.values())
        outcomes: dict[str, list[AnyWorkPlan]] = {}
        held: dict[str, list[AnyWorkPlan]] = {}
        for plan in plans:
            outcomes.setdefault(plan.outcome, []).append(plan)
            if isinstance(plan, Held) and plan.reasons:
                held.setdefault(plan.reasons[0].code, []).append(plan)
        totals = {str(each["id"]): Money(Decimal(str(each["total"])), str(each["currency"])) for each in found}
        causes = sorted(held.items(), key=lambda each: -len(each[1]))
        done = [plan for plan in plans if isinstance(plan, Plan)]
        made = [each for plan in done for each in plan.customer.each]
        new = {each.name for each in made if each.existing is None}
        return DryRun(
            self._since(),
            len(plans),
            tuple(_group(title, some, totals) for title, some in outcomes.items()),
            tuple(_group(CAUSES.get(code, code), some, totals) for code, some in causes),
            _services(done),
            len(new),
            tuple(unread),
            more,
        )

    def copy_recent(self, user: str) -> int:
        """Queue the Open invoices of the last days, as "Copy to QuickBooks Online" does for each; returns how many.
        Raises as `dry_run` does."""
        found, _, _ = self._recent()
        asked = 0
        for each in found:
            self._show_asked(str(each["id"]))
            asked += bool(self.act(each, COPY.id, user))
        return asked

    def _since(self) -> date:
        return self.now().date() - timedelta(days=DAYS)

    def _recent(self) -> tuple[list[InvoiceJson], list[str], bool]:
        """The host's Open invoices that can be read, the reasons for the others, and whether there are more."""
        host = self._services.host
        ids = list(ids_dated(host, self._since(), None)) if lists_invoices(host) else None
        if ids is None:
            raise CannotDecide(Text("OneDesk does not list its invoices here: pass some to `onedesk-quickbooks plan`."))
        found: list[InvoiceJson] = []
        unread: list[str] = []
        for invoice_id in reversed(ids):
            each = host.read_invoice(invoice_id)
            if each is None or each.get("status") != "open":
                continue
            if len(found) + len(unread) == MOST:
                return found, unread, True
            try:
                read_invoice(each)
            except InvalidInvoice as problem:
                number = str(each.get("number") or each.get("id"))
                unread.append(Text("{where}: {why}", where=number, why=text_in(problem)))
            else:
                found.append(each)
        return found, unread, False


def _group(title: str, plans: Iterable[AnyWorkPlan], totals: Mapping[str, Money]) -> Group:
    some = list(plans)
    sums: dict[str, Decimal] = {}
    for plan in some:
        total = totals.get(plan.invoice_id) or plan.total
        if total is not None:
            sums[total.currency] = sums.get(total.currency, Decimal(0)) + total.amount
    first = tuple((plan.invoice_number or plan.invoice_id, plan.reason) for plan in some[:5])
    return Group(title, len(some), tuple(Money(sums[each], each) for each in sorted(sums)), first)


def _services(plans: Iterable[Plan]) -> tuple[Service, ...]:
    """The products/services by name, each with the number of lines that take it."""
    found: dict[str, Service] = {}
    for plan in plans:
        taken = [line.item_name for line in plan.put.draft.lines]
        for item in plan.items:
            lines = taken.count(item.name) + (found[item.name].lines if item.name in found else 0)
            account = item.draft.income_account if item.draft else item.account
            is_new = item.existing is None or item.existing.coming  # an earlier invoice of the plan creates it
            found[item.name] = Service(item.name, is_new, account.name if account else "", lines)
    return tuple(sorted(found.values(), key=lambda each: (not each.is_new, each.name.casefold())))
