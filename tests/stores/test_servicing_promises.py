"""What is promised by service and tier: the catalogue beside article 17, and never longer than that."""

from datetime import date
from typing import Any

import pytest

from models.errors import DomainError, ErrorCode
from models.messages.service import TimeLimit
from models.rulebook import Limit, Rulebook, load_builtin
from models.rules.service.facts import Promised
from models.service_types import ComplaintSheet, GreenService
from models.services.servicing.promises import months_before, promised, promised_answers, stricter, tier_of
from models.types import LimitUnit, MembershipStage, Tier
from tests.support import serving, world

GOLD, SILVER, REGULAR = Tier.GOLD, Tier.SILVER, Tier.REGULAR
DAYS, HOURS, MONTHS, NATURAL = (
    LimitUnit.WORKING_DAYS,
    LimitUnit.WORKING_HOURS,
    LimitUnit.MONTHS_BEFORE,
    LimitUnit.ELAPSED_HOURS,
)
SAME_DAY = (LimitUnit.SAME_DAY, None)


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """The shipped rulebook."""
    return load_builtin()


def _limit(limit: TimeLimit | None) -> tuple[LimitUnit, int | None] | None:
    return (limit.unit, limit.value) if limit else None


@pytest.mark.parametrize(
    ("service", "code", "regular", "limits"),
    [
        (GreenService.ISSUE, "Z02", ("17(1)", (DAYS, 5)), ((DAYS, 2), (DAYS, 3))),
        (GreenService.ENDORSEMENT, "Z03", ("17(2)", (DAYS, 3)), ((DAYS, 1), (DAYS, 2))),
        (GreenService.SIMPLE_ENDORSEMENT, "Z03", ("17(2)", SAME_DAY), (SAME_DAY, SAME_DAY)),
        (GreenService.CLAIM, "Z04", ("17(3)", (DAYS, 7)), ((DAYS, 3), (DAYS, 5))),
        (GreenService.INVESTIGATED_CLAIM, "Z05", ("17(3)", (DAYS, 15)), ((DAYS, 10), (DAYS, 10))),
    ],
)
def test_each_tier_gets_its_limit_with_the_one_of_article_17_beside_it(
    book: Rulebook, service: GreenService, code: str, regular: Any, limits: Any
) -> None:
    for tier, own in zip((GOLD, SILVER), limits, strict=True):
        found = promised(book, service, tier)
        assert (found.name, found.code, _limit(found.limit), _limit(found.regular)) == (
            "complete",
            code,
            own,
            regular[1],
        )
    everybody = promised(book, service, REGULAR)
    assert (everybody.code, _limit(everybody.limit), everybody.article) == (*regular, "第17条")


def test_a_visit_is_for_vips_only(book: Rulebook) -> None:
    assert _limit(promised(book, GreenService.VISIT, GOLD).limit) == (HOURS, 4)
    assert _limit(promised(book, GreenService.VISIT, SILVER).limit) == (DAYS, 1)
    with pytest.raises(DomainError) as caught:
        promised(book, GreenService.VISIT, REGULAR)
    assert caught.value.code is ErrorCode.NOT_ELIGIBLE
    assert {"reason", "reason_en"} <= set(caught.value.context)


@pytest.mark.parametrize(("tier", "code", "months"), [(GOLD, "Z07", 3), (SILVER, "Z07", 3), (REGULAR, "17(4)", 2)])
def test_a_renewal_is_counted_back_from_the_end_of_its_policy(
    book: Rulebook, tier: Tier, code: str, months: int
) -> None:
    found = promised(book, GreenService.RENEWAL, tier, date(2026, 12, 31))
    assert (found.code, _limit(found.limit), found.due_on) == (
        code,
        (MONTHS, months),
        months_before(date(2026, 12, 31), months),
    )
    with pytest.raises(DomainError) as caught:
        promised(book, GreenService.RENEWAL, tier)
    assert caught.value.context["errors"][0]["field"] == "policy_no"


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 12, 31), 3, date(2026, 9, 30)),
        (date(2026, 4, 30), 2, date(2026, 2, 28)),
        (date(2028, 4, 30), 2, date(2028, 2, 29)),
        (date(2026, 2, 15), 3, date(2025, 11, 15)),
        (date(2026, 3, 1), 2, date(2026, 1, 1)),
    ],
)
def test_months_back_keep_the_day_or_end_with_the_month(day: date, count: int, expected: date) -> None:
    assert months_before(day, count) == expected


@pytest.mark.parametrize(
    ("sheet", "tier", "expected"),
    [
        (ComplaintSheet.INQUIRY, GOLD, [("reply", "Z17", (HOURS, 4))]),
        (ComplaintSheet.INQUIRY, SILVER, [("reply", "Z17", (DAYS, 1))]),
        (ComplaintSheet.INQUIRY, REGULAR, [("reply", "Z17", (DAYS, 2))]),
        (ComplaintSheet.COMPLAINT, GOLD, [("reply", "Z18", (HOURS, 4)), ("close", "Z18", (DAYS, 3))]),
        (ComplaintSheet.COMPLAINT, SILVER, [("reply", "Z18", (NATURAL, 24)), ("close", "Z18", (DAYS, 5))]),
        (ComplaintSheet.COMPLAINT, REGULAR, [("reply", "Z18", (DAYS, 2)), ("close", "Z18", (DAYS, 10))]),
    ],
)
def test_answers_are_promised_by_sheet_and_tier(
    book: Rulebook, sheet: ComplaintSheet, tier: Tier, expected: list[Any]
) -> None:
    def told(promise: Promised) -> tuple[str, str, Any]:
        return promise.name, promise.code, _limit(promise.limit)

    assert [told(promise) for promise in promised_answers(book, sheet, tier)] == expected


def test_a_promise_is_never_longer_than_the_regular_limit(book: Rulebook) -> None:
    long, short = Limit(unit=DAYS, value=9), Limit(unit=DAYS, value=7)
    assert stricter(book, long, short) is short
    assert stricter(book, short, long) is short
    assert stricter(book, None, long) is stricter(book, long, None) is long


def test_the_tier_is_that_of_the_running_term_and_in_the_buffer_still_the_old_one(database: Any) -> None:
    insurer = world.build(database)
    before, first, later = date(2026, 2, 28), date(2026, 3, 1), date(2027, 3, 1)
    with database.write() as session:
        row = serving.make_vip(session, insurer, world.SILVER, GOLD)
        row.stage, row.buffer_until, row.downgrade_to = MembershipStage.DOWNGRADE_BUFFER, date(2026, 6, 1), SILVER
        session.add(row)
    with database.read() as session:
        found = [tier_of(session, world.SILVER, day) for day in (before, first, later)]
        assert found == [REGULAR, GOLD, REGULAR]
        assert tier_of(session, world.GOLD, first) is REGULAR
