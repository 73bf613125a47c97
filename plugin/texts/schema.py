"""JSON Schema as this package uses it: its patterns, and its errors, which jsonschema has in English only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.texts.message import Text

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError


@cache
def regex(pattern: str) -> re.Pattern[str]:
    """A pattern of a schema, whose `$` is the end of the text; Python's also matches before a line break there."""
    return re.compile(pattern.replace("$", r"\Z"))


@cache
def validator() -> type[Draft202012Validator]:
    """jsonschema's, with these patterns."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def pattern(this: Any, wanted: str, instance: Any, _: Any) -> Iterator[ValidationError]:
        if this.is_type(instance, "string") and not regex(wanted).search(instance):
            yield ValidationError(f"{instance!r} does not match {wanted!r}")

    made: type[Draft202012Validator] = extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return made


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
