"""Addresses of attachments: good for everybody, for a quarter of an hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.conftest import BASE

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

Connect = Callable[..., "Client"]
BODY = (
    b'--b\r\nContent-Disposition: form-data; name="file_content_0"; filename="a.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\x00\xff\r\n--b--\r\n"
)


def test_an_address_is_good_for_a_quarter_of_an_hour(connect: Connect) -> None:
    client = connect()
    made = client.call("POST", "upload", BODY, {"Content-Type": "multipart/form-data; boundary=b"}).json
    held = made["AttachableResponse"][0]["Attachable"]
    address = held["TempDownloadUri"].removeprefix(BASE)
    assert client.raw("GET", address).data == b"\x00\xff"
    assert client.raw("GET", address.replace("signature=", "signature=0")).status == 401
    assert client.raw("GET", address.replace("content=1", "content=1").partition("&")[0]).status == 401
    client.sandbox.advance(timedelta(minutes=16))
    assert client.raw("GET", address).status == 401
    again = client.call("GET", f"attachable/{held['Id']}").json["Attachable"]["TempDownloadUri"].removeprefix(BASE)
    assert client.raw("GET", again).status == 200
    said = client.call("GET", f"download/{held['Id']}").data.decode().removeprefix(BASE)
    assert client.raw("GET", said).data == b"\x00\xff"


@pytest.mark.parametrize(("host", "here"), [("127.0.0.1", "127.0.0.1:80"), ("qbo.test", "qbo.test")])
def test_a_host_without_a_port_is_the_server_s_on_the_loopback(connect: Connect, host: str, here: str) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Host": host}
    made = connect().call("POST", "upload", BODY, headers).json
    assert made["AttachableResponse"][0]["Attachable"]["TempDownloadUri"].startswith(f"http://{here}/v3/")
