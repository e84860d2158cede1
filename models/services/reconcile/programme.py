"""Seasons, campaigns and memberships beside their workflows: records of their own kind, without cases and tasks.

A season and a campaign carry every move in their state, so their rows follow from it. A membership's stages are
decided by the records, day by day; its workflow holds what was granted and a running buffer 降级缓冲期: only that is
compared.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from models.identifiers import MEMBERSHIP, QUOTA_SEASON, SURVEY
from models.messages.qualification import MembershipGrant, MembershipState
from models.messages.season import SeasonState
from models.messages.survey import SurveyState
from models.ops_types import DriftKind
from models.service_types import SurveyStage
from models.services import audit
from models.services.by import By
from models.services.reconcile.comparing import Compared, Difference
from models.services.reconcile.repairing import REPAIRED
from models.services.reconcile.rows import plain
from models.stores.reconcile_programme import ProgrammeStore, Row
from models.tables.cases import Membership
from models.tables.season import QuotaSeason
from models.tables.survey import SurveyCampaign
from models.types import MembershipStage, SeasonPhase


@dataclass(frozen=True)
class Shape:
    """One kind: how its workflow tells its state."""

    state: type[BaseModel]
    query: str = "state"


SHAPES: Mapping[str, Shape] = {
    QUOTA_SEASON: Shape(SeasonState),
    SURVEY: Shape(SurveyState),
    MEMBERSHIP: Shape(MembershipState, "holding"),
}
_SEASON = ("phase", "version", "opened_at", "published_at", "publish_reason", "appeals_until", "closed_at", "state")
_SURVEY = ("stage", "version", "opened_at", "closes_at", "closed_at", "published_at", "state")
_TERM = ("customer_no", "year", "valid_from", "valid_to")


def compare_programme(session: Session, workflow_id: str, state: Any) -> Compared:
    """The records of a workflow beside the state it tells."""
    store = ProgrammeStore(session)
    if isinstance(state, MembershipState):
        rows = store.memberships(workflow_id)
        mark = (len(rows), len(state.grants), state.asked)
        return Compared(tuple(_membership(rows, state)), mark, None)
    row = store.season(workflow_id) if isinstance(state, SeasonState) else store.survey(workflow_id)
    if row is None:
        return Compared((), (0, 0, 0), None)
    mark = (row.version, state.version, len(state.moves))
    if row.version > state.version and _is_ahead(row, state):
        ahead = Difference(DriftKind.RECORD_AHEAD, sides={"version": [row.version, state.version]})
        return Compared((ahead,), mark, None)
    should, names = (_season(row, state), _SEASON) if isinstance(row, QuotaSeason) else (_survey(row, state), _SURVEY)
    sides = _sides(row, should, names)
    found = (Difference(DriftKind.CASE_DIFFERS, sides=sides, should=should),) if sides else ()
    return Compared(found, mark, None)


def repair_programme(session: Session, workflow_id: str, state: Any, seen: Compared, by: By) -> bool:
    """Write what differs as the workflow has it; False when it moved since it was `seen`."""
    ProgrammeStore(session).lock(workflow_id)
    found = compare_programme(session, workflow_id, state)
    if found.mark != seen.mark or not found.mendable:
        return False
    for difference in found.mendable:
        if isinstance(difference.should, QuotaSeason | SurveyCampaign | Membership):
            _copy(session, difference.should, difference.sides)
    _audit(session, workflow_id, found, by)
    return True


def _copy(session: Session, should: Row, names: Iterable[str]) -> None:
    row = ProgrammeStore(session).same(should)
    for name in names if row is not None else ():
        setattr(row, name, getattr(should, name))


def _is_ahead(row: QuotaSeason | SurveyCampaign, state: SeasonState | SurveyState) -> bool:
    """Whether the row's own state knows the later move; a version alone may be what drifted."""
    kept = row.state or {}
    return int(kept.get("version", 0)) > state.version


def _season(row: QuotaSeason, state: SeasonState) -> QuotaSeason:
    should = QuotaSeason(**row.model_dump())
    should.phase, should.version, should.opened_at = state.phase, state.version, state.opened_at
    published = [moved for moved in state.moves if moved.phase is SeasonPhase.PUBLISH]
    ended = [moved for moved in state.moves if moved.phase is SeasonPhase.EFFECTIVE]
    should.published_at = published[-1].at if published else None
    should.publish_reason = published[-1].reason[:500] if published else None
    should.closed_at = ended[-1].at if ended else None
    if state.appeals_until is not None or not published:
        should.appeals_until = state.appeals_until.due_at if state.appeals_until else None
    should.state = _kept(row.state, state)
    return should


def _survey(row: SurveyCampaign, state: SurveyState) -> SurveyCampaign:
    should = SurveyCampaign(**row.model_dump())
    should.stage, should.version, should.opened_at = state.stage, state.version, state.opened_at
    should.closes_at = state.closes_at.due_at
    closed = [moved for moved in state.moves if moved.stage is SurveyStage.CLOSED]
    published = [moved for moved in state.moves if moved.stage is SurveyStage.PUBLISHED]
    should.closed_at = closed[-1].at if closed else None
    should.published_at = published[-1].at if published else None
    should.state = _kept(row.state, state)
    return should


def _kept(standing: dict[str, Any] | None, state: SeasonState | SurveyState) -> dict[str, Any]:
    """The row's own state where it reads as the workflow's: a field that is newer than the row is no drift."""
    try:
        same = standing is not None and type(state).model_validate(standing) == state
    except ValueError:
        same = False
    return standing if same and standing is not None else state.model_dump(mode="json")


def _membership(rows: list[Membership], state: MembershipState) -> Iterator[Difference]:
    granted = {grant.case_id: grant for grant in state.grants}
    for row in rows:
        grant = granted.pop(row.case_id, None)
        if grant is None and row.stage not in {MembershipStage.EXPIRED, MembershipStage.CANCELLED}:
            yield Difference(DriftKind.RECORD_AHEAD, sides={"year": [row.year, None]}, again=True)
        elif grant is not None and (sides := _sides(row, should := _term(row, grant), _TERM)):
            yield Difference(DriftKind.CASE_DIFFERS, sides=sides, should=should)
        yield from _buffer(row, state)
    for grant in granted.values():
        yield Difference(DriftKind.DECISION_MISSING, sides={"year": [None, grant.year]})


def _term(row: Membership, grant: MembershipGrant) -> Membership:
    should = Membership(**row.model_dump())
    for name in _TERM:
        setattr(should, name, getattr(grant, name))
    return should


def _buffer(row: Membership, state: MembershipState) -> Iterator[Difference]:
    """A buffer that the workflow does not wait for would never end; its last day stands in the workflow's answer."""
    held = state.buffer if state.buffer and state.buffer.membership_id == row.id else None
    waits = row.stage is MembershipStage.DOWNGRADE_BUFFER
    if waits and held is None:
        yield Difference(DriftKind.RECORD_AHEAD, sides={"buffer_until": [plain(row.buffer_until), None]})
    elif waits and held is not None and held.buffer_until != row.buffer_until:
        should = Membership(**row.model_dump())
        should.buffer_until = held.buffer_until
        yield Difference(DriftKind.CASE_DIFFERS, sides=_sides(row, should, ("buffer_until",)), should=should)


def _sides(row: Row, should: Row, names: tuple[str, ...]) -> dict[str, Any]:
    pairs = {name: (getattr(row, name), getattr(should, name)) for name in names}
    return {name: [plain(old), plain(new)] for name, (old, new) in pairs.items() if old != new}


def _audit(session: Session, workflow_id: str, found: Compared, by: By) -> None:
    def side(number: int) -> dict[str, Any]:
        return {name: pair[number] for one in found.mendable for name, pair in one.sides.items()}

    audit.append(
        session,
        actor=by.actor,
        action=REPAIRED,
        object_kind=workflow_id.partition("/")[0],
        object_id=workflow_id,
        door=by.door,
        before=side(0),
        after=side(1),
        request_id=by.request_id,
    )
