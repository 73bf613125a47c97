"""Frozen types that all other packages use. Standard library only; no I/O, clock or randomness."""
