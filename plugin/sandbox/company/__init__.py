"""One company: its books in a store, its ids and tokens, and its data before the first day."""
