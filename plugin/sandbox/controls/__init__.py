"""The controls of the sandbox beyond QuickBooks: fault injection, limits, unreliable webhooks, the clock."""
