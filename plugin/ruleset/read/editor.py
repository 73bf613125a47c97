"""The schemas of rule and case files for an editor, as a file beside these: the first line of each names it, without a
path of the installation, so that the line stays right where the files are moved or copied together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.findings.contained import read_text_inside, write_inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead
from onedesk_quickbooks.plugin.ruleset.core.words import COUNTRIES, TAX_CATEGORIES
from onedesk_quickbooks.plugin.ruleset.read.shape import example_of

_SCHEMAS = Path(__file__).parents[3] / "schemas"
KINDS = ("rules", "cases")
"""What there is a schema for."""


def file_name(kind: str) -> str:
    """The name of the schema's file, beside the files that it is for."""
    return f"{kind}.schema.json"


def modeline(kind: str) -> str:
    """The line by which yaml-language-server finds the schema."""
    return f"# yaml-language-server: $schema={file_name(kind)}"


def editor_schema(kind: str) -> str:
    """schemas/KIND.schema.json for editors, as JSON. They read YAML 1.2, where 4000 is a number: a text of rules may be
    one. They offer examples as values: those of names are in the descriptions instead, words and codes are
    offered. The codes of countries and tax categories are in it, which `check` has of its own."""
    made = _for_editors(_source(kind))
    for name, codes in _CODES.items():
        if name in made.get("$defs", {}):
            made["$defs"][name].update(pattern=_any_of(codes), examples=sorted(codes))
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def put_beside(file: Path, kind: str) -> None:
    """Write the schema beside a file, or over an earlier one of ours; another program's file of that name stays, and
    so does a link out of the folder. Raises OSError."""
    target = file.with_name(file_name(kind))
    try:
        kept = json.loads(read_text_inside(target, file.parent))
        ours = isinstance(kept, dict) and kept.get("$id") == _source(kind)["$id"]
    except FileNotFoundError:
        ours = True
    except (ValueError, CannotRead):
        ours = False
    if ours:
        write_inside(target, file.parent, editor_schema(kind))


@cache
def _source(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_SCHEMAS / file_name(kind)).read_text(encoding="utf-8"))
    return found


def _for_editors(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_for_editors(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    named = {key: {name: _for_editors(each) for name, each in schema[key].items()} for key in _NAMED & schema.keys()}
    made = {key: named.get(key, _for_editors(each)) for key, each in schema.items() if _kept(key)}
    if made.get("type") == "string" and "enum" not in made:
        made["type"] = ["string", "number"]
    if schema.get("x-words"):
        made["examples"] = list(schema["x-words"])
    if schema.get("x-keys") in _KEYS:
        made["propertyNames"] = {"pattern": _any_of(_KEYS[schema["x-keys"]])}
    told = example_of(schema)
    if told and "enum" not in schema:
        made["description"] = f"{made.get('description', '')} Example: {told}".strip()
    return made


_CODES = {"country_code": COUNTRIES, "category": TAX_CATEGORIES}
_KEYS = {"country": COUNTRIES, "tax_category": TAX_CATEGORIES}


def _any_of(codes: Iterable[str]) -> str:
    """A pattern that takes the codes in any case."""
    return f"^({'|'.join(''.join(f'[{each}{each.lower()}]' for each in code) for code in sorted(codes))})$"


_NAMED = frozenset(("properties", "$defs"))
"""Keys below which names stand, not keywords."""


def _kept(keyword: str) -> bool:
    return keyword != "examples" and not keyword.startswith("x-")
