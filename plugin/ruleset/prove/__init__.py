"""Proof: what the rules of each table do for every possible input, without trying inputs one by one."""

from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row
from onedesk_quickbooks.plugin.ruleset.prove.problems import Problem, analyse, analyse_chain

__all__ = ["Chain", "Problem", "Row", "analyse", "analyse_chain"]
