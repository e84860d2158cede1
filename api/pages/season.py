"""名额季 on pages: head office leads it, institutions appeal; memberships are cancelled and downgraded."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, season_acts
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import usable_key
from api.pages.asking import Asked, Sent, reason_form, send_form
from api.pages.customers_view import customer_href
from api.pages.i18n import _, language
from api.pages.ranking_view import EVALUATIONS
from api.pages.render import render
from api.pages.season_forms import OPEN, SEASON_WORDS
from api.pages.view.common import Option
from api.pages.view.people import FormField
from api.pages.words import word
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services.rulebooks import rulebook_in_force
from models.stores.customers import customer_in_scope
from models.stores.season import SeasonStore
from models.types import SeasonPhase, Tier

router = APIRouter()
YearPath = Annotated[int, Path(ge=1990, le=2100)]
LeaderDep = Annotated[Caller, require(Action.LEAD_SEASON)]
AppellantDep = Annotated[Caller, require(Action.APPEAL)]
EnderDep = Annotated[Caller, require(Action.END_MEMBERSHIP)]
Text = Annotated[str, Form(max_length=500)]
Number = Annotated[str, Query(max_length=32)]


@router.get(EVALUATIONS + "/{year}/season")
def ask_move(
    request: Request,
    year: YearPath,
    database: DatabaseDep,
    caller: LeaderDep,
    phase: Annotated[str, Query(max_length=20)] = OPEN,
) -> Response:
    """What the next phase means, and why it begins."""
    with database.read() as session:
        row = SeasonStore(session).get(year)
    return render(
        request, "pages/plain_form.html", reason_form(request, caller, _move(year, phase, row.version if row else 1))
    )


@router.post(EVALUATIONS + "/{year}/season")
async def move(
    request: Request,
    year: YearPath,
    database: DatabaseDep,
    caller: LeaderDep,
    *,
    phase: Text = OPEN,
    version: Text = "1",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """Open the season, or lead it on."""
    number = int(version) if version.isdecimal() else 0
    asked = replace(_move(year, phase, number), reason=reason)
    name = f"season-open:{year}" if phase == OPEN else f"season:{year}:{phase}"
    key = acts.key_for(caller, usable_key(idempotency_key), name, {"reason": reason, "version": number})
    if phase == OPEN:
        prepare = season_acts.open_season(caller, key, year, reason)
    else:
        prepare = season_acts.move_season(caller, key, year, to=SeasonPhase(phase), version=number, reason=reason)
    return await send_form(Sent(request, database, caller, key, asked, "season"), prepare)


def _move(year: int, to: str, version: int) -> Asked:
    if to not in SEASON_WORDS:
        raise DomainError(ErrorCode.NOT_FOUND)
    title, lead = SEASON_WORDS[to]
    return Asked(
        title=_("%(act)s（%(year)s 年度）", act=_(title), year=year),
        lead=_(lead),
        action=f"{EVALUATIONS}/{year}/season",
        back=f"{EVALUATIONS}/{year}",
        current="ranking",
        fields=(
            FormField(id="phase", label="", kind="hidden", value=to),
            FormField(id="version", label="", kind="hidden", value=str(version)),
        ),
    )


@router.get(EVALUATIONS + "/{year}/appeal")
def ask_appeal(
    request: Request, year: YearPath, database: DatabaseDep, caller: AppellantDep, customer_no: Number = ""
) -> Response:
    """申诉 against a customer's line: why."""
    asked = _appeal(database, caller, year, customer_no)
    return render(request, "pages/plain_form.html", reason_form(request, caller, asked))


@router.post(EVALUATIONS + "/{year}/appeal")
async def appeal(
    request: Request,
    year: YearPath,
    database: DatabaseDep,
    caller: AppellantDep,
    *,
    customer_no: Text = "",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """Make the appeal; head office decides it."""
    asked = replace(await run_in_threadpool(_appeal, database, caller, year, customer_no), reason=reason)
    content = {"reason": reason, "customer_no": customer_no}
    key = acts.key_for(caller, usable_key(idempotency_key), f"appeal:{year}", content)
    prepare = season_acts.appeal(caller, key, year, customer_no=customer_no, reason=reason)
    return await send_form(Sent(request, database, caller, key, asked, "appeal"), prepare)


def _appeal(database: Database, caller: Caller, year: int, customer_no: str) -> Asked:
    with database.read() as session:
        customer = customer_in_scope(session, customer_no, caller.scope(Action.APPEAL))
        if customer is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        name = customer.name
    return Asked(
        title=_("提出申诉"),
        lead=_("%(name)s：由总公司复核、审批。成立后该客户本年度可重新申报，也可按特批申报。", name=name),
        action=f"{EVALUATIONS}/{year}/appeal",
        back=f"{EVALUATIONS}/{year}",
        current="ranking",
        fields=(FormField(id="customer_no", label="", kind="hidden", value=customer_no),),
    )


@router.get("/customers/{customer_no}/membership/cancel")
def ask_cancel(request: Request, customer_no: str, database: DatabaseDep, caller: EnderDep) -> Response:
    """Which cause, and why."""
    asked = _cancel(database, caller, customer_no)
    return render(request, "pages/plain_form.html", reason_form(request, caller, asked))


@router.post("/customers/{customer_no}/membership/cancel")
async def cancel(
    request: Request,
    customer_no: str,
    database: DatabaseDep,
    caller: EnderDep,
    *,
    cause: Text = "",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """取消 at once."""
    asked = replace(await run_in_threadpool(_cancel, database, caller, customer_no, cause), reason=reason)
    content = {"reason": reason, "cause": cause}
    key = acts.key_for(caller, usable_key(idempotency_key), f"membership-cancel:{customer_no}", content)
    prepare = season_acts.cancel_membership(caller, key, customer_no, cause=cause, reason=reason)
    return await send_form(Sent(request, database, caller, key, asked, "cancelled"), prepare)


def _cancel(database: Database, caller: Caller, customer_no: str, cause: str = "") -> Asked:
    _refuse_elsewhere(database, caller, customer_no)
    with database.read() as session:
        known = rulebook_in_force(session, local_date(season_acts.now())).rulebook.procedure.immediate_cancellation
    causes = tuple(
        Option(value=item.code, text=item.name_en if language() == "en" else item.name_zh, selected=item.code == cause)
        for item in known
    )
    return Asked(
        title=_("取消会员资格"),
        lead=_("立即生效，席位随即空出，候补第一位将收到通知。"),
        action=f"{customer_href(customer_no)}/membership/cancel",
        back=customer_href(customer_no),
        current="customers",
        fields=(FormField(id="cause", label=_("取消事由"), kind="select", options=causes),),
    )


@router.get("/customers/{customer_no}/membership/downgrade")
def ask_downgrade(request: Request, customer_no: str, database: DatabaseDep, caller: EnderDep) -> Response:
    """To which tier, and why."""
    asked = _downgrade(database, caller, customer_no)
    return render(request, "pages/plain_form.html", reason_form(request, caller, asked))


@router.post("/customers/{customer_no}/membership/downgrade")
async def downgrade(
    request: Request,
    customer_no: str,
    database: DatabaseDep,
    caller: EnderDep,
    *,
    tier: Text = Tier.REGULAR.value,
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """降级 after the buffer."""
    asked = replace(await run_in_threadpool(_downgrade, database, caller, customer_no, tier), reason=reason)
    key = acts.key_for(
        caller, usable_key(idempotency_key), f"membership-downgrade:{customer_no}", {"reason": reason, "tier": tier}
    )
    to = Tier(tier) if tier in {Tier.SILVER.value, Tier.REGULAR.value} else Tier.REGULAR
    prepare = season_acts.downgrade_membership(caller, key, customer_no, to=to, reason=reason)
    return await send_form(Sent(request, database, caller, key, asked, "downgraded"), prepare)


def _downgrade(database: Database, caller: Caller, customer_no: str, to: str = "") -> Asked:
    _refuse_elsewhere(database, caller, customer_no)
    with database.read() as session:
        months = rulebook_in_force(session, local_date(season_acts.now())).rulebook.procedure.downgrade_buffer_months
    tiers = tuple(
        Option(value=tier.value, text=word(tier), selected=tier.value == to) for tier in (Tier.SILVER, Tier.REGULAR)
    )
    return Asked(
        title=_("会员降级"),
        lead=_("原层级的服务再保留 %(n)s 个月，期满后按新层级服务。", n=months),
        action=f"{customer_href(customer_no)}/membership/downgrade",
        back=customer_href(customer_no),
        current="customers",
        fields=(FormField(id="tier", label=_("降为"), kind="select", options=tiers),),
    )


def _refuse_elsewhere(database: Database, caller: Caller, customer_no: str) -> None:
    with database.read() as session:
        if customer_in_scope(session, customer_no, caller.scope(Action.END_MEMBERSHIP)) is None:
            raise DomainError(ErrorCode.NOT_FOUND)
