"""Reads regular files and nothing else: who opens a FIFO waits for a writer, and a device may do anything."""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import ExitStack
from pathlib import Path

_FOLDER = getattr(os, "O_PATH", 0) | getattr(os, "O_DIRECTORY", 0)

_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotRegular(OSError):
    """`told` says what stands in the place of a file, and what to do; nothing was read."""

    def __init__(self, path: Path, kind: str) -> None:
        self.told = f"is {kind}, not a file, so it was not read; put a file in its place"
        super().__init__(0, self.told, str(path))


def read_regular(path: Path, most: int = -1) -> bytes:
    """At most so many bytes of a regular file. Raises OSError, NotRegular for what is neither file nor folder."""
    _refuse(path, path.stat().st_mode)  # before anything is opened: to open a device may move it
    with open(path, "rb", opener=_without_waiting) as file:
        _refuse(path, os.fstat(file.fileno()).st_mode)  # it may have been replaced since
        return file.read(most)


def read_beneath(path: Path, folder: Path, most: int = -1) -> bytes:
    """The same of a file of the folder, both as `resolve` gives them: no link is followed below the folder, whatever
    is put there meanwhile. Raises the same; OSError for a path that is not below the folder."""
    if not path.is_relative_to(folder) or path == folder:
        raise OSError(errno.ELOOP, f"it is not in the folder {folder}", str(path))
    if os.open not in os.supports_dir_fd:
        return read_regular(path, most)
    *above, name = path.relative_to(folder).parts
    with ExitStack() as opened:
        at = os.open(folder, _FOLDER)
        opened.callback(os.close, at)
        for part in above:
            at = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=at)
            opened.callback(os.close, at)
        _refuse(path, os.stat(name, dir_fd=at, follow_symlinks=False).st_mode)
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, dir_fd=at)
        file = opened.enter_context(os.fdopen(handle, "rb"))
        _refuse(path, os.fstat(handle).st_mode)
        return file.read(most)


def read_regular_text(path: Path) -> str:
    """A whole text of UTF-8, with any end of line as a line break. Raises the same, and UnicodeDecodeError."""
    return io.StringIO(read_regular(path).decode("utf-8"), newline=None).read()


def _refuse(path: Path, mode: int) -> None:
    for is_it, kind in _KINDS:
        if is_it(mode):
            raise NotRegular(path, kind)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
