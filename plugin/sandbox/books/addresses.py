"""Addresses: each has an Id; one that is changed inside a form is returned as lines (qbo-api.md 2.1, section 8)."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.values import Body

_LINES = tuple(f"Line{n}" for n in range(1, 6))


def own_address(books: Books, draft: Body, old: Body | None, key: str) -> None:
    """Set the Id of an address: the previous one, or a new one if it was changed."""
    given, held = draft.get(key), (old or {}).get(key)
    if given:
        same = held and _bare(given) == _bare(held)
        draft[key] = held if same else {"Id": str(books.store.next_id("address")), **_bare(given)}


def as_lines(draft: Body, old: Body | None, key: str) -> None:
    """Convert an address that an update changed from its parts to Line1 to Line5."""
    given = draft.get(key)
    if not old or not given or given == old.get(key) or not (given.get("City") or given.get("PostalCode")):
        return
    place = ", ".join(given[part] for part in ("City", "CountrySubDivisionCode") if given.get(part))
    lines = [given[line] for line in _LINES if given.get(line)]
    lines += [each for each in (f"{place}  {given.get('PostalCode', '')}".strip(), given.get("Country")) if each]
    lines[4:] = [", ".join(lines[4:])] if lines[4:] else []
    draft[key] = {"Id": given["Id"], **dict(zip(_LINES, lines, strict=False))}


def _bare(address: Body) -> Body:
    return {key: value for key, value in address.items() if key != "Id"}
