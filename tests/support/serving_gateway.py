"""A gateway that does what a service workflow does, at once and on the records alone: no engine, the real rules."""

from datetime import UTC, datetime
from uuid import UUID

from api.gateway import Answer, Gateway
from models.database import Database
from models.messages.approval import Answered
from models.messages.envelope import Envelope, ServiceStart, ServiceUpdate
from models.messages.service import RecordServiceOpening, RecordServiceStep, ServiceState
from models.rules import service
from models.services.calendars import case_calendar
from models.services.servicing import opening, steps
from models.stores.cases import CaseStore


class ServingGateway(Gateway):
    """Opens and moves service cases as their workflow would; `now` may be set for an act in another hour."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now: datetime | None = None
        self.sent: list[Envelope] = []

    async def healthy(self) -> bool:
        """Yes."""
        return True

    async def tell_calendar(self, publication_id: UUID) -> None:
        """Nobody waits for it."""

    async def send(self, envelope: Envelope) -> Answer:
        """Recorded, or refused by the rules."""
        self.sent.append(envelope)
        at = self.now or datetime.now(UTC)
        if isinstance(envelope, ServiceStart):
            return self._opened(envelope, at)
        assert isinstance(envelope, ServiceUpdate)
        return self._served(envelope, at)

    def _opened(self, envelope: ServiceStart, at: datetime) -> Answered:
        with self.database.write() as session:
            state = opening.record_opening(session, RecordServiceOpening(start=envelope.act, at=at)).state
        return Answered(case_id=state.case_id, stage=state.stage, version=state.version)

    def _served(self, envelope: ServiceUpdate, at: datetime) -> Answered:
        with self.database.write() as session:
            case = CaseStore(session).by_workflow_id(envelope.workflow_id)
            assert case is not None
            before = ServiceState.model_validate(case.state)
            service.check(before, envelope.act, at)
            after = service.apply(before, envelope.act, at, case_calendar(session, case, at))
            message = RecordServiceStep(
                workflow_id=envelope.workflow_id, before=before, after=after, act=envelope.act, at=at
            )
            state = steps.record_step(session, message).state
        return Answered(case_id=state.case_id, stage=state.stage, version=state.version)
