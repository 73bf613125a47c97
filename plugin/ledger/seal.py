"""Encryption of stored tokens: Fernet (AES-128-CBC and HMAC-SHA256) of the cryptography package.

The key comes from the environment variable ONEDESK_QUICKBOOKS_KEY, else from a file of mode 0600 that is created at
first use.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.model.problem import Problem
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:  # loaded where something is sealed or opened
    from cryptography.fernet import Fernet

KEY_VARIABLE = "ONEDESK_QUICKBOOKS_KEY"


class KeyProblem(Problem):
    """The key cannot be used; the text says why and what to do."""


_BOUND = b"\x00bound\x01"
"""Prefix of a secret that was encrypted for a purpose; the SHA-256 of the purpose follows. Earlier releases named
none."""


_KEY_SIZE = 32


class Seal:
    """Encrypts and decrypts short secrets, each for its tenant and purpose, so that a secret cannot be used in place of
    another. `decrypt` raises `KeyProblem` there, and for another key."""

    def __init__(self, key: bytes, source: str, tenant: str = "") -> None:
        """`tenant` is "" for a ledger in a file."""
        self._key = key
        self._source = source
        self._tenant = tenant
        try:
            if len(base64.urlsafe_b64decode(key)) != _KEY_SIZE:
                raise ValueError("another length")
        except ValueError:
            raise KeyProblem(
                Text(
                    "the key in {source} is not a Fernet key (32 bytes, url-safe base64); put the key back that was"
                    " there and start again, or remove it and connect again",
                    source=source,
                )
            ) from None

    @property
    def key_digest(self) -> str:
        """The SHA-256 of the key."""
        return hashlib.sha256(self._key).hexdigest()

    @cached_property
    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet

        return Fernet(self._key)

    def encrypt(self, secret: bytes, purpose: str) -> bytes:
        """Encrypt a secret for a purpose."""
        return self._fernet.encrypt(_BOUND + _digest(self._tenant, purpose) + secret)

    def decrypt(self, sealed: bytes, purpose: str) -> bytes:
        """Decrypt what `encrypt` encrypted for this purpose, here or in the file that was moved here, or what an
        earlier release encrypted without a purpose."""
        from cryptography.fernet import InvalidToken

        try:
            opened = self._fernet.decrypt(sealed)
        except InvalidToken:
            raise KeyProblem(
                Text(
                    "the key in {source} does not open the stored tokens; put the key back that sealed them and start"
                    " again, or connect again",
                    source=self._source,
                )
            ) from None
        if not opened.startswith(_BOUND):
            return opened
        digest, secret = opened[len(_BOUND) :][:_SIZE], opened[len(_BOUND) + _SIZE :]
        if digest not in (_digest(self._tenant, purpose), _digest("", purpose)):
            raise KeyProblem(
                Text(
                    "the stored tokens were sealed for another company or tenant: somebody has changed the ledger, so"
                    " they are not used; connect again"
                )
            )
        return secret


_SIZE = hashlib.sha256().digest_size


def _digest(tenant: str, purpose: str) -> bytes:
    return hashlib.sha256(f"{tenant}\n{purpose}".encode()).digest()


def seal_for(key_file: Path, environ: Mapping[str, str], tenant: str = "") -> Seal:
    """The seal of this installation. Raises `KeyProblem` for an unusable key or one that others may read."""
    if environ.get(KEY_VARIABLE):
        return Seal(
            environ[KEY_VARIABLE].encode(),
            Text("the environment variable {key_variable}", key_variable=KEY_VARIABLE),
            tenant,
        )
    try:
        if not key_file.exists():
            _make(key_file)
        mode = stat.S_IMODE(key_file.stat().st_mode)
        key = key_file.read_bytes().strip()
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        owned = Text("run this as the user whom it belongs to, or give it to this user (chown)")
        raise KeyProblem(
            Text(
                "{key_file} cannot be read or made ({strerror}); {remedy}",
                key_file=key_file,
                strerror=error.strerror,
                remedy=Text("make room on its disk, then try again") if full else owned,
            )
        ) from None
    if mode & 0o077:
        raise KeyProblem(
            Text(
                "{key_file} may be read by others (mode {mode}); run: chmod 600 {key_file}",
                key_file=key_file,
                mode=f"{mode:04o}",
            )
        )
    return Seal(key, str(key_file), tenant)


def _make(key_file: Path) -> None:
    """Create a new key, completely or not at all: another process that starts now must not read half of it."""
    from cryptography.fernet import Fernet

    key_file.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=key_file.parent, prefix=f".{key_file.name}-")  # of mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
        with suppress(FileExistsError):  # another process has created a key: use that one
            os.link(draft, key_file)
    finally:
        Path(draft).unlink()
