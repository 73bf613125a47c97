"""Whether a file of a folder stands in that folder: links that lead out of it are not followed."""

from __future__ import annotations

import io
from pathlib import Path

from onedesk_quickbooks.plugin.findings.finding import CannotRead
from onedesk_quickbooks.plugin.findings.regular import read_beneath, write_beneath
from onedesk_quickbooks.plugin.texts import Text

SETTINGS = "settings.yaml"
"""The file of a data directory that holds settings, secrets among them: nothing else is read of it."""


def is_settings(path: Path) -> bool:
    """Whether a path is that of settings, or leads to them."""
    return SETTINGS in (path.name.casefold(), path.resolve().name.casefold())


def must_be_inside(path: Path, folder: Path) -> None:
    """Raises CannotRead for a path that leads, by links, out of the folder; nothing is opened. The folder itself may be
    a link."""
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a circle of links, or no path at all
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
    """A path that a file of the folder names. Raises CannotRead where it leads out of the folder, by its name or by
    links; nothing is opened."""
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
    """At most so many bytes of a file of the folder: of the one that it leads to when it is read. Raises CannotRead
    where that is outside, or is one of `settings` and these are not wanted, and OSError."""
    real, base = _led(path, folder)
    if is_settings(real) and not settings:
        raise CannotRead(path, Text("holds settings, so it was not read; give the path of another file"))
    return read_beneath(real, base, most)


def read_text_inside(path: Path, folder: Path) -> str:
    """A whole text of UTF-8, with any end of line as a line break. Raises the same, and UnicodeDecodeError."""
    return io.StringIO(read_inside(path, folder).decode("utf-8"), newline=None).read()


def write_inside(path: Path, folder: Path, text: str) -> None:
    """Put a text in the place of a file of the folder, whole or not at all: of the one that it leads to when it is
    written. Raises CannotRead where that is outside or one of settings, and OSError."""
    real, base = _led(path, folder)
    if is_settings(real):
        raise CannotRead(path, Text("holds settings, so it was not written; give the path of another file"))
    write_beneath(real, base, text)


def _led(path: Path, folder: Path) -> tuple[Path, Path]:
    """Where a path of the folder, and the folder, lead now."""
    try:
        real, base = path.resolve(), folder.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise CannotRead(path, Text("leads nowhere; put the file itself there, or delete the link")) from error
    if not real.is_relative_to(base):
        must_be_inside(path, folder)
    return real, base
