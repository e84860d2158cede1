"""客户确认 `/c/{token}`: a customer says by its own link whether a finished request satisfies it. No sign-in.

Opening the link confirms nothing (mail scanners open links); its form does, once. Nothing else of the system is shown.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.acts import body_hash
from api.deps import DatabaseDep
from api.pages.acting import engine_of, status_headers
from api.pages.format import NOTHING, stamp
from api.pages.green_channel_forms import NOT_SATISFIED, SATISFIED
from api.pages.i18n import _
from api.pages.render import render
from api.pages.shell import shell_for
from api.pages.view.common import ErrorSummary, FieldError, Strip, StripTone
from api.pages.view.green_channel import ConfirmDonePage, ConfirmPage
from api.pages.view.task import Fact
from api.pages.words import word
from api.security.public_forms import PublicForm, public_form
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.envelope import ServiceUpdate
from models.messages.service_acts import ConfirmService
from models.services.servicing import confirmation
from models.services.servicing.confirmation import Confirmable
from models.stores.green_channel import GreenChannelStore, GreenRow
from models.stores.people import PeopleStore
from models.types import CUSTOMER_ID, CUSTOMER_LINK, Door

router = APIRouter(prefix="/c")
TELEPHONE = "95511"
MAX_REMARK = 1000
_OVER = frozenset({ErrorCode.WRONG_STAGE, ErrorCode.CASE_CLOSED, ErrorCode.STALE_VERSION, ErrorCode.ALREADY_DECIDED})
"""The request has moved on between opening the link and answering: the link is good for nothing any more."""
FormDep = Annotated[PublicForm, public_form("the secret in the link says which request it is; the use case checks it")]


@dataclass(frozen=True)
class _Link:
    """A request that came by a link."""

    request: Request
    database: Database
    form: PublicForm
    secret: str


async def _link(request: Request, token: str, database: DatabaseDep, form: FormDep) -> _Link:
    return _Link(request, database, form, token)


LinkDep = Annotated[_Link, Depends(_link)]


@router.get("/{token}")
def show_link(link: LinkDep) -> Response:
    """What was asked for and what was done, with the question; nothing is marked as used."""
    try:
        return _page(link)
    except DomainError as error:
        return _over(link, error)


@router.post("/{token}")
async def answer(
    link: LinkDep,
    *,
    satisfied: Annotated[str, Form(max_length=10)] = "",
    remark: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    """满意 or 不满意 with a remark, once; the same link again is told that it was used."""
    try:
        found = await run_in_threadpool(_usable, link)
        if satisfied not in {SATISFIED, NOT_SATISFIED} or len(remark) > MAX_REMARK:
            return await run_in_threadpool(_page, link, satisfied, remark, _wrong(satisfied))
        await engine_of(link.request).send(_update(found, satisfied == SATISFIED, remark.strip()))
    except DomainError as error:
        return await run_in_threadpool(_not_done, link, satisfied, remark, error)
    return _done(link, satisfied == SATISFIED)


def _update(found: Confirmable, satisfied: bool, remark: str) -> ServiceUpdate:
    """The customer's act. Its update id is the link's: sent twice it counts once, whatever was clicked then."""
    act = ConfirmService(
        update_id=f"{CUSTOMER_ID}:{found.token_hash[:32]}",
        content_hash=body_hash({"link": found.token_hash}),
        actor_id=CUSTOMER_ID,
        actor_name=CUSTOMER_LINK,
        door=Door.LINK,
        version=found.state.version,
        satisfied=satisfied,
        comment=remark,
    )
    return ServiceUpdate(workflow_id=found.case.workflow_id, act=act)


def _usable(link: _Link) -> Confirmable:
    with link.database.read() as session:
        return confirmation.usable(session, link.secret, datetime.now(UTC))


def _page(link: _Link, satisfied: str = "", remark: str = "", error: DomainError | None = None) -> Response:
    """The question. Raises LINK_USED_OR_EXPIRED."""
    now = datetime.now(UTC)
    with link.database.read() as session:
        found = confirmation.usable(session, link.secret, now)
        row = GreenChannelStore(session).get(found.case.id)
        if row is None:
            raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
        places = PeopleStore(session).ancestry(row.record.institution_code)
        page = ConfirmPage(
            shell=shell_for(link.request, None, csrf_token=link.form.csrf_token),
            title=_("服务确认"),
            institution=places[0].name if places else "",
            facts=_facts(row, now),
            action=link.request.url.path,
            remark=remark,
            satisfied=satisfied == SATISFIED if satisfied else None,
            strips=_strips(error),
            errors=_errors(error),
        )
    status, headers = status_headers(error) if error else (200, {})
    return link.form.on(render(link.request, "pages/green_confirm.html", page, status, headers))


def _facts(row: GreenRow, now: datetime) -> tuple[Fact, ...]:
    """What the customer knows already: its own request, and when it was done."""
    record = row.record
    facts = [
        Fact(label=_("客户"), value=row.customer.name, wide=True),
        Fact(label=_("服务"), value=word(record.service)),
        Fact(label=_("业务号"), value=record.reference_no),
        Fact(label=_("收件"), value=stamp(record.received_at, now)),
        Fact(label=_("完成"), value=stamp(record.finished_at, now) if record.finished_at else NOTHING),
    ]
    if record.result:
        facts.append(Fact(label=_("办理结果"), value=record.result, wide=True))
    return tuple(facts)


def _wrong(satisfied: str) -> DomainError:
    reason = "string_too_long" if satisfied in {SATISFIED, NOT_SATISFIED} else "missing"
    name = "remark" if reason == "string_too_long" else "satisfied"
    return DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": name, "reason": reason}])


def _errors(error: DomainError | None) -> ErrorSummary | None:
    if error is None or error.code is not ErrorCode.INVALID_INPUT:
        return None
    name = error.context["errors"][0]["field"]
    text = _("请选择满意或不满意。") if name == "satisfied" else _("太长，请缩短。")
    return ErrorSummary(title=text, errors=(FieldError(field_id=name, text=text),))


def _strips(error: DomainError | None) -> tuple[Strip, ...]:
    if error is None or error.code is ErrorCode.INVALID_INPUT:
        return ()
    text = _("暂时不能提交，您的内容已保留，请稍后再试。")
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        text = _("已提交，等待确认。稍后可再次提交，只计一次。")
    return (Strip(text=text, tone=StripTone.WARN, icon="alert", focus=True),)


def _not_done(link: _Link, satisfied: str, remark: str, error: DomainError) -> Response:
    """What was refused, with what was typed, while the link still works; else the page for one that does not."""
    if error.code is ErrorCode.LINK_USED_OR_EXPIRED or error.code in _OVER:
        return _over(link, DomainError(ErrorCode.LINK_USED_OR_EXPIRED))
    try:
        return _page(link, satisfied, remark, error)
    except DomainError as gone:
        return _over(link, gone)


def _over(link: _Link, error: DomainError) -> Response:
    """Used or expired: nothing of the system but the telephone."""
    if error.code is not ErrorCode.LINK_USED_OR_EXPIRED:
        raise error
    text = _("此链接已使用或已过期。如仍需反馈，请致电客户服务热线。")
    return _told(link, _("链接已失效"), text, status_headers(error)[0], done=False)


def _done(link: _Link, satisfied: bool) -> Response:
    text = _("感谢您的确认，本次服务已办结。") if satisfied else _("您的意见已收到，我们会继续为您办理。")
    return _told(link, _("已收到您的反馈"), text, 200, done=True)


def _told(link: _Link, title: str, text: str, status: int, *, done: bool) -> Response:
    shell = shell_for(link.request, None, csrf_token=link.form.csrf_token)
    page = ConfirmDonePage(shell=shell, title=title, text=text, telephone=TELEPHONE, done=done)
    return link.form.on(render(link.request, "pages/green_confirm_done.html", page, status))
