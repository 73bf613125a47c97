"""Files of invoices over HTTP: the next copy or send attaches them in QuickBooks, if the rules say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, jsonify, request

from onedesk_quickbooks.plugin.app.inbox import PATIENCE
from onedesk_quickbooks.plugin.web.api import request_data
from onedesk_quickbooks.plugin.web.api.api_problems import ApiProblem
from onedesk_quickbooks.plugin.web.api.import_target import ImportTarget

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application


def add_files(app: Flask, application: Application, into: ImportTarget | None) -> None:
    """Register the routes to list, upload and delete files."""

    @app.get("/files")
    def listed() -> Any:
        request_data.caller(application.ledger, "invoices")
        host, invoice_id = _of(into)
        return _listed(host, invoice_id)

    @app.put("/files")
    def put() -> Any:
        """Replaces a file of the same name; repeating it changes nothing."""
        request_data.caller(application.ledger, "invoices")
        host, invoice_id = _of(into)
        name, content = request_data.parameter("name"), request.get_data()
        request_data.check_file(name, content)
        with application.ledger.hasty(PATIENCE):
            host.put_file(invoice_id, name, content)
        return _listed(host, invoice_id)

    @app.delete("/files")
    def drop() -> Any:
        request_data.caller(application.ledger, "invoices")
        host, invoice_id = _of(into)
        name = request_data.parameter("name")
        if not host.drop_file(invoice_id, name):
            what = f"The invoice has no file {name[:100]!r}."
            raise ApiProblem(404, "no-such-file", what, "GET the files of the invoice to see which it has.", "name")
        return _listed(host, invoice_id)


def _of(into: ImportTarget | None) -> tuple[ImportTarget, str]:
    """The host, and the invoice in the path. Raises `ApiProblem` (404, 409, 422)."""
    host, invoice_id = request_data.own(into), request_data.parameter("invoice")
    if "\x00" in invoice_id or not host.has(invoice_id):
        what = f"There is no invoice {invoice_id[:200]!r}."
        raise ApiProblem(404, "no-such-invoice", what, "Send it first.", "invoice")
    return host, invoice_id


def _listed(host: ImportTarget, invoice_id: str) -> Any:
    found = [{"id": each.id, "name": each.name, "size": each.size} for each in host.files(invoice_id)]
    return jsonify(invoice=invoice_id, files=found)
