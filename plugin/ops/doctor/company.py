"""The doctor's look at the connection and at QuickBooks: lane, tokens, clock, webhooks, and the company's settings that
will bite. Reads only; two requests to QuickBooks, one to the public URL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from onedesk_quickbooks.plugin.findings import Findings
from onedesk_quickbooks.plugin.ledger import Connected, KeyProblem
from onedesk_quickbooks.plugin.model.books import Company
from onedesk_quickbooks.plugin.ops.alerts import TOKEN_DAYS
from onedesk_quickbooks.plugin.ops.doctor.checks import Check, State
from onedesk_quickbooks.plugin.ops.status import FAILS_AT, REPEATED, Status, remedy, with_article
from onedesk_quickbooks.plugin.qbo import NotAuthorised, QuickBooksProblem, Refused
from onedesk_quickbooks.plugin.qbo.ending import session
from onedesk_quickbooks.plugin.qbo.webhooks import sign
from onedesk_quickbooks.plugin.qbo.wire.readers import read_company
from onedesk_quickbooks.plugin.ruleset import load
from onedesk_quickbooks.plugin.ruleset.check import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.check.company import check_company
from onedesk_quickbooks.plugin.sync.services import Services

SKEW = timedelta(seconds=60)
"""So far may clocks differ: tokens are refreshed five minutes early."""
LOOK_AT_LEAST = timedelta(hours=24)
"""So long without a look for payments is worth a warning."""
_TIMEOUT = (2, 4)
"""Seconds to connect and to be answered."""
_PROXY = "Is `serve` running, and does the proxy lead to it? QuickBooks must reach it from outside."
_AGAIN = "Take the step that this sentence names, then run: onedesk-quickbooks doctor"
_RECONNECT = "Connect again: Administration > Financials, or onedesk-quickbooks connect"
_WITHOUT_LISTS = frozenset({"OQ504", "OQ506", "OQ508"})
"""Findings on the company's settings alone; names in the rules are `check --company live`."""


def examine(services: Services, status: Status) -> Iterator[Check]:
    """Everything beyond the data directory."""
    connected = services.ledger.companies.connected()
    yield from _webhooks(services)
    for order in status.refused_orders:
        found = f"{order['file']} is an order of OneDesk that could not be recorded; the log says why."
        yield Check("orders", "warning", found, "Ask for it again in OneDesk, then delete the file.")
    if connected is None:
        yield Check("connection", "problem", "No QuickBooks company is connected.", "Run: onedesk-quickbooks connect")
        return
    yield from _connection(services, connected)
    if connected.environment != services.settings.environment:
        return  # its tokens are of another place, where they are nobody's business
    yield from _queue(status)
    yield from _errors(status)
    yield from _payments(services, status)
    try:
        yield _tokens(services, connected)
    except KeyProblem as problem:
        yield Check("tokens", "problem", str(problem), "Put the key back; without it " + _RECONNECT)
        return
    yield from _books(services, connected)


def _connection(services: Services, connected: Connected) -> Iterator[Check]:
    company = connected.company
    wanted, has = services.settings.environment, connected.environment
    if wanted != has:
        found = f"{company.name} was connected in {has}, the setting environment says {wanted}."
        yield Check("connection", "problem", found, f"Set environment: {has}, or connect a company of {wanted}.")
    else:
        yield Check("connection", "ok", f"{company.name} ({company.country}, {company.home_currency}) is connected.")
    if connected.default_income_account is None:
        found = "No default income account is chosen, so new service types are held."
        yield Check("income account", "warning", found, "Run: onedesk-quickbooks settings")


def _payments(services: Services, status: Status) -> Iterator[Check]:
    """Whether payments are looked for: copies that succeed do not say so."""
    looked, now = status.last_payment_look_at, services.now()
    told = f"They were last looked for {looked:%Y-%m-%d %H:%M} UTC." if looked else "They have not been looked for yet."
    newest = max((each for each in (looked, status.since) if each is not None and each <= now), default=now)
    if now - newest >= LOOK_AT_LEAST and services.settings.poll_every:
        remedy = "Start onedesk-quickbooks serve, which polls. To see what hinders: onedesk-quickbooks payments"
        yield Check("payments", "warning", told, remedy)
        return
    yield Check("payments", "ok", told)
    if status.payments_by_queries_since:
        found = "QuickBooks refuses to tell changes (change data capture): they are found by queries, which cost more"
        found += " requests. An invoice that is deleted there is noticed when it answers again."
        yield Check("payments", "note", found, "Nothing to do; the log has what QuickBooks says.")


def _queue(status: Status) -> Iterator[Check]:
    if status.stopped_reason:
        yield Check("queue", "problem", f"It is stopped: {status.stopped_reason}", _AGAIN)
    elif status.running is False and status.waiting:
        found = f"{status.waiting} queued, and no worker is running."
        yield Check("queue", "warning", found, "Start onedesk-quickbooks serve.")
    else:
        yield Check("queue", "ok", f"It is running; {status.waiting} queued.")
    count = status.held + status.failed
    if count:
        found = f"{count} {'waits' if count == 1 else 'wait'} for a person."
        yield Check("queue", "warning", found, "See: onedesk-quickbooks queue")
    for each in status.stopped_runs:
        what = with_article(each["action"])
        found = (
            f"{what[:1].upper()}{what[1:]} was stopped as run {each['run']}; {each['waiting']} of it wait for a person."
        )
        run = each["run"]
        remedy = f"onedesk-quickbooks queue resume {run}, or queue drop --run {run} --reason TEXT"
        yield Check("queue", "warning", found, f"Run: {remedy}")


def _errors(status: Status) -> Iterator[Check]:
    for each in status.errors:
        often = "once" if each["count"] == 1 else f"{each['count']} times in a row"
        found = f"T{FAILS_AT[each['what']][1:]} has failed {often}, since {each['since']:%Y-%m-%d %H:%M} UTC:"
        state: State = "problem" if each["count"] >= REPEATED else "warning"
        yield Check(
            "errors", state, f"{found} {each['error']}.", f"It is tried again by itself. {remedy(each['what'])}"
        )


def _tokens(services: Services, connected: Connected) -> Check:
    tokens = services.ledger.companies.tokens(connected.realm_id)
    if tokens is None:
        return Check("tokens", "problem", "The company's tokens are gone.", _RECONNECT)
    left = tokens.refresh_expires_at - services.now()
    told = f"The connection ends on {tokens.refresh_expires_at:%Y-%m-%d %H:%M} UTC unless it is renewed."
    if left <= timedelta(0):
        return Check("tokens", "problem", told, _RECONNECT)
    if left <= timedelta(days=max(TOKEN_DAYS)):
        return Check("tokens", "warning", told, _RECONNECT)
    return Check("tokens", "ok", told)


def _webhooks(services: Services) -> Iterator[Check]:
    settings = services.settings
    polls = f"payments come by polling, every {settings.poll_seconds} s" if settings.poll_every else ""
    if not settings.public_url or not settings.verifier_token:
        missing = " and ".join(name for name in ("public_url", "verifier_token") if not getattr(settings, name))
        found = f"{missing} not set, so QuickBooks tells nothing; {polls or 'and nothing is polled either'}."
        remedy = "Set both, and enter PUBLIC_URL/webhooks at developer.intuit.com > Webhooks."
        yield Check("webhooks", "note" if polls else "warning", found, remedy)
    if not settings.public_url:
        return
    if not settings.public_url.startswith("https://") and settings.environment == "production":
        found = f"public_url is {settings.public_url}; Intuit calls https addresses only."
        yield Check("public URL", "problem", found, "Put a proxy with a certificate before it.")
    try:
        yield _reached(settings.public_url.rstrip("/"), settings.verifier_token)
    except requests.RequestException as error:
        found = f"{settings.public_url} cannot be reached from here ({type(error).__name__})."
        yield Check("public URL", "warning", found, _PROXY)


def _reached(url: str, verifier_token: str) -> Check:
    """As monitors ask, and as Intuit does: with a webhook that tells of nothing. Raises RequestException."""
    http = session()
    answer = http.get(f"{url}/health", timeout=_TIMEOUT, allow_redirects=False)
    if "ok" not in answer.text or answer.status_code not in (200, 503):
        found = f"{url}/health answered {answer.status_code}, not as this plugin does."
        return Check("public URL", "warning", found, _PROXY)
    if not verifier_token:
        return Check("public URL", "ok", f"{url} answers.")
    headers = {"intuit-signature": sign(b"[]", verifier_token), "Content-Type": "application/json"}
    answer = http.post(f"{url}/webhooks", b"[]", headers=headers, timeout=_TIMEOUT, allow_redirects=False)
    if answer.status_code != 200:
        found = f"{url}/webhooks answered {answer.status_code} to a webhook that was signed with our verifier token."
        remedy = f"Start `serve` again, where it has another verifier_token. {_PROXY}"
        return Check("webhooks", "warning", found, remedy)
    return Check("public URL", "ok", f"{url} answers, and takes webhooks.")


def _books(services: Services, connected: Connected) -> Iterator[Check]:
    """What QuickBooks says, and how late it is there."""
    dates: list[str] = []

    def listen(answer: requests.Response, *_: Any, **__: Any) -> None:
        dates.append(answer.headers.get("Date", ""))

    hooks = services.session.hooks["response"]
    hooks.append(listen)
    transport = services.quickbooks(connected.realm_id).transport
    try:
        info = transport.request("GET", f"companyinfo/{connected.realm_id}", hurry=True).json["CompanyInfo"]
        preferences = transport.request("GET", "preferences", hurry=True).json["Preferences"]
        company = read_company(connected.realm_id, info, preferences)
    except QuickBooksProblem as problem:
        yield _unreachable(problem)
        return
    except (KeyError, TypeError):
        yield Check("QuickBooks", "problem", "Its answer is not one that is known.", "Try again later.")
        return
    finally:
        hooks.remove(listen)
        yield from _clock(dates, services.now())
    yield Check("QuickBooks", "ok", "It answers; the connection has the accounting scope.")
    yield from _bites(services, company)


def _unreachable(problem: QuickBooksProblem) -> Check:
    remedy = "Is QuickBooks up (status.quickbooks.intuit.com), and may this machine reach it?"
    if isinstance(problem, NotAuthorised):
        remedy = _RECONNECT
    elif isinstance(problem, Refused):
        remedy = _AGAIN
    return Check("QuickBooks", "problem", str(problem), remedy)


def _clock(dates: list[str], now: datetime) -> Iterator[Check]:
    try:
        theirs = parsedate_to_datetime(dates[-1])
    except (IndexError, ValueError, TypeError):
        return
    off = abs(now - theirs)
    if off > SKEW:
        far = str(timedelta(seconds=int(off.total_seconds())))
        found = f"This machine's clock is {far} {'ahead of' if now > theirs else 'behind'} QuickBooks' (h:mm:ss)."
        yield Check("clock", "warning", found, "Set it by the network (NTP): tokens and polling depend on it.")
    else:
        yield Check("clock", "ok", f"It agrees with QuickBooks' within {int(SKEW.total_seconds())} s.")


def _bites(services: Services, company: Company) -> Iterator[Check]:
    """The company's settings that change what becomes of an invoice (qbo-api.md 2.1.1, 7, 8)."""
    findings = Findings()
    check_company(load(services.rules.path), CompanySnapshot(company), findings)
    for finding in findings.sorted():
        if finding.code in _WITHOUT_LISTS:
            place = f"{finding.file}:{finding.line}"
            yield Check("company settings", "warning", f"{finding.message} ({place})", finding.remedy)
    if company.applies_credits:
        found = "QuickBooks applies a customer's open credits and payments to new invoices by itself: a copied invoice "
        found += "may be paid in part at once, and asks for less than OneDesk says."
        remedy = "Turn it off in QuickBooks: Account and settings > Advanced > Automation."
        yield Check("company settings", "warning", found, remedy)
    yield from _notes(company)


def _notes(company: Company) -> Iterator[Check]:
    told = []
    if not company.multicurrency:
        told.append(f"Multicurrency is off: invoices in another currency than {company.home_currency} are held.")
    if not company.uses_sales_tax:
        told.append("Sales tax is off: QuickBooks adds none, and an invoice with tax is held for its total.")
    elif company.is_us and not company.automated_sales_tax:
        told.append("Automated sales tax is not set up: taxable lines need a tax code of yours in the rules.")
    elif company.is_us:
        told.append("QuickBooks computes sales tax by itself; where its total differs the rules decide (totals).")
    if not company.allows_discount:
        told.append("Discounts are off: a discount becomes a separate line.")
    if company.closed_through is not None:
        told.append(f"The books are closed through {company.closed_through}: QuickBooks refuses invoices of that time.")
    for each in told:
        yield Check("company settings", "note", each)
