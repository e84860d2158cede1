"""A whole year on a real engine: what stands in the records at its end is what an independent oracle says was promised.

One year is lived once, by customers side by side: silver, gold, one that rises and one that falls in the middle of the
year, and one without VIP status. Sweeps run on every day on which any of them has something coming up or due.
"""

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Container, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from activities.adapters.mailbox import MailFolder
from models.database import Database
from models.encryption import Keyring
from models.messages.letters import Letter
from models.rules.calendar import local_date
from models.service_types import TouchpointOrigin
from models.tables.book import Contact, Policy
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Case, Membership, Task
from models.types import (
    SERVICE_KINDS,
    BirthdayCalendar,
    ContactKind,
    MembershipStage,
    PayMode,
    PolicyStatus,
    ProductClass,
    TaskState,
    Tier,
)
from models.types import Stage as CaseStage
from tests.support import engine, serving, world
from tests.support.care_members import add_contact
from tests.support.member_acts import downgrade
from tests.support.stage import Stage
from tests.support.vip_year import TABLE, Promise, Term, back, months_back, onward, parts_of, year
from tests.support.year_life import (
    Life,
    changing,
    event_days,
    first_day,
    load_calendar,
    people_of,
    promised,
    tasks_of,
    works,
)

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(400)]

SILVER, GOLD, REGULAR, RISES, FALLS = world.SILVER, world.GOLD, world.SMALL, "C0000011", "C0000012"
OFFSET = 90_000
"""Customers of no other test."""
ONE = timedelta(days=1)
HEAD_OFFICE = {"C2", "C4", "C5"}
"""What head office does itself: it is swept apart from the branches."""
GREETINGS = {"Z10", "Z11", "Z13"}


@dataclass
class Year:
    """What was lived: customers rise and fall on these days, policies end on those."""

    life: Life
    term: Term
    letters: list[str]

    @property
    def rise_on(self) -> date:
        """The day of the second grant."""
        return self.term.first + timedelta(days=150)

    @property
    def decided_on(self) -> date:
        """The day a downgrade is decided: the tenth of the third month, so that its buffer is easy to count."""
        return (self.term.first + timedelta(days=64)).replace(day=10)

    @property
    def fall_on(self) -> date:
        """The day after the buffer of three months."""
        return (self.decided_on + timedelta(days=92)).replace(day=11)

    @property
    def expires_on(self) -> date:
        """The end of a policy of the gold and of the regular customer."""
        return self.term.first + timedelta(days=210)

    @property
    def lapses_on(self) -> date:
        """The end of another one."""
        return self.term.first + timedelta(days=240)

    def number(self, alias: str) -> str:
        """Customer number."""
        return self.life.stage.world.customer(alias)

    def rows(self, alias: str, *, duties: bool = False) -> list[Touchpoint]:
        """A customer's touchpoints, of its plan or its duties of article 17."""
        found = [row for row in self.life.touchpoints() if row.customer_no == self.number(alias)]
        return [row for row in found if (row.origin is TouchpointOrigin.DUTY) is duties]

    def promises(self, alias: str, *, gold: bool, from_on: date | None = None) -> list[Promise]:
        """What the oracle says of a customer."""
        with changing(self.life) as session:
            people = people_of(session, self.number(alias))
        return year(gold, replace(self.term, from_on=from_on or self.term.first), people, works)

    def memberships(self, alias: str) -> list[Membership]:
        """A customer's memberships, the oldest first."""
        rows = [row for row in self.life.stage.rows(Membership) if row.customer_no == self.number(alias)]
        return sorted(rows, key=lambda row: row.id)


@pytest.fixture(scope="module")
async def lived(records_file: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Year]:
    """The year, on a server and records of its own; every letter that leaves is noted."""
    home = tmp_path_factory.mktemp("year")
    shutil.copyfile(records_file, home / "records.db")
    database = Database(f"sqlite:///{home}/records.db", Keyring(world.SECRET))
    people, queue = serving.with_counter(world.build(database, offset=OFFSET)), f"year-{uuid4()}"
    with pytest.MonkeyPatch.context() as patch:
        letters = _noted(patch)
        async with engine.time_skipping() as own, engine.worker(own.client, people, home, queue):
            yield await _live(Life(Stage(own.client, people, queue, home, own)), letters)
    database.dispose()


def _noted(patch: pytest.MonkeyPatch) -> list[str]:
    letters: list[str] = []
    send = MailFolder.send

    def noting(self: MailFolder, letter: Letter) -> None:
        letters.append(letter.key)
        send(self, letter)

    patch.setattr(MailFolder, "send", noting)
    return letters


async def _live(life: Life, letters: list[str]) -> Year:
    first = first_day(local_date(await life.now()))
    last = first.replace(year=first.year + 1) - ONE
    lived = Year(life, Term(first, last, first), letters)
    with changing(life) as session:
        load_calendar(session, range(first.year - 2, first.year + 4))
        _fill(session, lived)
    await life.go_to(first - ONE)
    for alias, tier in ((SILVER, Tier.SILVER), (GOLD, Tier.GOLD), (RISES, Tier.SILVER), (FALLS, Tier.GOLD)):
        await life.grant(lived.number(alias), tier, first, last)
    at_head_office = _days(lived, HEAD_OFFICE)
    for day in sorted(_days(lived)):
        if day == lived.lapses_on:
            _lapse(lived)
        await life.go_to(day)
        if day == lived.rise_on:
            await life.grant(lived.number(RISES), Tier.GOLD, first, last)
        await life.sweep(day, ("BJ", "HQ") if day in at_head_office else ("BJ",))
        await life.work(day)
        if day == lived.decided_on:
            await downgrade(life.stage, lived.number(FALLS), Tier.SILVER)
    return lived


def _fill(session: Session, lived: Year) -> None:
    """Contacts with birthdays, and policies that outlive the year, end in it, or will lapse."""
    for alias in (RISES, FALLS):
        world.add_customer(session, lived.number(alias), f"北京{alias}有限公司", "BJ01", 500_000)
    for alias in (SILVER, GOLD):
        number, lunar = lived.number(alias), BirthdayCalendar.LUNAR
        add_contact(session, number, ContactKind.HANDLER, "乙", birthday="1974-12-30", calendar=lunar)
        add_contact(session, number, ContactKind.HANDLER, "丙", birthday="1968-02-29")
        add_contact(session, number, ContactKind.LEADER, "丁", birthday="1970-06-15", consent=False)
    session.flush()
    for contact in session.exec(select(Contact)):
        contact.email = contact.email or f"{contact.name_index}@example.com"
    for alias in (SILVER, GOLD, REGULAR, RISES, FALLS):
        _policy(session, lived, alias, "long", lived.term.last + timedelta(days=400))
    for alias in (GOLD, REGULAR):
        _policy(session, lived, alias, "ends", lived.expires_on)
    _policy(session, lived, REGULAR, "lapses", lived.term.last + timedelta(days=400))


def _policy(session: Session, lived: Year, alias: str, name: str, expires_on: date) -> None:
    session.add(
        Policy(
            policy_no=f"{lived.number(alias)}-{name}",
            customer_no=lived.number(alias),
            product_class=ProductClass.A,
            pay_mode=PayMode.REGULAR,
            pay_term_years=1,
            effective_on=lived.term.first - timedelta(days=30),
            expires_on=expires_on,
            status=PolicyStatus.IN_FORCE,
        )
    )


def _lapse(lived: Year) -> None:
    with changing(lived.life) as session:
        policy = session.get_one(Policy, f"{lived.number(REGULAR)}-lapses")
        policy.status, policy.ended_on = PolicyStatus.LAPSED, lived.lapses_on


def _days(lived: Year, codes: Container[str] | None = None) -> set[date]:
    """Days that are swept: all that lie behind promises (of some codes), and those on which a stage changes."""
    first, last = lived.term.first, lived.term.last
    found = [*_duties(lived, GOLD), *_duties(lived, REGULAR)]
    for alias, gold, from_on in (
        (SILVER, False, first),
        (GOLD, True, first),
        (RISES, True, lived.rise_on),
        (FALLS, False, lived.fall_on),
    ):
        found += lived.promises(alias, gold=gold, from_on=from_on)
    special = {first, date(last.year, 1, 1), last, last + ONE, lived.rise_on, lived.decided_on, lived.fall_on}
    wanted = [promise for promise in found if codes is None or promise.code in codes]
    return event_days(wanted, first, last + ONE) | special


def _duties(lived: Year, alias: str) -> list[Promise]:
    """Article 17 and Z07 by hand, for a policy that ends, one that lapses, and the calendar years."""
    ends, lapses, end = lived.expires_on, lived.lapses_on, lived.term.last
    notice = Promise("17(5)", onward(ends, 2, works), ends, ends)
    if alias == GOLD:
        on = months_back(ends, 3)
        due = onward(on, 0, works)
        return sorted([notice, Promise("Z07", due, on, back(due, 10, works)), *_visits(lived, end.year)])
    on = months_back(ends, 2)
    due = onward(on, 0, works)
    reminder = Promise("17(4)", due, on, back(due, 5, works))
    lapse = Promise("17(5)", onward(lapses, 2, works), lapses, lapses)
    return sorted([notice, reminder, lapse, *_visits(lived, lived.term.first.year)])


def _visits(lived: Year, since: int) -> list[Promise]:
    """The yearly visit of article 17 for calendar years from one on, as far as a sweep after the term looks ahead."""
    found, ahead = [], lived.term.last + timedelta(days=32)
    for number in range(since, ahead.year + 1):
        due = back(date(number + 1, 1, 1), 1, works)
        lead = back(due, 60, works)
        found += [Promise("17(6)", due, date(number, 12, 31), lead)] if lead <= ahead else []
    return found


# --- the quiet years --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("alias", "gold"), [(SILVER, False), (GOLD, True)])
def test_the_year_of_a_tier_is_what_was_promised_each_once(lived: Year, alias: str, gold: bool) -> None:
    rows, tasks = lived.rows(alias), tasks_of(lived.life)
    assert promised(lived.life, rows) == lived.promises(alias, gold=gold)
    assert {(row.stage, row.in_time) for row in rows} == {(CaseStage.DONE, True)}
    by_hand = [row for row in rows if row.human and row.merged_into is None and row.code != "C1"]
    assert {row.id: tasks.get(row.id) for row in rows} == {
        row.id: ["perform"] if row in by_hand else None for row in rows
    }
    assert [row for row in rows if row.done_on != row.due_on and row.code != "C1"] == []
    (plan,) = [plan for plan in lived.life.stage.rows(CarePlan) if plan.customer_no == lived.number(alias)][:1]
    assert sorted(line["key"] for line in plan.difference["added"]) == sorted(row.key for row in rows)


def test_every_message_left_once_and_nothing_else(lived: Year) -> None:
    sent = [key for key in lived.letters if key.startswith("touchpoint-")]
    owed = {f"touchpoint-{row.id}" for row in lived.life.touchpoints() if row.code in GREETINGS and row.done_at}
    assert Counter(sent) == dict.fromkeys(owed, 1)
    assert {path.stem for path in (lived.life.stage.home / "mail").glob("touchpoint-*.eml")} == owed
    granted = [key for key in lived.letters if key.startswith("membership-")]
    assert Counter(granted) == Counter(f"membership-{row.case_id}" for row in lived.life.stage.rows(Membership))


def test_no_case_and_no_task_stands_without_its_touchpoint(lived: Year) -> None:
    care = [row for row in lived.life.stage.rows(Case) if row.kind in SERVICE_KINDS]
    taken_up = {row.case_id: row for row in lived.life.touchpoints() if row.case_id}
    assert {case.id for case in care} == set(taken_up)
    assert len(care) == len(taken_up)
    open_tasks = [
        task
        for task in lived.life.stage.rows(Task)
        if task.case_id in {case.id for case in care} and task.state not in {TaskState.DONE, TaskState.CANCELLED}
    ]
    assert {taken_up[task.case_id].code for task in open_tasks} <= {"17(6)"}, "only the visit of a year that still runs"


def test_the_stages_of_a_membership_follow_the_calendar(lived: Year) -> None:
    for alias in (SILVER, GOLD):
        (row,) = lived.memberships(alias)
        stages = [MembershipStage.PENDING, MembershipStage.SERVING, MembershipStage.RE_EVALUATION]
        assert lived.life.stages[str(row.id)] == [*stages, MembershipStage.EXPIRED]
        assert row.ended_on == lived.term.last


@pytest.mark.parametrize("alias", [GOLD, REGULAR])
def test_what_article_17_owes_of_policies_and_years(lived: Year, alias: str) -> None:
    rows, tasks = lived.rows(alias, duties=True), tasks_of(lived.life)
    assert promised(lived.life, rows) == _duties(lived, alias)
    over = [row for row in rows if row.due_on <= lived.term.last]
    assert {(row.stage, row.in_time) for row in over} == {(CaseStage.DONE, True)}
    steps = {"Z07": ["accept", "handle", "confirm"]}
    assert {row.id: tasks[row.id] for row in over} == {row.id: steps.get(row.code, ["perform"]) for row in over}


# --- the tier changes in the middle of the year -----------------------------------------------------------------


@pytest.mark.parametrize(("alias", "gold"), [(RISES, True), (FALLS, False)])
def test_a_change_of_tier_keeps_cancels_and_adds_each_promise_once(lived: Year, alias: str, gold: bool) -> None:
    on = lived.rise_on if gold else lived.fall_on
    before, after = lived.promises(alias, gold=not gold), lived.promises(alias, gold=gold, from_on=on)
    kept, cancelled = _kept(before, on), [promise for promise in before if not _stays(promise, on)]
    added = [promise for promise in after if not _is_kept(lived, promise, kept, gold=gold)]
    rows = lived.rows(alias)
    assert {row.stage for row in rows} == {CaseStage.DONE, CaseStage.CANCELLED}
    live = [row for row in rows if row.stage is CaseStage.DONE]
    assert _days_of(promised(lived.life, live)) == _days_of([*kept, *added])
    assert _days_of(promised(lived.life, [row for row in rows if row not in live])) == _days_of(cancelled)
    assert {row.in_time for row in live} == {True}
    tasks = tasks_of(lived.life)
    by_hand = {row.id for row in live if row.human and row.merged_into is None and row.code != "C1"}
    assert tasks.keys() & {row.id for row in rows} == by_hand
    assert {tuple(tasks[row_id]) for row_id in by_hand} == {("perform",)}


@pytest.mark.parametrize("alias", [RISES, FALLS])
def test_a_change_of_tier_is_one_explained_difference(lived: Year, alias: str) -> None:
    plans = [plan for plan in lived.life.stage.rows(CarePlan) if plan.customer_no == lived.number(alias)]
    assert sorted(plan.cause for plan in plans) == ["granted", "tier_changed"]
    (plan,) = [plan for plan in plans if plan.cause == "tier_changed"]
    lines = [line for part in plan.difference.values() for line in part]
    assert sorted(line["key"] for line in lines) == sorted(row.key for row in lived.rows(alias))
    assert all(line["reason"] for line in lines)
    by_key = {row.key: row for row in lived.rows(alias)}
    assert {line["key"] for line in plan.difference["cancelled"]} == {
        key for key, row in by_key.items() if row.stage is CaseStage.CANCELLED
    }


def test_memberships_that_rise_and_fall_leave_one_that_counts(lived: Year) -> None:
    older, newer = lived.memberships(RISES)
    assert (older.stage, older.ended_on, older.tier) == (MembershipStage.EXPIRED, lived.rise_on, Tier.SILVER)
    assert (newer.stage, newer.ended_on, newer.tier) == (MembershipStage.EXPIRED, lived.term.last, Tier.GOLD)
    (fallen,) = lived.memberships(FALLS)
    assert (fallen.stage, fallen.ended_on, fallen.tier) == (MembershipStage.EXPIRED, lived.term.last, Tier.SILVER)
    assert MembershipStage.DOWNGRADE_BUFFER in lived.life.stages[str(fallen.id)]


Day = tuple[str, date, str]


def _days_of(promises: Iterable[Promise]) -> list[Day]:
    return sorted((promise.code, promise.planned_on, promise.person) for promise in promises)


def _kept(before: Iterable[Promise], on: date) -> list[Promise]:
    return [promise for promise in before if _stays(promise, on)]


def _stays(promise: Promise, on: date) -> bool:
    """Done or in hand by the change, or promised to either tier as often."""
    same = {row.code for row in TABLE if row.silver == row.gold} | GREETINGS
    begun = promise.due_on < on or (promise.human and promise.lead_on < on)
    return begun or promise.code in same


def _is_kept(lived: Year, wish: Promise, kept: list[Promise], *, gold: bool) -> bool:
    """Whether something that stays fulfils a wish of the new tier: in the same part, for the same person."""
    often = {row.code: row.gold if gold else row.silver for row in TABLE}.get(wish.code)
    if often is None:
        return any(promise.code == wish.code and promise.planned_on == wish.planned_on for promise in kept)
    (part,) = [part for part in parts_of(often, lived.term) if wish.planned_on in part]
    return any((stays.code, stays.person) == (wish.code, wish.person) and stays.due_on in part for stays in kept)
