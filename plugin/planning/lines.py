"""The lines that QuickBooks shall hold: the host's lines, its charges, and its discounts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import Books, Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions, ItemChoice
from onedesk_quickbooks.plugin.model.invoice import Extra, Invoice, Line
from onedesk_quickbooks.plugin.model.money import plain, round_half_up
from onedesk_quickbooks.plugin.model.plan import DiscountDraft, LineDraft, Reason
from onedesk_quickbooks.plugin.planning.audit import line_differs
from onedesk_quickbooks.plugin.planning.items import ItemPlanner
from onedesk_quickbooks.plugin.planning.names import too_long
from onedesk_quickbooks.plugin.planning.needs import DISCOUNT_ITEM
from onedesk_quickbooks.plugin.planning.taxes import TaxPlanner
from onedesk_quickbooks.plugin.ruleset.subjects import line_name


class LinePlanner:
    """Builds `lines` and `discount`; what stands against it is in `reasons`, `items` and `taxes`."""

    def __init__(
        self,
        invoice: Invoice,
        decisions: InvoiceDecisions,
        books: Books,
        default_account: Ref | None,
        default_tax_code: Ref | None,
    ) -> None:
        self._invoice = invoice
        self._decisions = decisions
        self._books = books
        self.items = ItemPlanner(books, default_account, decisions.item_when_similar)
        self.taxes = TaxPlanner(invoice, books, default_tax_code)
        self.lines: list[LineDraft] = []
        self.discount: DiscountDraft | None = None
        self.reasons: list[Reason] = []
        self.notes: list[Reason] = []

    def build(self) -> None:
        """Lines first, then charges, then discounts, as the host's document has them."""
        for position, (line, decided) in enumerate(zip(self._invoice.lines, self._decisions.lines, strict=True), 1):
            whose = line_name(position, line)
            item = self.items.add(decided.item, whose) if decided.item else ""
            code = self.taxes.code(decided.tax, whose, line.tax_rate, line.taxable)
            self.lines.append(replace(self._line(line, item, code, whose), class_ref=self._class(decided.item, whose)))
        for charge, decided in zip(self._invoice.charges, self._decisions.charges, strict=True):
            if charge.amount:
                whose = f'charge "{charge.name}"'
                item = self.items.add(decided.item, whose) if decided.item else ""
                code = self.taxes.code(decided.tax, whose, charge.tax_rate, None)
                drafted = _extra_line(charge, charge.amount, item, code)
                self.lines.append(replace(drafted, class_ref=self._class(decided.item, whose)))
        self._discounts()
        self.taxes.finish()

    def _line(self, line: Line, item: str, code: Ref | None, whose: str) -> LineDraft:
        quantity, price = self._priced(line)
        description = describe(line)
        if quantity is None and line.quantity is not None and line.unit_price is not None:
            per = "" if line.price_per == 1 else f" per {plain(line.price_per)}"
            description = f"{description}\n{plain(line.quantity)} at {plain(line.unit_price)}{per}".strip()
        remedy = "shorten the description in OneDesk."
        self.reasons += too_long(f"The description of {whose}", description, 4000, remedy)
        return LineDraft(item, description, line.amount, quantity, price, code, line.date)

    def _class(self, choice: ItemChoice | None, whose: str) -> Ref | None:
        """The class that the rules name for a line (qbo-api.md 2.1.1: a line has one only where that is turned on)."""
        if choice is None or choice.hold or choice.class_name is None:
            return None
        name, rule = choice.class_name, choice.class_rule
        if not self._books.company.tracks_classes:
            sentence = (
                f'The rule {rule} names the class "{name}" for {whose}, but QuickBooks does not track classes for each '
                "row; turn that on there (Account and settings > Advanced > Categories), or take the class out."
            )
            self.reasons.append(Reason("class-not-tracked", sentence))
            return None
        found = next((each for each in self._books.classes if each.name.casefold() == name.casefold()), None)
        if found is None:
            sentence = (
                f'QuickBooks has no class "{name}", which the rule {rule} names for {whose}; create it there '
                "(All lists > Classes), or correct the rule."
            )
            self.reasons.append(Reason("class-missing", sentence))
        return found

    def _priced(self, line: Line) -> tuple[Decimal | None, Decimal | None]:
        """Quantity and price where their product is the amount to the cent (code 6070); else neither is sent."""
        if line.quantity is None or line.unit_price is None or line_differs(line, self._invoice.currency):
            return None, None
        price = line.unit_price / line.price_per
        exact = round_half_up(price, 7) == price
        if not exact or round_half_up(line.quantity * price) != line.amount:
            return None, None
        return line.quantity, price

    def _discounts(self) -> None:
        given = [
            (discount, self.taxes.code(decided.tax, f'discount "{discount.name}"', discount.tax_rate, None))
            for discount, decided in zip(self._invoice.discounts, self._decisions.discounts, strict=True)
            if discount.amount
        ]
        if not given:
            return
        codes = {line.tax_code.id if line.tax_code else "" for line in self.lines}
        codes |= {code.id if code else "" for _, code in given}
        if self._books.company.allows_discount and len(codes) == 1 and all(each.amount > 0 for each, _ in given):
            amount = sum((each.amount for each, _ in given), Decimal(0))
            self.discount = DiscountDraft(amount, ", ".join(each.name for each, _ in given), given[0][1])
            return
        if len(codes) > 1:
            why = "the lines are taxed at different rates"
        elif not self._books.company.allows_discount:
            why = "QuickBooks has discounts turned off here"
        else:
            why = "an amount below zero is no discount in QuickBooks"
        self.notes.append(
            Reason(
                "discount-as-line", f"The discount stands as a line of its own with its own tax code, because {why}."
            )
        )
        first = self._decisions.lines[0].item
        for discount, code in given:
            choice = _discount_item(first)
            item = self.items.add(choice, f'discount "{discount.name}"') if choice else DISCOUNT_ITEM
            self.lines.append(_extra_line(discount, -discount.amount, item, code))


def describe(line: Line) -> str:
    """The ticket or task name, and the line's own description where it says something else."""
    name = line.work_item.name if line.work_item else ""
    parts = [name] if name else []
    if line.description and line.description != name:
        parts.append(line.description)
    return "\n".join(parts)


def _extra_line(extra: Extra, amount: Decimal, item: str, code: Ref | None) -> LineDraft:
    return LineDraft(item, extra.name, amount, None, None, code)


def _discount_item(like: ItemChoice | None) -> ItemChoice | None:
    if like is None:
        return None
    return ItemChoice(DISCOUNT_ITEM, False, None, "create", like.decision)
