"""A form as a PDF, with text in any script that a font of the machine supports."""

from __future__ import annotations

import logging
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from onedesk_quickbooks.plugin.sandbox.pages.html import address, voided, words
from onedesk_quickbooks.plugin.sandbox.pages.language import decimals
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, number, ref_id

_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/Library/Fonts/Arial Unicode.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "C:/Windows/Fonts/arial.ttf",
)
_COLUMNS = (("Product or service", 44, "L"), ("Description", 66, "L"), ("Quantity", 20, "R"), ("Price", 28, "R"),
            ("Amount", 32, "R"))  # fmt: skip
_GREY = (92, 106, 98)


class Row(NamedTuple):
    """A printed line of the form."""

    item: str
    description: str
    quantity: str
    price: str
    amount: str


@cache
def _font() -> str:
    """The path of a font with more than Latin letters, or an empty string."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    return next((path for path in _FONTS if Path(path).is_file()), "")


class _Paper(FPDF):
    """Writes text in the best available font; missing letters become question marks."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self._wide = bool(_font())
        if self._wide:
            self.add_font("Sheet", "", _font())
        self.family = "Sheet" if self._wide else "Helvetica"
        self.set_margin(10)
        self.set_auto_page_break(True, 18)
        self.alias_nb_pages()
        self.add_page()

    def footer(self) -> None:
        """On every page."""
        self.set_y(-14)
        self.set_text_color(*_GREY)
        self.say(f"Made by a QuickBooks sandbox, no real document. Page {self.page_no()} of {{nb}}", 8, align="C")
        self.set_text_color(0)

    def fit(self, text: Any) -> str:
        """The text with unprintable letters replaced."""
        return str(text) if self._wide else str(text).encode("latin-1", "replace").decode("latin-1")

    def say(self, text: Any, size: int = 10, width: float = 0, align: str = "L", last: bool = True) -> None:
        """Write one text, wrapped at `width` (0: at the margin)."""
        self.set_font(self.family, size=size)
        here, below = (XPos.LMARGIN, YPos.NEXT) if last else (XPos.RIGHT, YPos.TOP)
        self.multi_cell(width, size * 0.5, self.fit(text), align=align, new_x=here, new_y=below)


def form_pdf(company: Body, kind: str, body: Body) -> bytes:
    """The PDF of a sales form or a payment."""
    paper = _Paper()
    title = "Payment receipt" if kind == "Payment" else words(kind)
    paper.set_title(f"{title} {body.get('DocNumber', '')} of {company['CompanyName']}")
    _head(paper, company, title, body)
    _lines(paper, [_row(each, ref_id(body, "CurrencyRef")) for each in _printed(body.get("Line") or [])])
    _totals(paper, body)
    memo = (body.get("CustomerMemo") or {}).get("value") or (body.get("PrivateNote") if kind == "Payment" else "")
    if memo:
        paper.ln(5)
        paper.say(memo, 9)
    return bytes(paper.output())


def _head(paper: _Paper, company: Body, title: str, body: Body) -> None:
    """The head: sender, recipient, title, and date."""
    paper.say(company["CompanyName"], 17)
    paper.say("\n".join(address(company.get("CompanyAddr"))), 9)
    paper.ln(6)
    paper.say(f"{title.upper()} {body.get('DocNumber', '')}" + (" (VOID)" if voided(body) else ""), 14)
    facts = {
        "Date": body.get("TxnDate"),
        "Due": body.get("DueDate"),
        "Terms": (body.get("SalesTermRef") or {}).get("name"),
        "Reference": body.get("PaymentRefNum"),
    }
    paper.say("   ".join(f"{name} {value}" for name, value in facts.items() if value))
    paper.ln(4)
    paper.set_text_color(*_GREY)
    paper.say("Received from" if "UnappliedAmt" in body else "Billed to", 9)
    paper.set_text_color(0)
    paper.say((body.get("CustomerRef") or {}).get("name", ""))
    paper.say("\n".join(address(body.get("BillAddr"))), 9)
    paper.ln(5)


def _printed(lines: list[Body]) -> list[Body]:
    """The printed lines: those of a bundle are below it."""
    found = []
    for line in lines:
        found += [line, *((line.get("GroupLineDetail") or {}).get("Line") or [])]
    return found


def _row(line: Body, currency: str) -> Row:
    detail = line.get("SalesItemLineDetail") or {}
    kinds = {"SubTotalLineDetail": "Subtotal", "DiscountLineDetail": "Discount"}
    item = (detail.get("ItemRef") or {}).get("name") or kinds.get(line.get("DetailType", ""), "")
    bundle = line.get("GroupLineDetail") or {}
    item = item or (bundle.get("GroupItemRef") or {}).get("name", "")
    links = line.get("LinkedTxn") or []
    if not item and links:
        numbers = [each["value"]["Value"] for each in (line.get("LineEx") or {}).get("any", []) if _names_number(each)]
        item = f"{words(links[0]['TxnType'])} {numbers[0] if numbers else links[0]['TxnId']}"
    sign, amount = "-" if line.get("DetailType") == "DiscountLineDetail" else "", number(line.get("Amount"))
    return Row(
        item,
        str(line.get("Description", "")),
        _plain(detail.get("Qty", bundle.get("Quantity"))),
        _plain(detail.get("UnitPrice")),
        f"{sign}{amount:,.{decimals(amount, currency)}f}" if "Amount" in line else "",
    )


def _names_number(extra: Body) -> bool:
    return str((extra.get("value") or {}).get("Name")) == "txnReferenceNumber"


def _plain(value: Any) -> str:
    return "" if value is None else f"{Decimal(str(value)).normalize():f}"


def _lines(paper: _Paper, rows: list[Row]) -> None:
    paper.set_font(paper.family, size=9)
    with paper.table(
        col_widths=tuple(width for _, width, _ in _COLUMNS),
        text_align=tuple(align for _, _, align in _COLUMNS),
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(color=_GREY, emphasis=""),
        line_height=5,
        padding=1,
    ) as table:
        for row in ([name for name, _, _ in _COLUMNS], *rows):
            printed = table.row()
            for text in row:
                printed.cell(paper.fit(text))


def _totals(paper: _Paper, body: Body) -> None:
    paper.ln(3)
    currency = ref_id(body, "CurrencyRef")
    tax = number((body.get("TxnTaxDetail") or {}).get("TotalTax"))
    rows = [("Tax", tax or None), ("Total", body.get("TotalAmt"))]
    if "UnappliedAmt" in body:
        rows.append(("Not applied yet", body["UnappliedAmt"]))
    elif "DueDate" in body:
        rows.append(("Balance due", body.get("Balance")))
    for label, amount in rows:
        if amount is not None:
            shown = f"{number(amount):,.{decimals(number(amount), currency)}f}"
            paper.say(f"{label}   {currency} {shown}", 12 if label == "Total" else 10, align="R")
