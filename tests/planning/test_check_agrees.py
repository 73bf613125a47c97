"""`check --company` and a plan take a name of the rules for the same record of QuickBooks."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.model.books import Books, BooksCustomer, BooksItem, customer_directory, item_directory
from onedesk_quickbooks.plugin.model.company_settings import Account, BooksClass, Company, Ref, TaxCode
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import Held, Plan
from onedesk_quickbooks.plugin.planning import make_plan
from onedesk_quickbooks.plugin.qbo import Wanted
from onedesk_quickbooks.plugin.ruleset.check import Against, check
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.load import load
from tests.support.invoices import invoice_json, line

SERVICES, FEES = Ref("1", "Services"), Ref("2", "Fees Billed")
ITEMS = (
    BooksItem("10", "Labour", "Category"),
    BooksItem("11", "Labour:Wiring", "Service", SERVICES),
    BooksItem("12", "Labour:Survey", "Service", SERVICES),
    BooksItem("13", "Field", "Category"),
    BooksItem("14", "Field:Survey", "Service", SERVICES),
    BooksItem("15", "Wiring Check", "Service", SERVICES),
    BooksItem("16", "On-call", "Service", SERVICES),
    BooksItem("17", "Client's visit", "Service", SERVICES),
    BooksItem("18", "Café", "Service", SERVICES),
    BooksItem("19", "Retired (deleted)", "Service", SERVICES, active=False),
    BooksItem("20", "Kit", "Group"),
    BooksItem("21", "Stationery", "NonInventory"),
    BooksItem("22", "AB", "Service", SERVICES),
    BooksItem("23", "Travel Costs", "Service", SERVICES),
    BooksItem("24", "travel  costs", "Service", SERVICES),
    BooksItem("25", "St John", "Service", SERVICES),
    BooksItem("26", "O'Neil", "Service", SERVICES),
    BooksItem("27", "Parts & Labour", "Service", SERVICES),
    BooksItem("28", "Straße", "Service", SERVICES),
    BooksItem("29", "Müller", "Service", SERVICES),
    BooksItem("40", "C", "Service", SERVICES),
    BooksItem("41", "Size 1.5", "Service", SERVICES),
)
CUSTOMERS = (
    BooksCustomer("30", "Amy's Bird Sanctuary", "USD"),
    BooksCustomer("31", "Harbor-Labs, L.L.C.", "USD"),
    BooksCustomer("32", "Sleepy Co (deleted)", "USD", active=False),
    BooksCustomer("33", "Twin Co", "USD"),
    BooksCustomer("34", "Twin  co", "USD"),
    BooksCustomer("35", "Weiß Frères", "USD"),
    BooksCustomer("36", "Northwind Traders", "USD"),
    BooksCustomer("37", "Website", "USD", parent_id="36"),
    BooksCustomer("38", "Vend (customer)", "USD"),
    BooksCustomer("39", "S&M Ltd", "USD"),
    BooksCustomer("40", "S-M", "USD"),
    BooksCustomer("41", "Müller", "USD"),
)
SNAPSHOT = CompanySnapshot(
    Company("1", "Main Street", "US", "USD"),
    accounts=(Account("1", "Services", "Income", "4000"), Account("2", "Fees Billed", "Income", "4010")),
    items=ITEMS,
    customers=CUSTOMERS,
)
OF_ITEMS = {
    "Labour:Wiring": "used",
    "labour :  wiring": "held",
    "LABOUR:WIRING": "used",
    "Wiring": "used",
    "Survey": "held",
    "Field:Survey": "used",
    "Labour": "held",
    "wiring  check": "used",
    "Wiring\u00a0Check\u200b": "used",
    "Oncall": "held",
    "Client\u2019s Visit": "used",
    "Clients visit": "held",
    "Cafe\u0301": "used",
    "Cafe": "held",
    "Retired": "held",
    "Retired (deleted)": "held",
    "Kit": "held",
    "Stationery": "held",
    "A-B": "held",
    "A & B": "held",
    "a b": "held",
    "A/C": "created",
    "St.John": "held",
    "ONeil": "held",
    "Parts and Labour": "held",
    "Strasse": "used",
    "Muller": "held",
    "Mueller": "created",
    "C++": "created",
    "Size 15": "created",
    "Size 1,5": "held",
    "travel costs": "used",
    "TRAVEL   COSTS": "held",
    "Helpdesk": "created",
    "Labour:Helpdesk": "held",
}
OF_CUSTOMERS = {
    "Amy\u2019s  Bird sanctuary": "used",
    "Amys Bird Sanctuary": "held",
    "Harbor Labs": "held",
    "Harbour Labs": "held",
    "Sleepy Co": "held",
    "sleepy, co": "held",
    "twin co": "used",
    "TWIN   CO": "held",
    "Weiss Freres": "held",
    "WEISS FRE\u0300RES": "used",
    "North Wind Traders": "held",
    "Websites": "created",
    "Vend": "held",
    "S M": "held",
    "Mueller": "created",
    "Zenith": "created",
}


def planned(path: Path, item: str = "Wiring Check", customer: str = "") -> Plan | Held:
    """The plan of one line, with what a look-up finds of the item and the customer."""
    invoice = Invoice.from_json(
        invoice_json(
            "1",
            line("Any", "100.00"),
            issue_date="2026-07-15",
            customer={"id": "c", "name": "Alpha", "address": {"country": "US", "region": "CA"}},
        )
    )
    names = (customer or "Alpha", f"{customer} (customer)")
    wanted = Wanted(names, item_names=(item,), near_names=(customer or "Alpha",))
    books = Books(
        dataclasses.replace(SNAPSHOT.company, custom_numbers=True),
        customers=customer_directory(wanted.customers(CUSTOMERS)),
        items=item_directory(wanted.items(ITEMS)),
        accounts=SNAPSHOT.accounts,
    )
    rules = load(path).rules
    assert rules is not None
    found = make_plan(invoice, decide(rules, invoice, Facts("US")), books, SERVICES, None, "copy", None)
    assert isinstance(found, (Plan, Held))
    return found


def written(tmp_path: Path, item: str, customer: str = "", more: str = "") -> Path:
    by_name = f"by_name: {{Alpha: {json.dumps(customer)}}}, " if customer else ""
    path = tmp_path / "rules.yaml"
    path.write_text(
        f"version: 1\nitems: {{otherwise: {{item: {json.dumps(item)}}}}}\ntaxes: {{otherwise: none}}\n"
        f"customers: {{{by_name}when_name_taken: {more or 'hold'}}}\n",
        encoding="utf-8",
    )
    return path


def checked(path: Path) -> str:
    """What `check --company` says becomes of the one name that the company has not just so."""
    found = [each for each in check([path], Against(SNAPSHOT)).findings if each.code.startswith("OQ5")]
    if not found:
        return "used"
    assert len(found) == 1, found
    return "created" if "created" in found[0].message else "held"


@pytest.mark.parametrize("name", OF_ITEMS)
def test_an_item(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name)
    plan = planned(path, item=name)
    if isinstance(plan, Held):
        assert {each.code.split("-")[0] for each in plan.reasons} == {"item"}
        ran = "held"
    else:
        ran = "used" if plan.items[0].existing else "created"
    assert (checked(path), ran) == (OF_ITEMS[name], OF_ITEMS[name])


@pytest.mark.parametrize("name", OF_CUSTOMERS)
def test_a_customer(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, "Wiring Check", name)
    plan = planned(path, customer=name)
    if isinstance(plan, Held):
        assert {each.code.split("-")[0] for each in plan.reasons} == {"customer"}
        ran = "held"
    else:
        ran = "used" if plan.customer.existing else "created"
    assert (checked(path), ran) == (OF_CUSTOMERS[name], OF_CUSTOMERS[name])


def test_a_customer_with_the_suffix_that_the_rules_give(tmp_path: Path) -> None:
    path = written(tmp_path, "Wiring Check", "Vend", more="suffix")
    plan = planned(path, customer="Vend")
    assert isinstance(plan, Plan) and plan.customer.name == "Vend (customer)"
    assert checked(path) == "used"


@pytest.mark.parametrize("name", ["Wiring", "wiring  CHECK", "Labour:Wiring"])
@pytest.mark.parametrize("account", ["Fees Billed", "4010", "fees  billed", "Services"])
def test_an_item_on_another_account_than_the_rule_names(name: str, account: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    item = f"{{item: {json.dumps(name)}, income_account: {json.dumps(account)}}}"
    path.write_text(f"version: 1\nitems: {{otherwise: {item}}}\ntaxes: {{otherwise: none}}\n", encoding="utf-8")
    plan = planned(path, item=name)
    differs = isinstance(plan, Held) and [each.code for each in plan.reasons] == ["item-account-differs"]
    codes = [each.code for each in check([path], Against(SNAPSHOT)).findings if each.code.startswith("OQ5")]
    assert (differs, codes) == ((False, []) if account == "Services" else (True, ["OQ507"]))


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("travel costs", "travel  costs", False),
        ("Travel Costs", "travel costs", False),
        ("Client's visit", "Client\u2019s visit", False),
        ("Caf\u00e9", "Cafe\u0301", False),
        ("Travel\u00a0Costs", "Travel Costs\u200b", False),
        ("On-call", "Oncall", True),
        ("Follow-up", "Follow up", True),
    ],
)
def test_names_that_look_alike_are_two_where_a_plan_takes_them_for_two(
    one: str, other: str, differ: bool, tmp_path: Path
) -> None:
    path = tmp_path / "rules.yaml"
    items = {"A": one, "B": other}
    by_name = {"X": one, "Y": other}
    path.write_text(
        f"version: 1\nitems: {{by_service_type: {json.dumps(items)}, otherwise: same_name}}\n"
        f"customers: {{by_name: {json.dumps(by_name)}}}\n",
        encoding="utf-8",
    )
    codes = [each.code for each in check([path]).findings if each.code == "OQ314"]
    assert codes == ["OQ314"] * 2 * differ
    assert bool(item_directory([BooksItem("1", one, "Service", SERVICES)]).same(other)) is not differ


OTHERS = CompanySnapshot(
    Company(
        "1", "Main Street", "GB", "GBP", tracks_classes=True, tracks_locations=True, custom_fields=(("1", "Crew no"),)
    ),
    accounts=(
        Account("1", "Services", "Income", "4000"),
        Account("2", "Web sales", "Income"),
        Account("3", "Web  sales", "Income"),
        Account("4", "Café", "Income"),
    ),
    items=ITEMS,
    customers=CUSTOMERS,
    tax_codes=(
        TaxCode("1", "20.0% S", Decimal(20)),
        TaxCode("2", "Old", Decimal(20), active=False),
        TaxCode("3", "No  VAT", Decimal(0)),
        TaxCode("4", "No VAT\u200b", Decimal(0)),
    ),
    terms=(Ref("1", "Net 30"), Ref("2", "End of Month"), Ref("3", "End of  month")),
    classes=(
        BooksClass("1", "North"),
        BooksClass("2", "North:Québec"),
        BooksClass("3", "A b"),
        BooksClass("4", "A  b"),
    ),
    locations=(
        BooksClass("1", "Oslo"),
        BooksClass("2", "Sankt Pölten"),
        BooksClass("3", "O b"),
        BooksClass("4", "O  b"),
    ),
)
RULES = {
    "term": "invoices: {{due: terms, terms: {name}}}\n",
    "class": "invoices: {{class: {name}}}\n",
    "location": "invoices: {{location: {name}}}\n",
    "field": "invoices: {{custom_fields: {{{name}: Blue}}}}\n",
    "code": "taxes: {{otherwise: {{code: {name}}}}}\n",
    "account": "items: {{otherwise: {{item: New one, income_account: {name}}}}}\n",
    "discount": "discounts: {{account: {name}}}\n",
}
OF_OTHERS = [
    ("term", "NET 30", "used"),
    ("term", "Net\u00a030\u200b", "used"),
    ("term", " Net  30", "used"),
    ("term", "Net30", "held"),
    ("term", "END OF MONTH", "used"),
    ("term", "End of\u00a0Month", "held"),
    ("class", "north", "used"),
    ("class", "North:Que\u0301bec", "used"),
    ("class", "North:Quebec", "held"),
    ("class", "A\u00a0b", "held"),
    ("class", "a  b", "used"),
    ("location", "sankt\u2003po\u0308lten", "used"),
    ("location", "Sankt Polten", "held"),
    ("location", "O\u00a0b", "held"),
    ("field", "crew\u00a0NO", "used"),
    ("field", "Crew", "held"),
    ("code", "20.0%\u00a0s", "used"),
    ("code", "1", "used"),
    ("code", "Old", "held"),
    ("code", "No VAT", "held"),
    ("code", "no  vat", "used"),
    ("account", "SERVICES\u00ad", "used"),
    ("account", "\u20604000", "used"),
    ("account", "1", "used"),
    ("account", "Web sales", "used"),
    ("account", "Web\u00a0sales", "held"),
    ("account", "Cafe\u0301", "used"),
    ("account", "Cafe", "held"),
    ("discount", "web  Sales", "used"),
    ("discount", "Web\u2009sales", "held"),
]


@pytest.mark.parametrize(("kind", "name", "becomes"), OF_OTHERS)
def test_a_name_of_the_short_lists(kind: str, name: str, becomes: str, tmp_path: Path) -> None:
    own = RULES[kind].format(name=json.dumps(name))
    if not own.startswith("items"):
        own += "items: {otherwise: {item: Wiring Check}}\n"
    if not own.startswith("taxes"):
        own += "taxes: {otherwise: {code: 20.0% S}}\n"
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\n{own}", encoding="utf-8")
    rules = load(path).rules
    assert rules is not None
    amount = "90.00" if kind == "discount" else "100.00"
    invoice = Invoice.from_json(
        invoice_json(
            "1",
            line("Any", "100.00"),
            currency="GBP",
            issue_date="2026-07-15",
            customer={"id": "c", "name": "Northwind Traders", "address": {"country": "GB"}},
            discounts=[{"name": "Friend", "amount": "10.00"}] if kind == "discount" else [],
            total=amount,
        )
    )
    books = Books(
        dataclasses.replace(OTHERS.company, custom_numbers=True, allows_discount=True),
        customers=customer_directory(
            dataclasses.replace(each, currency="GBP") for each in CUSTOMERS if each.name == "Northwind Traders"
        ),
        items=item_directory(ITEMS),
        accounts=OTHERS.accounts,
        tax_codes=OTHERS.tax_codes,
        terms=OTHERS.terms,
        classes=tuple(Ref(each.id, each.name) for each in OTHERS.classes),
        locations=tuple(Ref(each.id, each.name) for each in OTHERS.locations),
    )
    plan = make_plan(invoice, decide(rules, invoice, Facts("GB")), books, SERVICES, None, "copy", None)
    codes = {each.code for each in plan.reasons} - {"totals-differ"} if isinstance(plan, Held) else set()
    found = check([path], Against(OTHERS)).findings
    named = [each for each in found if each.code in ("OQ501", "OQ502", "OQ503", "OQ513")]
    assert ("held" if named else "used", "held" if codes else "used") == (becomes, becomes), (codes, named)
    assert ("name-ambiguous" in codes) is any(each.code == "OQ513" for each in named)
