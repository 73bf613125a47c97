"""The keys of rules as one table, read from schemas/rules.schema.json, for all code that compiles, decides, proves,
explains, formats or tests rules.

In addition to the keywords of JSON Schema, the schema has these annotations:

- `x-names`: the text is the name of such a record in QuickBooks (item, income account, tax code, class, payment term,
  customer); `x-words` are the words allowed in its place;
- `x-receivers`: the text is a list of people and e-mail addresses (`model.receivers`);
- `x-template`: the text may contain fields of this kind (`model.templates`);
- `x-sentence`: the text is a sentence for people, in which words and placeholders have no special meaning;
- `x-required`: the keys that a section requires in one of its files;
- `x-keys`: the field of conditions for the keys of a map; `x-one`: each key of the map is one value, though no
  condition uses it;
- `x-asked`: the text is a value in a condition;
- `x-decided`: the name of the decision, by default the key's, "" for a part of another decision; `x-case`: its name in
  files of cases, by default the decision's, "" if cases cannot expect it;
- `x-explained`: its name in explanations; `x-says` is the text after the word there;
- `x-default`: the value if the key is missing, also in default.yaml;
- `x-ordered`: a list of words whose order matters;
- `x-outcome`: the outcome of its sentence for the whole invoice, held or skipped; `x-apart`: it also applies to skipped
  invoices, for which nothing else is decided;
- of conditions `x-line` (only lines have the field), `x-work` (charges and discounts lack it), `x-many` (several values
  at once), `x-always` (the values, if it always has one of them), `x-present` (each invoice has one), `x-whole` (the
  same field of whole invoices), `x-codes` (its values are codes, such as these) and `x-says` (the field as in a
  sentence).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

SCHEMA = Path(__file__).parents[2] / "schemas" / "rules.schema.json"

LINE_TABLES = ("items", "taxes")
"""The sections that decide for each line; only they may use fields of lines."""

_RANGES = {"amounts": "amount", "dates": "date"}
_NO_SETTINGS = ("exceptions", "otherwise")


@dataclass(frozen=True, slots=True)
class Key:
    """One setting of the rules. `words` are its words in the order of the schema, none for names and amounts; `amount`
    marks an amount, `several` a list of words, `ordered` a list whose order matters; with `line` the item of a line may
    replace a word; `names` is the kind of a QuickBooks name. `default` is the word that applies if no file has the key
    ("a, b" for a list), None for none; `excepted` allows it in exceptions, `none` allows this word for no value;
    `mapped` marks texts by name. `title` is its name for people, capitalised as at the start of a sentence. The other
    fields are the annotations above."""

    section: str
    name: str
    words: tuple[str, ...]
    amount: bool
    several: bool
    ordered: bool
    line: bool
    names: str
    default: str | None
    excepted: bool
    decided: str
    case: str
    explained: str
    says: str
    outcome: str
    apart: bool
    none: bool
    mapped: bool
    title: str
    id: str = field(init=False)
    """The name of its decision among the chains: section.key."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", f"{self.section}.{self.name}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of conditions. `kind` is the sort of its values: free texts, codes, yes or no, or a range; `says` is
    the field as in a sentence, `codes` an example list of its codes."""

    name: str
    kind: Literal["text", "code", "truth", "amount", "date"]
    line: bool
    work: bool
    many: bool
    always: tuple[str, ...]
    present: bool
    whole: str
    codes: str
    says: str


@lru_cache(maxsize=1)
def schema() -> Mapping[str, Any]:
    """The schema of rule files as JSON has it."""
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def resolved(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part of the schema with its reference resolved; its own keywords override those of the target."""
    found = dict(part)
    while "$ref" in found:
        target = schema()["$defs"][found.pop("$ref").removeprefix("#/$defs/")]
        found = {**target, **found}
    return found


@lru_cache(maxsize=1)
def sections() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """The sections in the order of the documentation, each with its keys in that order and their schemas."""
    found = {name: resolved(part) for name, part in schema()["properties"].items()}
    return {
        name: {key: resolved(each) for key, each in part["properties"].items()}
        for name, part in found.items()
        if part.get("type") == "object"
    }


@lru_cache(maxsize=1)
def required() -> Mapping[str, tuple[str, ...]]:
    """The keys that each section requires in some file, if the section is written."""
    return {name: tuple(resolved(schema()["properties"][name]).get("x-required", ())) for name in sections()}


@lru_cache(maxsize=1)
def top() -> tuple[str, ...]:
    """All keys of a file's top map, in the order of the documentation."""
    return tuple(schema()["properties"])


@lru_cache(maxsize=1)
def keyed() -> Mapping[str, str]:
    """The keyed maps of all sections (names are unique): the field of conditions for the keys of each."""
    return {key: each["x-keys"] for section in sections().values() for key, each in section.items() if "x-keys" in each}


@lru_cache(maxsize=1)
def settings() -> Mapping[str, Key]:
    """The settings of all sections by section.key, in the order of the documentation."""
    found = (_key(section, name, part) for section in sections() for name, part in _settings(section))
    return {each.id: each for each in found if each.decided}


def settings_of(section: str) -> list[Key]:
    """The settings of one section."""
    return [each for each in settings().values() if each.section == section]


@lru_cache(maxsize=2)
def making(outcome: str) -> Key:
    """The setting that gives whole invoices this outcome (held, skipped)."""
    return next(key for key in settings().values() if key.outcome == outcome)


@lru_cache(maxsize=1)
def moot() -> frozenset[str]:
    """The decisions that are not made for a skipped invoice, by the names of their chains; not those on lines."""
    found = (key.id for key in settings().values() if not (key.outcome == "skipped" or key.apart))
    return frozenset(["customer", *found])


@lru_cache(maxsize=1)
def outputs() -> tuple[str, ...]:
    """The outputs that a rule of items may name for a line, each a separate decision: the item first, then the
    others."""
    return tuple(resolved({"$ref": "#/$defs/item_target"})["properties"])


@lru_cache(maxsize=1)
def outputs_or_none() -> frozenset[str]:
    """The outputs that allow the word none."""
    parts = resolved({"$ref": "#/$defs/item_target"})["properties"]
    return frozenset(name for name, each in parts.items() if "none" in resolved(each).get("x-words", ()))


@lru_cache(maxsize=1)
def words() -> frozenset[str]:
    """Every word that some key allows in place of a name, and skip, which people try there: none of them is accepted as
    a name without `{name: ...}`."""
    found: set[str] = {"same_name", "skip"}
    parts: list[Any] = [schema()]
    while parts:
        part = parts.pop()
        if isinstance(part, Mapping):
            found.update(part.get("x-words", ()))
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)
    return frozenset(found)


@lru_cache(maxsize=1)
def fields() -> Mapping[str, Field]:
    """The fields of conditions, in their order in sentences."""
    when = resolved({"$ref": "#/$defs/when"})["properties"]
    return {name: _field(name, part) for name, part in when.items()}


def _settings(section: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, part in sections()[section].items():
        if name not in _NO_SETTINGS and "x-keys" not in part:
            yield name, part


def _key(section: str, name: str, part: Mapping[str, Any]) -> Key:
    branches = [resolved(each) for each in part.get("anyOf", [part])]
    several = branches[0]["type"] == "array"
    words = branches[0]["items"] if several else branches[0]
    default = part.get("default", part.get("x-default"))
    decided = part.get("x-decided", name)
    return Key(
        section,
        name,
        tuple(words.get("enum", ())),
        "number" in words["type"] and "x-names" not in part,
        several,
        part.get("x-ordered", False),
        any("item" in each.get("properties", {}) for each in branches),
        part.get("x-names", ""),
        ", ".join(default) if isinstance(default, list) else default,
        name in _excepted(section),
        decided,
        part.get("x-case", decided),
        part.get("x-explained", ""),
        part.get("x-says", ""),
        part.get("x-outcome", ""),
        part.get("x-apart", False),
        "none" in part.get("x-words", ()),
        "additionalProperties" in words and words["type"] == "object",
        part.get("title", ""),
    )


def _excepted(section: str) -> Mapping[str, Any]:
    """The keys of the section's exceptions."""
    listed = sections()[section].get("exceptions")
    found: Mapping[str, Any] = resolved(listed["items"])["properties"] if listed else {}
    return found


def _field(name: str, part: Mapping[str, Any]) -> Field:
    kind = part["$ref"].removeprefix("#/$defs/")
    return Field(
        name,
        _RANGES.get(kind) or ("truth" if kind == "truth" else "code" if "x-codes" in part else "text"),  # type: ignore[arg-type]
        part.get("x-line", False),
        part.get("x-work", False),
        part.get("x-many", False),
        tuple(part.get("x-always", ())),
        part.get("x-present", False),
        part.get("x-whole", ""),
        part.get("x-codes", ""),
        part.get("x-says", f"the {name.replace('_', ' ')}"),
    )
