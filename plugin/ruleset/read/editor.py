"""The schemas of rule and case files for an editor, as a file beside them: the first line of each names it, without a
path of the installation, so that the line stays valid when the files are moved or copied together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.findings.contained import read_text_inside, write_inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead
from onedesk_quickbooks.plugin.model.templates import FIELDS
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.core.words import COUNTRIES, TAX_CATEGORIES
from onedesk_quickbooks.plugin.ruleset.read.shape import example_of

_SCHEMAS = Path(__file__).parents[3] / "schemas"
KINDS = ("rules", "cases")
"""The kinds of files with a schema."""


def file_name(kind: str) -> str:
    """The file name of the schema beside the files that it describes."""
    return f"{kind}.schema.json"


def modeline(kind: str) -> str:
    """The line by which yaml-language-server finds the schema."""
    return f"# yaml-language-server: $schema={file_name(kind)}"


def editor_schema(kind: str) -> str:
    """schemas/KIND.schema.json for editors, as JSON. Editors read YAML 1.2, in which 4000 is a number, so a text of the
    rules may be a number. Editors offer examples as values, so example names are moved to the descriptions, while words
    and codes stay. What `check` knows of single values and the schema of files does not state is added: codes of
    countries and tax categories, words in any case and where none is allowed, fields of texts, the * of conditions, and
    the conditions of each section."""
    made = _for_editors(_source(kind), kind == "rules")
    defs = made.get("$defs", {})
    for name, codes in _CODES.items():
        if name in defs:
            defs[name].update(type="string", pattern=_any_of(codes), examples=sorted(codes))
    if kind == "rules":
        defs["pattern"].update(
            pattern=r"^(?=.*\S)[^*]+\*?$", errorMessage="One * may stand at the end, and nowhere else."
        )
        _regions(defs)
        defs["regions"]["propertyNames"] = {"minLength": 1, "pattern": r"^[^*]*$"}
        _conditions(defs)
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def put_beside(file: Path, kind: str) -> None:
    """Write the schema beside a file, or over an earlier version; a file of that name from another program is kept, and
    so is a link that leads out of the folder. Raises OSError."""
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


def _regions(defs: dict[str, Any]) -> None:
    """A region is a code or a name, and cannot be a prefix."""
    message = "A region is a code or a name: a * means nothing in it."
    defs["region"] = {**defs["pattern"], "pattern": r"^(?=.*\S)[^*]+$", "errorMessage": message}
    for name, of in (("patterns", "region_list"), ("some_regions", "some_regions")):
        text = json.dumps(defs[name]).replace('/pattern"', '/region"').replace('/patterns"', '/region_list"')
        defs[of] = json.loads(text)


def _conditions(defs: dict[str, Any]) -> None:
    """Whole invoices have fewer conditions than lines."""
    asked = {name: each for name, each in defs["when"]["properties"].items() if not keys.fields()[name].line}
    defs["when_of_invoice"] = {**defs["when"], "properties": asked}
    for section in keys.sections().keys() - set(keys.LINE_TABLES):
        entries = resolved(defs[section]["properties"]["exceptions"], defs)["items"]
        resolved(entries, defs)["properties"]["when"] = {"$ref": "#/$defs/when_of_invoice"}


def resolved(part: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """The target of a reference in the schema, or the part itself if it has none."""
    found: dict[str, Any] = defs[part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else part
    return found


def _for_editors(schema: Any, rules: bool) -> Any:
    if isinstance(schema, list):
        return [_for_editors(each, rules) for each in schema]
    if not isinstance(schema, dict):
        return schema
    named = {
        key: {name: _for_editors(each, rules) for name, each in schema[key].items()} for key in _NAMED & schema.keys()
    }
    made = {key: named.get(key, _for_editors(each, rules)) for key, each in schema.items() if _kept(key)}
    if "string" in made.get("type", ()) and "enum" not in made:
        _with_numbers(made)
    if schema.get("x-words"):
        made["examples"] = list(schema["x-words"])
    if schema.get("x-keys") in _KEYS:
        made["propertyNames"] = {"pattern": _any_of(_KEYS[schema["x-keys"]])}
    elif "x-keys" in schema or "x-one" in schema:
        made["propertyNames"] = {"minLength": 1, "pattern": r"^[^*]*$"}
    words = [each for each in made.get("enum", ()) if isinstance(each, str)]
    if rules and words == made.get("enum"):
        del made["enum"]
        made |= {
            "pattern": rf"^\s*{_any_of(words).strip('^$')}\s*$",
            "examples": words,
            "errorMessage": f"One of {', '.join(words)}.",
        }
    example = example_of(schema)
    if example and "enum" not in schema:
        made["description"] = f"{made.get('description', '')} Example: {example}".strip()
    return made | _refused(schema)


def _with_numbers(made: dict[str, Any]) -> None:
    """Allow numbers for texts whose pattern matches some."""
    takes = re.compile(made.get("pattern", "")).search
    if takes("1"):
        made["type"] = ["string", "number" if takes("1.5") else "integer"]
        if not takes("-1"):
            made["minimum"] = 0
    else:
        made["type"] = "string"
    if made.get("minLength"):
        made.setdefault("pattern", r"\S")


def _refused(schema: dict[str, Any]) -> dict[str, Any]:
    """What a text of this kind must not be: a word or a placeholder in place of a name or a sentence, an unknown
    field."""
    own = schema.get("x-words", ())
    if "x-template" in schema:
        names = "|".join(FIELDS[schema["x-template"]])
        pattern, message = rf"\{{(?![ \t]*({names})[ \t]*\}})[^{{}}\n]*\}}", "A field that is unknown here."
    elif "x-names" in schema or schema.get("$ref") in _sentences():
        words = _any_of(keys.words() - set(own)).strip("^$")
        pattern, message = rf"^\s*{words}\s*$|\{{\s*[A-Za-z_]*\s*\}}", "A word or a placeholder, and no name."
    else:
        return {}
    return {"not": {"type": "string", "pattern": pattern}, "errorMessage": message}


@cache
def _sentences() -> frozenset[str]:
    """The definitions that refer to a sentence; the allowed words depend on the place."""
    return frozenset(f"#/$defs/{name}" for name, each in _source("rules")["$defs"].items() if "x-sentence" in each)


_CODES = {"country_code": COUNTRIES, "category": TAX_CATEGORIES}
_KEYS = {"country": COUNTRIES, "tax_category": TAX_CATEGORIES}


def _any_of(codes: Iterable[str]) -> str:
    """A pattern that matches the codes in any case."""
    either = ("".join(f"[{each.upper()}{each.lower()}]" if each.isalpha() else each for each in code) for code in codes)
    return f"^({'|'.join(sorted(either))})$"


_NAMED = frozenset(("properties", "$defs"))
"""Keys whose children are names, not keywords."""


def _kept(keyword: str) -> bool:
    return keyword != "examples" and not keyword.startswith("x-")
