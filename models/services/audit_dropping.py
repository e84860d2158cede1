"""The audit trail grows shorter only at its old end, as a whole, and still verifies.

The last entry that went leaves its number and hash behind, sealed with the key of the chain.

Nothing is dropped that does not verify, nothing that is not yet old enough, nothing from the first entry about a held
customer or case 冻结 on, and never the newest entry, which the next one is chained to.
"""

from datetime import UTC, datetime

from sqlmodel import Session

from models.encryption import keyring
from models.errors import DomainError, ErrorCode
from models.services import audit
from models.stores.audit import AuditStore
from models.stores.audit_anchor import AnchorStore
from models.stores.retention import Due
from models.tables.retention import AuditAnchor


def due(session: Session, before: datetime) -> Due:
    """How many entries would go, and when the oldest was written."""
    store = AnchorStore(session)
    return Due(*store.behind(store.first_kept(before)))


def drop(session: Session, before: datetime, limit: int) -> int:
    """Drop at most so many of the oldest entries; gives how many.

    Raises CONTENT_ALTERED where they do not verify: what was tampered with is kept to be seen.
    """
    AuditStore(session).lock_head()
    store = AnchorStore(session)
    going = store.oldest(store.first_kept(before), limit)
    if not going:
        return 0
    if audit.verify(going, store.anchor()).broken_at is not None:
        raise DomainError(ErrorCode.CONTENT_ALTERED, what="audit")
    last, anchor = going[-1], store.anchor() or AuditAnchor(seq=0, chain_hash="", seal="", at=datetime.now(UTC))
    anchor.seq, anchor.chain_hash, anchor.at = last.seq, last.chain_hash, datetime.now(UTC)
    anchor.seal = keyring().audit_mac(audit.anchored(anchor))
    store.drop_to(anchor)
    return len(going)
