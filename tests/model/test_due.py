"""Due dates by days."""

from __future__ import annotations

from datetime import date

import pytest

from onedesk_quickbooks.plugin.model.due import DueIn

DAYS = [
    (DueIn(0), "0 days", date(2026, 1, 31), date(2026, 1, 31)),
    (DueIn(1), "1 day", date(2026, 12, 31), date(2027, 1, 1)),
    (DueIn(30), "30 days", date(2026, 1, 31), date(2026, 3, 2)),
    (DueIn(0, True), "0 days after the end of the month", date(2028, 2, 1), date(2028, 2, 29)),
    (DueIn(15, True), "15 days after the end of the month", date(2026, 2, 28), date(2026, 3, 15)),
]


@pytest.mark.parametrize(("due", "text", "day", "until"), DAYS)
def test_days_are_counted_from_the_invoice_or_from_the_end_of_its_month(
    due: DueIn, text: str, day: date, until: date
) -> None:
    assert (str(due), DueIn.read(text), due.after(day)) == (text, due, until)


@pytest.mark.parametrize("text", ["invoice", "terms", "days", "30 days ", "30 days after"])
def test_other_texts_are_no_days(text: str) -> None:
    assert DueIn.read(text) is None
