"""Errors that a company's queue, or its look for payments, repeats: seen from every process, and gone with the next
success."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from werkzeug.test import Client

from onedesk_quickbooks.plugin.ops.alerts import firing
from onedesk_quickbooks.plugin.ops.metrics import Measured, exposition
from onedesk_quickbooks.plugin.web.app import pages
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_order import sale

SECRET = "Harbor Lights owes 7"


class Raising(HTTPAdapter):
    """A network library with an error of its own, wherever an address has the word; `lost`: after QuickBooks has
    answered."""

    def __init__(self, word: str = "", lost: str = "") -> None:
        super().__init__()
        self.word, self.lost = word, lost

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self.word and self.word in str(request.url):
            raise RuntimeError(SECRET)
        answer = super().send(request, *args, **kwargs)
        if self.lost and self.lost in str(request.url):
            raise RuntimeError(SECRET)
        return answer


def fails(desk: Desk, times: int) -> None:
    """As the thread has it, with the pause after an error."""
    for _ in range(times):
        with pytest.raises(RuntimeError):
            desk.application.time_slice(timedelta(minutes=5))
        desk.clock.sleep(600)


def alerts(desk: Desk) -> list[str]:
    status = desk.application.status()
    found = firing(status, desk.clock.now(), silent_after=timedelta(0), polls=True, running_since=desk.clock.now())
    return [each.key for each in found]


def health(desk: Desk) -> tuple[int, dict[str, Any]]:
    answer = Client(pages(desk.application).app).get("/health")
    return answer.status_code, json.loads(answer.data)


def metrics(desk: Desk) -> str:
    return exposition([Measured("main", desk.application.status().to_json(), [])]).decode()


@pytest.mark.parametrize(("what", "word"), [("payments", "/cdc?"), ("queue", "/query?")])
def test_what_is_repeated_is_loud_until_it_succeeds(us: Desk, what: str, word: str) -> None:
    raising = Raising(word if what == "payments" else "", "requestid=" if what == "queue" else "")
    us.application.session.mount("http://", raising)
    us.predicts = False
    if what == "queue":  # a request without an answer is looked for before all else
        us.save(sale(0, "Anna"))
        assert us.host.act("INV-0", "quickbooks.copy", ADMIN)
        us.application.drain(patience=timedelta(0))
        us.clock.sleep(600)
        raising.word, raising.lost = word, ""
    fails(us, 2)
    assert not any(each.startswith("error") for each in alerts(us)) and health(us)[0] == 200
    fails(us, 1)
    us.restart()  # another process knows it
    [error] = us.application.status().errors
    assert (error["what"], error["count"]) == (what, 3)
    assert error["error"].startswith("RuntimeError at plugin/qbo/")
    assert f"error-{what}" in alerts(us)
    code, answer = health(us)
    assert (code, answer["ok"], answer["errors"][0]["count"]) == (503, False, 3)
    assert f'onedesk_quickbooks_errors_in_a_row{{tenant="main",what="{what}"}} 3.0' in metrics(us)
    [check] = [each for each in us.application.examine() if each.name == "errors"]
    assert check.state == "problem" and "3 times in a row" in check.found
    assert SECRET not in json.dumps([answer, check.to_json(), us.application.status().to_json()])
    for _ in range(5):
        us.application.time_slice(timedelta(minutes=5))
        us.clock.sleep(600)
    assert us.application.status().errors == () and health(us)[0] == 200
    assert f'onedesk_quickbooks_errors_in_a_row{{tenant="main",what="{what}"}} 0.0' in metrics(us)
