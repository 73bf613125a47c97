"""Which files are rules, and whether they are valid under their schema."""
