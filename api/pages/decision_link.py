"""Decide by link 决定链接, `/d/{token}`: opening decides nothing (mail scanners open links), its form decides once."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, chain_acts
from api.acts import Prepare
from api.deps import Action, Caller, DatabaseDep
from api.pages.acting import has_own_page, key_to_show, send, status_headers
from api.pages.build_task import Shown, task_page
from api.pages.desk import desk_of
from api.pages.i18n import _
from api.pages.render import render
from api.pages.shell import shell_for
from api.pages.tasks import DecisionForm, decision_form
from api.pages.view.common import Link
from api.pages.view.decision_link import DecisionLinkPage, LinkDonePage
from api.pages.view.task import DecideBar
from api.problems import sentence
from api.security.guard import identify, load_caller
from api.security.public_forms import PublicForm, public_form
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.envelope import Envelope
from models.services import decision_links
from models.services.idempotency import Key
from models.services.notifications.channels import desk_at
from models.types import Door

router = APIRouter(prefix="/d")
PublicFormDep = Annotated[PublicForm, public_form("the secret in the link says for whom it is; the use case checks it")]
DecisionDep = Annotated[DecisionForm, Depends(decision_form)]


@dataclass(frozen=True)
class _Link:
    """A request that came by a link."""

    request: Request
    database: Database
    form: PublicForm
    secret: str


async def _link(request: Request, token: str, database: DatabaseDep, form: PublicFormDep) -> _Link:
    return _Link(request, database, form, token)


LinkDep = Annotated[_Link, Depends(_link)]


@router.get("/{token}")
def show_link(link: LinkDep) -> Response:
    """The task, for its reader only; nothing is marked as used."""
    with link.database.read() as session:
        decision_links.usable(session, link.secret, datetime.now(UTC))
    return _page(link, _reader(link), Shown())


@router.post("/{token}")
async def decide(link: LinkDep, form: DecisionDep) -> Response:
    """Decide once, as any other decision, through the door `link`; the same form sent twice gets its first answer."""
    caller = await run_in_threadpool(_reader, link)
    try:
        judgement = form.judgement()
        key = acts.key_for(caller, form.key, f"link:{link.secret[:8]}", judgement.content())
        await send(link.request, link.database, key, _spending(link, caller, key, judgement))
    except DomainError as error:
        return await run_in_threadpool(_not_done, link, caller, form, error)
    return _done(link, _("已提交您的决定。此链接不能再用。"))


def _spending(link: _Link, caller: Caller, key: Key, judgement: chain_acts.Judgement) -> Prepare:
    """The decision, with the link used up in the same transaction: of two at once one gets it."""

    def prepare(session: Session) -> Envelope | acts.Standing:
        found = decision_links.spend(session, link.secret, datetime.now(UTC))
        return chain_acts.decide(caller, key, found.task.id, judgement)(session)

    return prepare


def _reader(link: _Link) -> Caller:
    """Whose link it is: signed in where the rulebook asks for it, and nobody else. Raises LINK_USED_OR_EXPIRED."""
    now = datetime.now(UTC)
    with link.database.read() as session:
        owner = decision_links.owner(session, link.secret)
        needs_sign_in = desk_at(session, now).link_needs_sign_in
        caller = None if needs_sign_in else load_caller(session, owner, Door.LINK, link.request)
    if caller is None:
        caller = replace(identify(link.request)[0], door=Door.LINK)
    if caller.account_id != owner or not caller.may(Action.ACT_ON_TASKS):
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    return caller


def _not_done(link: _Link, caller: Caller, form: DecisionForm, error: DomainError) -> Response:
    """What was refused: on the page while the link still works, else the page for a link that does not."""
    if error.code is ErrorCode.ENGINE_UNAVAILABLE:
        with link.database.write() as session:
            decision_links.give_back(session, link.secret)
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        return _done(link, sentence(error.code, {}), error)
    if not has_own_page(error) or not _still_usable(link):
        raise error
    return _page(link, caller, Shown(typed=form.typed, error=error))


def _still_usable(link: _Link) -> bool:
    try:
        with link.database.read() as session:
            decision_links.usable(session, link.secret, datetime.now(UTC))
    except DomainError:
        return False
    return True


def _page(link: _Link, caller: Caller, shown: Shown) -> Response:
    with link.database.read() as session:
        task = decision_links.usable(session, link.secret, datetime.now(UTC)).task
        if shown.typed is not None:
            shown = replace(shown, typed=replace(shown.typed, key=key_to_show(session, caller, shown.typed.key)))
        model = task_page(desk_of(link.request, session, caller), task, shown)
    page = DecisionLinkPage(
        shell=shell_for(link.request, None, csrf_token=link.form.csrf_token),
        title=model.title,
        task=replace(model, decide=_bar(model.decide, link.request.url.path)),
        reader=caller.name,
    )
    status, headers = status_headers(shown.error) if shown.error else (200, {})
    return link.form.on(render(link.request, "pages/decision_link.html", page, status, headers))


def _bar(bar: DecideBar | None, action: str) -> DecideBar | None:
    """The bar of the page with the verdicts only: drafts and corrections need the whole desk."""
    return replace(bar, action=action, correction=None, draft_href=None) if bar else None


def _done(link: _Link, text: str, error: DomainError | None = None) -> Response:
    model = LinkDonePage(
        shell=shell_for(link.request, None, csrf_token=link.form.csrf_token),
        title=_("等待确认") if error else _("已提交"),
        text=text,
        links=(Link(text=_("登录后查看待办"), href="/inbox"),),
    )
    status, headers = status_headers(error) if error else (200, {})
    return link.form.on(render(link.request, "pages/decision_done.html", model, status, headers))
