"""The straightforward loop with python-quickbooks: a bridge without queues, batches and a snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import requests

from tests.bench.parts.installed import CUSTOMERS

LOOPED = 150


def loop(base_url: str, wait: float) -> float:
    """Seconds per invoice of the straightforward loop: look up customer and items, create, repeat. If it is throttled
    it waits for `wait` seconds, which is less than QuickBooks requires."""
    from intuitlib.client import AuthClient
    from quickbooks import QuickBooks

    given = requests.get(f"{base_url}/_control/credentials", timeout=30).json()
    discovery = f"{base_url}/.well-known/openid_sandbox_configuration"
    auth = AuthClient(given["client_id"], given["client_secret"], "http://127.0.0.1/callback", discovery)
    auth.access_token = given["access_token"]
    client = QuickBooks(auth_client=auth, company_id=given["realm_id"])
    client.sandbox, client.api_url_v3 = False, f"{base_url}/v3"
    began = time.monotonic()
    for n in range(LOOPED):
        _patiently(partial(_create, client, n), wait)
    return (time.monotonic() - began) / LOOPED


def _patiently(create: Callable[[], None], wait: float) -> None:
    """Repeat after a delay if the limit was exceeded."""
    from quickbooks.exceptions import QuickbooksException

    while True:
        try:
            return create()
        except QuickbooksException as problem:
            if "429" not in str(problem) and "hrottle" not in str(problem):
                raise
            time.sleep(wait)


def _create(client: Any, n: int) -> None:
    from quickbooks.objects.customer import Customer
    from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
    from quickbooks.objects.invoice import Invoice
    from quickbooks.objects.item import Item

    customer = Customer.filter(DisplayName=f"Customer {n % CUSTOMERS}", qb=client)[0]
    invoice = Invoice()
    invoice.CustomerRef = customer.to_ref()
    for number in range(3):
        line = SalesItemLine()
        line.Amount = 80
        line.SalesItemLineDetail = SalesItemLineDetail()
        line.SalesItemLineDetail.Qty, line.SalesItemLineDetail.UnitPrice = 2, 40
        line.SalesItemLineDetail.ItemRef = Item.filter(Name=f"Service {number}", qb=client)[0].to_ref()
        invoice.Line.append(line)
    invoice.save(qb=client)
