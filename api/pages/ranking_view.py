"""Builds the page of the ranking list: season, seats, rows with the cut line, quotas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from fastapi import Request
from sqlmodel import Session

from api.institution_filter import part_of_tree
from api.pages.customers_view import customer_href, tier_tag
from api.pages.form_errors import error_summary
from api.pages.format import POINTS_FORMULA, amount, factor, short_day, stamp, value_text, whole
from api.pages.i18n import _, language
from api.pages.i18n import mark as _m
from api.pages.lists import Trail, href, institution_options, pager, tier_options, tier_or_none
from api.pages.season_view import SeasonParts, season_parts, trial_view
from api.pages.shell import shell_for
from api.pages.view.common import EmptyState, ErrorSummary, FieldError, Link, Option, Strip, StripTone, Tag, TagTone
from api.pages.view.customers import ListFilters
from api.pages.view.ranking import Phase, QuotaForm, QuotaRow, RankingLine, RankingPage, Tile
from api.pages.words import word
from api.paging import Paging, encode_cursor
from api.problems import sentence
from api.routes.quotas import tiers_of
from api.security.caller import Caller
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.rulebook import Procedure, TierRules
from models.rulebook.schema.tiers import TieBreak
from models.rules.calendar import local_date
from models.services import evaluation_jobs
from models.services.quotas import QuotaLine, gold_seats, quota_lines
from models.services.rulebooks import rulebook_in_force
from models.stores.evaluations import EvaluationStore
from models.stores.institutions import InstitutionStore
from models.stores.rankings import RankingFilter, last_ranked_seat, ranking_page
from models.tables.evaluation import Evaluation, RankingRow
from models.tables.organisation import Institution
from models.types import InstitutionLevel, SeatKind, Stage

EVALUATIONS = "/evaluations"
_TIE_BREAKS = {
    TieBreak.STANDARD_PREMIUM: _m("并列，按标准保费"),
    TieBreak.INSURED_YEARS: _m("并列，按连续投保年数"),
    TieBreak.FIRST_EFFECTIVE_ON: _m("并列，按首次承保日"),
    TieBreak.CUSTOMER_NO: _m("并列，按客户号"),
}
_BARRED = {"flag": _m("欺诈或反洗钱标记"), "overdue": _m("欠费超期"), "policy": _m("保单失效")}
_SEAT_TONES = {SeatKind.RANKED: TagTone.GOLD, SeatKind.NEW_CUSTOMER: TagTone.GOLD}
_DONE = {
    "frozen": _m("已冻结，列表只读。"),
    "reopened": _m("已解冻，可更正数据并重新评定。"),
    "filed": _m("机构名额已保存。"),
    "season": _m("名额季已更新。"),
    "appeal": _m("申诉已提出，由总公司复核。"),
}
_STATES = {"done": _m("已过"), "now": _m("当前"), "ahead": _m("未到")}


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingQuery:
    """What the address asks for, what was just done, what was refused with the quota as typed."""

    year: int
    q: str = ""
    tier: str = ""
    institution: str = ""
    paging: Paging = field(default_factory=Paging)
    trail: Trail = ()
    done: str = ""
    error: DomainError | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    trial: Mapping[str, str] = field(default_factory=dict)
    """What the trial 试算 asks: `who`, `seat`, `value`."""

    @property
    def filters(self) -> dict[str, str | None]:
        """The parameters that stay from page to page."""
        return {"q": self.q, "tier": self.tier, "institution": self.institution}

    @property
    def path(self) -> str:
        """The page of the year."""
        return f"{EVALUATIONS}/{self.year}"


def ranking_view(request: Request, caller: Caller, session: Session, asked: RankingQuery) -> RankingPage:
    """The page of a year, within the caller's institutions; a year without a list says how it comes."""
    now, store = datetime.now(UTC), EvaluationStore(session)
    row, tiers = store.get(asked.year), tiers_of(session, asked.year)
    procedure = rulebook_in_force(session, local_date(now)).rulebook.procedure
    running = evaluation_jobs.unfinished(session, asked.year)
    institutions = InstitutionStore(session).all(caller.scope(Action.READ_RANKING))
    season = season_parts(session, caller, asked.year, asked.path, now)
    rows, following = _rows(caller, session, asked, institutions, season)
    quotas = quota_lines(session, tiers, asked.year, caller.scope(Action.READ_QUOTA))
    refresh = asked.path if running else None
    return RankingPage(
        shell=shell_for(request, caller, current="ranking", refresh_href=refresh),
        title=_("%(year)s 年度排名与名额", year=asked.year),
        phone_title=_("排名与名额"),
        json_href=f"/api/v1/evaluations/{asked.year}/ranking",
        year=asked.year,
        headline=_headline(row, now),
        tags=_state_tags(row),
        years=_years(store.years(), asked.year),
        phases=season.phases or _phases(procedure, asked.year, local_date(now)),
        compute_action=_compute_action(caller, row, asked, running=running is not None),
        compute_text=_("重新评定") if row else _("评定"),
        freeze=_freeze(caller, row, asked) if season.state is None else None,
        season_acts=season.acts,
        history=season.history,
        appeals=season.appeals,
        should_end=season.should_end,
        reserve=season.reserve,
        trial=trial_view(session, caller, asked.year, tiers, asked=asked.trial, path=asked.path) if row else None,
        downloads=_downloads(row, asked.year),
        strips=_strips(session, asked, row, running=running is not None),
        errors=_errors(asked.error),
        tiles=_tiles(session, tiers, asked.year, quotas) if row else (),
        filters=_filters(asked, institution_options(institutions, asked.institution)) if row else None,
        value_heading=_("得分（分）") if row and row.formula == POINTS_FORMULA else _("客户价值（元）"),
        rows=rows,
        pager=pager(
            asked.path,
            asked.filters,
            current=encode_cursor(asked.paging.after) if asked.paging.after else None,
            following=following,
            trail=asked.trail,
        ),
        empty=None if rows else _empty(asked, row),
        quotas=tuple(_quota_row(line) for line in quotas),
        quota_form=_quota_form(caller, session, asked),
    )


def _rows(
    caller: Caller, session: Session, asked: RankingQuery, institutions: Sequence[Institution], season: SeasonParts
) -> tuple[tuple[RankingLine, ...], str | None]:
    scope, paging = caller.scope(Action.READ_RANKING), asked.paging
    under = part_of_tree(session, asked.institution, scope)
    wanted = RankingFilter(asked.q.strip() or None, tier_or_none(asked.tier), under)
    after = paging.number() or 0
    found = ranking_page(session, asked.year, scope, wanted, after_rank=after, limit=paging.fetch)
    shown, following = paging.cut(found, lambda item: (item.rank,))
    names = {item.code: item.name for item in institutions}
    own = caller.institution_code if len(institutions) > 1 else ""
    lines, last = [], last_ranked_seat(session, asked.year)
    cut = last.rank if last else 0
    for row in shown:
        crossed = after <= cut < row.rank and last is not None
        line = _line(row, names, _cut_text(session, last) if crossed and last else "", own=row.institution_code == own)
        may_appeal = season.may_appeal and row.customer_no not in season.appealed
        lines.append(replace(line, acts=_row_acts(asked, row, may_appeal=may_appeal)))
        after = row.rank
    return tuple(lines), following


def _row_acts(asked: RankingQuery, row: RankingRow, *, may_appeal: bool) -> tuple[Link, ...]:
    trial = Link(text=_("试算"), href=href(asked.path, {"who": row.customer_no}) + "#what-if")
    if not may_appeal:
        return (trial,)
    return (trial, Link(text=_("申诉"), href=href(f"{asked.path}/appeal", {"customer_no": row.customer_no})))


def _cut_text(session: Session, last: RankingRow) -> str:
    value = value_text(last.value, EvaluationStore(session).formula(last.year))
    return _("金牌排名席位线：第 %(rank)s 名，客户价值 %(value)s", rank=f"{last.rank:,}", value=value)


def _line(row: RankingRow, names: Mapping[str, str], cut: str, *, own: bool) -> RankingLine:
    return RankingLine(
        rank=f"{row.rank:,}",
        href=customer_href(row.customer_no),
        name=row.name,
        customer_no=row.customer_no,
        institution=names.get(row.institution_code, row.institution_code),
        standard_premium=amount(row.standard_premium),
        factors=f"{factor(row.k2)} {factor(row.k3)}",
        value=whole(row.value),
        eligible=tier_tag(row.eligible_tier),
        seat=Tag(text=word(row.seat), tone=_SEAT_TONES.get(row.seat, TagTone.PLAIN)) if row.seat else None,
        notes=tuple(_notes(row)),
        cut=cut,
        own=own,
    )


def _notes(row: RankingRow) -> list[Tag]:
    notes = []
    if row.new_customer:
        notes.append(Tag(text=_("新客户"), tone=TagTone.BLUE))
    if row.tie_break is not None and row.value > 0:
        notes.append(Tag(text=_(_TIE_BREAKS[TieBreak(row.tie_break)]), tone=TagTone.OUTLINE))
    kinds = dict.fromkeys(reason.split(":", 1)[0] for reason in (row.ineligible_reason or "").split(";") if reason)
    notes += [Tag(text=_(_BARRED[kind]), tone=TagTone.BAD, icon="alert") for kind in kinds if kind in _BARRED]
    return notes


def _headline(row: Evaluation | None, now: datetime) -> str:
    if row is None:
        return _("尚未评定")
    return _("公式 %(formula)s · 计算于 %(at)s", formula=row.formula, at=stamp(row.computed_at, now))


def _state_tags(row: Evaluation | None) -> tuple[Tag, ...]:
    if row is None:
        return ()
    if row.frozen_at is not None:
        return (Tag(text=_("已冻结"), tone=TagTone.BLUE, icon="check"),)
    return (Tag(text=_("未冻结"), tone=TagTone.OUTLINE),)


def _years(years: Sequence[int], current: int) -> tuple[Link, ...]:
    return tuple(Link(text=str(year), href=f"{EVALUATIONS}/{year}") for year in years if year != current)


def _phases(procedure: Procedure, year: int, today: date) -> tuple[Phase, ...]:
    """The season: each step until its date; the first one not over is the current one."""
    english = language() == "en"
    steps = [(step.name_en if english else step.name_zh, step.date_for(year)) for step in procedure.milestones]
    steps += [(word(step.stage), step.due_on(year)) for step in procedure.steps]
    steps.append((word(Stage.ACTIVE), procedure.term(year)[0]))
    steps.sort(key=lambda step: step[1])
    current = next((at for at, (_text, day) in enumerate(steps) if day >= today), len(steps))
    return tuple(
        Phase(text=text, day=short_day(day, today), state=state, state_text=_(_STATES[state]))
        for at, (text, day) in enumerate(steps)
        for state in ("done" if at < current else "now" if at == current else "ahead",)
    )


def _compute_action(caller: Caller, row: Evaluation | None, asked: RankingQuery, *, running: bool) -> str:
    open_list = row is None or row.frozen_at is None
    return f"{asked.path}/compute" if caller.may(Action.EVALUATE) and open_list and not running else ""


def _freeze(caller: Caller, row: Evaluation | None, asked: RankingQuery) -> Link | None:
    if row is None or not caller.may(Action.FREEZE):
        return None
    if row.frozen_at is None:
        return Link(text=_("冻结"), href=f"{asked.path}/freeze", icon="check")
    return Link(text=_("解冻"), href=f"{asked.path}/reopen", icon="undo")


def _downloads(row: Evaluation | None, year: int) -> tuple[Link, ...]:
    if row is None:
        return ()
    base = f"/api/v1/evaluations/{year}/ranking"
    return (Link(text="XLSX", href=f"{base}.xlsx"), Link(text="CSV", href=f"{base}.csv"))


def _strips(session: Session, asked: RankingQuery, row: Evaluation | None, *, running: bool) -> tuple[Strip, ...]:
    strips = []
    if asked.done in _DONE:
        strips.append(Strip(text=_(_DONE[asked.done]), tone=StripTone.OK, icon="check", focus=True))
    if running:
        text = _("正在评定，完成后本页自动更新。")
        strips.append(Strip(text=text, icon="clock", poll_href=asked.path, focus=True))
    failed = evaluation_jobs.last_failure(session, asked.year)
    if failed is not None and (row is None or failed.created_at > row.computed_at):
        text = _("上次评定未完成：%(why)s", why=_failure(failed.error or ""))
        strips.append(Strip(text=text, tone=StripTone.WARN, icon="alert"))
    return tuple(strips)


def _failure(error: str) -> str:
    """Why a job failed: a refusal is kept by its code and reads as its sentence."""
    code = error.split(" ", 1)[0]
    return sentence(ErrorCode(code), {}) if code in set(ErrorCode) else error


def _errors(error: DomainError | None) -> ErrorSummary | None:
    if error is None:
        return None
    summary = error_summary(error)
    if summary.errors:
        return summary
    field_id = "reason" if error.code is ErrorCode.REASON_REQUIRED else "quota"
    return ErrorSummary(title=summary.title, errors=(FieldError(field_id=field_id, text=summary.title),))


def _tiles(session: Session, tiers: TierRules, year: int, quotas: Sequence[QuotaLine]) -> tuple[Tile, ...]:
    tiles = [
        Tile(
            title=f"{_('金牌')} · {word(seat.kind)}",
            number=str(seat.in_list if seat.kind is not SeatKind.SPECIAL else seat.taken),
            of=str(seat.quota),
            note=_("已批 %(n)s", n=seat.taken),
        )
        for seat in gold_seats(session, tiers, year)
    ]
    if quotas:
        number, of = sum(line.in_list for line in quotas), sum(line.quota for line in quotas)
        taken = sum(line.taken for line in quotas)
        title = f"{_('银牌')} · {word(SeatKind.SILVER)}"
        tiles.append(Tile(title=title, number=str(number), of=str(of), note=_("已批 %(n)s", n=taken)))
    return tuple(tiles)


def _filters(asked: RankingQuery, institutions: tuple[Option, ...]) -> ListFilters:
    return ListFilters(
        action=asked.path,
        tiers=tier_options(tier_or_none(asked.tier)),
        institutions=institutions,
        q=asked.q,
        clear_href=asked.path,
        active=any(asked.filters.values()),
    )


def _empty(asked: RankingQuery, row: Evaluation | None) -> EmptyState:
    if row is None:
        return EmptyState(text=_("本年度尚未评定。由总公司VIP服务管理岗发起评定后，名单显示在这里。"), icon="star")
    if any(asked.filters.values()):
        return EmptyState(text=_("没有符合条件的客户。"), link=Link(text=_("清除筛选"), href=asked.path), icon="search")
    return EmptyState(text=_("您的机构没有进入评定的客户。"), icon="users")


def _quota_row(line: QuotaLine) -> QuotaRow:
    return QuotaRow(
        branch=line.branch.name,
        quota=str(line.quota),
        suggested=str(line.suggested),
        in_list=str(line.in_list),
        taken=str(line.taken),
        reason=line.filed.reason if line.filed else _("未申报，按建议数"),
    )


def _quota_form(caller: Caller, session: Session, asked: RankingQuery) -> QuotaForm | None:
    if not caller.may(Action.FILE_QUOTA):
        return None
    found = InstitutionStore(session).all(caller.scope(Action.FILE_QUOTA))
    branches = [item for item in found if item.level is InstitutionLevel.BRANCH]
    if not branches:
        return None
    typed = asked.typed
    return QuotaForm(
        action=f"{asked.path}/quota",
        branches=tuple(
            Option(value=item.code, text=item.name, selected=item.code == typed.get("institution_code"))
            for item in branches
        ),
        quota=typed.get("quota", ""),
        reason=typed.get("reason", ""),
    )
