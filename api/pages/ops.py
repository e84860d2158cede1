"""`/ops` 运行总览: is it running, and what first; `/ops/stuck` 卡住清单: one reason at a time."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.ops_answers import health_of, stuck_rows
from api.outlooks import Outlooks
from api.pages.desk import Desk, desk_of
from api.pages.format import local, whole
from api.pages.i18n import _
from api.pages.lists import TrailDep, href, pager
from api.pages.ops_charts import ages_chart, flow_chart, forecast_chart
from api.pages.ops_numbers import kind_rows, place_rows, tiles_of, vitals_of
from api.pages.ops_rows import expected_rows, words_for
from api.pages.ops_words import stuck_word
from api.pages.render import render
from api.pages.view.common import EmptyState, Link
from api.pages.view.inbox import ChipTone, Choice
from api.pages.view.ops import OverviewPage, StuckPage
from api.paging import Paging, PagingDep, encode_cursor
from api.schemas.ops import HealthAnswer
from models.ops_types import StuckReason
from models.services import watching
from models.services.forecasting import Outlook
from models.services.watching import Overview
from models.stores.watching import WatchStore

BASE, STUCK = "/ops", "/ops/stuck"
router = APIRouter()
WatcherDep = Annotated[Caller, require(Action.READ_OPS)]


@router.get(BASE)
async def show_overview(request: Request, database: DatabaseDep, caller: WatcherDep, still: bool = False) -> Response:
    """Counts, what first, what came and went; asked for again every ten seconds unless `still`."""
    health = await health_of(request)

    def page() -> OverviewPage:
        with database.read() as session:
            return _overview(desk_of(request, session, caller), health, still=still)

    return render(request, "pages/ops.html", await run_in_threadpool(page))


@router.get(STUCK)
def show_stuck(
    request: Request,
    database: DatabaseDep,
    paging: PagingDep,
    trail: TrailDep,
    caller: WatcherDep,
    *,
    reason: StuckReason | None = None,
) -> Response:
    """What is stuck by a reason; without one, by the most pressing that there is."""
    with database.read() as session:
        model = _stuck(desk_of(request, session, caller), reason, paging, trail)
    return render(request, "pages/ops_stuck.html", model)


def _overview(desk: Desk, health: HealthAnswer, *, still: bool) -> OverviewPage:
    found = watching.overview(desk.session, desk.calendar, desk.now)
    outlooks: Outlooks = desk.request.app.state.outlooks
    ahead = outlooks.of(desk.session, desk.calendar, desk.now)
    words = words_for(desk.session, list(found.first), desk.calendar, desk.now)
    vitals = vitals_of(desk, health)
    ill = sum(not vital.good for vital in vitals)
    pressing = _pressing(found)
    other = Link(text=_("继续刷新"), href=BASE) if still else Link(text=_("暂停刷新"), href=f"{BASE}?still=true")
    return OverviewPage(
        shell=desk.shell("ops"),
        title=_("运行总览"),
        json_href="/api/v1/ops/overview",
        headline=_("全公司 · %(when)s", when=f"{local(desk.now):%Y-%m-%d %H:%M:%S}"),
        refresh=other,
        poll_href="" if still else BASE,
        vitals=vitals,
        vitals_short=_("%(ill)s 项异常，%(well)s 项正常", ill=ill, well=len(vitals) - ill),
        tiles=tiles_of(found),
        first=tuple(words.row(item) for item in found.first),
        flow=flow_chart(found, desk.now),
        ages=ages_chart(found),
        forecast=forecast_chart(ahead, desk.now),
        forecast_lead=_forecast_lead(ahead),
        expected=expected_rows(desk, ahead),
        kinds=kind_rows(found),
        places=place_rows(found),
        stuck_number=whole(pressing),
        empty=None if found.first else EmptyState(text=_("没有卡住的流程。"), icon="check"),
    )


def _forecast_lead(found: Outlook) -> str:
    when = _("%(when)s 推算：", when=f"{local(found.at):%H:%M}")
    if not found.late:
        return when + _("按平常的办理用时和在岗人员，未来 %(days)s 个工作日预计没有逾期。", days=len(found.days))
    text = _(
        "按平常的办理用时和在岗人员，未来 %(days)s 个工作日预计逾期 %(n)s 件", days=len(found.days), n=whole(found.late)
    )
    return when + text + _("，最先到期的 %(n)s 件：", n=len(found.first))


def _pressing(found: Overview) -> int:
    return sum(number for reason, number in found.stuck.items() if reason is not StuckReason.PROVISIONAL)


def _stuck(desk: Desk, wanted: StuckReason | None, paging: Paging, trail: tuple[str, ...]) -> StuckPage:
    counts = _counts(desk)
    reason = wanted or next((each for each in StuckReason if counts[each]), StuckReason.OVERDUE)
    items, following = stuck_rows(desk.session, reason, paging, desk.now)
    words = words_for(desk.session, items, desk.calendar, desk.now)
    filters = {"reason": reason.value}
    current = encode_cursor(paging.after) if paging.after else None
    return StuckPage(
        shell=desk.shell("ops-stuck"),
        title=_("卡住清单"),
        json_href=href("/api/v1/ops/stuck", filters),
        headline=_("执行失败和孤儿流程按最近一次核对；其余按此刻的记录"),
        reasons=tuple(_choice(each, counts[each], chosen=each is reason) for each in StuckReason),
        rows=tuple(words.row(item) for item in items),
        pager=pager(STUCK, filters, current=current, following=following, trail=trail),
        empty=None if items else EmptyState(text=_("没有因此卡住的。"), icon="check"),
    )


def _counts(desk: Desk) -> dict[StuckReason, int]:
    at, store = watching.hours(desk.session, desk.calendar, desk.now), WatchStore(desk.session)
    return {reason: store.stuck_count(reason, at) for reason in StuckReason}


def _choice(reason: StuckReason, number: int, *, chosen: bool) -> Choice:
    tone = ChipTone.LATE if number and reason is not StuckReason.PROVISIONAL else ChipTone.PLAIN
    return Choice(
        text=stuck_word(reason), href=f"{STUCK}?reason={reason.value}", current=chosen, count=whole(number), tone=tone
    )
