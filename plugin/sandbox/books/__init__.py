"""The books of one company: entities, their rules and computed parts. Independent of HTTP."""
