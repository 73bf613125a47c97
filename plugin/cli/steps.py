"""The commands that messages name, as they have to be typed: with the options that were given before this command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import click
from click.core import ParameterSource

from onedesk_quickbooks.plugin.texts import shown as in_language

_OPTIONS = ("home", "rules", "host")
_WITHOUT = ("demo", "sandbox")
"""Commands that use none of them."""
_given: ContextVar[tuple[re.Pattern[str], str] | None] = ContextVar("given", default=None)


@contextmanager
def given(ctx: click.Context, commands: Iterable[str]) -> Iterator[None]:
    """Messages in this context name the `commands` with the options of the command line. What the environment sets
    applies to the next command too, and is left out."""
    typed = [each for each in _OPTIONS if ctx.get_parameter_source(each) is ParameterSource.COMMANDLINE]
    words = [word for each in typed for word in (f"--{each}", shlex.quote(str(ctx.params[each])))]
    names = "|".join(each for each in commands if each not in _WITHOUT)
    named = re.compile(rf"\bonedesk-quickbooks (?=(?:{names})\b)")
    before = _given.set((named, f"onedesk-quickbooks {' '.join(words)} ") if words else None)
    try:
        yield
    finally:
        _given.reset(before)


def as_typed(text: str) -> str:
    """A text in which the commands can be copied."""
    found = _given.get()
    return found[0].sub(lambda _: found[1], text) if found else text


def shown(value: object) -> str:
    """A value in the language of the user, in which the commands can be copied. For what is printed: texts that are
    stored, or shown in the host, have the commands alone."""
    return as_typed(in_language(value))
