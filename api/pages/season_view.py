"""The season's part of the ranking page: its phases, what may be done, appeals, memberships that should end, 试算."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlmodel import Session

from api.pages.customers_view import customer_href
from api.pages.format import short_day, stamp, value_text
from api.pages.i18n import _, language
from api.pages.i18n import mark as _m
from api.pages.lists import href
from api.pages.season_forms import OPEN, SEASON_WORDS
from api.pages.view.common import Link, Option, Tag, TagTone
from api.pages.view.ranking import Phase, SideRow, TrialChange, TrialView
from api.pages.words import word
from api.problems import sentence
from api.security.caller import Caller
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.messages.season import SeasonMoved, SeasonState
from models.rulebook import TierRules
from models.rules.calendar import local_date
from models.rules.season import ORDER, date_of, may_move_to, takes_appeals
from models.rules.what_if import Entrant
from models.services.rulebooks import rulebook_in_force
from models.services.season.overview import Candidate, SeasonView, season_view
from models.services.season.trying import Trial, try_out
from models.stores.cases import CaseStore
from models.stores.customers import names_of
from models.stores.evaluations import EvaluationStore
from models.tables.cases import Case
from models.types import SYSTEM_SCHEDULE, UNDECIDED_OUTCOMES, SeasonPhase, SeatKind

_STATES = {"done": _m("已过"), "now": _m("当前"), "ahead": _m("未到")}


@dataclass(frozen=True)
class SeasonParts:
    """What the page takes over from the season. `phases` is empty while the year has none."""

    state: SeasonState | None
    phases: tuple[Phase, ...]
    acts: tuple[Link, ...]
    history: tuple[SideRow, ...]
    appeals: tuple[SideRow, ...]
    should_end: tuple[SideRow, ...]
    reserve: tuple[SideRow, ...]
    may_appeal: bool
    appealed: frozenset[str]
    """Customers whose appeal stands: there is no second one."""


def season_parts(session: Session, caller: Caller, year: int, path: str, now: datetime) -> SeasonParts:
    """The season as this reader sees it."""
    view = season_view(session, year, caller.scope(Action.READ_RANKING), now)
    state = view.state
    waiting = CaseStore(session).reserve(year, caller.scope(Action.READ_QUOTA))
    return SeasonParts(
        state=state,
        phases=_phases(state, now) if state else (),
        acts=_acts(caller, state, path, listed=EvaluationStore(session).get(year) is not None),
        history=tuple(_moved(move, now) for move in reversed(state.moves)) if state else (),
        appeals=tuple(_appeal(case, view) for case in view.appeals),
        should_end=tuple(_candidate(session, item, now) for item in view.candidates),
        reserve=_reserve(session, waiting, now),
        may_appeal=state is not None and takes_appeals(state, now) and caller.may(Action.APPEAL),
        appealed=frozenset(case.customer for case in view.appeals if case.outcome not in UNDECIDED_OUTCOMES),
    )


def _phases(state: SeasonState, now: datetime) -> tuple[Phase, ...]:
    current = ORDER.index(state.phase)
    return tuple(_phase(state, phase, at - current, now) for at, phase in enumerate(ORDER))


def _phase(state: SeasonState, phase: SeasonPhase, distance: int, now: datetime) -> Phase:
    """A phase that is over shows who ended it and when; the others the date by which they should be over."""
    today, due = local_date(now), date_of(state, phase)
    name = "done" if distance < 0 else "ahead" if distance else "now"
    if phase is SeasonPhase.EFFECTIVE and name == "now":
        name = "done"
    ended = next((move for move in reversed(state.moves) if ORDER.index(move.phase) == ORDER.index(phase) + 1), None)
    if name == "done" and ended is not None:
        day = _("%(by)s %(day)s", by=_who(ended), day=short_day(local_date(ended.at), today))
    else:
        day = _("至 %(day)s", day=short_day(due.due_on, today)) if due else ""
    return Phase(text=word(phase), day=day, state=name, state_text=_(_STATES[name]))


def _who(move: SeasonMoved) -> str:
    return _("系统") if move.actor_name == SYSTEM_SCHEDULE else move.actor_name


def _acts(caller: Caller, state: SeasonState | None, path: str, *, listed: bool) -> tuple[Link, ...]:
    if not caller.may(Action.LEAD_SEASON):
        return ()
    if state is None:
        return (Link(text=_(SEASON_WORDS[OPEN][0]), href=f"{path}/season", icon="calendar"),) if listed else ()
    onward = sorted(may_move_to(state), key=lambda phase: phase is SeasonPhase.FREEZE)
    return tuple(
        Link(text=_(SEASON_WORDS[phase.value][0]), href=href(f"{path}/season", {"phase": phase.value}), icon="next")
        for phase in onward
    )


def _moved(move: SeasonMoved, now: datetime) -> SideRow:
    tag = Tag(text=_("逾期"), tone=TagTone.WARN) if move.is_late else None
    text = _("%(phase)s · %(by)s · %(at)s", phase=word(move.phase), by=_who(move), at=stamp(move.at, now))
    return SideRow(text=text, tag=tag, note=move.reason)


def _appeal(case: Case, view: SeasonView) -> SideRow:
    tag = Tag(text=word(case.outcome)) if case.outcome else Tag(text=word(case.stage), tone=TagTone.BLUE)
    name = view.appeal_names.get(case.customer, case.customer)
    return SideRow(text=name, href=f"/cases/{case.id}", tag=tag, note=case.reason or "")


def _candidate(session: Session, item: Candidate, now: datetime) -> SideRow:
    causes = rulebook_in_force(session, local_date(now)).rulebook.procedure.immediate_cancellation
    names = {cause.code: cause.name_en if language() == "en" else cause.name_zh for cause in causes}
    return SideRow(
        text=item.name,
        href=customer_href(item.membership.customer_no),
        tag=Tag(text=word(item.membership.tier)),
        note="、".join(names.get(code, code) for code in item.causes),
    )


def _reserve(session: Session, waiting: list[Case], now: datetime) -> tuple[SideRow, ...]:
    names = names_of(session, [case.customer for case in waiting])
    return tuple(
        SideRow(
            text=names.get(case.customer, case.customer),
            href=f"/cases/{case.id}",
            tag=Tag(text=f"{word(case.tier)} · {word(case.seat_kind)}"),
            note=_("候补自 %(at)s", at=stamp(case.in_reserve_since, now)) if case.in_reserve_since else "",
        )
        for case in waiting
    )


def trial_view(
    session: Session, caller: Caller, year: int, tiers: TierRules, *, asked: Mapping[str, str], path: str
) -> TrialView:
    """The form of a trial, and what came of the one that was asked for."""
    number, seat, value = (asked.get(name, "").strip() for name in ("who", "seat", "value"))
    kind = SeatKind(seat) if seat in set(SeatKind) else None
    form = TrialView(action=path, customer_no=number, seats=_seats(kind), value=value)
    if not number:
        return form
    try:
        entrant = Entrant(number, kind, _amount(value))
        found = try_out(session, year, tiers, entrant, caller.scope(Action.READ_RANKING))
    except DomainError as error:
        return TrialView(
            action=path, customer_no=number, seats=form.seats, value=value, error=sentence(error.code, error.context)
        )
    formula = EvaluationStore(session).formula(year)
    return TrialView(
        action=path,
        customer_no=number,
        seats=form.seats,
        value=value,
        sentence=_sentence(found, formula),
        notes=tuple(_notes(found)),
        changes=tuple(
            TrialChange(
                name=name,
                customer_no=change.customer_no,
                before=_seat(change.before),
                after=_seat(change.after),
                falls=change.after is None,
            )
            for name, change in found.changes
        ),
    )


def _amount(typed: str) -> Decimal | None:
    """Whole yuan as typed. Raises INVALID_INPUT."""
    try:
        return Decimal(typed.replace(",", "").replace("，", "")) if typed else None
    except InvalidOperation:
        wrong = [{"field": "value", "reason": "decimal_parsing"}]
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=wrong) from None


def _seats(chosen: SeatKind | None) -> tuple[Option, ...]:
    first = Option(value="", text=_("按名单"), selected=chosen is None)
    return (first, *(Option(value=kind.value, text=word(kind), selected=kind is chosen) for kind in SeatKind))


def _seat(kind: SeatKind | None) -> str:
    return word(kind) if kind else _("无席位")


def _sentence(found: Trial, formula: str) -> str:
    entrant, fallen = found.result.entrant, found.result.falls_out
    return _(
        "%(name)s 以 %(value)s 列第 %(rank)s 名（原第 %(old)s 名），席位：%(seat)s；%(n)s 户出局。",
        name=found.name,
        value=value_text(found.result.value, formula),
        rank=f"{entrant.rank:,}",
        old=f"{found.result.rank_before:,}",
        seat=_seat(entrant.after),
        n=len(fallen),
    )


def _notes(found: Trial) -> list[str]:
    notes = []
    if found.result.is_full:
        notes.append(_("该类席位已无名额，名单不变。"))
    if found.result.ineligible:
        notes.append(_("该客户未通过资格核对，实际不能取得席位。"))
    if found.elsewhere:
        notes.append(_("另有其他机构的 %(n)s 户席位变动。", n=found.elsewhere))
    return notes
