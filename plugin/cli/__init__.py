"""The command line: `onedesk-quickbooks --help`. docs/commands.md has the same texts."""

from onedesk_quickbooks.plugin.cli.app import main

__all__ = ["main"]
