"""Quarterly summary 附件二 as rules: what each VIP was owed and given in a quarter, its totals, what changed since.

Everything is read as of the quarter's last day, whenever it is reckoned: what was done after it counts as not done, so
that a quarter closed late says what it would have said on the day after its end. A planned duty belongs to the quarter
in which it is due. A request belongs to the quarter in which its limit was decided: the day it was finished in time,
else the day its limit passed; so each is judged once and in one quarter.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from models.messages.calendar import CalendarSnapshot
from models.rules.calendar import ONE_DAY, shift_working_days
from models.types import Tier

MONTHS = 3
QUARTERS = 4
PRESENT = "vip"
"""The figure that says a customer is in the summary at all."""
PromiseKind = Literal["care", "green_channel", "inquiry", "complaint"]


class Quarter(NamedTuple):
    """A quarter of a calendar year, `number` 1 to 4."""

    year: int
    number: int

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, MONTHS * (self.number - 1) + 1, 1)

    @property
    def last(self) -> date:
        """Its last day (季度末)."""
        return self.following.first - ONE_DAY

    @property
    def following(self) -> "Quarter":
        """The next one."""
        return Quarter(self.year + 1, 1) if self.number == QUARTERS else Quarter(self.year, self.number + 1)

    @property
    def before(self) -> "Quarter":
        """The one before."""
        return Quarter(self.year - 1, QUARTERS) if self.number == 1 else Quarter(self.year, self.number - 1)

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """The quarter of a day."""
        return cls(day.year, (day.month - 1) // MONTHS + 1)

    def holds(self, day: date | None) -> bool:
        """Whether a day lies in it."""
        return day is not None and self.first <= day <= self.last

    def has_ended(self, today: date) -> bool:
        """Whether it may be closed: from the day after its last one on."""
        return today > self.last


def hand_in_by(calendar: CalendarSnapshot, quarter: Quarter, working_days: int) -> date:
    """The day by whose close 附件二 is due at head office: so many working days after the quarter's end (2.8)."""
    return shift_working_days(calendar, quarter.last, working_days)


def closable(today: date, since: date | None) -> tuple[Quarter, ...]:
    """Quarters that the sweep closes by itself, the oldest first: ended since the programme went live, a year back."""
    if since is None:
        return ()
    found, quarter = [], Quarter.of(today)
    for _ in range(QUARTERS):
        quarter = quarter.before
        if quarter.last >= since:
            found.append(quarter)
    return tuple(reversed(found))


class Vip(NamedTuple):
    """A customer with a membership in the quarter, as the membership has it."""

    customer_no: str
    name: str
    vip_no: str
    tier: Tier
    manager: str


class Promise(NamedTuple):
    """One duty or request. `in_time` is what its record says; None while it is open."""

    customer_no: str
    code: str
    kind: PromiseKind
    due_on: date
    done_on: date | None = None
    in_time: bool | None = None
    received_on: date | None = None
    justified: bool | None = None

    @property
    def judged_on(self) -> date:
        """The day that decides whose quarter it is."""
        if self.kind != "care" and self.in_time and self.done_on is not None:
            return self.done_on
        return self.due_on


class Spent(NamedTuple):
    """Yuan spent on a customer on a day."""

    customer_no: str
    on: date
    yuan: Decimal


@dataclass(frozen=True, slots=True)
class Facts:
    """What a summary is made of; satisfaction in points of a hundred, by customer, where a survey says it."""

    vips: Sequence[Vip]
    promises: Sequence[Promise] = ()
    spent: Sequence[Spent] = ()
    satisfaction: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Count:
    """One service code: due, of these done, and of these not in time (done late or not done)."""

    code: str
    due: int = 0
    done: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """What 附件二 says of one VIP.

    Green channel: `green_cases` were judged in the quarter, `green_in_time` of them within their limit (2.8: an open
    overdue one is missed). Inquiries and complaints are counted when they came in, justified ones when closed.
    """

    vip: Vip
    counts: tuple[Count, ...] = ()
    green_cases: int = 0
    green_in_time: int = 0
    inquiries: int = 0
    complaints: int = 0
    justified: int = 0
    satisfaction: Decimal | None = None
    cost: Decimal = Decimal(0)


def summarise(quarter: Quarter, facts: Facts) -> tuple[Line, ...]:
    """The lines of a summary by customer number; a VIP without any service stands there too."""
    promises, spent = defaultdict(list), defaultdict(list)
    for promise in facts.promises:
        promises[promise.customer_no].append(promise)
    for item in facts.spent:
        spent[item.customer_no].append(item)
    return tuple(
        _line(quarter, vip, promises[vip.customer_no], spent[vip.customer_no], facts.satisfaction.get(vip.customer_no))
        for vip in sorted(facts.vips)
    )


def _line(
    quarter: Quarter, vip: Vip, promises: Sequence[Promise], spent: Iterable[Spent], satisfaction: Decimal | None
) -> Line:
    judged = [one for one in promises if quarter.holds(one.judged_on)]
    green = [one for one in judged if one.kind == "green_channel"]
    came = [one for one in promises if quarter.holds(one.received_on)]
    closed = [one for one in promises if quarter.holds(one.done_on) and one.justified]
    return Line(
        vip=vip,
        counts=tuple(_counts(quarter, judged)),
        green_cases=len(green),
        green_in_time=sum(_is_kept(quarter, one) for one in green),
        inquiries=sum(one.kind == "inquiry" for one in came),
        complaints=sum(one.kind == "complaint" for one in came),
        justified=len(closed),
        satisfaction=satisfaction,
        cost=sum((item.yuan for item in spent if quarter.holds(item.on)), Decimal(0)),
    )


def _counts(quarter: Quarter, judged: Sequence[Promise]) -> Iterable[Count]:
    for code in sorted({one.code for one in judged}):
        mine = [one for one in judged if one.code == code]
        kept = sum(_is_kept(quarter, one) for one in mine)
        yield Count(code, len(mine), sum(_is_done(quarter, one) for one in mine), len(mine) - kept)


def _is_done(quarter: Quarter, promise: Promise) -> bool:
    return promise.done_on is not None and promise.done_on <= quarter.last


def _is_kept(quarter: Quarter, promise: Promise) -> bool:
    return _is_done(quarter, promise) and promise.in_time is not False


@dataclass(frozen=True, slots=True)
class Totals:
    """A branch's quarter in numbers: VIPs, duties due, done and late, green channel, complaints, yuan."""

    vips: int = 0
    due: int = 0
    done: int = 0
    late: int = 0
    green_cases: int = 0
    green_in_time: int = 0
    inquiries: int = 0
    complaints: int = 0
    justified: int = 0
    cost: Decimal = Decimal(0)

    @property
    def done_share(self) -> Decimal | None:
        """服务项目执行率: done of due; None where nothing was due."""
        return share(self.done, self.due)

    @property
    def green_share(self) -> Decimal | None:
        """绿色通道时效达标率; None without a case."""
        return share(self.green_in_time, self.green_cases)


def totals(lines: Iterable[Line]) -> Totals:
    """The lines together."""
    lines = tuple(lines)
    counts = [count for line in lines for count in line.counts]
    return Totals(
        vips=len(lines),
        due=sum(count.due for count in counts),
        done=sum(count.done for count in counts),
        late=sum(count.late for count in counts),
        green_cases=sum(line.green_cases for line in lines),
        green_in_time=sum(line.green_in_time for line in lines),
        inquiries=sum(line.inquiries for line in lines),
        complaints=sum(line.complaints for line in lines),
        justified=sum(line.justified for line in lines),
        cost=sum((line.cost for line in lines), Decimal(0)),
    )


def share(part: int, whole: int) -> Decimal | None:
    """A part of a whole; None where there is no whole."""
    return Decimal(part) / whole if whole else None


Figures = Mapping[str, str]
"""The figures of one VIP by name, as they are compared: `Z08.due`, `cost`."""


class Difference(NamedTuple):
    """A figure that is not what it was; empty text where it was not there, or is not there any more."""

    customer_no: str
    figure: str
    old: str
    new: str


def figures(line: Line) -> dict[str, str]:
    """The line as it is compared and sealed: every number as plain text; zeros of a code are left out."""
    found = {PRESENT: line.vip.vip_no, "tier": line.vip.tier.value}
    for count in line.counts:
        numbers = {"due": count.due, "done": count.done, "late": count.late}
        found |= {f"{count.code}.{name}": str(number) for name, number in numbers.items() if number}
    found |= {
        "green_cases": str(line.green_cases),
        "green_in_time": str(line.green_in_time),
        "inquiries": str(line.inquiries),
        "complaints": str(line.complaints),
        "justified": str(line.justified),
        "cost": f"{line.cost:.2f}",
    }
    return found | ({"satisfaction": f"{line.satisfaction:.2f}"} if line.satisfaction is not None else {})


def differences(known: Mapping[str, Figures], now: Mapping[str, Figures]) -> tuple[Difference, ...]:
    """调整: what the facts say now and the summary with its earlier adjustments does not, by customer and figure."""
    pairs = sorted({(number, name) for side in (known, now) for number, values in side.items() for name in values})
    found = (Difference(number, name, _value(known, number, name), _value(now, number, name)) for number, name in pairs)
    return tuple(one for one in found if one.old != one.new)


def _value(side: Mapping[str, Figures], number: str, name: str) -> str:
    return side.get(number, {}).get(name, "")


def adjusted(known: Mapping[str, Figures], changes: Iterable[Difference]) -> dict[str, dict[str, str]]:
    """The figures with adjustments applied in their order."""
    result = {number: dict(values) for number, values in known.items()}
    for change in changes:
        values = result.setdefault(change.customer_no, {})
        values.pop(change.figure, None)
        if change.new:
            values[change.figure] = change.new
    return {number: values for number, values in result.items() if values}
