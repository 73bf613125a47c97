"""The operations on each kind of object: create, update, delete, void, send (qbo-api.md section 3)."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books import currency, outbox
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.books.settings import closed_through, update_single
from onedesk_quickbooks.plugin.sandbox.entities.kinds import KINDS, Kind
from onedesk_quickbooks.plugin.sandbox.forms import deposits, payments, sales
from onedesk_quickbooks.plugin.sandbox.wire import shapes
from onedesk_quickbooks.plugin.sandbox.wire.faults import missing, refusal, stale
from onedesk_quickbooks.plugin.sandbox.wire.fields import merged, read_object
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, number, ref, ref_id

_TAXED = frozenset({"Line", "ShipAddr", "CustomerRef", "GlobalTaxCalculation", "ApplyTaxAfterDiscount"})
"""The fields that determine a form's tax: an edit by a user keeps a stated amount unless it changes one of them."""
_STAMPS = frozenset({"SyncToken", "MetaData", "domain", "sparse"})
_SAID = {
    "Class": ("Name",),
    "Department": ("Name",),
    "Term": ("Name",),
    "Deposit": ("DepositToAccountRef",),
}
"""Fields that an update requires, also a sparse one."""
_KEPT_AS_IS = ("Account", "Employee", "Item")
"""Kinds for which an update without changes writes nothing."""


def create(books: Books, kind: str, body: Body) -> Body:
    """Create an object; return the answer's body. Raises Refused."""
    spec = _spec(kind, "create")
    shape = shapes.BUNDLE if kind == "Item" and books.by_hand else spec.shape
    draft = read_object(body, shape, kind)
    draft.pop("Id", None)
    draft = merged({}, draft, sparse=False, shape=shape)
    opening = number(draft.pop("Balance", None)) if kind == "Customer" else ZERO
    made = _finish(books, kind, spec, draft, None, "Create")
    if opening:
        _open(books, made, opening)
        made = books.get(kind, made["Id"])
    return made


def _open(books: Books, customer: Body, balance: Decimal) -> None:
    """Create an invoice for an opening balance, or a credit memo if it is negative (qbo-api.md 2.2)."""
    code = ref_id(customer, "CurrencyRef")
    day = customer.get("OpenBalanceDate") or books.today().isoformat()
    line = {
        "Amount": abs(balance),
        "Description": "Opening Balance",
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {},
    }
    form: Body = {"CustomerRef": ref(customer["Id"]), "TxnDate": day, "Line": [line]}
    if books.edition != "us":
        form["GlobalTaxCalculation"] = "NotApplicable"
    if code != books.home:
        form["ExchangeRate"] = currency.rate_of(books, code, day)
    create(books, "Invoice" if balance > 0 else "CreditMemo", form)
    books.settle()


def update(books: Books, kind: str, body: Body, sparse: bool | None = None) -> Body:
    """Change an object, fully or sparsely (`sparse` None: as the body says). Raises Refused."""
    spec = _spec(kind, "update")
    if spec.complete is None:
        return update_single(books, kind, body)
    clean = read_object(body, spec.shape, kind)
    old = _current(books, kind, clean)
    for key in _SAID.get(kind, ()):
        if old.get(key) is not None and clean.get(key) in (None, ""):
            raise missing(key)
    deposits.check_deposited(kind, old)
    if sparse is None:
        sparse = bool(clean.get("sparse"))
    draft = merged(old, clean, sparse, spec.shape)
    if "TxnTaxDetail" in draft and "TxnTaxDetail" not in clean and not (books.by_hand and _TAXED.isdisjoint(clean)):
        # Tax that the request does not state is calculated again: the old amounts would count as stated.
        kept = draft["TxnTaxDetail"].get("TxnTaxCodeRef")
        draft["TxnTaxDetail"] = {"TxnTaxCodeRef": kept} if kept else {}
    draft["Id"] = old["Id"]
    return _finish(books, kind, spec, draft, old, "Update")


def delete(books: Books, kind: str, body: Body) -> Body:
    """Delete a transaction or an attachment; return the record of the deletion. Raises Refused 610, 5010, 6480 (still
    linked)."""
    spec = _spec(kind, "delete")
    old = _current(books, kind, body, token=kind != "Attachable")
    _writable(books, old, None)
    deposits.check_deposited(kind, old)
    if kind != "Payment" and any(each["TxnType"] == "Payment" for each in old.get("LinkedTxn", [])):
        raise refusal("6480", "Cannot delete a matched transaction : unlink its payments first")
    if kind == "Estimate" and old["LinkedTxn"]:
        raise refusal("6480", "Cannot delete a matched transaction : unlink its invoice first")
    gone = books.remove(kind, old, spec.event)
    if spec.after is not None:
        spec.after(books, old, None)
    return {key: gone[key] for key in ("domain", "status", "Id")}


def void(books: Books, kind: str, body: Body) -> Body:
    """Set every amount to zero. Raises Refused 610, 5010, 6210, 6450 (paid), 6480 (a credit memo that is applied).

    A user can void a paid invoice: its payments become unapplied.
    """
    _spec(kind, "void")
    old = _current(books, kind, body)
    _writable(books, old, None)
    deposits.check_deposited(kind, old)
    if kind == "Invoice":
        if sales.payment_links(old) and not books.by_hand:
            raise refusal("6450", "Cannot void a settled transaction : unlink or void its payments first")
        payments.release(books, old, ZERO)
        old = books.get(kind, old["Id"])
    elif kind == "CreditMemo" and number(old["RemainingCredit"]) != number(old["TotalAmt"]):
        raise refusal("6480", "Cannot void a matched transaction : unlink its payments first")
    made = payments.voided_payment if kind == "Payment" else sales.voided
    new = books.save(kind, made(books.get(kind, old["Id"])), old, "Void")
    if kind == "Payment":
        payments.apply_payment(books, old, new)
    return new


def send(books: Books, kind: str, entity_id: str, to: str) -> Body:
    """E-mail a form, which is added to the outbox (qbo-api.md 3.6). Raises Refused 610, 2210, 6420."""
    _spec(kind, "send")
    old = books.get(kind, entity_id)
    if to:
        read_object({"Address": to}, shapes.MAIL, "BillEmail")
        old["BillEmail"] = {"Address": to}
    address = (old.get("BillEmail") or {}).get("Address", "")
    if not address:
        raise refusal("6420", "Email address is required : the transaction has no e-mail address", "BillEmail")
    moment = books.now()
    old["EmailStatus"] = "EmailSent"
    old["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": moment.isoformat(timespec="seconds")}
    new = books.save(kind, old, old, "Emailed", bump=False)
    outbox.post(books, kind, new, address)
    return new


def _finish(books: Books, kind: str, spec: Kind, draft: Body, old: Body | None, operation: str) -> Body:
    if spec.complete is None:
        raise refusal("500", f"Unsupported Operation : {kind} cannot be written")
    draft.pop("SyncToken", None)
    draft.pop("sparse", None)
    entity_id = draft.pop("Id", "")
    if old:
        draft["MetaData"] = old["MetaData"]
        draft = {"Id": entity_id, **draft}
    body = spec.complete(books, draft, old)
    _writable(books, old, body)
    if old and kind == "Invoice" and body["Balance"] < 0:
        payments.release(books, old, body["TotalAmt"] - number(body.get("Deposit")))
        old = books.get(kind, entity_id)
        body = spec.complete(books, body, old)
    if kind in _KEPT_AS_IS and old and all(body.get(key) == old.get(key) for key in {*body, *old} - _STAMPS):
        return old
    new = books.save(kind, body, old, operation if spec.event else "")
    return (spec.after(books, old, new) if spec.after is not None else None) or new


def _spec(kind: str, operation: str) -> Kind:
    spec = KINDS[kind]
    if operation not in spec.operations:
        raise refusal("500", f"Unsupported Operation : Operation {operation} is not supported for {kind}")
    return spec


def _current(books: Books, kind: str, body: Body, token: bool = True) -> Body:
    """The object of a change; `token`: its SyncToken is required. Raises Refused 2020, 2030, 610, 5010."""
    entity_id = str(body.get("Id") or "")
    if not entity_id:
        raise missing("Id")
    check_id(entity_id)
    old = books.get(kind, entity_id)
    if body.get("SyncToken") in (None, ""):
        if token:
            raise missing("SyncToken")
        return old
    if str(body["SyncToken"]) != old["SyncToken"]:
        raise stale()
    return old


def check_id(entity_id: str) -> None:
    """Raise Refused 2030 for an invalid id."""
    if not entity_id.isdigit() and entity_id not in ("TAX", "NON", "CustomSalesTax"):
        raise refusal("2030", f"Id should be a valid number. Supplied value:{entity_id}", "Id")


def _writable(books: Books, *bodies: Body | None) -> None:
    """Raise Refused 6190 (subscription lapsed), 6210 (books closed on that date) or 6200 (without a password)."""
    if books.store.meta("suspended") == "1":
        raise refusal("6190")
    closed = closed_through(books)
    if closed and any(body and "" < body.get("TxnDate", "") <= closed for body in bodies):
        raise refusal("6200" if books.store.meta("closed_without_password") == "1" else "6210")
