"""The reason that a person gives for an action, which is stored."""

from __future__ import annotations

import click

from onedesk_quickbooks.plugin.model.text import UnfitText, fit
from onedesk_quickbooks.plugin.texts import gettext


def required_text(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """The callback of `--reason`, which must not be empty."""
    try:
        reason = str(fit(value)).strip()
    except UnfitText as problem:
        raise click.BadParameter(problem.problem) from None
    if not reason:
        raise click.BadParameter(gettext("it says nothing"))
    return reason
