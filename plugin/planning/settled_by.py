"""Adds the rule of a setting to a reason that names the setting, so that a person finds it at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.ruleset.core.decided import decided_word
from onedesk_quickbooks.plugin.ruleset.core.rules import called
from onedesk_quickbooks.plugin.ruleset.keys import settings
from onedesk_quickbooks.plugin.texts import Text, joined

_DEFAULT = "default.yaml"
"""The shipped rules: they are not named, because they equal the defaults of their keys, and are not edited."""


_HELD_BY = {
    "total-differs": "totals.when_different",
    "no-billing-email": "delivery.when_billing_email_missing",
}
"""The setting of a reason that does not name it."""


def with_rules(reasons: Iterable[Reason], decisions: InvoiceDecisions, setting: str = "") -> tuple[Reason, ...]:
    """The same reasons; one that names settings, or is caused by a `setting`, is followed by the places of these."""
    written = ((each, [*_written(each, decisions, setting)]) for each in reasons)
    return tuple(
        Reason(each.code, joined(" ", [each.sentence, *places])) if places else each for each, places in written
    )


def _written(reason: Reason, decisions: InvoiceDecisions, setting: str) -> Iterator[str]:
    made = {each.table: each for each in decisions.trail}
    named = re.findall(r"\b[a-z]+\.[a-z_]+\b(?!\.)", reason.sentence)
    for name in dict.fromkeys([*named, setting or _HELD_BY.get(reason.code, "")]):
        key = settings().get(name)
        decision = made.get(key.explained) if key else None
        if key is None or decision is None or PurePath(decision.at.file).name == _DEFAULT:
            continue
        if called(decision.rule, decision.at) in reason.sentence:
            continue  # it says so itself
        word = decided_word(decisions, key)
        if decision.rule == key.id:
            yield Text("{place} says {key}: {word}.", place=decision.at.short, key=key.id, word=word)
        else:
            rule, place = decision.rule, decision.at.short
            yield Text("The rule {rule} ({place}) says {key}: {word}.", rule=rule, place=place, key=key.name, word=word)
