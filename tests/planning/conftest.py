"""Plans made of cases: a base invoice and base books of a country, what a case changes of them, and its rules."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.model.books import (
    Account,
    Books,
    BooksCustomer,
    BooksItem,
    Company,
    Ref,
    TaxCode,
    customer_directory,
    item_directory,
)
from onedesk_quickbooks.plugin.model.decision import Facts, InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Address, Invoice
from onedesk_quickbooks.plugin.model.names import name_key
from onedesk_quickbooks.plugin.model.plan import Held, Plan
from onedesk_quickbooks.plugin.planning import Before, make_plan
from onedesk_quickbooks.plugin.ruleset import RuleSet, decide, load

HERE = Path(__file__).parent
ENDS = {"items": {"otherwise": "same_name"}}  # a section of rules has to say what holds otherwise
Case = Mapping[str, Any]
RulesOf = Callable[[Mapping[str, Any]], RuleSet]


@dataclass(frozen=True)
class Given:
    """All arguments of `make_plan`."""

    invoice: Invoice
    decisions: InvoiceDecisions
    books: Books
    default_income_account: Ref | None
    default_tax_code: Ref | None
    action: str = "copy"
    before: Before | None = None

    def plan(self) -> Plan | Held:
        """The plan."""
        return make_plan(**{field.name: getattr(self, field.name) for field in dataclasses.fields(self)})


Make = Callable[[Case], Given]


@cache
def read(name: str) -> Any:
    """A YAML file of this folder; texts stay texts, so that no amount is a float."""
    return _flat(yaml.load((HERE / name).read_text(encoding="utf-8"), yaml.BaseLoader))


def _flat(value: Any) -> Any:
    """With what "<<" stands for, which the loader of texts leaves alone."""
    if isinstance(value, list):
        return [_flat(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _flat(each) for key, each in {**value.get("<<", {}), **value}.items() if key != "<<"}


def merged(base: Any, patch: Any) -> Any:
    """`base` with `patch` over it; maps by key, all else whole; "absent" takes a key away."""
    if not isinstance(base, dict) or not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    made = {**base, **{key: merged(base.get(key), value) for key, value in patch.items()}}
    return {key: value for key, value in made.items() if value != "absent"}


def _ref(source: Any) -> Ref | None:
    return Ref(source["id"], source["name"]) if source else None


def _flag(value: str) -> bool:
    return {"true": True, "false": False}[value]


def books_of(source: Mapping[str, Any]) -> Books:
    """Books as a case writes them."""
    flags = (
        "multicurrency",
        "custom_numbers",
        "uses_sales_tax",
        "automated_sales_tax",
        "allows_discount",
        "tracks_classes",
    )
    facts: dict[str, Any] = {key: _flag(value) if key in flags else value for key, value in source["company"].items()}
    everybody = [
        BooksCustomer(
            **{
                **each,
                "active": _flag(each.get("active", "true")),
                "address": Address.from_json(each.get("address", {})),
            }
        )
        for each in source["customers"]
    ]
    items = [
        BooksItem(
            each["id"],
            each["name"],
            each.get("type", "Service"),
            _ref(each.get("income_account")),
            _flag(each.get("active", "true")),
        )
        for each in source["items"]
    ]
    codes = [
        TaxCode(each["id"], each["name"], Decimal(each["rate"]) if "rate" in each else None)
        for each in source["tax_codes"]
    ]
    return Books(
        company=Company(**facts),
        customers=customer_directory(everybody),
        customer_links=source.get("links", {}),
        customer_owners={qbo_id: tuple(each) for qbo_id, each in source.get("owners", {}).items()},
        other_names={name_key(name): each for name, each in source.get("others", {}).items()},
        items=item_directory(items),
        accounts=tuple(Account(**{**each, "active": _flag(each.get("active", "true"))}) for each in source["accounts"]),
        tax_codes=tuple(codes),
        terms=tuple(Ref(**each) for each in source["terms"]),
        classes=tuple(Ref(**each) for each in source.get("classes", ())),
        exchange_rates={key: Decimal(rate) for key, rate in source.get("rates", {}).items()},
        taken_numbers={key: Ref(**ref) for key, ref in source.get("numbers", {}).items()},
    )


def invoice_of(source: Mapping[str, Any]) -> Invoice:
    """An invoice as a case writes it: a line's `taxable` is true or false."""
    read = copy.deepcopy(dict(source))
    for line in read["lines"]:
        if "taxable" in line:
            line["taxable"] = _flag(line["taxable"])
    return Invoice.from_json(read)


@pytest.fixture(scope="session")
def rules_of(tmp_path_factory: pytest.TempPathFactory) -> RulesOf:
    """Rules made of sections; what a section leaves out is as OneDesk does it."""
    folder = tmp_path_factory.mktemp("rules")
    known: dict[str, RuleSet] = {}

    def made(sections: Mapping[str, Any]) -> RuleSet:
        whole = {name: {**ENDS.get(name, {}), **section} for name, section in sections.items()}
        text = yaml.safe_dump({"version": 1, **whole}, sort_keys=False, allow_unicode=True)
        if text not in known:
            path = folder / f"rules{len(known)}.yaml"
            path.write_text(text, encoding="utf-8")
            loaded = load(path)
            assert loaded.rules is not None, loaded.findings
            known[text] = loaded.rules
        return known[text]

    return made


@pytest.fixture(scope="session")
def make(rules_of: RulesOf) -> Make:
    """The arguments of `make_plan` for one case."""

    def made(case: Case) -> Given:
        base = merged(read("base.yaml")[case.get("base", "us")], case.get("given", {}))
        books = books_of(base["books"])
        account, code = _ref(base.get("default_account")), _ref(base.get("default_tax_code"))
        company = books.company
        facts = Facts(
            country=company.country,
            uses_sales_tax=company.uses_sales_tax,
            default_income_account=account.name if account else None,
            default_tax_code=code.name if code else None,
        )
        invoice = invoice_of(base["invoice"])
        decisions = decide(rules_of(case.get("rules", {})), invoice, facts)
        customer = dataclasses.replace(decisions.customer, **case.get("customer_choice", {}))
        decisions = dataclasses.replace(decisions, customer=customer, **case.get("choices", {}))
        before = Before(**case["before"]) if "before" in case else None
        return Given(invoice, decisions, books, account, code, case.get("action", "copy"), before)

    return made
