"""What crosses the border from the host: checked by its JSON Schema, then read into frozen types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import simplejson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice

_SCHEMAS = Path(__file__).parents[2] / "schemas"


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of schemas/NAME.schema.json, made once."""
    text = (_SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(simplejson.loads(text))


def read_invoice(source: Mapping[str, Any]) -> Invoice:
    """A host's invoice. Raises `InvalidInvoice` for what schemas/invoice.schema.json refuses, or an impossible date."""
    _check("invoice", source)
    try:
        return Invoice.from_json(source)
    except ValueError as error:
        raise InvalidInvoice("", f"{error}; correct it in OneDesk.") from error


def read_payment(source: Mapping[str, Any]) -> Payment:
    """A payment. Raises `InvalidInvoice` for what schemas/payment.schema.json refuses."""
    _check("payment", source)
    try:
        return Payment.from_json(source)
    except ValueError as error:
        raise InvalidInvoice("", f"{error}.") from error


def _check(name: str, source: Mapping[str, Any]) -> None:
    found = best_match(validator(name).iter_errors(source))
    if found is not None:
        raise InvalidInvoice(_path(found), _sentence(found))


def _path(error: ValidationError) -> str:
    text = ""
    for part in error.absolute_path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _sentence(error: ValidationError) -> str:
    """The error, with what the schema says of the field, where it says something."""
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    found: Any = error.instance
    if error.validator == "required":
        return _missing(error, schema)
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        names = ", ".join(f'"{name}"' for name in found if name not in known)
        return f"unknown field {names}; there are {', '.join(known)}"
    return f"{_wrong(error)}{_hint(schema)}"


def _missing(error: ValidationError, schema: Mapping[str, Any]) -> str:
    """The first field that is wanted and not there, with what it is."""
    found: Any = error.instance
    name = next(each for each in schema["required"] if each not in found)
    return f'"{name}" is missing; add it{_hint(schema["properties"][name])}'


def _wrong(error: ValidationError) -> str:
    shown = repr(error.instance) if isinstance(error.instance, str) else _as_written(error.instance)
    short = shown if len(shown) <= 80 else shown[:77] + "..."
    if error.validator == "pattern":
        text = str(error.instance).upper()
        capitals = f"; write {text}" if re.search(str(error.validator_value), text) else ""
        return f"{short} has the wrong format{capitals}"
    if error.validator == "type" and error.validator_value == "string":
        return f"{short} must be text in quotes"
    told = error.message.replace(repr(error.instance), shown)
    return told if len(told) <= 200 else told[:197] + "..."


def _as_written(value: Any) -> str:
    """A value as the file has it."""
    return str(simplejson.dumps(value, use_decimal=True, ensure_ascii=False, default=str))


def _hint(schema: Mapping[str, Any]) -> str:
    """Examples of a field where the schema has some, else its allowed values, else what it is about."""
    if "$ref" in schema:
        whole: Any = validator("invoice").schema
        found = whole["$defs"].get(str(schema["$ref"]).rpartition("/")[2], {})
        return _hint({**found, **{key: value for key, value in schema.items() if key != "$ref"}})
    about = str(schema.get("description", "")).rstrip(".")
    if schema.get("examples"):
        return f"; for example {', '.join(str(each) for each in schema['examples'][:3])}"
    if "enum" in schema:
        return f"; one of {', '.join(map(str, schema['enum']))}"
    return f"; {about if about[1:2].isupper() else about[0].lower() + about[1:]}" if about else ""
