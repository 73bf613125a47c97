"""Every benchmark of this folder, one after the other, each in a process of its own: memory is one of the figures.

Ends with 1 when a figure of one is not met.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Runs each module; names what did not meet its bounds."""
    failed = []
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        sys.stdout.write(f"\n{path.stem}\n")
        sys.stdout.flush()
        if subprocess.run([sys.executable, "-m", f"tests.bench.{path.stem}"], check=False).returncode != 0:
            failed.append(path.stem)
    sys.stdout.write(f"\nNot met: {', '.join(failed)}\n" if failed else "\nAll figures are met.\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
