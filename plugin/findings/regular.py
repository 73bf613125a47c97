"""Reads and replaces regular files only: opening a FIFO waits for a writer, and a device may have side effects."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from onedesk_quickbooks.plugin.texts import Text

_FOLDER = getattr(os, "O_PATH", 0) | getattr(os, "O_DIRECTORY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_BYTES = getattr(os, "O_BINARY", 0)

_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotRegular(OSError):
    """The path is no regular file; nothing was read. `text` says what it is and what to do."""

    def __init__(self, path: Path, kind: str) -> None:
        self.text = Text("is {kind}, not a file, so it was not read; put a file in its place", kind=kind)
        super().__init__(0, self.text, str(path))


def read_regular(path: Path, most: int = -1) -> bytes:
    """At most `most` bytes of a regular file. Raises OSError, NotRegular for what is neither file nor folder."""
    with open_regular(path) as file:
        return file.read(most)


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """The file, opened for reading. Raises the same."""
    _refuse(path, path.stat().st_mode)  # before opening, which may have side effects on a device
    with open(path, "rb", opener=_without_waiting) as file:
        _refuse(path, os.fstat(file.fileno()).st_mode)  # it may have been replaced meanwhile
        yield file


def read_beneath(path: Path, folder: Path, most: int = -1) -> bytes:
    """The same for a file of the folder, with both paths as `resolve` gives them: links below the folder are not
    followed, even if they are created meanwhile. Raises the same; OSError for a path that is not below the folder."""
    with ExitStack() as opened:
        at, name = _entry(path, folder, opened)
        _refuse(path, os.stat(name, dir_fd=at, follow_symlinks=False).st_mode)
        handle = os.open(name, os.O_RDONLY | _BYTES | _NO_LINK | _NO_WAITING, dir_fd=at)
        file = opened.enter_context(os.fdopen(handle, "rb"))
        _refuse(path, os.fstat(handle).st_mode)
        return file.read(most)


def write_beneath(path: Path, folder: Path, text: str) -> None:
    """Replace or create a file of the folder atomically, with both paths as `resolve` gives them. Links below the
    folder are not followed: one that is created meanwhile is refused, or replaced itself. The mode and, if this user
    may set it, the owner are kept. Raises OSError."""
    with ExitStack() as opened:
        at, name = _entry(path, folder, opened)
        before = _before(path, name, at)
        new = f"{name.removesuffix(path.name)}.{path.name}.{secrets.token_hex(8)}"
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BYTES | _NO_LINK, 0o666, dir_fd=at)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(handle)
                if before is not None:
                    _as_before(handle, before)
            os.replace(new, name, src_dir_fd=at, dst_dir_fd=at)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(new, dir_fd=at)
            raise


def _before(path: Path, name: str, at: int | None) -> os.stat_result | None:
    try:
        found = os.stat(name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return None
    _refuse(path, found.st_mode)
    if not stat.S_ISREG(found.st_mode):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "a folder"
        raise OSError(errno.ELOOP, Text("it has become {kind} meanwhile, so it was not written", kind=kind), str(path))
    return found


def _as_before(handle: int, before: os.stat_result) -> None:
    if hasattr(os, "fchown"):  # not on Windows
        with suppress(PermissionError):
            os.fchown(handle, before.st_uid, before.st_gid)
        os.fchmod(handle, stat.S_IMODE(before.st_mode))


def _entry(path: Path, folder: Path, opened: ExitStack) -> tuple[int | None, str]:
    """The folder of a path, opened without following links, and the name in it; None and the path if the system cannot
    open folders. Raises OSError for a path that is not below the folder."""
    if not path.is_relative_to(folder) or path == folder:
        raise OSError(errno.ELOOP, Text("it is not in the folder {folder}", folder=folder), str(path))
    if os.open not in os.supports_dir_fd:
        return None, str(path)
    *above, name = path.relative_to(folder).parts
    at = os.open(folder, _FOLDER)
    opened.callback(os.close, at)
    for part in above:
        at = os.open(part, _FOLDER | _NO_LINK, dir_fd=at)
        opened.callback(os.close, at)
    return at, name


def _refuse(path: Path, mode: int) -> None:
    for is_it, kind in _KINDS:
        if is_it(mode):
            raise NotRegular(path, kind)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_WAITING)
