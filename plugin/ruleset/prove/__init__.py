"""Proof: what the rules of each table do for every possible input, without trying inputs one by one."""

from onedesk_quickbooks.plugin.ruleset.prove.problem import Problem
from onedesk_quickbooks.plugin.ruleset.prove.problems import analyse

__all__ = ["Problem", "analyse"]
