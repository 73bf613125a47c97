"""Static analysis: what the rules of each table do for every possible input, without trying all inputs."""

from onedesk_quickbooks.plugin.ruleset.prove.idle_rules import analyse
from onedesk_quickbooks.plugin.ruleset.prove.problem import Problem

__all__ = ["Problem", "analyse"]
