"""Faults of every shape to the one exception that says what is known to have happened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.qbo import Refused, Throttled
from onedesk_quickbooks.plugin.qbo.faults import problem_of, read_fault
from onedesk_quickbooks.plugin.qbo.meanings import FAULTS
from onedesk_quickbooks.plugin.qbo.pacing import retry_after
from onedesk_quickbooks.plugin.yamlfile.build import LOADER

CASES: list[dict[str, Any]] = yaml.load((Path(__file__).parent / "cases" / "faults.yaml").read_text("utf-8"), LOADER)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_an_answer_is_taken_for(case: dict[str, Any]) -> None:
    headers = case.get("headers", {})
    faults = read_fault(case["status"], headers, case["body"].encode())
    problem = problem_of(faults, retry_after(headers))
    assert type(problem).__name__ == case["problem"], problem
    assert case.get("says", "") in str(problem)
    if isinstance(problem, Refused):
        assert (problem.code, problem.do) == (case["code"], case["do"])
        assert problem.tid == headers.get("intuit_tid", "")
        assert problem.stale == (case["code"] == "5010")
    if isinstance(problem, Throttled):
        assert (problem.wait.total_seconds() if problem.wait else None) == case.get("wait")


@pytest.mark.parametrize("body", [b'{"Invoice":{"Id":"1"}}', b"%PDF-1.4", b"", b"{broken", b"<html></html>"])
def test_a_good_answer_has_no_fault(body: bytes) -> None:
    assert read_fault(200, {}, body) == ()


def test_every_meaning_is_whole_sentences() -> None:
    for code, meaning in FAULTS.items():
        assert meaning.meaning.endswith(".") and meaning.meaning[0].isupper(), code
        assert meaning.remedy.endswith("."), code


def test_all_codes_of_the_reference_are_known() -> None:
    codes = """100 120 130 140 150 400 500 600 610 620 800 6220 1040 2010 2020 2030 2040 2050 2060 2070 2080 2090 2100
        2110 2130 2170 2210 2290 2410 2500 3001 3100 3200 3202 4000 4001 4002 5010 5020 6000 6070 6080 6100 6140 6160
        6230 6170 6180 6190 6200 6210 6240 6250 6420 6430 6450 6480 6470 6540 7001 10000 10100 10200"""
    assert set(codes.split()) <= set(FAULTS)


@pytest.mark.parametrize(
    "detail",
    [
        "Token expired: AB01153892918hXVNtokenYz1",
        "Token revoked: eyJlbmMiOiJBMTI4Q0JDLUhTMjU2In0..Utfg-C-ey176vkdvzUMLiiTTg655m5vKEA",
        "malformed RT1-121-H0-1804380655cdd2f84619f18dff2548",
    ],
)
def test_a_token_that_quickbooks_quotes_goes_no_further(detail: str) -> None:
    secret = detail.split()[-1]
    given = {"fault": {"error": [{"message": "m", "detail": detail, "code": "3200"}]}}
    for body in (json.dumps(given), f"<R><Fault><Error code='100'><Detail>{detail}</Detail></Error></Fault></R>"):
        (fault,) = read_fault(401, {}, body.encode())
        assert secret not in repr(fault)
        assert fault.detail.startswith(detail.removesuffix(secret))
        assert secret not in str(problem_of((fault,)))
    plain = "a class com.intuit.schema.finance.v3.Invoice, invoice 2026-000000000000000017"
    (fault,) = read_fault(400, {}, json.dumps({"Fault": {"Error": [{"Detail": plain, "code": "2010"}]}}).encode())
    assert fault.detail == plain


def test_a_lost_connection_says_once_what_to_do() -> None:
    text = str(problem_of(read_fault(401, {"intuit_tid": "1-2"}, b"")))
    assert text == (
        "QuickBooks rejected the connection: HTTP 401. Connect again under Administration > Financials."
        " (intuit_tid 1-2)"
    )
    lost = b'{"Fault":{"Error":[{"Message":"Authorization Failure","Detail":"d","code":"120"}]}}'
    assert "Have an administrator of the QuickBooks company connect again" in str(problem_of(read_fault(401, {}, lost)))


def test_a_refusal_of_our_own_says_why() -> None:
    refused = Refused.unseen("the rest of its batch was done")
    assert "the rest of its batch was done" in refused.sentence
    assert refused.codes == {""}
    with pytest.raises(ValueError, match="at least one fault"):
        Refused(())


def test_an_unknown_code_is_held_with_all_that_quickbooks_said() -> None:
    body = b'{"Fault":{"Error":[{"Message":"Something new","Detail":"It is like this","code":"9876"}]}}'
    problem = problem_of(read_fault(400, {"intuit_tid": "1-ab-2"}, body))
    assert isinstance(problem, Refused)
    assert problem.do == "hold"
    for part in ("9876", "Something new", "It is like this", "intuit_tid 1-ab-2", "look the code up"):
        assert part in str(problem), part


def test_a_sentence_has_meaning_words_and_remedy() -> None:
    body = b'{"Fault":{"Error":[{"Message":"m","Detail":"No. X is assigned to TxnType=Invoice","code":"6140"}]}}'
    assert str(problem_of(read_fault(400, {}, body))) == (
        "The invoice number is used in QuickBooks already. QuickBooks says (code 6140): "
        '"No. X is assigned to TxnType=Invoice" Look at the transaction that has this number in QuickBooks. If it is '
        "this same invoice, entered by hand, link the two (onedesk-quickbooks adopt): under another number the customer"
        " would be billed twice. "
        "If it is another one, give the invoice another number in OneDesk and copy it again."
    )
