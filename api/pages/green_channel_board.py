"""绿色通道 board: six counts that lead to their rows, lanes by stage, the same requests as a list by time."""

from collections.abc import Sequence
from decimal import Decimal

from api.pages.desk import Desk
from api.pages.format import NOTHING, percent, stamp
from api.pages.green_channel_cards import Reading, card, task_row
from api.pages.green_channel_query import BOARD, LIST, MINE, GreenQuery
from api.pages.green_channel_words import BANDS, BASE, FORM, LANES
from api.pages.i18n import _
from api.pages.lists import Trail, institution_options, pager, tier_options
from api.pages.view.common import Article, EmptyState, ErrorSummary, Link, Option, Strip
from api.pages.view.green_channel import BoardPage, GreenFilters, Lane, Tile
from api.pages.view.inbox import BandedRow, ChipTone, Choice, TaskGroup, group_rows
from api.pages.words import word
from api.paging import Paging, encode_cursor
from api.security.policy import Action
from models.rulebook import Rulebook
from models.service_types import GreenService
from models.stores.green_channel import (
    GreenBand,
    GreenChannelStore,
    GreenFilter,
    GreenRow,
    Moments,
    OnTime,
    moments_at,
)
from models.stores.institutions import InstitutionStore
from models.stores.scope import Scope
from models.types import Stage

LANE_CARDS = 40
ON_TIME = "on_time_rate"
_TONES = {GreenBand.OVERDUE: "late", GreenBand.TODAY: "today"}
_COUNTED = (GreenBand.OPEN, GreenBand.OVERDUE, GreenBand.TODAY, GreenBand.PAUSED, GreenBand.FINISHED)


def board_page(
    desk: Desk,
    query: GreenQuery,
    paging: Paging,
    trail: Trail,
    *,
    strips: tuple[Strip, ...] = (),
    errors: ErrorSummary | None = None,
) -> BoardPage:
    """Lanes or list, for the filter of the address."""
    scope, moments = desk.caller.scope(Action.READ_SERVICES), moments_at(desk.now)
    store, wanted = GreenChannelStore(desk.session), query.filter(desk)
    reading = Reading.of(desk, back=query.href())
    counts = store.counts(scope, wanted, moments, _COUNTED)
    in_lanes = store.stage_counts(scope, wanted, moments, {key: stages for key, (_t, stages) in LANES.items()})
    lanes = _lanes(reading, query, in_lanes) if query.view == BOARD else ()
    groups, following = _listed(reading, query, paging) if query.view == LIST else ((), None)
    current = encode_cursor(paging.after) if paging.after else None
    empty = not groups if query.view == LIST else not any(lane.cards for lane in lanes)
    return BoardPage(
        shell=desk.shell("green-channel"),
        title=_("绿色通道"),
        phone_title=_("绿色通道"),
        json_href=query.href("/api/v1/green-channel", view=None, only=None, lane=None, handler=None),
        headline=_("%(place)s · %(when)s 更新", place=desk.caller.institution_name, when=stamp(desk.now, desk.now)),
        articles=(Article(text=_("第14–17条")), Article(text=_(FORM))),
        tiles=_tiles(query, counts, store.on_time(scope, wanted, moments), reading.rulebook),
        views=_views(query),
        chips=_chips(query, counts, in_lanes),
        filters=_filters(desk, query, store.handlers(scope)),
        mine=_mine(query, store, scope, (wanted, moments), desk),
        intake=Link(text=_("登记受理"), href=f"{BASE}/new", icon="plus")
        if desk.caller.may(Action.TAKE_REQUESTS)
        else None,
        legend=_legend(reading.rulebook),
        refresh_href=query.href(),
        strips=strips,
        errors=errors,
        lanes=lanes,
        groups=groups,
        pager=pager(BASE, query.params, current=current, following=following, trail=trail),
        empty=_empty(query) if empty else None,
    )


def _lanes(reading: Reading, query: GreenQuery, in_lanes: dict[str, int]) -> tuple[Lane, ...]:
    return tuple(_lane(reading, query, key, in_lanes[key]) for key in LANES)


def _lane(reading: Reading, query: GreenQuery, key: str, count: int) -> Lane:
    title, stages = LANES[key]
    rows = _rows(reading, query, stages) if count else []
    more = _("还有 %(n)s 件", n=count - len(rows)) if count > len(rows) else ""
    return Lane(
        key=key,
        title=_(title),
        count=count,
        cards=tuple(card(reading, row) for row in rows),
        more=Link(text=more, href=query.href(view=LIST, lane=key)) if more else None,
    )


def _rows(reading: Reading, query: GreenQuery, stages: tuple[Stage, ...]) -> list[GreenRow]:
    desk = reading.desk
    wanted = query.filter(desk)._replace(band=GreenBand.OPEN, stages=stages)
    scope = desk.caller.scope(Action.READ_SERVICES)
    return GreenChannelStore(desk.session).page(scope, wanted, moments_at(desk.now), after=None, limit=LANE_CARDS)


def _listed(reading: Reading, query: GreenQuery, paging: Paging) -> tuple[tuple[TaskGroup, ...], str | None]:
    desk = reading.desk
    rows = GreenChannelStore(desk.session).page(
        desk.caller.scope(Action.READ_SERVICES),
        query.listed(desk),
        moments_at(desk.now),
        after=paging.instant_and_id(),
        limit=paging.fetch,
    )
    shown, following = paging.cut(rows, lambda row: (row.record.due_at.isoformat(), str(row.record.case_id)))
    made = [(row, task_row(reading, row)) for row in shown]
    if query.only in {GreenBand.FINISHED, GreenBand.MONTH, GreenBand.PAUSED}:
        plain = tuple(row for _row, row in made)
        return ((TaskGroup(title="", rows=plain),) if plain else ()), following
    return group_rows([BandedRow(desk.band(row.record.due_at), shown_row) for row, shown_row in made]), following


def _tiles(query: GreenQuery, counts: dict[GreenBand, int], rate: OnTime, rulebook: Rulebook) -> tuple[Tile, ...]:
    tiles = [
        Tile(
            text=_(BANDS[band]),
            value=str(counts[band]),
            unit=_("件"),
            href=query.href(view=LIST, only=band.value, lane=None),
            tone=_TONES.get(band, "plain") if counts[band] else "plain",
            current=query.only is band,
        )
        for band in _COUNTED
    ]
    share = percent(Decimal(rate.met) / Decimal(rate.total)) if rate.total else NOTHING
    target = _target(rulebook)
    tiles.append(
        Tile(
            text=_(BANDS[GreenBand.MONTH]),
            value=share,
            unit=_("目标 %(target)s", target=percent(target / 100, 0)),
            href=query.href(view=LIST, only=GreenBand.MONTH.value, lane=None),
            tone="late" if rate.total and Decimal(100 * rate.met) / rate.total < target else "plain",
            current=query.only is GreenBand.MONTH,
        )
    )
    return tuple(tiles)


def _target(rulebook: Rulebook) -> Decimal:
    """服务时效达标率 that the assessment asks for, in per cent."""
    indicator = next(item for item in rulebook.assessment.indicators if item.code == ON_TIME)
    return Decimal(indicator.targets[0].value)


def _views(query: GreenQuery) -> tuple[Choice, ...]:
    texts = {BOARD: _("看板"), LIST: _("列表")}
    return tuple(
        Choice(text=text, href=query.href(view=view, only=None, lane=None), current=query.view == view)
        for view, text in texts.items()
    )


def _chips(query: GreenQuery, counts: dict[GreenBand, int], in_lanes: dict[str, int]) -> tuple[Choice, ...]:
    """What a phone chooses from instead of lanes."""
    pressing = [
        Choice(
            text=_(BANDS[band]),
            href=query.href(view=LIST, only=band.value, lane=None),
            current=query.only is band,
            count=counts[band],
            tone=tone if counts[band] else ChipTone.PLAIN,
        )
        for band, tone in ((GreenBand.OVERDUE, ChipTone.LATE), (GreenBand.TODAY, ChipTone.TODAY))
    ]
    stages = [
        Choice(
            text=_(title),
            href=query.href(view=LIST, lane=key, only=None),
            current=query.lane == key,
            count=in_lanes[key],
        )
        for key, (title, _stages) in LANES.items()
    ]
    everything = Choice(
        text=_("全部"),
        href=query.href(view=LIST, only=None, lane=None),
        current=query.view == LIST and not query.only and not query.lane,
        count=counts[GreenBand.OPEN],
    )
    return (everything, *pressing, *stages)


def _filters(desk: Desk, query: GreenQuery, handlers: Sequence[tuple[object, str]]) -> GreenFilters:
    institutions = InstitutionStore(desk.session).all(desk.caller.scope(Action.READ_SERVICES))
    services = (
        Option(value=service.value, text=word(service), selected=service is query.service) for service in GreenService
    )
    people = (Option(value=str(number), text=name, selected=str(number) == query.handler) for number, name in handlers)
    kept = {name: query.params[name] for name in ("view", "only", "lane")}
    return GreenFilters(
        action=BASE,
        kept=tuple((name, value) for name, value in kept.items() if value),
        services=(Option(value="", text=_("全部服务")), *services),
        tiers=tier_options(query.tier),
        handlers=(
            Option(value="", text=_("全部经办")),
            Option(value=MINE, text=_("我经办的"), selected=query.handler == MINE),
            *people,
        ),
        institutions=institution_options(institutions, query.institution) if len(institutions) > 1 else (),
        q=query.q,
        clear_href=GreenQuery(asked_view=query.asked_view, only=query.only, lane=query.lane).href(),
        active=query.narrowed,
    )


def _mine(
    query: GreenQuery,
    store: GreenChannelStore,
    scope: Scope,
    asked: tuple[GreenFilter, Moments],
    desk: Desk,
) -> Choice:
    wanted, moments = asked
    own = wanted._replace(handler_id=desk.caller.account_id)
    count = store.counts(scope, own, moments, (GreenBand.OPEN,))[GreenBand.OPEN]
    on = query.handler == MINE
    return Choice(text=_("只看我的"), href=query.href(handler=None if on else MINE), current=on, count=count)


def _legend(rulebook: Rulebook) -> str:
    marks = "、".join(f"{mark}%" for mark in rulebook.working_time.warning_percents)
    return _("条上白线为 %(marks)s 提醒点", marks=marks)


def _empty(query: GreenQuery) -> EmptyState:
    if query.narrowed:
        cleared = GreenQuery(asked_view=query.asked_view).href()
        return EmptyState(text=_("没有符合条件的事项。"), link=Link(text=_("清除筛选"), href=cleared), icon="search")
    if query.only or query.lane:
        return EmptyState(
            text=_("没有这样的事项。"), link=Link(text=_("查看全部在办"), href=query.href(only=None, lane=None))
        )
    return EmptyState(text=_("没有在办的绿色通道事项。"), icon="bolt")


def result_line(done: str) -> str:
    """What was just done from the board; empty for anything else."""
    texts = {
        "accept": _("已受理，由您办理。"),
        "resume": _("已恢复计时，期限已顺延。"),
        "pause": _("已暂停计时。"),
    }
    return texts.get(done, "")
