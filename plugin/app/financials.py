"""What Administration > Financials shows: connecting first, then the settings that connecting reveals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onedesk_quickbooks.plugin.app.connect import ACCOUNT, TAX_CODE, Connecting
from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.model.books import Ref
from onedesk_quickbooks.plugin.model.host import Alert, Setting
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper

PREFIX = "/quickbooks"
"""Where the plugin's own pages are mounted (plugin/web)."""


def settings_to_show(
    connected: Connected | None, connecting: Connecting, rules: RulesKeeper, counts: Mapping[str, int]
) -> list[Setting]:
    """The lines for one who may administer."""
    if connected is None:
        url = f"{PREFIX}/connect"
        return [
            Setting(
                "connect",
                "Connect to QuickBooks Online",
                "link",
                url=url,
                help="You will log in at Intuit and authorize this connection.",
            )
        ]
    company = connected.company
    shown = [
        Setting(
            "company", "QuickBooks company", "status", f"{company.name} ({company.country}, {company.home_currency})"
        ),
        Setting("state", "State", "status", _state(connected, counts)),
    ]
    if connected.stopped_reason:
        shown.append(Setting("reconnect", "Connect again", "link", url=f"{PREFIX}/connect"))
    shown += _choices(connected, connecting)
    shown.append(Setting("rules", "Rules", "status", str(rules.path), help=rules.complaint))
    shown.append(
        Setting(
            "disconnect",
            "Disconnect from QuickBooks Online",
            "button",
            url=f"{PREFIX}/disconnect",
            help="What was copied stays in QuickBooks; what waits, waits for the next connection.",
        )
    )
    return shown


def attention(alerts: Iterable[Alert], connected: Connected | None) -> list[Setting]:
    """The alerts that the state does not tell already: a connection that ends soon, silence, a disk that is full, a key
    that does not fit."""
    told = {"held", "stopped"} if connected and connected.stopped_reason else {"held"}
    return [
        Setting(f"alert-{alert.key}", "Attention", "status", alert.title, help=alert.text)
        for alert in alerts
        if alert.kind not in told
    ]


def changed(count: int) -> list[Setting]:
    """Where an administrator decides about invoices that somebody changed in QuickBooks; nothing where there are
    none."""
    if not count:
        return []
    many = "1 invoice waits" if count == 1 else f"{count} invoices wait"
    url, text = f"{PREFIX}/changes", f"{many} for your decision which version stays."
    return [Setting("changes", "Changed in QuickBooks", "link", url=url, help=text)]


def _state(connected: Connected, counts: Mapping[str, int]) -> str:
    if connected.stopped_reason:
        return f"Stopped: {connected.stopped_reason}"
    parts = [f"connected since {connected.connected_at:%Y-%m-%d}"]
    if connected.last_success_at:
        parts.append(f"last success {connected.last_success_at:%Y-%m-%d %H:%M} UTC")
    words = {"todo": "waiting", "held": "held", "failed": "failed"}
    parts += [f"{counts[state]} {word}" for state, word in words.items() if counts.get(state)]
    return ", ".join(parts)


def _choices(connected: Connected, connecting: Connecting) -> list[Setting]:
    accounts, codes = connecting.income_accounts(connected), connecting.tax_codes(connected)
    shown = [
        Setting(
            ACCOUNT,
            "Default income account",
            "choice",
            connected.default_income_account.id if connected.default_income_account else "",
            _offer(accounts),
            f"{PREFIX}/settings/{ACCOUNT}",
            "For new service types: ones that QuickBooks does not have yet, or has without an income account.",
        )
    ]
    if codes:
        shown.append(
            Setting(
                TAX_CODE,
                "Default tax code",
                "choice",
                connected.default_tax_code.id if connected.default_tax_code else "",
                _offer(codes),
                f"{PREFIX}/settings/{TAX_CODE}",
                "For lines to which no rule gives a tax code.",
            )
        )
    return shown


def _offer(refs: Iterable[Ref]) -> tuple[tuple[str, str], ...]:
    return (("", "not chosen yet"), *((ref.id, ref.name) for ref in refs))
