"""Every benchmark of this folder in sequence, each in a separate process, since memory is one of the figures.

Exits 1 if a figure is out of bounds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run each module; print those with figures out of bounds."""
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
