"""Over real sockets: inside pytest-httpserver, and on waitress where connections are really cut."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from importlib import import_module
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions


@contextmanager
def serving(sandbox: Sandbox) -> Iterator[str]:
    server: Any = import_module("waitress").create_server(sandbox.wsgi, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.pull_trigger(lambda: server.asyncore.close_all(server._map))
        server.task_dispatcher.shutdown()
        thread.join(10)


def session(sandbox: Sandbox, base: str) -> tuple[requests.Session, str]:
    made = requests.Session()
    credentials = sandbox.credentials(base)
    made.headers.update({"Authorization": f"Bearer {credentials['access_token']}", "Accept": "application/json"})
    return made, f"{base}/v3/company/{sandbox.realm_id}"


def test_inside_pytest_httpserver(httpserver: HTTPServer) -> None:
    with Sandbox(SandboxOptions()) as sandbox:

        def respond(request: Request) -> Response:
            return Response.from_app(sandbox.wsgi, request.environ)

        httpserver.expect_request(".*", method="POST").respond_with_handler(respond)
        import re

        httpserver.expect_request(re.compile(".*")).respond_with_handler(respond)
        base = httpserver.url_for("").rstrip("/")
        assert requests.get(f"{base}/_control/credentials", timeout=10).json()["base_url"] == base
        with closing(session(sandbox, base)[0]) as http:
            reply = http.get(f"{base}/v3/company/{sandbox.realm_id}/customer/1", timeout=10)
            assert reply.json()["Customer"]["DisplayName"] == "Amy's Bird Sanctuary"


def test_cut_connections_and_threads_on_waitress() -> None:
    with Sandbox(SandboxOptions()) as sandbox, serving(sandbox) as base:
        http, root = session(sandbox, base)
        with closing(http):
            sandbox.trouble.order(fault="answer_lost", path="customer")
            with pytest.raises(requests.ConnectionError):
                http.post(f"{root}/customer", json={"DisplayName": "Lost Co"}, timeout=10)
            assert len(sandbox.list("Customer", "DisplayName = 'Lost Co'")) == 1

            def create(n: int) -> int:
                return http.post(f"{root}/customer", json={"DisplayName": f"Many {n}"}, timeout=30).status_code

            with ThreadPoolExecutor(8) as pool:
                assert set(pool.map(create, range(40))) == {200}
            assert len(sandbox.list("Customer", "DisplayName like 'Many %'")) == 40
