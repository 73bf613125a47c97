"""`demo`: the main job end to end, each step's effect read back from both sides."""
