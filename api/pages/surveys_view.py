"""Builds the list of survey campaigns and the form of a new one."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID, uuid4

from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import NOTHING, amount, percent, stamp
from api.pages.i18n import _
from api.pages.lists import Trail, href, pager
from api.pages.survey_charts import trend_chart
from api.pages.view.common import EmptyState, Link, Option, Strip, StripTone, Tag, TagTone
from api.pages.view.inbox import Choice
from api.pages.view.surveys import DraftPage, SurveyRow, SurveysPage
from api.pages.words import word
from api.paging import Paging, encode_cursor
from api.security.policy import Action
from api.survey_answers import institution_names
from models.errors import DomainError
from models.rulebook import Rulebook, SurveyRules
from models.rules import survey
from models.rules.calendar import local_date, shift_working_days
from models.service_types import SurveyStage
from models.services.rulebooks import rulebook_in_force
from models.services.survey.drafting import asked_tiers
from models.services.survey.results import trend
from models.stores.institutions import InstitutionStore
from models.stores.survey import SurveyStore, Tally
from models.tables.survey import SurveyCampaign

SURVEYS = "/surveys"
NEW = f"{SURVEYS}/new"
STAGE_TONES = {
    SurveyStage.DRAFT: TagTone.PLAIN,
    SurveyStage.OPEN: TagTone.BLUE,
    SurveyStage.CLOSED: TagTone.WARN,
    SurveyStage.PUBLISHED: TagTone.OK,
}
USUAL_WORKING_DAYS = 15
"""Proposed length of a campaign; whoever drafts it may choose any day."""


def stage_tag(stage: SurveyStage) -> Tag:
    """草稿 / 发放中 / 已截止 / 已发布."""
    return Tag(text=word(stage), tone=STAGE_TONES[stage])


def surveys_page(desk: Desk, stage: SurveyStage | None, paging: Paging, trail: Trail, *, done: str = "") -> SurveysPage:
    """Campaigns of the reader's institutions and those that ask their customers."""
    scope, store = desk.caller.scope(Action.READ_SURVEYS), SurveyStore(desk.session)
    rules = rules_now(desk).survey
    found = store.newest(scope, stage, after=paging.instant_and_id(), limit=paging.fetch)
    shown, cursor = paging.cut(found, lambda row: (row.created_at.isoformat(), str(row.id)))
    tallies, names = store.tallies([row.id for row in shown], scope), institution_names(desk.session)
    runs = desk.caller.may(Action.RUN_SURVEYS)
    new = Link(text=_("新建调查"), href=NEW) if runs else None
    filters = {"stage": stage.value if stage else None}
    return SurveysPage(
        shell=desk.shell("surveys"),
        title=_("满意度"),
        phone_title=_("满意度"),
        json_href="/api/v1/surveys",
        new=new,
        stages=tuple(_choices(stage)),
        rows=tuple(_row(desk, row, tallies.get(row.id, Tally()), rules, names) for row in shown),
        trend=trend_chart(trend(desk.session, scope, rules)),
        pager=pager(
            SURVEYS,
            filters,
            current=encode_cursor(paging.after) if paging.after else None,
            following=cursor,
            trail=trail,
        ),
        empty=EmptyState(text=_("还没有满意度调查。"), link=new),
        strips=(Strip(text=_("草稿已删除。"), tone=StripTone.OK, icon="check", focus=True),)
        if done == "discarded"
        else (),
    )


def rules_now(desk: Desk) -> Rulebook:
    """The rulebook in force."""
    return rulebook_in_force(desk.session, local_date(desk.now)).rulebook


def _choices(current: SurveyStage | None) -> Sequence[Choice]:
    stages: tuple[SurveyStage | None, ...] = (None, *SurveyStage)
    return [
        Choice(
            text=word(stage) if stage else _("全部"),
            href=href(SURVEYS, {"stage": stage.value if stage else None}),
            current=stage is current,
        )
        for stage in stages
    ]


def _row(desk: Desk, row: SurveyCampaign, tally: Tally, rules: SurveyRules, names: Mapping[str, str]) -> SurveyRow:
    return SurveyRow(
        href=f"{SURVEYS}/{row.id}",
        title=row.title,
        stage=stage_tag(row.stage),
        where=names.get(row.institution_code, row.institution_code),
        period=row.period,
        closes=closes(desk, row),
        returned=returned(tally),
        score=score_text(rules, tally),
        low=str(tally.low) if tally.low else NOTHING,
    )


def closes(desk: Desk, row: SurveyCampaign) -> str:
    """When it closes: the instant once it is open, else the day asked for."""
    return stamp(row.closes_at, desk.now) if row.closes_at else row.closes_on.isoformat()


def returned(tally: Tally) -> str:
    """12/40（30.0%）."""
    rate = survey.return_rate(tally.sent, tally.returned)
    if rate is None:
        return NOTHING
    return _("%(back)s/%(sent)s（%(rate)s）", back=tally.returned, sent=tally.sent, rate=percent(rate))


def score_text(rules: SurveyRules, tally: Tally) -> str:
    """The mean of valid sheets; 样本不足 where there are too few of them."""
    mean = survey.rounded(tally.mean)
    if not tally.valid or mean is None:
        return NOTHING
    return _("样本不足") if survey.is_small(rules, tally.valid) else amount(mean)


def typed_of(row: SurveyCampaign) -> Mapping[str, str]:
    """A draft as the fields of its form."""
    return {
        "title": row.title,
        "period": row.period,
        "institution_code": row.institution_code,
        "closes_on": row.closes_on.isoformat(),
        "version": str(row.version),
    }


def draft_page(
    desk: Desk,
    typed: Mapping[str, str],
    tiers: Sequence[str],
    drafted: UUID | None = None,
    error: DomainError | None = None,
) -> DraftPage:
    """The form of a draft, with what was typed; `drafted` is the one to change, None for a new one."""
    today = local_date(desk.now)
    usual = shift_working_days(desk.calendar, today, USUAL_WORKING_DAYS)
    back = f"{SURVEYS}/{drafted}" if drafted else SURVEYS
    return DraftPage(
        shell=desk.shell("surveys"),
        title=_("修改满意度调查") if drafted else _("新建满意度调查"),
        phone_title=_("修改调查") if drafted else _("新建调查"),
        back_href=back,
        action=f"{back}/edit" if drafted else SURVEYS,
        button=_("保存") if drafted else _("存为草稿"),
        key=uuid4().hex,
        version=typed.get("version", ""),
        name=typed.get("title", _("%(year)s 年客户满意度调查", year=today.year)),
        period=typed.get("period", _half(today)),
        periods=(_half(today), str(today.year), f"{today.year}-Q{(today.month + 2) // 3}"),
        tiers=tuple(
            Option(value=tier.value, text=word(tier), selected=tier.value in tiers)
            for tier in asked_tiers(rules_now(desk))
        ),
        institutions=tuple(
            Option(value=place.code, text=place.name, selected=place.code == typed.get("institution_code"))
            for place in InstitutionStore(desk.session).all(desk.caller.scope(Action.RUN_SURVEYS))
        ),
        closes_on=typed.get("closes_on", usual.isoformat()),
        hint=_("遇休息日顺延至下一个工作日下班时截止。"),
        errors=error_summary(error, title=_("名称"), period=_("调查期间"), tiers=_("层级"), closes_on=_("截止日"))
        if error
        else None,
    )


def _half(day: date) -> str:
    return f"{day.year}-H{1 if day.month <= 6 else 2}"
