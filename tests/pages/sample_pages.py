"""Whole pages with invented facts, each as its template gets it."""

from api.pages.i18n import _
from api.pages.view.acts import ActForm
from api.pages.view.case import CasePage
from api.pages.view.clock import ClockPage, build_clock_page
from api.pages.view.common import (
    ErrorSummary,
    FieldError,
    Link,
)
from api.pages.view.inbox import (
    Choice,
)
from api.pages.view.shell import Page, Shell, build_shell
from api.pages.view.simple import MenuPage, PendingPage, ProblemPage, SampleLogin, SignInPage
from api.pages.view.task import (
    Fact,
)
from api.pages.words import declaration_word
from models.types import Tier
from tests.pages.samples import CALENDAR, CUSTOMER, NOW, TASK_CLOCK, history, inbox, shell, task, task_states


def case(theme: str = "light") -> CasePage:
    """The case of the same customer, read by its starter."""
    shown = task(theme)
    return CasePage(
        shell=shell("/cases/c1", "inbox", theme),
        title="案件",
        phone_title="案件",
        back_href="/inbox?box=started",
        json_href="/api/v1/cases/c1",
        kind=shown.kind,
        subject=shown.subject,
        subject_href="/customers/C010207",
        reference="C010207",
        sentence="正在等 陈志远 审批，今天 17:30 到期，16:30 提醒。",
        pill=shown.pill,
        tags=shown.tags,
        articles=shown.articles,
        acts=(
            ActForm(
                name="urge", action="/cases/c1/urge", text="催办", hint="提醒 陈志远。", idempotency_key="k1", version=3
            ),
            ActForm(
                name="withdraw",
                action="/cases/c1/withdraw",
                text="撤销",
                hint="撤销后本件结束，可重新申报。",
                idempotency_key="k2",
                version=3,
                comment_label="原因",
                comment_required=True,
                ends_case=True,
            ),
        ),
        score=shown.score,
        declaration=shown.declaration,
        clock=shown.clock,
        path=shown.path,
        history=history(),
        history_filters=(
            Choice(text="全部", href="/cases/c1", current=True, count=11),
            Choice(text="审批", href="/cases/c1?timeline=decisions", count=5),
        ),
        versions=(Fact(label="规则版本", value="2003暂行 v3"), Fact(label="日历", value="2026 v2")),
        engine=Link(text="引擎记录", href="http://127.0.0.1:8233/"),
    )


def clock(theme: str = "light") -> ClockPage:
    """Why it is due at half past five."""
    return build_clock_page(
        shell("/tasks/t2/clock", "inbox", theme),
        CALENDAR,
        TASK_CLOCK,
        NOW,
        subject=f"{declaration_word(Tier.GOLD)} · {CUSTOMER}",
        limit="3 个工作日",
        back_href="/tasks/t2",
    )


def sign_in(theme: str = "light", *, refused: bool = False) -> SignInPage:
    """Sign-in, first visit or after a wrong password."""
    return SignInPage(
        shell=Shell(path="/sign-in", theme=theme, csrf_token="sample-token"),
        title=_("登录"),
        login="chenzy" if refused else "",
        errors=ErrorSummary(
            title="登录名或密码不对。", errors=(FieldError(field_id="password", text="请重新输入密码。"),)
        )
        if refused
        else None,
        sample_logins=(SampleLogin(login="chenzy", name="陈志远", post="北京分公司 · 分公司团险负责人"),),
        sample_password="greenlane-demo",
    )


def problem(theme: str = "light") -> ProblemPage:
    """The one page for unknown and out of scope."""
    return ProblemPage(
        shell=shell("/tasks/x", "", theme),
        title="没有找到，或不在您的机构范围内。请检查编号。",
        status=404,
        code="not_found",
        request_id="0192f0",
        links=(Link(text=_("回到待办"), href="/inbox"),),
    )


def pending() -> PendingPage:
    """Sent, not yet confirmed."""
    frame = build_shell(path="/tasks/t2/decide", current="inbox", person=shell().person, refresh_href="/updates/key-1")
    return PendingPage(
        shell=frame,
        title="等待确认",
        text="已提交，等待确认。请勿重复提交，结果会显示在这里。",
        poll_href="/updates/key-1",
        kept_text="保费已核。",
    )


def every_page(theme: str = "light") -> dict[str, tuple[str, Page]]:
    """Each page under a name, with its template."""
    pages: dict[str, tuple[str, Page]] = {
        "inbox": ("pages/inbox.html", inbox(theme)),
        "inbox-empty": ("pages/inbox.html", inbox(theme, is_empty=True)),
        "task": ("pages/task.html", task(theme)),
        "case": ("pages/case.html", case(theme)),
        "clock": ("pages/clock.html", clock(theme)),
        "sign-in": ("pages/sign_in.html", sign_in(theme)),
        "sign-in-refused": ("pages/sign_in.html", sign_in(theme, refused=True)),
        "problem": ("pages/problem.html", problem(theme)),
        "pending": ("pages/pending.html", pending()),
        "menu": ("pages/menu.html", MenuPage(shell=shell("/menu", "menu", theme), title=_("更多"))),
    }
    return pages | {f"task-{name}": ("pages/task.html", page) for name, page in task_states(theme).items()}
