"""The doctor: checks an installation from its files to the books, and gives the remedy for each problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["ok", "note", "warning", "problem"]
"""A note is useful to know and needs no action; warnings and problems are findings."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was found, and what to do ("" for no action)."""

    name: str
    state: State
    found: str
    remedy: str = ""

    @property
    def is_finding(self) -> bool:
        """Whether a person should act."""
        return self.state in ("warning", "problem")

    def to_json(self) -> dict[str, Any]:
        """The form of `doctor --json`."""
        return {"check": self.name, "state": self.state, "found": self.found, "remedy": self.remedy}
