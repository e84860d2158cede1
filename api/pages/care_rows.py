"""One touchpoint as a row: what, for whom, by whom, how pressing, and why it waits or was left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.care_answers import entry_name, is_overdue
from api.pages.care_query import CARE
from api.pages.customers_view import tier_tag
from api.pages.desk import Desk
from api.pages.format import day, mask_name, overdue_by, short_day, time_left
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.plan_reasons import reason_text
from api.pages.view.care import CareRow
from api.pages.view.common import Article, Tag, TagTone, TimePill
from api.pages.view.inbox import DueBand
from api.pages.words import word
from models.rulebook import Rulebook
from models.rules import calendar as cal
from models.rules import clock
from models.rules.calendar import local_date
from models.rules.clock import PillLevel
from models.services.care.doing import OPEN
from models.services.care.entries import entry_of
from models.services.rulebooks import rulebook_in_force
from models.stores.care import CareStore
from models.stores.care_calendar import CareCalendarStore
from models.stores.customers import names_of
from models.tables.book import Contact
from models.tables.care import Touchpoint
from models.types import Stage

_LEVELS = {
    DueBand.OVERDUE: PillLevel.LATE,
    DueBand.TODAY: PillLevel.TODAY,
    DueBand.SOON: PillLevel.SOON,
    DueBand.LATER: PillLevel.CALM,
}
TONES = {
    Stage.DUE: TagTone.BLUE,
    Stage.DONE: TagTone.OK,
    Stage.HUSHED: TagTone.VIOLET,
    Stage.MISSED: TagTone.BAD,
    Stage.RESCHEDULED: TagTone.WARN,
}
_WITHHELD = {
    "consent_missing": _m("未同意接收关怀，不发送问候"),
    "contact_left": _m("联系人已离职，不再关怀"),
    "no_address": _m("没有可用的联系方式"),
}


@dataclass(frozen=True)
class Rows:
    """Everything that several rows are drawn with, read once."""

    desk: Desk
    rulebook: Rulebook
    customers: Mapping[str, str]
    people: Mapping[UUID, str]
    contacts: Mapping[UUID, Contact]
    merged: Mapping[UUID, Sequence[Touchpoint]]

    @property
    def today(self) -> date:
        """The day of the reader."""
        return local_date(self.desk.now)

    def row(self, touchpoint: Touchpoint) -> CareRow:
        """One row."""
        assignee = touchpoint.assignee_id
        return CareRow(
            href=touchpoint_href(touchpoint.id),
            name=title_of(self.rulebook, touchpoint),
            customer=self.customers.get(touchpoint.customer_no, touchpoint.customer_no),
            whom=self._whom(touchpoint),
            who=self.people.get(assignee, "") if assignee else word(touchpoint.role),
            tier=tier_tag(touchpoint.tier),
            state=state_tag(touchpoint),
            pill=pill_of(self.desk, touchpoint),
            article=article_of(touchpoint),
            merged="、".join(title_of(self.rulebook, one) for one in self.merged.get(touchpoint.id, ())),
            why=why(touchpoint),
        )

    def _whom(self, touchpoint: Touchpoint) -> str:
        contact = self.contacts.get(touchpoint.contact_id) if touchpoint.contact_id else None
        return f"{mask_name(contact.name)} {contact.title}".strip() if contact else ""


def rows_of(desk: Desk, touchpoints: Sequence[Touchpoint]) -> Rows:
    """What the rows are drawn with."""
    store = CareCalendarStore(desk.session)
    merged: dict[UUID, list[Touchpoint]] = {}
    for one in store.merged_with([row.id for row in touchpoints]):
        merged.setdefault(one.merged_into or one.id, []).append(one)
    return Rows(
        desk=desk,
        rulebook=rulebook_in_force(desk.session, local_date(desk.now)).rulebook,
        customers=names_of(desk.session, {row.customer_no for row in touchpoints}),
        people=store.people({row.assignee_id for row in touchpoints if row.assignee_id}),
        contacts=CareStore(desk.session).contacts({row.contact_id for row in touchpoints if row.contact_id}),
        merged=merged,
    )


def touchpoint_href(touchpoint_id: UUID) -> str:
    """The page of a touchpoint."""
    return f"{CARE}/touchpoints/{touchpoint_id}"


def title_of(rulebook: Rulebook, row: Touchpoint) -> str:
    """The item, and what it is about where the item alone does not say it: 节日问候 · 春节."""
    return item_title(rulebook, row.code, row.item, row.title)


def item_title(rulebook: Rulebook, code: str, item: str, title: str) -> str:
    """As `title_of`, for a list that has read no more of a touchpoint."""
    name = entry_name(entry_of(rulebook, code, item), item)
    return f"{name} · {title}" if title else name


def article_of(row: Touchpoint) -> Article:
    """The catalogue entry with its article."""
    return Article(text=row.code, title=row.article)


def state_tag(row: Touchpoint) -> Tag:
    """Stage; a done one says whether it was in time."""
    if row.stage is Stage.DONE and row.in_time is False:
        return Tag(text=_("逾期完成"), tone=TagTone.BAD)
    return Tag(text=word(row.stage), tone=TONES.get(row.stage, TagTone.PLAIN))


def pill_of(desk: Desk, row: Touchpoint) -> TimePill | None:
    """Working time left until the close of the due day; none for what is over."""
    if row.stage not in OPEN:
        return None
    today = local_date(desk.now)
    if row.stage is Stage.HUSHED:
        return TimePill(level=PillLevel.PAUSED, text=word(row.stage), due=short_day(row.due_on, today))
    works = cal.is_working_day(desk.calendar, row.due_on)  # a greeting may be due on any day
    due_at = cal.close_of(desk.calendar, row.due_on) if works else cal.instant(row.due_on + cal.ONE_DAY)
    if row.due_on == today and due_at <= desk.now:
        return TimePill(level=PillLevel.TODAY, text=_("今天"), due=day(row.due_on, today))
    left = clock.time_left(desk.calendar, due_at, desk.now)
    text = overdue_by(left) if left.overdue else time_left(left)
    band = DueBand.OVERDUE if is_overdue(row, today) else desk.band(due_at)
    return TimePill(level=_LEVELS[band], text=text, due=day(row.due_on, today))


def why(row: Touchpoint) -> str:
    """Why it waits, is withheld, or was left."""
    if row.hushed_by is not None and row.stage is Stage.HUSHED:
        return _("该联系人有未结投诉，暂缓问候，结案后恢复")
    if row.withheld:
        return _(_WITHHELD.get(row.withheld, row.withheld))
    left = row.stage in {Stage.SKIPPED, Stage.CANCELLED, Stage.MISSED, Stage.RESCHEDULED}
    return _("原因：%(reason)s", reason=reason_text(row.reason)) if left and row.reason else ""
