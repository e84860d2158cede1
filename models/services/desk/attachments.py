"""附件 of a comment: name, kind and size are checked, the content is stored under the encryption of personal data."""

import base64
import binascii
import unicodedata
from pathlib import PureWindowsPath
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services.desk.acting import invalid
from models.stores.desk import DeskStore
from models.tables.desk import CaseAttachment, CaseComment

MAX_BYTES = 5 * 1024 * 1024
MAX_FILES = 5
MAX_NAME = 200
LIMIT = "5 MB"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_KINDS: dict[str, tuple[str, bytes]] = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".docx": (_OFFICE + "wordprocessingml.document", _ZIP),
    ".xlsx": (_OFFICE + "spreadsheetml.sheet", _ZIP),
    ".pptx": (_OFFICE + "presentationml.presentation", _ZIP),
    ".doc": ("application/msword", _OLE),
    ".xls": ("application/vnd.ms-excel", _OLE),
    ".txt": ("text/plain", b""),
    ".csv": ("text/csv", b""),
}
"""What may be attached: the ending, the media type it stands for, and how such a file begins."""
_ANY = {"", "application/octet-stream"}


class Attached(NamedTuple):
    """A file as it was sent."""

    name: str
    media_type: str
    content: bytes


def decoded(content: str) -> bytes:
    """Base64 of a JSON body. Raises INVALID_INPUT, FILE_TOO_LARGE."""
    if len(content) > MAX_BYTES * 4 // 3 + 4:
        raise DomainError(ErrorCode.FILE_TOO_LARGE, limit=LIMIT)
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("attachments", "bad_file") from None


def checked(files: list[Attached]) -> list[Attached]:
    """The files with a plain name and the media type of their ending.

    Raises FILE_TOO_LARGE, and INVALID_INPUT for a kind that is not taken or content that is not of its kind.
    """
    if len(files) > MAX_FILES:
        raise invalid("attachments", "too_many_files")
    return [_checked(file) for file in files]


def keep(session: Session, comment: CaseComment, files: list[Attached]) -> None:
    """Store checked files beside their comment."""
    for file in files:
        row = CaseAttachment(
            comment_id=comment.id,
            case_id=comment.case_id,
            name=file.name,
            media_type=file.media_type,
            size=len(file.content),
            content=base64.b64encode(file.content).decode(),
            at=comment.at,
        )
        DeskStore(session).add(row)


def read(session: Session, case_id: UUID, attachment_id: UUID) -> Attached:
    """A file of the case. Raises NOT_FOUND."""
    row = DeskStore(session).attachment(case_id, attachment_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return Attached(row.name, row.media_type, base64.b64decode(row.content))


def _checked(file: Attached) -> Attached:
    name = _plain_name(file.name)
    if len(file.content) > MAX_BYTES:
        raise DomainError(ErrorCode.FILE_TOO_LARGE, limit=LIMIT)
    media_type, begins = _KINDS.get(PureWindowsPath(name).suffix.lower(), ("", b""))
    named = file.media_type.partition(";")[0].strip().lower()
    if not media_type or not file.content or not file.content.startswith(begins):
        raise invalid("attachments", "bad_file")
    if begins == b"" and b"\x00" in file.content:
        raise invalid("attachments", "bad_file")
    if named not in _ANY | {media_type, "text/plain", "application/vnd.ms-excel"}:
        raise invalid("attachments", "bad_file")
    return Attached(name, media_type, file.content)


def _plain_name(name: str) -> str:
    """The last part of a path, without control or direction characters. Raises INVALID_INPUT when nothing is left."""
    last = PureWindowsPath(name).name
    plain = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip()
    if not plain or len(plain) > MAX_NAME or plain.startswith("."):
        raise invalid("attachments", "bad_file_name")
    return plain
