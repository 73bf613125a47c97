"""A rule set as it decides: tables, conditions, and the decisions of one invoice. Pure."""
