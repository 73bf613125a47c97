"""Figures of a benchmark, printed when they are measured."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol


class Figure(Protocol):
    """A line of the report, and whether it is within its bound."""

    @property
    def met(self) -> bool: ...


def shown(*parts: Callable[[Path], Iterable[Figure]]) -> int:
    """Print every figure of the parts, each with a separate folder; 0 if all are within bounds."""
    met = True
    for part in parts:
        with tempfile.TemporaryDirectory() as folder:
            for figure in part(Path(folder)):
                sys.stdout.write(f"{figure}\n")
                sys.stdout.flush()
                met = met and figure.met
    return 0 if met else 1
