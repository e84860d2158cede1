"""What calls and pages about stand-ins share: who asks, for what, and the rows as answers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from api.case_answers import task_answer
from api.deps import Action, Caller
from api.schemas.stand_ins import (
    GoesAnswer,
    OutlookAnswer,
    PostOutlookAnswer,
    RehearsalAnswer,
    StandInAnswer,
    StandInBody,
    StandInPersonAnswer,
)
from models.errors import DomainError, ErrorCode
from models.services.desk.once import Facts, once
from models.services.idempotency import Key
from models.services.stand_in_rehearsal import Gap, Rehearsal, rehearse
from models.services.stand_in_setting import Setter, Wish, end_stand_in, is_over, may_end, plan, set_stand_in
from models.stores.people import PeopleStore
from models.stores.stand_ins import StandInStore
from models.tables.desk import StandIn
from models.types import CaseKind, Tier


def setter_of(caller: Caller) -> Setter:
    """The caller as one who sets stand-ins, now."""
    return Setter(
        account_id=caller.account_id,
        scope=caller.scope(Action.MANAGE_STAND_INS),
        sees=caller.scope(Action.READ_STAFF),
        by=caller.by,
        now=datetime.now(UTC),
    )


def wish_of(caller: Caller, body: StandInBody) -> Wish:
    """What the body asks for."""
    return Wish(
        principal=body.principal or caller.login,
        stand_in=body.stand_in,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        kinds=frozenset(body.kinds),
        tiers=frozenset(body.tiers),
        institution_code=body.institution_code,
        reason=body.reason,
    )


def rehearsal(session: Session, caller: Caller, body: StandInBody) -> Rehearsal:
    """The outlook of what is asked for; nothing is stored. Raises as setting it would."""
    return rehearse(session, plan(session, wish_of(caller, body), setter_of(caller)))


def put(session: Session, caller: Caller, key: Key, body: StandInBody) -> Facts:
    """Set it, once under the key."""
    setter = setter_of(caller)

    def do() -> Facts:
        return {"stand_in_id": str(set_stand_in(session, wish_of(caller, body), setter).id)}

    return once(session, key, setter.now, do)


def end(session: Session, caller: Caller, key: Key, stand_in_id: UUID) -> Facts:
    """End it, once under the key."""
    setter = setter_of(caller)

    def do() -> Facts:
        return {"stand_in_id": str(end_stand_in(session, stand_in_id, setter).id)}

    return once(session, key, setter.now, do)


def stand_in_by_facts(session: Session, caller: Caller, facts: Facts) -> StandInAnswer:
    """The row that an act left."""
    row = StandInStore(session).get(UUID(facts["stand_in_id"]))
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return stand_in_answers(session, caller, [row])[0]


def stand_in_answers(session: Session, caller: Caller, rows: Sequence[StandIn]) -> list[StandInAnswer]:
    """Rows as JSON."""
    setter = setter_of(caller)
    return [_answer(session, row, setter) for row in rows]


def _answer(session: Session, row: StandIn, setter: Setter) -> StandInAnswer:
    over = is_over(row, setter.now)
    return StandInAnswer(
        stand_in_id=row.id,
        principal=_person(session, row.principal_id),
        stand_in=_person(session, row.stand_in_id),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
        state="over" if over else "planned" if row.starts_at > setter.now else "in_force",
        kinds=[CaseKind(kind) for kind in row.kinds],
        tiers=[Tier(tier) for tier in row.tiers],
        institution_code=row.institution_code,
        reason=row.reason,
        may_end=not over and may_end(session, row, setter),
    )


def _person(session: Session, account_id: UUID) -> StandInPersonAnswer:
    account = PeopleStore(session).account(account_id)
    if account is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return StandInPersonAnswer(account_id=account.id, login=account.login, name=account.name)


def rehearsal_answer(found: Rehearsal) -> RehearsalAnswer:
    """A rehearsal as JSON."""
    tasks = [
        OutlookAnswer(task=task_answer(item.task), to=item.to_name or None, gap=item.gap, others=item.others)
        for item in found.tasks
    ]
    posts = [
        PostOutlookAnswer(
            role=post.role,
            institution_code=post.institution_code,
            stages=list(post.stages),
            to=list(post.to_names),
            gaps=list(post.gaps),
            others=post.others,
        )
        for post in found.posts
    ]
    return RehearsalAnswer(
        goes=[GoesAnswer(name=name, tasks=count) for name, count in found.goes],
        nobody=found.left(),
        back_to_declarant=found.left(Gap.DECLARANT),
        cut=found.cut,
        tasks=tasks,
        posts=posts,
    )
