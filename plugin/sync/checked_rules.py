"""Rules that this process has already checked: a worker opens the same ones for each company that it serves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onedesk_quickbooks.plugin.ruleset.check import Checked, check
from onedesk_quickbooks.plugin.sync.last_rules import digest, own_files

MOST = 64
"""How many files or folders are remembered."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The result for the files of a path, and the files that they include, while their digests are unchanged."""

    own: tuple[tuple[Path, ...], str]
    included: tuple[tuple[Path, ...], str]
    checked: Checked


_KNOWN: dict[Path, _Known] = {}


def checked_once(path: Path) -> Checked:
    """What `check` finds; the same result again, with the same rules, while the files are unchanged. Raises
    `CannotRead`."""
    own, known = _held(own_files(path)), _KNOWN.get(path)
    if known is not None and known.own == own and known.included == _held(known.included[0]):
        return known.checked
    found = check([path])
    included = tuple(each for each in files_read(found) if each not in own[0])
    new = _Known(own, _held(included), found)
    # otherwise a file changed, or is missing
    if new.own == _held(own_files(path)) and all((new.own[1], new.included[1])):
        _KNOWN.pop(path, None)
        _KNOWN[path] = new
        for oldest in list(_KNOWN)[:-MOST]:
            _KNOWN.pop(oldest, None)
    return found


def _held(files: tuple[Path, ...]) -> tuple[tuple[Path, ...], str]:
    return files, digest(files)


def files_read(found: Checked) -> tuple[Path, ...]:
    """The files that were read for it, and those that could not be read."""
    return tuple(file for each in found.loaded for file in (*each.files, *each.missing))
