"""One invoice that QuickBooks will not even be asked about keeps no other from going; it is held, with all that
QuickBooks said."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

Invoice = Callable[..., dict[str, Any]]


class Poisoned(HTTPAdapter):
    """Every request that names Poison is refused as a whole, with a code that nobody knows."""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        if b"Poison" not in body and "Poison" not in str(request.url):
            return super().send(request, *args, **more)
        fault = {"Message": "Something new", "Detail": "Nobody knows why", "code": "4321"}
        answer = requests.Response()
        answer.status_code = 400
        answer.request, answer.url = request, str(request.url)
        answer.headers["Content-Type"] = "application/json"
        answer.headers["intuit_tid"] = "1-poison-2"
        answer.raw = io.BytesIO(json.dumps({"Fault": {"Error": [fault], "type": "ValidationFault"}}).encode())
        return answer


@pytest.mark.parametrize("count", [1, 5, 40])
def test_a_question_that_is_refused_holds_its_invoice_alone(
    desk: Any, connected: Any, call: Callable[..., Any], invoice: Invoice, count: int
) -> None:
    desk.application.session.mount("http://", Poisoned())
    customer = invoice()["customer"]
    for number in range(count):
        name = "Poison Ltd" if number == count // 2 else f"Harbor {number % 3}"
        made = invoice(id=f"I-{number}", number=f"R{number}", customer={**customer, "id": f"C-{name}", "name": name})
        desk.host.save(made)
        assert desk.host.act(made["id"], "quickbooks.copy", "admin")
    outcomes = {each.id: each for each in desk.application.drain()}
    held = outcomes.pop(f"I-{count // 2}")
    assert held.outcome == "held"
    for part in ("4321", "Something new", "Nobody knows why", "1-poison-2"):
        assert part in held.reason, part
    assert {each.outcome for each in outcomes.values()} <= {"copied"}
    assert len(connected.sandbox.list("Invoice", "DocNumber LIKE 'R%'")) == count - 1
    status = call("status", "--json").lines[0]
    assert (status["held"], status["waiting"], status["paused_until"]) == (1, 0, None)
