"""How long `status` and `queue` take from start to end, beside Python and two libraries: on a data directory with
nothing in it yet, and on a connected one with invoices that were copied and held.

SQLAlchemy alone takes one and a half times the yardstick in a process that ends without looking for garbage, and more
than twice in any other.
"""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import onedesk_quickbooks
from tests.bench.parts.figures import shown
from tests.bench.parts.installed import Clock, Installed, sandbox
from tests.bench.sandbox import Figure

MOST = 3.0
RUNS = 21
YARDSTICK = ("-c", "import yaml, jsonschema")
_MAIN = "from onedesk_quickbooks.plugin.cli import main; main()"


def figures(folder: Path) -> Iterator[Figure]:
    """The bytecode is written first, as an installation has it."""
    compileall.compile_dir(str(Path(onedesk_quickbooks.__file__).parent / "plugin"), quiet=2)
    home = folder / "connected"
    with sandbox() as base_url:
        installed = Installed(home, base_url, Clock(1))
        installed.ask("copied-", 5, "Customer", "Service")
        installed.drain()
        installed.ask("held-", 5, "Customer", "Service", subtotal="250.00")
        installed.plugin.application.drain()
        installed.host.close()
    for name, where in (("an empty directory", folder / "empty"), ("a connected company", home)):
        for command in ("status", "queue"):
            words = ("-c", _MAIN, "--home", str(where), command)
            _seconds(words)
            yield Figure(f"{command} of {name} to `import yaml, jsonschema`", _ratio(words), MOST)


def _seconds(words: tuple[str, ...]) -> float:
    """The processor's seconds of one process."""
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)  # os.times() counts hundredths of a second
        process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def _ratio(words: tuple[str, ...]) -> float:
    """Both in turn, so that the machine is the same for both."""
    pairs = [(_seconds(words), _seconds(YARDSTICK)) for _ in range(RUNS)]
    return median(one / other for one, other in pairs)


def main() -> int:
    """Print every figure."""
    return shown(figures)


if __name__ == "__main__":
    raise SystemExit(main())
