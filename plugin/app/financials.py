"""The rows of Administration > Financials: connecting first, then the settings that a connection reveals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onedesk_quickbooks.plugin.app.connect import ACCOUNT, TAX_CODE, Connecting
from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.host import Alert, Setting
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper
from onedesk_quickbooks.plugin.texts import Text, in_queue, joined

PREFIX = "/quickbooks"
"""Where the plugin's own pages are mounted (plugin/web)."""


def settings_to_show(
    connected: Connected | None,
    connecting: Connecting,
    rules: RulesKeeper,
    counts: Mapping[str, int],
    waits: Text | None = None,
) -> list[Setting]:
    """The rows, for a user who may administer. `waits`: until when the company queue is paused, and why."""
    if connected is None:
        url = f"{PREFIX}/connect"
        return [
            Setting(
                "connect",
                Text("Connect to QuickBooks Online"),
                "link",
                url=url,
                help=Text("You will log in at Intuit and authorize this connection."),
            )
        ]
    company = connected.company
    shown = [
        Setting(
            "company",
            Text("QuickBooks company"),
            "status",
            f"{company.name} ({company.country}, {company.home_currency})",
        ),
        Setting("state", Text("State"), "status", _state(connected, counts, waits)),
    ]
    if connected.stopped_reason:
        shown.append(Setting("reconnect", Text("Connect again"), "link", url=f"{PREFIX}/connect"))
    shown += _choices(connected, connecting)
    shown.append(Setting("rules", Text("Rules"), "status", str(rules.path), help=rules.complaint))
    shown.append(
        Setting(
            "disconnect",
            Text("Disconnect from QuickBooks Online"),
            "button",
            url=f"{PREFIX}/disconnect",
            help=Text("Copied invoices stay in QuickBooks; queued invoices wait for the next connection."),
        )
    )
    return shown


def attention(alerts: Iterable[Alert], connected: Connected | None) -> list[Setting]:
    """The alerts that the state does not include: a connection that expires soon, no contact with QuickBooks, a full
    disk, a key that does not match."""
    shown = {"held", "stopped"} if connected and connected.stopped_reason else {"held"}
    return [
        Setting(f"alert-{alert.key}", Text("Attention"), "status", alert.title, help=alert.text)
        for alert in alerts
        if alert.kind not in shown
    ]


def changed(count: int) -> list[Setting]:
    """The link to the invoices that were changed in QuickBooks; nothing where there are none."""
    if not count:
        return []
    text = (
        Text("1 invoice was changed in QuickBooks: choose the version to keep.")
        if count == 1
        else Text("{n} invoices were changed in QuickBooks: choose the version to keep.", n=count)
    )
    return [Setting("changes", Text("Changed in QuickBooks"), "link", url=f"{PREFIX}/changes", help=text)]


def _state(connected: Connected, counts: Mapping[str, int], waits: Text | None) -> str:
    if connected.stopped_reason:
        return Text("Stopped: {why}", why=connected.stopped_reason)
    parts: list[str] = [Text("connected since {date}", date=connected.connected_at.date().isoformat())]
    if connected.last_success_at:
        last = connected.last_success_at.strftime("%Y-%m-%d %H:%M")
        parts.append(Text("last success {time} UTC", time=last))
    parts += in_queue(*(counts.get(state, 0) for state in ("todo", "held", "failed", "scheduled")))
    return joined("; ", [joined(", ", parts), *([waits] if waits else [])])


def _choices(connected: Connected, connecting: Connecting) -> list[Setting]:
    accounts, codes = connecting.income_accounts(connected), connecting.tax_codes(connected)
    shown = [
        Setting(
            ACCOUNT,
            Text("Default income account"),
            "choice",
            connected.default_income_account.id if connected.default_income_account else "",
            _offer(accounts),
            f"{PREFIX}/settings/{ACCOUNT}",
            Text("For new service types: ones that QuickBooks does not have yet, or has without an income account."),
        )
    ]
    if codes:
        shown.append(
            Setting(
                TAX_CODE,
                Text("Default tax code"),
                "choice",
                connected.default_tax_code.id if connected.default_tax_code else "",
                _offer(codes),
                f"{PREFIX}/settings/{TAX_CODE}",
                Text("For lines to which no rule gives a tax code."),
            )
        )
    return shown


def _offer(refs: Iterable[Ref]) -> tuple[tuple[str, str], ...]:
    return (("", Text("not chosen yet")), *((ref.id, ref.name) for ref in refs))
