"""Which rule a setting comes from, where a reason names the setting: a person finds it at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.ruleset.core.decided import decided_word
from onedesk_quickbooks.plugin.ruleset.keys import settings
from onedesk_quickbooks.plugin.texts import Text, joined

_DEFAULT = "default.yaml"
"""The shipped rules: what they say is what their keys say anyway, and nobody changes it there."""


def with_rules(reasons: Iterable[Reason], decisions: InvoiceDecisions) -> tuple[Reason, ...]:
    """The same reasons; behind one that names settings stands where each of them is written."""
    return tuple(Reason(each.code, joined(" ", [each.sentence, *_written(each, decisions)])) for each in reasons)


def _written(reason: Reason, decisions: InvoiceDecisions) -> Iterator[str]:
    made = {each.table: each for each in decisions.trail}
    for name in dict.fromkeys(re.findall(r"\b[a-z]+\.[a-z_]+\b(?!\.)", reason.sentence)):
        key = settings().get(name)
        decision = made.get(key.told) if key else None
        if key is None or decision is None or PurePath(decision.at.file).name == _DEFAULT:
            continue
        word = decided_word(decisions, key)
        if decision.rule == key.id:
            yield Text("{place} says {key}: {word}.", place=decision.at.short, key=key.id, word=word)
        else:
            rule, place = decision.rule, decision.at.short
            yield Text("The rule {rule} ({place}) says {key}: {word}.", rule=rule, place=place, key=key.name, word=word)
