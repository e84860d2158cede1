"""Builds the page of one survey campaign: where it stands, what came of it, who must be called."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from api import survey_acts
from api.pages.customers_view import tier_tag
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import NOTHING, amount, day, percent, stamp
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.lists import Trail, pager
from api.pages.survey_charts import result_charts
from api.pages.surveys_view import SURVEYS, closes, score_text, stage_tag
from api.pages.view.acts import ActForm
from api.pages.view.care import MoveForm
from api.pages.view.common import EmptyState, ErrorSummary, Link, Strip, StripTone, Tag, TagTone
from api.pages.view.surveys import LowRow, SurveyPage, SurveyTile
from api.pages.view.task import Fact
from api.pages.words import word
from api.paging import Paging, encode_cursor
from api.security.policy import Action
from api.survey_answers import institution_names
from models.errors import DomainError
from models.messages.survey import SurveyMoved, SurveyState
from models.rulebook import SurveyRules
from models.rules import survey
from models.rules.calendar import local_date
from models.service_types import SurveyStage
from models.services.survey.answering import rules_of
from models.services.survey.results import Results, results
from models.stores.survey import LowSheet, SurveyStore, Tally
from models.tables.survey import SurveyCampaign
from models.types import SYSTEM_SCHEDULE, Stage, Tier

DONE = {
    "drafted": _m("草稿已保存。核对无误后点“发放”。"),
    "amended": _m("草稿已修改。"),
    survey_acts.OPEN: _m("已开始发放：有邮箱并同意的由系统发信，其余请打印二维码交给客户。"),
    survey_acts.CLOSE: _m("已截止，不再接受答卷。"),
    survey_acts.EXTEND: _m("已延期。"),
    survey_acts.PUBLISH: _m("结果已发布，并已通知相关机构。"),
    "sheet": _m("纸质问卷已录入。"),
}
"""What is said after an act, by the word in the address."""
_CONTROLS = {"closes_on": "due_on"}
"""Names of fields that the form calls otherwise."""
_FINISHED = frozenset({Stage.DONE, Stage.SKIPPED, Stage.CANCELLED})


@dataclass(frozen=True, slots=True)
class Refused:
    """An act that did not go through, as it goes back into its form."""

    name: str
    key: str
    reason: str
    closes_on: str
    error: DomainError


@dataclass(frozen=True)
class _Shown:
    """A campaign before its reader."""

    desk: Desk
    row: SurveyCampaign
    rules: SurveyRules
    tally: Tally
    refused: Refused | None

    @property
    def leads(self) -> bool:
        """Whether the reader may lead it."""
        scope = self.desk.caller.scope(Action.RUN_SURVEYS)
        return SurveyStore(self.desk.session).owned(self.row.id, scope) is not None

    @property
    def base(self) -> str:
        """Its address."""
        return f"{SURVEYS}/{self.row.id}"


def survey_page(
    desk: Desk, survey_id: UUID, paging: Paging, trail: Trail, *, done: str = "", refused: Refused | None = None
) -> SurveyPage:
    """The page. Raises NOT_FOUND."""
    row = survey_acts.seen(desk.session, desk.caller, survey_id)
    scope, store = desk.caller.scope(Action.READ_SURVEYS), SurveyStore(desk.session)
    rules = rules_of(desk.session, row, desk.now).rulebook.survey
    tally, places = store.tallies([row.id], scope).get(row.id, Tally()), institution_names(desk.session)
    shown = _Shown(desk, row, rules, tally, refused)
    found = results(desk.session, row, scope, rules)
    low = store.low(row.id, scope, after=paging.instant_and_id(), limit=paging.fetch)
    cut, cursor = paging.cut(low, lambda one: (one.sheet.answered_at.isoformat(), str(one.sheet.id)))
    current = encode_cursor(paging.after) if paging.after else None
    return SurveyPage(
        shell=desk.shell("surveys"),
        title=row.title,
        phone_title=_("满意度"),
        back_href=SURVEYS,
        json_href=f"/api/v1{shown.base}",
        tags=(stage_tag(row.stage), *(tier_tag(Tier(tier)) for tier in row.tiers)),
        sentence=_sentence(shown),
        facts=_facts(shown, places.get(row.institution_code, row.institution_code)),
        tiles=_tiles(shown, found),
        charts=result_charts(found, places) if row.stage is not SurveyStage.DRAFT else (),
        low=tuple(_low(desk, rules, one) for one in cut),
        low_empty=EmptyState(text=_("没有低分问卷。"), icon="check"),
        low_pager=pager(shown.base, {}, current=current, following=cursor, trail=trail),
        links=tuple(_links(shown)),
        history=tuple(_history(shown)),
        acts=tuple(_acts(shown)) if shown.leads else (),
        moves=tuple(_moves(shown)) if shown.leads else (),
        strips=_strips(done, refused),
        errors=_errors(refused),
    )


def _sentence(shown: _Shown) -> str:
    row = shown.row
    match row.stage:
        case SurveyStage.DRAFT:
            return _("草稿：发放后，%(until)s 截止。", until=closes(shown.desk, row))
        case SurveyStage.OPEN:
            return _("正在发放，%(until)s 截止。", until=closes(shown.desk, row))
        case SurveyStage.CLOSED:
            return _("已截止，核对结果后发布。")
        case _:
            return _("结果已发布。")


def _facts(shown: _Shown, place: str) -> tuple[Fact, ...]:
    row, now, tally = shown.row, shown.desk.now, shown.tally
    facts = [
        Fact(label=_("机构"), value=place),
        Fact(label=_("期间"), value=row.period),
        Fact(label=_("层级"), value="、".join(word(Tier(tier)) for tier in row.tiers)),
        Fact(label=_("截止"), value=closes(shown.desk, row)),
    ]
    if row.opened_at:
        facts.append(Fact(label=_("发放"), value=stamp(row.opened_at, now)))
        facts.append(Fact(label=_("催填"), value=stamp(row.reminded_at, now) if row.reminded_at else NOTHING))
        facts.append(Fact(label=_("邮件送出"), value=str(tally.by_mail)))
    if tally.unconfirmed:
        facts.append(
            Fact(
                label=_("是否送达未知"), value=str(tally.unconfirmed), hint=_("发送中断，不再重发；可打印二维码补送。")
            )
        )
    return tuple(facts)


def _tiles(shown: _Shown, found: Results) -> tuple[SurveyTile, ...]:
    tally, rules = shown.tally, shown.rules
    rate = survey.return_rate(tally.sent, tally.returned)
    return (
        SurveyTile(text=_("发出"), value=str(tally.sent)),
        SurveyTile(
            text=_("回收率"),
            value=percent(rate) if rate is not None else NOTHING,
            note=f"{tally.returned}/{tally.sent}",
        ),
        SurveyTile(text=_("有效问卷"), value=str(tally.valid), note=_("至少答 %(n)s 题", n=rules.min_answered)),
        SurveyTile(text=_("平均分"), value=score_text(rules, tally)),
        SurveyTile(text=_("推荐意愿"), value=str(found.nps) if found.nps is not None else _short(tally)),
        SurveyTile(
            text=_("低分回访"),
            value=str(tally.low),
            href="#low",
            tone="bad" if tally.low else "",
            note=_("%(n)s 个工作日内", n=rules.follow_up_working_days),
        ),
    )


def _short(tally: Tally) -> str:
    return _("样本不足") if tally.valid else NOTHING


def _low(desk: Desk, rules: SurveyRules, one: LowSheet) -> LowRow:
    sheet, touchpoint = one.sheet, one.touchpoint
    answers = {int(number): value for number, value in sheet.answers.items()}
    numbers = survey.scored(rules, answers).low
    task = None
    if touchpoint is not None:
        due = day(touchpoint.due_on, local_date(desk.now))
        task = Link(text=_("%(day)s 到期", day=due), href=f"/care/touchpoints/{touchpoint.id}")
    late = touchpoint is not None and touchpoint.stage not in _FINISHED and touchpoint.due_on < local_date(desk.now)
    tone = TagTone.BAD if late else TagTone.OK if touchpoint and touchpoint.stage is Stage.DONE else TagTone.BLUE
    return LowRow(
        href=f"/forms/6/{sheet.id}",
        customer=one.customer,
        customer_no=sheet.customer_no,
        score=amount(sheet.score) if sheet.score is not None else NOTHING,
        when=stamp(sheet.answered_at, desk.now),
        questions="、".join(_("第%(n)s题", n=number) for number in numbers) or _("总分偏低"),
        task=task,
        state=Tag(text=word(touchpoint.stage) if touchpoint else NOTHING, tone=tone),
    )


def _links(shown: _Shown) -> Iterator[Link]:
    is_open = shown.row.stage is SurveyStage.OPEN
    if is_open and shown.desk.caller.may(Action.ENTER_SHEETS):
        yield Link(text=_("录入纸质"), href=f"{shown.base}/paper", icon="edit")
        yield Link(text=_("打印二维码"), href=f"{shown.base}/codes", icon="print")
    if shown.row.stage is SurveyStage.DRAFT and shown.leads:
        yield Link(text=_("修改"), href=f"{shown.base}/edit", icon="edit")
    yield Link(text=_("空白问卷"), href=f"{shown.base}/blank", icon="file")


def _acts(shown: _Shown) -> Iterator[ActForm]:
    row = shown.row
    if row.stage is SurveyStage.DRAFT:
        hint = _("系统立即向同意的联系人发信，催填一次；其余的打印二维码或纸质问卷。")
        yield _act(shown, survey_acts.OPEN, _("发放"), hint)
        delete = _act(shown, "discard", _("删除草稿"), _("还没有向任何人发放；删除后不能恢复，操作记录保留。"))
        yield replace(delete, comment_label=_("原因（可不填）"), ends_case=True)
    if row.stage is SurveyStage.CLOSED:
        yield _act(shown, survey_acts.PUBLISH, _("发布结果"), _("通知本机构及下级的负责人和服务岗。"))


def _act(shown: _Shown, name: str, text: str, hint: str) -> ActForm:
    return ActForm(
        name=name,
        action=f"{shown.base}/{name}",
        text=text,
        hint=hint,
        idempotency_key=uuid4().hex,
        version=shown.row.version,
    )


def _moves(shown: _Shown) -> Iterator[MoveForm]:
    if shown.row.stage is not SurveyStage.OPEN:
        return
    yield _move(shown, survey_acts.EXTEND, _("延期"), _("改到更晚的一天，当日下班时截止。"), day_asked=True)
    yield _move(shown, survey_acts.CLOSE, _("提前截止"), _("截止后不再接受答卷，不能恢复。"), day_asked=False)


def _move(shown: _Shown, name: str, text: str, hint: str, *, day_asked: bool) -> MoveForm:
    typed = shown.refused if shown.refused and shown.refused.name == name else None
    closes_on = typed.closes_on if typed else shown.row.closes_on.isoformat()
    return MoveForm(
        name=name,
        action=f"{shown.base}/{name}",
        key=typed.key if typed else uuid4().hex,
        version=str(shown.row.version),
        text=text,
        hint=hint,
        day=closes_on if day_asked else None,
        reason=typed.reason if typed else "",
        open=typed is not None,
    )


def _history(shown: _Shown) -> Iterator[str]:
    state = SurveyState.model_validate(shown.row.state) if shown.row.state else None
    for move in reversed(state.moves if state else ()):
        yield _moved(move, shown)


def _moved(move: SurveyMoved, shown: _Shown) -> str:
    by = _("系统") if move.actor_name == SYSTEM_SCHEDULE else move.actor_name
    at, until = stamp(move.at, shown.desk.now), stamp(move.closes_at, shown.desk.now)
    what = _("延期至 %(until)s", until=until) if move.stage is SurveyStage.OPEN else word(move.stage)
    return " · ".join(filter(None, (at, by, what, move.reason)))


def _strips(done: str, refused: Refused | None) -> tuple[Strip, ...]:
    if refused is not None or done not in DONE:
        return ()
    return (Strip(text=_(DONE[done]), tone=StripTone.OK, icon="check", focus=True),)


def _errors(refused: Refused | None) -> ErrorSummary | None:
    """The red panel; the day of an extension is called `due_on` in its form."""
    if refused is None:
        return None
    summary = error_summary(refused.error, closes_on=_("改到"))
    fields = tuple(
        replace(entry, field_id=f"{refused.name}-{_CONTROLS.get(entry.field_id, entry.field_id)}")
        for entry in summary.errors
    )
    return replace(summary, errors=fields)
