"""Notes on lines that an update moves to another product/service.

A line that is copied again stays on the item that it was written with, whatever its present name is (items.py). It
moves where OneDesk has another service type for it, or the rules name another item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from onedesk_quickbooks.plugin.model.again import COPY_AGAIN
from onedesk_quickbooks.plugin.model.books import Books, BooksLine, Copied
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import EnsureItem, InvoiceDraft, Reason
from onedesk_quickbooks.plugin.texts import Text

_LONG = 60
"""How many characters of a description a sentence shows."""


def moved(
    invoice: Invoice, before: Copied, draft: InvoiceDraft, items: Iterable[EnsureItem], books: Books, sales: int
) -> list[Reason]:
    """One note for each line that the update moves to another item; the first `sales` lines are the host's. None where
    a person has edited the invoice in QuickBooks (the notes on that edit list its lines), and none before an open
    request is recovered."""
    if before.now is None or before.edited or before.first is not None:
        return []
    steps = {each.name: each.existing or Ref("", each.name) for each in items}
    sold = [(place, line) for place, line in enumerate(draft.lines) if not line.is_text]
    new = [BooksLine(steps[line.item_name], line.description, line.amount) for _, line in sold]
    places = [place for place, _ in sold]
    pairs = [(places[at], old, new[at]) for at, old in _pairs(before.now.lines, new)]
    return [_moves(invoice, place, old, line, books, place < sales) for place, old, line in pairs]


def _moves(invoice: Invoice, place: int, old: BooksLine, new: BooksLine, books: Books, typed: bool) -> Reason:
    text = _words(new)
    title = Text('"{text}", ', text=text if len(text) <= _LONG else text[: _LONG - 1] + "…") if text else ""
    was = Text('"{name}"', name=old.item.name) if old.item.name else Text("the one with the id {id}", id=old.item.id)
    known = books.items.by_id.get(old.item.id)
    why, again = Text("OneDesk or the rules name that one now"), ""
    if known is not None and not known.active:
        why, again = Text("{was} is inactive there", was=was), Text("make it active again there and ")
    where = Text(" (items.by_service_type)") if typed else ""
    made = "" if new.item.id else Text(", which is created")
    return Reason(
        "item-moves",
        Text(
            "Line {place} ({title}{new_amount}) moves in QuickBooks from the product/service {was} to "
            '"{item_name}"{made}: {why}. Where it is to stay, {again}name {was} for it in the rules{where}, '
            "and {copied}.",
            copied=COPY_AGAIN,
            place=place + 1,
            title=title,
            new_amount=invoice.money(new.amount),
            was=was,
            item_name=new.item.name,
            made=made,
            why=why,
            again=again,
            where=where,
        ),
    )


_Key = Callable[[BooksLine], tuple[str, ...]]
_SAME: Sequence[_Key] = (
    lambda line: (_words(line), _digits(line.amount), line.item.id),
    lambda line: (_words(line), line.item.id),
    lambda line: (_words(line), _digits(line.amount)),
    lambda line: (_words(line),) if _words(line) else (),
)
"""The keys by which a line is matched, the most certain first."""


def _pairs(old: Sequence[BooksLine], new: Sequence[BooksLine]) -> Iterator[tuple[int, BooksLine]]:
    """The places of lines whose item differs, each with the former line."""
    left, found = list(old), dict[int, BooksLine]()
    for key in _SAME:
        for place, line in enumerate(new):
            if place in found or not key(line):
                continue
            same = next((each for each in left if key(each) == key(line)), None)
            if same is not None:
                left.remove(same)
                found[place] = same
    for place, line in sorted(found.items()):
        if line.item.id and line.item.id != new[place].item.id:
            yield place, line


def _words(line: BooksLine) -> str:
    return " ".join(line.description.split())


def _digits(amount: Decimal) -> str:
    return str(amount.normalize())
