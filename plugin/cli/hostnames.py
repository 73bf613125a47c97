"""Protection against DNS rebinding: a browser that resolves evil.example to this machine gets no page."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_ANY = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


def known_names_only(app: Wsgi, bind: str, public_url: str) -> Wsgi:
    """`app` for requests whose Host is a loopback name, the bound address, or that of `public_url`. Requests without a
    Host are accepted too, since browsers always send one."""

    def call(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST")
        known = host is None or is_known(str(host), bind, public_url)
        return (app if known else _refused(str(host), str(environ.get("PATH_INFO"))))(environ, start)

    return call


def is_known(host: str, bind: str, public_url: str) -> bool:
    """Whether the name in a Host header is one of ours; the port may be that of a proxy."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].strip("[]").lower().rstrip(".")
    if name in {"localhost", bind.lower().rstrip("."), _name_of(public_url)} - {""}:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or (bind in _ANY and _is_of_this_machine(address))


def is_loopback(bind: str) -> bool:
    """Whether the address or name can only be reached from this machine."""
    try:
        return ipaddress.ip_address(bind.strip("[]")).is_loopback
    except ValueError:
        return bind.lower().rstrip(".") == "localhost"


def _name_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # an incomplete IPv6 address
        return ""


def _is_of_this_machine(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether the address can be bound, which is only possible for addresses of this machine."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


def _refused(host: str, path: str) -> Wsgi:
    from flask import json
    from werkzeug.wrappers import Response

    what = (
        f"This server is not known as {host[:100]!a}; set public_url in settings.yaml to the address it is reached by."
    )
    if not path.startswith("/api/"):
        return Response(f"{what}\n", 400, content_type="text/plain; charset=utf-8")
    error = {"code": "unknown-host", "what": what, "field": "Host", "remedy": "Set public_url, and start again."}
    return Response(json.dumps({"error": error}), 400, content_type="application/json")
