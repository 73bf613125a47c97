"""Lines that become one line in QuickBooks (`lines.group_by`): those of one ticket, service type or person that have
the same item, tax code, class and price. Amounts are added up, so that no sum and no tax changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from onedesk_quickbooks.plugin.model.decision import ItemChoice
from onedesk_quickbooks.plugin.model.invoice import Invoice, Line
from onedesk_quickbooks.plugin.model.money import rate_key, round_half_up
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.model.plan import LineDraft
from onedesk_quickbooks.plugin.model.templates import filled, group_texts
from onedesk_quickbooks.plugin.ruleset.core.subjects import line_name
from onedesk_quickbooks.plugin.texts import Text, listed


@dataclass(frozen=True, slots=True)
class Sale:
    """A line of the host, or several that became one, with its draft. `places` count from 1; `template` is the rules'
    text of the line, "" where they name none, and `worded` the rule with the text."""

    places: tuple[int, ...]
    lines: tuple[Line, ...]
    draft: LineDraft
    template: str = ""
    worded: str = ""

    @classmethod
    def of(cls, place: int, line: Line, draft: LineDraft, choice: ItemChoice | None) -> Sale:
        ruled = choice.others.get("description") if choice and not choice.hold else None
        return cls((place,), (line,), draft, *((ruled.outcome, ruled.rule) if ruled else ("", "")))

    @property
    def whose(self) -> str:
        """How a person finds it."""
        return line_name(self.places[0], self.lines[0]) if len(self.places) == 1 else places_text(self.places)


def places_text(places: Sequence[int]) -> Text:
    """Several lines in a sentence: "lines 1, 2 and 5"; of many the first, the last and their number."""
    if len(places) > _FEW:
        return Text("lines {first} to {last} ({count} of them)", first=places[0], last=places[-1], count=len(places))
    return Text("lines {places}", places=listed(map(str, places)))


_FEW = 8


def grouped(sales: Iterable[Sale], group_by: str, template: str | None, invoice: Invoice) -> list[Sale]:
    """The lines for QuickBooks, each group at the place of its first line. `template` is the rules' text of groups
    (`lines.description`), which a single line of a group also gets."""
    field = _FIELDS.get(group_by)
    if field is None:
        return list(sales)
    found: dict[Hashable, list[Sale]] = {}
    for sale in sales:
        key = _key(sale, field)
        found.setdefault(sale.places if key is None else key, []).append(sale)
    return [_one(some, field, template, invoice) for some in found.values()]


def _ticket(line: Line) -> tuple[str, ...] | None:
    work = line.work_item
    return (work.type, work.number, work.name) if work else None


def _text(text: str) -> tuple[str, ...] | None:
    return (text,) if text.strip() else None


_Field = Callable[[Line], tuple[str, ...] | None]
_FIELDS: Mapping[str, _Field] = {
    "ticket": _ticket,
    "service_type": lambda line: _text(line.service_type),
    "person": lambda line: _text(line.user),
    "item": lambda line: (),
}
"""What lines must have in common, its name last; None for a line without it."""


def _key(sale: Sale, field: _Field) -> Hashable | None:
    """Equal for lines that become one; None for a line that is not grouped. Amounts below zero are not grouped with
    those above, and a line with an allowance has its quantity and price in its text."""
    (line,), draft = sale.lines, sale.draft
    value = field(line)
    has_price = line.quantity is not None and line.unit_price is not None
    if draft.is_text or value is None or (has_price and draft.quantity is None):
        return None
    tax = (draft.tax_code, line.tax_rate, line.taxable, line.tax_category)
    return (tuple(map(name_key, value)), draft.item_name, draft.class_ref, tax, draft.unit_price, line.amount < 0)


def _one(some: Sequence[Sale], field: _Field, template: str | None, invoice: Invoice) -> Sale:
    first = some[0]
    if len(some) == 1 and (template is None or _key(first, field) is None):
        return first
    lines = tuple(line for sale in some for line in sale.lines)
    templates = {sale.template for sale in some}
    own = (first.worded, first.template) if len(templates) == 1 else ("", "")
    worded = ("lines.description", template) if template else own
    text = filled(worded[1], group_texts(lines, invoice)) if worded[1] else ""
    if len(some) == 1:
        return replace(first, draft=replace(first.draft, description=text or first.draft.description), worded=worded[0])
    places = tuple(place for sale in some for place in sale.places)
    days = {line.date for line in lines}
    amount, quantity, price = _figures([sale.draft for sale in some])
    draft = replace(
        first.draft,
        description=text or _named(lines, field),
        service_date=days.pop() if len(days) == 1 else None,
        amount=amount,
        quantity=quantity,
        unit_price=price,
        grouped=places,
    )
    return Sale(places, lines, draft, worded=worded[0] if text else "")


def _figures(drafts: Sequence[LineDraft]) -> tuple[Decimal, Decimal | None, Decimal | None]:
    """Amount, quantity and price: the sums of the lines where their product is the amount (code 6070), else one at the
    amount."""
    amount, price = sum((draft.amount for draft in drafts), Decimal(0)), drafts[0].unit_price
    quantity = sum((draft.quantity for draft in drafts if draft.quantity is not None), Decimal(0))
    if price is not None and quantity and round_half_up(quantity * price) == amount:
        return amount, Decimal(rate_key(quantity)), price
    return (amount, Decimal(1), amount) if amount > 0 else (amount, None, None)


def _named(lines: Sequence[Line], field: _Field) -> str:
    """The text of a group without one by rule: what the lines have in common; else their service types."""
    value = field(lines[0])
    return value[-1].strip() if value else ", ".join(_service_types(lines))


def _service_types(lines: Iterable[Line]) -> Iterator[str]:
    yield from dict.fromkeys(line.service_type for line in lines if line.service_type)
