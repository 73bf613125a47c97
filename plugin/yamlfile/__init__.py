"""YAML files as texts with their places, without types and without guesses. Used for rules, cases and settings."""
