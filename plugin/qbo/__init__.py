"""QuickBooks Online as a client sees it: sign-in, requests, faults, words, notifications. Nothing of OneDesk."""

from onedesk_quickbooks.plugin.qbo.client import MOST_IN_BATCH, BatchItem, Changes, Everything, LookUp, QuickBooks
from onedesk_quickbooks.plugin.qbo.endpoints import Endpoints, endpoints_for, invoice_page, payment_page
from onedesk_quickbooks.plugin.qbo.faults import problem_of, read_fault
from onedesk_quickbooks.plugin.qbo.meanings import FAULTS, Fault, FaultMeaning
from onedesk_quickbooks.plugin.qbo.oauth import Authoriser, OAuth, Tokens, TokenStore
from onedesk_quickbooks.plugin.qbo.pacing import Pacer
from onedesk_quickbooks.plugin.qbo.problems import (
    AnswerUnknown,
    BadWebhook,
    NotAuthorised,
    NotReached,
    QuickBooksProblem,
    Refused,
    Throttled,
)
from onedesk_quickbooks.plugin.qbo.transport import Answer, Transport
from onedesk_quickbooks.plugin.qbo.webhooks import WebhookEvent, read_events, signed
from onedesk_quickbooks.plugin.qbo.wire import (
    Difference,
    customer_body,
    differences,
    fingerprint_with,
    invoice_body,
    invoice_update,
    item_account_body,
    item_body,
    read_account,
    read_customer,
    read_invoice,
    read_item,
    read_payment,
    read_tax_code,
    renamed_refs,
)

__all__ = [
    "FAULTS",
    "MOST_IN_BATCH",
    "Answer",
    "AnswerUnknown",
    "Authoriser",
    "BadWebhook",
    "BatchItem",
    "Changes",
    "Difference",
    "Endpoints",
    "Everything",
    "Fault",
    "FaultMeaning",
    "LookUp",
    "NotAuthorised",
    "NotReached",
    "OAuth",
    "Pacer",
    "QuickBooks",
    "QuickBooksProblem",
    "Refused",
    "Throttled",
    "TokenStore",
    "Tokens",
    "Transport",
    "WebhookEvent",
    "customer_body",
    "differences",
    "endpoints_for",
    "fingerprint_with",
    "invoice_body",
    "invoice_page",
    "invoice_update",
    "item_account_body",
    "item_body",
    "payment_page",
    "problem_of",
    "read_account",
    "read_customer",
    "read_events",
    "read_fault",
    "read_invoice",
    "read_item",
    "read_payment",
    "read_tax_code",
    "renamed_refs",
    "signed",
]
