"""View models of the rooms around the desk: notifications, settings, links, stand-ins, calendar, evidence, bulk."""

from dataclasses import replace
from datetime import date

from api.pages.calendar_months import months_of, weekday_names
from api.pages.i18n import _
from api.pages.view.bulk import BulkPage, BulkRow
from api.pages.view.calendar import (
    CalendarPage,
    ChangeForm,
    DayKind,
    MovedRow,
    PendingChange,
    PreviewView,
    PublicationRow,
)
from api.pages.view.common import (
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
)
from api.pages.view.decision_link import DecisionLinkPage, LinkDonePage
from api.pages.view.evidence import EvidencePage
from api.pages.view.messages import MessageRow, NotificationsPage, SettingsPage
from api.pages.view.shell import Page, Shell
from api.pages.view.stand_ins import (
    OutlookRow,
    PostRow,
    RehearsalView,
    StandInForm,
    StandInList,
    StandInRow,
    StandInsPage,
)
from api.pages.view.task import ChangeRow, Fact
from tests.pages import sample_pages, samples

LINK = "/d/a-secret"


def _message(number: int, subject: str, body: str, *, unread: bool, ways: tuple[Tag, ...] = ()) -> MessageRow:
    base = f"/notifications/n{number}"
    return MessageRow(
        subject=subject,
        body=body,
        at="10:12",
        at_iso="2026-02-05T10:12:00+08:00",
        open_action=f"{base}/open",
        read_action=f"{base}/read" if unread else "",
        ways=ways,
    )


def notifications(theme: str, *, is_empty: bool = False) -> NotificationsPage:
    """通知, with and without."""
    lost = Tag(text="邮件未确认", tone=TagTone.WARN)
    unread = (
        _message(1, f"待办：分公司审批 · {samples.CUSTOMER}", "今天 17:30 到期。", unread=True, ways=(lost,)),
        _message(2, "提及您：C010233", "赵敏：请看附件。" * 20, unread=True),
    )
    read = (_message(3, "已退回：C010011", "请补附件一。", unread=False, ways=(Tag(text="邮件已发"),)),)
    return NotificationsPage(
        shell=samples.shell("/notifications", "notifications", theme),
        title=_("通知"),
        json_href="/api/v1/notifications",
        headline=_("%(n)s 条未读", n=0 if is_empty else 2),
        unread=() if is_empty else unread,
        read=() if is_empty else read,
        read_all_action="" if is_empty else "/notifications/read",
        settings_href="/settings",
        empty=EmptyState(text="没有通知。", link=Link(text="查看待办", href="/inbox"), icon="bell")
        if is_empty
        else None,
        pager=Pager(next_href="/notifications?cursor=abc"),
    )


def settings(theme: str, *, refused: bool = False) -> SettingsPage:
    """通知设置, fresh or with a robot's address that is none."""
    hours = (Option(value="", text=_("按公司规定"), selected=True), Option(value="22", text="22:00"))
    wrong = FieldError(field_id="chat_url", text="不是可用的机器人地址。")
    return SettingsPage(
        shell=samples.shell("/settings", "settings", theme),
        title=_("通知设置"),
        back_href="/notifications",
        json_href="/api/v1/me/channels",
        action="/settings",
        test_action="/settings/test",
        languages=(Option(value="zh", text="中文", selected=True), Option(value="en", text="English")),
        email=True,
        address_hint="c***@example.com",
        digest=False,
        quiet_from=hours,
        quiet_until=hours,
        quiet_hint="公司规定 21:00 至 08:00 免打扰。",
        chat="" if refused else "dingtalk",
        test_result=None if refused else Strip(text="测试消息已送达。", tone=StripTone.OK, icon="check"),
        errors=ErrorSummary(title="有 1 处需要更正", errors=(wrong,)) if refused else None,
    )


def _frame(theme: str) -> Shell:
    """The frame of somebody who came by a link."""
    return Shell(path=LINK, theme=theme, csrf_token="sample-token")


def decision_link(theme: str) -> DecisionLinkPage:
    """The decision page of a link: verdicts only."""
    bar = replace(samples.decide_bar(), action=LINK, correction=None, draft_href=None)
    task = replace(samples.task(theme), decide=bar)
    return DecisionLinkPage(shell=_frame(theme), title=task.title, task=task, reader="陈志远")


def link_done(theme: str) -> LinkDonePage:
    """After deciding by link."""
    links = (Link(text="登录后查看待办", href="/inbox"),)
    return LinkDonePage(shell=_frame(theme), title=_("已提交"), text="已提交您的决定。此链接不能再用。", links=links)


def stand_ins(theme: str) -> StandInsPage:
    """代理设置 after a rehearsal with a gap."""
    people = (Option(value="", text="请选择"), Option(value="sunqian", text="孙倩（北京分公司）", selected=True))
    row = StandInRow(
        number="s1",
        who="孙倩 代 陈志远",
        period="2月9日 至 2月13日",
        scope="资格评定",
        reason="休假",
        state=Tag(text="未开始", tone=TagTone.BLUE),
        may_end=True,
    )
    empty = EmptyState(text="没有代理。")
    return StandInsPage(
        shell=samples.shell("/stand-ins", "stand-ins", theme),
        title="代理",
        json_href="/api/v1/stand-ins",
        form=StandInForm(
            principal="chenzy",
            principal_name="陈志远",
            people=people,
            starts_on="2026-02-09",
            ends_on="2026-02-13",
            kinds=(Option(value="qualification", text="资格评定", selected=True),),
            tiers=(Option(value="gold", text="金牌"),),
            institutions=(Option(value="", text="全部机构"), Option(value="B11", text="北京分公司")),
            key="key-1",
            kept=(("stand_in", "sunqian"), ("starts_on", "2026-02-09"), ("ends_on", "2026-02-13")),
        ),
        lists=(
            StandInList(title="我的代理", rows=(row,), empty=empty),
            StandInList(title="我代理的", rows=(), empty=empty),
        ),
        rehearsal=RehearsalView(
            sentence="2 件中有 1 件无人可办。",
            period="2月9日 至 2月13日",
            complete=False,
            tasks=(
                OutlookRow(subject=samples.CUSTOMER, step="分公司审批", due="2月10日 17:30", to="孙倩", ok=True),
                OutlookRow(
                    subject="C010233", step="分公司审批", due="", to="孙倩是申报人", ok=False, others="另有 1 人"
                ),
            ),
            posts=(PostRow(post="分公司团险负责人", steps="分公司审批", to="孙倩", gaps="孙倩申报的案件"),),
        ),
        end_key="key-2",
    )


def _day_href(day: date) -> str:
    return f"/calendar/2026?first={day}"


def calendar(theme: str) -> CalendarPage:
    """工作日历 with a change on trial."""
    return CalendarPage(
        shell=samples.shell("/calendar/2026", "calendar", theme),
        title="工作日历",
        json_href="/api/v1/calendar/2026",
        action="/calendar/2026",
        headline="2026 年 248 个工作日",
        state=Tag(text="国务院办公厅已公布", tone=TagTone.OK),
        years=(Link(text="2025", href="/calendar/2025"), Link(text="2027", href="/calendar/2027")),
        months=months_of(samples.CALENDAR, 2026, {}, changed={date(2026, 2, 14)}, href=_day_href),
        weekdays=weekday_names(),
        institution="",
        institutions=(Option(value="", text="全公司", selected=True), Option(value="B11", text="北京分公司")),
        changes=(PendingChange(token="t", text="2月14日 放假", drop_href="/calendar/2026"),),
        preview=PreviewView(
            sentence="1 个期限后移。",
            kinds=(Tag(text="资格评定 1"),),
            rows=(
                MovedRow(
                    customer=samples.CUSTOMER,
                    step="分公司审批",
                    before="2月5日 17:30",
                    after="2月6日 17:30",
                    href="/cases/c1",
                ),
            ),
        ),
        publications=(
            PublicationRow(
                at="1月9日 09:00",
                who="系统管理员",
                scope="全公司",
                reason="国办通知",
                progress="12 / 20",
                done=12,
                total=20,
                finished=False,
            ),
        ),
        form=ChangeForm(
            first="2026-02-14",
            last="2026-02-14",
            kinds=tuple(Option(value=kind.value, text=kind.value) for kind in DayKind),
            reason="台风",
            key="key-1",
        ),
        clear_href="/calendar/2026",
    )


def evidence(theme: str) -> EvidencePage:
    """当时所见 with a difference."""
    return EvidencePage(
        shell=samples.shell("/cases/c1/evidence/5", "inbox", theme),
        title="当时所见",
        back_href="/cases/c1",
        subject=samples.CUSTOMER,
        sentence="陈志远 于 2月5日 10:21 同意了 分公司审批。",
        digest="0f" * 32,
        strips=(Strip(text="与留存的摘要一致。", tone=StripTone.OK, icon="check"),),
        form=(Fact(label="客户号", value="C010207"), Fact(label="申报理由", value="连续四年增员。", wide=True)),
        score=samples.score(),
        clock=(Fact(label="到期", value="2月5日 17:30"),),
        differences=(ChangeRow(field="A 类实收保费", field_hint="P-2025-0117", before="720,000", after="800,000"),),
        raw='{"value": "2415000"}',
    )


def bulk(theme: str, *, is_sent: bool = False) -> BulkPage:
    """批量同意 before and after."""
    ready = BulkRow(
        href="/tasks/t2", kind="申报金牌", subject=samples.CUSTOMER, step="分公司审批", value="241.50万元", item="t2:3"
    )
    refused = BulkRow(
        href="/tasks/t3", kind="申报银牌", subject="C010011", step="分公司审批", refusal="您是申报人，请转交他人。"
    )
    return BulkPage(
        shell=samples.shell("/inbox/bulk", "inbox", theme),
        title="批量同意",
        back_href="/inbox",
        lead="1 件已同意，1 件未办。" if is_sent else "1 件可以同意，1 件须单独办理。",
        back="/inbox",
        rows=(replace(ready, item="", done=True), refused) if is_sent else (ready, refused),
        action="/inbox/bulk",
        idempotency_key="" if is_sent else "key-1",
        button="" if is_sent else "批量同意 1 件",
    )


def every_page(theme: str = "light") -> dict[str, tuple[str, Page]]:
    """Each page under a name, with its template: these and those of the morning."""
    return sample_pages.every_page(theme) | {
        "notifications": ("pages/notifications.html", notifications(theme)),
        "notifications-empty": ("pages/notifications.html", notifications(theme, is_empty=True)),
        "settings": ("pages/settings.html", settings(theme)),
        "settings-422": ("pages/settings.html", settings(theme, refused=True)),
        "decision-link": ("pages/decision_link.html", decision_link(theme)),
        "decision-done": ("pages/decision_done.html", link_done(theme)),
        "stand-ins": ("pages/stand_ins.html", stand_ins(theme)),
        "calendar": ("pages/calendar.html", calendar(theme)),
        "evidence": ("pages/evidence.html", evidence(theme)),
        "bulk": ("pages/bulk.html", bulk(theme)),
        "bulk-done": ("pages/bulk.html", bulk(theme, is_sent=True)),
    }
