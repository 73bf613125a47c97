"""Evaluation of a rule set: tables, conditions, and the decisions for one invoice. Pure."""
