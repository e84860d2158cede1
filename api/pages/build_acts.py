"""The acts beside a decision that are open to the reader of a task, asked of the same rules that will judge them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from api.act_base import OnTask, fields_on, override_fields
from api.candidates import Purpose
from api.chain_acts import refusal_of
from api.pages.build_pickers import Pickers
from api.pages.build_quick import of_choices, to_people, to_people_in
from api.pages.desk import Desk
from api.pages.i18n import _
from api.pages.inbox_query import InboxQuery
from api.pages.snoozing import snooze_options
from api.pages.view.acts import ActForm, Selection
from api.pages.view.common import Option
from api.pages.words import word
from api.security.policy import Action
from models.errors import DomainError
from models.messages.approval import NOBODY_TO_ACT, ApprovalState, Decide, OpenTask, Signer
from models.messages.handing import (
    AddSigner,
    ChainAct,
    HandBack,
    PauseClock,
    RemoveSigner,
    ResumeClock,
    TakeBack,
    Target,
    Transfer,
)
from models.rules import approval
from models.services.idempotency import Key
from models.tables.cases import Task
from models.types import OPEN_TASK_STATES, AddedPosition, PauseReason, Stage, TaskState, Verdict

HANDING = frozenset({"transfer", "delegate", "add_signer", "ask", "cc", "snooze"})
"""Acts of the panel that hands on, asks and puts off; the others stand above the bar."""
_SOMEBODY = Target(account_id=UUID(int=0), name="", authorised=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedAct:
    """An act that did not go through, as it goes back into its form."""

    name: str
    key: str = ""
    to: tuple[str, ...] = ()
    choice: str = ""
    comment: str = ""
    signer_id: str = ""
    error: DomainError | None = None


@dataclass(frozen=True)
class OnDesk:
    """A task before its reader: as whom it would act, and what stands in the way of deciding."""

    desk: Desk
    found: OnTask
    open: OpenTask | None
    fields: dict[str, Any]
    barred: DomainError | None
    query: InboxQuery

    @property
    def may_act(self) -> bool:
        """Whether the reader acts on tasks at all."""
        return self.open is not None and self.desk.caller.may(Action.ACT_ON_TASKS)

    @property
    def may_decide(self) -> bool:
        """Whether the bar is shown."""
        return self.may_act and self.barred is None

    def may(self, make: Callable[..., ChainAct], **given: Any) -> bool:
        """Whether the rules would let the reader do this act now."""
        if self.open is None or not self.may_act:
            return False
        act = make(**self.fields, task_id=self.open.task_id, **given)
        return refusal_of(lambda: approval.check(self.found.state, act)) is None

    @property
    def stood_for(self) -> str:
        """The name of the person the reader acts for here, or empty."""
        return str(self.fields.get("on_behalf_of_name") or "")

    @property
    def href(self) -> str:
        """The page of the task, with the filter it was opened by."""
        return self.query.href(f"/tasks/{self.found.task.id}")

    @property
    def version(self) -> int:
        """What an act must name."""
        return self.open.version if self.open else self.found.task.version


def on_desk(desk: Desk, found: OnTask, query: InboxQuery) -> OnDesk:
    """The task as its reader finds it."""
    waiting = next((item for item in found.state.tasks if item.task_id == found.task.id), None)
    key = Key(desk.caller.account_id, "asked", "", "")
    try:
        fields = fields_on(desk.session, desk.caller, key, found, "?")
    except DomainError as claimed:
        fields = override_fields(desk.caller, key, "?")
        return OnDesk(desk, found, waiting, fields, claimed, query)
    barred = _barred(found.state, waiting, fields) if waiting else None
    return OnDesk(desk, found, waiting, fields, barred, query)


def _barred(state: ApprovalState, task: OpenTask, fields: dict[str, Any]) -> DomainError | None:
    asked = Decide(**fields, task_id=task.task_id, version=task.version, verdict=Verdict.APPROVE)
    return refusal_of(lambda: approval.check_person(state, task, asked))


def task_acts(at: OnDesk, typed: TypedAct | None) -> tuple[ActForm, ...]:
    """Every act the reader may do now, the most frequent first; what was typed goes back into its form."""
    return tuple(filled(form, typed) for form in _offered(at))


def filled(form: ActForm, typed: TypedAct | None) -> ActForm:
    """The form open with what was typed in it, when it is the one that was refused or asked for."""
    if typed is None or typed.name != form.name:
        return form
    picker, selection = form.picker, form.selection
    if picker:
        people = tuple(replace(person, selected=person.value in typed.to) for person in picker.people)
        picker = replace(picker, people=people)
    if selection:
        options = tuple(replace(option, selected=option.value == typed.choice) for option in selection.options)
        selection = replace(selection, options=options)
    key = typed.key or form.idempotency_key
    return replace(form, idempotency_key=key, picker=picker, selection=selection, comment=typed.comment, open=True)


def _offered(at: OnDesk) -> Iterator[ActForm]:
    if at.found.task.state not in OPEN_TASK_STATES:
        return
    people = Pickers(at.desk, at.found)
    yield from _claiming(at)
    if at.found.task.step not in {NOBODY_TO_ACT, Stage.DECLARED.value}:
        yield from _handing(at, people)
    yield from _around(at, people)
    yield from _signers_out(at)
    yield from _clock(at)
    yield from _operations(at, people)


def _form(at: OnDesk, name: str, text: str, **more: Any) -> ActForm:
    """A form of the task; an act that needs no version does not name one."""
    return ActForm(
        name=name,
        action=at.query.href(f"/tasks/{at.found.task.id}/acts/{more.pop('act', name)}"),
        text=text,
        idempotency_key=uuid4().hex,
        version=more.pop("version", at.version),
        **more,
    )


def _claiming(at: OnDesk) -> Iterator[ActForm]:
    task = at.found.task
    if not at.may_act:
        return
    if may_claim(at.desk, task) and at.barred is None:
        yield _form(at, "claim", _("领取"), hint=_("领取后只由您办理，可放回。"))
    elif task.state is TaskState.CLAIMED and task.assignee_id == at.desk.caller.account_id:
        yield _form(at, "release", _("放回"), hint=_("放回后岗位上的人都可办理。"))


def may_claim(desk: Desk, task: Task) -> bool:
    """Whether the task waits for a post of the reader and nobody took it yet."""
    posts = {(post.role, post.institution_code) for post in desk.caller.posts}
    return (
        task.state is TaskState.OPEN
        and task.assignee_id is None
        and (task.role, task.institution_code) in posts
        and desk.caller.may(Action.ACT_ON_TASKS)
    )


def _handing(at: OnDesk, people: Pickers) -> Iterator[ActForm]:
    """转办, 委派, 加签: open to the holder, whether or not four eyes let it decide."""
    if not at.may(Transfer, version=at.version, to=_SOMEBODY):
        return
    yield _form(
        at,
        "transfer",
        _("转办"),
        hint=_("转办后由对方办理，时限不变。"),
        picker=people.of(Purpose.TRANSFER, _("转办给")),
        quick=to_people(people, Purpose.TRANSFER, _("转办给")),
        comment_label=_("说明（可不填）"),
    )
    if at.barred is not None:
        return
    yield _form(
        at,
        "delegate",
        _("委派"),
        hint=_("对方提出意见后交回，仍由您决定。"),
        picker=people.of(Purpose.DELEGATE, _("委派给")),
        quick=to_people(people, Purpose.DELEGATE, _("委派给")),
        comment_label=_("请对方看什么（可不填）"),
    )
    if at.may(AddSigner, version=at.version, to=_SOMEBODY, position=AddedPosition.AFTER):
        yield _added_signer(at, people)


def _added_signer(at: OnDesk, people: Pickers) -> ActForm:
    positions = (
        Option(value=AddedPosition.BEFORE.value, text=_("前加签：先于您签批")),
        Option(value=AddedPosition.AFTER.value, text=_("后加签：在您之后签批")),
    )
    short = tuple(Option(value=position.value, text=word(position)) for position in AddedPosition)
    return _form(
        at,
        "add_signer",
        _("加签"),
        hint=_("加签人必须签批，本环节才能通过。"),
        picker=people.of(Purpose.ADD_SIGNER, _("加签人")),
        selection=Selection(name="choice", label=_("顺序"), options=positions),
        quick=to_people_in(people, Purpose.ADD_SIGNER, Selection(name="choice", label=_("顺序"), options=short)),
        comment_label=_("说明（可不填）"),
    )


def _around(at: OnDesk, people: Pickers) -> Iterator[ActForm]:
    """征询, 抄送, 稍后处理: nothing moves."""
    if at.desk.caller.may(Action.COMMENT_CASE):
        yield _form(
            at,
            "ask",
            _("征询"),
            hint=_("请人答复，任务仍在您这里。"),
            picker=people.of(Purpose.ASK, _("征询")),
            quick=to_people(people, Purpose.ASK, _("征询")),
            comment_label=_("问题"),
            comment_required=True,
        )
        yield _form(
            at,
            "cc",
            _("抄送"),
            hint=_("对方只能查看，不办理。可多选。"),
            picker=people.of(Purpose.CC, _("抄送给"), several=True),
            quick=to_people(people, Purpose.CC, _("抄送给")),
            comment_label=_("说明（可不填）"),
        )
    if at.may_act:
        until = Selection(name="choice", label=_("推迟到"), options=snooze_options(at.desk))
        hint = _("到时再出现在您的待办中，时限照常计算。")
        yield _form(at, "snooze", _("稍后处理"), hint=hint, selection=until, quick=of_choices(until))


def removable(at: OnDesk) -> tuple[Signer, ...]:
    """Added signers whom the reader may take out again."""
    step = at.found.state.step
    added = [seat for seat in step.signers if seat.added_by is not None] if step else []
    return tuple(seat for seat in added if at.may(RemoveSigner, version=at.version, signer_id=seat.signer_id))


def _signers_out(at: OnDesk) -> Iterator[ActForm]:
    for seat in removable(at):
        yield _form(
            at,
            f"remove_signer-{seat.signer_id}",
            _("减签 %(who)s", who=seat.name),
            act="remove_signer",
            fixed=(("signer_id", seat.signer_id),),
            hint=_("不再需要其签批。"),
            comment_label=_("说明（可不填）"),
        )


def _clock(at: OnDesk) -> Iterator[ActForm]:
    reasons = tuple(Option(value=reason.value, text=word(reason)) for reason in PauseReason)
    if at.may(PauseClock, version=at.version, reason=PauseReason.WAITING_FOR_CUSTOMER):
        yield _form(
            at,
            "pause",
            _("暂停计时"),
            hint=_("暂停期间不计时限，恢复后顺延。"),
            selection=Selection(name="choice", label=_("暂停原因"), options=reasons),
            comment_label=_("说明（可不填）"),
        )
    if at.may(ResumeClock, version=at.version):
        steps_in = at.desk.caller.may(Action.MANAGE_OPS)
        yield _form(
            at,
            "resume",
            _("恢复计时"),
            hint=_("时限按暂停的工作时间顺延。"),
            comment_label=_("原因") if steps_in else _("说明（可不填）"),
            comment_required=steps_in,
        )


def _operations(at: OnDesk, people: Pickers) -> Iterator[ActForm]:
    """改派 and 干预决定 by operations: always marked, always with a reason."""
    if at.found.task.step in {NOBODY_TO_ACT, Stage.DECLARED.value} or not at.desk.caller.may(Action.MANAGE_OPS):
        return
    marked = _("运营干预：将如实标明，并记入审计。")
    yield _form(
        at,
        "reassign",
        _("改派"),
        marked=marked,
        picker=people.of(Purpose.REASSIGN, _("改派给")),
        comment_label=_("原因"),
        comment_required=True,
    )
    verdicts = tuple(Option(value=verdict.value, text=word(verdict)) for verdict in _overriding(at.found.state))
    yield _form(
        at,
        "override",
        _("干预决定"),
        marked=marked,
        selection=Selection(name="choice", label=_("决定"), options=verdicts),
        comment_label=_("原因"),
        comment_required=True,
        ends_case=True,
    )


def _overriding(state: ApprovalState) -> Iterator[Verdict]:
    yield Verdict.APPROVE
    if state.round < state.max_rounds:
        yield Verdict.RETURN
    if approval.step_of(state, state.stage).may_reject:
        yield Verdict.REJECT


def undo_form(at: OnDesk, task: Task) -> ActForm | None:
    """撤回 while the reader's own sign-off may still be taken back."""
    if not at.desk.caller.may(Action.ACT_ON_TASKS):
        return None
    act = TakeBack(**at.fields, task_id=task.id)
    if refusal_of(lambda: approval.check(at.found.state, act)) is not None:
        return None
    return _form(
        at, "take_back", _("撤回"), version=None, hint=_("下一步办理前可撤回，任务回到您的待办。"), comment_label=""
    )


def called_back(at: OnDesk) -> bool:
    """Whether the reader holds the task as a delegate, or delegated it: then it goes back, with advice."""
    return at.may(HandBack, version=at.version)
