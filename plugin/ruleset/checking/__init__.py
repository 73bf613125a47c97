"""`check`: everything that can be said about rule files before they decide anything."""
