"""The doctor: looks at an installation from the files to the books, and says what to do about what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["ok", "note", "warning", "problem"]
"""A note is worth knowing and needs nothing to be done; warnings and problems are findings."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and what to do ("" where nothing is to be done)."""

    name: str
    state: State
    found: str
    remedy: str = ""

    @property
    def is_finding(self) -> bool:
        """Whether somebody should act."""
        return self.state in ("warning", "problem")

    def to_json(self) -> dict[str, Any]:
        """As `doctor --json` prints it."""
        return {"check": self.name, "state": self.state, "found": self.found, "remedy": self.remedy}
