"""A desk in FastAPI, in one file: everything of its own is `async`, and the plugin is called from threads.

`uvicorn --factory tests.hosts.fastapi_desk:make_app` serves the data directory `DESK_HOME`.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import pluggy
from a2wsgi import WSGIMiddleware
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from werkzeug import Request as WsgiRequest

from onedesk_quickbooks.hooks import HostEvents, InvoiceJson, NotNow, Payment, QuickBooksPlugin, Reversal
from tests.hosts import site

T = TypeVar("T")
_TABLES = """
create table if not exists invoice (id text primary key, body text, tag text default '', link text, left text);
create table if not exists note (id text, key text, text text, primary key (id, key));
create table if not exists payment (id text primary key, invoice text, stands int default 1);
create table if not exists session (id text primary key, user text, form_token text);
"""
_SETTLE = "update invoice set left = ?, body = json_set(body, '$.status', ?) where id = ?"


class Store:
    """The desk's data, as an async driver gives it: awaited, each call a transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def prepare(self) -> None:
        await self._run(lambda file: file.executescript(_TABLES))

    async def rows(self, *statements: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """All statements in one transaction; the rows of the last. The others follow only where one changed a row."""
        return await self._run(partial(_in_turn, statements))

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def in_thread() -> T:
            with closing(sqlite3.connect(self._path, timeout=10)) as file, file:
                return work(file)

        return await asyncio.to_thread(in_thread)


def _in_turn(statements: Iterable[tuple[Any, ...]], file: sqlite3.Connection) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for statement, *values in statements:
        cursor = file.execute(statement, values)
        rows = cursor.fetchall()
        if not cursor.rowcount:
            break
    return rows


class Desk:
    """The six methods: plain ones, which hand over to the event loop and wait for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loop = asyncio.get_running_loop()

    def _wait(self, *statements: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        coroutine: Coroutine[Any, Any, list[tuple[Any, ...]]] = self._store.rows(*statements)
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        rows = self._wait(("select body from invoice where id = ?", invoice_id))
        return json.loads(rows[0][0]) if rows else None

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        self._wait(("update invoice set tag = ?, link = ? where id = ?", tag, link, invoice_id))

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        if text:
            self._wait(("insert or replace into note values (?, ?, ?)", invoice_id, key, text))
        else:
            self._wait(("delete from note where id = ? and key = ?", invoice_id, key))

    def record_payment(self, payment: Payment) -> None:
        new = ("insert or ignore into payment (id, invoice) values (?, ?)", payment.id, payment.invoice_id)
        self._wait(new, _settled(payment.balance.amount, payment.invoice_id))

    def reverse_payment(self, reversal: Reversal) -> None:
        gone = ("update payment set stands = 0 where id = ? and stands", reversal.payment_id)
        self._wait(gone, _settled(reversal.balance.amount, reversal.invoice_id))

    def may_administer(self, user: str) -> bool:
        return user == "ada"


def _settled(left: Any, invoice_id: str) -> tuple[Any, ...]:
    return (_SETTLE, str(left), "open" if left else "paid", invoice_id)


class Running:
    """What the application has while it is up."""

    desk: Desk
    hook: Any
    store: Store


def make_app(home: Path | None = None, plugin: object | None = None) -> FastAPI:
    """The site for a data directory, with one plugin."""
    home = home or Path(os.environ["DESK_HOME"])
    running = Running()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running.store = Store(home.with_suffix(".desk"))
        await running.store.prepare()
        running.desk = Desk(running.store)
        plugins = pluggy.PluginManager("onedesk")
        plugins.add_hookspecs(HostEvents)
        plugins.register(plugin or QuickBooksPlugin())
        running.hook = plugins.hook
        started = partial(plugins.hook.on_host_started, host=running.desk, plugins=plugins, data_directory=home)
        await run_in_threadpool(started)
        for pages in plugins.hook.web_pages():
            mounted: Any = WSGIMiddleware(partial(_plugin_page, running, pages.app))
            app.mount(pages.prefix, mounted)
        yield
        await run_in_threadpool(plugins.hook.on_host_stopping)

    app = FastAPI(lifespan=lifespan)
    app.state.running = running
    _add_routes(app, running)
    return app


def _plugin_page(running: Running, app: Any, environ: dict[str, Any], start_response: Any) -> Any:
    """A page of the plugin, in a thread: it knows who is signed in."""
    cookie = WsgiRequest(environ).cookies.get("session", "")
    rows = running.desk._wait(("select user, form_token from session where id = ?", cookie))
    environ["onedesk.user"], environ["onedesk.form_token"] = rows[0] if rows else ("", "")
    environ["onedesk.return_to"] = site.FINANCIALS
    return app(environ, start_response)


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _add_routes(app: FastAPI, running: Running) -> None:
    async def who(request: Request) -> tuple[str, str]:
        cookie = request.cookies.get("session", "")
        rows = await running.store.rows(("select user, form_token from session where id = ?", cookie))
        return rows[0] if rows else ("", "")

    @app.exception_handler(NotNow)
    async def not_now(request: Request, problem: Exception) -> Response:
        return PlainTextResponse(str(problem), 503)

    @app.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        user, cookie = (await _form(request))["user"], secrets.token_urlsafe()
        await running.store.rows(("insert into session values (?, ?, ?)", cookie, user, secrets.token_urlsafe()))
        answer = PlainTextResponse("signed in")
        answer.set_cookie("session", cookie, samesite="lax", httponly=True)
        return answer

    @app.put("/invoices/{invoice_id}")
    async def keep(request: Request, invoice_id: str) -> None:
        body = json.dumps(await request.json())
        await running.store.rows(("insert into invoice (id, body) values (?, ?)", invoice_id, body))

    @app.get("/invoices/{invoice_id}")
    async def show(invoice_id: str) -> Response:
        ((body, tag, link, left),) = await running.store.rows(
            ("select body, tag, link, left from invoice where id = ?", invoice_id)
        )
        notes = await running.store.rows(("select text from note where id = ?", invoice_id))
        paid = await running.store.rows(("select id from payment where invoice = ? and stands", invoice_id))
        invoice = json.loads(body)
        offered = await run_in_threadpool(partial(running.hook.invoice_actions, invoice=invoice))
        return JSONResponse(
            {
                "status": invoice["status"],
                "tags": {tag: link} if tag else {},
                "notes": [text for (text,) in notes],
                "payments": [each for (each,) in paid],
                "left": left or invoice["total"],
                "actions": [action.label for some in offered for action in some],
            }
        )

    @app.post("/invoices/{invoice_id}/{name}")
    async def perform(request: Request, invoice_id: str, name: str) -> Response:
        """Changed and committed, then reported from a thread: the event loop has to be free for the six methods."""
        form = await _form(request)
        ((body,),) = await running.store.rows(("select body from invoice where id = ?", invoice_id))
        invoice = site.after(name, json.loads(body), form)
        if name == "delete":
            await running.store.rows(("delete from invoice where id = ?", invoice_id))
        else:
            changed = ("update invoice set body = ? where id = ?", json.dumps(invoice), invoice_id)
            await running.store.rows(changed)
        user, _ = await who(request)
        await run_in_threadpool(partial(site.call_hook, running.hook, name, invoice, user, form))
        return PlainTextResponse(str(os.getpid()))

    @app.get(site.FINANCIALS)
    async def financials(request: Request) -> Response:
        user, token = await who(request)
        shown = await run_in_threadpool(partial(running.hook.settings_to_show, user=user))
        return HTMLResponse(site.financials(shown, token))
