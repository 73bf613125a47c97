"""Details of faults in the language of the company, so that a client that matches on texts fails (qbo-api.md section
4)."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from onedesk_quickbooks.plugin.sandbox.wire.data import read_data


class _Language(NamedTuple):
    """Patterns of details by code with their translations, a sentence for other details, names of forms."""

    details: dict[str, list[tuple[re.Pattern[str], str]]]
    otherwise: str
    forms: dict[str, str]


def translated(code: str, detail: str, language: str) -> str:
    """A detail in `language` (en: unchanged), with its values kept."""
    if language == "en":
        return detail
    spoken = _language(language)
    for pattern, text in spoken.details.get(code, []):
        found = pattern.fullmatch(detail)
        if found is not None:
            return text.format(*[spoken.forms.get(each, each) for each in found.groups("")])
    return spoken.otherwise.format(code)


@cache
def _language(name: str) -> _Language:
    """A file of the data folder: `{"details": {code: [[pattern, text]]}, "otherwise": text, "forms": {...}}`."""
    data = read_data(f"language-{name}.json")
    details = {
        code: [(re.compile(pattern, re.DOTALL), text) for pattern, text in rows]
        for code, rows in data["details"].items()
    }
    return _Language(details, data["otherwise"], data["forms"])
