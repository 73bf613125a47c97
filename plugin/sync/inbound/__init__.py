"""From QuickBooks to the host: payments, and what somebody changed there."""
