"""Why a text is not JSON. Python says it in English only, and in other words in each version."""

from __future__ import annotations

import json

from onedesk_quickbooks.plugin.texts import Text, text_in

_CAUSES = {
    "Expecting value": Text("a value is expected: a text in double quotes, a number, true, false, null, [ ] or { }"),
    "Expecting property name": Text("a name in double quotes is expected"),
    "Expecting ':'": Text("a colon is expected after the name"),
    "Expecting ','": Text("a comma or a closing bracket is expected"),
    "Illegal trailing comma": Text("a comma is followed by a closing bracket"),
    "Unterminated string": Text("a text has no closing quotes"),
    "Invalid control character": Text("a text contains a line break, a tab or another control character"),
    "Invalid \\": Text("a backslash is followed by what JSON does not know; write two backslashes for one"),
    "Extra data": Text("text follows after the end"),
    "Exceeds the limit": Text("a number has too many digits"),
}
"""By the beginning of Python's message."""


def cause(error: ValueError | RecursionError) -> str:
    """The cause without its place; the text of an error that is not Python's."""
    if isinstance(error, UnicodeDecodeError):
        return Text("byte {byte} is not UTF-8", byte=f"{error.object[error.start]:#04x}")
    if isinstance(error, RecursionError):
        return Text("it is nested too deep")
    message = error.msg if isinstance(error, json.JSONDecodeError) else text_in(error)
    return next((found for begin, found in _CAUSES.items() if message.startswith(begin)), message)


def cause_with_place(error: ValueError | RecursionError) -> str:
    """The same with line and column, where the error has them."""
    if isinstance(error, json.JSONDecodeError):
        before = error.doc[: error.pos]
    elif isinstance(error, UnicodeDecodeError):
        before = error.object[: error.start].decode()
    else:
        return cause(error)
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Text("{why}, line {line}, column {column}", why=cause(error), line=line, column=column)
