"""JSON that a shipped schema rejects: the place, the error and what to write instead, in one sentence.

YAML files have findings instead (`ruleset.read.complaints`), which have line and column.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.findings.contained import read_inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead, unreadable
from onedesk_quickbooks.plugin.findings.not_json import cause_with_place
from onedesk_quickbooks.plugin.findings.regular import read_regular
from onedesk_quickbooks.plugin.texts import Text, joined
from onedesk_quickbooks.plugin.texts.schema import regex, validator, wrong

if TYPE_CHECKING:  # checking rules does not need it
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

LIMIT = 50_000_000
"""Bytes of one file; larger ones are not read."""

_SCHEMAS = Path(__file__).parents[2] / "schemas"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The value at `path` (names and indices) is invalid; `sentence` says why and what to write, without a full
    stop."""

    path: tuple[str | int, ...]
    sentence: str

    @property
    def field(self) -> str:
        """The path in the form for people: lines[2].amount, "" for the whole."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path).lstrip(".")

    def __str__(self) -> str:
        return str(self.text)

    @property
    def text(self) -> str:
        """The refusal as one text."""
        return Text("{field}: {sentence}", field=self.field, sentence=self.sentence) if self.path else self.sentence


def refusal(name: str, value: Any) -> Refusal | None:
    """The first error of a value under schemas/NAME.schema.json, None if it is valid."""
    from jsonschema.exceptions import best_match

    validator = _validator(name)
    error = best_match(validator.iter_errors(value))
    return None if error is None else Refusal(tuple(error.absolute_path), _sentence(error))


def read_json(path: Path, name: str, what: str, remedy: str, folder: Path | None = None) -> dict[str, Any]:
    """A JSON file, in the `folder` if one is given, that is valid under schemas/NAME.schema.json. Raises CannotRead:
    the file is no `what`, and the remedy. For a file in the folder without any typical field, the message has no
    details."""
    try:
        data = read_regular(path, LIMIT + 1) if folder is None else read_inside(path, folder, LIMIT + 1)
        if len(data) > LIMIT:
            raise CannotRead(
                path,
                Text(
                    "is larger than {limit} MB, so it is not a valid {what}; {remedy}",
                    limit=LIMIT // 1000000,
                    what=what,
                    remedy=remedy,
                ),
            )
        found: dict[str, Any] = json.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise unreadable(path, error, remedy) from error
    except (ValueError, RecursionError) as error:
        raise CannotRead(
            path, Text("is not JSON ({why}); {remedy}", why=cause_with_place(error), remedy=remedy)
        ) from error
    if folder is not None and not _resembles(name, found):  # messages never show the contents of other files
        raise CannotRead(path, Text("is not a valid {what}; {remedy}", what=what, remedy=remedy))
    problem = refusal(name, found)
    if problem is not None:
        raise CannotRead(
            path, Text("is not a valid {what} ({problem}); {remedy}", what=what, problem=problem, remedy=remedy)
        )
    return found


def _resembles(name: str, found: Any) -> bool:
    """Whether it has a field that schemas/NAME.schema.json requires and that other files rarely have."""
    schema = _validator(name).schema
    required = set(schema["required"]) if isinstance(schema, Mapping) else set()
    distinguishing = required - {"id", "number", "status", "total"}
    return isinstance(found, dict) and (not found or not distinguishing.isdisjoint(found))


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import FormatChecker

    schema = json.loads((_SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    whole = _dereferenced(schema, schema.pop("$defs", {}))
    return validator()(whole, format_checker=FormatChecker(("date",)))


def _dereferenced(part: Any, known: Mapping[str, Any]) -> Any:
    """A part of a schema with its references replaced by their targets: resolving a reference takes as long as
    validation."""
    if isinstance(part, list):
        return [_dereferenced(each, known) for each in part]
    if not isinstance(part, dict):
        return part
    own = {key: _dereferenced(each, known) for key, each in part.items() if key != "$ref"}
    target = _dereferenced(known[part["$ref"].rpartition("/")[2]], known) if "$ref" in part else {}
    return {**target, **own}


def _sentence(error: ValidationError) -> str:
    """The error, with the description of the field if the schema has one."""
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    found: Any = error.instance
    if error.validator == "required":
        name = next(each for each in schema["required"] if each not in found)
        return Text(
            '"{name}" is missing; add it{name2}',
            name=name,
            name2=_hint(schema.get("properties", {}).get(name, {})),
        )
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        names = ", ".join(f'"{name}"' for name in found if name not in known)
        return Text("unknown field {names}; there are {join}", names=names, join=", ".join(known))
    if error.validator == "enum":
        return wrong(error, _short(repr(found), 80))
    return joined("", (_wrong(error), _hint(schema)))


def _wrong(error: ValidationError) -> str:
    whole = repr(error.instance) if isinstance(error.instance, str) else _as_written(error.instance)
    shown = _short(whole, 80)
    if error.validator == "pattern":
        text = str(error.instance).upper()
        capitals = Text("; write {text}", text=text) if regex(str(error.validator_value)).search(text) else ""
        return Text("{shown} has the wrong format{capitals}", shown=shown, capitals=capitals)
    return wrong(error, shown)


def _as_written(value: Any) -> str:
    """The value as written in the file, or in Python if JSON has no such value, a date for example."""
    import simplejson

    try:
        return str(simplejson.dumps(value, use_decimal=True, ensure_ascii=False))
    except TypeError:
        return repr(value)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _hint(schema: Mapping[str, Any]) -> str:
    """Examples of a field if the schema has any, else its allowed values, else its description."""
    about = schema.get("description")
    if schema.get("examples"):
        return Text("; for example {join}", join=", ".join(str(each) for each in schema["examples"][:3]))
    if "enum" in schema:
        return Text("; one of {join}", join=", ".join(map(str, schema["enum"])))
    return Text("; {about}", about=Text(_about(schema))) if about else ""


def _about(schema: Mapping[str, Any]) -> str:
    """The description of a field, within a sentence."""
    about = str(schema["description"]).rstrip(".")
    return about if any(each.isupper() for each in about.split()[0][1:]) else about[0].lower() + about[1:]


def descriptions(name: str) -> Iterator[str]:
    """The descriptions that errors of schemas/NAME.schema.json may have, for the catalogues."""
    parts: list[Any] = [_validator(name).schema]
    while parts:
        part = parts.pop()
        if isinstance(part, Mapping):
            if isinstance(part.get("description"), str) and not part.get("examples") and "enum" not in part:
                yield _about(part)
            parts += part.values()
        elif isinstance(part, list):
            parts += part
