"""An installation in one file, made and put back while it works.

`ledgers` copies the ledger and puts it back, wherever it is; `archive` packs it with the rest and opens what it has
written; `restoring` puts it back; `workplace` is where all copies stand meanwhile.
"""
