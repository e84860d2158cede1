"""The audit trail: one append function, one verifier, one keyed hash chain.

The entry is written in the transaction of the change it tells of, so neither exists without the other.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from models.encryption import keyring
from models.stores.audit import AuditStore
from models.stores.audit_anchor import AnchorStore
from models.tables.audit import AuditEntry
from models.tables.retention import AuditAnchor
from models.types import Door

GENESIS = "0" * 64
MAX_REASON = 500
_origin: ContextVar[str | None] = ContextVar("greenlane_audit_origin", default=None)


class ChainReport(NamedTuple):
    """How many entries were verified, and the first that does not fit (None when the chain holds)."""

    verified: int
    broken_at: int | None


@contextmanager
def marked(origin: str) -> Iterator[None]:
    """Every entry of the block says where it comes from, beside its own reason: `rebuilt` from the engine's history."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def append(
    session: Session,
    *,
    actor: str,
    action: str,
    object_kind: str,
    object_id: str,
    door: Door,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    on_behalf_of: str | None = None,
    reason: str | None = None,
    request_id: str | None = None,
    at: datetime | None = None,
) -> AuditEntry:
    """Append one entry to the chain. `actor` is an account id or a reserved `system:*` name.

    `before` and `after` are plain JSON without personal data. Must run inside a write transaction.
    """
    store = AuditStore(session)
    head = store.lock_head()
    entry = AuditEntry(
        seq=(head.seq if head else 0) + 1,
        at=at or datetime.now(UTC),
        actor=actor,
        on_behalf_of=on_behalf_of,
        door=door,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        before=before,
        after=after,
        reason=_reason(reason),
        request_id=request_id,
        key_id=keyring().key_id,
        previous_hash=head.chain_hash if head else GENESIS,
        chain_hash="",
    )
    entry.chain_hash = keyring().audit_mac(canonical(entry))
    store.add(entry)
    return entry


def _reason(own: str | None) -> str | None:
    parts = [part for part in (_origin.get(), own) if part]
    return "; ".join(parts)[:MAX_REASON] or None


def canonical(entry: AuditEntry) -> bytes:
    """The bytes that are hashed: the previous link and every field, in one fixed form."""
    fields = entry.model_dump(exclude={"chain_hash"})
    fields["at"] = entry.at.astimezone(UTC).isoformat()
    fields["door"] = Door(entry.door).value
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def anchored(anchor: AuditAnchor) -> bytes:
    """The bytes that the seal of an anchor covers."""
    return f"anchor|{anchor.seq}|{anchor.chain_hash}".encode()


def verify_kept(session: Session) -> ChainReport:
    """Walk what is kept of the trail, from its anchor where its oldest part was dropped."""
    return verify(AuditStore(session).all(), AnchorStore(session).anchor())


def verify(entries: Iterable[AuditEntry], anchor: AuditAnchor | None = None) -> ChainReport:
    """Walk the chain from its first entry, or from the anchor; stops at the first gap, altered row or wrong link.

    An anchor whose seal does not fit is the break itself.
    """
    previous, expected, verified = GENESIS, 1, 0
    if anchor is not None:
        if keyring().audit_mac(anchored(anchor)) != anchor.seal:
            return ChainReport(0, anchor.seq)
        previous, expected = anchor.chain_hash, anchor.seq + 1
    for entry in entries:
        fits = entry.seq == expected and entry.previous_hash == previous
        if not fits or keyring().audit_mac(canonical(entry)) != entry.chain_hash:
            return ChainReport(verified, entry.seq)
        previous, expected, verified = entry.chain_hash, expected + 1, verified + 1
    return ChainReport(verified, None)
