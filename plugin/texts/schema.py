"""The errors of JSON Schema; jsonschema has them in English only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.texts.message import Text

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


def wrong(error: ValidationError, shown: str) -> str:
    """The error as a sentence; `shown` is the value in the form for people."""
    name: Any = error.validator
    wanted: Any = error.validator_value
    found: Any = error.instance
    if name == "required":
        return Text('"{name}" is missing', name=next(each for each in wanted if each not in found))
    if name == "enum":
        return Text("{found} is not one of {join}", found=shown, join=", ".join(map(str, wanted)))
    if name == "pattern":
        return Text("{shown} has the wrong format", shown=shown)
    if name == "format" and wanted == "date":
        return Text("{shown} is not a date", shown=shown)
    if name == "type" and wanted == "string":
        return Text("{shown} must be text in quotes", shown=shown)
    if name == "type":
        return Text("{shown} is not of the type {wanted}", shown=shown, wanted=wanted)
    if name in ("minLength", "minItems") and wanted == 1:
        return Text("{shown} is empty", shown=shown)
    if name == "maxLength":
        return Text("{shown} has more than {n} characters", shown=shown, n=wanted)
    if name == "maxItems":
        return Text("there are more than {n}", n=wanted)
    return error.message
