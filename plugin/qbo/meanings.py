"""The meaning of QuickBooks' fault codes for a bookkeeper, and the action for each: one table, by code alone.

Details are localised to the company's language, so nothing matches on their text (qbo-api.md section 4): only the name
of an exception in one distinguishes two faults of code 500 (section 2, general rules).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from onedesk_quickbooks.plugin.model.again import COPY_AGAIN, COPY_IT_AGAIN
from onedesk_quickbooks.plugin.texts import Capital, Text

Do = Literal["retry", "wait", "refresh", "reread", "hold", "stop"]
"""retry: unknown whether it was done, repeat with the same requestid. wait: not done, come back later. refresh: the
access token is no longer valid. reread: the books have changed, read and plan again. hold: a person has to repair this
one object. stop: nothing works until a person has acted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One error that QuickBooks answered with. `code` is without leading zeros, "" if there is none; `element`
    names the field, `type` the kind of fault, `status` the HTTP status, `tid` Intuit's trace id for their support."""

    code: str
    message: str
    detail: str
    element: str
    type: str
    status: int
    tid: str


@dataclass(frozen=True, slots=True)
class FaultMeaning:
    """`meaning` and `remedy` are whole sentences for a bookkeeper, each ending with a full stop."""

    meaning: str
    do: Do
    remedy: str


RECONNECT = Text("Connect again under Administration > Financials.")
"""The remedy for a lost connection."""
_SUPPORT = Text("Report it with the texts shown here; this should not happen.")
_LATER = Text("Nothing to do: it is tried again.")
_CORRECT = Text("Correct the invoice in OneDesk and {again}.", again=COPY_IT_AGAIN)


def _meanings(
    do: Do, remedy: str, codes: Mapping[str, str], remedies: Mapping[str, str] | None = None
) -> dict[str, FaultMeaning]:
    own = remedies or {}
    return {code: FaultMeaning(meaning, do, own.get(code, remedy)) for code, meaning in codes.items()}


_PROGRAM = {
    "400": Text("QuickBooks could not read the request."),
    "500": Text("QuickBooks does not know this operation."),
    "1040": Text("One request to QuickBooks had too many operations."),
    "2010": Text("The request had a field that QuickBooks does not accept."),
    "2020": Text("The request lacked a field that QuickBooks requires."),
    "2030": Text("An id in the request is not an id of QuickBooks."),
    "2080": Text("A number in the request is not in the format that QuickBooks requires."),
    "2130": Text("The id of the request is not in the format that QuickBooks requires."),
    "2170": Text("QuickBooks does not know a value in the request."),
    "4000": Text("QuickBooks could not read a query."),
    "4001": Text("A query names a property that QuickBooks cannot search by."),
    "4002": Text("QuickBooks could not answer a query."),
    "6010": Text("QuickBooks requires the type of an account."),
    "6090": Text("QuickBooks requires the amount of a discount."),
    "6170": Text("QuickBooks accepts no tax details on an invoice without tax."),
    "10100": Text("QuickBooks found more rows than fit in one answer."),
}

_INVOICE = {
    "620": Text("QuickBooks cannot link these two transactions, or the invoice is paid already."),
    "800": Text("QuickBooks does not delete this: something else depends on it."),
    "2040": Text("A text contains a character that QuickBooks does not accept."),
    "2050": Text("A text is longer or shorter than QuickBooks allows."),
    "2060": Text("A date is not in the format that QuickBooks requires."),
    "2070": Text("QuickBooks does not accept this date."),
    "2090": Text("QuickBooks does not accept this number."),
    "2100": Text("QuickBooks does not accept this number."),
    "2110": Text("QuickBooks does not accept this amount: it has too many digits."),
    "2200": Text("A web address is not valid."),
    "2210": Text("The e-mail address is not valid."),
    "2290": Text("QuickBooks accepts no negative amount here."),
    "2410": Text("The invoice is in a foreign currency and QuickBooks has no exchange rate for it."),
    "6000": Text("A business rule of QuickBooks does not allow it."),
    "6070": Text("Quantity times price is not the amount of the line."),
    "6080": Text("The customer has no name."),
    "6180": Text("QuickBooks allows at most five levels of categories."),
    "6220": Text("QuickBooks does not make this inactive: it has a balance."),
    "6420": Text("The invoice has no e-mail address to be sent to."),
    "6450": Text("QuickBooks does not void a transaction that is settled."),
    "6480": Text("QuickBooks does not delete or void a transaction that is matched with another."),
    "6540": Text("The payment is part of a bank deposit and cannot be changed."),
}

_INVOICE_REMEDIES = {
    "620": Text("Look at the invoice's payments and credits in QuickBooks."),
    "800": Text("Remove what depends on it in QuickBooks first."),
    "2210": Text("Correct the billing contact's e-mail address under Billing Preferences."),
    "2410": Text("Set the exchange rate in QuickBooks (Settings > Currencies)."),
    "6000": Text(
        "Read what QuickBooks says, and correct the invoice, the rules, or the company's settings in QuickBooks."
    ),
    "6080": Text("Give the customer organization a name in OneDesk."),
    "6180": Text("Name an item with fewer levels in the rules."),
    "6220": Text("Settle its balance in QuickBooks first."),
    "6420": Text("Add the billing contact's e-mail address under Billing Preferences."),
    "6450": Text("Undo the settlement in QuickBooks first."),
    "6480": Text("Unlink its payments in QuickBooks first."),
    "6540": Text("Remove the payment from the deposit in QuickBooks first."),
}

_SETTINGS = {
    "610": Text("Something the request names is not in QuickBooks, or was deleted or made inactive."),
    "2500": Text("Something the request names is not in QuickBooks, or was made inactive."),
    "5020": Text("This QuickBooks company, or the user who connected it, has no access to the feature."),
    "6100": Text("QuickBooks does not accept this tax code on a line."),
    "6160": Text("QuickBooks does not accept this tax code."),
    "6200": Text("The books are closed for this date."),
    "6210": Text("The books are closed for this date."),
    "6230": Text("QuickBooks does not accept this tax code."),
    "6250": Text("The customer is not in QuickBooks, or was made inactive."),
    "6430": Text("The account is not of the right type: an item needs an income account."),
    "6470": Text("A tax rate or its liability account is not set up correctly in QuickBooks."),
}

_SETTINGS_REMEDIES = {
    "5020": Text("Ask the company's owner in QuickBooks for the feature, or take it out of the rules."),
    "6100": Text("Correct the tax rules: lines of a US company have automatic, TAX or NON."),
    "6160": Text("Correct the tax rules, or the default tax code under Administration > Financials."),
    "6200": Text("Change the invoice's date in OneDesk, or the closing date in QuickBooks."),
    "6210": Text("Change the invoice's date in OneDesk, or the closing date in QuickBooks."),
    "6230": Text("Correct the tax rules, or the default tax code under Administration > Financials."),
    "6250": Text("Make the customer active in QuickBooks and {again}.", again=COPY_AGAIN),
    "6430": Text("Name an income account in the rules, or choose one under Administration > Financials."),
    "6470": Text("Correct it in QuickBooks (Taxes > Sales tax)."),
}

FAULTS: dict[str, FaultMeaning] = {
    **_meanings("hold", _SUPPORT, _PROGRAM),
    **_meanings("hold", _CORRECT, _INVOICE, _INVOICE_REMEDIES),
    **_meanings(
        "hold", Text("Make it active in QuickBooks and {again}.", again=COPY_AGAIN), _SETTINGS, _SETTINGS_REMEDIES
    ),
    **_meanings(
        "reread",
        Text("{again}.", again=Capital(COPY_AGAIN)),
        {
            "5010": Text("Somebody changed it in QuickBooks at the same time."),
            "6140": Text("The invoice number is used in QuickBooks already."),
            "6240": Text("The name is used in QuickBooks already."),
        },
        {
            "6140": Text(
                "Look at the transaction that has this number in QuickBooks. If it is this same invoice, entered "
                "by hand, link the two (onedesk-quickbooks adopt): under another number the customer would be "
                "billed twice. If it is another one, give the invoice another number in OneDesk and "
                "{again}.",
                again=COPY_IT_AGAIN,
            ),
            "6240": Text("Rename one of the two: customers, vendors and employees share their names, and so do items."),
        },
    ),
    **_meanings(
        "wait",
        _LATER,
        {
            "140": Text("The QuickBooks company is locked at the moment."),
            "150": Text("QuickBooks is under maintenance."),
            "3001": Text("Too many requests were sent to QuickBooks."),
        },
    ),
    **_meanings(
        "refresh",
        RECONNECT,
        {
            "100": Text("QuickBooks does not accept the connection any more."),
            "3200": Text("QuickBooks does not accept the connection any more."),
            "3202": Text("QuickBooks does not accept the connection any more."),
        },
    ),
    **_meanings(
        "stop",
        RECONNECT,
        {
            "120": Text("The user who connected QuickBooks has no access to the company any more."),
            "130": Text("The connection is for the other QuickBooks environment (production or sandbox)."),
            "3100": Text("This QuickBooks company is not connected any more, or is of the other environment."),
            "6190": Text("The company's QuickBooks subscription has ended, so its books can only be read."),
            "7001": Text("The QuickBooks company was deleted."),
            "10200": Text("The QuickBooks company was reset."),
        },
        {
            "120": Text(
                "Have an administrator of the QuickBooks company connect again under Administration > Financials."
            ),
            "6190": Text("Renew the subscription in QuickBooks."),
        },
    ),
    **_meanings(
        "retry",
        _LATER,
        {
            "600": Text("QuickBooks received this request before, and does not report its result."),
            "10000": Text("QuickBooks reported an internal error."),
        },
    ),
}
"""Every code of qbo-api.md section 4 (and 2200, 6010, 6090 of section 2)."""

_UNKNOWN = FaultMeaning(
    Text("QuickBooks refused it with an unknown code."),
    "hold",
    Text("Read what QuickBooks says; look the code up in Intuit's list, or report it."),
)
_UNNAMED = FaultMeaning(Text("QuickBooks refused it without saying why."), "hold", _SUPPORT)


_UNREADABLE = "MalformedByteSequenceException"
_CHARACTER = FaultMeaning(
    Text("A text of the invoice contains a character that QuickBooks cannot read, an emoji for example."),
    "hold",
    Text(
        "Take the character out of the texts of the invoice and of its customer in OneDesk, and {again}.",
        again=COPY_AGAIN,
    ),
)


def meaning_of(code: str, detail: str = "") -> FaultMeaning:
    """The meaning of a code; an unknown one holds."""
    if code == "500" and _UNREADABLE in detail:
        return _CHARACTER
    return FAULTS.get(code) or (_UNKNOWN if code else _UNNAMED)
