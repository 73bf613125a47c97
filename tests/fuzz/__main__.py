"""`python -m tests.fuzz [COUNT] [SEED]`: mutated rule files; each must give findings, never a traceback.

Exits 1 at the first input that crashes or takes longer than two seconds, and saves it as fuzz-failure.yaml.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.fuzz.rules import Failure, fuzz

COUNT = 20_000


def main(arguments: list[str]) -> int:
    """Run COUNT inputs and print the result."""
    count = int(arguments[0]) if arguments else COUNT
    seed = int(arguments[1]) if len(arguments) > 1 else 0
    start = time.monotonic()
    try:
        slowest, kinds = fuzz(count, seed)
    except Failure as failure:
        Path("fuzz-failure.yaml").write_bytes(failure.data)
        sys.stderr.write(f"{failure}; the input is in fuzz-failure.yaml\n")
        return 1
    sys.stdout.write(
        f"{count} inputs in {time.monotonic() - start:.0f} s, slowest {slowest * 1000:.0f} ms, "
        f"{kinds} kinds of findings seen\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
