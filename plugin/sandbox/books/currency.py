"""Currencies and exchange rates (qbo-api.md 2.4 and 7): home units for one foreign unit."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.store import folded
from onedesk_quickbooks.plugin.sandbox.wire.data import read_data
from onedesk_quickbooks.plugin.sandbox.wire.faults import bad_reference, business, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.fields import read_object
from onedesk_quickbooks.plugin.sandbox.wire.shapes import RATE
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, number, ref, ref_id


@cache
def currencies() -> dict[str, tuple[str, Decimal]]:
    """Code to name and units for one euro: arbitrary figures, so that a new company has rates."""
    return {code: (str(name), Decimal(rate)) for code, (name, rate) in read_data("currencies.json").items()}


def currency_ref(code: str) -> Body:
    """A CurrencyRef in an answer."""
    return ref(code, currencies()[code][0] if code in currencies() else code)


def know_currency(books: Books, code: str) -> None:
    """Add a currency that the company does not have yet (qbo-api.md 2.2). Raises Refused 2500, 6000."""
    if code == books.home:
        return
    check_currency(code, "CurrencyRef")
    if not books.multicurrency:
        raise business("Multi Currency should be enabled to perform this operation.")
    if not _has(books, code):
        books.save("CompanyCurrency", {"Code": code, "Name": currency_ref(code)["name"], "Active": True}, None, "")
    _receivables(books, code)


def check_currency(code: str, element: str) -> None:
    """Raise Refused 2500 if the currency does not exist or no rate is known for it."""
    if code not in currencies():
        raise bad_reference(f"Currency {code} not found", element)


def _has(books: Books, code: str) -> bool:
    sql = "SELECT 1 FROM entity WHERE kind = 'CompanyCurrency' AND name = ? AND state = 2"
    return bool(books.store.rows(sql, (folded(code),)))


def _receivables(books: Books, code: str) -> None:
    """Create the accounts receivable for a currency, as QuickBooks does for a foreign customer (qbo-api.md 7)."""
    name = f"Accounts Receivable (A/R) - {code}"
    if books.named("Account", name) is None:
        account: Body = {
            "Name": name,
            "FullyQualifiedName": name,
            "SubAccount": False,
            "Active": True,
            "Classification": "Asset",
            "AccountType": "Accounts Receivable",
            "AccountSubType": "AccountsReceivable",
            "CurrentBalance": Decimal(0),
            "CurrentBalanceWithSubAccounts": Decimal(0),
            "CurrencyRef": currency_ref(code),
        }
        books.save("Account", account, None, "Create")


def complete_currency(books: Books, draft: Body, old: Body | None) -> Body:
    """A currency of the company. Raises Refused 2020, 2500, 6240."""
    code = str((old or draft).get("Code", ""))
    if not code:
        raise missing("Code")
    check_currency(code, "Code")
    if not books.multicurrency and code != books.home:
        raise business("Multi Currency should be enabled to perform this operation.")
    if old is None and _has(books, code):
        raise refusal("6240", "The name supplied already exists. : null")
    draft.update(Code=code, Name=currency_ref(code)["name"], Active=draft.get("Active", True))
    return draft


def rate_of(books: Books, code: str, day: str) -> Decimal:
    """Home units for one unit of `code` on a day: the company's own rate, else the table's. Raises Refused 2500."""
    check_currency(code, "SourceCurrencyCode")
    if code == books.home:
        return Decimal(1)
    rows = books.store.select(
        "kind = 'ExchangeRate' AND name = ? AND txndate <= ?", (folded(code), day), "ORDER BY txndate DESC"
    )
    if rows:
        return number(rows[0].body["Rate"])
    known = currencies()
    return round(known[books.home][1] / known[code][1], 6)


def exchange_rate(books: Books, code: str, day: str) -> Body:
    """The ExchangeRate object of a currency on a day (no Id, no SyncToken)."""
    rate = rate_of(books, code, day)
    return {
        "SourceCurrencyCode": code,
        "TargetCurrencyCode": books.home,
        "Rate": rate,
        "AsOfDate": day,
        "MetaData": {"LastUpdatedTime": books.now().isoformat(timespec="seconds")},
        "domain": "QBO",
        "sparse": False,
    }


def set_exchange_rate(books: Books, body: Body) -> Body:
    """Sets a day's rate. Raises Refused 2010, 2020, 2110, 2500."""
    asked = read_object(body, RATE, "ExchangeRate")
    for key in ("SourceCurrencyCode", "Rate"):
        if asked.get(key) in (None, ""):
            raise missing(key)
    if asked["Rate"] <= 0:
        raise refusal("2110", f"Invalid Decimal. Supplied value:{asked['Rate']}", "Rate")
    code = str(asked["SourceCurrencyCode"])
    check_currency(code, "SourceCurrencyCode")
    day = asked.get("AsOfDate") or books.today().isoformat()
    if asked.get("TargetCurrencyCode", books.home) != books.home:
        raise bad_reference(f"Currency {asked['TargetCurrencyCode']} is not the home currency", "TargetCurrencyCode")
    epoch = int(books.clock().timestamp())
    held: Body = {"Id": f"{code}-{day}", "Name": code, "TxnDate": day, "Rate": asked["Rate"]}
    books.store.put("ExchangeRate", held, epoch, epoch)
    return exchange_rate(books, code, day)


def price(books: Books, draft: Body, customer: Body) -> None:
    """Currency and exchange rate of a transaction: the customer's. Raises Refused 2410, 2500, 6000."""
    home, own = books.home, ref_id(customer, "CurrencyRef") or books.home
    asked = ref_id(draft, "CurrencyRef")
    if asked and asked != own:
        check_currency(asked, "CurrencyRef")
    if asked and asked != home and not books.multicurrency:
        raise business("Multi Currency should be enabled to perform this operation.")
    if asked and asked != own:
        raise business("You can only use one foreign currency per transaction.")
    draft["CurrencyRef"] = currency_ref(own)
    if own == home:
        draft.pop("ExchangeRate", None)
        if books.multicurrency:
            draft["ExchangeRate"] = Decimal(1)
    elif number(draft.get("ExchangeRate")) <= 0:
        raise refusal("2410", "Curreny, ExchangeRate is missing.", "ExchangeRate")
