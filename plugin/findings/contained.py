"""Containment of files in a folder: links that lead out of it are not followed."""

from __future__ import annotations

import io
from pathlib import Path

from onedesk_quickbooks.plugin.findings.finding import CannotRead
from onedesk_quickbooks.plugin.findings.regular import read_beneath, write_beneath
from onedesk_quickbooks.plugin.texts import Text

SETTINGS = "settings.yaml"
"""The file of a data directory with the settings, including secrets: no other code reads it."""


def is_settings(path: Path) -> bool:
    """Whether a path is that of a settings file, or a link to one."""
    return SETTINGS in (path.name.casefold(), path.resolve().name.casefold())


def must_be_inside(path: Path, folder: Path) -> None:
    """Raise CannotRead for a path that leads out of the folder through links; nothing is opened. The folder itself may
    be a link."""
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a loop of links, or an invalid path
        inside = False
    if not inside:
        raise CannotRead(
            path,
            Text(
                "is a link that leads out of the folder {folder}, so it was not opened; put the file itself there, or"
                " delete the link",
                folder=folder,
            ),
        )


def inside(path: Path, folder: Path) -> Path:
    """The path of a name in a file of the folder. Raises CannotRead if its name or its links lead out of the folder;
    nothing is opened."""
    try:
        found = path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):
        found = False
    if not found:
        raise CannotRead(
            path, Text("is not in the folder {folder}, so it was not opened; put a copy of it there", folder=folder)
        )
    return path


def read_inside(path: Path, folder: Path, most: int = -1, *, settings: bool = False) -> bytes:
    """At most `most` bytes of a file of the folder, of the link target at the time of reading. Raises CannotRead if the
    target is outside, or is a settings file and `settings` is False, and OSError."""
    real, base = _led(path, folder)
    if is_settings(real) and not settings:
        raise CannotRead(path, Text("holds settings, so it was not read; give the path of another file"))
    return read_beneath(real, base, most)


def read_text_inside(path: Path, folder: Path) -> str:
    """The whole text of a UTF-8 file, with normalised line ends. Raises the same, and UnicodeDecodeError."""
    return io.StringIO(read_inside(path, folder).decode("utf-8"), newline=None).read()


def write_inside(path: Path, folder: Path, text: str) -> None:
    """Replace a file of the folder, or its link target at the time of writing, atomically. Raises CannotRead if the
    target is outside or a settings file, and OSError."""
    real, base = _led(path, folder)
    if is_settings(real):
        raise CannotRead(path, Text("holds settings, so it was not written; give the path of another file"))
    write_beneath(real, base, text)


def _led(path: Path, folder: Path) -> tuple[Path, Path]:
    """The resolved path and folder."""
    try:
        real, base = path.resolve(), folder.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise CannotRead(path, Text("leads nowhere; put the file itself there, or delete the link")) from error
    if not real.is_relative_to(base):
        must_be_inside(path, folder)
    return real, base
