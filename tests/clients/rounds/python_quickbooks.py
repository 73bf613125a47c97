"""python-quickbooks and intuit-oauth do a full round; prints what they saw as JSON.

Unchanged but for the base URL, the first argument. oauthlib takes plain http with OAUTHLIB_INSECURE_TRANSPORT=1 only.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.batch import batch_create
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException, ValidationException
from quickbooks.objects import (
    Attachable,
    AttachableRef,
    Customer,
    Invoice,
    Item,
    Payment,
    PaymentLine,
    SalesItemLine,
    SalesItemLineDetail,
)

base = sys.argv[1]
seen: dict[str, object] = {}


def consent() -> AuthClient:
    """A user approves in the browser: here the form of the consent page is sent."""
    known = requests.get(f"{base}/_control/credentials", timeout=10).json()
    discovery = f"{base}/.well-known/openid_sandbox_configuration/"
    auth = AuthClient(known["client_id"], known["client_secret"], "http://localhost:8000/callback", discovery)
    url = auth.get_authorization_url([Scopes.ACCOUNTING, Scopes.OPENID, Scopes.EMAIL])
    page = requests.get(url, timeout=10)
    assert page.status_code == 200
    fields = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    where, fields = url.partition("?")[0], {**fields, "decision": "approve"}
    answer = requests.post(where, data=fields, allow_redirects=False, timeout=10)
    back = {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    assert back["state"] == auth.state_token
    auth.get_bearer_token(back["code"], realm_id=back["realmId"])
    return auth


def line(amount: float, item: str = "1", text: str = "Hours") -> SalesItemLine:
    made = SalesItemLine()
    made.Amount, made.Description = amount, text
    made.SalesItemLineDetail = SalesItemLineDetail()
    made.SalesItemLineDetail.ItemRef = Item.get(item, qb=client).to_ref()
    made.SalesItemLineDetail.UnitPrice, made.SalesItemLineDetail.Qty = amount, 1
    return made


auth = consent()
first = auth.refresh_token
seen["id_token"] = bool(auth.id_token)
seen["user"] = auth.get_user_info().json()["email"]
auth.refresh()
seen["rotated"] = auth.refresh_token != first

client = QuickBooks(auth_client=auth, refresh_token=auth.refresh_token, company_id=auth.realm_id, minorversion=75)
client.api_url_v3 = f"{base}/v3"

customer = Customer()
customer.DisplayName = "O'Hara & Sons, Łódź"
customer = customer.save(qb=client)
seen["customer"] = customer.Id
seen["filtered"] = [each.Id for each in Customer.filter(DisplayName="O'Hara & Sons, Łódź", qb=client)]
seen["customers"] = Customer.count(qb=client) == len(Customer.all(max_results=1000, qb=client))

invoice = Invoice()
invoice.CustomerRef = customer.to_ref()
invoice.Line.append(line(120.5))
invoice = invoice.save(qb=client, request_id="round-1")
seen["total"] = str(invoice.TotalAmt)
invoice.PrivateNote = "changed"
invoice.Line[0].Description = "More hours"
invoice = invoice.save(qb=client)
seen["invoice"], seen["sync_token"], seen["note"] = invoice.Id, invoice.SyncToken, invoice.PrivateNote
seen["queried"] = [each.Id for each in Invoice.where(f"CustomerRef = '{customer.Id}'", order_by="Id", qb=client)]

others = []
for name in ("Batch One", "Batch Two", "Amy's Bird Sanctuary"):
    each = Customer()
    each.DisplayName = name
    others.append(each)
batch = batch_create(others, qb=client)
seen["batch"] = [len(batch.successes), len(batch.faults), batch.faults[0].Error[0].code]

since = (datetime.now(timezone.utc) - timedelta(hours=1)).replace(microsecond=0)
changed = change_data_capture([Invoice, Customer], since.isoformat(), qb=client)
seen["cdc"] = [
    invoice.Id in [each.Id for each in changed.Invoice],
    customer.Id in [each.Id for each in changed.Customer],
]

seen["pdf"] = Invoice.get(invoice.Id, qb=client).download_pdf(qb=client)[:5].decode()
seen["sent"] = invoice.send(qb=client, send_to="ann+books@example.com")["Invoice"]["EmailStatus"]

kept = Attachable()
kept.FileName, kept.ContentType, kept._FileBytes = "note.txt", "text/plain", b"a note"
kept.AttachableRef.append(AttachableRef())
kept.AttachableRef[0].EntityRef = invoice.to_ref()
kept = kept.save(qb=client)
seen["uploaded"] = requests.get(kept.TempDownloadUri, timeout=10).text

payment = Payment()
payment.CustomerRef, payment.TotalAmt = customer.to_ref(), 20.5
part = PaymentLine()
part.Amount, part.LinkedTxn = 20.5, [invoice.to_linked_txn()]
payment.Line.append(part)
payment = payment.save(qb=client)
seen["balance"] = str(Invoice.get(invoice.Id, qb=client).Balance)
payment.void(qb=client)
seen["balance_after_void"] = str(Invoice.get(invoice.Id, qb=client).Balance)

invoice = Invoice.get(invoice.Id, qb=client)
invoice.void(qb=client)
voided = Invoice.get(invoice.Id, qb=client)
seen["voided"] = [str(voided.TotalAmt), voided.PrivateNote.startswith("Voided")]
voided.delete(qb=client)
try:
    Invoice.get(invoice.Id, qb=client)
except ObjectNotFoundException as error:
    seen["gone"] = error.error_code
try:
    Invoice.where("Nonsense = '1'", qb=client)
except ValidationException as error:
    seen["bad_query"] = error.error_code
twin = Customer()
twin.DisplayName = customer.DisplayName
try:
    twin.save(qb=client)
except QuickbooksException as error:
    seen["duplicate"] = error.error_code

auth.revoke()
try:
    auth.refresh()
except AuthClientError as error:
    seen["revoked"] = error.status_code
sys.stdout.write(json.dumps(seen))
