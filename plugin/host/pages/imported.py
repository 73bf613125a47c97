"""The page "Import": the invoices of a file, with the result for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, flash, g, render_template, request

from onedesk_quickbooks.plugin.host.imports import OUTCOMES
from onedesk_quickbooks.plugin.host.pages.invoices import address
from onedesk_quickbooks.plugin.texts import gettext, replaced

Bring = Callable[[Path, str], Iterable[Mapping[str, str]]]
"""Imports the invoices of a file in the name of a user; gives id, number, outcome and reason of each."""
SHOWN = 500


def pages(bring: Bring) -> Blueprint:
    """The page /import."""
    part = Blueprint("imported", __name__, url_prefix="/import")

    @part.get("")
    def form() -> str:
        return render_template("import.html", found=None)

    @part.post("")
    def bring_file() -> Any:
        chosen = [(each.filename, each) for each in request.files.getlist("file") if each.filename]
        if len(chosen) != 1:
            several = gettext("Choose one file at a time: nothing was imported.")
            flash(several if chosen else gettext("Choose a file first."), "problem")
            return render_template("import.html", found=None), 422
        [(name, given)] = chosen
        with TemporaryDirectory() as folder:
            path = Path(folder, f"file{Path(name).suffix}")
            given.save(path)
            rows = [{**each, "reason": replaced(each["reason"], str(path), name)} for each in bring(path, g.user.id)]
        outcomes = [each["outcome"] for each in rows]
        return render_template(
            "import.html",
            name=name,
            found=sorted(rows, key=lambda each: each["outcome"] != "failed"),
            counts=[(outcomes.count(each), each) for each in dict.fromkeys(outcomes)],
            names=OUTCOMES,
            shown=SHOWN,
            address=address,
        )

    return part
