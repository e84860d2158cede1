"""What is particular about a task: for whom, who took it, who advises, what it waits for."""

from api.pages.customers_view import tier_tag
from api.pages.desk import Desk
from api.pages.i18n import _
from api.pages.view.common import Article, Tag, TagTone
from api.pages.words import word
from models.tables.cases import Case, Task
from models.types import CaseKind, SeatKind, TaskState, Tier


def task_tags(desk: Desk, task: Task, stood_for: str) -> tuple[Tag, ...]:
    """代 X, 已领取, 委派中, 前加签未签: what is particular about the task itself. That it pauses, its pill says."""
    tags = []
    if stood_for:
        tags.append(Tag(text=_("代 %(who)s", who=stood_for), tone=TagTone.VIOLET))
    if task.state is TaskState.CLAIMED:
        own = task.assignee_id == desk.caller.account_id
        tags.append(Tag(text=_("已领取") if own else _("他人已领取"), tone=TagTone.BLUE))
    if task.delegated_by is not None:
        mine = task.delegated_by == desk.caller.account_id
        tags.append(Tag(text=_("委派中") if mine else _("受委派"), tone=TagTone.BLUE))
    if task.state is TaskState.WAITING:
        tags.append(Tag(text=_("等待前加签"), tone=TagTone.WARN, icon="pause"))
    return tuple(tags)


def tier_tags(case: Case) -> tuple[Tag, ...]:
    """The tier of the case's customer; nothing for a case about an institution."""
    return (tier_tag(case.tier),) if case.customer_no else ()


def case_articles(case: Case) -> tuple[Article, ...]:
    """The articles that a declaration stands on."""
    if case.kind is not CaseKind.QUALIFICATION:
        return ()
    return (Article(text=_("第13条")), Article(text=_("附件一")))


def case_tags(case: Case) -> tuple[Tag, ...]:
    """What is asked for, the round, the seat, and that it came outside the window; a lone approval asks for no seat."""
    round_tags = [Tag(text=_("第 %(round)s 轮", round=case.round), tone=TagTone.BLUE)] if case.round > 1 else []
    if case.kind is not CaseKind.QUALIFICATION:
        return tuple(round_tags)
    tone = TagTone.GOLD if case.tier is Tier.GOLD else TagTone.PLAIN
    tags = [Tag(text=_("申报 %(tier)s", tier=word(case.tier_applied)), tone=tone), *round_tags]
    seat_tone = TagTone.VIOLET if case.seat_kind is SeatKind.SPECIAL else TagTone.PLAIN
    tags.append(Tag(text=word(case.seat_kind), tone=seat_tone))
    if case.late_reason:
        tags.append(Tag(text=_("窗口外申报"), tone=TagTone.WARN))
    if case.in_reserve_since is not None and case.outcome is None:
        tags.append(Tag(text=_("候补"), tone=TagTone.WARN))
    return tuple(tags)
