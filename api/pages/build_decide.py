"""The decide bar: only what the reader may do, and what each verb leads to before the click."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import uuid4

from sqlmodel import Session

from api.pages.build_acts import OnDesk
from api.pages.build_path import result_of_approval, step_of_route
from api.pages.corrections import correction_fields
from api.pages.desk import Desk
from api.pages.i18n import _
from api.pages.inbox_query import InboxQuery
from api.pages.quarter_words import signature_text
from api.pages.view.common import Option
from api.pages.view.task import CorrectionForm, DecideBar
from api.pages.words import word
from models.messages.approval import NOBODY_TO_ACT, OpenTask
from models.rules import approval
from models.services.case_view import CaseView
from models.services.qualification.quota import SeatsLeft, seats_left
from models.services.qualification.seats import pool
from models.services.rulebooks import rulebook_of
from models.stores.seats import SeatStore
from models.types import CaseKind, SeatKind, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the person typed into the bar, as it goes back into it when a decision did not go through."""

    comment: str = ""
    return_to: str = ""
    key: str = ""
    corrections: Mapping[str, str] = field(default_factory=dict)
    previewed: bool = False


def decide_bar(view: CaseView, task: OpenTask, desk: Desk, query: InboxQuery, typed: Typed) -> DecideBar:
    """The bar for a person who may decide the open task."""
    base = f"/tasks/{task.task_id}"
    bar = DecideBar(
        action=query.href(f"{base}/decide"),
        idempotency_key=typed.key or uuid4().hex,
        version=task.version,
        comment=typed.comment,
        draft_href=f"/drafts/task:{task.task_id}",
        hint=_("确认后本提醒关闭。请先给该岗位补人。"),
        approve_text=_("确认知晓"),
        can_reject=False,
        can_return=False,
    )
    return bar if task.step == NOBODY_TO_ACT else _of_step(bar, view, desk, query, typed)


def hand_back_bar(at: OnDesk, typed: Typed) -> DecideBar:
    """The bar of a delegate, who advises and hands back; whoever delegated may call the task back."""
    task = at.found.task
    delegate = task.assignee_id == at.desk.caller.account_id
    return DecideBar(
        action=at.query.href(f"/tasks/{task.id}/acts/hand_back"),
        idempotency_key=typed.key or uuid4().hex,
        version=at.version,
        comment=typed.comment,
        draft_href=f"/drafts/task:{task.id}",
        hint=_("交回后由委派人决定。") if delegate else _("收回后由您决定。"),
        approve_text=_("交回") if delegate else _("收回委派"),
        placeholder=_("您的意见") if delegate else _("说明（可不填）"),
        can_reject=False,
        can_return=False,
    )


def _of_step(bar: DecideBar, view: CaseView, desk: Desk, query: InboxQuery, typed: Typed) -> DecideBar:
    state = view.state
    step = step_of_route(state, state.stage)
    may_return = state.round < state.max_rounds and bool(approval.earlier_stages(state))
    may_correct = bool(step and step.may_correct_facts)
    may_fall = state.tier is Tier.GOLD and approval.is_final(state, state.stage)
    silver = _silver_seats(view, desk.session) if may_fall else None
    return replace(
        bar,
        hint=_hint(view, desk.session),
        approve_text=signature_text(state.stage),
        can_reject=bool(step and step.may_reject),
        can_return=may_return,
        return_steps=_return_steps(view, typed.return_to) if may_return else (),
        approve_as_silver=silver is not None and silver.left > 0,
        silver_full=_silver_full(silver) if silver is not None and silver.left == 0 else "",
        correction=_correction(view, desk.session, query, typed) if may_correct else None,
    )


def _silver_seats(view: CaseView, session: Session) -> SeatsLeft:
    """The seats that 改批银牌 would take one of."""
    case = view.case
    return seats_left(
        session,
        rulebook_of(session, case.rulebook_version_id).rulebook,
        year=case.year,
        tier=Tier.SILVER,
        seat_kind=SeatKind.SILVER,
        institution_code=case.institution_code,
    )


def _silver_full(seats: SeatsLeft) -> str:
    return _("分公司银牌名额已满（%(used)s/%(quota)s），不能改批银牌。", used=seats.used, quota=seats.quota)


def _hint(view: CaseView, session: Session) -> str:
    """同意即报总公司复核; at the last step which seat it takes."""
    state = view.state
    if not approval.is_final(state, state.stage) or view.case.kind is not CaseKind.QUALIFICATION:
        return _("同意即%(result)s。", result=result_of_approval(view))
    place = pool(session, view.case, state)
    used = len(SeatStore(session).taken(view.case.year, place.tier, place.kind, place.scope_code))
    seat = _("%(tier)s%(seat)s", tier=word(place.tier), seat=word(state.seat_kind))
    if used >= place.quota:
        return _("%(seat)s已满（%(used)s/%(quota)s），同意后转为候补。", seat=seat, used=used, quota=place.quota)
    return _("同意即生效，占用%(seat)s %(used)s/%(quota)s。", seat=seat, used=used + 1, quota=place.quota)


def _return_steps(view: CaseView, selected: str) -> tuple[Option, ...]:
    names = {item.stage: item.actor or word(item.role) for item in view.path}
    stages = approval.earlier_stages(view.state)
    return tuple(
        Option(
            value=stage.value,
            text=_("%(who)s（%(stage)s）", who=names.get(stage, ""), stage=word(stage)),
            selected=stage.value == (selected or stages[0].value),
        )
        for stage in stages
    )


def _correction(view: CaseView, session: Session, query: InboxQuery, typed: Typed) -> CorrectionForm | None:
    fields = correction_fields(session, view.case, typed.corrections)
    base = f"/tasks/{view.state.tasks[0].task_id}"
    if not fields:
        return None
    return CorrectionForm(
        fields=fields,
        preview_action=query.href(f"{base}/preview"),
        submit_action=query.href(f"{base}/correct") if typed.previewed else "",
        open=bool(typed.corrections),
    )
