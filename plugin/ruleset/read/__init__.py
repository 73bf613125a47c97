"""From bytes to nodes: text with positions, nothing typed, nothing guessed."""
