"""Keys and encryption at rest: one master secret, one derived key per purpose, a key id beside every use.

Personal data is C2 under JR/T 0171-2020: it is stored encrypted and found again only through a keyed index.
"""

import hashlib
import hmac
import os
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

NONCE_BYTES = 12
KEY_ID_BYTES = 4
TAG_BYTES = 16
EMPTY_SEALED_BYTES = KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES
"""Length of an empty text as `Keyring.seal` leaves it: a longer one says something."""


def random_nonce() -> bytes:
    """96 fresh random bits for one AES-GCM encryption."""
    return os.urandom(NONCE_BYTES)


class Keyring:
    """Keys derived from one master secret; the purposes never share a key."""

    def __init__(self, master_secret: str) -> None:
        self._master = master_secret.encode()

    def derive(self, purpose: str) -> bytes:
        """256-bit key for one purpose."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(self._master)

    @cached_property
    def _records(self) -> AESGCM:
        return AESGCM(self.derive("records"))

    @cached_property
    def _audit(self) -> bytes:
        return self.derive("audit")

    @cached_property
    def _index(self) -> bytes:
        return self.derive("blind-index")

    @cached_property
    def key_id(self) -> str:
        """Short public name of this ring, stored beside everything it sealed."""
        return hashlib.sha256(self.derive("key-id")).hexdigest()[: KEY_ID_BYTES * 2]

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """Key id, nonce and AES-GCM ciphertext, bound to `context` (table|column)."""
        nonce = random_nonce()
        return bytes.fromhex(self.key_id) + nonce + self._records.encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Plaintext of `seal`; raises InvalidTag when altered or moved to another column."""
        nonce, body = sealed[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES], sealed[KEY_ID_BYTES + NONCE_BYTES :]
        return self._records.decrypt(nonce, body, context)

    def audit_mac(self, message: bytes) -> str:
        """Keyed digest of one link of the audit chain."""
        return hmac.new(self._audit, message, hashlib.sha256).hexdigest()

    def blind_index(self, value: str) -> str:
        """Keyed digest by which an encrypted value can be found again without storing it."""
        return hmac.new(self._index, value.encode(), hashlib.sha256).hexdigest()


class _ProcessKeys:
    """The ring of this process: column types have no other way to reach it."""

    ring: Keyring | None = None


def use_keyring(ring: Keyring) -> None:
    """Install the ring of this process (done once by `Database`)."""
    _ProcessKeys.ring = ring


def keyring() -> Keyring:
    """The ring of this process; raises RuntimeError before `use_keyring`."""
    if _ProcessKeys.ring is None:
        raise RuntimeError("no keyring installed")
    return _ProcessKeys.ring


class EncryptedText(TypeDecorator[str]):
    """Text column of personal data, AES-GCM encrypted, bound to its table and column."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt on the way in."""
        return None if value is None else keyring().seal(value.encode(), self.context.encode())

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """Decrypt on the way out."""
        return None if value is None else keyring().open(bytes(value), self.context.encode()).decode()
