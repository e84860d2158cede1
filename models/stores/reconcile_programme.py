"""Queries of the comparison 对账 for what has records of its own instead of a case: seasons, campaigns, memberships."""

from collections.abc import Collection
from typing import TypeAlias

from sqlmodel import Session, col, or_, select

from models.identifiers import MEMBERSHIP, QUOTA_SEASON, SURVEY
from models.service_types import SurveyStage
from models.stores.memberships import OVER
from models.tables.cases import Membership
from models.tables.season import QuotaSeason
from models.tables.survey import SurveyCampaign
from models.types import SeasonPhase

Row: TypeAlias = QuotaSeason | SurveyCampaign | Membership
_RUNNING = (SurveyStage.OPEN, SurveyStage.CLOSED)


class ProgrammeStore:
    """Never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def expected(self) -> list[str]:
        """Workflows that should run, each once: what is not over by either column that says so."""
        seasons = or_(col(QuotaSeason.phase) != SeasonPhase.EFFECTIVE, col(QuotaSeason.closed_at).is_(None))
        found = [
            *self.session.exec(select(QuotaSeason.workflow_id).where(seasons)),
            *self.session.exec(select(SurveyCampaign.workflow_id).where(col(SurveyCampaign.stage).in_(_RUNNING))),
            *self.session.exec(select(Membership.workflow_id).where(col(Membership.stage).not_in(OVER)).distinct()),
        ]
        return sorted(found)

    def known(self, workflow_ids: Collection[str]) -> set[str]:
        """Which of these workflows have records."""
        tables = (QuotaSeason.workflow_id, SurveyCampaign.workflow_id, Membership.workflow_id)
        found = (self.session.exec(select(name).where(col(name).in_(workflow_ids)).distinct()) for name in tables)
        return {workflow_id for names in found for workflow_id in names}

    def season(self, workflow_id: str) -> QuotaSeason | None:
        """The season of a workflow."""
        return self.session.exec(select(QuotaSeason).where(QuotaSeason.workflow_id == workflow_id)).first()

    def survey(self, workflow_id: str) -> SurveyCampaign | None:
        """The campaign of a workflow."""
        return self.session.exec(select(SurveyCampaign).where(SurveyCampaign.workflow_id == workflow_id)).first()

    def memberships(self, workflow_id: str) -> list[Membership]:
        """Every term of a customer, the first one first."""
        statement = select(Membership).where(Membership.workflow_id == workflow_id)
        return list(self.session.exec(statement.order_by(col(Membership.valid_from), col(Membership.id))))

    def is_member(self, workflow_id: str) -> bool:
        """Whether it is of a customer with a term that is not over."""
        terms = select(Membership.id).where(Membership.workflow_id == workflow_id, col(Membership.stage).not_in(OVER))
        return self.session.exec(terms.limit(1)).first() is not None

    def lock(self, workflow_id: str) -> None:
        """Hold the rows of a workflow against other writers until this transaction ends."""
        table = _TABLES[workflow_id.partition("/")[0]]
        rows = self.session.exec(select(table).where(col(table.workflow_id) == workflow_id).with_for_update())
        for row in rows.all():
            self.session.refresh(row)

    def same(self, row: Row) -> Row | None:
        """The stored row of one that was built beside the session."""
        if isinstance(row, QuotaSeason):
            return self.session.get(QuotaSeason, row.year)
        if isinstance(row, SurveyCampaign):
            return self.session.get(SurveyCampaign, row.id)
        return self.session.get(Membership, row.id)


_TABLES: dict[str, type[Row]] = {
    QUOTA_SEASON: QuotaSeason,
    SURVEY: SurveyCampaign,
    MEMBERSHIP: Membership,
}
