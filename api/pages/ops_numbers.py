"""Tiles, tables and the health line of the overview."""

from api.pages.desk import Desk
from api.pages.format import long_day, whole
from api.pages.i18n import _
from api.pages.view.ops import Count, NumberRow, Vital
from api.pages.words import word
from api.schemas.ops import HealthAnswer
from models.ops_types import StuckReason
from models.rules.calendar import is_official, local_date
from models.services.reconcile.runs import JOB_KIND
from models.services.rulebooks import rulebook_in_force
from models.services.watching import Overview
from models.stores.reconcile import ReconcileStore
from models.types import JobState

STUCK = "/ops/stuck?reason="
PLACES_SHOWN = 20


def vitals_of(desk: Desk, health: HealthAnswer) -> tuple[Vital, ...]:
    """What has to be well: engine, worker, records, their comparison, the calendar, the rules."""
    return (
        Vital(text=_("引擎 正常") if health.engine else _("引擎 无应答"), good=health.engine),
        Vital(text=_("执行进程 正常") if health.worker else _("执行进程 无心跳"), good=health.worker),
        Vital(text=_("记录库 正常"), good=health.database),
        _compared(desk),
        _calendar(desk),
        _rules(desk),
    )


def _compared(desk: Desk) -> Vital:
    job = ReconcileStore(desk.session).newest(JOB_KIND)
    if job is None:
        return Vital(text=_("对账 尚未进行"))
    if job.state is JobState.FAILED:
        return Vital(text=_("对账 未完成"), good=False)
    if job.state is not JobState.DONE or job.result is None:
        return Vital(text=_("对账 进行中"))
    left = job.result.get("drifted", 0) - job.result.get("repaired", 0)
    compared = whole(job.result.get("compared", 0))
    return Vital(text=_("对账 %(n)s 件，漂移 %(left)s", n=compared, left=whole(left)), good=left == 0)


def _calendar(desk: Desk) -> Vital:
    year = local_date(desk.now).year
    known = {each: is_official(desk.calendar, each) for each in (year, year + 1)}
    words = "，".join(
        _("%(year)s 已公布", year=each) if official else _("%(year)s 暂定", year=each)
        for each, official in known.items()
    )
    return Vital(text=_("日历 %(years)s", years=words), good=known[year])


def _rules(desk: Desk) -> Vital:
    rules = rulebook_in_force(desk.session, local_date(desk.now))
    since = long_day(rules.version.effective_on)
    return Vital(text=_("规则 自 %(day)s 起施行", day=since))


def tiles_of(found: Overview) -> tuple[Count, ...]:
    """The six counts, each a link to what it counts."""

    def stuck(name: str, reason: StuckReason) -> Count:
        number = found.stuck[reason]
        return Count(name=name, number=whole(number), href=f"{STUCK}{reason.value}", hot=number > 0)

    return (
        Count(name=_("运行中"), number=whole(found.total("running")), href="#kinds"),
        Count(name=_("等待人工"), number=whole(found.total("waiting")), href="#places"),
        Count(name=_("今日到期"), number=whole(found.total("today")), href="#places"),
        stuck(_("已逾期"), StuckReason.OVERDUE),
        stuck(_("执行失败"), StuckReason.FAILING),
        stuck(_("无人可办"), StuckReason.NOBODY),
    )


def kind_rows(found: Overview) -> tuple[NumberRow, ...]:
    """Open cases and tasks by kind, with the stages of the cases."""
    return tuple(
        NumberRow(
            name=word(line.kind),
            hint=" · ".join(f"{word(stage)} {whole(number)}" for stage, number in sorted(line.stages.items())),
            numbers=(
                _plain(line.running),
                _plain(line.waiting),
                _plain(line.today),
                _hot(line.overdue),
                _hot(line.failing),
                _hot(line.nobody),
            ),
        )
        for line in found.kinds
    )


def place_rows(found: Overview) -> tuple[NumberRow, ...]:
    """Open tasks by institution, those with most overdue first."""
    return tuple(
        NumberRow(
            name=line.name,
            numbers=(_plain(line.waiting), _plain(line.today), _hot(line.overdue), _hot(line.nobody)),
        )
        for line in found.places[:PLACES_SHOWN]
    )


def _plain(number: int) -> Count:
    return Count(name="", number=whole(number))


def _hot(number: int) -> Count:
    return Count(name="", number=whole(number), hot=number > 0)
