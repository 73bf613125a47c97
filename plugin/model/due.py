"""A due date by days: a number after the invoice's date, or after the last day of its month."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

_WRITTEN = re.compile(r"(\d+) days?( after the end of the month)?")


@dataclass(frozen=True, slots=True)
class DueIn:
    """`days` after the date of an invoice, or with `end_of_month` after the last day of its month."""

    days: int
    end_of_month: bool = False

    def __str__(self) -> str:
        after = " after the end of the month" if self.end_of_month else ""
        return f"{self.days} day{'' if self.days == 1 else 's'}{after}"

    @classmethod
    def read(cls, text: str) -> DueIn | None:
        """Parse the text of `str`; None for another text."""
        found = _WRITTEN.fullmatch(text)
        return cls(int(found[1]), bool(found[2])) if found else None

    def after(self, day: date) -> date:
        """The due date of an invoice of that day. Raises OverflowError past the end of the calendar."""
        last = calendar.monthrange(day.year, day.month)[1]
        return (day.replace(day=last) if self.end_of_month else day) + timedelta(days=self.days)
