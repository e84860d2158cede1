"""`/admin/retention` 留存: what would go by the terms of the rulebook, and holds 冻结. The command deletes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from api import acts, retention_acts
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import has_own_page, status_headers, usable_key
from api.pages.desk import Desk, desk_of
from api.pages.form_bodies import Text, validated
from api.pages.form_errors import reason_summary
from api.pages.format import stamp, whole
from api.pages.i18n import _
from api.pages.render import render, see_other
from api.pages.retention_words import class_words
from api.pages.serves import article_href, article_label
from api.pages.view.common import Article, Link, Tag, TagTone
from api.pages.view.retention import HoldRow, RetentionPage, TermRow
from api.pages.words import word
from api.schemas.retention import ClassAnswer, HoldAnswer, HoldBody, LiftBody
from models.database import Database
from models.errors import DomainError
from models.rules.calendar import local_date
from models.services.desk.once import once
from models.services.idempotency import Key

BASE = "/admin/retention"
router = APIRouter(prefix=BASE)
HolderDep = Annotated[Caller, require(Action.HOLD_RECORDS)]


@dataclass(frozen=True)
class Typed:
    """A form that was refused."""

    customer_no: str = ""
    case_id: str = ""
    reason: str = ""
    error: DomainError | None = None


@dataclass(frozen=True)
class _Sent:
    """A form that came in."""

    request: Request
    database: Database
    caller: Caller
    typed: Typed


@router.get("")
def show(
    request: Request, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_RETENTION)]
) -> Response:
    """Terms, what would go, holds."""
    with database.read() as session:
        return render(request, "pages/retention.html", _page(desk_of(request, session, caller), Typed()))


@router.post("/holds")
def place(
    request: Request,
    database: DatabaseDep,
    caller: HolderDep,
    *,
    customer_no: Text = "",
    case_id: Text = "",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """冻结 a customer or a case; a refusal comes back with what was typed."""
    fields = {"customer_no": customer_no.strip() or None, "case_id": case_id.strip() or None, "reason": reason}

    def act(session: Session) -> UUID:
        return retention_acts.place(session, caller, validated(HoldBody, fields)).id

    key = acts.key_for(caller, usable_key(idempotency_key), "retention-hold", fields)
    return _acted(_Sent(request, database, caller, Typed(customer_no, case_id, reason)), key, act)


@router.post("/holds/{hold_id}/lift")
def lift(
    request: Request,
    hold_id: UUID,
    database: DatabaseDep,
    caller: HolderDep,
    *,
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """解除冻结."""

    def act(session: Session) -> UUID:
        return retention_acts.lift(session, caller, hold_id, validated(LiftBody, {"reason": reason})).id

    key = acts.key_for(caller, usable_key(idempotency_key), f"retention-lift:{hold_id}", {"reason": reason})
    return _acted(_Sent(request, database, caller, Typed()), key, act)


def _acted(sent: _Sent, key: Key, act: Callable[[Session], UUID]) -> Response:
    try:
        with sent.database.write() as session:
            once(session, key, datetime.now(UTC), lambda: {"hold_id": str(act(session))})
    except DomainError as error:
        if not has_own_page(error):
            raise
        with sent.database.read() as session:
            model = _page(desk_of(sent.request, session, sent.caller), replace(sent.typed, error=error))
        return render(sent.request, "pages/retention.html", model, *status_headers(error))
    return see_other(sent.request, BASE)


def _page(desk: Desk, typed: Typed) -> RetentionPage:
    found = retention_acts.read(desk.session)
    return RetentionPage(
        shell=desk.shell("retention"),
        title=_("留存"),
        json_href="/api/v1/retention",
        terms=tuple(_term_row(one, desk.now) for one in found.classes),
        holds=tuple(_hold_row(one, desk.now) for one in found.holds),
        idempotency_key=uuid4().hex,
        customer_no=typed.customer_no,
        case_id=typed.case_id,
        reason=typed.reason,
        erases_persons=desk.caller.may(Action.ERASE_PERSONS),
        errors=reason_summary(typed.error, customer_no=_("客户号"), case_id=_("流程编号")) if typed.error else None,
    )


def _term_row(one: ClassAnswer, now: datetime) -> TermRow:
    name, hint = class_words(one.record_class)
    return TermRow(
        name=name,
        hint=hint,
        term=_("%(n)s 天", n=whole(one.days)) if one.days else _("长期保存"),
        article=_article(one.article) if one.article else None,
        source=Tag(text=word(one.source), tone=TagTone.OUTLINE) if one.source else None,
        kept_from=one.kept_from.isoformat() if one.kept_from else "",
        rows=whole(one.rows),
        oldest=local_date(one.oldest).isoformat() if one.oldest else "",
        last=_last(one, now),
    )


def _article(code: str) -> Article:
    """An article of the regulation leads there; one of a law is named only."""
    if code.startswith(("第", "附", "regulation ")):
        return Article(text=article_label(code), href=article_href(code))
    return Article(text=code)


def _last(one: ClassAnswer, now: datetime) -> str:
    if one.last_run_at is None:
        return _("还没有删除过")
    number = whole(one.last_deleted or 0)
    if one.broken_off:
        return _("中断，已删除 %(n)s 条，下次继续", n=number)
    return _("%(when)s 删除 %(n)s 条", when=stamp(one.last_run_at, now), n=number)


def _hold_row(one: HoldAnswer, now: datetime) -> HoldRow:
    named = one.customer_no or str(one.case_id)
    return HoldRow(
        what=Link(text=_("客户 %(no)s", no=named) if one.customer_no else _("流程 %(no)s", no=named), href=""),
        reason=one.reason,
        placed=_("%(when)s，%(by)s", when=stamp(one.placed_at, now), by=one.placed_by),
        lift_href=f"{BASE}/holds/{one.hold_id}/lift",
        key=uuid4().hex,
    )
