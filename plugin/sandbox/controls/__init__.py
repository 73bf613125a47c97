"""What the sandbox is steered by beyond what QuickBooks has: trouble, limits, mischief, the clock."""
