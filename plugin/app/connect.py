"""Connecting a QuickBooks company, its settings, and disconnecting (qbo-api.md 1)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from onedesk_quickbooks.plugin.ledger import Connected, KeyProblem, LeftBehind, Reference
from onedesk_quickbooks.plugin.model.by_name import INCOME_TYPES
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.connection import Tokens
from onedesk_quickbooks.plugin.qbo import Authoriser, QuickBooksProblem
from onedesk_quickbooks.plugin.sync.errors import AnotherCompany, ChoiceProblem, ConnectProblem
from onedesk_quickbooks.plugin.sync.services import Services, read_reference
from onedesk_quickbooks.plugin.sync.settings import FILE, KEYS
from onedesk_quickbooks.plugin.texts import Text, in_queue, joined

_log = logging.getLogger("onedesk_quickbooks.sync")

ACCOUNT, TAX_CODE = "default_income_account", "default_tax_code"


BOUND = "b."
"""Prefix of the state of a connection that only the browser in which it was started may finish."""


def is_bound(state: str) -> bool:
    """Whether only one browser may use this state."""
    return state.startswith(BOUND)


class _NewTokens:
    """A token store for tokens that belong to no company of the ledger yet."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def load(self) -> Tokens | None:
        return self.tokens

    def save(self, tokens: Tokens) -> None:
        self.tokens = tokens

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        yield


@contextmanager
def _as_connect_problem() -> Iterator[None]:
    try:
        yield
    except QuickBooksProblem as problem:
        raise ConnectProblem(Text("{problem} Nothing was changed; try again.", problem=problem)) from problem


class Connecting:
    """Everything between "Connect to QuickBooks Online" and "Disconnect"."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def begin(self, user: str, redirect_uri: str, bound: bool = False) -> str:
        """The URL to send the user's browser to. Its state records whether the caller has `bound` the answer to that
        browser (`is_bound`). Raises `ConnectProblem` without the keys of an Intuit app."""
        self._services.follow(self._services.ledger.companies.connected())
        settings = self._services.settings
        if not settings.client_id or not settings.client_secret:
            raise ConnectProblem(
                Text(
                    "The keys of your Intuit app are missing: set client_id and client_secret in settings.yaml"
                    " (developer.intuit.com > Keys & credentials)."
                )
            )
        state = (BOUND if bound else "") + secrets.token_urlsafe(32)
        self._services.ledger.companies.remember_state(state, user, redirect_uri)
        with _as_connect_problem():
            return self._services.oauth().authorize_url(state, redirect_uri)

    def finish(self, state: str, code: str, realm_id: str, replace: bool = False) -> Connected:
        """Complete the connection: exchange the code, read the company, store both. Raises `ConnectProblem`; for a
        company other than the one before, unless it may `replace` that one, `AnotherCompany`: state and code can then
        be used again."""
        companies = self._services.ledger.companies
        taken = None
        self._services.follow(companies.connected())
        if companies.knows_state(state):  # an invented state takes no lock of the ledger
            if not replace:
                self._refuse_another(realm_id)
            taken = companies.take_state(state)
        if taken is None:
            raise ConnectProblem(
                Text(
                    "This response does not match a connection that was started here within the last 15 minutes; "
                    "start again under Administration > Financials."
                )
            )
        user, redirect_uri = taken
        if not code or not realm_id.isdigit():
            raise ConnectProblem(Text("QuickBooks' answer lacks the code or the company; start again."))
        with _as_connect_problem():
            return self._exchange(user, redirect_uri, code, realm_id)

    def _refuse_another(self, realm_id: str) -> None:
        before = self._services.ledger.former_companies.last()
        if before is None or before.realm_id == realm_id:
            return
        if before.disconnected_at is None or before.anything:
            raise AnotherCompany(_what_becomes_of(before, realm_id))

    def _exchange(self, user: str, redirect_uri: str, code: str, realm_id: str) -> Connected:
        services = self._services
        oauth = services.oauth()
        store = _NewTokens(oauth.exchange(code, redirect_uri))
        quickbooks = services.client(realm_id, Authoriser(oauth, store, services.now))
        began, company = quickbooks.clock(), quickbooks.company()
        reference = read_reference(quickbooks, company, services.now())
        settings = services.settings
        services.forget_client(realm_id)
        with services.ledger.together():
            services.ledger.companies.connect(company, settings.environment, settings.base_url, user, store.tokens)
            about = {"company": company.name, "environment": settings.environment}
            services.ledger.audit.act(user, "connect", realm_id=realm_id, **about)
        services.ledger.payment_looks.begin(realm_id, began)
        services.ledger.companies.refresh(reference)
        services.ledger.queue.renew(realm_id)
        services.flush_calls(realm_id)
        self._give_back()
        return services.connected()

    def _give_back(self) -> None:
        """Revoke the tokens of companies that another one has replaced. A failed one is tried again with the next
        connection; `status` names it."""
        services = self._services
        here = (services.settings.environment, services.settings.base_url)
        for realm_id, *where in services.ledger.companies.unreturned():
            services.forget_client(realm_id)
            try:
                if tuple(where) != here:
                    raise ConnectProblem(Text("it was connected in another environment than that of settings.yaml"))
                self._revoke(realm_id)
            except (QuickBooksProblem, ConnectProblem) as problem:
                _log.warning("the tokens of company %s were not revoked: %s", realm_id, problem)
            else:
                services.ledger.companies.forget_tokens(realm_id)

    def _revoke(self, realm_id: str) -> None:
        try:
            tokens = self._services.ledger.companies.tokens(realm_id)
        except KeyProblem as problem:
            _log.warning("%s. The tokens were not revoked: disconnect the app in QuickBooks, too", problem)
        else:
            if tokens is not None:
                self._services.oauth().revoke(tokens.refresh_token)

    def disconnect(self, user: str) -> None:
        """Revoke the tokens at Intuit and delete them; the links and the settings are kept."""
        services = self._services
        connected = services.ledger.companies.connected()
        if connected is None:
            return
        services.follow(connected)
        try:
            self._revoke(connected.realm_id)
        except QuickBooksProblem as problem:
            raise ConnectProblem(
                Text(
                    "{problem} The connection is as it was: try again, or disconnect the app in QuickBooks.",
                    problem=problem,
                )
            ) from problem
        with services.ledger.together():
            services.ledger.companies.disconnect(connected.realm_id)
            services.ledger.audit.act(user, "disconnect", realm_id=connected.realm_id, company=connected.company.name)
        services.forget_client(connected.realm_id)

    def income_accounts(self, connected: Connected) -> tuple[Ref, ...]:
        """The accounts that can be the default income account."""
        return tuple(
            Ref(each.id, each.name)
            for each in self._kept(connected).accounts
            if each.active and each.type in INCOME_TYPES
        )

    def tax_codes(self, connected: Connected) -> tuple[Ref, ...]:
        """The tax codes that can be the default: codes for sales; an empty list where the company's country needs no
        choice."""
        company = connected.company
        if not company.uses_sales_tax or company.automated_sales_tax:
            return ()
        usable = [each for each in self._kept(connected).tax_codes if each.active and each.sales_rate is not None]
        return tuple(Ref(each.id, each.name) for each in usable if each.id not in ("TAX", "NON"))

    def _kept(self, connected: Connected) -> Reference:
        """The data read when connecting, or later: nothing is requested here, because a hook must not wait for
        QuickBooks."""
        kept = self._services.ledger.companies.reference(connected.realm_id)
        return kept or Reference(connected.company, (), (), (), connected.connected_at)

    def choose(self, setting: str, value: str, user: str) -> None:
        """Set a default by its QuickBooks id, name or number; "" removes it. Raises `ChoiceProblem`."""
        connected = self._services.connected()
        offers = {ACCOUNT: self.income_accounts, TAX_CODE: self.tax_codes}
        if setting not in offers:
            raise ChoiceProblem(_no_setting(setting, self._services.directory / FILE))
        choice = None
        if value:
            offered = offers[setting](connected)
            choice = _chosen(offered, value)
            if choice is None:  # perhaps it was created in QuickBooks a moment ago
                with suppress(QuickBooksProblem):
                    self._services.reference(connected, timedelta(0))
                offered = offers[setting](connected)
                choice = _chosen(offered, value)
            if choice is None:
                names = ", ".join(each.name for each in offered[:12])
                what = Text("income account") if setting == ACCOUNT else Text("tax code")
                raise ChoiceProblem(
                    Text(
                        '{name} has no {what} "{value}"; it has {names}.',
                        name=connected.company.name,
                        what=what,
                        value=value,
                        names=names,
                    )
                )
        before = getattr(connected, setting)
        was, now = (each.name if each else None for each in (before, choice))
        with self._services.ledger.together():
            self._services.ledger.companies.choose(connected.realm_id, setting, choice)
            about = {"setting": setting, "before": was, "after": now}
            self._services.ledger.audit.act(user, "settings", realm_id=connected.realm_id, od_invoice_id="", **about)


def _no_setting(setting: str, file: Path) -> str:
    known = Text("Here you choose {account} or {tax_code}", account=ACCOUNT, tax_code=TAX_CODE)
    if setting in KEYS:
        return Text(
            "{setting} is a line of {file}, which you write there with an editor. {known}.",
            setting=setting,
            file=file,
            known=known,
        )
    return Text(
        'There is no setting "{setting}". {known}; other settings are lines of {file}: {join}.',
        setting=setting,
        known=known,
        file=file,
        join=", ".join(KEYS),
    )


def _chosen(offered: tuple[Ref, ...], value: str) -> Ref | None:
    return next((each for each in offered if value in (each.id, each.name)), None)


def _what_becomes_of(before: LeftBehind, realm_id: str) -> str:
    """What happens to queued and copied invoices when another company replaces this one, for the person who decides."""
    connected = before.disconnected_at is None
    queue = joined(", ", in_queue(before.waiting, before.held, before.failed, before.scheduled)) or Text("nothing")
    values = {"company": before.company, "realm_id": before.realm_id, "realm_id2": realm_id}
    sentences = [
        Text(
            "{company} ({realm_id}) is connected, and {realm_id2} is another company. Nothing was changed. If"
            " {company} is replaced:",
            **values,
        )
        if connected
        else Text(
            "{company} ({realm_id}) was connected, and {realm_id2} is another company. Nothing was changed. If"
            " {company} is replaced:",
            **values,
        ),
        Text(
            "Its copied invoices ({invoices}) stay there; an invoice that is copied or sent again is created in the "
            "other company.",
            invoices=before.invoices,
        ),
        Text("What is in its queue ({queue}) waits until it is connected again.", queue=queue),
        Text(
            "Its payments are no longer checked; those that are not yet recorded in OneDesk ({untold_payments}) wait "
            "as well.",
            untold_payments=before.untold_payments,
        ),
    ]
    return joined(" ", [*sentences, Text("Its tokens are revoked at Intuit.")] if connected else sentences)
