"""Checks the connection and QuickBooks: company queue, tokens, clock, webhooks, and the company's settings that affect
invoices. Reads only; two requests to QuickBooks, and those for marks without a link; one to the public URL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from onedesk_quickbooks.plugin.findings import Findings
from onedesk_quickbooks.plugin.ledger import Connected, KeyProblem
from onedesk_quickbooks.plugin.model.company_settings import Company
from onedesk_quickbooks.plugin.ops.alerts import TOKEN_DAYS
from onedesk_quickbooks.plugin.ops.doctor.checks import Check, State
from onedesk_quickbooks.plugin.ops.doctor.marks import marks_without_link
from onedesk_quickbooks.plugin.ops.status import FAILS_AT, LOOK_AT_LEAST, REPEATED, Status, remedy, with_article
from onedesk_quickbooks.plugin.qbo import NotAuthorised, QuickBooksProblem, Refused, Throttled
from onedesk_quickbooks.plugin.qbo.ending import session
from onedesk_quickbooks.plugin.qbo.webhooks import sign
from onedesk_quickbooks.plugin.qbo.wire.readers import read_company
from onedesk_quickbooks.plugin.ruleset.check.against_company import check_company
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Capital, Text, joined, text_in

SKEW = timedelta(seconds=60)
"""The allowed difference of clocks: tokens are refreshed five minutes early."""
_TIMEOUT = (2, 4)
"""Seconds to connect and to be answered."""
_PROXY = Text("Is `serve` running, and does the proxy lead to it? QuickBooks must reach it from outside.")
_AGAIN = Text("Take the step that this sentence names, then run: onedesk-quickbooks doctor")
_RECONNECT = Text("Connect again: Administration > Financials, or onedesk-quickbooks connect")
_WITHOUT_LISTS = frozenset({"OQ504", "OQ506", "OQ508"})
"""Findings on the company's settings only; `check --company live` checks the names in the rules."""


def examine(services: Services, status: Status) -> Iterator[Check]:
    """All checks beyond the data directory."""
    connected = services.ledger.companies.connected()
    yield from _webhooks(services)
    for command in status.refused_orders:
        found = Text(
            "{file} is a command from OneDesk that could not be recorded; the log says why.", file=command["file"]
        )
        yield Check(Text("orders"), "warning", found, Text("Request it again in OneDesk, then delete the file."))
    if connected is None:
        yield Check(
            Text("connection"),
            "problem",
            Text("No QuickBooks company is connected."),
            Text("Run: onedesk-quickbooks connect"),
        )
        return
    yield from _connection(services, connected)
    if connected.environment != services.settings.environment:
        return  # its tokens are for another server, and must not be sent to this one
    yield from _queue(status, services.now())
    yield from _errors(status)
    yield from _payments(services, status)
    try:
        yield _tokens(services, connected)
    except KeyProblem as problem:
        remedy = Text(
            "Put the key back; without it connect again: Administration > Financials, or onedesk-quickbooks connect"
        )
        yield Check(Text("tokens"), "problem", text_in(problem), remedy)
        return
    yield from _books(services, connected)


def _connection(services: Services, connected: Connected) -> Iterator[Check]:
    company = connected.company
    wanted, has = services.settings.environment, connected.environment
    if wanted != has:
        values = {"company": company.name, "has": has, "wanted": wanted}
        found = Text("{company} was connected in {has}, the setting environment says {wanted}.", **values)
        remedy = Text("Set {key} {has}, or connect a company of {wanted}.", key="environment:", **values)
        yield Check(Text("connection"), "problem", found, remedy)
    else:
        values = {"company": company.name, "country": company.country, "currency": company.home_currency}
        found = Text("{company} ({country}, {currency}) is connected.", **values)
        yield Check(Text("connection"), "ok", found)
    if connected.default_income_account is None:
        found = Text("No default income account is chosen, so new service types are held.")
        yield Check(Text("income account"), "warning", found, Text("Run: onedesk-quickbooks settings"))


def _payments(services: Services, status: Status) -> Iterator[Check]:
    """Whether payments are looked for: successful copies do not show that."""
    looked, now = status.last_payment_look_at, services.now()
    text = Text("There was no look for payments yet.")
    if looked:
        text = Text("The last look for payments was on {when} UTC.", when=f"{looked:%Y-%m-%d %H:%M}")
    newest = max((each for each in (looked, status.since) if each is not None and each <= now), default=now)
    due = status.payments_overdue_since
    if due or (now - newest >= LOOK_AT_LEAST and services.settings.poll_every):
        if due:
            values = {"text": text, "due": f"{due:%Y-%m-%d %H:%M}"}
            text = Text("{text} The next one was due on {due} UTC: no process is polling.", **values)
        remedy = Text(
            "Start {command}, or your host, which poll. To see the cause: onedesk-quickbooks payments",
            command=f"onedesk-quickbooks {'worker' if services.ledger.remote else 'serve'}",
        )
        yield Check(Text("payments"), "warning", text, remedy)
        return
    yield Check(Text("payments"), "ok", text)
    if status.untold_payments:
        found = Text("{n} not recorded in OneDesk yet.", n=len(status.untold_payments))
        yield Check(Text("payments"), "warning", found, Text("See: onedesk-quickbooks queue"))
    if status.payments_by_queries_since:
        found = Text(
            "QuickBooks refuses change data capture: changes are found by queries, which need more requests. A deleted "
            "invoice is noticed only when change data capture works again."
        )
        yield Check(Text("payments"), "note", found, Text("Nothing to do; the log has what QuickBooks says."))


def _queue(status: Status, now: datetime) -> Iterator[Check]:
    if status.stopped_reason:
        stopped = Text("It is stopped: {why}", why=status.stopped_reason)
        yield Check(Text("queue"), "problem", stopped, _AGAIN)
    elif status.running is False and status.waiting:
        found = Text("{n} queued, and no worker is running.", n=status.waiting)
        remedy = Text("Start {command}, or call drain() in your host.", command="onedesk-quickbooks serve")
        yield Check(Text("queue"), "warning", found, remedy)
    elif status.paused_until is not None and status.paused_until > now:
        found = Text(
            "It is paused until {when} UTC: {why} {n} queued.",
            when=f"{status.paused_until:%Y-%m-%d %H:%M:%S}",
            why=status.paused_because,
            n=status.waiting,
        )
        yield Check(Text("queue"), "note", found, Text("Nothing to do: it continues automatically."))
    elif status.running is False:
        yield Check(Text("queue"), "ok", Text("No process is running, and nothing is queued."))
    else:
        yield Check(Text("queue"), "ok", Text("It is running; {n} queued.", n=status.waiting))
    waits = status.held + status.failed
    if waits:
        found = Text("{n} waits for a person.", n=waits) if waits == 1 else Text("{n} wait for a person.", n=waits)
        yield Check(Text("queue"), "warning", found, Text("See: onedesk-quickbooks queue"))
    for each in status.stopped_runs:
        found = Text(
            "{what} was stopped as run {run}; {n} of its entries wait for a person.",
            what=Capital(with_article(each["action"])),
            run=each["run"],
            n=each["waiting"],
        )
        remedy = Text(
            "Run: onedesk-quickbooks queue resume {run}, or queue drop --run {run} --reason TEXT", run=each["run"]
        )
        yield Check(Text("queue"), "warning", found, remedy)


def _errors(status: Status) -> Iterator[Check]:
    for each in status.errors:
        found = Text(
            "{what} has failed {often}, since {since} UTC: {error}.",
            what=Capital(FAILS_AT[each["what"]]),
            often=Text("once") if each["count"] == 1 else Text("{n} times in a row", n=each["count"]),
            since=f"{each['since']:%Y-%m-%d %H:%M}",
            error=each["error"],
        )
        state: State = "problem" if each["count"] >= REPEATED else "warning"
        again = joined(" ", (Text("It is tried again automatically."), remedy(each["what"])))
        yield Check(Text("errors"), state, found, again)


def _tokens(services: Services, connected: Connected) -> Check:
    tokens = services.ledger.companies.tokens(connected.realm_id)
    if tokens is None:
        return Check(Text("tokens"), "problem", Text("The company's tokens are missing."), _RECONNECT)
    left = tokens.refresh_expires_at - services.now()
    text = Text(
        "The connection ends on {when} UTC unless it is renewed.", when=f"{tokens.refresh_expires_at:%Y-%m-%d %H:%M}"
    )
    if left <= timedelta(0):
        return Check(Text("tokens"), "problem", text, _RECONNECT)
    if left <= timedelta(days=max(TOKEN_DAYS)):
        return Check(Text("tokens"), "warning", text, _RECONNECT)
    return Check(Text("tokens"), "ok", text)


def _webhooks(services: Services) -> Iterator[Check]:
    settings = services.settings
    if not settings.public_url or not settings.verifier_token:
        names = [name for name in ("public_url", "verifier_token") if not getattr(settings, name)]
        values = {"names": joined(Text(" and "), names), "n": settings.poll_seconds}
        found = Text("{names} not set, so no webhooks arrive, and polling is off.", **values)
        if settings.poll_every:
            found = Text("{names} not set, so no webhooks arrive; payments come by polling, every {n} s.", **values)
        remedy = Text("Set both, and enter PUBLIC_URL/webhooks at developer.intuit.com > Webhooks.")
        yield Check(Text("webhooks"), "note" if settings.poll_every else "warning", found, remedy)
    if not settings.public_url:
        return
    if not settings.public_url.startswith("https://") and settings.environment == "production":
        found = Text("public_url is {url}; Intuit calls https addresses only.", url=settings.public_url)
        yield Check(Text("public URL"), "problem", found, Text("Put a proxy with a certificate before it."))
    try:
        yield _reached(settings.public_url.rstrip("/"), settings.verifier_token)
    except requests.RequestException as error:
        kind = type(error).__name__
        found = Text("{url} cannot be reached from here ({kind}).", url=settings.public_url, kind=kind)
        yield Check(Text("public URL"), "warning", found, _PROXY)


def _reached(url: str, verifier_token: str) -> Check:
    """Request the URL as monitors do, and as Intuit does: with a webhook without events. Raises RequestException."""
    http = session()
    answer = http.get(f"{url}/health", timeout=_TIMEOUT, allow_redirects=False)
    if b"ok" not in answer.content or answer.status_code not in (200, 503):
        found = Text("{url}/health answered {status}, not as this plugin does.", url=url, status=answer.status_code)
        return Check(Text("public URL"), "warning", found, _PROXY)
    if not verifier_token:
        return Check(Text("public URL"), "ok", Text("{url} answers.", url=url))
    headers = {"intuit-signature": sign(b"[]", verifier_token), "Content-Type": "application/json"}
    answer = http.post(f"{url}/webhooks", b"[]", headers=headers, timeout=_TIMEOUT, allow_redirects=False)
    if answer.status_code != 200:
        found = Text(
            "{url}/webhooks answered {status} to a webhook that was signed with our verifier token.",
            url=url,
            status=answer.status_code,
        )
        remedy = joined(" ", (Text("Start `serve` again, where it has another verifier_token."), _PROXY))
        return Check(Text("webhooks"), "warning", found, remedy)
    return Check(Text("public URL"), "ok", Text("{url} answers, and accepts webhooks.", url=url))


def _books(services: Services, connected: Connected) -> Iterator[Check]:
    """What QuickBooks answers, and its time."""
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
        yield Check("QuickBooks", "problem", Text("The response is not recognized."), Text("Try again later."))
        return
    finally:
        hooks.remove(listen)
        yield from _clock(dates, services.now())
    yield Check("QuickBooks", "ok", Text("It answers; the connection has the accounting scope."))
    yield from _bites(services, company)
    yield from marks_without_link(services, connected)


def _unreachable(problem: QuickBooksProblem) -> Check:
    remedy = Text("Is QuickBooks up (status.quickbooks.intuit.com), and may this machine reach it?")
    if isinstance(problem, NotAuthorised):
        remedy = _RECONNECT
    elif isinstance(problem, Throttled):
        remedy = Text("Nothing to do: the queue waits as long as QuickBooks asks.")
    elif isinstance(problem, Refused):
        remedy = _AGAIN
    return Check("QuickBooks", "problem", text_in(problem), remedy)


def _clock(dates: list[str], now: datetime) -> Iterator[Check]:
    try:
        theirs = parsedate_to_datetime(dates[-1])
    except (IndexError, ValueError, TypeError):
        return
    off = abs(now - theirs)
    if off > SKEW:
        far = str(timedelta(seconds=int(off.total_seconds())))
        found = Text("This machine's clock is {far} behind QuickBooks' (h:mm:ss).", far=far)
        if now > theirs:
            found = Text("This machine's clock is {far} ahead of QuickBooks' (h:mm:ss).", far=far)
        remedy = Text("Set it by the network (NTP): tokens and polling depend on it.")
        yield Check(Text("clock"), "warning", found, remedy)
    else:
        agrees = Text("It agrees with QuickBooks' within {n} s.", n=int(SKEW.total_seconds()))
        yield Check(Text("clock"), "ok", agrees)


def _bites(services: Services, company: Company) -> Iterator[Check]:
    """The company's settings that change the result for an invoice (qbo-api.md 2.1.1, 7, 8)."""
    findings = Findings()
    check_company(load(services.rules.path), CompanySnapshot(company), findings)
    for finding in findings.sorted():
        if finding.code in _WITHOUT_LISTS:
            place = f"{finding.file}:{finding.line}"
            yield Check(
                Text("company settings"), "warning", joined("", (finding.message, f" ({place})")), finding.remedy
            )
    if company.applies_credits:
        found = Text(
            "QuickBooks applies a customer's open credits and payments to new invoices automatically: a copied invoice "
            "may be partly paid at once, and its balance is then lower than in OneDesk."
        )
        remedy = Text("Turn it off in QuickBooks: Account and settings > Advanced > Automation.")
        yield Check(Text("company settings"), "warning", found, remedy)
    yield from _notes(company)


def _notes(company: Company) -> Iterator[Check]:
    texts = []
    if not company.multicurrency:
        currency = company.home_currency
        off = Text("Multicurrency is off: invoices in another currency than {currency} are held.", currency=currency)
        texts.append(off)
    if not company.uses_sales_tax:
        texts.append(Text("Sales tax is off: QuickBooks adds none, and an invoice with tax is held for its total."))
    elif company.is_us and not company.automated_sales_tax:
        texts.append(Text("Automated sales tax is not set up: taxable lines need one of your tax codes in the rules."))
    elif company.is_us:
        texts.append(
            Text("QuickBooks computes sales tax automatically; where its total differs the rules decide (totals).")
        )
    if not company.allows_discount:
        texts.append(Text("Discounts are off: a discount becomes a separate line."))
    if company.closed_through is not None:
        texts.append(
            Text(
                "The books are closed through {day}: QuickBooks refuses invoices dated until then.",
                day=company.closed_through,
            )
        )
    for each in texts:
        yield Check(Text("company settings"), "note", each)
