"""Over real sockets: inside pytest-httpserver, and on waitress where connections are really cut."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.controls.webhooks import sign
from onedesk_quickbooks.plugin.sandbox.http.server import Server, serve

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client


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
        httpserver.expect_request(re.compile(".*")).respond_with_handler(respond)
        base = httpserver.url_for("").rstrip("/")
        assert requests.get(f"{base}/_control/credentials", timeout=10).json()["base_url"] == base
        with closing(session(sandbox, base)[0]) as http:
            reply = http.get(f"{base}/v3/company/{sandbox.realm_id}/customer/1", timeout=10)
            assert reply.json()["Customer"]["DisplayName"] == "Amy's Bird Sanctuary"


@pytest.mark.parametrize("tls", [False, True])
def test_cut_connections_and_threads(tls: bool) -> None:
    with Sandbox(SandboxOptions()) as sandbox, Server(sandbox, tls=tls) as server:
        http, root = session(sandbox, server.base_url)
        http.verify, http.trust_env = str(server.certificate), False  # looked at with TLS alone
        with closing(http):
            sandbox.faults.inject(fault="answer_lost", path="customer")
            with pytest.raises(requests.ConnectionError):
                http.post(f"{root}/customer", json={"DisplayName": "Lost Co"}, timeout=10)
            assert len(sandbox.list("Customer", "DisplayName = 'Lost Co'")) == 1
            sandbox.faults.inject(fault="answer_cut", path="customer")
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                http.post(f"{root}/customer", json={"DisplayName": "Torn Co"}, timeout=10)
            assert len(sandbox.list("Customer", "DisplayName = 'Torn Co'")) == 1

            def create(n: int) -> int:
                return http.post(f"{root}/customer", json={"DisplayName": f"Many {n}"}, timeout=30).status_code

            with ThreadPoolExecutor(8) as pool:
                assert set(pool.map(create, range(40))) == {200}
            assert len(sandbox.list("Customer", "DisplayName like 'Many %'")) == 40


def test_a_stopped_server_frees_its_port() -> None:
    with Sandbox(SandboxOptions()) as sandbox:
        with Server(sandbox) as server:
            port = server.port
            assert requests.get(f"{server.base_url}/_control/log", timeout=10).status_code == 200
            with Sandbox(SandboxOptions()) as other, pytest.raises(OSError, match="ddress"):
                Server(other, port=port)
        with Server(sandbox, port=port) as again:
            assert again.base_url == f"http://127.0.0.1:{port}"


def test_https_is_trusted_by_the_certificate_alone(capfd: pytest.CaptureFixture[str]) -> None:
    with Sandbox(SandboxOptions()) as sandbox, Server(sandbox, tls=True) as server:
        trusted = server.certificate
        assert trusted is not None
        assert server.base_url == f"https://127.0.0.1:{server.port}"
        for host in ("127.0.0.1", "localhost"):
            given = requests.get(f"https://{host}:{server.port}/_control/credentials", verify=str(trusted), timeout=10)
            assert given.json()["base_url"] == f"https://{host}:{server.port}"
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(server.base_url, timeout=10)
        with pytest.raises(requests.ConnectionError):
            requests.get(server.base_url.replace("https", "http"), timeout=10)
        strict = ssl.create_default_context(cafile=str(trusted))
        strict.verify_flags |= ssl.VERIFY_X509_STRICT
        with socket.create_connection(("127.0.0.1", server.port)) as silent:  # holds nobody up
            with socket.create_connection(("127.0.0.1", server.port)) as plain:
                strict.wrap_socket(plain, server_hostname="localhost").close()
            silent.close()
        assert [each.name for each in trusted.parent.iterdir()] == [trusted.name]
    assert not trusted.parent.exists()
    assert capfd.readouterr() == ("", "")


def test_serve_runs_until_it_is_stopped() -> None:
    seen: list[str] = []

    def ready(server: Server) -> None:
        seen.append(requests.get(f"{server.base_url}/_control/credentials", timeout=10).json()["realm_id"])
        assert seen == [server.sandbox.realm_id]
        server.stop()

    serve(SandboxOptions(company="gb"), ready=ready)
    assert len(seen) == 1


@pytest.mark.parametrize("body", [b"[" * 100000, b'{"Line":' + b"[" * 50000, b"\xff\xfe", b'"text"', b"[1]", b""])
def test_a_body_that_is_no_object_is_refused_as_quickbooks_does(connect: Callable[..., Client], body: bytes) -> None:
    client = connect()
    reply = client.call("POST", "invoice", body)
    assert reply.status == 400
    assert reply.json["Fault"]["Error"][0]["code"] in ("2010", "500")


def test_a_webhook_reaches_a_server_signed(httpserver: HTTPServer) -> None:
    came: list[Request] = []

    def hook(request: Request) -> Response:
        assert request.headers["intuit-signature"] == sign("verify-me", request.get_data())
        came.append(request)
        return Response(status=200 if len(came) > 1 else 500)

    httpserver.expect_request("/hook", method="POST").respond_with_handler(hook)
    httpserver.expect_request("/moved").respond_with_data("", 302, {"Location": httpserver.url_for("/hook")})
    options = SandboxOptions(webhook_url=httpserver.url_for("/hook"), verifier_token="verify-me")
    with Sandbox(options) as sandbox:
        sandbox.create("Customer", {"DisplayName": "Told Co"})
        assert [each.status for each in sandbox.deliver_webhooks()] == [500]
        assert [each.status for each in sandbox.deliver_webhooks()] == [200]
        assert came[0].headers["user-agent"] == "intuit_notification_server/0.1"
        assert came[0].get_json() == came[1].get_json()
        sandbox.webhooks.url = httpserver.url_for("/moved")
        sandbox.create("Customer", {"DisplayName": "Moved Co"})
        assert [each.status for each in sandbox.deliver_webhooks()] == [302]
        sandbox.webhooks.url = "http://127.0.0.1:9/"
        assert [each.status for each in sandbox.deliver_webhooks()] == [0]
    httpserver.check_assertions()


def test_a_delayed_call_ends_with_the_server() -> None:
    with Sandbox(SandboxOptions()) as sandbox, Server(sandbox) as server, ThreadPoolExecutor() as pool:
        made, base = session(sandbox, server.base_url)
        sandbox.faults.inject(fault="delay", seconds=600)
        call = pool.submit(made.post, f"{base}/customer", json={"DisplayName": "Harbor Pilots"}, timeout=30)
        while not sandbox.faults.state()[0]["hits"]:
            assert not call.done()
        server.stop()
        assert isinstance(call.exception(30), requests.ConnectionError)
        assert sandbox.list("Customer", "DisplayName = 'Harbor Pilots'") == []
