"""The command line: `onedesk-quickbooks --help`. docs/commands.md is the same for reading."""

from onedesk_quickbooks.plugin.cli.app import main

__all__ = ["main"]
