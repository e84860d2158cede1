"""One request on the board or in the list: its pill, its limit beside the regular one, how much is used, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from api.green_channel_acts import asking, crosses, may
from api.pages.customers_view import tier_tag
from api.pages.desk import Desk
from api.pages.format import span, stamp
from api.pages.green_channel_words import (
    BASE,
    cross_region_article,
    cross_region_tag,
    length,
    limits_text,
)
from api.pages.i18n import _
from api.pages.view.acts import ActForm, Selection
from api.pages.view.clock import pill_of
from api.pages.view.common import Option, Tag, TagTone, TimePill
from api.pages.view.green_channel import GreenCard, Meter
from api.pages.view.inbox import TaskRow
from api.pages.words import word
from api.service_clock import clock_of
from models.messages.calendar import Pause
from models.messages.service import ServiceClock, ServiceState
from models.messages.service_acts import AcceptService, PauseService, ResumeService
from models.rulebook import Rulebook
from models.rules import calendar as cal
from models.rules.clock import ClockReading, ClockState, read_clock, working_span
from models.services.rulebooks import rulebook_in_force
from models.services.servicing.effects.base import clock_named
from models.stores.green_channel import GreenRow
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.tables.organisation import Institution
from models.types import PauseReason, Stage

COMPLETE, CONFIRM = "complete", "confirm"


@dataclass(frozen=True)
class Reading:
    """What every card is read with."""

    desk: Desk
    rulebook: Rulebook
    places: Mapping[str, Institution]
    back: str = ""
    """Where the reader comes back to after an act on a card; empty on the page of the request itself."""

    @classmethod
    def of(cls, desk: Desk, back: str = "") -> "Reading":
        """The rules in force and the institutions, once for all cards."""
        rulebook = rulebook_in_force(desk.session, cal.local_date(desk.now)).rulebook
        places = {place.code: place for place in InstitutionStore(desk.session).all(EVERYTHING)}
        return cls(desk, rulebook, places, back)

    def place(self, code: str) -> str:
        """Name of an institution."""
        return self.places[code].name if code in self.places else code

    def is_cross_region(self, row: GreenRow) -> bool:
        """Whether it is served beside the line of institutions that owns the customer (article 17 item 8)."""
        return crosses(self.places, row.record.institution_code, row.customer.institution_code)


@dataclass(frozen=True)
class Read:
    """One request with its clock read."""

    row: GreenRow
    state: ServiceState
    promise: ServiceClock
    clock: ClockReading
    pill: TimePill


def read(reading: Reading, row: GreenRow) -> Read:
    """The request with the clock of its completion, on the calendar at hand."""
    state, desk = ServiceState.model_validate(row.case.state), reading.desk
    promise = clock_named(state, COMPLETE)
    if promise is None:
        raise ValueError(f"case {state.case_id} has no clock")
    clock = clock_of(desk.calendar, promise)
    soon, today = reading.rulebook.working_time.warning_percents
    found = read_clock(desk.calendar, clock, desk.now, soon_percent=soon, today_percent=today)
    return Read(row, state, promise, found, pill_of(desk.calendar, clock, desk.now))


def card(reading: Reading, row: GreenRow) -> GreenCard:
    """A request on the board."""
    found = read(reading, row)
    record = row.record
    region = (cross_region_article(),) if reading.is_cross_region(row) else ()
    return GreenCard(
        case_id=str(record.case_id),
        href=f"{BASE}/{record.case_id}",
        pill=found.pill,
        who=record.handler_name or _("待领取"),
        service=word(record.service),
        subject=row.customer.name,
        tags=tags_of(reading, found),
        limit=limits_text(found.promise),
        articles=region,
        reference=record.reference_no,
        notes=tuple(_notes(reading, found)),
        meter=meter(reading, found),
        acts=quick_acts(reading, found),
    )


def task_row(reading: Reading, row: GreenRow) -> TaskRow:
    """A request in the list by time."""
    found = read(reading, row)
    record = row.record
    acts = [act for act in quick_acts(reading, found) if not act.asks]
    context = (limits_text(found.promise), record.reference_no, record.remark)
    return TaskRow(
        task_id=str(record.case_id),
        href=f"{BASE}/{record.case_id}",
        pill=found.pill,
        kind=word(record.service),
        subject=row.customer.name,
        tags=tags_of(reading, found),
        context=" · ".join(part for part in context if part),
        value=record.handler_name or _("待领取"),
        step=word(row.case.stage),
        act=acts[0] if acts else None,
    )


def tags_of(reading: Reading, found: Read) -> tuple[Tag, ...]:
    """Tier, cross-region, a pause that is too long, a reason that will be asked."""
    row = found.row
    marks = [tier_tag(row.case.tier)]
    if reading.is_cross_region(row):
        marks.append(cross_region_tag())
    if paused_too_long(reading, found):
        marks.append(Tag(text=_("暂停过久"), tone=TagTone.WARN, icon="alert"))
    if found.clock.state is ClockState.OVERDUE:
        marks.append(Tag(text=_("办结须填逾期原因"), tone=TagTone.BAD))
    return tuple(marks)


def open_pause(found: Read) -> Pause | None:
    """The pause that stands, if one does."""
    pauses = found.promise.pauses
    return pauses[-1] if pauses and pauses[-1].resumed_at is None else None


def paused_too_long(reading: Reading, found: Read) -> bool:
    """Whether the pause has lasted longer than the rulebook says is usual."""
    pause = open_pause(found)
    if pause is None:
        return False
    days = working_span(reading.desk.calendar, pause.paused_at, reading.desk.now).working_days
    return days >= reading.rulebook.keeping.green_channel.paused_too_long_working_days


def meter(reading: Reading, found: Read) -> Meter | None:
    """Used part of the limit; a clock that a date gives has none."""
    if found.promise.limit is None:
        return None
    used = found.clock.used_percent
    marks = tuple(reading.rulebook.working_time.warning_percents)
    return Meter(percent=min(used, 100), marks=marks, words=_("时限已用 %(n)s%%", n=used))


def _notes(reading: Reading, found: Read) -> list[str]:
    record, desk = found.row.record, reading.desk
    notes = [record.remark] if record.remark else []
    pause = open_pause(found)
    if pause is not None:
        stood = working_span(desk.calendar, pause.paused_at, desk.now)
        if stood.working_days or stood.minutes:
            notes.append(_("已暂停 %(span)s", span=span(stood)))
    if reading.is_cross_region(found.row):
        notes.append(_("归属 %(name)s", name=reading.place(found.row.customer.institution_code)))
    if record.finished_at is not None and found.row.case.stage is Stage.AWAITING_CONFIRMATION:
        notes.append(_("%(when)s 办理完成", when=stamp(record.finished_at, desk.now)))
    return notes


def quick_acts(reading: Reading, found: Read) -> tuple[ActForm, ...]:
    """What can be done from the board: 受理 in one click, 暂停 in two with its reason, 恢复 in one."""
    state, fields = found.state, asking(reading.desk.caller)
    if may(fields, state, AcceptService):
        return (_button(reading, found, "accept", _("受理"), _("受理后由您办理。")),)
    if may(fields, state, ResumeService):
        return (_button(reading, found, "resume", _("恢复"), _("期限按暂停的工作时间顺延。")),)
    if may(fields, state, PauseService, reason=PauseReason.WAITING_FOR_CUSTOMER):
        return (pause_form(found, back=reading.back),)
    return ()


def _button(reading: Reading, found: Read, name: str, text: str, hint: str) -> ActForm:
    return ActForm(
        name=f"{name}-{found.state.case_id}",
        action=f"{BASE}/{found.state.case_id}/{name}",
        text=text,
        hint=hint,
        idempotency_key=uuid4().hex,
        version=found.state.version,
        fixed=(("back", reading.back),) if reading.back else (),
    )


def pause_form(found: Read, *, back: str = "") -> ActForm:
    """暂停 with its reason; a disability appraisal has no fixed limit (article 17 item 3)."""
    reasons = tuple(Option(value=reason.value, text=word(reason)) for reason in PauseReason)
    return ActForm(
        name=f"pause-{found.state.case_id}" if back else "pause",
        action=f"{BASE}/{found.state.case_id}/pause",
        text=_("暂停"),
        hint=_("暂停期间不计时；伤残鉴定按正常鉴定时限。"),
        idempotency_key=uuid4().hex,
        version=found.state.version,
        fixed=(("back", back),) if back else (),
        selection=Selection(name="reason", label=_("暂停原因"), options=reasons),
        comment_label=_("说明（可不填）"),
    )


def limit_note(found: Read) -> str:
    """时限 of the completion in words."""
    return length(found.promise.limit)
