"""The totals of both sides: predicted, compared, and what a person has set. Pure."""
