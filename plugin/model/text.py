"""Text from outside: in one normal form, and without characters that a ledger or QuickBooks cannot store."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from onedesk_quickbooks.plugin.texts import Text

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters except tab and line breaks, and halves of surrogate pairs."""
DEEPEST = 60
"""The maximum depth of lists and objects from outside."""


class UnfitText(ValueError):
    """A text that cannot be accepted. `path` names the field ("lines[0].description"), `problem` says what is wrong."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.path = path
        self.problem = problem


def fit(value: Any, depth: int = 0) -> Any:
    """JSON of lists, objects and texts, with every text in NFC, and lists for tuples; the same object where nothing has
    to change.

    Raises `UnfitText` for control characters, lone surrogates, and too deep nesting.
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        parts: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, (list, tuple)):
        parts = enumerate(value)
    else:
        return value
    if depth > DEEPEST:
        raise UnfitText("", Text("there are more than {deepest} levels of lists and objects", deepest=DEEPEST))
    changed: dict[Any, Any] = {}
    for key, each in parts:
        try:
            found = fit(each, depth + 1)
        except UnfitText as error:
            raise UnfitText(_joined(key, error.path), error.problem) from None
        if found is not each:
            changed[key] = found
    if not changed and not isinstance(value, tuple):
        return value
    if isinstance(value, Mapping):
        return {**value, **changed}
    return [changed.get(place, each) for place, each in enumerate(value)]


def _joined(key: object, path: str) -> str:
    own = f"[{key}]" if isinstance(key, int) else str(key)
    return f"{own}{path}" if not path or path.startswith("[") else f"{own}.{path}"


def _text(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    unfit = _UNFIT.search(text)
    if unfit:
        code = ord(unfit[0])
        what = Text("half of a surrogate pair") if code >= 0xD800 else Text("a control character")
        raise UnfitText(
            "", Text("character {n} is U+{code}, {what}", n=unfit.start() + 1, code=f"{code:04X}", what=what)
        )
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def fitting(value: Any, depth: int = 0) -> Any:
    """JSON with U+FFFD, the replacement character, in place of unfit characters in its texts. Raises `UnfitText` for
    too deep nesting."""
    if depth > DEEPEST:
        raise UnfitText("", Text("there are more than {deepest} levels of lists and objects", deepest=DEEPEST))
    if isinstance(value, str):
        return _UNFIT.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {key: fitting(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [fitting(each, depth + 1) for each in value]
    return value
