"""The page "Rules": the rules in force, how often each decided, the effect of a changed file, and the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest, NotFound

from onedesk_quickbooks.plugin.app.rules_api import EVER, Past
from onedesk_quickbooks.plugin.ruleset.explain import outcome_text, subject_text
from onedesk_quickbooks.plugin.ruleset.keys import fields, settings
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice, RulesProblem
from onedesk_quickbooks.plugin.texts import Text, gettext, say, text_of
from onedesk_quickbooks.plugin.web import guard
from onedesk_quickbooks.plugin.web.texts import said

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application
    from onedesk_quickbooks.plugin.app.rules_api import Moves, RulesNow
    from onedesk_quickbooks.plugin.findings import Finding
    from onedesk_quickbooks.plugin.ruleset.fmt.show import ShownRow

PERIODS = {
    "200": Text("the last 200 invoices"),
    "1000": Text("the last 1,000 invoices"),
    "30d": Text("the invoices of the last 30 days"),
    "90d": Text("the invoices of the last 90 days"),
    "365d": Text("the invoices of the last year"),
    "all": Text("all invoices"),
}
"""The past invoices to count, or to decide again: a thousand take a second or two."""
COUNTED, MOVED = "200", "1000"
"""The defaults."""
SHOWN = 200
"""The maximum number of rules of one decision, and of moves, on the page."""
_SAID = {
    "taken": Text("The file is in force."),
    "back": Text("The previous rules are in force again."),
    "saved": Text("The file is saved, and in force from the next invoice on."),
    "same": Text("The file is saved. It decides as before."),
}


SEVERITIES = {"error": Text("Error"), "warning": Text("Warning"), "note": Text("Note")}
_COUNTED = {
    "error": (Text("{n} error"), Text("{n} errors")),
    "warning": (Text("{n} warning"), Text("{n} warnings")),
    "note": (Text("{n} note"), Text("{n} notes")),
}


@dataclass(frozen=True, slots=True)
class Table:
    """The rules of one decision, `rest` of them not shown; `found` are the findings of each row."""

    decision: str
    rows: Sequence[ShownRow]
    rest: int
    found: Sequence[Sequence[Finding]]


def add_rules(app: Flask, application: Application) -> None:
    """Register the pages and their actions."""
    app.add_template_filter(_words, "words")
    app.add_template_filter(lambda field: say(fields()[field].says), "asked")
    app.add_template_filter(lambda path: Path(str(path)).name, "name")
    app.add_template_filter(lambda each: say(outcome_text(each["table"], each["outcome"])), "decided")
    app.add_template_filter(lambda subject: say(subject_text(subject)), "subject")
    app.add_template_filter(_went, "went")
    _add_tables(app, application)
    _add_taking(app, application)
    _add_editing(app, application)


def _words(what: str) -> str:
    """The name of a decision for people."""
    title = next((each.title for each in settings().values() if what in (each.id, each.explained)), "")
    return say(title[:1].lower() + title[1:]) if title else say(what.replace("_", " "))


def _went(what: str, where: str) -> str:
    """The outcome for a line, in the words of case files; the outcome for an invoice, in the form for people."""
    if not where:
        return gettext("nothing")
    if where == "company_default":
        return gettext("the one under Administration > Financials")
    return say(where) if what == "outcome" else where


def _add_tables(app: Flask, application: Application) -> None:
    @app.get("/rules")
    def rules() -> Any:
        guard.administrator(application)
        now, (chosen, past) = application.rules_now(), _period(application, COUNTED)
        shown = application.rules_shown(None, application.counted(past))
        return render_template(
            "rules.html",
            now=now,
            file=_file(application, now.path),
            text=application.rules_text(),
            tables=_tables(now, [row for row in shown if not row.fixed]),
            settings=[row for row in shown if row.fixed],
            chosen=chosen,
            periods=PERIODS,
            said=_SAID.get(request.args.get("done", ""), ""),
        )

    @app.get("/rules/try")
    def try_rules() -> Any:
        guard.administrator(application)
        word = request.args.get("invoice", "").strip()[:200]
        tried, problem = None, ""
        if word:
            try:
                tried = application.try_invoice(word)
                problem = "" if tried else Text("There is no invoice “{word}”: give its id or its number.", word=word)
            except InvalidInvoice as refused:
                problem = text_of(refused)
        return render_template(
            "rules_try.html",
            word=word,
            now=tried.now.to_json() if tried else None,
            then=tried.then.to_json() if tried and tried.then else None,
            waits=bool(application.rules_now().waiting),
            problem=problem,
            recent=application.recently_asked(),
        )


def _add_taking(app: Flask, application: Application) -> None:
    @app.get("/rules/waiting")
    def waiting() -> Any:
        guard.administrator(application)
        now, (chosen, past) = application.rules_now(), _period(application, MOVED)
        moves = application.waiting_moves(past)
        return _moves(application, now, moves, "take", chosen) if moves else redirect(url_for("rules"), 303)

    @app.get("/rules/back/<version>")
    def version(version: str) -> Any:
        guard.administrator(application)
        now, (chosen, past) = application.rules_now(), _period(application, MOVED)
        return _moves(application, now, application.back_moves(version, past), "back", chosen)

    @app.post("/rules/take")
    def take() -> Any:
        user = guard.administrator(application)
        guard.own_form()
        does, wanted, seen = (request.form.get(name, "") for name in ("do", "version", "before"))
        if does == "take":
            application.take_rules(wanted, user, seen)
        elif does == "back":
            application.back_to_rules(wanted, user, seen)
        else:
            raise BadRequest(gettext("Choose one of the buttons on the page."))
        return redirect(url_for("rules", done="taken" if does == "take" else "back"), 303)


def _moves(application: Application, now: RulesNow, moves: Moves, does: str, chosen: str) -> str:
    return render_template(
        "rules_moves.html",
        now=now,
        file=_file(application, now.path),
        moves=moves,
        does=does,
        chosen=chosen,
        periods=PERIODS,
        most=SHOWN,
    )


def _add_editing(app: Flask, application: Application) -> None:
    @app.get("/rules/edit")
    def edit() -> Any:
        guard.administrator(application)
        text = application.rules_text()
        if text.closed:
            raise NotFound(text.closed)
        return _editor(application, text.text, text.digest)

    @app.post("/rules/edit/found")
    def found() -> Any:
        """The findings of a text, for a page that checks while the user types."""
        guard.administrator(application)
        guard.own_form()
        return render_template("rules_found.html", findings=application.findings_of(_text()))

    @app.post("/rules/edit")
    def save() -> Any:
        user = guard.administrator(application)
        guard.own_form()
        text = _text()
        digest = request.form.get("digest", "")
        if request.form.get("do") != "save":
            return _editor(application, text, digest, checked=True)
        before = application.rules_now().hash
        try:
            if application.save_rules(text, digest, user):
                return _editor(
                    application, text, digest, checked=True, problem=Text("Nothing was saved: it has mistakes.")
                )
        except RulesProblem as problem:
            return _editor(application, text, digest, problem=text_of(problem)), 409
        now = application.rules_now()
        if now.waiting:
            return redirect(url_for("waiting"), 303)
        return redirect(url_for("rules", done="same" if now.hash == before else "saved"), 303)


def _text() -> str:
    """The text as typed; browsers send other line ends."""
    return request.form.get("text", "").replace("\r\n", "\n").replace("\r", "\n")


def _editor(application: Application, text: str, digest: str, *, checked: bool = False, problem: str = "") -> str:
    chosen, past = _period(application, MOVED)
    findings, moves = application.check_text(text, past) if checked else ((), None)
    return render_template(
        "rules_edit.html",
        file=_file(application, application.rules_text().path),
        confirms=application.rules_now().confirms,
        text=text,
        digest=digest,
        checked=checked,
        findings=findings,
        moves=moves,
        chosen=chosen,
        periods=PERIODS,
        most=SHOWN,
        problem=problem,
    )


def _file(application: Application, path: Path) -> str:
    """The name of the file for people."""
    if path == DEFAULT_RULES:
        return Text("the shipped default")
    return path.name if str(path.parent) == application.places[1] else str(path)


def _period(application: Application, default: str) -> tuple[str, Past]:
    """The selected past invoices."""
    chosen = request.values.get("past", "")
    chosen = chosen if chosen in PERIODS else default
    if chosen == "all":
        return chosen, EVER
    number = int(chosen.removesuffix("d"))
    if not chosen.endswith("d"):
        return chosen, Past(most=number)
    return chosen, Past(application.now().date() - timedelta(days=number))


def _tables(now: RulesNow, shown: Sequence[ShownRow]) -> list[Table]:
    at: dict[tuple[str, int], list[Finding]] = {}
    for each in now.findings:
        at.setdefault((each.file, each.line), []).append(each)
    found: dict[str, list[ShownRow]] = {}
    for row in shown:
        found.setdefault(row.decision, []).append(row)
    return [
        Table(
            decision,
            rows[:SHOWN],
            max(0, len(rows) - SHOWN),
            [at.get((row.at.file, row.at.line), ()) for row in rows[:SHOWN]],
        )
        for decision, rows in found.items()
    ]


def count_of_findings(found: Sequence[Finding]) -> str:
    """How many findings there are, most severe first."""
    counts = ((sum(each.severity == name for each in found), *words) for name, words in _COUNTED.items())
    return ", ".join(said(number, one, many) for number, one, many in counts if number)
