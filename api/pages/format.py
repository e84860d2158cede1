"""Money, dates, time left and masks as people read them (pages.md section 9), in the language of the request.

Money is `Decimal` in yuan. Instants are aware and shown in Asia/Shanghai; dates are Shanghai dates.
"""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from api.pages.i18n import _, language
from models.retention_types import ERASED
from models.types import TIME_ZONE

SHANGHAI = ZoneInfo(TIME_ZONE)
NOTHING = "—"
POINTS_FORMULA = "B"

_CENT = Decimal("0.01")
_WAN = Decimal(10_000)
_MILLION = Decimal(1_000_000)
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS_ZH = "一二三四五六日"


def amount(value: Decimal) -> str:
    """An exact sum of a column whose header names the unit: 1,234.56."""
    return f"{value.quantize(_CENT, ROUND_HALF_UP):,}"


def money(value: Decimal) -> str:
    """An exact sum: ¥1,234.56, -¥5.00."""
    return f"{'-' if value < 0 else ''}¥{amount(abs(value))}"


def money_short(value: Decimal) -> str:
    """A sum in a list: 123.46万元 from 1万; in English ¥1.23 m from a million."""
    if language() == "en":
        if abs(value) < _MILLION:
            return yuan(value)
        return f"¥{(value / _MILLION).quantize(_CENT, ROUND_HALF_UP):,} m"
    if abs(value) < _WAN:
        return f"{amount(value)}元"
    return f"{(value / _WAN).quantize(_CENT, ROUND_HALF_UP):,}万元"


def whole(value: Decimal | int) -> str:
    """A whole number with thousands separators: 2,415,000."""
    return f"{Decimal(value).quantize(Decimal(1), ROUND_HALF_UP):,}"


def yuan(value: Decimal | int) -> str:
    """Customer value V and other whole-yuan sums: 2,415,000 元 / ¥2,415,000."""
    return f"¥{whole(value)}" if language() == "en" else f"{whole(value)} 元"


def points(value: Decimal | int) -> str:
    """Customer value under formula B: 83 分 / 83 points."""
    return f"{whole(value)} points" if language() == "en" else f"{whole(value)} 分"


def value_text(value: Decimal | int, formula: str) -> str:
    """Customer value in the unit of its formula: whole yuan under A, points under B."""
    return points(value) if formula == POINTS_FORMULA else yuan(value)


def value_short(value: Decimal, formula: str) -> str:
    """Customer value in a list: 123.46万元 under A, 83 分 under B."""
    return points(value) if formula == POINTS_FORMULA else money_short(value)


def difference(value: Decimal | int, formula: str) -> str:
    """A change of the customer value with its sign: +92,000 元, -4 分."""
    exact = Decimal(value)
    sign = "+" if exact > 0 else "-" if exact < 0 else ""
    return f"{sign}{value_text(abs(exact), formula)}"


def percent(value: Decimal, digits: int = 1) -> str:
    """A share as per cent: 0.976 -> 97.6%."""
    return f"{(value * 100).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)}%"


def factor(value: Decimal) -> str:
    """A factor with two decimals: × 1.15."""
    return f"× {value.quantize(_CENT, ROUND_HALF_UP)}"


def local(at: datetime) -> datetime:
    """The instant on Shanghai's clock.

    Raises:
        ValueError: the instant is naive.
    """
    if at.tzinfo is None:
        raise ValueError("an instant must be aware")
    return at.astimezone(SHANGHAI)


def clock_time(at: datetime) -> str:
    """Time of day: 17:30."""
    return f"{local(at):%H:%M}"


def day(value: date, today: date, *, make_up: bool = False) -> str:
    """A date with its weekday; the year only when it is not this one. `make_up` adds 调休上班."""
    weekday = value.weekday()
    if language() == "en":
        year = "" if value.year == today.year else f" {value.year}"
        text = f"{_DAYS_EN[weekday]}, {value.day} {_MONTHS_EN[value.month - 1]}{year}"
        return f"{text} (make-up day)" if make_up else text
    text = f"{short_day(value, today)} 周{_DAYS_ZH[weekday]}"
    return f"{text}（调休上班）" if make_up else text


def short_day(value: date, today: date) -> str:
    """A date without its weekday: 2月3日, 2027年1月8日."""
    if language() == "en":
        year = "" if value.year == today.year else f" {value.year}"
        return f"{value.day} {_MONTHS_EN[value.month - 1]}{year}"
    year = "" if value.year == today.year else f"{value.year}年"
    return f"{year}{value.month}月{value.day}日"


def long_day(value: date) -> str:
    """A date that always names its year: 2026年2月5日 周四."""
    return day(value, date(1, 1, 1))


def instant(at: datetime, now: datetime, *, make_up: bool = False) -> str:
    """A due instant: 今天 15:00, 明天 9:00, 2月3日 周二 17:30."""
    on, today = local(at).date(), local(now).date()
    near = {today: _("今天"), today + timedelta(days=1): _("明天")}.get(on)
    return f"{near or day(on, today, make_up=make_up)} {clock_time(at)}"


def stamp(at: datetime, now: datetime) -> str:
    """When something happened: 2月5日 10:18."""
    return f"{short_day(local(at).date(), local(now).date())} {clock_time(at)}"


def term(first: date, last: date) -> str:
    """A membership term: 2026年3月1日 – 2027年2月28日."""
    never = date(1, 1, 1)
    return f"{short_day(first, never)} – {short_day(last, never)}"


def quarter(year: int, number: int) -> str:
    """A quarter: 2025年第四季度 / Q4 2025."""
    return f"Q{number} {year}" if language() == "en" else f"{year}年第{'一二三四'[number - 1]}季度"


class WorkingTime(Protocol):
    """Whole working days plus office minutes of partial days, as `models.rules.clock` reckons them."""

    @property
    def working_days(self) -> int:
        """Whole working days."""

    @property
    def minutes(self) -> int:
        """Office minutes of the partial days."""


def span(value: WorkingTime) -> str:
    """Working time in words, at most two units: 1 个工作日 3 小时, 5 小时 40 分."""
    hours, minutes = divmod(value.minutes, 60)
    if value.working_days:
        days = _("%(n)s 个工作日", n=value.working_days) if value.working_days != 1 else _("1 个工作日")
        return f"{days} {_('%(n)s 小时', n=hours)}" if hours else days
    if not hours:
        return _("%(n)s 分", n=minutes)
    text = _("%(n)s 小时", n=hours)
    return f"{text} {_('%(n)s 分', n=minutes)}" if minutes else text


def time_left(value: WorkingTime) -> str:
    """还剩 1 个工作日 3 小时 / 1 working day 3 h left."""
    return _("还剩 %(span)s", span=span(value))


def overdue_by(value: WorkingTime) -> str:
    """逾期 2 个工作日 / overdue by 2 working days."""
    return _("逾期 %(span)s", span=span(value))


def mask_phone(number: str) -> str:
    """138****2071; anything shorter than seven characters is hidden wholly."""
    digits = number.strip()
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 7 else "****"


def mask_name(name: str) -> str:
    """周*: the first character stays; of an erased person there is nothing to mask."""
    stripped = name.strip()
    if stripped == ERASED:
        return stripped
    return f"{stripped[0]}*" if stripped else "*"


def mask_email(address: str) -> str:
    """z***@example.com."""
    name, _at, host = address.strip().partition("@")
    return f"{name[:1]}***@{host}" if host else "***"


def mask_text(text: str) -> str:
    """The first characters of what somebody said, at most four and never more than a third: 理赔款***."""
    stripped = " ".join(text.split())
    return f"{stripped[: max(1, min(4, len(stripped) // 3))]}***" if stripped else ""
