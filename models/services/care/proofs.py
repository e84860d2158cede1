"""Proof 照片 / 签名 of a touchpoint: images only, known by how they begin, stored as personal data is."""

import base64
import unicodedata
from datetime import datetime
from pathlib import PureWindowsPath
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.service_types import ProofKind
from models.services.care.doing import OPEN
from models.services.desk.acting import invalid
from models.stores.care_calendar import CareCalendarStore
from models.tables.care import Touchpoint, TouchpointProof

MAX_BYTES = 5 * 1024 * 1024
MAX_PROOFS = 10
LIMIT = "5 MB"
_WEBP_AT = 8


class Image(NamedTuple):
    """An image as it was sent, or as it is read back."""

    name: str
    media_type: str
    content: bytes


def image(name: str, content: bytes, field: str) -> Image:
    """The image with a plain name. Raises FILE_TOO_LARGE, INVALID_INPUT for what does not begin like an image."""
    if len(content) > MAX_BYTES:
        raise DomainError(ErrorCode.FILE_TOO_LARGE, limit=LIMIT)
    media_type = media_type_of(content)
    if media_type is None:
        raise invalid(field, "not_an_image")
    return Image(_plain(name), media_type, content)


def media_type_of(content: bytes) -> str | None:
    """JPEG, PNG or WebP by their first bytes; the name and what the sender says of it do not count."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/webp" if content.startswith(b"RIFF") and content[_WEBP_AT:].startswith(b"WEBP") else None


def keep(
    session: Session, row: Touchpoint, kind: ProofKind, sent: Image, *, by_id: UUID, at: datetime
) -> TouchpointProof:
    """Store a checked image. Raises WRONG_STAGE when the touchpoint is over, INVALID_INPUT for one too many."""
    store = CareCalendarStore(session)
    if row.stage not in OPEN:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=row.stage.value)
    if kind is ProofKind.TEXT:
        raise invalid("kind", "enum")
    if len(store.proofs(row.id)) >= MAX_PROOFS:
        raise invalid(kind.value, "too_many_proofs")
    proof = TouchpointProof(
        touchpoint_id=row.id,
        kind=kind,
        name=sent.name,
        media_type=sent.media_type,
        size=len(sent.content),
        content=base64.b64encode(sent.content).decode(),
        by_id=by_id,
        at=at,
    )
    store.add(proof)
    return proof


def read(session: Session, touchpoint_id: UUID, proof_id: UUID) -> Image:
    """A proof of the touchpoint. Raises NOT_FOUND."""
    row = CareCalendarStore(session).proof(touchpoint_id, proof_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return Image(row.name, row.media_type, base64.b64decode(row.content))


def _plain(name: str) -> str:
    last = PureWindowsPath(name).name
    return "".join(char for char in last if unicodedata.category(char)[0] != "C").strip()[:200]
