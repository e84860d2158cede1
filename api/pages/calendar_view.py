"""Builds the page of the working calendar from the records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import Request
from sqlmodel import Session

from api.pages.calendar_changes import ChangeKind, Stretch, days_of
from api.pages.calendar_months import months_of, weekday_names
from api.pages.form_errors import error_summary
from api.pages.format import instant, long_day, short_day, stamp
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.shell import shell_for
from api.pages.view.calendar import (
    CalendarPage,
    ChangeForm,
    Month,
    MovedRow,
    PendingChange,
    PreviewView,
    PublicationRow,
)
from api.pages.view.common import ErrorSummary, Link, Option, Strip, StripTone, Tag, TagTone
from api.pages.words import step_word, word
from api.security.caller import Caller
from api.security.policy import Action
from models.errors import DomainError
from models.messages.calendar import CalendarSnapshot
from models.rules import calendar as cal
from models.rules.calendar import local_date
from models.services import calendar_publication, calendars
from models.services.calendar_publication import Change, MovedDeadline
from models.services.calendars import AS_IT_STANDS, Proposal, YearView
from models.services.rulebooks import rulebook_in_force
from models.stores.calendar import COMPANY, PublicationStore
from models.stores.institutions import InstitutionStore
from models.stores.people import PeopleStore
from models.tables.calendar import CalendarPublication
from models.types import CaseKind

CALENDAR = "/admin/calendar"
FIRST_YEAR, LAST_YEAR = 1990, 2100
LISTED = 50
RECENT = 5
KIND_WORDS = {ChangeKind.OFF: _m("休息"), ChangeKind.WORK: _m("上班"), ChangeKind.HALF: _m("半日")}


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarQuery:
    """What the address asks for: a year, whose, the changes on trial, and what was typed or refused."""

    year: int
    institution: str = COMPANY
    stretches: tuple[Stretch, ...] = ()
    official: bool = False
    form: ChangeForm = field(default_factory=ChangeForm)
    error: DomainError | None = None
    done: bool = False

    @property
    def change(self) -> Change:
        """The change on trial. Without the mark `official` the days alone publish no year."""
        return Change(self.year, days_of(self.stretches), self.institution, self.official)

    def href(self, stretches: Sequence[Stretch], **more: str) -> str:
        """This page with other changes on trial."""
        pairs = [("institution", self.institution)] if self.institution else []
        pairs += [("change", stretch.token) for stretch in stretches]
        pairs += [("official", "1")] if self.official and stretches else []
        query = urlencode([*pairs, *more.items()])
        return f"{CALENDAR}/{self.year}?{query}" if query else f"{CALENDAR}/{self.year}"

    def again(self) -> str:
        """The address the page asks again while cases are being told; it goes on saying what was published."""
        return self.href((), done="published") if self.done else self.href(())


class _Drawing(NamedTuple):
    """The calendar as it is drawn: what is stored, and the change on trial over it."""

    calendar: CalendarSnapshot
    stored: YearView
    proposal: Proposal
    now: datetime


def calendar_page(request: Request, caller: Caller, session: Session, asked: CalendarQuery) -> CalendarPage:
    """Twelve months with the changes on trial drawn in. Raises NOT_FOUND and INVALID_INPUT of the change."""
    may_change = caller.may(Action.MANAGE_CALENDAR)
    shown = asked if may_change else CalendarQuery(year=asked.year, institution=asked.institution)
    drawing = _draw(session, shown, datetime.now(UTC))
    publications = tuple(_publications(session, shown.year, drawing.now))
    waiting = not shown.stretches and any(not row.finished for row in publications)
    return CalendarPage(
        shell=shell_for(request, caller, current="calendar", refresh_href=shown.again() if waiting else None),
        title=_("%(year)s 年工作日历", year=shown.year),
        json_href=f"/api/v1/calendar/{shown.year}",
        action=f"{CALENDAR}/{shown.year}",
        headline=_headline(drawing.calendar, shown.year),
        state=_state(official=cal.is_official(drawing.calendar, shown.year)),
        years=tuple(_years(shown)),
        months=_months(drawing, shown, may_change=may_change),
        weekdays=weekday_names(),
        institution=shown.institution,
        institutions=_institutions(session, caller, shown.institution),
        changes=tuple(_pending(shown)),
        preview=_preview(session, shown, drawing.now) if shown.stretches else None,
        publications=publications,
        form=shown.form if may_change else None,
        asks_official=not shown.institution and drawing.stored.state != calendar_publication.OFFICIAL,
        errors=_errors(asked.error) if asked.error else None,
        strips=tuple(_strips(shown, waiting=waiting)),
        clear_href=shown.href(()),
    )


def _draw(session: Session, shown: CalendarQuery, now: datetime) -> _Drawing:
    calendar_publication.scope_of(session, shown.institution)
    proposal = calendar_publication.proposal_of(session, shown.change) if shown.stretches else AS_IT_STANDS
    working_time = rulebook_in_force(session, local_date(now)).rulebook.working_time
    calendar = calendars.snapshot(
        session, working_time, date(shown.year, 7, 1), institution_code=shown.institution, proposed=proposal
    )
    stored = calendars.year_view(session, working_time, shown.year, institution_code=shown.institution)
    return _Drawing(calendar, stored, proposal, now)


def _headline(calendar: CalendarSnapshot, year: int) -> str:
    days, worked = cal.working_days_in_year(calendar, year), sum(day.year == year for day in calendar.make_up_days)
    return _("%(n)s 个工作日，调休上班 %(m)s 天 · 日历 %(version)s", n=days, m=worked, version=calendar.version)


def _months(drawing: _Drawing, shown: CalendarQuery, *, may_change: bool) -> tuple[Month, ...]:
    names = {row.day: row.name for row in drawing.stored.days} | {row.day: row.name for row in drawing.proposal.days}
    return months_of(
        drawing.calendar,
        shown.year,
        names,
        changed=frozenset(row.day for row in drawing.proposal.days),
        href=lambda day: shown.href(shown.stretches, first=day.isoformat()) + "#edit" if may_change else "",
    )


def change_kinds(selected: str) -> tuple[Option, ...]:
    """休息, 上班, 半日."""
    return tuple(Option(value=kind.value, text=_(text), selected=kind == selected) for kind, text in KIND_WORDS.items())


def _state(*, official: bool) -> Tag:
    return Tag(text=_("已公布"), tone=TagTone.OK) if official else Tag(text=_("暂定"), tone=TagTone.VIOLET, icon="cal")


def _years(shown: CalendarQuery) -> Iterator[Link]:
    for year in (shown.year - 1, shown.year + 1):
        if FIRST_YEAR <= year <= LAST_YEAR:
            other = CalendarQuery(year=year, institution=shown.institution)
            yield Link(text=str(year), href=other.href(()))


def _institutions(session: Session, caller: Caller, selected: str) -> tuple[Option, ...]:
    found = InstitutionStore(session).all(caller.scope(Action.READ_CALENDAR))
    return (
        Option(value=COMPANY, text=_("全公司")),
        *(Option(value=item.code, text=item.name, selected=item.code == selected) for item in found),
    )


def _pending(shown: CalendarQuery) -> Iterator[PendingChange]:
    for place, stretch in enumerate(shown.stretches):
        first, last = long_day(stretch.first), short_day(stretch.last, stretch.first)
        days = first if stretch.first == stretch.last else _("%(first)s 至 %(last)s", first=first, last=last)
        kind = _(KIND_WORDS[stretch.kind])
        others = (*shown.stretches[:place], *shown.stretches[place + 1 :])
        text = " · ".join(filter(None, (days, kind, stretch.name)))
        yield PendingChange(token=stretch.token, text=text, drop_href=shown.href(others) + "#edit")


def _preview(session: Session, shown: CalendarQuery, now: datetime) -> PreviewView:
    found = calendar_publication.preview(session, shown.change, now)
    total = len(found.moved)
    sentence = (
        _("%(cases)s 件在办事项中，%(n)s 个期限会移动。", cases=found.cases, n=total)
        if total
        else _("%(cases)s 件在办事项，没有期限会移动。", cases=found.cases)
    )
    kinds = (Tag(text=f"{word(CaseKind(kind))} {number}") for kind, number in found.by_kind.items())
    rows = tuple(_moved(line, now) for line in found.moved[:LISTED])
    more = _("另有 %(n)s 个未列出。", n=total - LISTED) if total > LISTED else ""
    return PreviewView(sentence=sentence, kinds=tuple(kinds), rows=rows, more=more)


def _moved(line: MovedDeadline, now: datetime) -> MovedRow:
    after = instant(line.after, now)
    return MovedRow(
        customer=f"{line.customer_name} {line.customer_no}",
        step=step_word(line.step),
        before=instant(line.before, now),
        after=_("%(due)s（暂定）", due=after) if line.provisional else after,
        href=f"/cases/{line.case_id}",
    )


def _publications(session: Session, year: int, now: datetime) -> Iterator[PublicationRow]:
    store, people = PublicationStore(session), PeopleStore(session)
    for row in store.of_year(year, RECENT):
        told, by = store.told(row.id), people.account(row.published_by)
        yield PublicationRow(
            at=stamp(row.published_at, now),
            who=by.name if by else "",
            scope=_scope(session, row),
            reason=row.reason,
            progress=_("已通知 %(done)s / %(total)s 件", done=told.acknowledged, total=told.cases),
            done=told.acknowledged,
            total=told.cases,
            finished=row.finished_at is not None,
        )


def _errors(error: DomainError) -> ErrorSummary:
    return error_summary(error, first=_("从"), last=_("到"), kind=_("改为"), name=_("名称"))


def _scope(session: Session, row: CalendarPublication) -> str:
    above = PeopleStore(session).ancestry(row.institution_code) if row.institution_code else []
    return above[0].name if above else _("全公司")


def _strips(shown: CalendarQuery, *, waiting: bool) -> Iterator[Strip]:
    if waiting:
        yield Strip(text=_("正在通知在办事项，期限随后更新。"), icon="clock", poll_href=shown.again(), focus=shown.done)
    elif shown.done:
        yield Strip(text=_("已发布，在办事项都已按新日历计算。"), tone=StripTone.OK, icon="check", focus=True)
