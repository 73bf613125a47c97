"""The results of the analysis of a rule set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.chains import Row
from onedesk_quickbooks.plugin.texts import Text, joined


@dataclass(frozen=True, slots=True)
class Problem:
    """One result of the analysis. `code` is OQ401 (never wins), OQ402 (order decides), OQ403 (changes nothing), OQ404
    (incomplete), OQ405 (a gap) or OQ407 (a value between two rules); `rules` are the ids of the rules that cover it or
    pre-empt it, `related` their places. `parts` are the keys that an OQ401 or OQ403 concerns, empty for the whole rule.
    """

    code: str
    decision: str
    rule: str
    at: Where
    message: str
    remedy: str
    rules: tuple[str, ...] = ()
    related: tuple[tuple[Where, str], ...] = ()
    parts: tuple[str, ...] = ()


def problem(
    code: str, decision: str, row: Row, message: str, remedy: str, rules: Sequence[Row] = (), parts: Sequence[str] = ()
) -> Problem:
    """A problem of one rule, with the other rules involved."""
    return Problem(
        code,
        decision,
        row.rule,
        row.at,
        message,
        remedy,
        tuple(each.rule for each in rules),
        tuple((each.at, Text("{rule} ({says})", rule=each.rule, says=each.says)) for each in rules),
        tuple(parts),
    )


def listed(names: Sequence[str]) -> str:
    """Names as in a sentence: "a", "a and b", "a, b and c"."""
    return joined(Text(" and "), (part for part in (", ".join(names[:-1]), names[-1]) if part))
