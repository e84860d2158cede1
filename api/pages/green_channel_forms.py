"""What the reader may do with a request now, asked of the rules that will judge it: each act a folded form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from api import service_acts
from api.green_channel_acts import asking, may, may_take
from api.pages.build_acts import TypedAct, filled
from api.pages.desk import Desk
from api.pages.green_channel_cards import Read, pause_form
from api.pages.green_channel_words import BASE
from api.pages.i18n import _
from api.pages.view.acts import ActForm, PersonOption, PersonPicker
from api.pages.view.common import Option
from api.pages.view.green_channel import FinishForm, TypedField
from api.pages.words import word
from api.security.policy import Action
from models.errors import DomainError
from models.messages.handing import Target
from models.messages.service import ServiceState
from models.messages.service_acts import (
    AcceptService,
    AssignService,
    CancelService,
    CompleteService,
    ConfirmService,
    PauseService,
    ResumeService,
)
from models.rules.clock import ClockState
from models.services.idempotency import Key
from models.stores.people import PeopleStore
from models.tables.organisation import Account
from models.types import PauseReason, Role

_SOMEBODY = Target(account_id=UUID(int=0), name="", authorised=True)
SATISFIED, NOT_SATISFIED = "yes", "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedFinish:
    """办理完成, 客户确认 or any other act that did not go through, as it goes back into its form."""

    name: str
    key: str = ""
    to: str = ""
    reason: str = ""
    comment: str = ""
    result: str = ""
    late_reason: str = ""
    satisfied: str = ""
    proof: str = ""
    error: DomainError | None = None

    @property
    def as_act(self) -> TypedAct:
        """The same for a form of the common shape."""
        to = (self.to,) if self.to else ()
        return TypedAct(name=self.name, key=self.key, to=to, choice=self.reason, comment=self.comment, error=self.error)

    @property
    def text(self) -> str:
        """Every word that was typed, to be given back."""
        words = (self.result, self.late_reason, self.proof, self.comment)
        return "\n".join(part for part in words if part.strip())


@dataclass(frozen=True)
class Before:
    """A request before its reader: as whom it would act."""

    desk: Desk
    found: Read
    fields: Mapping[str, Any]
    typed: TypedFinish | None

    @property
    def state(self) -> ServiceState:
        """The request as the rules know it."""
        return self.found.state

    def may(self, make: Any, **given: Any) -> bool:
        """Whether the rules would let the reader do this act now."""
        return self.desk.caller.may(Action.WORK_ON_SERVICES) and may(self.fields, self.state, make, **given)


def before(desk: Desk, found: Read, typed: TypedFinish | None) -> Before:
    """The request as its reader finds it: also in place of whom it stands in for (代理)."""
    key = Key(desk.caller.account_id, "asked", "", "")
    try:
        fields = service_acts.fields_of(desk.session, desk.caller, key, found.row.case, "?")
    except DomainError:
        fields = asking(desk.caller)
    return Before(desk, found, fields, typed)


def finish_forms(at: Before) -> tuple[FinishForm, ...]:
    """受理, 恢复, 办理完成 or 客户确认: what brings the request on, open on the page."""
    return tuple(_finishing(at))


def act_forms(at: Before) -> tuple[ActForm, ...]:
    """暂停, 指派, 取消: beside the way on, folded."""
    typed = at.typed.as_act if at.typed else None
    return tuple(filled(form, typed) for form in _acting(at))


def _finishing(at: Before) -> Iterator[FinishForm]:
    if at.may(AcceptService):
        yield _onward(at, "accept", _("受理"), _("受理后由您办理。"))
    if at.may(ResumeService):
        yield _onward(at, "resume", _("恢复"), _("期限按暂停的工作时间顺延。"))
    if at.may(CompleteService, result="?", late_reason="?"):
        yield _complete(at)
    if at.may(ConfirmService, satisfied=True, proof="?"):
        yield _confirm(at)


def _onward(at: Before, name: str, text: str, hint: str) -> FinishForm:
    """An act that asks for nothing."""
    return FinishForm(
        name=name,
        action=_action(at, name),
        text=text,
        hint=hint,
        idempotency_key=uuid4().hex,
        version=at.state.version,
        primary=True,
    )


def _complete(at: Before) -> FinishForm:
    late = at.found.clock.state is ClockState.OVERDUE
    typed = _typed(at, "complete")
    fields = [TypedField(name="result", label=_("办理结果"), value=typed.result if typed else "")]
    if late:
        hint = _("已逾期，办结前请填写逾期原因。")
        value = typed.late_reason if typed else ""
        fields.append(TypedField(name="late_reason", label=_("逾期原因"), value=value, required=True, hint=hint))
    return FinishForm(
        name="complete",
        action=_action(at, "complete"),
        text=_("办理完成"),
        hint=_("计时停止，随后请客户确认。"),
        idempotency_key=typed.key if typed and typed.key else uuid4().hex,
        version=at.state.version,
        fields=tuple(fields),
        primary=True,
        open=typed is not None,
    )


def _confirm(at: Before) -> FinishForm:
    typed = _typed(at, "confirm")
    chosen = typed.satisfied if typed else ""
    choices = ((SATISFIED, _("满意，办结")), (NOT_SATISFIED, _("不满意，退回处理")))
    proof = typed.proof if typed else ""
    return FinishForm(
        name="confirm",
        action=_action(at, "confirm"),
        text=_("登记客户确认"),
        hint=_("客户当面或电话确认的，请写明凭据；也可把确认链接发给客户。"),
        idempotency_key=typed.key if typed and typed.key else uuid4().hex,
        version=at.state.version,
        fields=(TypedField(name="proof", label=_("确认凭据"), value=proof, required=True),),
        choices=tuple(Option(value=value, text=text, selected=value == chosen) for value, text in choices),
        choices_label=_("客户意见"),
        primary=True,
        open=typed is not None,
    )


def _typed(at: Before, name: str) -> TypedFinish | None:
    return at.typed if at.typed is not None and at.typed.name == name else None


def _acting(at: Before) -> Iterator[ActForm]:
    if at.may(PauseService, reason=PauseReason.WAITING_FOR_CUSTOMER):
        yield pause_form(at.found)
    if at.may(AssignService, to=_SOMEBODY):
        yield _assign(at)
    if at.may(CancelService):
        form = _form(at, "cancel", _("取消"), _("取消后本件结束，请写明原因。"))
        yield replace(form, comment_label=_("原因"), comment_required=True, ends_case=True)


def _form(at: Before, name: str, text: str, hint: str) -> ActForm:
    return ActForm(
        name=name,
        action=_action(at, name),
        text=text,
        hint=hint,
        idempotency_key=uuid4().hex,
        version=at.state.version,
    )


def _assign(at: Before) -> ActForm:
    text = _("改派") if at.state.handler_id else _("指派")
    form = _form(at, "assign", text, _("由其继续办理，期限不变。"))
    people = _people(at)
    nobody = "" if people else _("没有可选的人员。请联系运营改派。")
    picker = PersonPicker(label=_("办理人"), people=people, nobody=nobody)
    reason = _("原因（运营改派必填）") if Role.OPS in at.desk.caller.roles else _("说明（可不填）")
    return replace(form, picker=picker, comment_label=reason)


def _people(at: Before) -> tuple[PersonOption, ...]:
    """Who works or leads the desk that serves it and may take it, but for whoever has it already."""
    case, state, store = at.found.row.case, at.state, PeopleStore(at.desk.session)
    lead = (state.lead_role, state.lead_institution_code or state.institution_code)
    found: dict[UUID, tuple[Account, Role]] = {}
    for role, place in ((state.role, state.institution_code), lead):
        for account in store.holders(role, place):
            found.setdefault(account.id, (account, role))
    return tuple(
        PersonOption(value=str(account.id), text=f"{account.name} · {word(role)}", name=account.name)
        for account, role in found.values()
        if account.id != state.handler_id and may_take(at.desk.session, case, account.id)
    )


def _action(at: Before, name: str) -> str:
    return f"{BASE}/{at.state.case_id}/{name}"
