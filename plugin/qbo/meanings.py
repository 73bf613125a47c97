"""What QuickBooks' fault codes mean for a bookkeeper, and what is done about each: one table, by code alone.

Details are localised to the company's language, so nothing matches on their text (qbo-api.md section 4): only the name
of an exception in one tells two faults of code 500 apart (section 2, general rules).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Do = Literal["retry", "wait", "refresh", "reread", "hold", "stop"]
"""retry: done or not is unknown, ask again with the same requestid. wait: not done, come back later. refresh: the
access token is not good any more. reread: the books have changed, look again and plan again. hold: a person has to
mend this one thing. stop: nothing will work until a person has acted."""


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


RECONNECT = "Connect again under Administration > Financials."
"""What a lost connection asks for."""
_SUPPORT = "Report it with the texts shown here; this should not happen."
_LATER = "Nothing to do: it is tried again."
_CORRECT = "Correct the invoice in OneDesk and copy it again."


def _meanings(
    do: Do, remedy: str, codes: dict[str, str], remedies: dict[str, str] | None = None
) -> dict[str, FaultMeaning]:
    own = remedies or {}
    return {code: FaultMeaning(meaning, do, own.get(code, remedy)) for code, meaning in codes.items()}


_PROGRAM = {
    "400": "QuickBooks could not read the request.",
    "500": "QuickBooks does not know this operation.",
    "1040": "Too many operations stood in one request to QuickBooks.",
    "2010": "The request held a field that QuickBooks does not take.",
    "2020": "The request lacked something that QuickBooks requires.",
    "2030": "An id in the request is not one of QuickBooks'.",
    "2080": "A number in the request is not written as QuickBooks wants it.",
    "2130": "The request's own id is not as QuickBooks wants it.",
    "2170": "A value in the request is not one that QuickBooks knows.",
    "4000": "QuickBooks could not read a question it was asked.",
    "4001": "QuickBooks was asked for a property it cannot search by.",
    "4002": "QuickBooks could not answer a question it was asked.",
    "6010": "QuickBooks wants the type of an account.",
    "6090": "QuickBooks wants the amount of a discount.",
    "6170": "QuickBooks takes no tax details on an invoice without tax.",
    "10100": "QuickBooks found more than it answers at once.",
}

_INVOICE = {
    "620": "QuickBooks cannot link these two transactions, or the invoice is paid already.",
    "800": "QuickBooks does not delete this: something else hangs on it.",
    "2040": "A text contains a character that QuickBooks does not take.",
    "2050": "A text is longer or shorter than QuickBooks takes.",
    "2060": "A date is not written as QuickBooks wants it.",
    "2070": "QuickBooks does not take this date.",
    "2090": "QuickBooks does not take this number.",
    "2100": "QuickBooks does not take this number.",
    "2110": "QuickBooks does not take this amount: it has too many digits.",
    "2200": "A web address is not valid.",
    "2210": "The e-mail address is not valid.",
    "2290": "QuickBooks takes no negative amount here.",
    "2410": "The invoice is in a foreign currency and QuickBooks has no exchange rate for it.",
    "6000": "A rule of the books forbids it.",
    "6070": "Quantity times price is not the amount of the line.",
    "6080": "The customer has no name.",
    "6180": "QuickBooks takes at most five levels of categories.",
    "6220": "QuickBooks does not take this out of use: it has a balance.",
    "6420": "The invoice has no e-mail address to be sent to.",
    "6450": "QuickBooks does not void a transaction that is settled.",
    "6480": "QuickBooks does not delete or void a transaction that is matched with another.",
    "6540": "The payment is part of a bank deposit and cannot be changed.",
}

_INVOICE_REMEDIES = {
    "620": "Look at the invoice's payments and credits in QuickBooks.",
    "800": "Remove what hangs on it in QuickBooks first.",
    "2210": "Correct the billing contact's e-mail address under Billing Preferences.",
    "2410": "Set the exchange rate in QuickBooks (Settings > Currencies).",
    "6000": "Read what QuickBooks says, and correct the invoice, the rules, or the company's settings in QuickBooks.",
    "6080": "Give the customer organization a name in OneDesk.",
    "6180": "Name an item with fewer levels in the rules.",
    "6220": "Settle its balance in QuickBooks first.",
    "6420": "Add the billing contact's e-mail address under Billing Preferences.",
    "6450": "Undo the settlement in QuickBooks first.",
    "6480": "Unlink its payments in QuickBooks first.",
    "6540": "Remove the payment from the deposit in QuickBooks first.",
}

_SETTINGS = {
    "610": "Something the request names is not in QuickBooks, or was deleted or made inactive.",
    "2500": "Something the request names is not in QuickBooks, or was made inactive.",
    "5020": "This QuickBooks company, or the user who connected it, has no access to the feature.",
    "6100": "QuickBooks does not take this tax code on a line.",
    "6160": "QuickBooks does not take this tax code.",
    "6200": "The books are closed for this date.",
    "6210": "The books are closed for this date.",
    "6230": "QuickBooks does not take this tax code.",
    "6250": "The customer is not in QuickBooks, or was made inactive.",
    "6430": "The account is not of the right type: an item needs an income account.",
    "6470": "A tax rate or its liability account is not set up well in QuickBooks.",
}

_SETTINGS_REMEDIES = {
    "5020": "Ask the company's owner in QuickBooks for the feature, or take it out of the rules.",
    "6100": "Correct the tax rules: US companies take automatic, TAX or NON on lines.",
    "6160": "Correct the tax rules, or the default tax code under Administration > Financials.",
    "6200": "Change the invoice's date in OneDesk, or the closing date in QuickBooks.",
    "6210": "Change the invoice's date in OneDesk, or the closing date in QuickBooks.",
    "6230": "Correct the tax rules, or the default tax code under Administration > Financials.",
    "6250": "Make the customer active in QuickBooks and copy the invoice again.",
    "6430": "Name an income account in the rules, or choose one under Administration > Financials.",
    "6470": "Correct it in QuickBooks (Taxes > Sales tax).",
}

FAULTS: dict[str, FaultMeaning] = {
    **_meanings("hold", _SUPPORT, _PROGRAM),
    **_meanings("hold", _CORRECT, _INVOICE, _INVOICE_REMEDIES),
    **_meanings("hold", "Make it active in QuickBooks and copy the invoice again.", _SETTINGS, _SETTINGS_REMEDIES),
    **_meanings(
        "reread",
        "Copy the invoice again.",
        {
            "5010": "Somebody changed it in QuickBooks at the same time.",
            "6140": "The invoice number is used in QuickBooks already.",
            "6240": "The name is used in QuickBooks already.",
        },
        {
            "6140": "Look at the transaction that has this number in QuickBooks. If it is this same invoice, entered by"
            " hand, link the two (onedesk-quickbooks adopt): under another number the customer would be billed twice."
            " If it is another one, give the invoice another number in OneDesk and copy it again.",
            "6240": "Rename one of the two: customers, vendors and employees share their names, and so do items.",
        },
    ),
    **_meanings(
        "wait",
        _LATER,
        {
            "140": "The QuickBooks company is locked for the moment.",
            "150": "QuickBooks is under maintenance.",
            "3001": "QuickBooks was asked too often.",
        },
    ),
    **_meanings(
        "refresh",
        RECONNECT,
        {
            "100": "QuickBooks does not accept the connection any more.",
            "3200": "QuickBooks does not accept the connection any more.",
            "3202": "QuickBooks does not accept the connection any more.",
        },
    ),
    **_meanings(
        "stop",
        RECONNECT,
        {
            "120": "The user who connected QuickBooks has no access to the company any more.",
            "130": "The connection is for the other QuickBooks environment (production or sandbox).",
            "3100": "This QuickBooks company is not connected any more, or is of the other environment.",
            "6190": "The company's QuickBooks subscription has ended, so its books can only be read.",
            "7001": "The QuickBooks company was deleted.",
            "10200": "The QuickBooks company was reset.",
        },
        {
            "120": "Have an administrator of the QuickBooks company connect again under Administration > Financials.",
            "6190": "Renew the subscription in QuickBooks.",
        },
    ),
    **_meanings(
        "retry",
        _LATER,
        {
            "600": "QuickBooks has had this request before, and does not say what became of it.",
            "10000": "QuickBooks failed within itself.",
        },
    ),
}
"""Every code of qbo-api.md section 4 (and 2200, 6010, 6090 of section 2)."""

_UNKNOWN = FaultMeaning(
    "QuickBooks refused it with a code that is not known here.",
    "hold",
    "Read what QuickBooks says; look the code up in Intuit's list, or report it.",
)
_UNNAMED = FaultMeaning("QuickBooks refused it without saying why.", "hold", _SUPPORT)


_UNREADABLE = "MalformedByteSequenceException"
_CHARACTER = FaultMeaning(
    "A text of the invoice contains a character that QuickBooks cannot read, an emoji for example.",
    "hold",
    "Take the character out of the texts of the invoice and of its customer in OneDesk, and copy the invoice again.",
)


def meaning_of(code: str, detail: str = "") -> FaultMeaning:
    """The meaning of a code; unknown ones hold."""
    if code == "500" and _UNREADABLE in detail:
        return _CHARACTER
    return FAULTS.get(code) or (_UNKNOWN if code else _UNNAMED)
