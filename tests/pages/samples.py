"""View models of one invented morning, Thursday 5 February 2026 10:20, for tests of the pages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from api.pages.format import amount, factor, instant, long_day, term, whole
from api.pages.i18n import _
from api.pages.view.clock import build_strip, pill_of
from api.pages.view.common import (
    Article,
    EmptyState,
    ErrorSummary,
    FieldError,
    Link,
    Option,
    Pager,
    Strip,
    StripTone,
    Tag,
    TagTone,
    TimePill,
)
from api.pages.view.inbox import (
    BandedRow,
    ChipTone,
    Choice,
    DueBand,
    InboxFilters,
    InboxPage,
    TaskRow,
    group_rows,
)
from api.pages.view.score import ScoreCorrection, ScoreLine, ScoreTable
from api.pages.view.shell import NavCount, Person, Shell, build_shell, post_of
from api.pages.view.task import (
    ApprovalPath,
    Check,
    CorrectionField,
    CorrectionForm,
    DecideBar,
    EarlierRound,
    History,
    PathStep,
    StepState,
    TaskPage,
    TimelineEntry,
)
from api.pages.words import declaration_word, word
from models.messages.calendar import Pause
from models.rules.clock import Clock
from models.types import Door, Role, Stage, Tier
from tests.pages.task_samples import comparison, declaration
from tests.rules.calendars import published_calendar

NOW = datetime(2026, 2, 5, 2, 20, tzinfo=UTC)

CUSTOMER = "北京恒远科技集团有限公司"


def shanghai(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of 2026 given on Shanghai's clock."""
    return datetime(2026, month, day, hour - 8, minute, tzinfo=UTC)


def shell(path: str = "/inbox", current: str = "inbox", theme: str = "light", roles: Sequence[Role] = ()) -> Shell:
    """The frame of a branch lead."""
    held = tuple(roles) or (Role.BR_LEAD, Role.BR_SVC)
    return build_shell(
        path=path,
        current=current,
        theme=theme,
        csrf_token="sample-token",
        person=Person(name="陈志远", post=post_of((Role.BR_LEAD,), "北京分公司")),
        roles=held,
        counts={"inbox": NavCount(12, hot=True)},
    )


CALENDAR = published_calendar(2026)

RECEIVED = shanghai(2, 2, 17, 2)


def _pill(due: datetime, *, started: datetime = RECEIVED, paused: bool = False) -> TimePill:
    pauses = (Pause(paused_at=shanghai(2, 4, 9), reason="waiting_for_customer"),) if paused else ()
    return pill_of(CALENDAR, Clock(started_at=started, due_at=due, pauses=pauses), NOW)


DUE_TODAY = shanghai(2, 5, 17, 30)

TASK_CLOCK = Clock(
    started_at=shanghai(2, 2, 17, 2),
    due_at=shanghai(2, 5, 14, 30),
    pauses=(Pause(paused_at=shanghai(2, 4, 9), resumed_at=shanghai(2, 4, 12), reason="waiting_for_third_party"),),
)

_TIER_TONES = {Tier.GOLD: TagTone.GOLD, Tier.SILVER: TagTone.PLAIN, Tier.REGULAR: TagTone.OUTLINE}


def tier_tag(tier: Tier) -> Tag:
    """The tag of a tier."""
    return Tag(text=word(tier), tone=_TIER_TONES[tier])


def _row(  # noqa: PLR0917  # a table of rows reads best by position
    number: int, pill: TimePill, subject: str, tier: Tier, context: str, value: str, note: str
) -> TaskRow:
    return TaskRow(
        task_id=f"t{number}",
        href=f"/tasks/t{number}",
        pill=pill,
        kind=declaration_word(tier),
        subject=subject,
        tags=(tier_tag(tier),),
        context=context,
        value=value,
        value_note=note,
        step=word(Stage.BRANCH_APPROVAL),
    )


def _rows() -> list[BandedRow]:
    today, late = _pill(DUE_TODAY), _pill(shanghai(2, 3, 17, 30))
    soon = _pill(shanghai(2, 6, 17, 30), started=NOW)
    calm = _pill(shanghai(2, 14, 17, 30), started=NOW)
    paused = _pill(shanghai(2, 13, 17, 30), paused=True)
    guess = _pill(datetime(2027, 1, 8, 9, 30, tzinfo=UTC))
    round_two = Tag(text="第 2 轮", tone=TagTone.BLUE)
    gold = _row(2, today, CUSTOMER, Tier.GOLD, "王晓梅 2月2日 重新提交 · C010207", "241.50万元", "金牌 第 37 名")
    return [
        BandedRow(
            DueBand.OVERDUE,
            _row(1, late, "北京恒信物业管理有限公司", Tier.SILVER, "第 1 轮 · C010233", "38.60万元", "银牌 第 12 名"),
        ),
        BandedRow(DueBand.TODAY, replace(gold, tags=(*gold.tags, round_two))),
        BandedRow(
            DueBand.TODAY,
            _row(3, today, "Mada Insurance Exchange", Tier.SILVER, "第 1 轮 · C010011", "21.08万元", "银牌 第 19 名"),
        ),
        BandedRow(
            DueBand.SOON,
            _row(4, soon, "北京蓝海教育科技有限公司", Tier.SILVER, "第 1 轮 · C010254", "19.75万元", "银牌 第 21 名"),
        ),
        BandedRow(DueBand.LATER, _row(5, calm, "北京国瑞律师事务所", Tier.SILVER, "第 1 轮 · C010299", "", "")),
        BandedRow(DueBand.LATER, _row(6, paused, "北京中广文化传播有限公司", Tier.SILVER, "第 1 轮", "24.30万元", "")),
        BandedRow(DueBand.LATER, _row(7, guess, "北京恒远物流有限公司", Tier.GOLD, "提前 3 个月", "", "")),
    ]


def inbox(theme: str = "light", *, is_empty: bool = False) -> InboxPage:
    """The inbox, full or empty."""
    numbers = (
        ("all", _("全部"), 7, ChipTone.PLAIN),
        ("overdue", _("已逾期"), 1, ChipTone.LATE),
        ("today", _("今日到期"), 2, ChipTone.TODAY),
        ("3wd", _("3 个工作日内"), 1, ChipTone.PLAIN),
    )
    return InboxPage(
        shell=shell(theme=theme),
        title=_("待办"),
        json_href="/api/v1/tasks?box=todo",
        headline=f"{long_day(NOW.date())} 10:20 · 今天是工作日，17:30 下班",
        boxes=(
            Choice(text=_("待我处理"), href="/inbox?box=todo", current=True, count=7),
            Choice(text=_("已办"), href="/inbox?box=done"),
            Choice(text=_("我发起的"), href="/inbox?box=started"),
        ),
        chips=tuple(
            Choice(text=text, href=f"/inbox?due={key}", current=key == "all", count=count, tone=tone)
            for key, text, count, tone in numbers
        ),
        filters=InboxFilters(
            kept=(("box", "todo"),),
            kinds=(Option(value="", text=_("全部事项")), Option(value="qualification", text="资格评定")),
            tiers=(Option(value="", text=_("全部层级")), Option(value="gold", text=word(Tier.GOLD))),
            institutions=(Option(value="", text=_("全部机构")), Option(value="B11", text="北京分公司")),
        ),
        groups=() if is_empty else group_rows(_rows()),
        strips=(Strip(text="本页仅为示例数据。", links=(Link(text="查看说明", href="/menu"),)),),
        pager=Pager(next_href="/inbox?cursor=abc"),
        empty=EmptyState(text="没有待办。", link=Link(text="查看已办", href="/inbox?box=done")) if is_empty else None,
    )


def _line(  # noqa: PLR0917  # a table of lines reads best by position
    text: str, premium: str, times: str, result: str, article: str, hint: str = ""
) -> ScoreLine:
    return ScoreLine(
        text=text,
        hint=hint,
        premium=amount(Decimal(premium)) if premium else "",
        factor=factor(Decimal(times)) if times else "",
        amount=amount(Decimal(result)),
        article=Article(text=article, href="/rulebooks/current#k1") if article else None,
        is_sum=not times,
    )


def score(*, corrected: bool = False) -> ScoreTable:
    """The worked example of the drawn page: V = 2,415,000."""
    return ScoreTable(
        value=whole(2_415_000),
        unit="元",
        amount_heading="折算（元）",
        lines=(
            _line("A 一年期及以下 意外、定寿", "800000", "1.00", "800000", "附表1 A", "2 张保单"),
            _line("B 一年期及以下 健康、医疗", "1000000", "0.80", "800000", "附表1 B", "3 张保单"),
            _line("E 趸交 年金、两全", "5000000", "0.10", "500000", "附表1 E", "1 张保单"),
            _line("标准保费", "6800000", "", "2100000", ""),
            _line("忠诚度：连续投保 4 年", "", "1.15", "2415000", "附表2"),
            _line("利润贡献：三年赔付率 68.0%", "", "1.00", "2415000", "附表3 [60,75)"),
        ),
        total=ScoreLine(text="客户价值 V（四舍五入到元）", amount=whole(2_415_000), is_sum=True),
        tags=(
            Tag(text="达金牌准入 1,000,000 元", tone=TagTone.OK, icon="check"),
            Tag(text="全公司第 37 名 / 90 席"),
        ),
        articles=(Article(text="附表1", href="/rulebooks/current#k1"), Article(text="附表2"), Article(text="附表3")),
        rule="规则 2003暂行 v3 · 公式 A",
        correction=ScoreCorrection(
            before=whole(2_323_000),
            after=whole(2_415_000),
            difference="+92,000 元",
            note="赵敏 更正 P-2025-0117：附收据",
        )
        if corrected
        else None,
    )


def path() -> ApprovalPath:
    """Three steps done, one now, three ahead, one earlier round."""
    done, ahead = StepState.DONE, StepState.AHEAD
    return ApprovalPath(
        headline="第 2 轮 · 第 4 步，共 6 步",
        steps=(
            PathStep(state=done, title=word(Stage.DECLARED), who="王晓梅 · 客户经理", note="2月2日 14:05 重新提交"),
            PathStep(state=StepState.SKIPPED, title=word(Stage.UNIT_CHECK), who="客户直属分公司，无此级"),
            PathStep(state=done, title=word(Stage.BRANCH_REVIEW), who="赵敏", note="2月2日 17:02 同意"),
            PathStep(
                state=StepState.NOW, title=word(Stage.BRANCH_APPROVAL), who="您（陈志远）", note="同意后：报总公司复核"
            ),
            PathStep(state=ahead, title=word(Stage.HQ_REVIEW), who="VIP服务管理岗 2 人可办", note="2月24日 前"),
            PathStep(state=ahead, title=word(Stage.HQ_APPROVAL), who="分管领导", note="2月28日 前（调休上班）"),
            PathStep(
                state=ahead,
                title=word(Stage.ACTIVE),
                who=term(datetime(2026, 3, 1, tzinfo=UTC).date(), datetime(2027, 2, 28, tzinfo=UTC).date()),
            ),
        ),
        earlier=(EarlierRound(title="第 1 轮（已退回）", text="申报 1月18日 → 分公司初审 1月27日 退回"),),
    )


def history() -> History:
    """Two entries, one with a comment."""
    by_page = f"经 {word(Door.PAGE)}"
    return History(
        entries=(
            TimelineEntry(
                text="赵敏 同意了 分公司初审",
                at="2月2日 17:02",
                at_iso="2026-02-02T17:02:00+08:00",
                door=by_page,
                quote="更正后保费与核心系统一致。",
            ),
            TimelineEntry(
                text="王晓梅 重新提交（第 2 轮）", at="2月2日 14:05", at_iso="2026-02-02T14:05:00+08:00", door=by_page
            ),
        ),
        all=Link(text="全部 11 条", href="/cases/c1#timeline"),
    )


def decide_bar(comment: str = "", *, more_open: bool = False) -> DecideBar:
    """The bar of the branch lead, with everything that can be in it."""
    return DecideBar(
        action="/tasks/t2/decide",
        idempotency_key="key-1",
        version=3,
        hint="同意即报总公司复核。",
        comment=comment,
        return_steps=(
            Option(value="declared", text="王晓梅（申报）"),
            Option(value="branch_review", text="赵敏（分公司初审）"),
        ),
        approve_as_silver=True,
        correction=CorrectionForm(
            fields=(
                CorrectionField(
                    name="premium_P-2025-0117",
                    field_id="f1",
                    label="A 类实收保费（元）",
                    value="800000.00",
                    hint="P-2025-0117",
                ),
            ),
            preview_action="/tasks/t2/preview",
        ),
        draft_href="/tasks/t2/draft",
        more_open=more_open,
    )


def task(
    theme: str = "light", *, strips: tuple[Strip, ...] = (), errors: ErrorSummary | None = None, open_: bool = True
) -> TaskPage:
    """The decision page of a gold declaration in its second round."""
    return TaskPage(
        shell=shell("/tasks/t2", "inbox", theme),
        title="审批",
        phone_title="审批",
        back_href="/inbox",
        json_href="/api/v1/tasks/t2",
        kind=declaration_word(Tier.GOLD),
        subject=CUSTOMER,
        reference="C010207",
        pill=_pill(DUE_TODAY),
        tags=(Tag(text="申报 金牌", tone=TagTone.GOLD), Tag(text="第 2 轮", tone=TagTone.BLUE), Tag(text="排名席位")),
        articles=(Article(text="第13条", href="/rulebooks/current#13"), Article(text="附件一")),
        actions=(Link(text="打印附件一", href="/forms/1/c1", icon="print"),),
        next=Link(text="下一件（还有 11 件）", href="/tasks/t3"),
        strips=strips,
        errors=errors,
        comparison=comparison(),
        score=score(corrected=True),
        checks=(
            Check(text="无失效保单"),
            Check(text="无超 60 天欠费"),
            Check(text="有反洗钱标记", passed=False),
            Check(text="您不是申报人，也未办理上一步"),
        ),
        declaration=declaration(),
        clock=build_strip(
            CALENDAR,
            TASK_CLOCK,
            NOW,
            limit="3 个工作日",
            why=Link(text=_("为何 %(due)s 到期", due=instant(DUE_TODAY, NOW)), href="/tasks/t2/clock"),
        ),
        path=path(),
        history=history(),
        decide=decide_bar("保费已核。" if errors else "", more_open=bool(errors)) if open_ else None,
    )


def task_states(theme: str = "light") -> dict[str, TaskPage]:
    """The decision page in the states of pages.md section 4."""
    refused = ErrorSummary(title="有 1 处需要更正", errors=(FieldError(field_id="comment", text="请填写原因。"),))
    stale = Strip(
        text="赵敏 已于 10:21 同意本件。您的意见已保留。",
        tone=StripTone.WARN,
        icon="alert",
        links=(Link(text="查看最新", href="/tasks/t2"),),
        quote="保费已核。",
        focus=True,
    )
    down = Strip(
        text="流程引擎暂不可用，未提交。内容已保留，请稍后重试。", tone=StripTone.WARN, icon="alert", focus=True
    )
    done = Strip(text="已同意，已报总公司复核。", tone=StripTone.OK, icon="check", focus=True)
    return {
        "422": task(theme, errors=refused),
        "409": task(theme, strips=(stale,), open_=False),
        "503": task(theme, strips=(down,)),
        "done": task(theme, strips=(done,), open_=False),
    }
