"""Files that come with a multipart request: attachments (`POST /upload`)."""

from __future__ import annotations

from io import BytesIO

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import parse_form_data

from onedesk_quickbooks.plugin.sandbox.books.attachables import keep_file
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.entities import operations
from onedesk_quickbooks.plugin.sandbox.wire.calls import Call, read_json
from onedesk_quickbooks.plugin.sandbox.wire.faults import missing
from onedesk_quickbooks.plugin.sandbox.wire.values import Body


def upload(books: Books, call: Call) -> list[Body]:
    """Keeps every `file_content_N` with its `file_metadata_N`. Raises Refused 2010, 2020, 2500."""
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": call.type,
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.input": BytesIO(call.body),
    }
    _, form, files = parse_form_data(environ)
    try:
        return _kept(books, form, files)
    finally:
        for each in files.values():
            each.close()


def _kept(books: Books, form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> list[Body]:
    found = []
    for key, content in files.items():
        if not key.startswith("file_content"):
            continue
        about = key.replace("content", "metadata")
        text = form[about].encode() if about in form else files[about].read() if about in files else b"{}"
        body = read_json(text)
        body.setdefault("FileName", content.filename or key)
        made = operations.create(books, "Attachable", body)
        kept = keep_file(books, made, content.filename or key, content.mimetype, content.read())
        found.append({"Attachable": kept})
    if not found:
        raise missing("file_content_0")
    return found
