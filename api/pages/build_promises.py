"""承诺与兑现 of one customer: each promise with its article, its numbers, and why a plan changed."""

from collections.abc import Iterator
from urllib.parse import quote

from api.pages.format import NOTHING, short_day, term
from api.pages.i18n import _, count_text, language
from api.pages.limits import limit_text
from api.pages.plan_reasons import reason_text
from api.pages.view.common import Article, Link, Tag, TagTone
from api.pages.view.promises import PlanChange, PromiseRow, PromisesPanel
from api.pages.words import word
from models.rulebook import Frequency, RegularService, ServiceItem
from models.rulebook.schema.services import Period
from models.services.promises import PromiseLine, Promises
from models.tables.care import CarePlan
from models.types import Tier

GREEN_FAMILY, COMPLAINT_FAMILY = "green_channel", "inquiry_complaint"
_GREEN_STANDARDS = frozenset({"issue", "endorsement", "simple_endorsement", "claim", "investigated_claim"})
_MOST_CHANGES = 3


def promises_panel(promises: Promises, customer_no: str, plans: list[CarePlan]) -> PromisesPanel:
    """Everything promised in the customer's span, and the last changes of its plan."""
    rows = [_row(line, customer_no) for line in promises.lines]
    resting = tuple(row for row in rows if not row.due)
    return PromisesPanel(
        span=term(promises.first, promises.last),
        vip=promises.tier is not Tier.REGULAR,
        rows=tuple(row for row in rows if row.due),
        resting=resting,
        resting_title=count_text("尚未发生的承诺 %(num)s 项", len(resting)),
        changes=tuple(_change(plan) for plan in plans[:_MOST_CHANGES]),
        care=Link(text=_("关怀日历"), href=f"/care?view=customer&customer_no={quote(customer_no, safe='')}"),
        late=sum(line.kept.late + line.kept.missed for line in promises.lines),
        open=sum(line.kept.open for line in promises.lines),
    )


def _row(line: PromiseLine, customer_no: str) -> PromiseRow:
    entry, kept = line.entry, line.kept
    return PromiseRow(
        article=_article(line),
        name=entry.name_en if language() == "en" else entry.name_zh,
        source=word(entry.source),
        promised="；".join(_promised(line)) or NOTHING,
        due=kept.due,
        done=kept.done,
        late=kept.late,
        missed=kept.missed,
        next=short_day(kept.next_due, kept.next_due) if kept.next_due else "",
        state=_state(line),
        href=_href(line, customer_no) if kept.due else None,
    )


def _article(line: PromiseLine) -> Article:
    code = line.entry.code
    if code.startswith("17("):
        return Article(text=_("第17条（%(n)s）", n=code[3:-1]))
    return Article(text=code, title=line.entry.article)


def _promised(line: PromiseLine) -> Iterator[str]:
    yield from (limit_text(limit.unit, limit.value) for limit in line.limits)
    if line.frequency is not None:
        yield frequency_text(line.frequency)


def frequency_text(frequency: Frequency) -> str:
    """4 次／年, 1 次／月."""
    return {
        Period.YEAR: _("%(n)s 次／年", n=frequency.times),
        Period.QUARTER: _("%(n)s 次／季", n=frequency.times),
        Period.MONTH: _("%(n)s 次／月", n=frequency.times),
        Period.APPROVAL: _("评定时 %(n)s 次", n=frequency.times),
        Period.TERM: _("会员期 %(n)s 次", n=frequency.times),
    }[frequency.per]


def _state(line: PromiseLine) -> Tag:
    kept = line.kept
    if kept.late or kept.missed:
        return Tag(text=_("有逾期"), tone=TagTone.BAD, icon="alert")
    if kept.open:
        return Tag(text=_("进行中"), tone=TagTone.BLUE)
    if kept.due:
        return Tag(text=_("已兑现"), tone=TagTone.OK, icon="check")
    return Tag(text=_("未发生"), tone=TagTone.OUTLINE)


def _href(line: PromiseLine, customer_no: str) -> str:
    """The rows behind the numbers."""
    entry, who = line.entry, quote(customer_no, safe="")
    family = entry.family.value if isinstance(entry, ServiceItem) else ""
    if _on_green_channel(entry):
        return f"/green-channel?view=list&customer_no={who}"
    if family == COMPLAINT_FAMILY:
        return f"/complaints?customer_no={who}"
    return f"/care?view=customer&customer_no={who}&code={quote(entry.code, safe='')}"


def _on_green_channel(entry: ServiceItem | RegularService) -> bool:
    """Whether it is kept by requests of the green channel."""
    if isinstance(entry, ServiceItem):
        return entry.family.value == GREEN_FAMILY or any(promise.service for promise in entry.promises)
    return entry.identifier in _GREEN_STANDARDS


def _change(plan: CarePlan) -> PlanChange:
    """One planning with its explained difference."""
    difference = plan.difference
    return PlanChange(
        title=_("第 %(n)s 次排定", n=plan.number),
        at=short_day(plan.from_on, plan.until_on),
        tier=word(plan.tier),
        kept=len(difference.get("kept", ())),
        added=tuple(_line(item) for item in difference.get("added", ())),
        cancelled=tuple(_line(item) for item in difference.get("cancelled", ())),
    )


def _line(item: dict[str, str]) -> str:
    reason = reason_text(item.get("reason", ""))
    return " · ".join(filter(None, (item.get("code", ""), item.get("due_on", ""), reason)))
