"""What people read, in their language: English in the code, translations in one catalogue for each other language.

A text is English where it stands in the code. `Text` is one that keeps what it was made of, so that it can be said in
another language wherever it is shown; a plain string is looked up as it is.
"""

from onedesk_quickbooks.plugin.texts.language import ENGLISH, LANGUAGES, chosen, current, language
from onedesk_quickbooks.plugin.texts.message import Text, count, gettext, joined, ngettext, say, text_of

__all__ = (
    "ENGLISH",
    "LANGUAGES",
    "Text",
    "chosen",
    "count",
    "current",
    "gettext",
    "joined",
    "language",
    "ngettext",
    "say",
    "text_of",
)
