"""Acts on a quota season and on memberships before they are sent: authorised, loaded and written as messages."""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from api.acts import Prepare, Standing
from api.deps import Action, Caller
from models.errors import DomainError, ErrorCode
from models.identifiers import approval_id, membership_id, season_id
from models.messages.approval import PostRef
from models.messages.envelope import ApprovalStart, ProgrammeUpdate, SeasonStart
from models.messages.lone_approval import StartApproval
from models.messages.membership import CancelMembership, DowngradeMembership
from models.messages.season import MoveSeason, OpenSeason, SeasonState
from models.rules import season
from models.rules.calendar import local_date
from models.services.approval import lone
from models.services.idempotency import Key
from models.services.season import appeals
from models.stores.customers import customer_in_scope
from models.stores.memberships import running_memberships
from models.stores.season import SeasonStore
from models.tables.columns import new_id
from models.types import MembershipStage, SeasonPhase, Tier


def now() -> datetime:
    """The instant of the request."""
    return datetime.now(UTC)


def actor_fields(caller: Caller, key: Key, reason: str) -> dict[str, Any]:
    """What every act carries of the caller and its request."""
    return {
        "update_id": key.update_id,
        "content_hash": key.body_hash,
        "actor_id": caller.account_id,
        "actor_name": caller.name,
        "posts": tuple(PostRef(role=post.role, institution_code=post.institution_code) for post in caller.posts),
        "door": caller.door,
        "request_id": caller.request_id,
        "comment": reason,
    }


def open_season(caller: Caller, key: Key, year: int, reason: str) -> Prepare:
    """Open the season of a year. The workflow answers with the one that stands, if there is one."""

    def prepare(_: Session) -> SeasonStart:
        if not reason.strip():
            raise DomainError(ErrorCode.REASON_REQUIRED)
        act = OpenSeason(**actor_fields(caller, key, reason), year=year, workflow_id=season_id(year))
        return SeasonStart(act=act)

    return prepare


def move_season(caller: Caller, key: Key, year: int, *, to: SeasonPhase, version: int, reason: str) -> Prepare:
    """Lead the season to another phase. Raises NOT_FOUND without a season, and what the rule refuses."""

    def prepare(session: Session) -> ProgrammeUpdate:
        row = SeasonStore(session).get(year)
        if row is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        act = MoveSeason(**actor_fields(caller, key, reason), version=version, to=to)
        season.check(SeasonState.model_validate(row.state), act)
        return ProgrammeUpdate(kind="move", workflow_id=row.workflow_id, act=act)

    return prepare


def cancel_membership(caller: Caller, key: Key, customer_no: str, *, cause: str, reason: str) -> Prepare:
    """取消. Raises NOT_FOUND outside the caller's institutions, WRONG_STAGE without a running membership."""

    def prepare(session: Session) -> ProgrammeUpdate:
        _refuse_without_membership(session, caller, customer_no)
        act = CancelMembership(**actor_fields(caller, key, reason), customer_no=customer_no, cause=cause)
        return ProgrammeUpdate(kind="cancel", workflow_id=membership_id(customer_no), act=act)

    return prepare


def downgrade_membership(caller: Caller, key: Key, customer_no: str, *, to: Tier, reason: str) -> Prepare:
    """降级. Raises NOT_FOUND outside the caller's institutions, WRONG_STAGE without a running membership."""

    def prepare(session: Session) -> ProgrammeUpdate:
        _refuse_without_membership(session, caller, customer_no)
        act = DowngradeMembership(**actor_fields(caller, key, reason), customer_no=customer_no, to=to)
        return ProgrammeUpdate(kind="downgrade", workflow_id=membership_id(customer_no), act=act)

    return prepare


def _refuse_without_membership(session: Session, caller: Caller, customer_no: str) -> None:
    if customer_in_scope(session, customer_no, caller.scope(Action.END_MEMBERSHIP)) is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if not running_memberships(session, local_date(now()), customer_no):
        raise DomainError(ErrorCode.WRONG_STAGE, stage=MembershipStage.EXPIRED.value)


def appeal(caller: Caller, key: Key, year: int, *, customer_no: str, reason: str) -> Prepare:
    """申诉 against the customer's line of the published list.

    Raises NOT_FOUND outside the caller's institutions, and what `lone.check` refuses.
    """

    def prepare(session: Session) -> ApprovalStart | Standing:
        if customer_in_scope(session, customer_no, caller.scope(Action.APPEAL)) is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        attempt = len(SeasonStore(session).appeals_of(year, customer_no)) + 1
        start = StartApproval(
            **actor_fields(caller, key, reason),
            case_id=new_id(),
            workflow_id=approval_id(appeals.SUBJECT.name, f"{year}-{customer_no}", attempt),
            subject=appeals.SUBJECT.name,
            customer_no=customer_no,
            year=year,
            attempt=attempt,
            reason=reason,
        )
        lone.check(session, start, now())
        return ApprovalStart(act=start)

    return prepare
