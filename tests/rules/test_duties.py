"""Duties as days, and the verdict on a waiting row: held against a brute-force oracle over any pattern of outages."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages.calendar import CalendarSnapshot
from models.rulebook import load_builtin
from models.rulebook.schema.keeping import Duty
from models.rules.calendar import is_working_day, make_snapshot
from models.rules.duties import DutyDay, PolicyDates, Treatment, is_for, months_before, policy_days, treatment, year_day
from models.rules.touchpoint_day import Standing, Verdict, What, Why, judge, may_send_from
from models.service_types import MissedPolicy
from models.types import PolicyStatus, Stage, Tier
from tests.support import duty_oracle as oracle
from tests.support.duty_oracle import Term

KEEPING = load_builtin().keeping
FIRST = date(2026, 1, 1)
CALENDAR: CalendarSnapshot = make_snapshot(
    official_years=(2025, 2026, 2027, 2028),
    days_off=[date(2026, 2, 16) + timedelta(days=n) for n in range(8)] + [date(2026, 10, n) for n in range(1, 8)],
    days_worked=[date(2026, 2, 14), date(2026, 10, 10)],
)
COMPLAINT = UUID(int=5)
OF_POLICIES = [duty for duty in KEEPING.duties if duty.event == "policy_expiry"]
patterns = st.lists(st.integers(1, 40), min_size=1, max_size=9).map(
    lambda gaps: [FIRST + timedelta(days=sum(gaps[: n + 1])) for n in range(len(gaps))]
)
"""Swept days with any gaps between them: most patterns have outages of weeks."""


def _duty(item: str) -> Duty:
    return next(duty for duty in KEEPING.duties if duty.item == item)


def _policy(term: Term, status: PolicyStatus = PolicyStatus.IN_FORCE, ended_on: date | None = None) -> PolicyDates:
    return PolicyDates(term.policy_no, term.expires_on - timedelta(days=364), term.expires_on, status, ended_on)


def _simulated(term: Term, swept: Sequence[date]) -> dict[str, str]:
    """Rows as sweeps on these days would write and start them, by the rules alone."""
    tier, previous = (Tier.GOLD if term.vip else Tier.REGULAR), None
    rows: dict[str, tuple[Duty, DutyDay]] = {}
    started: set[str] = set()
    for day in swept:
        for duty in (item for item in OF_POLICIES if is_for(item, tier)):
            for found in policy_days(duty, _policy(term), CALENDAR, day):
                oldest = (previous or day) - timedelta(days=duty.last_days)
                late = duty.months_before is not None and term.expires_on < day
                if found.lead_on <= day + timedelta(days=31) and found.due_on >= oldest and not late:
                    rows.setdefault(found.key, (duty, found))
        for key, (duty, found) in rows.items():
            verdict = judge(Standing(found.due_on, human=True), treatment(KEEPING, duty.code, duty.item), day)
            if found.lead_on <= day and verdict.what is What.GO:
                started.add(key)
        previous = day
    return {key: "handled:1" if key in started else "planned:0" for key in rows}


@settings(max_examples=250, deadline=None)
@given(patterns, st.integers(-90, 460), st.booleans())
def test_duties_are_those_of_the_oracle_whatever_days_were_swept(swept: list[date], end: int, vip: bool) -> None:
    term = Term("C1", "P1", FIRST + timedelta(days=end), vip)
    expected = {
        due.key: outcome
        for due in oracle.duties(term, lambda day: is_working_day(CALENDAR, day))
        if (outcome := oracle.outcome_of_duty(due, swept)) is not None
    }
    assert _simulated(term, swept) == expected


@settings(max_examples=150, deadline=None)
@given(patterns, st.integers(0, 250))
def test_a_row_is_handled_once_or_let_go_by_rule(swept: list[date], offset: int) -> None:
    due = FIRST + timedelta(days=offset)
    expected = (
        ("Z08", True, oracle.outcome_of_visit(due - timedelta(days=7), swept)),
        ("Z10", False, oracle.outcome_of_birthday(due, swept)),
        ("Z13", False, oracle.outcome_of_magazine(due, swept)),
    )
    for code, human, outcome in expected:
        assert _run(code, due, human, swept) == outcome, code


def _run(code: str, due: date, human: bool, swept: Sequence[date]) -> str:
    kind = treatment(KEEPING, code, "")
    for day in swept:
        if day < due - timedelta(days=7 if human else 1):
            continue
        verdict = judge(Standing(due, human=human), kind, day)
        if verdict.what is What.SKIP:
            return "skipped:0"
        if verdict.what is What.GO and (human or due <= day):
            return "handled:1"
    return "planned:0"


# --- the days of duties ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "count", "before"),
    [
        (date(2026, 4, 30), 2, date(2026, 2, 28)),
        (date(2028, 4, 30), 2, date(2028, 2, 29)),
        (date(2026, 1, 31), 2, date(2025, 11, 30)),
        (date(2026, 3, 15), 3, date(2025, 12, 15)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
    ],
)
def test_months_are_counted_back_to_the_end_of_a_shorter_one(day: date, count: int, before: date) -> None:
    assert months_before(day, count) == before


def test_a_year_s_visit_is_due_on_its_last_working_day() -> None:
    found = year_day(_duty("yearly_visit"), 2027, CALENDAR)
    assert (found.key, found.planned_on, found.due_on) == ("yearly_visit:2027", date(2027, 12, 31), date(2027, 12, 31))
    assert year_day(_duty("yearly_visit"), 2028, CALENDAR).due_on == date(2028, 12, 29)
    assert found.lead_on < date(2027, 10, 15)


@pytest.mark.parametrize(
    ("status", "ended_on", "owed"),
    [
        (PolicyStatus.IN_FORCE, None, {"renewal_reminder", "maturity_notice"}),
        (PolicyStatus.EXPIRED, None, {"maturity_notice"}),
        (PolicyStatus.SURRENDERED, date(2026, 3, 1), set()),
        (PolicyStatus.SURRENDERED, None, set()),
        (PolicyStatus.IN_FORCE, date(2026, 3, 1), set()),
        (PolicyStatus.LAPSED, date(2026, 3, 1), {"reinstatement_notice"}),
        (PolicyStatus.LAPSED, None, {"reinstatement_notice"}),
    ],
)
def test_what_a_policy_brings(status: PolicyStatus, ended_on: date | None, owed: set[str]) -> None:
    policy = _policy(Term("C1", "P1", date(2026, 6, 30), vip=False), status, ended_on)
    found = {
        duty.item: day
        for duty in KEEPING.duties
        if is_for(duty, Tier.REGULAR)
        for day in policy_days(duty, policy, CALENDAR, date(2026, 3, 2))
    }
    assert found.keys() == owed
    if "reinstatement_notice" in owed:
        notice = found["reinstatement_notice"]
        assert notice.lead_on == (ended_on or date(2026, 3, 2)), "promptly: from the day of the lapse, or of hearing"
        assert notice.due_on == notice.lead_on + timedelta(days=_two_working_days(notice.lead_on))


def _two_working_days(lapsed: date) -> int:
    days, left = 0, 2
    while left:
        days += 1
        left -= is_working_day(CALENDAR, lapsed + timedelta(days=days))
    return days


def test_a_policy_that_lapsed_nobody_knows_when_brings_nothing() -> None:
    policy = _policy(Term("C1", "P1", date(2025, 6, 30), vip=False), PolicyStatus.LAPSED)
    assert list(policy_days(_duty("reinstatement_notice"), policy, CALENDAR, date(2026, 3, 2))) == []


def test_a_policy_that_lapses_again_brings_another_notice() -> None:
    term = Term("C1", "P1", date(2026, 12, 31), vip=False)
    keys = {
        day.key
        for ended_on in (date(2026, 3, 1), date(2026, 8, 1))
        for day in policy_days(
            _duty("reinstatement_notice"), _policy(term, PolicyStatus.LAPSED, ended_on), CALENDAR, FIRST
        )
    }
    assert len(keys) == 2


def test_tiers() -> None:
    assert [item.item for item in KEEPING.duties if is_for(item, Tier.SILVER)] == [
        "renewal_proposal",
        "maturity_notice",
        "reinstatement_notice",
    ]


# --- the verdict -------------------------------------------------------------------------------------------------

DUE = date(2026, 5, 12)
GREETING = Treatment(greeting=True, missed=MissedPolicy.SKIP, grace_days=1)
ASKED = Treatment(greeting=False, missed=MissedPolicy.ASK, grace_days=30)
LATE = Treatment(greeting=False, missed=MissedPolicy.SEND_LATE, grace_days=20)


@pytest.mark.parametrize(
    ("standing", "kind", "after", "verdict"),
    [
        (Standing(DUE, human=False), GREETING, 0, Verdict(What.GO)),
        (Standing(DUE, human=False), GREETING, 1, Verdict(What.GO)),
        (Standing(DUE, human=False), GREETING, 2, Verdict(What.SKIP, Why.MISSED)),
        (Standing(DUE, human=False, consents=False), GREETING, 0, Verdict(What.WITHHOLD, Why.CONSENT_MISSING)),
        (Standing(DUE, human=False, consents=False), GREETING, 2, Verdict(What.SKIP, Why.CONSENT_MISSING)),
        (Standing(DUE, human=False, complaint=COMPLAINT), GREETING, 0, Verdict(What.HUSH, Why.HUSHED)),
        (Standing(DUE, human=False, complaint=COMPLAINT), GREETING, 2, Verdict(What.SKIP, Why.HUSHED)),
        (Standing(DUE, human=False, complaint=COMPLAINT), LATE, 0, Verdict(What.GO)),
        (Standing(DUE, human=False, consents=False), LATE, 0, Verdict(What.WITHHOLD, Why.CONSENT_MISSING)),
        (Standing(DUE, human=True, consents=False), LATE, 0, Verdict(What.GO)),
        (Standing(DUE, human=True, consents=False), GREETING, 0, Verdict(What.WITHHOLD, Why.CONSENT_MISSING)),
        (Standing(DUE, human=False), LATE, 21, Verdict(What.GO, Why.MISSED)),
        (Standing(DUE, human=False, withheld="no_address"), LATE, 20, Verdict(What.GO)),
        (Standing(DUE, human=False, withheld="no_address"), LATE, 21, Verdict(What.SKIP, Why.NO_ADDRESS)),
        (Standing(DUE, human=True), ASKED, 30, Verdict(What.GO)),
        (Standing(DUE, human=True), ASKED, 31, Verdict(What.ASK, Why.MISSED)),
        (Standing(DUE, human=True, owed=False), ASKED, 31, Verdict(What.CANCEL, Why.NOT_OWED)),
        (Standing(DUE, human=False, contact_left=True), GREETING, 0, Verdict(What.CANCEL, Why.CONTACT_LEFT)),
        (Standing(DUE, human=True, carrier=Stage.DUE), LATE, 60, Verdict(What.WAIT)),
        (Standing(DUE, human=True, carrier=Stage.DONE), LATE, 60, Verdict(What.FOLLOW)),
        (Standing(DUE, human=True, carrier=Stage.SKIPPED), LATE, 0, Verdict(What.GO, None, loose=True)),
    ],
)
def test_verdicts(standing: Standing, kind: Treatment, after: int, verdict: Verdict) -> None:
    assert judge(standing, kind, DUE + timedelta(days=after)) == verdict


@pytest.mark.parametrize(
    ("hour", "quiet", "sends"),
    [
        (6, (20, 8), 8),
        (8, (20, 8), 8),
        (19, (20, 8), 19),
        (20, (20, 8), None),
        (23, (20, 8), None),
        (3, (0, 0), 3),
        (13, (12, 14), 14),
        (15, (12, 14), 15),
    ],
)
def test_messages_wait_for_the_end_of_the_quiet_hours(hour: int, quiet: tuple[int, int], sends: int | None) -> None:
    def shanghai(local: int) -> datetime:
        return datetime(2026, 5, 12, tzinfo=UTC) + timedelta(hours=local - 8)

    found = may_send_from(shanghai(hour), *quiet)
    assert found == (None if sends is None else shanghai(sends))
