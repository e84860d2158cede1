"""Queries of decision links 决定链接."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from models.tables.desk import DecisionLink


class DecisionLinkStore:
    """Links by the hash of their secret."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, token_hash: str) -> DecisionLink | None:
        """A link, used or not."""
        return self.session.get(DecisionLink, token_hash)

    def add(self, row: DecisionLink) -> None:
        """Store a link, or its new life."""
        self.session.add(row)

    def spend(self, token_hash: str, at: datetime) -> bool:
        """Use a link; False when somebody else was first."""
        unused = (col(DecisionLink.token_hash) == token_hash, col(DecisionLink.used_at).is_(None))
        rows = update(DecisionLink).where(*unused)
        return self.session.execute(rows.values(used_at=at)).rowcount == 1  # type: ignore[attr-defined, no-any-return]

    def give_back(self, token_hash: str) -> None:
        """Undo the use of a link."""
        self.session.execute(
            update(DecisionLink).where(col(DecisionLink.token_hash) == token_hash).values(used_at=None)
        )
