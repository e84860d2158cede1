"""A key per person 一人一钥: what identifies a key contact is sealed under its own key, wrapped by the ring.

Whoever destroys the key has made unreadable what was sealed under it, wherever a copy lies: what was overwritten in
the records, the histories of the engine. A column of such data (`models/tables/personal_text.py`) fetches the key
beside the value; to write it, the value has to say whose it is (`Known`).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.encryption import KEY_ID_BYTES, NONCE_BYTES, TAG_BYTES, keyring, random_nonce
from models.retention_types import ERASED

KEY_BITS = 256
SEALED_KEY_BYTES = KEY_ID_BYTES + NONCE_BYTES + KEY_BITS // 8 + TAG_BYTES
NO_KEY = bytes(SEALED_KEY_BYTES)
"""Stands where a key was."""
TRAVELLING = "person:1:"
"""Begins a text that travels sealed under the key of a person."""
_KEY_CONTEXT = b"person_key.sealed_key"
_MESSAGE_CONTEXT = b"message"


def new_sealed_key() -> bytes:
    """A fresh key as it is stored: wrapped by the ring."""
    return keyring().seal(AESGCM.generate_key(KEY_BITS), _KEY_CONTEXT)


class Known(str):
    """A text about a person, with the person's key as it is stored."""

    __slots__ = ("sealed_key",)
    sealed_key: bytes

    def __new__(cls, text: str, sealed_key: bytes) -> "Known":
        """The text, known to be about whoever has this key."""
        made = super().__new__(cls, text)
        made.sealed_key = sealed_key
        return made


def seal(text: str, sealed_key: bytes, context: bytes) -> bytes:
    """Nonce and AES-GCM ciphertext under a person's key, bound to `context`."""
    nonce = random_nonce()
    return nonce + _cipher(sealed_key).encrypt(nonce, text.encode(), context)


def open_sealed(sealed: bytes, sealed_key: bytes, context: bytes) -> str:
    """The text of `seal`; raises InvalidTag where the key or the context is another one."""
    return _cipher(sealed_key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context).decode()


def travelling(text: str, sealed_key: bytes | None) -> str:
    """A text about a person as a message carries it; of somebody who has no key nothing but that it was there."""
    if not text:
        return text
    return TRAVELLING + (urlsafe_b64encode(seal(text, sealed_key, _MESSAGE_CONTEXT)).decode() if sealed_key else "")


def arrived(text: str, sealed_key: bytes | None, gone: str = ERASED) -> str:
    """What `travelling` sealed, or `gone` once the key is. A message from before there were keys is in the clear."""
    if not text:
        return text
    if sealed_key is None:
        return gone
    if not text.startswith(TRAVELLING):
        return text
    try:
        return open_sealed(urlsafe_b64decode(text.removeprefix(TRAVELLING)), sealed_key, _MESSAGE_CONTEXT)
    except (InvalidTag, ValueError):
        return gone


@lru_cache(maxsize=4096)
def _cipher(sealed_key: bytes) -> AESGCM:
    """The four columns of a row share one unwrapping. Whose key is gone has nothing left to look this up by."""
    return AESGCM(keyring().open(sealed_key, _KEY_CONTEXT))
