"""Plans made of cases: a base invoice and base books of a country, what a case changes of them, and its rules."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.model.books import (
    Books,
    BooksCustomer,
    BooksInvoice,
    BooksItem,
    BooksLine,
    Coming,
    Copied,
    Credited,
    Elsewhere,
    SetTax,
    Settling,
    TakenNumber,
    WrittenFirst,
    customer_directory,
    item_directory,
)
from onedesk_quickbooks.plugin.model.company_settings import Account, Company, Ref, SalesRate, TaxCode
from onedesk_quickbooks.plugin.model.decision import Facts, InvoiceDecisions
from onedesk_quickbooks.plugin.model.host import Attachment
from onedesk_quickbooks.plugin.model.invoice import Address, Invoice
from onedesk_quickbooks.plugin.model.name_keys import name_key, number_key
from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan
from onedesk_quickbooks.plugin.model.plan import Plan
from onedesk_quickbooks.plugin.model.resend_wish import Resend
from onedesk_quickbooks.plugin.planning import before_start, held, in_doubt, make_plan, plan_undo, plan_withdrawal
from onedesk_quickbooks.plugin.ruleset.core.decide import decide, decide_host_payment
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.load import load
from tests.planning.host_payments import GivenPayment, payment_of

HERE = Path(__file__).parent
ENDS = {"items": {"otherwise": "same_name"}}  # a section of rules has to say what holds otherwise
Case = Mapping[str, Any]
RulesOf = Callable[[Mapping[str, Any]], RuleSet]


@dataclass(frozen=True)
class Given:
    """All arguments of `make_plan`; with the action voided or deleted, those of `plan_withdrawal`; with "undo ACTION
    TOKEN SINCE", those of `plan_undo`; with "start DAY", those of `before_start`. "resend" and "resend ADDRESS" are a
    send that a person wants once more, "send resend" one that was asked for otherwise, too. `paying` has those of
    `plan_payment`. `marked` are invoices without a link that have the mark of a withdrawn one, whose customer has the
    link `linked`, and `twin` the id that it fits as well; where `books` have an altered one, that is the only one."""

    invoice: Invoice
    decisions: InvoiceDecisions
    books: Books
    default_income_account: Ref | None
    default_tax_code: Ref | None
    action: str = "copy"
    before: Copied | None = None
    again: Resend | None = None
    files: tuple[Attachment, ...] = ()
    today: date | None = None
    paying: GivenPayment | None = None
    marked: tuple[BooksInvoice, ...] = ()
    linked: str = ""
    twin: str = ""

    def plan(self) -> AnyWorkPlan:
        """The plan."""
        if self.paying is not None:
            return self.paying.plan()
        if self.action in ("voided", "deleted"):
            undone = "The invoice was withdrawn in OneDesk; void it in QuickBooks."
            if doubt := in_doubt(self.invoice, self.action, self.marked, self.books.altered, self.linked, self.twin):
                return held(self.invoice, self.decisions, doubt)
            return plan_withdrawal(self.invoice, self.decisions, self.books, self.action, self.before, undone)
        first, *rest = self.action.split(" ", 3)
        if first == "undo":
            action, token, since = (*rest, *("", "3", "")[len(rest) :])
            return plan_undo(self.invoice, self.decisions, self.books, action, token, self.before, since)
        if first == "start":
            early = before_start(self.invoice, self.decisions, date.fromisoformat(rest[0]))
            return early or dataclasses.replace(self, action="copy").plan()
        if "resend" in (first, *rest):
            wish = Resend("".join(rest) if first == "resend" else "", "berta", first == "resend")
            return dataclasses.replace(self, action="send", again=wish).plan()
        names = [
            each.name for each in dataclasses.fields(self) if each.name not in ("paying", "marked", "linked", "twin")
        ]
        return make_plan(**{name: getattr(self, name) for name in names})


Make = Callable[[Case], Given]


@cache
def read(name: str) -> Any:
    """A YAML file of this folder; texts stay texts, so that no amount is a float."""
    return _flat(yaml.load((HERE / name).read_text(encoding="utf-8"), getattr(yaml, "CBaseLoader", yaml.BaseLoader)))


def _flat(value: Any) -> Any:
    """With what "<<" stands for, which the loader of texts leaves alone."""
    if isinstance(value, list):
        return [_flat(each) for each in value]
    if not isinstance(value, dict):
        return value
    below = _flat(value["<<"]) if "<<" in value else {}
    return {key: _flat(each) for key, each in {**below, **value}.items() if key != "<<"}


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


def _flags(source: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {**source, **{key: _flag(source[key]) for key in keys if key in source}}


def books_of(source: Mapping[str, Any]) -> Books:
    """Books as a case writes them."""
    flags = (
        "multicurrency",
        "custom_numbers",
        "uses_sales_tax",
        "automated_sales_tax",
        "allows_discount",
        "tracks_classes",
        "allows_deposit",
        "tracks_locations",
        "tracks_invoice_class",
        "online_payments",
    )
    facts: dict[str, Any] = {key: _flag(value) if key in flags else value for key, value in source["company"].items()}
    if "closed_through" in facts:
        facts["closed_through"] = date.fromisoformat(facts["closed_through"])
    if "custom_fields" in facts:
        facts["custom_fields"] = tuple((definition, name) for definition, name in facts["custom_fields"].items())
    everybody = [
        BooksCustomer(**{**_flags(each, "active", "taxable"), "address": Address.from_json(each.get("address", {}))})
        for each in source["customers"]
    ]
    items = [
        BooksItem(
            **{
                "type": "Service",
                **_flags(each, "active", "taxable"),
                "income_account": _ref(each.get("income_account")),
            }
        )
        for each in source["items"]
    ]
    codes = [_tax_code(each) for each in source["tax_codes"]]
    return Books(
        company=Company(**facts),
        customers=customer_directory(everybody),
        customer_links=source.get("links", {}),
        customer_owners={qbo_id: tuple(each) for qbo_id, each in source.get("owners", {}).items()},
        customers_rejected={key: frozenset(ids) for key, ids in source.get("rejected", {}).items()},
        other_names={name_key(name): each for name, each in source.get("others", {}).items()},
        retired_names={name_key(name): each for name, each in source.get("retired_others", {}).items()},
        items=item_directory(items),
        in_categories=source.get("in_categories", {}),
        accounts=tuple(Account(**{**each, "active": _flag(each.get("active", "true"))}) for each in source["accounts"]),
        tax_codes=tuple(codes),
        terms=tuple(Ref(**each) for each in source["terms"]),
        classes=tuple(Ref(**each) for each in source.get("classes", ())),
        locations=tuple(Ref(**each) for each in source.get("locations", ())),
        exchange_rates={key: Decimal(rate) for key, rate in source.get("rates", {}).items()},
        credited=_credited(source["credited"]) if "credited" in source else None,
        taken_numbers={number_key(key): _taken(each) for key, each in source.get("numbers", {}).items()},
        to_come=Decimal(source.get("to_come", "0")),
        elsewhere=Elsewhere(each["company"], date.fromisoformat(each["day"]), _flag(each.get("since_asked", "false")))
        if (each := source.get("elsewhere"))
        else None,
        send_replaced=_flag(source.get("send_replaced", "false")),
        altered=_books_invoice(source["altered"]["id"], source["altered"]["now"]) if "altered" in source else None,
    )


def _credited(source: Mapping[str, Any]) -> Credited:
    """The invoice that a credit note names; `coming` is its customer, its currency and what is left of it."""
    given = {**source, "od_ids": tuple(source.get("od_ids", ()))}
    if "now" in source:
        given["now"] = _books_invoice(source["qbo_id"], source["now"])
    if "coming" in source:
        customer, currency, left = source["coming"]
        given["coming"] = Coming(customer, currency, Decimal(left) if left else None)
    return Credited(**given)


def _tax_code(source: Mapping[str, Any]) -> TaxCode:
    """A code of one rate (`rate`), of several ({name, percent, applies, order}), or of none."""
    if "rates" in source:
        given = [{"id": f"{source['id']}.{place}", **each} for place, each in enumerate(source["rates"], 1)]
        rates = [
            SalesRate(**{**each, "percent": Decimal(each["percent"]), "order": int(each.get("order", 0))})
            for each in given
        ]
        return TaxCode(source["id"], source["name"], Decimal(source["rate"]), True, tuple(rates))
    if "rate" not in source:
        return TaxCode(source["id"], source["name"], None)
    percent = Decimal(source["rate"])
    return TaxCode(source["id"], source["name"], percent, True, (SalesRate(source["id"], source["name"], percent),))


def _taken(source: Mapping[str, Any]) -> TakenNumber:
    total = {"total": Decimal(source["total"])} if "total" in source else {}
    return TakenNumber(**{**source, **total})


def copied(source: Mapping[str, Any]) -> Copied:
    """An earlier copy as a case writes it: `now` is QuickBooks' invoice, "gone" where it was deleted there."""
    qbo_id, now = source["qbo_id"], source.get("now", {})
    seen = None if now == "gone" else _books_invoice(qbo_id, now)
    flags = _flags(
        source,
        "edited",
        "taken",
        "kept_current",
        "differed",
        "same",
        "same_base",
        "rewrite",
        "agreed",
        "adopted",
        "applied",
        "found",
        "resent",
    )
    given = {key: value for key, value in flags.items() if key != "now"}
    given["settled"] = tuple(Settling(each["name"], Decimal(each["amount"])) for each in source.get("settled", ()))
    given["versions"] = tuple((field, own, theirs) for field, own, theirs in source.get("versions", ()))
    given["left"] = tuple((field, value) for field, value in source.get("left", ()))
    given["attached"] = frozenset(source.get("attached", ()))
    given["stated"] = tuple(source.get("stated", ()))
    given["items"] = tuple(Ref(each["id"], each["name"]) for each in source.get("items", ()))
    if "first" in given:
        number, total, receiver = given["first"]
        given["first"] = WrittenFirst(number, Decimal(total) if total else None, receiver)
    if "set_tax" in given:
        given["set_tax"] = SetTax(*(Decimal(each) for each in given["set_tax"]))
    if "deposit" in given:
        given["deposit"] = Decimal(given["deposit"])
    return Copied(now=seen, **given)


def _books_invoice(qbo_id: str, now: Mapping[str, Any]) -> BooksInvoice:
    total = Decimal(now.get("total", "300.00"))
    return BooksInvoice(
        id=qbo_id,
        number=now.get("number", "1042"),
        sync_token=now.get("sync_token", "3"),
        currency=now.get("currency", "USD"),
        total=total,
        balance=Decimal(now.get("balance", str(total))),
        customer_id=now.get("customer_id", "5"),
        customer_name=now.get("customer_name", ""),
        private_note=now.get("private_note", ""),
        email_status="NotSet",
        voided=_flag(now.get("voided", "false")),
        fingerprint="",
        issue_date=date.fromisoformat(now["date"]) if "date" in now else None,
        bounced=now.get("bounced", ""),
        deposit=Decimal(now.get("deposit", "0")),
        tax=Decimal(now.get("tax", "0")),
        exchange_rate=Decimal(now["exchange_rate"]) if "exchange_rate" in now else None,
        lines=tuple(_books_line(each) for each in now.get("lines", [{}])),
    )


def _books_line(source: Mapping[str, Any]) -> BooksLine:
    item = Ref(source.get("item_id", "11"), source.get("item", "Consulting"))
    return BooksLine(item, source.get("description", "Set up printer"), Decimal(source.get("amount", "300.00")))


def _before(case: Case, given: Given) -> Copied:
    """The earlier copy; the content_hash SAME is that of the invoice as it is planned."""
    before = copied(case["before"])
    if before.content_hash != "SAME":
        return before
    closed = dataclasses.replace(given.books.company, closed_through=None)
    opened = dataclasses.replace(given.invoice, status="open")
    action = "copy" if "resend" in given.action else given.action
    open_books = dataclasses.replace(given.books, company=closed)
    plan = dataclasses.replace(given, invoice=opened, books=open_books, action=action).plan()
    assert isinstance(plan, Plan), plan.reason
    return dataclasses.replace(before, content_hash=plan.put.content_hash)


def invoice_of(source: Mapping[str, Any]) -> Invoice:
    """An invoice as a case writes it: a line's `taxable` is true or false, `repeat` how often its lines come."""
    read = copy.deepcopy(dict(source))
    read["lines"] *= int(read.pop("repeat", "1"))
    if "amounts_include_tax" in read:
        read["amounts_include_tax"] = _flag(read["amounts_include_tax"])
    for line in (*read["lines"], *read.get("charges", ()), *read.get("discounts", ())):
        for key in ("taxable", "after_tax"):
            if key in line:
                line[key] = _flag(line[key])
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
        rules = rules_of(case.get("rules", {}))
        decisions = decide(rules, invoice, facts)
        customer = dataclasses.replace(decisions.customer, **case.get("customer_choice", {}))
        decisions = dataclasses.replace(decisions, customer=customer, **case.get("choices", {}))
        files = tuple(Attachment(each["id"], each["name"], int(each["size"])) for each in case.get("files", ()))
        today = date.fromisoformat(case["today"]) if "today" in case else None
        given = Given(invoice, decisions, books, account, code, case.get("action", "copy"), files=files, today=today)
        if "payment" in case:
            paying = payment_of(case["payment"], decide_host_payment(rules, invoice), _books_invoice)
            return dataclasses.replace(given, paying=paying)
        marked = tuple(_books_invoice(each["id"], each["now"]) for each in case.get("marked", ()))
        given = dataclasses.replace(given, marked=marked, linked=case.get("linked", ""), twin=case.get("twin", ""))
        return dataclasses.replace(given, before=_before(case, given)) if "before" in case else given

    return made
