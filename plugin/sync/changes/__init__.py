"""What somebody does in QuickBooks behind our back: noticed, shown with both versions, decided by rule or person."""
