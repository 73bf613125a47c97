"""Payments that a program has recorded itself, over HTTP: one, or several at once. The rules decide whether they go to
QuickBooks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask, jsonify

from onedesk_quickbooks.plugin.app.inbox import PATIENCE
from onedesk_quickbooks.plugin.ledger import KeptAnswer
from onedesk_quickbooks.plugin.model.host_payment import payment_key
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from onedesk_quickbooks.plugin.sync.payload import payment_entry
from onedesk_quickbooks.plugin.web.api import request_data
from onedesk_quickbooks.plugin.web.api.api_problems import ApiProblem
from onedesk_quickbooks.plugin.web.api.idempotency import IdempotentRequest
from onedesk_quickbooks.plugin.web.api.import_target import ImportTarget

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

_ACTIONS = {"recorded": "recorded", "taken_back": "deleted"}
"""The action of a request -> the change for the host."""
_MOST = 500
"""Payments of one request."""
_FIELD = "Correct the field; /api/host_payment.schema.json has the shape of a payment."


def add_own_payments(
    app: Flask, application: Application, into: ImportTarget | None, sleep: Callable[[float], None]
) -> None:
    """Register the routes to submit and to read them."""
    turn = threading.Lock()  # requests with several payments are processed one after another

    @app.post("/payments")
    def hand_payments_over() -> Any:
        """202 Accepted, for all or none; the caller polls for each outcome."""
        key, action = request_data.caller(application.ledger, "record"), request_data.parameter("action")
        if action not in _ACTIONS:
            what = f"{action[:40]!r} is not one of {', '.join(_ACTIONS)}."
            raise ApiProblem(422, "invalid", what, "Say what you did: /api/payments?action=recorded.", "action")
        given, once = _payments(_ACTIONS[action]), request_data.idempotency_key()
        mark, answers = request_data.fingerprint(f"payments {action}", given), application.ledger.api_answers
        do = partial(_done, application, request_data.own(into), given, _ACTIONS[action], mark)
        with turn, application.ledger.hasty(PATIENCE):
            answer, again = IdempotentRequest(answers, key.id, once, sleep).done(mark, do) if once else (do(), False)
        return jsonify(answer.answer), answer.status, {"Idempotency-Replayed": "true"} if again else {}

    @app.get("/payments/<path:payment_id>")
    def payment_state(payment_id: str) -> Any:
        request_data.caller(application.ledger, "record")
        found = None if "\x00" in payment_id else application.payment_state(payment_id)
        if found is None:
            what = f"There is no payment {payment_id[:200]!r} of your own."
            raise ApiProblem(404, "no-such-payment", what, "Send it first.", "id")
        return jsonify(found)


def _payments(change: str) -> Sequence[Mapping[str, Any]]:
    """One payment, or those under "payments". Raises `ApiProblem`."""
    body = request_data.body()
    several = "payments" in body
    given = body["payments"] if several else [body]
    if not isinstance(given, list) or (several and len(body) > 1) or not 0 < len(given) <= _MOST:
        what = f'"payments" must be a list of 1 to {_MOST} payments, and the only key.'
        raise ApiProblem(422, "invalid-payment", what, _FIELD, "payments")
    seen: set[str] = set()
    for place, each in enumerate(given):
        at = f"payments[{place}]" if several else ""
        try:
            payment_entry(each, change)
        except InvalidInvoice as problem:
            field = ".".join(part for part in (at, problem.field) if part)
            raise ApiProblem(422, "invalid-payment", problem.sentence, _FIELD, field) from problem
        request_data.check_id(each["id"], "payment", f"{at}.id" if at else "id")
        if payment_key(each["id"]) in seen:
            what = f"The payment {each['id'][:100]!r} is in the list twice."
            raise ApiProblem(422, "invalid-payment", what, "Give each payment once.", f"{at}.id")
        seen.add(payment_key(each["id"]))
    return given


def _done(
    application: Application, host: ImportTarget, given: Sequence[Mapping[str, Any]], change: str, mark: str
) -> KeptAnswer:
    if application.connected is None:
        what = "No QuickBooks company is connected, so nothing was done."
        raise ApiProblem(409, "not-taken", what, "Connect one and repeat the request.")
    for payment in given if change == "recorded" else ():
        lost = next((each["id"] for each in payment["invoices"] if not host.has(each["id"])), None)
        if lost is not None:
            what = f"The payment {payment['id'][:100]!r} pays {lost[:100]!r}, and there is no such invoice."
            raise ApiProblem(422, "no-such-invoice", what, "Send the invoice first.", "invoices")
    for payment in given:
        host.payment(payment, change)
    states = [application.payment_state(each["id"]) or {"id": each["id"]} for each in given]
    return KeptAnswer(mark, 202, {"payments": states})
