"""The data of a company on its first day: `data/<company>.json` on top of `data/common.json`."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from decimal import Decimal
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.books.taxservice import tax_code, tax_rate
from onedesk_quickbooks.plugin.sandbox.company import past
from onedesk_quickbooks.plugin.sandbox.entities.kinds import KINDS
from onedesk_quickbooks.plugin.sandbox.entities.operations import create
from onedesk_quickbooks.plugin.sandbox.options import SandboxOptions
from onedesk_quickbooks.plugin.sandbox.store import Store
from onedesk_quickbooks.plugin.sandbox.wire.data import read_data
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, loads, ref

_AGE = timedelta(days=1)
"""The age of the youngest seeds: a client that starts now sees no change in them."""
_SPAN = timedelta(hours=1)
"""The time span of their creation: each has a different time, so lists by time of change have a unique order."""

_STATES = {
    "AZ": "5.6",
    "CA": "7.25",
    "CO": "2.9",
    "FL": "6",
    "GA": "4",
    "IL": "6.25",
    "MA": "6.25",
    "MI": "6",
    "NC": "4.75",
    "NJ": "6.625",
    "NV": "6.85",
    "NY": "4",
    "OH": "5.75",
    "PA": "6",
    "TX": "6.25",
    "VA": "5.3",
    "WA": "6.5",
}
"""State rates in place of automated sales tax, which no simulator can reproduce (qbo-api.md 7)."""


def zone_of(company: str) -> tzinfo:
    """The company's time zone; UTC if the machine has no time zone data."""
    try:
        return ZoneInfo(str(read_data(f"{company}.json")["zone"]))
    except ZoneInfoNotFoundError:
        return timezone.utc


def sow(store: Store, options: SandboxOptions, zone: tzinfo) -> None:
    """Fill an empty store with the company. Raises ValueError or Refused for an invalid seed file."""
    end = options.clock() - _AGE
    seconds = count()
    books = Books(store, lambda: min(end - _SPAN + timedelta(seconds=next(seconds)), end), zone)
    data = {**read_data("common.json"), **{f"own_{k}": v for k, v in read_data(f"{options.company}.json").items()}}
    with store.transaction():
        store.set_meta("edition", options.company)
        store.set_meta("language", options.language or "en")
        _settings(books, data, options)
        _lists(books, data)
        _names(books, data)
        past.sell(books, data)
        books.settle()
        past.restock(books, data)
        books.settle()
        past.balance(books, data)
        if options.seed is not None:
            _extra(books, options.seed)
        books.settle()


def _settings(books: Books, data: Body, options: SandboxOptions) -> None:
    home = options.currency or data["own_currency"]
    prefs: Body = read_data("preferences.json")
    for name, changes in data.get("own_preferences", {}).items():
        prefs[name] = {**prefs[name], **changes}
    prefs["CurrencyPrefs"]["HomeCurrency"] = {"value": home}
    company: Body = data["own_company"]
    books.store.reserve_id("address", 1)
    if "own_countries" in data:
        two, three = data["own_countries"].get(home, ["NL", "NLD"])
        company["Country"], company["CompanyAddr"]["Country"] = two, three
    prefs["EmailMessagesPrefs"] = _messages(company["CompanyName"])
    company.update(
        LegalAddr=dict(company["CompanyAddr"]),
        CustomerCommunicationAddr=dict(company["CompanyAddr"]),
        FiscalYearStartMonth="January",
        SupportedLanguages=options.language or "en",
        WebAddr=company.get("WebAddr", {}),
        DefaultTimeZone=str(books.zone),
        NameValue=[
            {"Name": "NeoEnabled", "Value": "true"},
            {"Name": "IndustryType", "Value": "Services"},
            {"Name": "SubscriptionStatus", "Value": "SUBSCRIBED"},
            {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
            {"Name": "ItemCategoriesFeature", "Value": "true"},
        ],
    )
    if "own_custom_fields" in data:
        prefs["SalesFormsPrefs"]["CustomField"] = _custom_fields(data["own_custom_fields"])
    books.save("Preferences", {"Id": "1", **prefs}, None, "")
    books.save("CompanyInfo", {"Id": "1", **company}, None, "")
    for key, value in (
        ("default_item", "1"),
        ("discount_account", "86"),
        ("undeposited_account", "4"),
        ("doc_number", data.get("own_doc_number", "1000")),
        ("custom_fields", "\n".join(data.get("own_custom_fields", []))),
    ):
        books.store.set_meta(key, value)


def _custom_fields(names: list[str]) -> list[Body]:
    """The custom fields of the company on sales forms, with their names (qbo-api.md 2.4)."""
    used: list[Body] = []
    called: list[Body] = []
    for number_, name in enumerate(names, 1):
        key = f"SalesFormsPrefs.UseSalesCustom{number_}"
        used.append({"Name": key, "Type": "BooleanType", "BooleanValue": True})
        called.append({"Name": f"SalesFormsPrefs.SalesCustomName{number_}", "Type": "StringType", "StringValue": name})
    return [{"CustomField": used}, {"CustomField": called}]


def _messages(company: str) -> Body:
    """The texts of the e-mails."""
    found: Body = {}
    for key, word in (
        ("InvoiceMessage", "invoice"),
        ("EstimateMessage", "estimate"),
        ("SalesReceiptMessage", "receipt"),
    ):
        found[key] = {
            "Subject": f"{word.capitalize()} from {company}",
            "Message": f"Your {word} is attached.  Please remit payment at your earliest convenience.\n"
            f"Thank you for your business - we appreciate it very much.\n\nSincerely,\n{company}",
        }
    return found


def _plant(books: Books, kind: str, body: Body) -> Body:
    """Create an object with the given id."""
    complete = KINDS[kind].complete
    entity_id = str(body.pop("Id", ""))
    if complete is not None:
        body = complete(books, body, None)
    body["Id"] = entity_id
    saved = books.save(kind, body, None, "")
    family = {"Customer": "name", "Vendor": "name", "Employee": "name"}.get(kind, kind)
    books.store.reserve_id(family, int(saved["Id"]))
    return saved


def _lists(books: Books, data: Body) -> None:
    for entity_id, name, kind, sub, *parent in [*data["accounts"], *data.get("own_accounts", [])]:
        account: Body = {"Id": entity_id, "Name": name, "AccountType": kind, "AccountSubType": sub}
        _plant(books, "Account", {**account, **({"ParentRef": ref(parent[0])} if parent else {})})
    for entity_id, name, days in [*data["terms"], *data.get("own_terms", [])]:
        _plant(books, "Term", {"Id": entity_id, "Name": name, "DueDays": Decimal(days), "DiscountDays": Decimal(0)})
    for entity_id, name, kind in data["methods"]:
        _plant(books, "PaymentMethod", {"Id": entity_id, "Name": name, "Type": kind})
    for kind, key in (("Class", "own_classes"), ("Department", "own_departments")):
        for name in data.get(key, []):
            _plant(books, kind, {"Name": name})
    _taxes(books, data)
    for entity_id, name, kind, account_id, unit, text, *taxed in [*data["items"], *data.get("own_items", [])]:
        item: Body = {"Id": entity_id, "Name": name, "Type": kind, "UnitPrice": Decimal(str(unit))}
        item.update(IncomeAccountRef=ref(account_id), Taxable=bool(taxed), **({"Description": text} if text else {}))
        if kind == "Inventory":
            cost, quantity = data["own_stock"][entity_id]
            item.update(QtyOnHand=Decimal(quantity), PurchaseCost=Decimal(str(cost)))
            item.update(
                InvStartDate=(books.today() - timedelta(days=90)).isoformat(),
                AssetAccountRef=ref("81"),
                ExpenseAccountRef=ref("80"),
            )
        _plant(books, "Item", item)
    for code in data.get("own_currencies", []):
        if code != books.home:
            _plant(books, "CompanyCurrency", {"Code": code})


def _taxes(books: Books, data: Body) -> None:
    for entity_id, name in data["own_agencies"]:
        _plant(books, "TaxAgency", {"Id": entity_id, "DisplayName": name})
    for entity_id, name, percent, agency in data["own_rates"]:
        _plant(books, "TaxRate", tax_rate(entity_id, name, Decimal(str(percent)), agency))
    rates = {row[0]: row[1] for row in data["own_rates"]}
    for entity_id, name, sales, *more in data["own_codes"]:
        bought = more[0] if more else [] if books.edition == "us" else sales
        sold, paid = ([(rate_id, rates[rate_id]) for rate_id in ids] for ids in (sales, bought))
        compound = len(more) > 1 and more[1] == "compound"
        _plant(books, "TaxCode", tax_code(entity_id, name, sold, paid, compound))
    if books.edition == "us":
        _pseudo_codes(books)
        _automatic(books)


def _pseudo_codes(books: Books) -> None:
    """Create the pseudo codes for lines of a US company, and the code for a tax amount entered by the user."""
    epoch = int(books.clock().timestamp())
    stamps = {"CreateTime": books.moment(epoch), "LastUpdatedTime": books.moment(epoch)}
    for code, text in (("TAX", "Taxable"), ("NON", "Non-Taxable"), ("CustomSalesTax", "CustomSalesTax")):
        body: Body = {"Id": code, "Name": code, "Description": text, "Active": True, "Hidden": False}
        body.update(Taxable=code != "NON", TaxGroup=code == "CustomSalesTax", MetaData=stamps)
        books.store.put("TaxCode", body, epoch, epoch)


def _automatic(books: Books) -> None:
    """Create the hidden codes by state for automated sales tax."""
    for number_, (state, percent) in enumerate(_STATES.items(), 101):
        for kind, body in (
            ("TaxRate", tax_rate(str(number_), f"Automated {state}", Decimal(percent), "1")),
            (
                "TaxCode",
                {
                    **tax_code(str(number_), f"Automated {state}", [(str(number_), f"Automated {state}")], []),
                    "Hidden": True,
                },
            ),
        ):
            books.save(kind, body, None, "")


def _names(books: Books, data: Body) -> None:
    for body in data["own_customers"]:
        _plant(books, "Customer", dict(body))
    for entity_id, name, email, code in data.get("own_foreign", []):
        body = {"Id": entity_id, "DisplayName": name, "CompanyName": name, "CurrencyRef": ref(code)}
        _plant(books, "Customer", {**body, "PrimaryEmailAddr": {"Address": email}})
    for entity_id, name, *more in data.get("own_vendors", []):
        _plant(
            books, "Vendor", {"Id": entity_id, "DisplayName": name, "CompanyName": name, **(more[0] if more else {})}
        )
    for entity_id, given, family in data.get("own_employees", []):
        _plant(books, "Employee", {"Id": entity_id, "GivenName": given, "FamilyName": family})


def _extra(books: Books, path: Path) -> None:
    """Create objects from a user's file, as the company's owner would: bundles too. Raises ValueError."""
    try:
        data = loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"it is not valid JSON: {error}") from error
    if not isinstance(data, dict):
        raise ValueError('expected an object of lists, such as {"Customer": [...]}')
    books.by_hand = True
    for kind, bodies in data.items():
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no QuickBooks entity; known: {', '.join(KINDS)}")
        if not isinstance(bodies, list):
            raise ValueError(f"{kind}: expected a list of objects")
        for place, body in enumerate(bodies, 1):
            try:
                create(books, kind, body)
            except Refused as error:
                raise ValueError(f"{kind} {place}: {error}") from error
