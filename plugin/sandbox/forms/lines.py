"""The lines of a sale: their checks and their sums (qbo-api.md 2.1.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.forms.tax import need_code, rates_of, us_line_code, without_tax
from onedesk_quickbooks.plugin.sandbox.wire.faults import bad_reference, business, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, bad_number, money, number, ref, ref_id

_SPECIAL_ITEMS = ("SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID")
_DETAILS = ("SalesItemLineDetail", "GroupLineDetail", "DescriptionOnly", "DiscountLineDetail", "SubTotalLineDetail")


@dataclass
class Sums:
    """The sums of lines: the lines as answered, their sum, the discount, and the taxable amount for each tax code.

    In a tax-inclusive sale `per_code` is gross. `discount_code`: the tax code of the discount line.
    """

    lines: list[Body] = field(default_factory=list)
    subtotal: Decimal = ZERO
    discount: Decimal = ZERO
    discount_code: str = ""
    per_code: dict[str, Decimal] = field(default_factory=dict)


class LineReader:
    """Reads the lines of one sale. `mode` is TaxExcluded, TaxInclusive or NotApplicable; `taxed`: lines have tax
    codes."""

    def __init__(self, books: Books, mode: str, taxed: bool, old: Body | None) -> None:
        self.books, self.mode, self.taxed = books, mode, taxed
        self.sums = Sums()
        self._known = {str(line["Id"]) for line in (old or {}).get("Line", []) if "Id" in line}
        self._used: set[str] = set()
        self._discount: Body | None = None
        self._items: dict[str, Body] = {}
        self._since_subtotal = ZERO

    def read(self, lines: list[Body]) -> Sums:
        """The sums of the lines. Raises Refused 2020, 2170, 2500, 6000, 6070, 6090, 6100."""
        if not any(line.get("DetailType") in _DETAILS[:3] for line in lines):
            self._complain(lines)
            raise missing("Line")
        for line in lines:
            self._complain([line])
            kind = line["DetailType"]
            if kind == "SalesItemLineDetail":
                self._add(self._sales(line))
            elif kind == "GroupLineDetail":
                self._group(line)
            elif kind == "DescriptionOnly":
                self._add(self._note(line))
            elif kind == "DiscountLineDetail":
                self._discount = line
        self._close()
        return self.sums

    @staticmethod
    def _complain(lines: list[Body]) -> None:
        for line in lines:
            if "DetailType" not in line:
                raise missing("DetailType")
            if line["DetailType"] not in _DETAILS:
                raise refusal("2170", f"Invalid Enumeration : {line['DetailType']}", "DetailType")

    def _add(self, line: Body) -> None:
        wanted = str(line.pop("Id", ""))
        if wanted in self._known and wanted not in self._used:
            number_ = wanted
        else:
            taken = [int(each) for each in self._known | self._used if each.isdigit()]
            number_ = str(max(taken, default=0) + 1)
        self._used.add(number_)
        self.sums.lines.append({"Id": number_, "LineNum": len(self.sums.lines) + 1, **line})

    def _note(self, line: Body) -> Body:
        got: Body = {"DetailType": "DescriptionOnly", "DescriptionLineDetail": line.get("DescriptionLineDetail", {})}
        text = line.get("Description", "")
        if text == "Subtotal:" or text.startswith("Subtotal: "):
            text = f"Subtotal: {money(self._since_subtotal):.2f}"
            self._since_subtotal = ZERO
        return {"Id": line.get("Id", ""), **({"Description": text} if text else {}), **got}

    def _sales(self, line: Body) -> Body:
        detail = dict(line.get("SalesItemLineDetail") or {})
        amount = self._amount(line, detail)
        item = self._item(detail)
        code = self._code(detail, item)
        gross = net = amount
        if self.mode == "TaxInclusive" and self.taxed:
            gross = money(number(detail.get("TaxInclusiveAmt", amount)))
            net = self._net(code, gross)
            detail["TaxInclusiveAmt"] = gross
            if detail.get("Qty"):
                unit = net / detail["Qty"]
                if unit and unit.adjusted() >= 15:
                    raise bad_number(detail["Qty"], "Qty")
                detail["UnitPrice"] = round(unit, 7)
        self.sums.per_code[code] = self.sums.per_code.get(code, ZERO) + gross
        self.sums.subtotal += net
        self._since_subtotal += net
        kept = {key: line[key] for key in ("Id", "Description", "LinkedTxn", "CustomField") if line.get(key)}
        return {**kept, "Amount": net, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}

    def _net(self, code: str, gross: Decimal) -> Decimal:
        """The net amount of a line, rounded so that the lines of a code add up to its net, to the cent."""
        rates, before = rates_of(self.books, code), self.sums.per_code.get(code, ZERO)
        return money(without_tax(rates, before + gross) - without_tax(rates, before))

    @staticmethod
    def _amount(line: Body, detail: Body) -> Decimal:
        if line.get("Amount") is None:
            raise missing("Amount")
        amount = money(line["Amount"])
        if detail.get("Qty") == 0 and detail.get("UnitPrice") == 0 and amount:
            # Some clients send two zeros for no value: then the amount counts (F07).
            del detail["Qty"], detail["UnitPrice"]
        if detail.get("Qty") is not None and detail.get("UnitPrice") is not None:
            expected = money(detail["Qty"] * detail["UnitPrice"])
            if expected != line["Amount"]:
                raise refusal(
                    "6070",
                    f"Amount is not equal to UnitPrice * Qty. Supplied value:{line['Amount']:,}",
                )
        return amount

    def _item(self, detail: Body) -> Body:
        """The line's item; "Services" if none is named."""
        item_id = ref_id(detail, "ItemRef")
        if item_id in _SPECIAL_ITEMS:
            detail["ItemRef"] = ref(item_id)
            return {}
        if not item_id:
            item_id = self.books.store.meta("default_item", "1")
        item = self._items.get(item_id)
        if item is None:
            item = self._items[item_id] = self.books.refer("Item", item_id, "Items")
        if item["Type"] == "Category":
            raise bad_reference(f"Items element id {item_id} is a category", "ItemRef")
        detail["ItemRef"] = ref(item_id, item["FullyQualifiedName"])
        if "IncomeAccountRef" in item:
            detail["ItemAccountRef"] = item["IncomeAccountRef"]
        if not self.books.preferences["AccountingInfoPrefs"].get("ClassTrackingPerTxnLine"):
            detail.pop("ClassRef", None)
        if ref_id(detail, "ClassRef"):
            detail["ClassRef"] = self.books.label("Class", self.books.refer("Class", ref_id(detail, "ClassRef"))["Id"])
        return item

    def _code(self, detail: Body, item: Body) -> str:
        """The line's tax code, checked by the rules of the company's country."""
        code = ref_id(detail, "TaxCodeRef")
        if self.books.edition == "us":
            code = code or "NON"
            us_line_code(code)
            code = code if self.taxed else "NON"
        elif self.mode == "NotApplicable" or not self.taxed:
            detail.pop("TaxCodeRef", None)
            return ""
        elif not code:
            raise need_code(self.books)
        else:
            rates_of(self.books, code)
        detail["TaxCodeRef"] = ref(code)
        return code

    def _group(self, line: Body) -> None:
        """A bundle: its lines are sales lines, its amount is their sum."""
        detail = dict(line.get("GroupLineDetail") or {})
        item = self.books.refer("Item", ref_id(detail, "GroupItemRef"), "Items")
        if item["Type"] != "Group":
            raise bad_reference(f"Items element id {item['Id']} is not a group", "GroupItemRef")
        detail["GroupItemRef"] = ref(item["Id"], item["FullyQualifiedName"])
        detail.setdefault("Quantity", Decimal(1))
        before = self.sums.subtotal
        children = [self._sales(each) for each in detail.get("Line") or self._members(item, detail["Quantity"])]
        detail["Line"] = [{"Id": str(n), "LineNum": n, **child} for n, child in enumerate(children, 1)]
        kept = {key: line[key] for key in ("Id", "Description") if line.get(key)}
        amount = money(self.sums.subtotal - before)
        self._add({**kept, "Amount": amount, "DetailType": "GroupLineDetail", "GroupLineDetail": detail})

    def _members(self, item: Body, quantity: Decimal) -> list[Body]:
        found = []
        for each in (item.get("ItemGroupDetail") or {}).get("ItemGroupLine") or []:
            member = self.books.refer("Item", ref_id(each, "ItemRef"), "Items")
            qty, unit = number(each.get("Qty", 1)) * quantity, number(member.get("UnitPrice"))
            detail = {"ItemRef": ref(member["Id"]), "Qty": qty, "UnitPrice": unit}
            found.append({"Amount": money(qty * unit), "SalesItemLineDetail": detail})
        return found

    def _close(self) -> None:
        """Add the subtotal line and, after it, the discount line."""
        sums = self.sums
        sums.subtotal = money(sums.subtotal)
        sums.lines.append({"Amount": sums.subtotal, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
        if self._discount is not None:
            sums.lines.append(self._discount_line(self._discount))

    def _discount_line(self, line: Body) -> Body:
        detail: dict[str, Any] = dict(line.get("DiscountLineDetail") or {})
        if not self.books.preferences["SalesFormsPrefs"].get("AllowDiscount"):
            raise business("Discounts are switched off in this company.")
        if detail.get("PercentBased") and detail.get("DiscountPercent") is not None:
            base = sum(self.sums.per_code.values(), ZERO)
            if detail["DiscountPercent"] < 0:
                raise refusal("2290", "NegativeAmount : a discount must not be negative", "DiscountPercent")
            amount = money(base * detail["DiscountPercent"] / 100)
        elif line.get("Amount") is not None:
            amount = money(line["Amount"])
            if amount < 0:
                raise refusal("2290", "NegativeAmount : a discount must not be negative", "Amount")
            detail["PercentBased"] = False
        else:
            raise refusal("6090", "Discount Amount or Percent is required", "Amount")
        self._discount_code(detail)
        account_id = ref_id(detail, "DiscountAccountRef") or self.books.store.meta("discount_account")
        account = self.books.refer("Account", account_id, "Accounts")
        detail["DiscountAccountRef"] = ref(account_id, account["FullyQualifiedName"])
        self.sums.discount = amount
        kept = {key: line[key] for key in ("Description",) if line.get(key)}
        return {**kept, "Amount": amount, "DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}

    def _discount_code(self, detail: Body) -> None:
        """Set the tax code for a discount, outside the US only. Raises Refused 2500, 6000, 6100."""
        code = ref_id(detail, "TaxCodeRef")
        detail.pop("TaxCodeRef", None)
        if not code:
            return
        if self.books.edition == "us":
            us_line_code(code)
        elif self.taxed and self.mode != "NotApplicable":
            rates_of(self.books, code)
            detail["TaxCodeRef"] = ref(code)
            self.sums.discount_code = code
