"""HTTPS on request: a certificate, and a server with TLS."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import CertificateBuilder, GeneralName

_DAYS = 365


def certified(folder: Path, hosts: Sequence[str]) -> tuple[Path, ssl.SSLContext]:
    """Create a certificate for host names and addresses: the file that clients should trust, and the server's context.

    The private key stays in memory; it is in `folder` only while OpenSSL reads it.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    shown, hidden = folder / "certificate.pem", folder / "key.pem"
    shown.write_bytes(_certificate(key, hosts))
    hidden.touch(mode=0o600)
    form = serialization.PrivateFormat.PKCS8
    hidden.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(shown, hidden)
    finally:
        hidden.unlink()
    return shown, context


def _certificate(key: EllipticCurvePrivateKey, hosts: Sequence[str]) -> bytes:
    """A self-signed certificate as PEM, for these hosts only."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "QuickBooks sandbox")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
    )
    signed = _extended(made, key, [_general(each) for each in hosts]).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def _extended(made: CertificateBuilder, key: EllipticCurvePrivateKey, names: list[GeneralName]) -> CertificateBuilder:
    """The certificate with the extensions that strict checks (RFC 5280, Python 3.13) require."""
    from cryptography import x509

    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )


def _general(host: str) -> GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def speaking(app: Any, listener: Any, context: ssl.SSLContext) -> Any:
    """werkzeug's server on a listening socket, which it takes over: waitress has no TLS."""
    from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

    class Handler(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:
            """Nothing: `/_control/log` has the requests."""

        def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
            """End the connection for an injected cut."""
            self.close_connection = True

    host, port = listener.getsockname()[:2]
    with listener:
        made = ThreadedWSGIServer(host, port, app, Handler, ssl_context=context, fd=listener.fileno())
    greeting: Any = made.socket  # the handshake runs in the connection's thread, not in the accepting one
    greeting.do_handshake_on_connect = False
    return made
