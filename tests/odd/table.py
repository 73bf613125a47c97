"""What must be true of every odd invoice; the test files beside take a part of the companies each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import requests

from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import AnyPlan, Plan
from onedesk_quickbooks.plugin.sandbox.books.currency import set_exchange_rate
from tests.conftest import QboSchemas
from tests.odd.rows import Company, Row, companies, rows
from tests.support.agreement import Prediction
from tests.support.connected import writes
from tests.support.retainers import make_account, make_item, move_item
from tests.sync.conftest import ADMIN, Desk, installed

BUNDLE = {"Item": [{"Name": "Starter-kit", "Type": "Group"}]}


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory, qbo_schemas: QboSchemas) -> Iterator[Callable[[str], Desk]]:
    """The desk of a company, made when its first row comes."""
    made: dict[str, Desk] = {}
    with ExitStack() as stack:

        def desk(name: str) -> Desk:
            if name not in made:
                company, home = companies()[name], tmp_path_factory.mktemp(name)
                seed = home / "seed.json"
                seed.write_text(json.dumps(BUNDLE), encoding="utf-8")
                options: dict[str, Any] = {"seed": seed, "currency": company.currency}
                made[name] = stack.enter_context(
                    installed(home, qbo_schemas, company.edition, rules=company.rules, **options)
                )
                _prepare(made[name], company)
            return made[name]

        yield desk


def _prepare(desk: Desk, company: Company) -> None:
    sandbox = desk.sandbox
    changed: dict[str, Any] = {"closing_date": company.closed_through}
    changed |= {"TaxPrefs": {"PartnerTaxEnabled": True}} if company.automated else {}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    move_item(sandbox, make_item(sandbox), make_account(sandbox))
    sandbox.create("Customer", {"DisplayName": "Harrison & Partners"})
    sandbox.create("Vendor", {"DisplayName": "Northgate"})
    for currency, rate in company.rates.items():
        body = {"SourceCurrencyCode": currency, "Rate": Decimal(rate), "AsOfDate": "2026-11-20"}
        sandbox.change(partial(set_exchange_rate, sandbox.books, body))
    desk.connect(tax_code=company.default_tax_code)
    desk.predicts = False  # each row is planned here


def worked(desk: Desk, row: Row) -> tuple[AnyPlan, Outcome]:
    """Planned, which writes nothing, then copied."""
    desk.host.save({**row.invoice, "status": "draft"})
    desk.host.open_invoice(row.invoice["id"], ADMIN)
    source = desk.host.read_invoice(row.invoice["id"])
    assert source is not None
    before = writes(desk.sandbox)
    plan = desk.application.plan(source, "copy")
    assert writes(desk.sandbox) == before
    desk.host.act(row.invoice["id"], "quickbooks.copy", ADMIN)
    outcome = desk.outcome(row.invoice["id"])
    if row.held:
        assert (plan.outcome, outcome.outcome) == ("held", "held"), (plan, outcome.reason)
        assert writes(desk.sandbox) == before
    return plan, outcome


def check(desk: Desk, row: Row) -> None:
    """Host, plan and QuickBooks come to the same cent, or nothing is written."""
    plan, outcome = worked(desk, row)
    assert not (wrong := Prediction.by(plan).differs(outcome)), wrong
    if row.held:
        return
    assert isinstance(plan, Plan), plan.reason
    made = desk.sandbox.read("CreditMemo" if row.credits else "Invoice", outcome.qbo_id)
    if row.withheld:
        assert (outcome.outcome, plan.compare and plan.compare.amount) == ("held", row.total), outcome
        assert made["TotalAmt"] != row.total
        return
    assert outcome.outcome == "copied", outcome.reason
    assert made["TotalAmt"] == row.booked, made.get("TxnTaxDetail")
    assert outcome.qbo_total is not None and outcome.qbo_total.amount == row.booked
    if plan.totals.total is None:
        assert companies()[row.company].automated and row.total in (row.booked, plan.totals.net)
    else:
        assert plan.totals.total == row.booked == row.total
    assert made["Balance"] == (row.booked if row.balance is None else row.balance)
    assert row.codes in ((), _codes(desk, made))
    assert row.days in ((), (made["TxnDate"], made.get("DueDate")))
    assert {name: made[name] for name in row.says} == row.says
    assert row.whose in ("", made["CustomerRef"]["name"])


def _codes(desk: Desk, made: dict[str, Any]) -> tuple[str, ...]:
    """The names of the lines' tax codes, in order."""
    names = {each["Id"]: each["Name"] for each in desk.sandbox.list("TaxCode")}
    details = [line.get("SalesItemLineDetail", {}).get("TaxCodeRef") for line in made["Line"]]
    return tuple(names[each["value"]] for each in details if each)


def rows_of(*names: str) -> list[Any]:
    """The rows of these companies, as parameters."""
    return [pytest.param(row, id=f"{row.company}-{row.name}") for row in rows() if row.company in names]
