"""The connected QuickBooks company, its settings, and its encrypted tokens."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any

import simplejson
from sqlalchemy import Connection, String, bindparam, case, delete, insert, select, type_coerce, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.seal import Seal
from onedesk_quickbooks.plugin.ledger.sentences import keep
from onedesk_quickbooks.plugin.ledger.tables import company, invoice_link, json_from, oauth_state, token, work
from onedesk_quickbooks.plugin.model.company_settings import Account, Company, RatePeriod, Ref, SalesRate, TaxCode
from onedesk_quickbooks.plugin.model.connection import Tokens

STATE_LIFETIME = timedelta(minutes=15)
MAX_PAUSE = timedelta(hours=1)
"""The longest wait, whatever QuickBooks answers: a longer one was set by a wrong clock."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NO_PAUSE: Mapping[str, None] = {"paused_until": None, "paused_because": None, "throttled": None}
_COMPANIES = select(*(each for each in company.c if each.name not in ("reference", "reference_at")))
_CONNECTED = _COMPANIES.where(company.c.disconnected_at.is_(None))
_LAST = (
    select(company.c.realm_id)
    .order_by(company.c.disconnected_at.is_not(None), company.c.disconnected_at.desc())
    .limit(1)
)
_ENTRY = work.c.od_invoice_id.in_(bindparam("ids", expanding=True)) & (work.c.realm_id == company.c.realm_id)
_LINK = invoice_link.c.od_invoice_id.in_(bindparam("ids", expanding=True)) & (
    invoice_link.c.realm_id == company.c.realm_id
)
_KNOWING = (
    select(company.c.realm_id)
    .where(
        select(invoice_link.c.qbo_id).where(_LINK).exists()
        | select(work.c.id).where(_ENTRY, work.c.state.not_in(bindparam("without", expanding=True))).exists()
    )
    .order_by(company.c.disconnected_at.is_not(None), company.c.disconnected_at.desc())
)
_REFERENCE = select(
    type_coerce(company.c.facts, String).label("facts"),
    type_coerce(company.c.reference, String).label("reference"),
    company.c.reference_at,
).where(company.c.realm_id == bindparam("realm_id"))
_TOKENS = select(token).where(token.c.realm_id == bindparam("realm_id"))
_THIS = update(company).where(company.c.realm_id == bindparam("of"))
_ENDED = _THIS.values(slice_ended_at=bindparam("now"))
_WAITS = company.c.throttled.is_(True) & (company.c.paused_until > bindparam("now"))
_SUCCEEDED = _THIS.values(
    last_success_at=bindparam("now"),
    slice_ended_at=bindparam("now"),
    stopped_reason=None,
    **{name: case((_WAITS, company.c[name])) for name in _NO_PAUSE},
)


@dataclass(frozen=True, slots=True)
class Connected:
    """A connected company. `stopped_reason` is why its queue is stopped ("" while it runs), `paused_because` why it
    waits until `paused_until`, which may have passed; `throttled`: because QuickBooks requires it (429);
    `slice_ended_at` is when the last call of any process had been made. `marked` is the number of `MarkedForm`s, None
    where they are to be read from QuickBooks."""

    company: Company
    environment: str
    base_url: str
    default_income_account: Ref | None
    default_tax_code: Ref | None
    connected_at: datetime
    connected_by: str
    stopped_reason: str
    last_success_at: datetime | None
    paused_until: datetime | None = None
    paused_because: str = ""
    throttled: bool = False
    slice_ended_at: datetime | None = None
    marked: int | None = None

    @property
    def realm_id(self) -> str:
        """QuickBooks' id of the company."""
        return self.company.realm_id

    def waits_until(self, now: datetime) -> datetime | None:
        """`paused_until`; None for a time that a wrong clock has set."""
        until = self.paused_until
        return until if until is not None and until <= now + MAX_PAUSE else None


@dataclass(frozen=True, slots=True)
class Reference:
    """A company, and the data for settings and plans, as read at `read_at`."""

    company: Company
    accounts: tuple[Account, ...]
    tax_codes: tuple[TaxCode, ...]
    terms: tuple[Ref, ...]
    read_at: datetime
    classes: tuple[Ref, ...] = ()


class Companies:
    """The company table and the tables that depend on it."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    def connected(self) -> Connected | None:
        """The company this host is connected to, if any."""
        with self._database.read() as connection:
            row = connection.execute(_CONNECTED).first()
        return _connected(row) if row else None

    def last(self) -> str:
        """The realm id of the connected company or, without one, of the one that was connected last; "" for none."""
        with self._database.read() as connection:
            return str(connection.execute(_LAST).scalar() or "")

    def known(self, realm_id: str) -> Connected | None:
        """A company that is connected, or was before."""
        with self._database.read() as connection:
            row = connection.execute(_COMPANIES.where(company.c.realm_id == realm_id)).first()
        return _connected(row) if row else None

    def knowing(self, ids: Collection[str], *, without: Collection[str] = ()) -> list[str]:
        """The companies that have a link or an entry, in a state that is not in `without`, of one of these invoices or
        keys of payments: the connected one, then those that were connected before, the last one first."""
        with self._database.read() as connection:
            return list(connection.execute(_KNOWING, {"ids": list(ids), "without": list(without)}).scalars())

    def connect(self, facts: Company, environment: str, base_url: str, user: str, tokens: Tokens) -> None:
        """Store a company as the connected one. Its settings of an earlier connection are kept."""
        now = self._database.now()
        values = {
            "environment": environment,
            "base_url": base_url,
            "facts": facts_json(facts),
            "connected_at": now,
            "connected_by": user,
            "disconnected_at": None,
            "stopped_reason": None,
            "marked": None,  # another ledger may have copied to it meanwhile
            **_NO_PAUSE,
        }
        with self._database.write() as connection:
            others = (company.c.realm_id != facts.realm_id) & company.c.disconnected_at.is_(None)
            connection.execute(update(company).where(others).values(disconnected_at=now, stopped_reason=None))
            known = connection.execute(
                update(company).where(company.c.realm_id == facts.realm_id).values(**values)
            ).rowcount
            if not known:
                connection.execute(insert(company).values(realm_id=facts.realm_id, settings={}, **values))
            self._store(connection, facts.realm_id, tokens)

    def disconnect(self, realm_id: str) -> None:
        """Delete the tokens. The links and the settings are kept for a later connection."""
        with self._database.write() as connection:
            self._forget_tokens(connection, realm_id)
            _set(connection, realm_id, disconnected_at=self._database.now(), stopped_reason=None)

    def unreturned(self) -> list[tuple[str, str, str]]:
        """(realm id, environment, base URL) of the companies that are not connected, and whose tokens are still
        stored."""
        columns = (company.c.realm_id, company.c.environment, company.c.base_url)
        gone = company.c.disconnected_at.is_not(None) & company.c.realm_id.in_(select(token.c.realm_id))
        with self._database.read() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(select(*columns).where(gone))]

    def forget_tokens(self, realm_id: str) -> None:
        """Delete the tokens, after they were revoked."""
        with self._database.write() as connection:
            self._forget_tokens(connection, realm_id)

    def _forget_tokens(self, connection: Connection, realm_id: str) -> None:
        connection.execute(delete(token).where(token.c.realm_id == realm_id))

    def refresh(self, reference: Reference) -> None:
        """Store the company's present country, currency and preferences, and its reference data."""
        kept, realm_id = facts_json(reference), reference.company.realm_id
        facts, at = kept.pop("company"), reference.read_at
        kept.pop("read_at")
        with self._database.write() as connection:
            _set(connection, realm_id, facts=facts, reference=kept, reference_at=at)

    def outdate(self, realm_id: str) -> None:
        """Mark the company's preferences and reference data as out of date."""
        with self._database.write() as connection:
            _set(connection, realm_id, reference_at=None)

    def reference(self, realm_id: str) -> Reference | None:
        """The reference data as last read; None when it never was, or by a release that did not store the rates of tax
        codes."""
        with self._database.read() as connection:
            row = connection.execute(_REFERENCE, {"realm_id": realm_id}).first()
            return None if row is None or row.reference is None else _reference(*row)

    def choose(self, realm_id: str, setting: str, choice: Ref | None) -> None:
        """Set default_income_account or default_tax_code."""
        with self._database.write() as connection:
            settings = connection.execute(select(company.c.settings).where(company.c.realm_id == realm_id)).scalar_one()
            chosen = dataclasses.asdict(choice) if choice else None
            _set(connection, realm_id, settings={**settings, setting: chosen})

    def stop(self, realm_id: str, reason: str) -> None:
        """Stop the company queue until a person has acted; everything waits, nothing is lost."""
        with self._database.write() as connection:
            _set(connection, realm_id, stopped_reason=reason)
            keep(connection, reason)

    def pause(self, realm_id: str, until: datetime, because: str, throttled: bool = False) -> None:
        """Pause the company queue; it continues automatically after this time."""
        with self._database.write() as connection:
            _set(connection, realm_id, paused_until=until, paused_because=because, throttled=throttled)
            keep(connection, because)

    def end_slice(self, realm_id: str) -> None:
        """Record that a time slice of this process, which has called QuickBooks, ends now."""
        with self._database.write() as connection:
            connection.execute(_ENDED, {"of": realm_id, "now": self._database.now()})

    def succeeded(self, realm_id: str) -> None:
        """Record that QuickBooks has just answered. A wait that a 429 has required since that answer remains."""
        with self._database.write() as connection:
            connection.execute(_SUCCEEDED, {"of": realm_id, "now": self._database.now()})

    def tokens(self, realm_id: str) -> Tokens | None:
        """The decrypted tokens. Raises `seal.KeyProblem` when the key is another one."""
        with self._database.read() as connection:
            row = connection.execute(_TOKENS, {"realm_id": realm_id}).first()
        if row is None:
            return None
        secret = simplejson.loads(self._seal.decrypt(row.sealed, _purpose(realm_id)).decode())
        return Tokens(secret["access"], secret["refresh"], row.expires_at, row.refresh_expires_at)

    def store_tokens(self, realm_id: str, tokens: Tokens) -> None:
        """Encrypt and store rotated tokens: committed when this returns, so they may be used."""
        with self._database.write() as connection:
            self._store(connection, realm_id, tokens)

    def _store(self, connection: Connection, realm_id: str, tokens: Tokens) -> None:
        secret = simplejson.dumps({"access": tokens.access_token, "refresh": tokens.refresh_token}).encode()
        connection.execute(delete(token).where(token.c.realm_id == realm_id))
        connection.execute(
            insert(token).values(
                realm_id=realm_id,
                sealed=self._seal.encrypt(secret, _purpose(realm_id)),
                expires_at=tokens.expires_at,
                refresh_expires_at=tokens.refresh_expires_at,
                updated_at=self._database.now(),
            )
        )

    def remember_state(self, state: str, user: str, redirect_uri: str) -> None:
        """Store the `state` with which a person was sent to Intuit; it is valid once, for 15 minutes."""
        now = self._database.now()
        with self._database.write() as connection:
            connection.execute(delete(oauth_state).where(oauth_state.c.expires_at < now))
            connection.execute(
                insert(oauth_state).values(
                    state=state, user=user, redirect_uri=redirect_uri, expires_at=now + STATE_LIFETIME
                )
            )

    def knows_state(self, state: str) -> bool:
        """Whether `take_state` would return anything for it."""
        query = select(oauth_state.c.expires_at).where(oauth_state.c.state == state)
        with self._database.read() as connection:
            expires = connection.execute(query).scalar()
        return expires is not None and expires >= self._database.now()

    def take_state(self, state: str) -> tuple[str, str] | None:
        """The user and redirect URI of a state; None when it is unknown, used or too old."""
        with self._database.write() as connection:
            row = connection.execute(select(oauth_state).where(oauth_state.c.state == state)).first()
            connection.execute(delete(oauth_state).where(oauth_state.c.state == state))
        if row is None or row.expires_at < self._database.now():
            return None
        return row.user, row.redirect_uri


def _purpose(realm_id: str) -> str:
    return f"tokens of company {realm_id}"


def _set(connection: Connection, realm_id: str, **values: Any) -> None:
    connection.execute(update(company).where(company.c.realm_id == realm_id).values(**values))


def _connected(row: Row[Any]) -> Connected:
    return Connected(
        company=company_of(row.facts),
        environment=row.environment,
        base_url=row.base_url,
        default_income_account=_ref(row.settings, "default_income_account"),
        default_tax_code=_ref(row.settings, "default_tax_code"),
        connected_at=row.connected_at,
        connected_by=row.connected_by,
        stopped_reason=row.stopped_reason or "",
        last_success_at=row.last_success_at,
        paused_until=row.paused_until,
        paused_because=row.paused_because or "",
        throttled=bool(row.throttled),
        slice_ended_at=row.slice_ended_at,
        marked=row.marked,
    )


@lru_cache(maxsize=8)  # a company with hundreds of accounts is read for every time slice, and seldom changes
def _reference(facts: str, reference: str, read_at: datetime | None) -> Reference | None:
    """From the columns; None for one without the rates of tax codes. Raises `UnreadableValue`."""
    stored = json_from(reference)
    if not all("rates" in code for code in stored["tax_codes"]):
        return None
    return Reference(
        company=company_of(json_from(facts)),
        accounts=tuple(Account(**account) for account in stored["accounts"]),
        tax_codes=tuple(map(_tax_code, stored["tax_codes"])),
        terms=tuple(Ref(**term) for term in stored["terms"]),
        read_at=read_at or _LONG_AGO,
        classes=tuple(Ref(**each) for each in stored.get("classes", ())),
    )


def facts_json(facts: Any) -> dict[str, Any]:
    """A frozen dataclass as JSON: days are text."""
    found: dict[str, Any] = _days_as_text(dataclasses.asdict(facts))
    return found


def _days_as_text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _days_as_text(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_days_as_text(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def company_of(facts: Mapping[str, Any]) -> Company:
    """Releases before the closing date, or the custom fields, were known stored none."""
    fields = tuple((definition, name) for definition, name in facts.get("custom_fields", ()))
    return Company(**{**facts, "closed_through": _day(facts.get("closed_through")), "custom_fields": fields})


def _tax_code(code: Mapping[str, Any]) -> TaxCode:
    """JSON has whole percents as ints."""
    rates, sales_rate = tuple(map(_sales_rate, code["rates"])), code["sales_rate"]
    return TaxCode(**{**code, "sales_rate": None if sales_rate is None else Decimal(sales_rate), "rates": rates})


def _sales_rate(rate: Mapping[str, Any]) -> SalesRate:
    periods = tuple(
        RatePeriod(Decimal(each["percent"]), _day(each["first"]), _day(each["last"]))
        for each in rate.get("periods", ())
    )
    return SalesRate(**{**rate, "percent": Decimal(rate["percent"]), "periods": periods})


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _ref(settings: Mapping[str, Any], name: str) -> Ref | None:
    chosen = settings.get(name)
    return Ref(chosen["id"], chosen["name"]) if chosen else None
