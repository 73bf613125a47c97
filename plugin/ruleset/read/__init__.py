"""Which files are rules, and whether they have the shape that their schema says."""
