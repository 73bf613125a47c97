"""Where the rules of an installation are: the file or folder in force, and files that only look like rules."""

from __future__ import annotations

import re
from pathlib import Path

from onedesk_quickbooks.plugin.ruleset.load import DEFAULT_RULES
from onedesk_quickbooks.plugin.texts import Text

NAMES = ("rules.yaml", "rules.yml", "rules")
_LIKE = re.compile(
    r"rules?[\s_-]*(\d*|copy|\(\d+\))\.ya?ml(\.\w+)?|rules?(\.ya?ml)?(\.(txt|bak|yaml|yml))+", re.IGNORECASE
)


def rules_path(directory: Path, given: str = "") -> Path:
    """The rule file or folder: `given`, else the one of the data directory, else the shipped default."""
    if given:
        return Path(given)
    return next((directory / name for name in NAMES if (directory / name).exists()), DEFAULT_RULES)


def misnamed(directory: Path, given: str = "") -> str:
    """A sentence on files of the data directory that look like rules and are not read; "" if there are none."""
    if given or not directory.is_dir():
        return ""
    used = rules_path(directory)
    found = sorted(each.name for each in directory.iterdir() if _looks_like_rules(each))
    if not found:
        return ""
    values = {"files": ", ".join(found), "directory": str(directory), "used": str(used)}
    if len(found) == 1:
        return Text(
            "{files} in {directory} is not read: the rules in force are those of {used}. Rename the file to rules.yaml,"
            " or move it away.",
            **values,
        )
    return Text(
        "{files} in {directory} are not read: the rules in force are those of {used}. Rename the file to rules.yaml, or"
        " move it away.",
        **values,
    )


def _looks_like_rules(path: Path) -> bool:
    name = path.name
    return name not in NAMES and path.is_file() and bool(_LIKE.fullmatch(name) or name.casefold() in NAMES)
