"""What people read, in their language: English in the code, translations in one catalogue for each other language.

A text is English where it stands in the code. `Text` is one that keeps what it was made of, so that it can be said in
another language wherever it is shown; a plain string is looked up as it is.
"""

from onedesk_quickbooks.plugin.texts.counted import counted
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
