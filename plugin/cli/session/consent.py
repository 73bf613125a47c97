"""Consent to a connection: in a browser with a callback on the loopback, or automatically with the sandbox."""

from __future__ import annotations

import sys
import threading
import webbrowser
from collections.abc import Callable, Iterable
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import click
import requests

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import say
from onedesk_quickbooks.plugin.cli.serving import Server
from onedesk_quickbooks.plugin.cli.session import USER
from onedesk_quickbooks.plugin.texts import Text, gettext, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

PORT = 8417
"""The port for the callback, for which Intuit needs a fixed address."""
PATIENCE_SECONDS = 600
"""Seconds to wait for a person's consent."""
_TIMEOUT = (10, 30)


def settle_on_sandbox(options: Options, base_url: str) -> Callable[[], None]:
    """Write the settings for the sandbox: environment, base URL and its credentials. Returns a function that restores
    settings.yaml."""
    from onedesk_quickbooks.plugin.qbo import new_session
    from onedesk_quickbooks.plugin.sync.settings import is_address, kept_settings, write_settings

    base_url = base_url.rstrip("/")
    if not is_address(base_url, "http", "https"):
        raise CannotRun(
            Text("{base_url} is not a valid address; it looks like http://127.0.0.1:8081", base_url=base_url)
        )
    try:
        with new_session() as session:
            answer = session.get(f"{base_url}/_control/credentials", timeout=_TIMEOUT)
        answer.raise_for_status()
        given = answer.json()
        chosen = {key: str(given[key]) for key in ("client_id", "client_secret", "verifier_token")}
    except (requests.RequestException, ValueError, KeyError) as error:
        raise CannotRun(
            Text("no sandbox of ours answers at {base_url}; start one: onedesk-quickbooks sandbox", base_url=base_url)
        ) from error
    try:
        put_back = kept_settings(options.home)
        write_settings(options.home, {"environment": "local", "base_url": base_url, **chosen})
    except OSError as error:
        raise CannotRun(
            Text(
                "{home} cannot be written ({strerror}); give another --home", home=options.home, strerror=error.strerror
            )
        ) from error
    return put_back


def consent_at_once(application: Application, replace: bool = False) -> None:
    """Submit the consent form as a person who approves. Raises CannotRun, ConnectProblem."""
    from onedesk_quickbooks.plugin.qbo import new_session

    asked = application.begin_connect(USER, "http://127.0.0.1/callback")
    try:
        with new_session() as session:
            answer = session.post(asked, data={"decision": "approve"}, allow_redirects=False, timeout=_TIMEOUT)
    except requests.RequestException as error:
        raise CannotRun(
            Text(
                "the sandbox does not answer at {base_url}; is it still running?",
                base_url=application.settings.base_url,
            )
        ) from error
    if answer.status_code not in (302, 303):
        raise CannotRun(
            Text("the consent page answered {status_code}; is this a sandbox of ours?", status_code=answer.status_code)
        )
    _finish(application, dict(parse_qsl(urlsplit(answer.headers["Location"]).query)), replace)


def consent_in_browser(application: Application, port: int, redirect_uri: str | None, replace: bool) -> None:
    """Open the browser on Intuit's page and wait for the callback. Raises CannotRun, ConnectProblem."""
    callback = _Callback()
    with Server(callback, port) as server:
        asked = application.begin_connect(
            USER, redirect_uri or f"{server.base_url.replace('127.0.0.1', 'localhost')}/callback"
        )
        callback.state = dict(parse_qsl(urlsplit(asked).query)).get("state", "")
        say(Text("Waiting for your consent in the browser. If none opens, go to:\n  {asked}", asked=asked))
        webbrowser.open(asked)
        if not callback.came.wait(PATIENCE_SECONDS):
            raise CannotRun(Text("no consent within ten minutes; run the command again"))
        try:
            _finish(
                application, callback.given, replace, lambda: callback.show(Text("The terminal asks you something."))
            )
            callback.show(Text("Connected. You can close this window and go back to the terminal."))
        except Exception:
            callback.show(Text("It did not work; the terminal says why."))
            raise
        finally:
            callback.answered.wait(5)


def _finish(
    application: Application, given: dict[str, str], replace: bool, asking: Callable[[], None] = lambda: None
) -> None:
    from onedesk_quickbooks.plugin.qbo.oauth import COMPANY
    from onedesk_quickbooks.plugin.sync.errors import AnotherCompany

    if given.get("error") == "access_denied":
        raise CannotRun(Text("consent was refused; nothing was connected"))
    if given.get("error"):
        raise CannotRun(Text("Intuit answered with the error {given}; nothing was connected", given=given["error"]))
    back = (given.get("state", ""), given.get("code", ""), given.get(COMPANY, ""))
    try:
        application.finish_connect(*back, replace)
    except AnotherCompany as problem:
        if not sys.stdin.isatty():
            raise CannotRun(
                Text("{problem} To replace it give the same command with --replace.", problem=problem)
            ) from problem
        asking()
        say(text_in(problem))
        if not click.confirm(gettext("Replace it?"), err=True):
            raise CannotRun(Text("the connection is as it was")) from problem
        application.finish_connect(*back, True)


class _Callback:
    """The page that Intuit redirects the browser to; it waits for the result and shows it. Any page can lead a browser
    here: a request without the `state` is not from Intuit."""

    def __init__(self) -> None:
        self.state = ""
        self.came, self.shown, self.answered = threading.Event(), threading.Event(), threading.Event()
        self.given: dict[str, str] = {}
        self.result = ""

    def show(self, result: str) -> None:
        """Show the result in the browser; only the first call counts."""
        self.result = self.result or result
        self.shown.set()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        given = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        if environ["PATH_INFO"] != "/callback" or not self.state or given.get("state") != self.state:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"There is only /callback here, for the answer that the terminal waits for.\n"]
        if not self.came.is_set():
            self.given = given
            self.came.set()
        self.shown.wait(60)
        page = f"<!doctype html><meta charset=utf-8><title>QuickBooks</title><p>{escape(self.result)}</p>"
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")])
        self.answered.set()
        return [page.encode()]
