"""The act bar of an inquiry or a complaint: what its reader may do now, asked of the same rules that will judge it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from api.candidates import Candidate
from api.chain_acts import refusal_of
from api.complaint_acts import ACTS
from api.pages.build_pickers import person_option
from api.pages.desk import Desk
from api.pages.form_bodies import validated
from api.pages.i18n import _
from api.pages.view.acts import PersonOption
from api.pages.view.common import Option
from api.pages.view.complaints import ActField, ComplaintActForm
from api.pages.words import word
from api.schemas.complaints import (
    AcceptBody,
    AssignBody,
    CloseBody,
    CompleteBody,
    GradeBody,
    InvestigateBody,
    JudgeBody,
    ReopenBody,
    ReplyBody,
    ServiceActBody,
)
from api.security.policy import Action, holders
from models.errors import DomainError, ErrorCode
from models.messages.handing import Target
from models.messages.service import ServiceState
from models.rules import service
from models.rules.service.timely import may_reopen
from models.service_types import ComplaintGrade, ComplaintSheet, CustomerView
from models.services.authority import posts_cover
from models.services.rulebooks import rulebook_of
from models.stores.complaints import ComplaintRow
from models.stores.desk import DeskStore
from models.stores.people import PeopleStore
from models.types import Role, Stage

_SOMEBODY = Target(account_id=UUID(int=0), name="", authorised=True)
_ASKED: Mapping[str, Mapping[str, Any]] = {
    "assign": {"to": _SOMEBODY},
    "reply": {"text": "?", "late_reason": "?"},
    "investigate": {"text": "?"},
    "judge": {"justified": True, "handling": "?"},
    "close": {"customer_view": CustomerView.ACCEPTED, "leader_opinion": "?", "late_reason": "?"},
}
"""What an act carries while it is only asked about."""
BODIES: Mapping[str, type[ServiceActBody]] = {
    "accept": AcceptBody,
    "assign": AssignBody,
    "reply": ReplyBody,
    "investigate": InvestigateBody,
    "grade": GradeBody,
    "judge": JudgeBody,
    "complete": CompleteBody,
    "close": CloseBody,
    "reopen": ReopenBody,
}
ORDER = ("reply", "judge", "close", "investigate", "complete", "accept", "assign", "grade", "reopen")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedAct:
    """An act that did not go through, as it goes back into its form."""

    name: str
    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    error: DomainError | None = None


@dataclass(frozen=True)
class Bar:
    """A case before its reader: as whom it would act, what the rules say."""

    desk: Desk
    row: ComplaintRow
    state: ServiceState
    fields: Mapping[str, Any]

    @property
    def is_inquiry(self) -> bool:
        """Whether its answer closes it."""
        return self.state.sheet is ComplaintSheet.INQUIRY

    @property
    def is_late(self) -> bool:
        """Whether the clock that runs now is over: then a reason is asked for."""
        due = self.row.next_due_at
        return due is not None and due < self.desk.now

    def may(self, name: str, **given: Any) -> bool:
        """Whether the reader may do it now."""
        if not self.desk.caller.may(Action.WORK_ON_SERVICES):
            return False
        asked = {"comment": "?", "version": self.state.version, **_ASKED.get(name, {}), **given}
        act: Any = ACTS[name](**{**self.fields, **asked})
        return refusal_of(lambda: service.check(self.state, act)) is None


def act_forms(bar: Bar, typed: TypedAct | None) -> tuple[ComplaintActForm, ...]:
    """Every act the reader may do; the one the case waits for is open, or the one that was refused."""
    offered = {name: form for name in ORDER if (form := _form(bar, name, typed)) is not None}
    wanted = typed.name if typed and typed.name in offered else _next(bar.state, offered)
    return tuple(_opened(form, name == wanted) for name, form in offered.items())


def _opened(form: ComplaintActForm, is_open: bool) -> ComplaintActForm:
    fields = {name: getattr(form, name) for name in form.__dataclass_fields__}
    return ComplaintActForm(**{**fields, "open": is_open, "primary": is_open})


def _next(state: ServiceState, offered: Mapping[str, ComplaintActForm]) -> str:
    """What the case waits for."""
    after_reply = "judge" if any(past.act == "investigate" for past in state.acts) else "investigate"
    wanted = {
        Stage.INVESTIGATING: after_reply,
        Stage.HANDLING: "close",
        Stage.AWAITING_CUSTOMER: "close",
    }.get(state.stage, "reply")
    return wanted if wanted in offered else ""


def _form(bar: Bar, name: str, typed: TypedAct | None) -> ComplaintActForm | None:
    if not _offered(bar, name):
        return None
    values = typed.values if typed and typed.name == name else {}
    text, hint = _words(bar)[name]
    return ComplaintActForm(
        name=name,
        action=f"/complaints/{bar.state.case_id}/acts/{name}",
        text=text,
        hint=hint,
        idempotency_key=typed.key if typed and typed.name == name and typed.key else uuid4().hex,
        version=bar.state.version,
        fields=tuple(_fields(bar, name, values)),
    )


def _offered(bar: Bar, name: str) -> bool:
    if name == "grade":
        return any(bar.may("grade", grade=grade) for grade in ComplaintGrade)
    if name == "reopen":
        return may_reopen(bar.state, bar.desk.now) and bar.may(name)
    if name == "accept":
        return bar.state.handler_id is None and bar.may(name)
    return bar.may(name)


def _words(bar: Bar) -> Mapping[str, tuple[str, str]]:
    reply = _("答复客户即办结本件。") if bar.is_inquiry else _("首次答复的时限到此为止，随后进入调查。")
    return {
        "accept": (_("受理"), _("由您办理，可改派。")),
        "assign": (_("指派"), _("指派后由对方办理，时限不变。")),
        "reply": (_("答复") if bar.is_inquiry else _("首次答复"), reply),
        "investigate": (_("调查"), _("写下查明的事实，可多次补充。")),
        "grade": (_("定级"), _("重大投诉转分公司团险负责人，由其结案。")),
        "judge": (_("判定成立与否"), _("写明是否成立和处理办法，随后可结案。")),
        "complete": (_("处理完毕"), _("已按处理办法办完，等待客户意见；结案时限继续计算。")),
        "close": (_("结案"), _("记下客户意见并结案；期限内客户不认可可重新打开。")),
        "reopen": (_("重新打开"), _("开始新的一轮，两个时限重新计算；原记录保留。")),
    }


def _fields(bar: Bar, name: str, values: Mapping[str, str]) -> Iterator[ActField]:
    """The controls of an act with what was typed into them; a reason where the clock is over."""
    yield from _CONTROLS.get(name, _nothing)(bar, values)
    if name in {"reply", "close"} and bar.is_late:
        yield _lines(values, "late_reason", _("逾期原因"), hint=_("已逾期，请填写原因后再提交。"), limit=500)


def _lines(
    values: Mapping[str, str], name: str, label: str, *, required: bool = True, hint: str = "", limit: int = 4000
) -> ActField:
    return ActField(name=name, label=label, value=values.get(name, ""), required=required, hint=hint, limit=limit)


def _choice(values: Mapping[str, str], name: str, label: str, options: Iterable[tuple[str, str]]) -> ActField:
    found = tuple(Option(value=value, text=text, selected=value == values.get(name)) for value, text in options)
    return ActField(name=name, label=label, kind="select", options=found)


def _nothing(_bar: Bar, _values: Mapping[str, str]) -> Iterator[ActField]:
    yield from ()


def _replying(bar: Bar, values: Mapping[str, str]) -> Iterator[ActField]:
    yield _lines(values, "text", _("答复内容") if bar.is_inquiry else _("首次答复内容"))


def _investigating(_bar: Bar, values: Mapping[str, str]) -> Iterator[ActField]:
    yield _lines(values, "text", _("调查情况"))


def _judging(_bar: Bar, values: Mapping[str, str]) -> Iterator[ActField]:
    yield _choice(values, "justified", _("投诉是否成立"), (("true", _("成立")), ("false", _("不成立"))))
    yield _lines(values, "handling", _("处理办法"))


def _closing(bar: Bar, values: Mapping[str, str]) -> Iterator[ActField]:
    yield _choice(values, "customer_view", _("客户意见"), ((view.value, word(view)) for view in CustomerView))
    yield _lines(values, "view_text", _("客户怎么说（可不填）"), required=False)
    if bar.state.grade is ComplaintGrade.SERIOUS:
        yield _lines(values, "leader_opinion", _("负责人意见"))


def _grading(bar: Bar, values: Mapping[str, str]) -> Iterator[ActField]:
    grades = [grade for grade in ComplaintGrade if grade is not bar.state.grade]
    yield _choice(values, "grade", _("等级"), ((grade.value, word(grade)) for grade in grades))
    yield _lines(values, "comment", _("原因"), required=bar.state.grade is ComplaintGrade.SERIOUS, limit=2000)


def _assigning(bar: Bar, values: Mapping[str, str]) -> Iterator[ActField]:
    people = _people(bar, values.get("to", ""))
    yield ActField(name="to", label=_("指派给"), kind="people", people=people, required=True)
    by_operations = _by_operations(bar)
    label = _("原因") if by_operations else _("说明（可不填）")
    yield _lines(values, "comment", label, required=by_operations, limit=2000)


def _reopening(_bar: Bar, values: Mapping[str, str]) -> Iterator[ActField]:
    yield _lines(values, "comment", _("原因"), limit=2000)


_CONTROLS: Mapping[str, Callable[[Bar, Mapping[str, str]], Iterator[ActField]]] = {
    "reply": _replying,
    "investigate": _investigating,
    "judge": _judging,
    "close": _closing,
    "grade": _grading,
    "assign": _assigning,
    "reopen": _reopening,
}


def _by_operations(bar: Bar) -> bool:
    """Operations give a reason, everybody else may."""
    return not bar.may("assign", comment="")


def _people(bar: Bar, chosen: str) -> tuple[PersonOption, ...]:
    """People near the institution that serves, whose posts may take the case; itself left out."""
    session, state = bar.desk.session, bar.state
    above = PeopleStore(session).ancestry(state.institution_code)
    rules = rulebook_of(session, bar.row.case.rulebook_version_id).rulebook.desk
    found: dict[UUID, Candidate] = {}
    for account, role, place in DeskStore(session).posts_near(above, holders(Action.WORK_ON_SERVICES)) if above else []:
        if posts_cover(rules, state.role, above, [(role, place)]) and account.id != state.handler_id:
            posts = (*(found[account.id].posts if account.id in found else ()), (Role(role), place.name))
            found[account.id] = Candidate(account.id, account.name, posts, authorised=True)
    options = (person_option(candidate) for candidate in sorted(found.values(), key=lambda one: one.name))
    return tuple(
        PersonOption(value=one.value, text=one.text, name=one.name, selected=one.value == chosen) for one in options
    )


def body_of(name: str, values: Mapping[str, str], version: str) -> ServiceActBody:
    """The form of an act as the body that JSON would send. Raises STALE_VERSION, INVALID_INPUT at its fields."""
    if not version.isdecimal():
        raise DomainError(ErrorCode.STALE_VERSION)
    kind = BODIES[name]
    given = {key: value for key, value in values.items() if key in kind.model_fields and key != "version"}
    return validated(kind, {**given, "version": int(version)})
