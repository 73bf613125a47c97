"""Where the rules of an installation are: the file or folder in force, and files that only look like rules."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path

from onedesk_quickbooks.plugin.texts import Text

DEFAULT_RULES = Path(__file__).parents[2] / "rules" / "default.yaml"
"""The behaviour of OneDesk without rules; also the source of every key that is not written."""
BY_COMMAND = "ONEDESK_QUICKBOOKS_RULES_BY_COMMAND"
"""Set among the environment variables of a command, not of a service, whose rules --rules names."""
NAMES = ("rules.yaml", "rules.yml", "rules")
_LIKE = re.compile(
    r"rules?[\s_-]*(\d*|copy|\((\d+|copy)\))\.ya?ml(\.\w+)?|rules?(\.ya?ml)?(\.(txt|bak|yaml|yml))+", re.IGNORECASE
)
_ALIKE = 0.88
"""One wrong, missing or swapped letter of the name: `rules.ymal`."""


def rules_path(directory: Path, given: str = "") -> Path:
    """The rule file or folder: `given`, else the one of the data directory, also a broken link, else the shipped
    default."""
    if given:
        return Path(given)
    return next((directory / name for name in NAMES if os.path.lexists(directory / name)), DEFAULT_RULES)


def misnamed(directory: Path, given: str = "", read: Iterable[Path] = (), used: Path | None = None) -> str:
    """A sentence on files of the data directory that look like rules and are not in `read`; "" if there are none.
    `used` are the rules in force if they are not those of `rules_path`."""
    if given or not directory.is_dir():
        return ""
    used = used or rules_path(directory)
    there = {part for each in (used, *read) for part in (each, *each.parents)}
    found = sorted(each.name for each in directory.iterdir() if each not in there and _looks_like_rules(each))
    if not found:
        return ""
    values = {"files": ", ".join(found), "directory": str(directory), "used": str(used)}
    if used.parent == directory:
        return Text(
            "Nothing is read of {files} in {directory}: the rules in force are those of {used}. Put the rules there, or"
            " move them away.",
            **values,
        )
    if len(found) == 1:
        return Text(
            "{files} in {directory} is not read: the rules in force are those of {used}. Rename it to {name}, or move"
            " it away.",
            name=NAMES[2] if (directory / found[0]).is_dir() else NAMES[0],
            **values,
        )
    return Text(
        "{files} in {directory} are not read: the rules in force are those of {used}. Rename the file to rules.yaml, or"
        " move it away.",
        **values,
    )


def _looks_like_rules(path: Path) -> bool:
    """Backups of an editor (`rules.yaml~`, `.rules.yaml.swp`) do not."""
    name = path.name.casefold()
    return name in NAMES or (_is_like_rules(name) and path.is_file())


@lru_cache(maxsize=64)
def _is_like_rules(name: str) -> bool:
    if name[0] == "." or name[-1] == "~":
        return False
    return bool(_LIKE.fullmatch(name)) or SequenceMatcher(None, name, NAMES[0]).ratio() > _ALIKE
