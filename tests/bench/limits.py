"""The time to check rule files that are deliberately costly.

`python -m tests.bench.limits` prints each figure with its bound and exits 1 if one is out of bounds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from onedesk_quickbooks.plugin.ruleset.check import check
from tests.bench.parts.figures import shown
from tests.bench.sandbox import Figure
from tests.support import costly_rules as made


def figures(folder: Path) -> Iterator[Figure]:
    """Seconds of processor time, the best of three."""
    for name, (data, _) in made.HOSTILE.items():
        yield figure(folder, name, data, 2)
    for name in made.OVERLAPPING:
        yield figure(folder, f"1,500 rules whose {name} overlap", made.overlapping(name).encode(), 2)
    yield figure(folder, "10,000 rules", made.keyed().encode(), 5)
    for name in made.MANY:
        yield figure(folder, f"100,000 rules in {name}", made.many(name, 100_000).encode(), 10)
    yield figure(folder, "8,000 rules, each over 5,000 others", made.ranges().encode(), 20)


def figure(folder: Path, name: str, data: bytes, most: float) -> Figure:
    """The time for one file."""
    path = folder / "rules.yaml"
    path.write_bytes(data)
    taken = []
    for _ in range(3):
        began = time.process_time()
        check([path])
        taken.append(time.process_time() - began)
    return Figure(name, min(taken), most, "s")


def main() -> int:
    """Print every figure."""
    return shown(figures)


if __name__ == "__main__":
    raise SystemExit(main())
