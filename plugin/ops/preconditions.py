"""The preconditions of an installation apart from QuickBooks: room on the disk, a matching key, a running process. Each
can be checked from any process, without QuickBooks."""

from __future__ import annotations

import shutil
from pathlib import Path

from onedesk_quickbooks.plugin.ledger import KeyProblem
from onedesk_quickbooks.plugin.texts import Capital, Text, joined, text_in

LITTLE_ROOM = 500_000_000
"""Bytes below which the disk is nearly full."""
NO_ROOM = 1_000_000
"""Bytes below which nothing can be written."""


def free_room(directory: Path) -> int | None:
    """The free bytes on the disk of the data directory; None where it is missing, as while its volume is not
    mounted."""
    try:
        return shutil.disk_usage(directory).free
    except FileNotFoundError:
        return None


def no_room(directory: Path, free: int | None) -> str:
    """The sentence for a disk with so many bytes free; "" where it has room, or that is unknown."""
    if free is None or free >= NO_ROOM:
        return ""
    return Text(
        "The disk is full at {directory}: nothing can be recorded, and so nothing is sent. Make room, and it "
        "continues automatically.",
        directory=directory,
    )


def standstill(directory: Path, free: int | None, tokens: object) -> str:
    """Why nothing can be copied until a person has acted, with so many bytes free, and for the tokens, or a
    `KeyProblem` in their place; "" for no obstacle."""
    if full := no_room(directory, free):
        return full
    return joined("", (Capital(text_in(tokens)), ".")) if isinstance(tokens, KeyProblem) else ""
