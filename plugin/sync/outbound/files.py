"""Attaches the files of an invoice to it in QuickBooks, one request for each, with our note."""

from __future__ import annotations

import logging

from onedesk_quickbooks.plugin.ledger import Request
from onedesk_quickbooks.plugin.model.plan import AttachFile
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.planning import attachment_note
from onedesk_quickbooks.plugin.qbo import (
    ATTACHABLE,
    FORMS,
    AnswerUnknown,
    QuickBooksProblem,
    Refused,
    Throttled,
    attachable_body,
    attached_already,
    where_attached,
)
from onedesk_quickbooks.plugin.sync.host_client import file_of
from onedesk_quickbooks.plugin.sync.outbound import stages
from onedesk_quickbooks.plugin.sync.outbound.outbox import Dispatcher
from onedesk_quickbooks.plugin.sync.outbound.stages import Applied, Ended, Planned, Waiting
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text, text_in

_log = logging.getLogger("onedesk_quickbooks.sync")


class Attacher:
    """Attaches the files of one company's invoices."""

    def __init__(self, services: Services, realm_id: str, dispatcher: Dispatcher) -> None:
        self._services = services
        self._realm_id = realm_id
        self._dispatcher = dispatcher
        self._quickbooks = services.quickbooks(realm_id)

    def attach(self, applied: Applied) -> Applied | Ended | Waiting:
        """Attach the files that the plan names, one at a time; files that already carry our note are left."""
        planned, qbo, work = applied.planned, applied.qbo, applied.planned.work
        found = planned.before is not None and planned.before.found  # a copy that the ledger does not know
        for each in planned.plan.attach:
            note = attachment_note(planned.work.od_invoice_id, each.id)
            body = attachable_body(FORMS[qbo.kind], qbo.id, each.name, each.content_type, note, each.send)
            rows = self._quickbooks.query_all(ATTACHABLE, where_attached(body)) if found else ()
            if attached_already(rows, body):
                continue
            content = self._content(planned, each)
            if isinstance(content, str):
                return stages.refused(planned, content, qbo, code="attachment-unread")
            self._dispatcher.keep_file(planned.work.od_invoice_id, each.id, content)
            facts = {"attachment": each.id, "qbo_id": qbo.id, "name": each.name}
            context = {**facts, "od_number": planned.plan.invoice_number}
            request = Request(
                self._realm_id,
                work.id,
                work.od_invoice_id,
                f"file {each.name}"[:700],
                "upload",
                ATTACHABLE,
                body,
                context,
            )
            done = self._dispatcher.dispatch([request])[0]
            if done.answer is None:
                return self._not_attached(applied, each, done.problem or Text("it was not done"))
        return applied

    def _content(self, planned: Planned, file: AttachFile) -> bytes | str:
        """The content from the host, or why it is not attached. Raises `NotNow`."""
        try:
            content = file_of(self._services.host, planned.work.od_invoice_id, file.id)
        except NotNow:
            raise
        except Exception as problem:
            _log.exception("the host could not return a file of invoice %s", planned.work.od_invoice_id)
            kind = type(problem).__name__
            return Text(
                'Copied, not e-mailed: OneDesk could not give the file "{name}" ({kind}; the log has more). Fix that, '
                "then copy or send it again.",
                name=file.name,
                kind=kind,
            )
        if content is None or len(content) != file.size:
            return Text(
                'Copied, not e-mailed: OneDesk does not give the file "{name}" with the {n} bytes that it announced. '
                "Copy or send it again.",
                name=file.name,
                n=file.size,
            )
        return content

    def _not_attached(self, applied: Applied, file: AttachFile, problem: QuickBooksProblem | str) -> Ended | Waiting:
        if isinstance(problem, (Throttled, AnswerUnknown)):
            return Waiting(applied.planned.work, problem)
        text = problem.sentence if isinstance(problem, Refused) else text_in(problem)
        stops = problem if isinstance(problem, Refused) and problem.do == "stop" else None
        said = Text('Copied, not e-mailed: the file "{name}" was not attached. {text}', name=file.name, text=text)
        return stages.refused(applied.planned, said, applied.qbo, stops)
