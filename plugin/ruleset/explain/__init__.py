"""Why an invoice was decided as it was: the rule that won each decision, and the one that came nearest to it."""

from onedesk_quickbooks.plugin.ruleset.explain.explanation import Explained, Explanation, explain, explained
from onedesk_quickbooks.plugin.ruleset.explain.nearest import LostBy, Nearest
from onedesk_quickbooks.plugin.ruleset.explain.why_not import Answer, UnknownRule, WhyNot, why_not

__all__ = [
    "Answer",
    "Explained",
    "Explanation",
    "LostBy",
    "Nearest",
    "UnknownRule",
    "WhyNot",
    "explain",
    "explained",
    "why_not",
]
