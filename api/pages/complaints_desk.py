"""Builds the complaint desk: open ones by their nearest clock, inquiries beside, every number a link to its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.complaint_answers import record_clock
from api.green_channel_acts import crosses
from api.institution_filter import part_of_tree
from api.pages.customers_view import tier_tag
from api.pages.desk import Desk
from api.pages.format import NOTHING, mask_name, mask_text, stamp
from api.pages.i18n import _
from api.pages.lists import Trail, href, institution_options, pager
from api.pages.view.clock import pill_of
from api.pages.view.common import EmptyState, Link, Option, Tag, TagTone, TimePill
from api.pages.view.complaints import (
    ComplaintDeskPage,
    ComplaintList,
    ComplaintRowView,
    DeskFilters,
    NamedPill,
    Tile,
)
from api.pages.words import word
from api.paging import Paging, encode_cursor
from api.security.policy import Action
from models.rules import calendar as cal
from models.rules.calendar import local_date
from models.rules.service.facts import ClockName
from models.service_types import ComplaintGrade, ComplaintSheet
from models.stores.complaints import ComplaintFilter, ComplaintRow, ComplaintStore
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.tables.organisation import Institution
from models.types import Stage

COMPLAINTS = "/complaints"
Places = Mapping[str, Institution]
BESIDE = 20
"""Rows of each list while both are shown."""
STAGES = (
    Stage.REGISTERED,
    Stage.AWAITING_FIRST_REPLY,
    Stage.INVESTIGATING,
    Stage.HANDLING,
    Stage.PAUSED,
    Stage.AWAITING_CUSTOMER,
    Stage.REOPENED,
    Stage.CLOSED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskQuery:
    """What the address of the desk asks for. `due`: `overdue` or `today`; `state`: `closed`, else what is open."""

    sheet: ComplaintSheet | None
    grade: ComplaintGrade | None
    stage: Stage | None
    institution: str
    due: str
    state: str
    q: str
    paging: Paging
    trail: Trail

    @property
    def filters(self) -> dict[str, str | None]:
        """The parameters that stay from page to page."""
        return {
            "sheet": self.sheet.value if self.sheet else None,
            "grade": self.grade.value if self.grade else None,
            "stage": self.stage.value if self.stage else None,
            "institution": self.institution,
            "due": self.due,
            "state": self.state,
            "q": self.q,
        }

    @property
    def is_closed(self) -> bool:
        """Whether the closed ones are asked for."""
        return self.state == "closed" or self.stage is Stage.CLOSED


def desk_page(desk: Desk, asked: DeskQuery) -> ComplaintDeskPage:
    """The desk as its reader sees it, within its institutions."""
    scope = desk.caller.scope(Action.READ_COMPLAINTS)
    institutions = InstitutionStore(desk.session).all(scope)
    both = asked.sheet is None
    return ComplaintDeskPage(
        shell=desk.shell("complaints"),
        title=_("投诉咨询"),
        headline=_("先到期的在前 · %(institution)s 及下属机构", institution=desk.caller.institution_name),
        json_href="/api/v1/inquiries" if asked.sheet is ComplaintSheet.INQUIRY else "/api/v1/complaints",
        tiles=_tiles(desk, asked),
        filters=_filters(asked, institution_options(institutions, asked.institution)),
        complaints=_list(desk, asked, ComplaintSheet.COMPLAINT) if both or not _inquiries_only(asked) else None,
        inquiries=_list(desk, asked, ComplaintSheet.INQUIRY) if both or _inquiries_only(asked) else None,
        register=_register(desk),
    )


def _inquiries_only(asked: DeskQuery) -> bool:
    return asked.sheet is ComplaintSheet.INQUIRY


def _register(desk: Desk) -> tuple[Link, ...]:
    if not desk.caller.may(Action.TAKE_REQUESTS):
        return ()
    return (
        Link(text=_("登记投诉"), href=f"{COMPLAINTS}/new?sheet=complaint", icon="plus"),
        Link(text=_("登记咨询"), href=f"{COMPLAINTS}/new?sheet=inquiry", icon="plus"),
    )


def _tiles(desk: Desk, asked: DeskQuery) -> tuple[Tile, ...]:
    counts = ComplaintStore(desk.session).counts(desk.caller.scope(Action.READ_COMPLAINTS), desk.now, _tomorrow(desk))

    def tile(text: str, number: int, icon: str = "", tone: str = "", **filters: str) -> Tile:
        icon, tone = (icon, tone) if number else ("", "")
        address, current = href(COMPLAINTS, filters), _is(asked, filters)
        return Tile(text=text, number=number, href=address, icon=icon, tone=tone, current=current)

    return (
        tile(_("未结投诉"), counts.complaints, sheet="complaint"),
        tile(_("未答咨询"), counts.inquiries, sheet="inquiry"),
        tile(_("已逾期"), counts.overdue, "alert", "late", due="overdue"),
        tile(_("今日到期"), counts.today, "clock", "today", due="today"),
        tile(_("重大投诉"), counts.serious, "bolt", sheet="complaint", grade="serious"),
        tile(_("待首次答复"), counts.unanswered, due="unanswered"),
    )


def _is(asked: DeskQuery, filters: dict[str, str]) -> bool:
    return {name: value for name, value in asked.filters.items() if value} == filters


def _tomorrow(desk: Desk) -> datetime:
    return cal.instant(local_date(desk.now) + timedelta(days=1))


def _filters(asked: DeskQuery, institutions: tuple[Option, ...]) -> DeskFilters:
    def options(name: str, none: str, values: Sequence[ComplaintSheet | ComplaintGrade | Stage]) -> tuple[Option, ...]:
        chosen = asked.filters[name]
        rest = (Option(value=item.value, text=word(item), selected=item.value == chosen) for item in values)
        return (Option(value="", text=none), *rest)

    states = (
        Option(value="", text=_("未结")),
        Option(value="closed", text=_("已结"), selected=asked.state == "closed"),
    )
    return DeskFilters(
        action=COMPLAINTS,
        sheets=options("sheet", _("投诉和咨询"), list(ComplaintSheet)),
        states=states,
        grades=options("grade", _("全部等级"), list(ComplaintGrade)),
        stages=options("stage", _("全部环节"), STAGES),
        institutions=institutions,
        q=asked.q,
        kept=(("due", asked.due),) if asked.due else (),
        active=any(asked.filters.values()),
    )


def _list(desk: Desk, asked: DeskQuery, sheet: ComplaintSheet) -> ComplaintList:
    alone = asked.sheet is not None
    paging = asked.paging if alone else Paging(BESIDE)
    found = _found(desk, asked, sheet, paging)
    shown, following = paging.cut(found, lambda row: _position(row, asked))
    current = encode_cursor(paging.after) if paging.after else None
    places = places_of(desk)
    whole = {**asked.filters, "sheet": sheet.value}
    return ComplaintList(
        title=word(sheet),
        rows=tuple(complaint_row(desk, row, places) for row in shown),
        more=Link(text=_("查看全部"), href=href(COMPLAINTS, whole)) if following and not alone else None,
        pager=pager(COMPLAINTS, whole, current=current, following=following, trail=asked.trail) if alone else None,
        empty=None if shown else _empty(asked, sheet),
    )


def complaints_for(desk: Desk, asked: DeskQuery, paging: Paging) -> list[ComplaintRow]:
    """Everything the desk lists for its address, complaints before inquiries."""
    sheets = [asked.sheet] if asked.sheet else [ComplaintSheet.COMPLAINT, ComplaintSheet.INQUIRY]
    return [row for sheet in sheets for row in _found(desk, asked, sheet, paging)]


def _found(desk: Desk, asked: DeskQuery, sheet: ComplaintSheet, paging: Paging) -> list[ComplaintRow]:
    scope = desk.caller.scope(Action.READ_COMPLAINTS)
    store = ComplaintStore(desk.session)
    wanted = ComplaintFilter(
        sheet=sheet,
        stage=asked.stage,
        grade=asked.grade,
        under=part_of_tree(desk.session, asked.institution, scope),
        due_before={"overdue": desk.now, "today": _tomorrow(desk)}.get(asked.due),
        not_due_before=desk.now if asked.due == "today" else None,
        unanswered=asked.due == "unanswered",
        open=not asked.is_closed,
        q=asked.q.strip() or None,
    )
    read = store.newest if asked.is_closed else store.pressing
    return read(scope, wanted, after=paging.instant_and_id(), limit=paging.fetch)


def _position(row: ComplaintRow, asked: DeskQuery) -> tuple[str, str]:
    at = row.record.received_at if asked.is_closed else row.next_due_at or row.record.received_at
    return at.isoformat(), str(row.record.case_id)


def _empty(asked: DeskQuery, sheet: ComplaintSheet) -> EmptyState:
    rest = {name: value for name, value in asked.filters.items() if name != "sheet"}
    if any(rest.values()):
        return EmptyState(
            text=_("没有符合条件的%(what)s。", what=word(sheet)),
            link=Link(text=_("清除筛选"), href=COMPLAINTS),
            icon="search",
        )
    closed = href(COMPLAINTS, {"sheet": sheet.value, "state": "closed"})
    return EmptyState(
        text=_("没有未结的%(what)s。", what=word(sheet)), link=Link(text=_("查看已结"), href=closed), icon="chat"
    )


def complaint_row(desk: Desk, row: ComplaintRow, places: Places) -> ComplaintRowView:
    """The row of one, with both its clocks."""
    record, case = row.record, row.case
    return ComplaintRowView(
        href=f"{COMPLAINTS}/{record.case_id}",
        record_no=record.record_no,
        customer=row.customer_name,
        pills=named_pills(desk, row),
        tags=row_tags(row, places),
        context=_context(desk, row),
        stage=word(Stage(case.stage)),
        handler=record.handler_name or _("待领取"),
    )


def named_pills(desk: Desk, row: ComplaintRow) -> tuple[NamedPill, ...]:
    """首次答复 and 结案 of a complaint; an inquiry is closed by its answer."""
    is_inquiry = row.record.sheet is ComplaintSheet.INQUIRY
    names: list[tuple[ClockName, str]] = [("reply", _("答复") if is_inquiry else _("首次答复"))]
    if row.record.close_due_at is not None:
        names.append(("close", _("结案")))
    return tuple(NamedPill(name=text, pill=_pill(desk, row, name)) for name, text in names)


def _pill(desk: Desk, row: ComplaintRow, name: ClockName) -> TimePill:
    return pill_of(desk.calendar, record_clock(desk.calendar, row, name), desk.now)


def places_of(desk: Desk) -> Places:
    """Every institution by its code."""
    return {place.code: place for place in InstitutionStore(desk.session).all(EVERYTHING)}


def row_tags(row: ComplaintRow, places: Places) -> tuple[Tag, ...]:
    """Tier, 重大, 重新打开, 跨地域: each a word, the grave ones with a shape too."""
    record, tags = row.record, [tier_tag(row.case.tier)]
    if record.sheet is ComplaintSheet.COMPLAINT and record.grade is ComplaintGrade.SERIOUS:
        tags.append(Tag(text=_("重大"), tone=TagTone.BAD, icon="bolt"))
    if row.case.round > 1:
        tags.append(Tag(text=_("第 %(n)s 次重新打开", n=row.case.round - 1), tone=TagTone.WARN, icon="undo"))
    if crosses(places, record.institution_code, row.owner_code):
        tags.append(Tag(text=_("跨地域"), tone=TagTone.BLUE))
    return tuple(tags)


def _context(desk: Desk, row: ComplaintRow) -> str:
    record = row.record
    said = mask_text(record.subject) or NOTHING
    who = mask_name(record.complainant) if record.complainant else NOTHING
    at = stamp(record.received_at, desk.now)
    return _("%(no)s · %(who)s · %(said)s · %(at)s 登记", no=record.record_no, who=who, said=said, at=at)
