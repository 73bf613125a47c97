"""Files of a multipart request: attachments (`POST /upload`)."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from onedesk_quickbooks.plugin.sandbox.books.attachables import keep_file
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.entities import operations
from onedesk_quickbooks.plugin.sandbox.wire.answers import fault_value
from onedesk_quickbooks.plugin.sandbox.wire.calls import Call, read_json
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import Body
from onedesk_quickbooks.plugin.sandbox.wire.xml import to_json


class Part(NamedTuple):
    """A part of a multipart body: its file name (empty if it has none), its type, its decoded content."""

    filename: str
    type: str
    content: bytes


def upload(books: Books, call: Call) -> list[Body]:
    """Store every `file_content_N` with its `file_metadata_N`; each file that fails is answered by a Fault.

    Raises Refused 2010, 2020.
    """
    parts = _parts(call)
    found: list[Body] = []
    for key, part in parts.items():
        if not key.startswith("file_content"):
            continue
        name = part.filename or key
        body = _metadata(parts.get(key.replace("content", "metadata")))
        body.setdefault("FileName", name)
        try:
            made = operations.create(books, "Attachable", body)
        except Refused as error:  # before anything is written
            found.append({"Fault": fault_value(error, books.store.meta("language", "en"))})
        else:
            found.append({"Attachable": keep_file(books, made, name, part.type, part.content)})
    if not found:
        raise missing("file_content_0")
    return found


def _metadata(part: Part | None) -> Body:
    """The Attachable of a part, in JSON or XML; an empty one if there is no part."""
    text = part.content.strip() if part else b""
    return read_json(to_json(text) if text.startswith(b"<") else text or b"{}")


def _parts(call: Call) -> dict[str, Part]:
    """The parts by name. A part may lack its file name, the body its last boundary. Raises Refused 2010."""
    boundary = parse_options_header(call.type)[1].get("boundary", "").encode()
    if not boundary:
        return {}
    end = b"--" + boundary + b"--"
    decoder = MultipartDecoder(boundary)
    decoder.receive_data(call.body if end in call.body else call.body.rstrip(b"\r\n") + b"\r\n" + end + b"\r\n")
    decoder.receive_data(None)
    found: dict[str, Part] = {}
    heads: list[tuple[Field | File, list[bytes]]] = []
    try:
        event = decoder.next_event()
        while not isinstance(event, Epilogue | NeedData):
            if isinstance(event, Field | File):
                heads.append((event, []))
            elif isinstance(event, Data):
                heads[-1][1].append(event.data)
            event = decoder.next_event()
    except ValueError as error:
        raise refusal("2010", f"Property Name:{error} specified is unsupported or invalid") from None
    for head, chunks in heads:
        found[str(head.name)] = _part(head, b"".join(chunks))
    return found


def _part(head: Field | File, content: bytes) -> Part:
    if head.headers.get("Content-Transfer-Encoding", "").strip().lower() == "base64":
        try:
            content = base64.b64decode(content.rstrip(b"=\r\n ") + b"===")  # the padding may be missing
        except binascii.Error:
            raise refusal("2010", f"Property Name:{head.name} specified is unsupported or invalid") from None
    kind = parse_options_header(head.headers.get("Content-Type", ""))[0]
    return Part(getattr(head, "filename", "") or "", kind, content)
