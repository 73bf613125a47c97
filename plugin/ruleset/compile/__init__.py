"""Compiles valid nodes to a rule set; contradictions and impossible values become findings."""
