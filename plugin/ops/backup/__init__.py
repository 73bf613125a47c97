"""Backs an installation up into one file, and restores it, while it runs.

`ledgers` copies and restores the ledger, wherever it is; `archive` packs it with the rest and opens what it has
written; `restoring` restores it; `workplace` is the folder of all copies meanwhile.
"""
