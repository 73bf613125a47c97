"""One company: its books in a store, its ids and tokens, what it held before its first day."""
