"""The type of options that take a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from onedesk_quickbooks.plugin.texts import gettext


class Day(click.DateTime):
    """A day as YYYY-MM-DD; click's own message has the format of strptime."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """See the class."""
        try:
            found: datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(gettext("{value} is not a date; write it as YYYY-MM-DD", value=repr(value)), param, ctx)
        return found


DAY = Day()
