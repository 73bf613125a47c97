"""The channels of alerts: e-mail, JSON to a URL, the host's plugins."""

from __future__ import annotations

import ipaddress
import logging
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import requests

from onedesk_quickbooks.plugin.model.host import Alert
from onedesk_quickbooks.plugin.model.legible import lines, one_line
from onedesk_quickbooks.plugin.qbo import cut_after, new_session
from onedesk_quickbooks.plugin.sync.settings import Settings
from onedesk_quickbooks.plugin.texts import Text, say

_log = logging.getLogger("onedesk_quickbooks.alerts")

_MOST_SAID = 1 << 20
"""The maximum of bytes from a mail server during a mail."""
TIMEOUT = 15.0
"""Seconds until a mail server or a webhook counts as unreachable."""

Channel = Callable[[Alert, str], None]
"""Takes an alert and the name of the company."""

OURS = ("mail", "webhook")
"""The channels whose errors are not the host's."""

DELIVERY_PROBLEMS = (OSError, smtplib.SMTPException, requests.RequestException)
"""The exceptions of a channel for an alert that could not be delivered."""


def channels_for(settings: Settings, hook: Callable[..., Any] | None) -> dict[str, Channel]:
    """The configured channels, by name. `hook` is called with `alert=`."""
    found: dict[str, Channel] = {}
    if settings.alert_to:
        found["mail"] = lambda alert, company: send_mail(settings, alert, company)
    if settings.alert_webhook:
        found["webhook"] = lambda alert, company: post(settings.alert_webhook, alert, company)
    if hook is not None:
        found["hook"] = lambda alert, company: hook(alert=alert)
    return found


def send_mail(settings: Settings, alert: Alert, company: str, seconds: float = TIMEOUT) -> None:
    """E-mail it to all addresses in alert_to; `seconds` each to find the server, to sign in and to send. Raises OSError
    or SMTPException."""
    to = [_address(each) for each in settings.alert_to.split(",")]
    title = one_line(alert.title)  # it has numbers of invoices, which others choose
    message = EmailMessage()
    message["From"] = _address(settings.alert_from) or to[0]
    message["To"] = ", ".join(to)
    message["Subject"] = title if len(title) <= _LONGEST else f"{title[:_LONGEST]} ..."
    message["Auto-Submitted"] = "auto-generated"
    of = Text("QuickBooks company: {name}", name=one_line(company))
    since = Text("Since: {when}", when=f"{alert.since:%Y-%m-%d %H:%M} UTC")
    paragraphs = (lines(alert.text), "", say(of, settings.language), say(since, settings.language), "")
    message.set_content("\n".join(paragraphs))
    server = _mail_server(settings.smtp_url, seconds)
    try:
        with cut_after(seconds, server):
            refused = server.send_message(message)
        with suppress(OSError):  # the server has the mail: its answer to this is not waited for
            server.putcmd("quit")
    finally:
        server.close()
    if refused:
        _log.warning("the mail server refused %d of the %d addresses in alert_to", len(refused), len(to))


_LONGEST = 200
"""The length of a subject."""


def _address(text: str) -> str:
    """The address for a mail server: an internationalised domain in ASCII."""
    user, at, domain = text.strip().rpartition("@")
    try:
        return f"{user}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return text.strip()


class _Mail(smtplib.SMTP):
    """An SMTP client whose time for the greeting and size of replies are limited."""

    def connect(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        with cut_after(self.timeout, self):
            return super().connect(*args, **options)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Said(self.sock.makefile("rb"))
        return super().getreply()


class _SecureMail(_Mail, smtplib.SMTP_SSL):
    pass


class _Said:
    """The lines of a mail server: a reply may have any number of them."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._left = _MOST_SAID

    def readline(self, size: int) -> bytes:
        """Raises OSError where the server sends too much."""
        line = bytes(self._file.readline(size))
        self._left -= len(line)
        if self._left < 0:
            raise OSError("the mail server says more than a megabyte")
        return line

    def close(self) -> None:
        """Close the stream with the connection."""
        self._file.close()


def _mail_server(url: str, seconds: float) -> smtplib.SMTP:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = _SecureMail(host, parts.port or 465, timeout=seconds, context=context)
    else:
        server = _Mail(host, parts.port or 587, timeout=seconds)
    try:
        with cut_after(seconds, server):
            _sign_in(server, parts, context)
    except BaseException:
        server.close()
        raise
    return server


def _sign_in(server: smtplib.SMTP, parts: SplitResult, context: ssl.SSLContext) -> None:
    host = parts.hostname or "localhost"
    server.ehlo()
    if parts.scheme == "smtp" and server.has_extn("starttls"):
        server.starttls(context=context)
    elif parts.scheme == "smtp" and not is_loopback(host):
        raise smtplib.SMTPNotSupportedError(
            f"{host} offers no encryption (STARTTLS), so nothing is sent; write smtps:// in smtp_url, or"
            " smtp+plain:// to send without"
        )
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def post(url: str, alert: Alert, company: str, seconds: float = TIMEOUT) -> None:
    """POST it as JSON: alert, kind, title, text, since (ISO 8601), company. Raises RequestException where it was not
    accepted: a redirect is a failure, and the body of the answer is not read."""
    fields = {
        "alert": alert.key,
        "kind": alert.kind,
        "title": alert.title,
        "text": alert.text,
        "since": alert.since.isoformat(),
        "company": company,
    }
    with (
        new_session() as session,
        session.post(url, json=fields, timeout=seconds, allow_redirects=False, stream=True) as answer,
    ):
        if not 200 <= answer.status_code < 300:
            raise requests.HTTPError(f"it answered {answer.status_code}")
