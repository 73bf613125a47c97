"""The files of the host's invoice that are attached in QuickBooks, and those that QuickBooks does not accept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from onedesk_quickbooks.plugin.model.books import Copied
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.host import Attachment
from onedesk_quickbooks.plugin.model.plan import AttachFile, Reason
from onedesk_quickbooks.plugin.planning.markers import marker
from onedesk_quickbooks.plugin.texts import Text

TYPES = {
    "ai": "application/postscript",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "eps": "application/postscript",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "pages": "application/vnd.apple.pages",
    "pdf": "application/pdf",
    "png": "image/png",
    "rtf": "application/rtf",
    "tif": "image/tiff",
    "txt": "text/plain",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
}
"""The accepted types, by suffix."""
MOST_BYTES, MOST_MAILED = 100_000_000, 20_000_000
"""The maximum size of a file in QuickBooks; and of all files of an e-mail, for mail servers."""
LONGEST_NAME = 1000


_ZIP, _ENCRYPTED = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BEGINS: Mapping[str, tuple[bytes, ...]] = {
    "docx": (_ZIP, _ENCRYPTED),
    "gif": (b"GIF8",),
    "jpeg": (b"\xff\xd8\xff",),
    "jpg": (b"\xff\xd8\xff",),
    "ods": (_ZIP,),
    "pages": (_ZIP,),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "rtf": (b"{\\rtf",),
    "tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    "xlsx": (_ZIP, _ENCRYPTED),
}
"""The first bytes of files by type; types with many forms are left out."""
_PDF, _WITHIN = b"%PDF-", 1024
"""A PDF has this somewhere in its first bytes."""


def is_as_named(name: str, content: bytes) -> bool:
    """Whether a file may have the type of its name, by its first bytes."""
    ending = name.rpartition(".")[2].casefold()
    if ending == "pdf":
        return _PDF in content[:_WITHIN]
    return ending not in _BEGINS or content.startswith(_BEGINS[ending])


def attachment_note(invoice_id: str, attachment_id: str) -> str:
    """The note of an attachment in QuickBooks that marks it as ours."""
    return f"{marker(invoice_id)}, file {attachment_id}"


def to_attach(
    files: Sequence[Attachment], decisions: InvoiceDecisions, before: Copied | None
) -> tuple[AttachFile, ...]:
    """The files that QuickBooks does not have yet and accepts."""
    if decisions.attachments == "no":
        return ()
    there = before.attached if before else frozenset()
    new = {each.id: each for each in reversed(files) if each.id not in there}
    send = decisions.attachments == "send"
    return tuple(
        AttachFile(each.id, each.name, each.size, TYPES[_ending(each)], send)
        for each in files
        if new.pop(each.id, None) is not None and _ending(each) in TYPES
    )


def unfit_files(files: Sequence[Attachment], decisions: InvoiceDecisions, before: Copied | None) -> list[Reason]:
    """Why the invoice is held because of its files."""
    if decisions.attachments == "no":
        return []
    there = before.attached if before else frozenset()
    found = [reason for each in files if each.id not in there for reason in _unfit(each)]
    total = sum(each.size for each in files)
    if decisions.attachments == "send" and total > MOST_MAILED and not found:
        sentence = Text(
            "The files of the invoice have {n} bytes together, and an e-mail takes {most}; leave some out in OneDesk, "
            "or have them kept in QuickBooks alone (invoices.attachments: keep).",
            n=total,
            most=MOST_MAILED,
        )
        found.append(Reason("attachment-size", sentence))
    return found


def _ending(file: Attachment) -> str:
    return file.name.rpartition(".")[2].casefold() if "." in file.name else ""


def _unfit(file: Attachment) -> Iterator[Reason]:
    if _ending(file) not in TYPES or len(file.name) > LONGEST_NAME or not file.name.isprintable():
        sentence = Text(
            'QuickBooks does not take the file "{name}"; leave it out in OneDesk, or have it as one of these: {types}.',
            name=file.name[:100],
            types=", ".join(TYPES),
        )
        yield Reason("attachment-type", sentence)
    elif not 0 < file.size <= MOST_BYTES:
        sentence = Text(
            'The file "{name}" has {n} bytes, and QuickBooks takes 1 to {most}; leave it out in OneDesk, or have it '
            "in another size.",
            name=file.name,
            n=file.size,
            most=MOST_BYTES,
        )
        yield Reason("attachment-size", sentence)
