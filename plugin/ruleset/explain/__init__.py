"""Explanations of decisions: the rule that won each decision, and the nearest one that lost."""

from onedesk_quickbooks.plugin.ruleset.explain.explanation import Explanation, explain, explained
from onedesk_quickbooks.plugin.ruleset.explain.texts import outcome_text, subject_text
from onedesk_quickbooks.plugin.ruleset.explain.why_not import UnknownRule, WhyNot, why_not

__all__ = ["Explanation", "UnknownRule", "WhyNot", "explain", "explained", "outcome_text", "subject_text", "why_not"]
