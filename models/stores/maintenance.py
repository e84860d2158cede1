"""Queries of maintenance 维护."""

from sqlmodel import Session

from models.tables.maintenance import ONLY, EngineMark, Maintenance


class MaintenanceStore:
    """The one row, while it stands, and the mark that tells the age of the engine."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def standing(self) -> Maintenance | None:
        """The row; None while people may work."""
        return self.session.get(Maintenance, ONLY)

    def add(self, row: Maintenance) -> None:
        """Insert or change it."""
        self.session.add(row)
        self.session.flush()

    def mark(self) -> EngineMark | None:
        """The last mark that was set on the engine; None before the first one."""
        return self.session.get(EngineMark, ONLY)

    def set_mark(self, row: EngineMark) -> None:
        """Insert or change it."""
        self.session.add(row)
        self.session.flush()

    def delete(self, row: Maintenance) -> None:
        """Let people in again."""
        self.session.delete(row)
