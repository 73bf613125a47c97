"""A language server over its standard streams, as an editor uses it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class LanguageServer:
    """A context with a running server; `folder` is the editor's workspace, `command` starts the server, `locale` is the
    editor's language."""

    def __init__(self, folder: Path, command: Sequence[str], locale: str = "en") -> None:
        self._folder = folder
        self._locale = locale
        self._command = command
        self._count = 0
        self._found: dict[str, list[dict[str, Any]]] = {}

    def __enter__(self) -> LanguageServer:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        capabilities = {"workspace": {"configuration": True}}
        uri = self._folder.as_uri()
        given = {"processId": None, "rootUri": uri, "capabilities": capabilities, "locale": self._locale}
        self._ask("initialize", given)
        self._send(method="initialized", params={})
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.kill()
        self._process.communicate()

    def completions(self, file: Path, text: str) -> list[str]:
        """The completions at `|` in the text of a new file."""
        offered = self.ask("completion", file, text)
        return [each["label"] for each in (offered["items"] if isinstance(offered, dict) else offered)]

    def problems(self, file: Path, text: str) -> list[str]:
        """The problems in a new file with this text."""
        return [each["message"] for each in self.marked(file, text)]

    def marked(self, file: Path, text: str) -> list[dict[str, Any]]:
        """The diagnostics of a new file, with places."""
        self._open(file, text)
        return self.marked_next(file)

    def marked_next(self, file: Path) -> list[dict[str, Any]]:
        """The next diagnostics of an open file."""
        while file.as_uri() not in self._found:
            self._take(self._read())
        return self._found.pop(file.as_uri())

    def ask(self, feature: str, file: Path, text: str, **more: Any) -> Any:
        """A request for the place of `|` in the text of a new file; "codeAction" waits for the diagnostics."""
        before, after = text.split("|")
        uri = self._open(file, before + after)
        at = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2].encode("utf-16-le")) // 2}
        if feature == "codeAction":
            self.marked_next(file)
            more = {"range": {"start": at, "end": at}, "context": {"diagnostics": []}}
        return self._ask(f"textDocument/{feature}", {"textDocument": {"uri": uri}, "position": at, **more})

    def write(self, file: Path, text: str) -> None:
        """Change the text of an open file."""
        changed = {"textDocument": {"uri": file.as_uri(), "version": 2}, "contentChanges": [{"text": text}]}
        self._send(method="textDocument/didChange", params=changed)

    def _open(self, file: Path, text: str) -> str:
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._found.pop(file.as_uri(), None)
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        return file.as_uri()

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self._count += 1
        self._send(id=self._count, method=method, params=params)
        while True:
            message = self._read()
            if message.get("id") == self._count and "method" not in message:
                return message["result"]
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            self._found[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message:  # a request, such as for settings
            asked = message["params"].get("items", []) if message["method"] == "workspace/configuration" else None
            self._send(id=message["id"], result=None if asked is None else [None] * len(asked))

    def _send(self, **message: Any) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has ended"
        found: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return found
