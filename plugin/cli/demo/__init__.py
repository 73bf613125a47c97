"""`demo`: the main workflow end to end, with the effect of each step verified on both sides."""
