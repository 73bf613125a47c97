"""What the sandbox is steered by beyond what QuickBooks has: fault injection, limits, mischief, the clock."""
