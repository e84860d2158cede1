"""A case as people read it: the path behind and ahead, and what happened, in one pass over the records.

Both the JSON API and the pages are built from this, so they show the same facts.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from models.messages.approval import ApprovalState, PassedStep, PastAct, RouteStep, Signer
from models.services.approval.signers import Seating, names_of, resolve
from models.services.case_state import approval_of
from models.stores.audit import AuditStore
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.tables.cases import Case, Decision
from models.types import CaseKind, Door, Role, SignerRule, Stage, Tier, Verdict


class StepPlace(StrEnum):
    """Where a step of the path stands."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    SKIPPED = "skipped"
    STOPPED = "stopped"


@dataclass(frozen=True)
class SeatAhead:
    """One signature that a step will ask for: the post or the group it is for, and who would give it."""

    people: tuple[str, ...]
    role: Role | None = None
    group: str | None = None


@dataclass(frozen=True)
class PathItem:
    """One step: who acted or may act. `people` are the names of those who hold the post now."""

    stage: Stage
    place: StepPlace
    role: Role
    institution_code: str | None
    due_on: date | None
    people: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    """Who would have a seat but may not sign, such as the declarant."""
    actor: str | None = None
    at: datetime | None = None
    verdict: Verdict | None = None
    kept: bool = False
    """保留签批: the sign-off of an earlier round still counts."""
    override: bool = False
    """Decided by operations in place of whoever should have."""
    chosen: bool = False
    """The declarant names who signs."""
    rule: SignerRule = SignerRule.ANY
    needed: int | None = None
    percent: int | None = None
    seats: tuple[SeatAhead, ...] = ()
    """Of a step that several sign."""


@dataclass(frozen=True)
class TimelineItem:
    """One thing that happened: an act of a person or of the system."""

    at: datetime
    actor: str
    act: str
    door: Door
    stage: Stage | None = None
    round: int | None = None
    comment: str = ""
    return_to: Stage | None = None
    approve_as: Tier | None = None
    on_behalf_of: UUID | None = None
    on_behalf_of_name: str | None = None
    to_name: str | None = None
    """Whom the act handed the task to."""
    step_no: int | None = None
    task_id: UUID | None = None
    changes: dict[str, tuple[str, str]] | None = None
    """What a resubmission changed: before and after by field."""
    evidence_digest: str | None = None
    kind: CaseKind = CaseKind.QUALIFICATION
    kept: dict[Stage, tuple[str, ...]] = field(default_factory=dict)
    """保留签批: steps that a resubmission did not open again, and who had signed them."""


@dataclass(frozen=True)
class CaseView:
    """A case with its path of the current round, its earlier acts and its timeline, oldest first."""

    case: Case
    state: ApprovalState
    path: tuple[PathItem, ...]
    timeline: tuple[TimelineItem, ...]


def case_view(session: Session, case: Case) -> CaseView:
    """Everything a reader of an approval sees. Raises WRONG_STAGE for a service case, which has no path."""
    state = approval_of(case)
    return CaseView(case, state, path_of(session, state), timeline_of(session, case))


def path_of(session: Session, state: ApprovalState) -> tuple[PathItem, ...]:
    """审批路径: the declaration, then every step of the route."""
    declared = next(past for past in state.acts if past.act == "declare")
    latest = next((past for past in reversed(state.acts) if past.act in {"declare", "resubmit"}), declared)
    waiting = state.stage is Stage.RETURNED
    first = PathItem(
        stage=Stage.DECLARED,
        place=StepPlace.NOW if waiting else StepPlace.DONE,
        role=Role.MGR,
        institution_code=state.declarant_institution,
        due_on=None,
        actor=latest.actor_name,
        at=latest.at,
    )
    return (first, *(_item(session, state, step) for step in state.route))


def preview_path(session: Session, route: tuple[RouteStep, ...], seating: Seating) -> tuple[PathItem, ...]:
    """The path ahead before submitting, with the people who would decide; `seating.barred` never do."""
    return tuple(_foreseen(session, step, seating) for step in route)


def _foreseen(session: Session, step: RouteStep, seating: Seating, opened: tuple[Signer, ...] = ()) -> PathItem:
    """Who will sign a step, or, once it is open, who was found then."""
    if step.institution_code is None:
        return PathItem(step.stage, StepPlace.SKIPPED, step.role, None, step.due_on)
    people = PeopleStore(session)
    barred = {account.name for account in people.named([str(account_id) for account_id in seating.barred])}
    seats = opened or resolve(session, step, seating)
    named = [people.account(seat.account_id) for seat in seats if seat.account_id is not None]
    away = {account.name for account in named if account is not None and account.disabled_at is not None}
    by_seat = [[name for name in names_of(session, seat) if name not in away] for seat in seats]
    found = dict.fromkeys(name for names in by_seat for name in names)
    ahead = tuple(
        SeatAhead(tuple(name for name in names if name not in barred), seat.role, seat.group)
        for seat, names in zip(seats, by_seat, strict=True)
    )
    return PathItem(
        stage=step.stage,
        place=StepPlace.AHEAD,
        role=step.role,
        institution_code=step.institution_code,
        due_on=step.due_on,
        people=tuple(name for name in found if name not in barred),
        barred=tuple(name for name in found if name in barred),
        chosen=any(spec.choice for spec in step.signers),
        rule=step.rule,
        needed=step.needed,
        percent=step.percent,
        seats=ahead if len(ahead) > 1 else (),
    )


def _item(session: Session, state: ApprovalState, step: RouteStep) -> PathItem:
    kept = next((one for one in state.passed if one.stage is step.stage and one.kept), None)
    if kept is not None and kept.sign_offs and state.stage is not step.stage:
        return _kept(step, kept)
    act = _standing_act(state, step.stage)
    if act is None or act.verdict is None:
        seating = Seating(state.declarant_institution, state.chosen_signers, frozenset({state.declared_by}))
        if state.stage is not step.stage:
            return _foreseen(session, step, seating)
        opened = state.step.signers if state.step else ()
        return replace(_foreseen(session, step, seating, opened), place=StepPlace.NOW)
    place = StepPlace.STOPPED if act.verdict is Verdict.REJECT else StepPlace.DONE
    override = act.door is Door.OVERRIDE
    return PathItem(
        stage=step.stage,
        place=place,
        role=step.role,
        institution_code=step.institution_code,
        due_on=step.due_on,
        actor=act.actor_name,
        at=act.at,
        verdict=act.verdict,
        override=override,
    )


def _kept(step: RouteStep, passed: PassedStep) -> PathItem:
    """A step that need not sign again: who signed it in an earlier round, and when."""
    last = passed.sign_offs[-1]
    return PathItem(
        stage=step.stage,
        place=StepPlace.DONE,
        role=step.role,
        institution_code=step.institution_code,
        due_on=step.due_on,
        actor=last.actor_name,
        at=last.at,
        verdict=last.verdict,
        kept=True,
    )


def _standing_act(state: ApprovalState, stage: Stage) -> PastAct | None:
    """The decision at this stage that still counts: a return to it or before it takes it back."""
    order = [Stage.DECLARED, *(step.stage for step in state.route)]
    if state.stage is stage:
        return None
    reached = order.index(state.stage) if state.stage in order else None
    for past in reversed(state.acts):
        if past.act != "decide" or past.stage is not stage:
            continue
        if past.verdict is Verdict.RETURN or state.stage is Stage.RETURNED:
            return None
        return past if reached is None or order.index(stage) < reached else None
    return None


def timeline_of(session: Session, case: Case) -> tuple[TimelineItem, ...]:
    """What happened to a case of any kind, oldest first: acts of people, and what the system did besides."""
    decisions = CaseStore(session).decisions(case.id)
    items = [replace(_decided(decision), kind=case.kind) for decision in decisions]
    known = {(item.at, item.act) for item in items}
    for entry in AuditStore(session).of("case", str(case.id)):
        if (entry.at, entry.action) in known:
            continue
        if entry.actor.startswith("system:") or entry.action == "enter_reserve":
            who = _name(session, entry.actor)
            items.append(TimelineItem(entry.at, who, entry.action, Door(entry.door), comment=entry.reason or ""))
    return tuple(sorted(items, key=lambda item: item.at))


def _name(session: Session, actor: str) -> str:
    """The person behind an actor of the audit; a reserved actor stays what it is."""
    if actor.startswith("system:"):
        return actor
    account = PeopleStore(session).account(UUID(actor))
    return account.name if account else actor


def _decided(row: Decision) -> TimelineItem:
    return TimelineItem(
        at=row.at,
        actor=row.actor_name,
        act=row.verdict.value if row.verdict and row.act == "decide" else row.act,
        door=row.door,
        stage=row.stage,
        round=row.round,
        comment=row.comment or "",
        return_to=row.return_to,
        approve_as=row.approve_as,
        on_behalf_of=row.on_behalf_of,
        on_behalf_of_name=row.on_behalf_of_name,
        to_name=row.to_name,
        step_no=row.step_no,
        task_id=row.task_id,
        changes={name: (old, new) for name, (old, new) in json.loads(row.changes).items()} if row.changes else None,
        evidence_digest=row.evidence_digest,
        kept=_kept_by(row) if row.act == "resubmit" else {},
    )


def _kept_by(row: Decision) -> dict[Stage, tuple[str, ...]]:
    passed = ApprovalState.model_validate(row.effect).passed
    return {one.stage: tuple(sign.actor_name for sign in one.sign_offs) for one in passed if one.kept}
