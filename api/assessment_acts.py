"""Acts on an assessment 考核: reckon again, confirm, vetoes; an appeal before it is sent."""

from sqlmodel import Session

from api.acts import Prepare, Standing
from api.deps import Action, Caller
from api.desk_acts import actor_of
from api.season_acts import actor_fields, now
from models.identifiers import approval_id
from models.messages.envelope import ApprovalStart
from models.messages.lone_approval import StartApproval
from models.services.approval import lone
from models.services.assessment import appeals, keeping, vetoes
from models.services.assessment.reckoning import Place, branch_at
from models.services.assessment.vetoes import Finding
from models.services.desk.once import Facts, once
from models.services.idempotency import Key
from models.stores.assessment import AssessmentStore
from models.tables.columns import new_id


def place_of(caller: Caller, action: Action, year: int, institution_code: str) -> Place:
    """A branch's year as far as the caller's reach for an action goes."""
    return Place(year, institution_code, caller.scope(action))


def reckon_again(session: Session, caller: Caller, key: Key, place: Place, reason: str) -> Facts:
    """Make the next version of the year. Raises what `keeping.keep_again` refuses."""
    by = actor_of(caller)
    return once(session, key, by.at, lambda: {"result_id": str(keeping.keep_again(session, place, by, reason).id)})


def confirm(session: Session, caller: Caller, key: Key, place: Place, version: int) -> Facts:
    """Confirm a version of the year. Raises NOT_FOUND, STALE_VERSION beside a newer one."""
    by = actor_of(caller)

    def do() -> Facts:
        branch = branch_at(session, place)
        return {"result_id": str(keeping.confirm(session, place.year, branch.code, version, by).id)}

    return once(session, key, by.at, do)


def record_veto(session: Session, caller: Caller, key: Key, place: Place, finding: Finding) -> Facts:
    """Record a veto. Raises what `vetoes.record` refuses."""
    by = actor_of(caller)
    return once(session, key, by.at, lambda: {"veto_id": str(vetoes.record(session, place, finding, by).id)})


def appeal(caller: Caller, key: Key, place: Place, *, item: str, asked: str, reason: str) -> Prepare:
    """申诉 about one item of the branch's confirmed year.

    Raises NOT_FOUND outside the caller's institutions, and what `lone.check` refuses.
    """

    def prepare(session: Session) -> ApprovalStart | Standing:
        branch = branch_at(session, place)
        made = AssessmentStore(session).appeals(place.year, branch.code)
        attempt = sum(row.item == item for row, _ in made) + 1
        start = StartApproval(
            **actor_fields(caller, key, reason),
            case_id=new_id(),
            workflow_id=approval_id(appeals.SUBJECT.name, f"{place.year}-{branch.code}-{item}", attempt),
            subject=appeals.SUBJECT.name,
            institution_code=branch.code,
            year=place.year,
            attempt=attempt,
            reason=reason,
            facts=appeals.facts_of(item, asked),
        )
        lone.check(session, start, now())
        return ApprovalStart(act=start)

    return prepare
