"""Whether the folder at the path of a data directory is the one in which a program has started."""

from __future__ import annotations

from pathlib import Path

HOST_FILE = "host.json"
"""Records which host a data directory belongs to."""


class DataDirectory:
    """A data directory while a program runs: its volume may be taken away, and another folder be in its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._marks = _marks(path)

    def is_there(self) -> bool:
        """Whether it is the same folder. One in which no host had started yet is known from the start of one."""
        now = _marks(self._path)
        self._marks = self._marks or now
        return bool(self._marks & now) or not self._marks


def _marks(directory: Path) -> set[tuple[int, int]]:
    """The marks of a data directory; one that is equal is enough. The folder: `host.json` is another file after a
    restore. `host.json`: the folder has another device number after a remount. None without that file, as in a mount
    point."""
    try:
        folder, file = directory.stat(), (directory / HOST_FILE).stat()
    except OSError:
        return set()
    return {(folder.st_dev, folder.st_ino), (file.st_mtime_ns, file.st_ino)}
