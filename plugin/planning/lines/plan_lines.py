"""The lines for QuickBooks: the host's lines, its charges, and its discounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import Books
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions, ItemChoice
from onedesk_quickbooks.plugin.model.invoice import Extra, Invoice, Line
from onedesk_quickbooks.plugin.model.money import plain, round_half_up
from onedesk_quickbooks.plugin.model.plan import DiscountDraft, LineDraft, Reason
from onedesk_quickbooks.plugin.model.templates import Texts, charge_texts, filled, line_texts
from onedesk_quickbooks.plugin.planning.accepted_names import bad_text, fits, too_long
from onedesk_quickbooks.plugin.planning.lines.classes import ClassPlanner
from onedesk_quickbooks.plugin.planning.lines.discounts import DiscountPlanner
from onedesk_quickbooks.plugin.planning.lines.grouping import Sale, grouped
from onedesk_quickbooks.plugin.planning.lines.items import ItemPlanner, discount_account
from onedesk_quickbooks.plugin.planning.lines.taxes import TaxPlanner
from onedesk_quickbooks.plugin.ruleset.core.subjects import line_name
from onedesk_quickbooks.plugin.texts import Text

LONGEST_DESCRIPTION = 4000


class LinePlanner:
    """Builds `lines` and `discount`; `every_reason` are the reasons against."""

    def __init__(
        self,
        invoice: Invoice,
        decisions: InvoiceDecisions,
        books: Books,
        default_account: Ref | None,
        default_tax_code: Ref | None,
        written: Sequence[Ref] = (),
    ) -> None:
        """`written`: the items of an earlier copy, as in `Copied`."""
        self._invoice = invoice
        self._decisions = decisions
        self._books = books
        discount = (decisions.discount_item, discount_account(books.accounts, decisions.discount_account))
        self.items = ItemPlanner(books, default_account, decisions.when_item_similar, discount, written)
        self.classes = ClassPlanner(decisions, books)
        self.taxes = TaxPlanner(invoice, books, default_tax_code)
        self.lines: list[LineDraft] = []
        self.sales = 0  # how many of them are the host's lines
        self._discounts = DiscountPlanner(invoice, decisions, books, self.items, self.taxes, self.lines)
        self.reasons: list[Reason] = []

    def build(self) -> None:
        """Lines first, then charges, then discounts, as in the host's document."""
        for sale in grouped(self._sales(), self._decisions.group_by, self._decisions.group_description, self._invoice):
            if not fits(sale.draft.description, LONGEST_DESCRIPTION):
                self._check(sale.draft.description, sale.whose, sale.worded)
            self.lines.append(sale.draft)
        self.sales = len(self.lines)
        for charge, decided in zip(self._invoice.charges, self._decisions.charges, strict=True):
            if charge.amount:
                whose = Text('charge "{name}"', name=charge.name)
                item = self.items.add(decided.item, whose) if decided.item else ""
                code = self.taxes.code(decided.tax, whose, charge)
                text = _worded(decided.item, charge_texts(charge, self._invoice)) or charge.name
                drafted = replace(self._extra_line(charge, charge.amount, item, code), description=text)
                if not fits(text, LONGEST_DESCRIPTION):
                    self._check(text, whose, _wording(decided.item))
                self.lines.append(replace(drafted, class_ref=self.classes.of_line(decided.item, whose)))
        before = len(self.lines)
        self._discounts.build()
        self.lines[before:] = [replace(each, class_ref=self.classes.of_line(None, "")) for each in self.lines[before:]]
        self.taxes.finish()

    def _sales(self) -> Iterator[Sale]:
        for place, (line, decided) in enumerate(zip(self._invoice.lines, self._decisions.lines, strict=True), 1):
            if decided.item and decided.item.text:
                said = LineDraft("", describe(line), line.amount, None, None, None, is_text=True)
                yield Sale.of(place, line, said, decided.item)
                continue
            whose = line_name(place, line)
            item = self.items.add(decided.item, whose) if decided.item else ""
            code = self.taxes.code(decided.tax, whose, line, self.items.exempt(item))
            class_ref = self.classes.of_line(decided.item, whose)
            for part, draft in self._parts(line, self._line(line, item, code, decided.item), decided.item, whose):
                yield Sale.of(place, part, replace(draft, class_ref=class_ref), decided.item)

    def _parts(
        self, line: Line, draft: LineDraft, choice: ItemChoice | None, whose: str
    ) -> Iterator[tuple[Line, LineDraft]]:
        """The line with its draft; for a billable expense whose markup has an item by rule, its cost and the markup."""
        name = self._decisions.markup
        if line.cost is None or line.cost == line.amount or not name or choice is None or choice.hold:
            yield line, draft
            return
        account = self._decisions.new_item_account
        chosen = ItemChoice(name, True, account, self._decisions.when_item_missing, choice.decision)
        item = self.items.add(chosen, Text("the markup of {whose}", whose=whose))
        cost = _at(line, line.cost)
        yield cost, replace(draft, amount=cost.amount, quantity=cost.quantity, unit_price=cost.unit_price)
        text = f"Markup: {draft.description}" if draft.description else "Markup"
        rest = replace(line, amount=line.amount - line.cost, quantity=None, unit_price=None)
        yield rest, replace(draft, item_name=item, description=text, amount=rest.amount, quantity=None, unit_price=None)

    @property
    def discount(self) -> DiscountDraft | None:
        """QuickBooks' discount line."""
        return self._discounts.discount

    @property
    def discount_after_tax(self) -> bool:
        """Whether the discount is subtracted from the amount with tax."""
        return self._discounts.after_tax

    @property
    def notes(self) -> list[Reason]:
        """What differs from the host's version."""
        return self._discounts.notes

    def every_reason(self) -> list[Reason]:
        """The reasons against lines, items and tax codes, as far as is known."""
        own = (self.reasons, self.classes.reasons, self._discounts.reasons, self.items.reasons, self.taxes.reasons)
        return [reason for reasons in own for reason in reasons]

    def rounding(self, amount: Decimal) -> LineDraft | None:
        """The line for a rounding amount, as totals.rounding says; None where the rules name no item for it, or there
        is a reason against it."""
        choice, like = self._decisions.rounding_line, self._decisions.lines[0].item
        if choice is None or like is None:
            return None
        whose = Text("the rounding line")
        account = self._decisions.new_item_account
        item = self.items.add(ItemChoice(choice.item, False, account, "create", like.decision), whose)
        code = self.taxes.named(choice.tax_code, whose)
        if self.items.reasons or self.taxes.reasons:
            return None
        return LineDraft(item, "Rounding", amount, None, None, code, class_ref=self.classes.of_line(None, ""))

    def _line(self, line: Line, item: str, code: Ref | None, choice: ItemChoice | None) -> LineDraft:
        quantity, price = self._priced(line)
        description = _worded(choice, line_texts(line, self._invoice)) or describe(line)
        if quantity is None and line.quantity is not None and line.unit_price is not None:
            per = "" if line.price_per == 1 else f" per {plain(line.price_per)}"
            description = f"{description}\n{plain(line.quantity)} at {plain(line.unit_price)}{per}".strip()
        return LineDraft(item, description, line.amount, quantity, price, code, line.date)

    def _check(self, description: str, whose: str, rule: str) -> None:
        """`rule` gives its text, "" for none."""
        rules = Text(", or in the rules ({rule})", rule=rule) if rule else ""
        remedy = Text("shorten the description in OneDesk{rules}.", rules=rules)
        what = Text("The description of {whose}", whose=whose)
        self.reasons += too_long(what, description, LONGEST_DESCRIPTION, remedy)
        self.reasons += bad_text(what, description)

    def _priced(self, line: Line) -> tuple[Decimal | None, Decimal | None]:
        """Quantity and price where their product is the amount to the cent (code 6070); else neither is sent."""
        if line.quantity is None or line.unit_price is None or line.differs(self._invoice.currency):
            return None, None
        price = line.unit_price / line.price_per
        exact = round_half_up(price, 7) == price
        if not exact or round_half_up(line.quantity * price) != line.amount:
            return None, None
        return line.quantity, price

    def _extra_line(self, extra: Extra, amount: Decimal, item: str, code: Ref | None) -> LineDraft:
        self.reasons += bad_text(Text('The name of "{name}"', name=extra.name), extra.name)
        return LineDraft(item, extra.name, amount, None, None, code)


def _at(line: Line, amount: Decimal) -> Line:
    """The line at another amount: with its quantity where that has a price of at most seven decimals."""
    if line.quantity and line.unit_price is not None:
        price = amount * line.price_per / line.quantity
        if line.price_per == 1 and round_half_up(price, 7) == price and round_half_up(line.quantity * price) == amount:
            return replace(line, amount=amount, unit_price=price)
    return replace(line, amount=amount, quantity=None, unit_price=None)


def _worded(choice: ItemChoice | None, texts: Texts) -> str:
    """The text of a line by rule, "" where there is none, or it is empty."""
    worded = choice.others.get("description") if choice and not choice.hold else None
    return filled(worded.outcome, texts) if worded else ""


def _wording(choice: ItemChoice | None) -> str:
    """The rule for the text of a line, "" for none."""
    worded = choice.others.get("description") if choice else None
    return worded.rule if worded else ""


def describe(line: Line) -> str:
    """The ticket or task name, and the line's own description where that differs."""
    name = line.work_item.name if line.work_item else ""
    parts = [name] if name else []
    if line.description and line.description != name:
        parts.append(line.description)
    return "\n".join(parts)
