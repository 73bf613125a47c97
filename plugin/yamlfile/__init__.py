"""YAML files as texts that know their place: nothing is typed, nothing guessed. Rules, cases and settings use it."""
