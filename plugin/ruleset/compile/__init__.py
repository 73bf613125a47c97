"""Well-shaped nodes to a rule set; what cannot mean what was meant becomes findings."""
