"""A form on paper: a real PDF, readable, in any script that a font of the machine has."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from onedesk_quickbooks.plugin.sandbox.wire.values import Body, number, ref_id

_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/Library/Fonts/Arial Unicode.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "C:/Windows/Fonts/arial.ttf",
)
_TITLES = {"Invoice": "INVOICE", "CreditMemo": "CREDIT MEMO", "Payment": "PAYMENT RECEIPT"}


@cache
def _font() -> str:
    """A font file with more than Latin letters, or an empty string."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    return next((path for path in _FONTS if Path(path).is_file()), "")


class _Paper(FPDF):
    """Writes text in the best font there is; letters that it lacks become question marks."""

    def __init__(self) -> None:
        super().__init__()
        self._wide = bool(_font())
        if self._wide:
            self.add_font("Sheet", "", _font())
        self.add_page()

    def say(self, text: Any, size: int = 10, width: float = 0, align: str = "L", last: bool = True) -> None:
        written = str(text) if self._wide else str(text).encode("latin-1", "replace").decode("latin-1")
        self.set_font("Sheet" if self._wide else "Helvetica", size=size)
        here, below = (XPos.LMARGIN, YPos.NEXT) if last else (XPos.RIGHT, YPos.TOP)
        self.cell(width, size * 0.6, written, align=align, new_x=here, new_y=below)


def form_pdf(company: Body, kind: str, body: Body) -> bytes:
    """The PDF of an invoice, a credit memo or a payment."""
    paper = _Paper()
    paper.say(company["CompanyName"], 16)
    for line in _address(company.get("CompanyAddr", {})):
        paper.say(line, 9)
    paper.ln(6)
    paper.say(f"{_TITLES[kind]} {body.get('DocNumber', '')}", 14)
    paper.say(f"Date {body.get('TxnDate', '')}" + (f"   Due {body['DueDate']}" if body.get("DueDate") else ""))
    paper.ln(3)
    paper.say((body.get("CustomerRef") or {}).get("name", ""))
    for line in _address(body.get("BillAddr", {})):
        paper.say(line, 9)
    paper.ln(4)
    for line in body["Line"]:
        _line(paper, line)
    _totals(paper, body)
    if (body.get("CustomerMemo") or {}).get("value"):
        paper.ln(4)
        paper.say(body["CustomerMemo"]["value"][:100], 9)
    return bytes(paper.output())


def _line(paper: _Paper, line: Body) -> None:
    detail = line.get("SalesItemLineDetail")
    words = {"SubTotalLineDetail": "Subtotal", "DiscountLineDetail": "Discount"}
    text = (detail or {}).get("ItemRef", {}).get("name") or words.get(line.get("DetailType", ""), "")
    if not text and line.get("LinkedTxn"):
        text = f"{line['LinkedTxn'][0]['TxnType']} {line['LinkedTxn'][0]['TxnId']}"
    text = " - ".join(each for each in (text, line.get("Description", "").replace("\n", " ")) if each)
    paper.say(text[:70], 10, 110, last=False)
    quantity = (
        f"{detail['Qty']} x {detail['UnitPrice']}" if detail and "Qty" in detail and "UnitPrice" in detail else ""
    )
    paper.say(quantity, 10, 40, "R", last=False)
    paper.say(f"{number(line.get('Amount')):,.2f}" if "Amount" in line else "", 10, 40, "R")


def _totals(paper: _Paper, body: Body) -> None:
    paper.ln(3)
    currency = ref_id(body, "CurrencyRef")
    for label, amount in (
        ("Tax", (body.get("TxnTaxDetail") or {}).get("TotalTax")),
        ("Total", body.get("TotalAmt")),
        ("Balance due", body.get("Balance")),
    ):
        if amount is not None:
            paper.say(f"{label}   {currency} {number(amount):,.2f}", 11, 190, "R")


def _address(address: Body) -> list[str]:
    lines = [str(address[f"Line{n}"]) for n in range(1, 6) if address.get(f"Line{n}")]
    place = " ".join(str(address[k]) for k in ("City", "CountrySubDivisionCode", "PostalCode") if address.get(k))
    return [each for each in (*lines, place, str(address.get("Country", ""))) if each]
