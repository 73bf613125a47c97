"""Frozen types that everything else speaks in. Standard library only; no I/O, clock or randomness."""
