"""Acts on 考核 from pages: appeal, veto and its withdrawal, reckoning again, confirmation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, assessment_acts
from api.assessment_acts import place_of
from api.assessment_answers import ASSESSMENT, name_of, named
from api.assessment_files import shown
from api.deps import Action, Caller, DatabaseDep, require
from api.desk_acts import actor_of
from api.pages.acting import has_own_page, status_headers, usable_key
from api.pages.asking import Asked, Sent, reason_form, send_form
from api.pages.i18n import _
from api.pages.lists import href
from api.pages.render import render, see_other
from api.pages.view.common import Option
from api.pages.view.people import FormField
from api.routes.evaluations import YearPath
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.assessment import DEDUCTION
from models.services.assessment import vetoes
from models.services.assessment.appeals import standing, value_of
from models.services.assessment.keeping import kept_of
from models.services.assessment.reckoning import branch_at, rules_of
from models.services.assessment.vetoes import Finding
from models.services.desk.once import Facts, once
from models.services.rulebooks import rulebook_of

router = APIRouter(prefix=ASSESSMENT + "/{year}/{institution_code}")
AppellantDep = Annotated[Caller, require(Action.APPEAL_ASSESSMENT)]
ConfirmDep = Annotated[Caller, require(Action.CONFIRM_ASSESSMENT)]
VetoDep = Annotated[Caller, require(Action.RECORD_VETO)]
Text = Annotated[str, Form(max_length=500)]
Short = Annotated[str, Form(max_length=64)]
Item = Annotated[str, Query(max_length=32)]


@dataclass(frozen=True)
class Branch:
    """The branch's year that a form is about, and the records it stands in."""

    request: Request
    database: Database
    year: int
    code: str

    @property
    def path(self) -> str:
        """The page of the branch."""
        return f"{ASSESSMENT}/{self.year}/{self.code}"

    def asked(self, act: str, title: str, lead: str, fields: tuple[FormField, ...] = ()) -> Asked:
        """A form that asks for a reason."""
        return Asked(
            title=title, lead=lead, action=f"{self.path}/{act}", back=self.path, current="assessment", fields=fields
        )


async def _branch(request: Request, year: YearPath, institution_code: str, database: DatabaseDep) -> Branch:
    return Branch(request, database, year, institution_code)


BranchDep = Annotated[Branch, Depends(_branch)]


@router.get("/appeal")
def ask_appeal(on: BranchDep, caller: AppellantDep, item: Item = DEDUCTION) -> Response:
    """申诉 about an item: what it should be, and why."""
    return _form(on, caller, _appeal(on, caller, item))


@router.post("/appeal")
async def appeal(
    on: BranchDep,
    caller: AppellantDep,
    *,
    item: Short = "",
    asked: Short = "",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """Make the appeal; head office decides it."""
    form = replace(await run_in_threadpool(_appeal, on, caller, item, asked), reason=reason)
    content = {"item": item, "asked": asked, "reason": reason}
    key = acts.key_for(caller, usable_key(idempotency_key), f"assessment-appeal:{on.year}:{on.code}", content)
    place = place_of(caller, Action.APPEAL_ASSESSMENT, on.year, on.code)
    prepare = assessment_acts.appeal(caller, key, place, item=item, asked=asked, reason=reason)
    sent = Sent(on.request, on.database, caller, key, form, "appealed")
    return await send_form(sent, prepare)


def _appeal(on: Branch, caller: Caller, item: str, asked: str = "") -> Asked:
    with on.database.read() as session:
        branch = branch_at(session, place_of(caller, Action.APPEAL_ASSESSMENT, on.year, on.code))
        row = standing(session, on.year, branch.code)
        stands = value_of(kept_of(row), item) if row else None
        if row is None or stands is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        rules = rulebook_of(session, row.rulebook_version_id).rulebook.assessment
        name = _("扣分") if item == DEDUCTION else name_of(rules, item)
    return on.asked(
        "appeal",
        _("申诉：%(name)s", name=name),
        _("本项现为 %(value)s，由总公司复核、审批。成立后形成新的版本，原版本保留。", value=shown(stands)),
        (
            FormField(id="item", label="", kind="hidden", value=item),
            FormField(id="asked", label=_("应为"), value=asked, hint=_("填写数值，如 96.5")),
        ),
    )


@router.get("/veto")
def ask_veto(on: BranchDep, caller: VetoDep) -> Response:
    """Which veto, the case it rests on, what shows it, and why."""
    return _form(on, caller, _veto(on, caller))


@router.post("/veto")
def record_veto(
    on: BranchDep,
    caller: VetoDep,
    *,
    code: Short = "",
    case_id: Text = "",
    evidence: Text = "",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """Record the veto."""
    typed = {"code": code, "case_id": case_id, "evidence": evidence}
    form = replace(_veto(on, caller, **typed), reason=reason)
    place = place_of(caller, Action.RECORD_VETO, on.year, on.code)
    finding = Finding(code, _case_id(case_id), reason, evidence)

    def do(session: Session) -> Facts:
        return assessment_acts.record_veto(session, caller, key, place, finding)

    key = acts.key_for(
        caller, usable_key(idempotency_key), f"assessment-veto:{on.year}:{on.code}", typed | {"reason": reason}
    )
    return _record(on, caller, form, do, "vetoed")


def _veto(on: Branch, caller: Caller, code: str = "", case_id: str = "", evidence: str = "") -> Asked:
    with on.database.read() as session:
        branch = branch_at(session, place_of(caller, Action.RECORD_VETO, on.year, on.code))
        rules = rules_of(session, on.year, datetime.now(UTC)).rulebook.assessment
    kinds = tuple(Option(value=item.code, text=named(item), selected=item.code == code) for item in rules.vetoes)
    return on.asked(
        "veto",
        _("记录一票否决"),
        _("%(branch)s %(year)s 年度。记录后在下一次计算时生效，可带原因撤销。", branch=branch.name, year=on.year),
        (
            FormField(id="code", label=_("否决事项"), kind="select", options=kinds),
            FormField(id="case_id", label=_("依据的流程"), value=case_id, hint=_("流程页地址中的编号")),
            FormField(id="evidence", label=_("证据"), kind="textarea", value=evidence),
        ),
    )


def _case_id(text: str) -> UUID | None:
    """The id in what was typed or pasted: the id itself, or the address of the page."""
    try:
        return UUID(text.strip().rstrip("/").rpartition("/")[2])
    except ValueError:
        return None


@router.get("/vetoes/{veto_id}/withdraw")
def ask_withdrawal(on: BranchDep, veto_id: UUID, caller: VetoDep) -> Response:
    """Why the veto is withdrawn."""
    return _form(on, caller, _withdrawal(on, caller, veto_id))


@router.post("/vetoes/{veto_id}/withdraw")
def withdraw_veto(
    on: BranchDep, veto_id: UUID, caller: VetoDep, *, reason: Text = "", idempotency_key: Text = ""
) -> Response:
    """Withdraw it."""
    form = replace(_withdrawal(on, caller, veto_id), reason=reason)
    scope, by = caller.scope(Action.RECORD_VETO), actor_of(caller)

    def do(session: Session) -> Facts:
        return once(
            session, key, by.at, lambda: {"veto_id": str(vetoes.withdraw(session, veto_id, reason, scope, by).id)}
        )

    key = acts.key_for(caller, usable_key(idempotency_key), f"veto-withdraw:{veto_id}", {"reason": reason})
    return _record(on, caller, form, do, "withdrawn")


def _withdrawal(on: Branch, caller: Caller, veto_id: UUID) -> Asked:
    with on.database.read() as session:
        vetoes.existing(session, veto_id, caller.scope(Action.RECORD_VETO))
    return on.asked(f"vetoes/{veto_id}/withdraw", _("撤销否决"), _("撤销后在下一次计算时生效，原记录保留。"))


@router.get("/reckon")
def ask_reckoning(on: BranchDep, caller: ConfirmDep) -> Response:
    """Why the year is reckoned again."""
    return _form(on, caller, _reckoning(on, caller))


@router.post("/reckon")
def reckon(on: BranchDep, caller: ConfirmDep, *, reason: Text = "", idempotency_key: Text = "") -> Response:
    """Make the next version."""
    form = replace(_reckoning(on, caller), reason=reason)
    place = place_of(caller, Action.CONFIRM_ASSESSMENT, on.year, on.code)

    def do(session: Session) -> Facts:
        return assessment_acts.reckon_again(session, caller, key, place, reason)

    name = f"assessment-reckon:{on.year}:{on.code}"
    key = acts.key_for(caller, usable_key(idempotency_key), name, {"reason": reason})
    return _record(on, caller, form, do, "reckoned")


def _reckoning(on: Branch, caller: Caller) -> Asked:
    with on.database.read() as session:
        branch = branch_at(session, place_of(caller, Action.CONFIRM_ASSESSMENT, on.year, on.code))
    lead = _("%(branch)s %(year)s 年度按现有记录另成一版，待确认；此前各版保留。", branch=branch.name, year=on.year)
    return on.asked("reckon", _("重新计算"), lead)


@router.post("/confirm")
def confirm(on: BranchDep, caller: ConfirmDep, *, version: Short = "", idempotency_key: Text = "") -> Response:
    """确认 the version that the page showed."""
    number = int(version) if version.isdecimal() else 0
    place = place_of(caller, Action.CONFIRM_ASSESSMENT, on.year, on.code)
    name = f"assessment-confirm:{on.year}:{on.code}"
    key = acts.key_for(caller, usable_key(idempotency_key), name, {"version": number})
    with on.database.write() as session:
        assessment_acts.confirm(session, caller, key, place, number)
    return see_other(on.request, href(on.path, {"done": "confirmed"}))


def _record(on: Branch, caller: Caller, form: Asked, do: Callable[[Session], Facts], done: str) -> Response:
    """Write the records; a refusal comes back on the form with what was typed, under a new key."""
    try:
        with on.database.write() as session:
            do(session)
    except DomainError as error:
        return _refused(on, caller, form, error)
    return see_other(on.request, href(on.path, {"done": done}))


def _refused(on: Branch, caller: Caller, form: Asked, error: DomainError) -> Response:
    if not has_own_page(error):
        raise error
    model = reason_form(on.request, caller, replace(form, error=error))
    status, headers = status_headers(error)
    return render(on.request, "pages/plain_form.html", model, status, headers)


def _form(on: Branch, caller: Caller, asked: Asked) -> Response:
    return render(on.request, "pages/plain_form.html", reason_form(on.request, caller, asked))
