"""QuickBooks Online as a client sees it: sign-in, requests, faults, words, notifications. Nothing of OneDesk."""

from onedesk_quickbooks.plugin.qbo.client import (
    MOST_IN_BATCH,
    BatchItem,
    Changes,
    Everything,
    LookupResult,
    Other,
    QuickBooks,
    Wanted,
)
from onedesk_quickbooks.plugin.qbo.endpoints import (
    Endpoints,
    credit_memo_page,
    endpoints_for,
    invoice_page,
    payment_page,
)
from onedesk_quickbooks.plugin.qbo.oauth import Authoriser, OAuth
from onedesk_quickbooks.plugin.qbo.pacing import Pacer
from onedesk_quickbooks.plugin.qbo.problems import (
    AnswerUnknown,
    BadWebhook,
    NotAuthorised,
    QuickBooksProblem,
    Refused,
    Throttled,
)
from onedesk_quickbooks.plugin.qbo.transport import Transport
from onedesk_quickbooks.plugin.qbo.webhooks import read_events, signed
from onedesk_quickbooks.plugin.qbo.wire.bodies import (
    customer_address_body,
    customer_body,
    has_address,
    invoice_body,
    invoice_update,
    item_body,
    send_body,
)
from onedesk_quickbooks.plugin.qbo.wire.fingerprints import (
    fingerprint_to,
    fingerprint_with,
    fingerprint_with_deposit,
    renamed_refs,
    same_fingerprint,
)
from onedesk_quickbooks.plugin.qbo.wire.intended import intended
from onedesk_quickbooks.plugin.qbo.wire.readers import (
    DEPOSIT,
    read_class,
    read_customer,
    read_deposit,
    read_invoice,
    read_item,
)
from onedesk_quickbooks.plugin.qbo.wire.recovered import (
    as_created,
    by_id,
    id_of,
    is_unpaid_answer,
    is_voided,
    marked,
    receiver_of,
    standing_in,
    token_of,
    was_sent,
    was_updated,
    where_created,
)
from onedesk_quickbooks.plugin.qbo.wire.statements import EVEN_INACTIVE
from onedesk_quickbooks.plugin.qbo.wire.versions import differences

__all__ = [
    "DEPOSIT",
    "EVEN_INACTIVE",
    "MOST_IN_BATCH",
    "AnswerUnknown",
    "Authoriser",
    "BadWebhook",
    "BatchItem",
    "Changes",
    "Endpoints",
    "Everything",
    "LookupResult",
    "NotAuthorised",
    "OAuth",
    "Other",
    "Pacer",
    "QuickBooks",
    "QuickBooksProblem",
    "Refused",
    "Throttled",
    "Transport",
    "Wanted",
    "as_created",
    "by_id",
    "credit_memo_page",
    "customer_address_body",
    "customer_body",
    "differences",
    "endpoints_for",
    "fingerprint_to",
    "fingerprint_with",
    "fingerprint_with_deposit",
    "has_address",
    "id_of",
    "intended",
    "invoice_body",
    "invoice_page",
    "invoice_update",
    "is_unpaid_answer",
    "is_voided",
    "item_body",
    "marked",
    "payment_page",
    "read_class",
    "read_customer",
    "read_deposit",
    "read_events",
    "read_invoice",
    "read_item",
    "receiver_of",
    "renamed_refs",
    "same_fingerprint",
    "send_body",
    "signed",
    "standing_in",
    "token_of",
    "was_sent",
    "was_updated",
    "where_created",
]
