"""From decisions and a look at QuickBooks to a plan that can be printed and compared. Pure."""

from onedesk_quickbooks.plugin.planning.accepted_names import addresses
from onedesk_quickbooks.plugin.planning.attached import LONGEST_NAME, attachment_note, is_as_named
from onedesk_quickbooks.plugin.planning.attached import TYPES as FILE_TYPES
from onedesk_quickbooks.plugin.planning.build import Intended, make_draft, make_plan
from onedesk_quickbooks.plugin.planning.clearing import ACCEPTED, KEPT, LOST, UNSENT, cleared, names_payments
from onedesk_quickbooks.plugin.planning.credits import APPLIED, NAMES, applied_as, kind_changed
from onedesk_quickbooks.plugin.planning.customers.found_customer import named as named_customers
from onedesk_quickbooks.plugin.planning.customers.plan_customer import plan_customer
from onedesk_quickbooks.plugin.planning.dates import booked_on
from onedesk_quickbooks.plugin.planning.differences import DEPOSIT as DEPOSIT_FIELD
from onedesk_quickbooks.plugin.planning.differences import (
    TAX,
    TOTAL,
    Version,
    described,
    field_text,
    value_text,
    version_text,
)
from onedesk_quickbooks.plugin.planning.existing_copy import AGREED, EDITED
from onedesk_quickbooks.plugin.planning.first import OF_WRITING
from onedesk_quickbooks.plugin.planning.lines.items import existing_items
from onedesk_quickbooks.plugin.planning.link_keys import (
    PARTNER,
    as_key,
    customer_key,
    host_customer,
    link_keys,
    linked_as,
    project_key,
    project_name,
)
from onedesk_quickbooks.plugin.planning.markers import (
    Apart,
    adopt_command,
    altered_note,
    altered_steps,
    apart_from,
    begins_with_id,
    has_altered_mark,
    ids_of_mention,
    mark_of_id,
    marked,
    marked_payment,
    marker,
    marks,
    marks_payment,
    marks_void,
    mention_key,
    mentioned,
    mentions,
    names_invoice,
    note_of,
    payment_marker,
    seen_altered,
    seen_void,
)
from onedesk_quickbooks.plugin.planning.needs import Needs, needs, separate_name
from onedesk_quickbooks.plugin.planning.numbers import NUMBER_TAKEN
from onedesk_quickbooks.plugin.planning.payments.host_payments import HAD_BEFORE, WAITS_FOR_INVOICE, plan_payment
from onedesk_quickbooks.plugin.planning.payments.paid import settled
from onedesk_quickbooks.plugin.planning.render import plan_json, plan_text
from onedesk_quickbooks.plugin.planning.totals.compare_totals import verdict
from onedesk_quickbooks.plugin.planning.totals.set_tax import SET as TAX_SET
from onedesk_quickbooks.plugin.planning.whole import (
    NOT_OPEN,
    OPEN,
    PAID_ALREADY,
    as_booked,
    before_start,
    paid_already,
    skipped,
    skipping_rule,
)
from onedesk_quickbooks.plugin.planning.withdrawn.undo import plan_undo
from onedesk_quickbooks.plugin.planning.withdrawn.unlinked import in_doubt
from onedesk_quickbooks.plugin.planning.withdrawn.withdrawal import CLOSES, DID, PAID, held, plan_withdrawal, undoing

__all__ = [
    "ACCEPTED",
    "AGREED",
    "APPLIED",
    "CLOSES",
    "DEPOSIT_FIELD",
    "DID",
    "EDITED",
    "FILE_TYPES",
    "HAD_BEFORE",
    "KEPT",
    "LONGEST_NAME",
    "LOST",
    "NAMES",
    "NOT_OPEN",
    "NUMBER_TAKEN",
    "OF_WRITING",
    "OPEN",
    "PAID",
    "PAID_ALREADY",
    "PARTNER",
    "TAX",
    "TAX_SET",
    "TOTAL",
    "UNSENT",
    "WAITS_FOR_INVOICE",
    "Apart",
    "Intended",
    "Needs",
    "Version",
    "addresses",
    "adopt_command",
    "altered_note",
    "altered_steps",
    "apart_from",
    "applied_as",
    "as_booked",
    "as_key",
    "attachment_note",
    "before_start",
    "begins_with_id",
    "booked_on",
    "cleared",
    "customer_key",
    "described",
    "existing_items",
    "field_text",
    "has_altered_mark",
    "held",
    "host_customer",
    "ids_of_mention",
    "in_doubt",
    "is_as_named",
    "kind_changed",
    "link_keys",
    "linked_as",
    "make_draft",
    "make_plan",
    "mark_of_id",
    "marked",
    "marked_payment",
    "marker",
    "marks",
    "marks_payment",
    "marks_void",
    "mention_key",
    "mentioned",
    "mentions",
    "named_customers",
    "names_invoice",
    "names_payments",
    "needs",
    "note_of",
    "paid_already",
    "payment_marker",
    "plan_customer",
    "plan_json",
    "plan_payment",
    "plan_text",
    "plan_undo",
    "plan_withdrawal",
    "project_key",
    "project_name",
    "seen_altered",
    "seen_void",
    "separate_name",
    "settled",
    "skipped",
    "skipping_rule",
    "undoing",
    "value_text",
    "verdict",
    "version_text",
]
