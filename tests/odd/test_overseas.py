"""Odd invoices of four of the eight companies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.odd.rows import Row
from tests.odd.table import at, check, rows_of
from tests.sync.conftest import Desk

__all__ = ["at"]


@pytest.mark.parametrize("row", rows_of("au", "intl", "se", "no"))
def test_the_same_cent_or_nothing_written(at: Callable[[str], Desk], row: Row) -> None:
    check(at(row.company), row)
