"""Proof: what the rules of each table do for every possible input, without trying inputs one by one."""

from onedesk_quickbooks.plugin.ruleset.prove.problems import Problem, analyse

__all__ = ["Problem", "analyse"]
