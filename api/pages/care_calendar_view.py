"""关怀日历: the month as a grid, the same touchpoints as a list, totals by person and by customer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from api.care_answers import reader_of
from api.institution_filter import part_of_tree
from api.pages.calendar_months import kind_of, weekday_names
from api.pages.care_query import CARE, CARE_STAGES, CUSTOMER, ME, MONTH, PERSON, CareQuery, next_month
from api.pages.care_rows import Rows, rows_of
from api.pages.desk import Desk
from api.pages.format import day as day_text
from api.pages.format import long_day
from api.pages.i18n import _, language
from api.pages.i18n import mark as _m
from api.pages.lists import Trail, institution_options, pager
from api.pages.view.calendar import DayKind
from api.pages.view.care import CareDay, CareFilters, CareGroup, CarePage, CareTotal
from api.pages.view.common import EmptyState, Link, Option, Strip, Tag, TagTone
from api.pages.view.inbox import Choice
from api.pages.words import word
from api.paging import Paging, encode_cursor
from api.routes.care import doer_of, position
from api.security.policy import Action
from models.errors import DomainError
from models.rules.calendar import ONE_DAY, local_date
from models.services.care.doing import OPEN
from models.services.care.entries import catalogue
from models.services.rulebooks import rulebook_in_force
from models.stores.care_calendar import CareCalendarStore, CareFilter, Tally
from models.stores.customers import customer_in_scope, names_of
from models.stores.institutions import InstitutionStore
from models.tables.care import Touchpoint
from models.types import Stage

_VIEWS = {MONTH: _m("按月"), PERSON: _m("按人员"), CUSTOMER: _m("按客户")}
_MARKS = {DayKind.HOLIDAY: _m("休"), DayKind.MAKE_UP: _m("班"), DayKind.HALF: _m("半")}
_KINDS = {DayKind.HOLIDAY: _m("节假日"), DayKind.MAKE_UP: _m("调休上班"), DayKind.HALF: _m("半日")}
_SHOWN_TOTALS = 60


def care_page(
    desk: Desk, query: CareQuery, paging: Paging, trail: Trail, *, strips: tuple[Strip, ...] = ()
) -> CarePage:
    """The calendar for the filter of the address."""
    query, today = _settled(desk, query), local_date(desk.now)
    month, first = _filter(desk, query, day=False), query.first(today)
    wanted = _filter(desk, query, day=True)
    store, reader = CareCalendarStore(desk.session), reader_of(desk.caller)
    found = store.listed(reader, wanted, after=position(paging), limit=paging.fetch)
    shown, following = paging.cut(found, lambda row: (row.due_on.isoformat(), str(row.id)))
    current = encode_cursor(paging.after) if paging.after else None
    tallies = store.per_day(reader, month)
    may_add = desk.caller.may(Action.PLAN_CARE)
    return CarePage(
        shell=desk.shell("care"),
        title=_("关怀日历"),
        phone_title=_("关怀日历"),
        json_href="/api/v1/care/touchpoints",
        headline=_headline(tallies, today),
        views=_views(query),
        month_title=_month_title(first),
        previous=Link(text=_("上月"), href=query.href(month=next_month(first, -1), day="")),
        following=Link(text=_("下月"), href=query.href(month=next_month(first, 1), day="")),
        this_month=Link(text=_("本月"), href=query.href(month="", day="")) if first != today.replace(day=1) else None,
        weekdays=weekday_names(),
        weeks=_weeks(desk, query, tallies),
        filters=_filters(desk, query),
        totals=_totals(desk, query, month),
        totals_title=_totals_title(query),
        groups=_groups(desk, shown),
        list_title=_list_title(desk, query),
        list_link=_all_of_them(query),
        pager=pager(CARE, query.params(), current=current, following=following, trail=trail),
        empty=None if shown else _empty(query),
        new_href=_new_href(query) if may_add else None,
        strips=strips,
    )


def touchpoints_for(desk: Desk, query: CareQuery, *, limit: int) -> Sequence[Touchpoint]:
    """Everything the calendar lists for its address, up to a limit."""
    wanted = _filter(desk, _settled(desk, query), day=True)
    return CareCalendarStore(desk.session).listed(reader_of(desk.caller), wanted, limit=limit)


def _settled(desk: Desk, query: CareQuery) -> CareQuery:
    """By person without a choice it is the reader itself; a person that is none is nobody."""
    if query.view != PERSON:
        return query
    try:
        doer_of(desk.session, desk.caller, query.person)
    except DomainError:
        return CareQuery(view=PERSON, month=query.month, person=ME)
    return query if query.person else CareQuery(**{**query.__dict__, "person": ME})


def _filter(desk: Desk, query: CareQuery, *, day: bool) -> CareFilter:
    first, last = query.span(local_date(desk.now))
    if not day:
        first, last = CareQuery(month=query.month).span(local_date(desk.now))
    return CareFilter(
        first=first,
        last=last,
        customer_no=query.customer_no or None if query.view == CUSTOMER else None,
        doer=doer_of(desk.session, desk.caller, query.person) if query.view == PERSON else None,
        under=part_of_tree(desk.session, query.institution, desk.caller.scope(Action.READ_CARE)),
        code=query.code or None,
        stages=query.stages(),
        merged=False,
    )


def _views(query: CareQuery) -> tuple[Choice, ...]:
    return tuple(
        Choice(text=_(text), href=query.href(view=view, person="", customer_no=""), current=view == query.view)
        for view, text in _VIEWS.items()
    )


def _month_title(first: date) -> str:
    return f"{first:%B %Y}" if language() == "en" else f"{first.year}年{first.month}月"


def _headline(tallies: Iterable[Tally], today: date) -> str:
    open_, overdue, done = _counts(tallies, today)
    return _("本月待办 %(open)s 项，其中逾期 %(late)s 项，已完成 %(done)s 项", open=open_, late=overdue, done=done)


def _counts(tallies: Iterable[Tally], today: date) -> tuple[int, int, int]:
    """Open, of these overdue, and done; for tallies by day."""
    rows = list(tallies)
    open_ = sum(row.number for row in rows if row.stage in OPEN)
    late = sum(row.number for row in rows if row.stage in OPEN and row.group < today)
    return open_, late, sum(row.number for row in rows if row.stage is Stage.DONE)


def _weeks(desk: Desk, query: CareQuery, tallies: Sequence[Tally]) -> tuple[tuple[CareDay | None, ...], ...]:
    today = local_date(desk.now)
    first, last = CareQuery(month=query.month).span(today)
    per_day: dict[date, list[Tally]] = {}
    for row in tallies:
        per_day.setdefault(row.group, []).append(row)
    cells: list[CareDay | None] = [None] * first.weekday()
    day = first
    while day <= last:
        cells.append(_day(desk, query, day, per_day.get(day, [])))
        day += ONE_DAY
    cells += [None] * (-len(cells) % 7)
    return tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7))


def _day(desk: Desk, query: CareQuery, day: date, tallies: Sequence[Tally]) -> CareDay:
    today, kind = local_date(desk.now), kind_of(desk.calendar, day)
    tags, words = tuple(_day_tags(tallies, late=day < today)), [long_day(day)]
    if kind in _KINDS:
        words.append(_(_KINDS[kind]))
    chosen = query.chosen() == day
    return CareDay(
        number=day.day,
        kind=kind,
        mark=_(_MARKS[kind]) if kind in _MARKS else "",
        label=" · ".join([*words, *(tag.text for tag in tags)]),
        today=day == today,
        chosen=chosen,
        href=query.href(day="" if chosen else day.isoformat()) if tallies else "",
        tags=tags,
    )


def _day_tags(tallies: Sequence[Tally], *, late: bool) -> Iterable[Tag]:
    hushed = sum(row.number for row in tallies if row.stage is Stage.HUSHED)
    open_ = sum(row.number for row in tallies if row.stage in OPEN) - hushed
    done = sum(row.number for row in tallies if row.stage is Stage.DONE)
    if open_:
        tone = TagTone.BAD if late else TagTone.BLUE
        yield Tag(text=_("逾期 %(n)s", n=open_) if late else _("待办 %(n)s", n=open_), tone=tone)
    if hushed:
        yield Tag(text=_("暂缓 %(n)s", n=hushed), tone=TagTone.VIOLET)
    if done:
        yield Tag(text=_("完成 %(n)s", n=done), tone=TagTone.OK)


def _filters(desk: Desk, query: CareQuery) -> CareFilters:
    scope, today = desk.caller.scope(Action.READ_CARE), local_date(desk.now)
    rulebook = rulebook_in_force(desk.session, today).rulebook
    names: dict[str, str] = {}
    for entry in catalogue(rulebook):
        name = entry.name_en if language() == "en" else entry.name_zh
        names[entry.code] = f"{names[entry.code]}、{name}" if entry.code in names else name
    kept = {"view": query.view, "person": query.person, "customer_no": query.customer_no}
    return CareFilters(
        action=CARE,
        kept=tuple((name, value) for name, value in kept.items() if value),
        month=f"{query.first(today):%Y-%m}",
        institutions=institution_options(InstitutionStore(desk.session).all(scope), query.institution),
        codes=(
            Option(value="", text=_("全部项目")),
            *(
                Option(value=code, text=f"{code} {name}", selected=code == query.code)
                for code, name in sorted(names.items())
            ),
        ),
        stages=(
            Option(value="", text=_("全部状态")),
            *(Option(value=one.value, text=word(one), selected=one.value == query.stage) for one in CARE_STAGES),
        ),
        clear_href=query.href(institution="", code="", stage="", day=""),
        active=query.filtered,
    )


def _totals(desk: Desk, query: CareQuery, month: CareFilter) -> tuple[CareTotal, ...]:
    """What each person has to do, or each customer is owed, in the month; those with most to do first."""
    if query.view == PERSON:
        return _per_person(desk, query, month._replace(doer=None))
    return _per_customer(desk, query, month) if query.view == CUSTOMER and not query.customer_no else ()


def _per_person(desk: Desk, query: CareQuery, month: CareFilter) -> tuple[CareTotal, ...]:
    store = CareCalendarStore(desk.session)
    tallies = [row for row in store.per_person(reader_of(desk.caller), month) if row.group is not None]
    people, chosen = store.people({row.group for row in tallies}), _chosen_person(desk, query)
    links = {one: Link(text=name, href=query.href(person=str(one), day="")) for one, name in people.items()}
    return _sorted(tallies, links, chosen)


def _per_customer(desk: Desk, query: CareQuery, month: CareFilter) -> tuple[CareTotal, ...]:
    tallies = CareCalendarStore(desk.session).per_customer(reader_of(desk.caller), month)
    names = names_of(desk.session, {row.group for row in tallies})
    links = {one: Link(text=name, href=query.href(customer_no=one, day="")) for one, name in names.items()}
    return _sorted(tallies, links, None)


def _chosen_person(desk: Desk, query: CareQuery) -> UUID | None:
    return desk.caller.account_id if query.person == ME else UUID(query.person)


def _sorted(tallies: Sequence[Tally], links: Mapping[Any, Link], chosen: UUID | None) -> tuple[CareTotal, ...]:
    per: dict[Any, list[Tally]] = {}
    for row in tallies:
        per.setdefault(row.group, []).append(row)
    found = [
        CareTotal(
            href=links[one].href,
            name=links[one].text,
            open=sum(row.number for row in rows if row.stage in OPEN),
            done=sum(row.number for row in rows if row.stage is Stage.DONE),
            current=one == chosen,
        )
        for one, rows in per.items()
        if one in links
    ]
    return tuple(sorted(found, key=lambda total: (not total.current, -total.open, total.name))[:_SHOWN_TOTALS])


def _totals_title(query: CareQuery) -> str:
    return {PERSON: _("本月各人"), CUSTOMER: _("本月各客户")}.get(query.view, "")


def _groups(desk: Desk, shown: Sequence[Touchpoint]) -> tuple[CareGroup, ...]:
    rows, today = rows_of(desk, shown), local_date(desk.now)
    return tuple(_group(desk, rows, day, list(found), today) for day, found in groupby(shown, lambda row: row.due_on))


def _group(desk: Desk, rows: Rows, day: date, found: Sequence[Touchpoint], today: date) -> CareGroup:
    kind = kind_of(desk.calendar, day)
    return CareGroup(
        anchor=f"day-{day.isoformat()}",
        title=_("今天 · %(day)s", day=day_text(day, today)) if day == today else day_text(day, today),
        mark=_(_KINDS[kind]) if kind in _KINDS else "",
        rows=tuple(rows.row(row) for row in found),
    )


def _list_title(desk: Desk, query: CareQuery) -> str:
    chosen = query.chosen()
    when = day_text(chosen, local_date(desk.now)) if chosen else _month_title(query.first(local_date(desk.now)))
    if query.view == PERSON:
        person = _chosen_person(desk, query)
        names = CareCalendarStore(desk.session).people({person} if person else set())
        return _("%(who)s · %(when)s", who=names.get(person, "") if person else "", when=when)
    if query.view == CUSTOMER and query.customer_no:
        scope = desk.caller.scope(Action.READ_CARE)
        customer = customer_in_scope(desk.session, query.customer_no, scope)
        return _("%(who)s · %(when)s", who=customer.name if customer else query.customer_no, when=when)
    return when


def _all_of_them(query: CareQuery) -> Link | None:
    if query.day:
        return Link(text=_("看整月"), href=query.href(day=""))
    if query.view == CUSTOMER and query.customer_no:
        return Link(text=_("全部客户"), href=query.href(customer_no=""))
    return None


def _empty(query: CareQuery) -> EmptyState:
    if query.filtered:
        clear = Link(text=_("清除筛选"), href=query.href(institution="", code="", stage="", day=""))
        return EmptyState(text=_("没有符合条件的关怀。"), link=clear, icon="cal")
    return EmptyState(text=_("本月没有关怀安排。"), icon="cal")


def _new_href(query: CareQuery) -> str:
    number = query.customer_no if query.view == CUSTOMER else ""
    return f"{CARE}/touchpoints/new" + (f"?customer_no={number}" if number else "")
