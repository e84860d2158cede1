"""预演 in words: 14 件转 孙倩，3 件无人可代; then task by task and post by post."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol

from api.pages.format import instant, term
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.view.stand_ins import OutlookRow, PostRow, RehearsalView
from api.pages.words import step_word, word
from models.services.stand_in_rehearsal import AT_MOST, Gap, Outlook, PostOutlook, Rehearsal

_GAPS = {
    Gap.OUT_OF_SCOPE: _m("不在代理范围，仍由本人办理"),
    Gap.NO_AUTHORITY: _m("代理人无权办理"),
    Gap.DECLARANT: _m("代理人是申报人，不能代回"),
    Gap.FOUR_EYES: _m("代理人办理了上一步，不能连办"),
}


class _Period(Protocol):
    @property
    def starts_on(self) -> str: ...

    @property
    def ends_on(self) -> str: ...


def rehearsal_view(found: Rehearsal, typed: _Period, now: datetime) -> RehearsalView:
    """The rehearsal as the page shows it."""
    return RehearsalView(
        sentence=_sentence(found),
        period=term(date.fromisoformat(typed.starts_on), date.fromisoformat(typed.ends_on)),
        complete=found.left() == 0,
        tasks=tuple(_task(item, now) for item in found.tasks),
        posts=tuple(_post(item) for item in found.posts),
        cut=_("只预演了前 %(number)s 件。", number=AT_MOST) if found.cut else "",
    )


def _sentence(found: Rehearsal) -> str:
    parts = [_("%(count)s 件转 %(who)s", count=count, who=who) for who, count in found.goes]
    nobody, declarant = found.left(), found.left(Gap.DECLARANT)
    if nobody:
        parts.append(_("%(count)s 件无人可代", count=nobody))
    if declarant:
        parts.append(_("其中 %(count)s 件会代回申报人，不转", count=declarant))
    return _("，").join(parts) or _("目前没有待办，新任务按下表转交")


def _task(item: Outlook, now: datetime) -> OutlookRow:
    task = item.task
    return OutlookRow(
        subject=task.customer_name,
        step=step_word(task.step),
        due=instant(task.due_at, now),
        to=item.to_name if item.gap is None else _(_GAPS[item.gap]),
        ok=item.gap is None,
        others=_("岗位另有 %(count)s 人可办", count=item.others) if item.others else "",
    )


def _post(item: PostOutlook) -> PostRow:
    where = _("%(post)s（%(place)s）", post=word(item.role), place=item.institution_name)
    others = _("岗位另有 %(count)s 人可办", count=item.others) if item.others else ""
    gaps = [*(_(_GAPS[gap]) for gap in item.gaps), *([others] if others else [])]
    return PostRow(
        post=where,
        steps=_joined(step_word(stage.value) for stage in item.stages),
        to=_joined(item.to_names) or _("无人可代"),
        gaps=_joined(gaps),
    )


def _joined(parts: Iterable[str]) -> str:
    return _("、").join(parts)
