"""Signatures of a step as people read them: 会签 2/3，缺 财务; who added whom; who waits for whom."""

from collections.abc import Iterator
from uuid import UUID

from api.pages.desk import Desk
from api.pages.format import stamp
from api.pages.i18n import _
from api.pages.view.task import Seat, SeatState
from api.pages.words import word
from models.messages.approval import ApprovalState, Signer, SignOff, StepState
from models.rules import approval
from models.services.case_view import CaseView, PathItem, SeatAhead, TimelineItem
from models.stores.desk import DeskStore
from models.types import AddedPosition, SignerRule, Stage, Verdict


def standing_text(state: ApprovalState) -> str:
    """会签 2/3，缺 财务; empty where one signature decides."""
    step = state.step
    if step is None or len(step.signers) < 2:
        return ""
    found = approval.standing(state)
    several = sum(seat.added_by is None for seat in step.signers) > 1
    rule = word(SignerRule(step.rule)) if several else _("签批")
    missing = "、".join(seat_name(seat) for seat in found.missing)
    text = f"{rule} {found.approved}/{found.needed}"
    return _("%(text)s，缺 %(missing)s", text=text, missing=missing) if missing else text


def seat_name(seat: Signer) -> str:
    """The group of a seat, the person, or its post."""
    return seat.group or seat.name or (word(seat.role) if seat.role else seat.signer_id)


def waited_for(state: ApprovalState) -> str:
    """Whose signatures the open step asks for now; empty where it waits for a post."""
    step = state.step
    if step is None or len(step.signers) < 2:
        return open_holder(state, "")
    due = {task.signer_id for task in state.tasks if not task.waiting}
    return "、".join(seat_name(seat) for seat in approval.standing(state).missing if seat.signer_id in due)


def signers_ahead(item: PathItem) -> str:
    """票签 2/3：甲、乙、财务（丙）, before the step opens; empty where one signature decides."""
    if not item.seats:
        return ""
    asked = f" {item.percent}%" if item.percent is not None else ""
    asked = f" {item.needed}/{len(item.seats)}" if item.needed is not None else asked
    who = "、".join(_seat_ahead(seat, chosen=item.chosen) for seat in item.seats)
    return _("%(rule)s：%(who)s", rule=f"{word(item.rule)}{asked}", who=who)


def _seat_ahead(seat: SeatAhead, *, chosen: bool) -> str:
    """The one person who would sign, else the post and how many hold it; with the group it signs for."""
    post = word(seat.role) if seat.role else ""
    if not seat.people:
        who = _("待申报人指定") if chosen else _("%(role)s 无人可办", role=post)
    else:
        who = seat.people[0] if len(seat.people) == 1 else _("%(role)s %(n)s 人可办", role=post, n=len(seat.people))
    return f"{seat.group}（{who}）" if seat.group else who


def open_holder(state: ApprovalState, reader: str) -> str:
    """Whose the step is where it was handed to one person by name; empty where it waits for the post."""
    step = state.step
    if step is None or len(step.signers) != 1:
        return ""
    task = next((item for item in state.tasks if item.step == step.stage.value), None)
    name = step.signers[0].name
    if task is None or task.assignee_id is None or not name:
        return ""
    who = _("您（%(name)s）", name=name) if name == reader else name
    return _("%(who)s · 已委派 %(whom)s", who=who, whom=task.delegate_name) if task.delegate_name else who


def open_seats(view: CaseView, desk: Desk) -> tuple[Seat, ...]:
    """Every signature of the open step; none where there is only one."""
    step = view.state.step
    if step is None or len(step.signers) < 2:
        return ()
    adders = {seat.added_by for seat in step.signers if seat.added_by is not None}
    names = DeskStore(desk.session).names(adders) if adders else {}
    return tuple(_seat(view, desk, step, seat, names) for seat in step.signers)


def _seat(view: CaseView, desk: Desk, step: StepState, seat: Signer, names: dict[UUID, str]) -> Seat:
    signed = next((one for one in step.sign_offs if one.signer_id == seat.signer_id), None)
    if signed is not None:
        verb = f"{stamp(signed.at, desk.now)} {word(Verdict(signed.verdict))}"
        return Seat(
            state=SeatState.REFUSED if signed.verdict is Verdict.REJECT else SeatState.SIGNED,
            who=_signed_by(view, signed),
            note="，".join([verb, *_added(step, seat, names)]),
        )
    task = next((item for item in view.state.tasks if item.signer_id == seat.signer_id), None)
    ready = task is not None and not task.waiting
    notes = [*_added(step, seat, names)]
    if task is not None and task.delegate_name:
        notes.append(_("已委派 %(whom)s", whom=task.delegate_name))
    notes.append(_("待签批") if ready else _("等待前面签批"))
    group = f"（{seat.group}）" if seat.group and seat.name else ""
    name = seat.name or seat_name(seat)
    return Seat(state=SeatState.OPEN if ready else SeatState.WAITING, who=f"{name}{group}", note="，".join(notes))


def _added(step: StepState, seat: Signer, names: dict[UUID, str]) -> Iterator[str]:
    if seat.added_by is None:
        return
    before = any(seat.signer_id in other.waits_for for other in step.signers)
    position = word(AddedPosition.BEFORE if before else AddedPosition.AFTER)
    yield _("由 %(who)s %(position)s", who=names.get(seat.added_by, ""), position=position)


def signed_seats(view: CaseView, stage: Stage) -> tuple[Seat, ...]:
    """Who signed a step that passed."""
    passed = next((one for one in view.state.passed if one.stage is stage), None)
    if passed is None:
        return ()
    return tuple(
        Seat(
            state=SeatState.REFUSED if one.verdict is Verdict.REJECT else SeatState.SIGNED,
            who=_signed_by(view, one),
            note=word(Verdict(one.verdict)),
        )
        for one in passed.sign_offs
    )


def _signed_by(view: CaseView, signed: SignOff) -> str:
    item: TimelineItem | None = next((item for item in view.timeline if item.task_id == signed.task_id), None)
    if item is None or not item.on_behalf_of_name:
        return signed.actor_name
    return _("%(who)s（代 %(whom)s）", who=signed.actor_name, whom=item.on_behalf_of_name)
