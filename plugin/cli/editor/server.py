"""The language server: pygls on standard input and output."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace.position_codec import ServerTextPosition

from onedesk_quickbooks.plugin.cli.editor.documents import OpenRules
from onedesk_quickbooks.plugin.clock import today
from onedesk_quickbooks.plugin.findings.finding import CannotRead, Finding
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.fmt import NotFormatted, formatted
from onedesk_quickbooks.plugin.ruleset.mend import Edit
from onedesk_quickbooks.plugin.texts import Text, chosen, language, of_environment, say

QUIET = 0.3
"""Seconds without typing before a check."""
_SEVERITY = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}

_OFFERED = {
    "key": lsp.CompletionItemKind.Property,
    "word": lsp.CompletionItemKind.Keyword,
    "name": lsp.CompletionItemKind.Value,
}


def serve(version: str, company: CompanySnapshot | None) -> None:
    """Serve until the editor ends it. Names are compared with `company` and completed from it."""
    server = LanguageServer("onedesk-quickbooks", version)
    _Files(server, OpenRules(company, today)).register()
    server.start_io()


class _Files:
    """The files of an editor."""

    def __init__(self, server: LanguageServer, rules: OpenRules) -> None:
        self._server = server
        self._rules = rules
        self._language = of_environment(os.environ)
        self._found: dict[Path, list[Finding]] = {}
        self._checking: dict[Path, asyncio.Task[None]] = {}

    def register(self) -> None:
        """Register all handlers; pygls sets attributes on its handlers, which bound methods do not support."""
        feature = self._server.feature
        feature(lsp.INITIALIZE)(partial(self._begin))
        feature(lsp.TEXT_DOCUMENT_DID_OPEN)(partial(self._changed))
        feature(lsp.TEXT_DOCUMENT_DID_CHANGE)(partial(self._changed))
        feature(lsp.TEXT_DOCUMENT_DID_CLOSE)(partial(self._closed))
        feature(lsp.TEXT_DOCUMENT_HOVER)(partial(self._hover))
        feature(lsp.TEXT_DOCUMENT_COMPLETION)(partial(self._complete))
        feature(lsp.TEXT_DOCUMENT_CODE_ACTION)(partial(self._fixes))
        feature(lsp.TEXT_DOCUMENT_FORMATTING)(partial(self._format))

    def _begin(self, given: lsp.InitializeParams) -> None:
        """The editor's language takes precedence over that of its environment."""
        self._language = chosen("", given.locale or "", self._language)

    async def _changed(self, given: lsp.DidOpenTextDocumentParams | lsp.DidChangeTextDocumentParams) -> None:
        path = _path(given.text_document.uri)
        self._rules.change(path, self._server.workspace.get_text_document(given.text_document.uri).source)
        if path in self._checking:
            self._checking[path].cancel()
        self._checking[path] = asyncio.create_task(self._check(path))

    async def _check(self, path: Path) -> None:
        await asyncio.sleep(QUIET)
        try:
            found = await asyncio.to_thread(self._rules.findings, path)
        except CannotRead as problem:
            why = Text("It cannot be read: {why}", why=problem.why)
            finding = Finding("OQ101", "error", str(path), 1, 1, 1, 2, why, "")
            found = {path: [finding]}
        for file, each in found.items():
            self._found[file] = each
            self._publish(file, each)

    def _closed(self, given: lsp.DidCloseTextDocumentParams) -> None:
        path = _path(given.text_document.uri)
        self._rules.change(path, None)
        if path in self._checking:
            self._checking.pop(path).cancel()
        self._publish(path, [])

    def _publish(self, path: Path, found: list[Finding]) -> None:
        uri = from_fs_path(str(path)) or ""
        diagnostics = [self._diagnostic(uri, each) for each in found]
        self._server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, diagnostics))

    def _diagnostic(self, uri: str, of: Finding) -> lsp.Diagnostic:
        return lsp.Diagnostic(
            self._range(uri, Edit(of.line, of.column, of.end_line, of.end_column, "")),
            f"{say(of.message, self._language)} {say(of.remedy, self._language)}".strip(),
            _SEVERITY[of.severity],
            of.code,
            source="onedesk-quickbooks",
        )

    def _hover(self, given: lsp.HoverParams) -> lsp.Hover | None:
        path, line, column = self._at(given.text_document.uri, given.position)
        with language(self._language):
            text = self._rules.hover(path, line, column, self._found.get(path, ()))
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text)) if text else None

    def _complete(self, given: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        return [
            lsp.CompletionItem(
                each.name,
                kind=_OFFERED[each.sort],
                detail=say(each.about, self._language) or None,
                filter_text=each.change.text,
                text_edit=lsp.TextEdit(self._range(given.text_document.uri, each.change), each.change.text),
            )
            for each in self._rules.offers(*self._at(given.text_document.uri, given.position))
        ]

    def _fixes(self, given: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = given.text_document.uri
        path, line, column = self._at(uri, given.range.start)
        return [
            lsp.CodeAction(
                f"{say(mend.title, self._language)} ({finding.code})",
                lsp.CodeActionKind.QuickFix,
                [self._diagnostic(uri, finding)],
                edit=lsp.WorkspaceEdit({uri: [lsp.TextEdit(self._range(uri, each), each.text) for each in mend.edits]}),
            )
            for finding, mend in self._rules.fixes(path, self._found.get(path, ()), line, column)
        ]

    def _format(self, given: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
        document = self._server.workspace.get_text_document(given.text_document.uri)
        try:
            text = formatted(document.source, str(_path(given.text_document.uri)))
        except NotFormatted:
            return []
        whole = lsp.Range(lsp.Position(0, 0), lsp.Position(len(document.lines) + 1, 0))
        return [lsp.TextEdit(whole, text)]

    def _at(self, uri: str, position: lsp.Position) -> tuple[Path, int, int]:
        """The file, line and column, from 1, in characters; the editor counts from 0, in units of its encoding."""
        at = self._server.workspace.get_text_document(uri).position_from_client_units(position)
        return _path(uri), at.line + 1, at.character + 1

    def _range(self, uri: str, of: Edit) -> lsp.Range:
        document = self._server.workspace.get_text_document(uri)
        start = document.position_to_client_units(ServerTextPosition(of.line - 1, of.column - 1))
        end = document.position_to_client_units(ServerTextPosition(of.end_line - 1, of.end_column - 1))
        return lsp.Range(start, end)


def _path(uri: str) -> Path:
    return Path(to_fs_path(uri) or "")
