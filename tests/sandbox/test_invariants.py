"""Whatever is done, in whatever order: the books add up, tokens only grow, changes are reported completely."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import simplejson
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from werkzeug.test import Client as WsgiClient

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions

START = datetime(2026, 7, 15, 12, 0, 0, tzinfo=timezone.utc)
KINDS = ("Invoice", "CreditMemo", "Payment", "Estimate", "SalesReceipt", "Customer", "Item")
AMOUNTS = st.decimals(min_value="0.01", max_value="500", places=2)
CREDITS = {"Invoice": "Balance", "CreditMemo": "RemainingCredit"}

Books = dict[tuple[str, str], dict[str, Any]]


def share(amount: Decimal | int, percent: int) -> Decimal:
    """So many hundredths of an amount, in whole cents."""
    return (Decimal(amount) * percent / 100).quantize(Decimal("0.01"))


def bare(body: dict[str, Any] | None) -> dict[str, Any] | None:
    """An object without its customer's name, which is looked up, not part of it."""
    return {**body, "CustomerRef": body["CustomerRef"]["value"]} if body and "CustomerRef" in body else body


class Company(RuleBasedStateMachine):
    """Random work on a company through its API, the clock moving a second with each call."""

    forms = Bundle("forms")
    paid = Bundle("paid")

    @initialize(automatic=st.booleans())
    def begin(self, automatic: bool) -> None:
        self.now = START
        self.sandbox = Sandbox(SandboxOptions(clock=lambda: self.now))
        self.wsgi = WsgiClient(self.sandbox.wsgi)
        token = self.sandbox.credentials("http://sandbox.test")["access_token"]
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.last: Books = {}
        self.read_at = self.now
        prefs = {"SalesFormsPrefs": {"AutoApplyCredit": automatic, "AutoApplyPayments": automatic}}
        self.wsgi.post("/_control/settings", data=simplejson.dumps(prefs))
        self.last = self.everything()
        self.read_at = self.now

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """An answer as JSON, a fault too."""
        self.now += timedelta(seconds=1)
        url = f"/v3/company/{self.sandbox.realm_id}/{path}"
        data = simplejson.dumps(body, use_decimal=True) if body is not None else None
        answer = self.wsgi.open(url, method=method, query_string=query, data=data, headers=self.headers)
        assert answer.status_code in (200, 400), answer.get_data(as_text=True)
        return simplejson.loads(answer.get_data(as_text=True), use_decimal=True)

    def everything(self) -> Books:
        """Every object of the kinds that are watched."""
        found: Books = {}
        for kind in KINDS:
            where = " where Active in (true, false)" if kind in ("Customer", "Item") else ""
            answer = self.call("GET", "query", query=f"select * from {kind}{where} maxresults 1000")
            found.update({(kind, each["Id"]): each for each in answer["QueryResponse"].get(kind, [])})
        return found

    # -- what is done

    @rule(
        target=forms,
        kind=st.sampled_from(["Invoice", "Invoice", "CreditMemo", "Estimate", "SalesReceipt"]),
        customer=st.sampled_from(["2", "7", "8", "22"]),
        amounts=st.lists(AMOUNTS, min_size=1, max_size=3),
        taxed=st.booleans(),
        discount=st.sampled_from([None, Decimal("5"), Decimal("12.5")]),
    )
    def make(self, kind: str, customer: str, amounts: list[Decimal], taxed: bool, discount: Decimal | None) -> Any:
        code = {"TaxCodeRef": {"value": "TAX" if taxed else "NON"}}
        lines: list[Any] = [
            {"Amount": each, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": code} for each in amounts
        ]
        if discount is not None:
            detail = {"PercentBased": True, "DiscountPercent": discount}
            lines.append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail})
        body = {"CustomerRef": {"value": customer}, "Line": lines, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}}
        made = self.call("POST", kind.lower(), body)[kind]
        return kind, made["Id"], customer

    @rule(
        target=paid,
        chosen=st.lists(forms, min_size=1, max_size=3),
        parts=st.lists(st.integers(1, 100), min_size=3, max_size=3),
        extra=st.sampled_from([Decimal(0), Decimal("3.50")]),
    )
    def pay(self, chosen: list[Any], parts: list[int], extra: Decimal) -> Any:
        """Pays a part of each: of one customer or it is refused."""
        lines, total = [], extra
        for (kind, form_id, _), part in zip(dict.fromkeys(chosen), parts, strict=False):
            held = self.last.get((kind, form_id), {})
            amount = share(held.get(CREDITS.get(kind, ""), 1), part)
            lines.append({"Amount": amount, "LinkedTxn": [{"TxnId": form_id, "TxnType": kind}]})
            total += amount if kind != "CreditMemo" else -amount
        body = {"CustomerRef": {"value": chosen[0][2]}, "TotalAmt": max(total, Decimal(0)), "Line": lines}
        return "Payment", self.call("POST", "payment", body).get("Payment", {}).get("Id", ""), chosen[0][2]

    @rule(which=st.one_of(consumes(forms), consumes(paid)))
    def delete(self, which: Any) -> None:
        self.change(which, {"operation": "delete"}, {})

    @rule(which=st.one_of(forms, paid))
    def void(self, which: Any) -> None:
        self.change(which, {"operation": "void"}, {})

    @rule(which=forms, amount=AMOUNTS, whole=st.booleans())
    def edit(self, which: Any, amount: Decimal, whole: bool) -> None:
        """New lines, by a full or a sparse update."""
        line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}
        body: dict[str, Any] = {"Line": [line], "CustomerRef": {"value": which[2]}}
        self.change(which, {}, {**body, **({} if whole else {"sparse": True})})

    @rule(which=paid, part=st.integers(0, 100))
    def apply_less(self, which: Any, part: int) -> None:
        """A payment's lines as a whole, at a part of what they were."""
        held = self.last.get((which[0], which[1]), {})
        lines = [
            {"Amount": share(each["Amount"], part), "LinkedTxn": each["LinkedTxn"]} for each in held.get("Line", [])
        ]
        self.change(which, {}, {"sparse": True, "Line": lines if part else []})

    @rule(which=forms)
    def send(self, which: Any) -> None:
        self.call("POST", f"{which[0].lower()}/{which[1]}/send", sendTo="someone@mail.example")

    @rule(customer=st.sampled_from(["7", "22"]), word=st.sampled_from(["North", "South"]))
    def rename(self, customer: str, word: str) -> None:
        self.change(("Customer", customer, customer), {}, {"sparse": True, "DisplayName": f"{word} {customer}"})

    @rule(which=st.one_of(forms, paid))
    def use_an_old_token(self, which: Any) -> None:
        body = {"Id": which[1], "SyncToken": "999", "sparse": True, "PrivateNote": "late"}
        assert "Fault" in self.call("POST", which[0].lower(), body)

    def change(self, which: Any, query: dict[str, str], fields: dict[str, Any]) -> None:
        """A change with the token that was read last; what is refused is refused."""
        held = self.last.get((which[0], which[1]))
        if held is not None:
            body = {"Id": which[1], "SyncToken": held["SyncToken"], **fields}
            self.call("POST", which[0].lower(), body, **query)

    # -- what holds

    @invariant()
    def holds(self) -> None:
        """Reads everything once more and compares it with itself and with what was read before."""
        before, since = self.last, self.read_at + timedelta(seconds=1)
        answer = self.call("GET", "cdc", entities=",".join(KINDS), changedSince=since.isoformat())
        self.read_at = self.now
        self.last = self.everything()
        self.balances()
        self.payments()
        self.tokens(before)
        self.changes(before, answer)

    def balances(self) -> None:
        for (kind, entity_id), customer in self.last.items():
            if kind == "Customer":
                own = [each for each in self.last.values() if each.get("CustomerRef", {}).get("value") == entity_id]
                owed = sum(each["Balance"] for each in own if "DueDate" in each)
                credit = sum(each.get("RemainingCredit", 0) + each.get("UnappliedAmt", 0) for each in own)
                assert customer["Balance"] == owed - credit, customer["DisplayName"]
        customers = sum(each["Balance"] for (kind, _), each in self.last.items() if kind == "Customer")
        assert self.call("GET", "account/84")["Account"]["CurrentBalance"] == customers
        stock = sum(each["QtyOnHand"] * each["PurchaseCost"] for each in self.last.values() if "QtyOnHand" in each)
        assert self.call("GET", "account/81")["Account"]["CurrentBalance"] == stock

    def payments(self) -> None:
        applied: dict[tuple[str, str], Decimal] = {}
        for (kind, _), each in self.last.items():
            if kind != "Payment":
                continue
            left = each["TotalAmt"]
            for line in each["Line"]:
                link = line["LinkedTxn"][0]
                key = (link["TxnType"], link["TxnId"])
                applied[key] = applied.get(key, Decimal(0)) + line["Amount"]
                left += line["Amount"] if key[0] == "CreditMemo" else -line["Amount"]
                assert {"TxnId": each["Id"], "TxnType": "Payment"} in self.last[key]["LinkedTxn"]
            assert left == each["UnappliedAmt"]
        for (kind, entity_id), each in self.last.items():
            if kind in CREDITS:
                assert each[CREDITS[kind]] == each["TotalAmt"] - applied.get((kind, entity_id), Decimal(0))
                assert 0 <= each[CREDITS[kind]] <= each["TotalAmt"]

    def tokens(self, before: Books) -> None:
        for key, each in self.last.items():
            if key in before:
                assert int(each["SyncToken"]) >= int(before[key]["SyncToken"])

    def changes(self, before: Books, cdc: Any) -> None:
        """What change data capture reported is the difference of the two readings."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for kind, answer in zip(KINDS, cdc["CDCResponse"][0]["QueryResponse"], strict=True):
            found.update({(kind, each["Id"]): each for each in answer.get(kind, [])})
        different = {key for key in {*before, *self.last} if bare(before.get(key)) != bare(self.last.get(key))}
        missing = different - set(found)
        assert not missing, missing
        for key, each in found.items():
            if each.get("status") == "Deleted":
                assert key not in self.last
            else:
                assert each == self.last[key]

    def teardown(self) -> None:
        if hasattr(self, "sandbox"):
            self.sandbox.close()


TestCompany = Company.TestCase
TestCompany.settings = settings(
    max_examples=10,
    phases=[Phase.generate],
    stateful_step_count=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
