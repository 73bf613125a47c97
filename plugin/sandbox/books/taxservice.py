"""TaxService: creates a tax code with its rates in one call (qbo-api.md 2.4)."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.families import unique
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.faults import bad_reference, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.fields import NUMBER, Shape, choice, many, read_object, text
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, number, ref

_DETAIL: Shape = {
    "TaxRateName": text(100),
    "TaxRateId": text(),
    "RateValue": NUMBER,
    "TaxAgencyId": text(),
    "TaxApplicableOn": choice("Sales", "Purchase", "Other"),
}
_SHAPE: Shape = {"TaxCode": text(100), "TaxCodeId": text(), "TaxRateDetails": many(_DETAIL)}


def make_code(books: Books, body: Body) -> Body:
    """The request with `TaxCodeId` and `TaxRateId`, not wrapped. Raises Refused 2020, 2110, 2500, 6240."""
    asked = read_object(body, _SHAPE, "TaxService")
    if not asked.get("TaxCode"):
        raise missing("TaxCode")
    if not asked.get("TaxRateDetails"):
        raise missing("TaxRateDetails")
    unique(books, "TaxCode", "name", asked["TaxCode"], None)
    details = [_rate(books, each) for each in asked["TaxRateDetails"]]
    rows = {
        kind: [(each["TaxRateId"], each["TaxRateName"]) for each in details if each["TaxApplicableOn"] == kind]
        for kind in ("Sales", "Purchase")
    }
    saved = books.save("TaxCode", tax_code("", asked["TaxCode"], rows["Sales"], rows["Purchase"]), None, "")
    return {"TaxCode": asked["TaxCode"], "TaxCodeId": saved["Id"], "TaxRateDetails": details}


def _rate(books: Books, asked: Body) -> Body:
    """A rate of the code: an existing or a new one."""
    where = asked.get("TaxApplicableOn", "Sales")
    if asked.get("TaxRateId"):
        rate = books.refer("TaxRate", asked["TaxRateId"])
    else:
        for key in ("TaxRateName", "RateValue", "TaxAgencyId"):
            if asked.get(key) in (None, ""):
                raise missing(key)
        if not 0 <= asked["RateValue"] <= 100:
            raise refusal("2110", f"Invalid Decimal. Supplied value:{asked['RateValue']}", "RateValue")
        if books.find("TaxAgency", asked["TaxAgencyId"]) is None:
            raise bad_reference(f"TaxAgency element id {asked['TaxAgencyId']} not found", "TaxAgencyId")
        unique(books, "TaxRate", "name", asked["TaxRateName"], None)
        body = tax_rate("", asked["TaxRateName"], number(asked["RateValue"]), asked["TaxAgencyId"])
        rate = books.save("TaxRate", body, None, "")
    return {
        "TaxRateName": rate["Name"],
        "TaxRateId": rate["Id"],
        "RateValue": rate["RateValue"],
        "TaxAgencyId": rate["AgencyRef"]["value"],
        "TaxApplicableOn": where,
    }


def tax_rate(entity_id: str, name: str, percent: Decimal, agency: str) -> Body:
    """A TaxRate's body."""
    return {
        "Id": entity_id,
        "Name": name,
        "Description": name,
        "Active": True,
        "RateValue": percent,
        "AgencyRef": ref(agency),
        "SpecialTaxType": "NONE" if percent else "ZERO_RATE",
        "DisplayType": "ReadOnly",
        "EffectiveTaxRate": [{"RateValue": percent, "EffectiveDate": "2014-01-01T00:00:00-08:00"}],
    }


Rates = list[tuple[str, str]]


def tax_code(entity_id: str, name: str, sales: Rates, purchases: Rates, compound: bool = False) -> Body:
    """A TaxCode's body; `sales` and `purchases` are the ids and names of its rates, empty if it does not apply to them.

    `compound`: each rate after the first is calculated on the amount and the tax before it.
    """
    return {
        "Id": entity_id,
        "Name": name,
        "Description": name,
        "Active": True,
        "Hidden": False,
        "Taxable": True,
        "TaxGroup": True,
        "SalesTaxRateList": _rate_list(sales, compound),
        "PurchaseTaxRateList": _rate_list(purchases, compound),
        "TaxCodeConfigType": "USER_DEFINED",
    }


def _rate_list(rates: Rates, compound: bool) -> Body:
    rows = [
        {
            "TaxRateRef": ref(rate_id, rate),
            "TaxTypeApplicable": "TaxOnAmountPlusTax" if compound and order else "TaxOnAmount",
            "TaxOrder": Decimal(order if compound else 0),
        }
        for order, (rate_id, rate) in enumerate(rates)
    ]
    return {"TaxRateDetail": rows}
