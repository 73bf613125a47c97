"""Desks in real servers, connected to a company, and what people do in front of them."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.cli.test_work import invoice
from tests.hosts.serving import Browser, Served, served
from tests.hosts.site import FINANCIALS

GUNICORN = (
    *("gunicorn", "-w", "2", "-b", "127.0.0.1:0", "--graceful-timeout", "15"),
    "tests.hosts.django_desk:application",
)
"""A worker that is asked to end while it starts does not hear it: gunicorn ends it after the time given."""
UVICORN = ("uvicorn", "--factory", "tests.hosts.fastapi_desk:make_app", "--port", "0")
_UWSGI = ("uwsgi", "--http-socket", "127.0.0.1:0", "--home", sys.prefix, "--module", "tests.hosts.django_desk")
UWSGI = (*_UWSGI, "--master", "--processes", "2", "--enable-threads", "--add-header", "Connection: close")
POST_FORK = """
def post_fork(server, worker):
    from tests.hosts import django_desk
    django_desk.start()
"""


@contextmanager
def connected(command: tuple[str, ...], home: Path, start: str = "now") -> Iterator[tuple[Served, Browser]]:
    """A server whose administrator has connected the company, and a colleague in front of it."""
    (home.parent / "post_fork.py").write_text(POST_FORK)
    words = [str(home.parent / word) if word == "post_fork.py" else word for word in command]
    with served(words, home, DESK_START=start) as server:
        connect(Browser(server.url, "ada"))
        yield server, Browser(server.url, "gus")


def connect(ada: Browser) -> None:
    """As a person does it on the pages: consent at QuickBooks, back without a session, the account for new items."""
    asked = ada.get("/quickbooks/connect", follow=False).headers["Location"]
    back = requests.post(asked, data={"decision": "approve"}, allow_redirects=False, timeout=30).headers["Location"]
    callback = urlsplit(back)
    assert ada.returning().get(f"{callback.path}?{callback.query}", follow=False).headers["Location"] == FINANCIALS
    page = html.unescape(ada.get(FINANCIALS).text)
    form = re.search(r'action="([^"]*default_income_account)">(.*?)</form>', page)
    assert form, page
    token, account = re.search(r'value="([^"]+)"', form[2]), re.search('value="([^"]*)">Services<', form[2])
    assert token and account, page
    assert ada.post(form[1], form_token="x", value=account[1]).status_code == 400
    assert ada.post(form[1], form_token=token[1], value=account[1]).status_code == 200


def opened(gus: Browser, invoice_id: str) -> None:
    gus.keep({**invoice(invoice_id, email="books@harbor.example"), "status": "draft"})
    gus.do(invoice_id, "open")


def one_each(books: Any, number: str) -> Any:
    """The invoice in QuickBooks; there is one, and one e-mail."""
    (found,) = books.sandbox.list("Invoice", f"DocNumber = '{number}'")
    assert len(books.sandbox.outbox()) == 1
    return found
