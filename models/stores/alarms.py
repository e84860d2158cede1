"""Queries of the alarms that went off."""

from uuid import UUID

from sqlmodel import Session, col, select

from models.tables.desk import TaskAlarm


class AlarmStore:
    """Alarms by task and key; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, task_id: UUID, key: str) -> TaskAlarm | None:
        """The alarm, if it went off."""
        return self.session.get(TaskAlarm, (task_id, key))

    def of_task(self, task_id: UUID) -> list[TaskAlarm]:
        """Every alarm of a task that went off, oldest first."""
        statement = select(TaskAlarm).where(TaskAlarm.task_id == task_id).order_by(col(TaskAlarm.at), TaskAlarm.key)
        return list(self.session.exec(statement))

    def add(self, row: TaskAlarm) -> None:
        """Insert, with the next flush."""
        self.session.add(row)
