"""Discounts on the document: QuickBooks' own discount line, which follows the lines, or lines with their own code.

One discount line is shared among the tax codes of the lines in proportion, as QuickBooks does it. A discount with its
own tax rate or category, where the lines have others, is a line below zero with that code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import Books
from onedesk_quickbooks.plugin.model.by_name import INCOME_TYPES, accounts_named, find_account
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions, ItemChoice, TaxChoice
from onedesk_quickbooks.plugin.model.invoice import Extra, Invoice
from onedesk_quickbooks.plugin.model.money import number, plain, round_half_up
from onedesk_quickbooks.plugin.model.plan import DiscountDraft, InvoiceDraft, LineDraft, Reason
from onedesk_quickbooks.plugin.planning.accepted_names import unless_several
from onedesk_quickbooks.plugin.planning.lines.items import ItemPlanner, discount_account
from onedesk_quickbooks.plugin.planning.lines.taxes import TaxPlanner
from onedesk_quickbooks.plugin.planning.predict import shares
from onedesk_quickbooks.plugin.texts import Text, listed

_TYPES = (*INCOME_TYPES, "Expense", "Other Expense", "Cost of Goods Sold")


class DiscountPlanner:
    """Plans the discounts of one invoice, once its `lines` exist: `discount` (`after_tax`: it is subtracted from the
    amount with tax) and lines that are added to `lines`."""

    def __init__(
        self,
        invoice: Invoice,
        decisions: InvoiceDecisions,
        books: Books,
        items: ItemPlanner,
        taxes: TaxPlanner,
        lines: list[LineDraft],
    ) -> None:
        self._invoice = invoice
        self._decisions = decisions
        self._books = books
        self._items = items
        self._taxes = taxes
        self._lines = lines
        self.discount: DiscountDraft | None = None
        self.after_tax = False
        self.reasons: list[Reason] = []
        self.notes: list[Reason] = []

    def build(self) -> None:
        """The discount line, and the others as lines."""
        following: list[Extra] = []
        codes = {line.tax_code.id if line.tax_code else "" for line in self._lines if not line.is_text}
        for discount, decided in zip(self._invoice.discounts, self._decisions.discounts, strict=True):
            own = self._own_code(discount, decided.tax) if discount.amount else None
            if own is not None and codes != {own.id}:
                self._add(discount, discount.amount, own)
                self._note(discount, 1, Text("it has a tax code other than the lines"))
            elif discount.amount < 0:
                self._note(
                    discount, self._shared(discount), Text("an amount below zero is not a discount in QuickBooks")
                )
            elif discount.amount and not self._books.company.allows_discount:
                self._note(discount, self._shared(discount), Text("QuickBooks has discounts turned off here"))
            elif discount.amount:
                following.append(discount)
        if following:
            self._discount_line(following)

    def _own_code(self, discount: Extra, choice: TaxChoice) -> Ref | None:
        """The code of a discount that has its own tax data; None for one that follows the lines."""
        if discount.tax_rate is None and discount.taxable is None and not discount.tax_category:
            return None
        return self._taxes.code(choice, Text('discount "{name}"', name=discount.name), discount)

    def _discount_line(self, following: Sequence[Extra]) -> None:
        """QuickBooks' discount line: its amount, or the percentage that gives exactly this amount."""
        after = {discount.after_tax for discount in following}
        if len(after) > 1 or (True in after and not self._books.company.is_us):
            self._after_tax(following)
            return
        amount = sum((discount.amount for discount in following), Decimal(0))
        percent = following[0].percent if len(following) == 1 else None
        if percent is not None and not _comes_to(amount, percent, self._lines):
            percent = None
        name = ", ".join(discount.name for discount in following)
        self.discount = DiscountDraft(amount, name, None, percent, self._account())
        self.after_tax = True in after

    def _after_tax(self, following: Sequence[Extra]) -> None:
        """QuickBooks has no such discount: outside the US none after tax, in the US none together with one before
        tax."""
        after = self._named([each for each in following if each.after_tax])
        if self._books.company.is_us:
            before = self._named([each for each in following if not each.after_tax])
            why = Text(
                "{before} before tax and {after} after tax, and QuickBooks takes all discounts of an invoice one way",
                before=before,
                after=after,
            )
            remedy = Text("give all of them the same after_tax in OneDesk")
        else:
            why = Text("{after} after tax, and QuickBooks takes discounts before tax alone outside the US", after=after)
            one = sum(each.after_tax for each in following) == 1
            remedy = (
                Text("enter it before tax in OneDesk (after_tax: false), with the tax that is left")
                if one
                else Text("enter them before tax in OneDesk (after_tax: false), with the tax that is left")
            )
        self.reasons.append(
            Reason("discount-after-tax", Text("The invoice has {why}; {remedy}.", why=why, remedy=remedy))
        )

    def _named(self, discounts: Sequence[Extra]) -> str:
        """Discounts in a sentence: 'the discounts "Friend" (10 %, 30.00 GBP) and "Early" (1.00 GBP)'."""
        named = []
        for each in discounts:
            percent = Text("{percent} %, ", percent=number(each.percent)) if each.percent else ""
            named.append(
                Text(
                    '"{name}" ({percent}{amount})',
                    name=each.name,
                    percent=percent,
                    amount=self._invoice.money(each.amount),
                )
            )
        several = listed(named)
        one = len(named) == 1
        return Text("the discount {name}", name=several) if one else Text("the discounts {names}", names=several)

    def _account(self) -> Ref | None:
        """The account that the rules name for discounts; None means QuickBooks' own."""
        wanted = self._decisions.discount_account
        if wanted is None:
            return None
        account = find_account(self._books.accounts, wanted)
        if account is None or account.type not in _TYPES:
            what = (
                Text("has no account") if account is None else Text("has an account of type {type}", type=account.type)
            )
            unfit = Reason(
                "discount-account",
                Text(
                    'QuickBooks {what} "{wanted}", which the rules name for discounts; name an income or expense '
                    "account under discounts.account.",
                    what=what,
                    wanted=wanted,
                ),
            )
            self.reasons.append(unless_several(accounts_named(self._books.accounts, wanted), wanted, unfit))
            return None
        return Ref(account.id, account.name)

    # Discounts as lines

    def _shared(self, discount: Extra) -> int:
        """A line for each tax code of the lines, in proportion; returns their number."""
        codes: dict[str, Ref | None] = {}
        sums: dict[str, Decimal] = {}
        for line in self._lines:
            if line.is_text:
                continue
            key = line.tax_code.id if line.tax_code else ""
            codes[key] = line.tax_code
            sums[key] = sums.get(key, Decimal(0)) + line.amount
        parts = {key: amount for key, amount in shares(sums, discount.amount).items() if amount}
        for key, amount in parts.items():
            self._add(discount, amount, codes[key])
        return len(parts)

    def _add(self, discount: Extra, amount: Decimal, code: Ref | None) -> None:
        first = self._decisions.lines[0].item
        if first is None:
            return
        account = self._account() or discount_account(self._books.accounts, None)
        name = self._decisions.discount_item
        choice = ItemChoice(
            name, False, account.id if account else self._decisions.new_item_account, "create", first.decision
        )
        item = self._items.add(choice, f'discount "{discount.name}"')
        percent = f" {plain(discount.percent)} %" if discount.percent else ""
        self._lines.append(LineDraft(item, f"{discount.name}{percent}", -amount, None, None, code))

    def _note(self, discount: Extra, lines: int, why: str) -> None:
        form = (
            Text("a line of the invoice")
            if lines == 1
            else Text("{lines} lines of the invoice, one for each tax code", lines=lines)
        )
        self.notes.append(
            Reason(
                "discount-as-line",
                Text(
                    'The discount "{name}" is {form}, because {why}.',
                    name=discount.name,
                    form=form,
                    why=why,
                ),
            )
        )


def same_discount(draft: InvoiceDraft) -> InvoiceDraft:
    """The same after lines were added: QuickBooks applies a percentage to all lines, so one that no longer gives the
    discount is written as an amount."""
    found = draft.discount
    if found is None or found.percent is None or _comes_to(found.amount, found.percent, draft.lines):
        return draft
    return replace(draft, discount=replace(found, percent=None))


def _comes_to(amount: Decimal, percent: Decimal, lines: Sequence[LineDraft]) -> bool:
    return round_half_up(sum((line.amount for line in lines), Decimal(0)) * percent / 100) == amount
