"""The books of one company: entities, their rules and computed parts. Knows nothing of HTTP."""
