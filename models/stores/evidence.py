"""Evidence 留痕快照 by digest."""

from sqlmodel import Session

from models.tables.desk import Evidence


class EvidenceStore:
    """Snapshots that never change: inserted once, read by their digest."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, digest: str) -> Evidence | None:
        """The snapshot of a digest."""
        return self.session.get(Evidence, digest)

    def add(self, row: Evidence) -> None:
        """Insert a snapshot; at once, because decisions refer to it."""
        self.session.add(row)
        self.session.flush()
