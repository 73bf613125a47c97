"""The classes of Intuit's schema as data: their properties, in the order of their XML elements (schemas/qbo/tables).

One file for each entity, and `types.json` for their parts. A property has a type: `text word date time number flag
any`, or the name of a class; `[]` after it: there may be several; `@` before it: an attribute; the property `$` is the
text between the tags.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from onedesk_quickbooks.plugin.sandbox.wire.values import loads

_ROOT = __package__.partition(".")[0]
TEXT = "$"
ANY_TYPE = "IntuitAnyType"


class Property(NamedTuple):
    """A property of a class: its type, whether there may be several, whether it is an attribute, its place."""

    type: str
    many: bool
    attribute: bool
    place: int


def _read(name: str) -> Any:
    folder = files(_ROOT).joinpath("schemas", "qbo", "tables")
    return loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8"))


@cache
def _types() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = _read("types")
    return found


@cache
def entities() -> frozenset[str]:
    """The names of the entities that have a table."""
    names = (each.name for each in files(_ROOT).joinpath("schemas", "qbo", "tables").iterdir())
    return frozenset(name.removesuffix(".json") for name in names) - {"types"}


@cache
def table(name: str) -> dict[str, Property]:
    """The properties of an entity or a type; empty for a name that the schema does not have."""
    rows = _types().get(name) or (_read(name) if name in entities() else {})
    return {
        key: Property(kind.strip("@[]"), kind.endswith("[]"), kind.startswith("@"), place)
        for place, (key, kind) in enumerate(rows.items())
    }


@cache
def _by_folded(name: str) -> dict[str, str]:
    return {key.casefold(): key for key in table(name)}


def canonical(entity: str, path: str) -> str:
    """A dotted property in the spelling of the schema, regardless of case; parts that the schema does not have are
    kept."""
    found, kind = [], entity
    for part in path.split("."):
        properties = table(kind)
        name = _by_folded(kind).get(part.casefold(), part.lower() if TEXT in properties else part)
        found.append(name)
        kind = properties[name].type if name in properties else ""
    return ".".join(found)
