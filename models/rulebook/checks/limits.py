"""A promise to a VIP is never slower than the article 17 standard, nor gold slower than silver."""

from collections.abc import Iterator

from models.rulebook.problem import Problem
from models.rulebook.schema.book import Rulebook
from models.rulebook.schema.services import Limit, Promise, RegularService, ServiceItem
from models.types import LimitUnit, Tier

HOURS_OF_A_DAY = 24


def minutes_per_day(book: Rulebook) -> int:
    """Office minutes of a full working day."""
    return sum(
        (span.closes.hour - span.opens.hour) * 60 + span.closes.minute - span.opens.minute
        for span in book.working_time.opening
    )


def not_slower(limit: Limit, standard: Limit, day: int) -> bool | None:
    """Whether `limit` can never fall due after `standard`; None when the units have no common measure.

    `day` is the office minutes of a working day. N working days run at least N and at most N + 1 full days of
    office time, because they end at the close of the Nth day.
    """
    if LimitUnit.MONTHS_BEFORE in {limit.unit, standard.unit}:
        both = limit.unit is standard.unit
        return (limit.value or 0) >= (standard.value or 0) if both else None
    if limit.unit is standard.unit:
        return (limit.value or 0) <= (standard.value or 0)
    days = {LimitUnit.SAME_DAY, LimitUnit.WORKING_DAYS}
    if {limit.unit, standard.unit} == days:
        return limit.unit is LimitUnit.SAME_DAY
    if limit.unit is LimitUnit.ELAPSED_HOURS:
        return (limit.value or 0) <= _shortest_natural_hours(standard)
    if standard.unit is LimitUnit.ELAPSED_HOURS:
        return False  # closed days have no upper bound in natural hours
    return _longest_minutes(limit, day) <= _shortest_minutes(standard, day)


def _shortest_natural_hours(limit: Limit) -> int:
    """Least natural hours an office-time limit can take; closed days only lengthen it."""
    return (limit.value or 0) * (1 if limit.unit is LimitUnit.WORKING_HOURS else HOURS_OF_A_DAY)


def _longest_minutes(limit: Limit, day: int) -> int:
    count = limit.value or 0
    return count * 60 if limit.unit is LimitUnit.WORKING_HOURS else (count + 1) * day


def _shortest_minutes(limit: Limit, day: int) -> int:
    """Office minutes; same day may leave none at all."""
    count = limit.value or 0
    return count * 60 if limit.unit is LimitUnit.WORKING_HOURS else count * day


def check_limits(book: Rulebook) -> Iterator[Problem]:
    """Every promise with a standard, and silver against gold."""
    day = minutes_per_day(book)
    standards = {service.identifier: service for service in book.services.regular}
    for number, item in enumerate(book.services.items):
        for index, promise in enumerate(item.promises):
            key = f"items.{number}.promises.{index}.limit"
            yield from _against_standard(promise, standards.get(promise.regular or ""), key, day)
            yield from _against_silver(item, promise, key, day)


def _against_standard(promise: Promise, standard: RegularService | None, key: str, day: int) -> Iterator[Problem]:
    if standard is None or standard.limit is None or promise.limit is None:
        return
    verdict = not_slower(promise.limit, standard.limit, day)
    if not verdict:
        measured = "is longer than" if verdict is False else "cannot be compared with"
        reason = f"{_say(promise.limit)} {measured} {_say(standard.limit)} of article {standard.code}"
        yield Problem("services.toml", key, reason)


def _against_silver(item: ServiceItem, promise: Promise, key: str, day: int) -> Iterator[Problem]:
    if promise.tier is not Tier.GOLD or promise.limit is None:
        return
    silver = item.promise(Tier.SILVER, act=promise.act, service=promise.service)
    if silver is None or silver.limit is None or promise.limit.unit is not silver.limit.unit:
        return
    if not not_slower(promise.limit, silver.limit, day):
        reason = f"gold gets {_say(promise.limit)}, silver the shorter {_say(silver.limit)}"
        yield Problem("services.toml", key, reason)


def _say(limit: Limit) -> str:
    unit = limit.unit.replace("_", " ")
    return unit if limit.value is None else f"{limit.value} {unit}"
