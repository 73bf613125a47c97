"""id_tokens of OpenID Connect: RS256, with the public key to verify them (qbo-api.md 1)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.sandbox.store import Store
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, dumps

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_KEY = "rsa_key"


class Signer:
    """Signs with a key that is created on first use and stored."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: RSAPrivateKey | None = None

    def sign(self, claims: Body) -> str:
        """A signed token in compact form."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        head = {"alg": "RS256", "kid": "sandbox", "typ": "JWT"}
        text = f"{_b64(dumps(head).encode())}.{_b64(dumps(claims).encode())}"
        signature = self._key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_b64(signature)}"

    def public_key(self) -> dict[str, Any]:
        """The key as a JWK."""
        numbers = self._key().public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": "sandbox",
            "n": _b64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": _b64(numbers.e.to_bytes(3, "big")),
        }

    def _key(self) -> RSAPrivateKey:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        if self._held is None:
            with self._store.transaction():
                text = self._store.meta(_KEY)
                if text:
                    loaded = serialization.load_pem_private_key(text.encode(), None)
                    assert isinstance(loaded, rsa.RSAPrivateKey)
                    self._held = loaded
                else:
                    self._held = rsa.generate_private_key(65537, 2048)
                    pem = self._held.private_bytes(
                        serialization.Encoding.PEM,
                        serialization.PrivateFormat.PKCS8,
                        serialization.NoEncryption(),
                    )
                    self._store.set_meta(_KEY, pem.decode())
        return self._held


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
