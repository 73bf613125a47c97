"""What crosses the border from the host: checked by its JSON Schema, then read into frozen types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import simplejson
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match

from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.model.text import UnfitText, fit
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice

_SCHEMAS = Path(__file__).parents[2] / "schemas"


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of schemas/NAME.schema.json, made once."""
    text = (_SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(simplejson.loads(text), format_checker=FormatChecker(("date",)))


def read_invoice(source: Mapping[str, Any]) -> Invoice:
    """A host's invoice. Raises `InvalidInvoice` for what schemas/invoice.schema.json refuses, or an impossible date."""
    source = _gated(source)
    _check("invoice", source)
    try:
        return Invoice.from_json(source)
    except ValueError as error:
        raise InvalidInvoice("", f"{error}; correct it in OneDesk.") from error


def read_payment(source: Mapping[str, Any]) -> Payment:
    """A payment. Raises `InvalidInvoice` for what schemas/payment.schema.json refuses."""
    source = _gated(source)
    _check("payment", source)
    try:
        return Payment.from_json(source)
    except ValueError as error:
        raise InvalidInvoice("", f"{error}.") from error


def check_text(field: str, text: str) -> None:
    """Raises `InvalidInvoice` for a text of the host that can be kept nowhere: a user's name, an id."""
    try:
        fit(text)
    except UnfitText as error:
        raise InvalidInvoice(field, f"{error.problem}; correct it in OneDesk.") from error


def _gated(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """Every text in one normal form."""
    try:
        found: Mapping[str, Any] = fit(source)
    except UnfitText as error:
        raise InvalidInvoice(error.path, f"{error.problem}; remove it in OneDesk.") from error
    return found


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
    shown = repr(error.instance)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    if error.validator == "pattern":
        text = str(error.instance).upper()
        capitals = f"; write {text}" if re.search(str(error.validator_value), text) else ""
        return f"{shown} has the wrong format{capitals}"
    if error.validator == "type" and error.validator_value == "string":
        return f"{shown} must be text in quotes"
    return error.message if len(error.message) <= 200 else error.message[:197] + "..."


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
