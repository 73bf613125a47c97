"""Values as the arguments of a command that a text names."""

from __future__ import annotations

import shlex


def arguments(*values: str, options: str = "") -> str:
    """The values in shell syntax, and `options` after them. If one begins with a hyphen, as an option does, `--` is
    before the first of them, and the options before that."""
    words = " ".join(shlex.quote(each) for each in values)
    if any(each.startswith("-") for each in values):
        return f"{options} -- {words}".lstrip()
    return f"{words} {options}".rstrip()
