"""The path of one send through the code: functions, files, and how often the file changes from call to call."""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import onedesk_quickbooks
from tests.bench.parts.installed import ADMIN, Clock, Installed, sandbox
from tests.bench.sandbox import Figure

ROOT = str(Path(onedesk_quickbooks.__file__).parent / "plugin")
MOST_CHANGES = 1210
"""The current bound; the target is 350."""


class Trace:
    """Calls into the plugin's code, in order."""

    def __init__(self) -> None:
        self.codes: list[CodeType] = []

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(ROOT):
            self.codes.append(frame.f_code)

    @property
    def files(self) -> list[str]:
        """The file of each call."""
        return [code.co_filename[len(ROOT) + 1 :] for code in self.codes]

    @property
    def pairs(self) -> Counter[tuple[str, str]]:
        """How often calls into two files are adjacent, in either order."""
        files = self.files
        steps = itertools.pairwise(files)
        return Counter((min(step), max(step)) for step in steps if step[0] != step[1])

    @property
    def changes(self) -> int:
        """How often a call is into another file than the previous call."""
        return self.pairs.total()


def main() -> int:
    """One invoice of a known customer and known items, sent by a person and delivered in the same thread."""
    with tempfile.TemporaryDirectory() as home, sandbox() as base_url:
        installed = Installed(Path(home), base_url, Clock(1))
        installed.ask("warm-", 1, "Customer", "Service")
        installed.drain()
        installed.ask("one-", 1, "Customer", "Service")
        installed.host.send("I-one-0", ADMIN)
        trace = Trace()
        sys.setprofile(trace)
        installed.plugin.application.drain()
        sys.setprofile(None)
    for name, count in Counter(trace.files).most_common(12):
        sys.stdout.write(f"{count:6}  {name}\n")
    for (one, other), count in trace.pairs.most_common(12):
        sys.stdout.write(f"{count:6}  {one} and {other}\n")
    functions, files = len(set(trace.codes)), len(set(trace.files))
    sys.stdout.write(f"{functions} functions in {files} files, {len(trace.codes)} calls\n")
    figure = Figure("changes of file in one send", trace.changes, MOST_CHANGES)
    sys.stdout.write(f"{figure}\n")
    return 0 if figure.met else 1


if __name__ == "__main__":
    raise SystemExit(main())
