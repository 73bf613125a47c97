"""The errors of QuickBooks with their texts: the catalogue of qbo-api.md section 4."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One error of a Fault."""

    code: str
    detail: str
    element: str = ""


class Refused(Exception):
    """A request that is answered with a service Fault.

    `problems` are the errors in it, `status` the HTTP status, `fault_type` the Fault's type.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.code} {p.detail}" for p in problems))
        self.problems = problems
        self.status, self.fault_type = _NOT_VALID.get(problems[0].code, (400, "ValidationFault"))


_NOT_VALID = {
    **dict.fromkeys(("100", "130", "140", "150"), (401, "AuthenticationFault")),
    "120": (401, "AuthorizationFault"),
    "3001": (429, "SystemFault"),
    "10000": (500, "SystemFault"),
}
"""HTTP status and fault type of errors that are not validation errors; everything else is 400."""

MESSAGES = {
    "100": "General Authentication Error",
    "120": "Authorization Failure",
    "130": "Accessing Wrong Cluster",
    "140": "Company Locked Out",
    "150": "Company Under Maintenance",
    "400": "MalformedRequest",
    "500": "Unsupported Operation",
    "600": "Duplicate Request ID",
    "610": "Object Not Found",
    "620": "Txn ID Cannot Be Linked",
    "800": "Cannot delete",
    "1040": "Batch size exceeds allowed limit",
    "2010": "Request has invalid or unsupported property",
    "2020": "Required param missing, need to supply the required value for the API",
    "2030": "Invalid ID",
    "2040": "Invalid String",
    "2050": "String length is either shorter or longer than supported by specification",
    "2060": "Invalid Date format",
    "2070": "Invalid Date",
    "2080": "Invalid Number format",
    "2090": "Invalid Number",
    "2100": "Invalid Decimal format",
    "2110": "Invalid Decimal",
    "2130": "Invalid Request Id Format",
    "2170": "Invalid Enumeration",
    "2200": "Invalid URL Format",
    "2210": "Invalid Email Address Format",
    "2290": "NegativeAmount",
    "2410": "Curreny, ExchangeRate is missing.",
    "2500": "Invalid Reference Id",
    "3001": "message=ThrottleExceeded; errorCode=003001; statusCode=429",
    "4000": "Error parsing query",
    "4001": "Invalid query",
    "4002": "Error processing query",
    "5010": "Stale Object Error",
    "5020": "Permission Denied",
    "6000": "A business validation error has occurred while processing your request",
    "6010": "Account Type or Subtype is missing",
    "6070": "Amount calculation incorrect in the request",
    "6080": "No Name Provided",
    "6090": "Discount Amount or Percent is missing",
    "6100": "Invalid Line TaxCode in the request",
    "6140": "Duplicate Document Number Error",
    "6160": "Invalid TaxCodeRef",
    "6170": "Invalid TxnTaxDetail",
    "6180": "Sub Level Limit",
    "6190": "Invalid Company Status",
    "6200": "Account Period Closed",
    "6210": "Account Period Closed",
    "6220": "Cannot delete: has balance",
    "6230": "Invalid TaxCodeRef",
    "6240": "Duplicate Name Exists Error",
    "6250": "InvalidSalesCustomer",
    "6420": "Email address is required",
    "6430": "Invalid account type used",
    "6450": "Cannot void a settled transaction",
    "6470": "TaxLiabilityAccount or TaxRateError",
    "6480": "Cannot delete a matched transaction",
    "6540": "Deposited Transaction cannot be changed",
    "7001": "Company deleted",
    "10000": "An application error has occurred while processing your request",
    "10100": "Result set is too big",
    "10200": "Company Reset",
}

_CLOSED = (
    "Account Period Closed : The account period has closed and the account books cannot be updated through "
    "through the QBO Services API. Please use the QBO website to make these changes."
)
DETAILS = {
    "100": "AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401",
    "120": "AuthorizationFailure: -11014-You do not have access to this company, statusCode: 401",
    "6190": "Invalid Company Status : Subscription period has ended or canceled or there was a billing problem",
    "6200": _CLOSED,
    "6210": _CLOSED,
    "10000": "System Failure Error: An application error has occurred while processing your request",
}
"""Details that are always the same."""

INACTIVE = (
    "Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)


def refusal(code: str, detail: str = "", element: str = "") -> Refused:
    """The exception for one error; the detail defaults to the usual one, else to the message."""
    return Refused(Problem(code, detail or DETAILS.get(code) or MESSAGES[code], element))


def missing(parameter: str) -> Refused:
    """2020: a required property is missing."""
    return refusal("2020", f"Required parameter {parameter} is missing in the request", parameter)


def too_long(element: str, most: int, supplied: str) -> Refused:
    """2050: more characters than the property allows."""
    return refusal(
        "2050",
        "String length specified does not match the supported length. "
        f"Min:0 Max:{most} supported. Supplied length:{len(supplied)}",
        element,
    )


def not_found() -> Refused:
    """610: the object does not exist, or was deleted."""
    return refusal("610", f"Object Not Found : {INACTIVE}")


def bad_reference(what: str = INACTIVE, element: str = "") -> Refused:
    """2500: a reference to an object that does not exist or is inactive."""
    return refusal("2500", f"Invalid Reference Id : {what}", element)


def business(detail: str) -> Refused:
    """6000 with its usual prefix."""
    return refusal("6000", f"Business Validation Error: {detail}")


def stale(user: str = "Craig Carlson") -> Refused:
    """5010: the SyncToken is not the current one."""
    return refusal(
        "5010",
        f"Stale Object Error : You and {user} were working on this at the same time. "
        f"{user} finished before you did, so your work was not saved.",
    )
