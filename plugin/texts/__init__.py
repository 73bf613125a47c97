"""User-facing texts in the reader's language: English in the code, one catalogue of translations for each other
language.

A text is written in English in the code. A `Text` keeps its message and values, so that it can be translated wherever
it is shown; a plain string is looked up as it is.
"""

from onedesk_quickbooks.plugin.texts.counted import counted, in_queue
from onedesk_quickbooks.plugin.texts.language import ENGLISH, LANGUAGES, chosen, current, language, of_environment
from onedesk_quickbooks.plugin.texts.message import (
    Amount,
    Capital,
    Text,
    as_json,
    count,
    ended,
    form,
    from_json,
    gettext,
    joined,
    listed,
    ngettext,
    parts_of,
    replaced,
    say,
    shown,
    text_in,
    text_of,
)
from onedesk_quickbooks.plugin.texts.numbers import decimal, money, typed

__all__ = (
    "ENGLISH",
    "LANGUAGES",
    "Amount",
    "Capital",
    "Text",
    "as_json",
    "chosen",
    "count",
    "counted",
    "current",
    "decimal",
    "ended",
    "form",
    "from_json",
    "gettext",
    "in_queue",
    "joined",
    "language",
    "listed",
    "money",
    "ngettext",
    "of_environment",
    "parts_of",
    "replaced",
    "say",
    "shown",
    "text_in",
    "text_of",
    "typed",
)
