"""Everything a workflow carries is encrypted before it reaches the engine: it sees ids, not persons."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from models.encryption import NONCE_BYTES, Keyring, random_nonce

ENCODING = b"binary/encrypted"
PURPOSE = "payload"


class EncryptionCodec(PayloadCodec):
    """AES-GCM over whole payloads; the key id travels beside them, so that keys can be rotated."""

    def __init__(self, ring: Keyring) -> None:
        self._cipher = AESGCM(ring.derive(PURPOSE))
        self._key_id = ring.key_id.encode()

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal each payload."""
        return [self._seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open what this codec sealed; anything else passes unchanged."""
        return [self._open(payload) for payload in payloads]

    def _seal(self, payload: Payload) -> Payload:
        nonce = random_nonce()
        data = nonce + self._cipher.encrypt(nonce, payload.SerializeToString(), self._key_id)
        return Payload(metadata={"encoding": ENCODING, "key-id": self._key_id}, data=data)

    def _open(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        nonce, body = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        return Payload.FromString(self._cipher.decrypt(nonce, body, payload.metadata["key-id"]))
