"""`rules lsp`: a language server for rule and case files."""

from onedesk_quickbooks.plugin.cli.editor.server import serve

__all__ = ["serve"]
