"""Sheets on both databases: one per invitation, its follow-up with it; results against a plain count of every sheet."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.survey import SurveyOrder
from models.messages.sweep import SweepOrder
from models.rules.calendar import local_date
from models.service_types import SurveyChannel, SurveyStage
from models.services.calendars import snapshot
from models.services.duties.starting import starts_due
from models.services.rulebooks import rulebook_in_force
from models.services.survey import inviting, links
from models.services.survey.results import results
from models.stores.audit import AuditStore
from models.stores.scope import EVERYTHING, Scope
from models.stores.service_counts import ServiceCounts
from models.stores.survey import SurveyStore, together
from models.tables.book import Contact
from models.tables.care import Touchpoint
from models.tables.messages import Notification
from models.tables.survey import SurveyCampaign, SurveyInvitation, SurveySheet
from models.types import Role, Stage, Tier
from tests.support import survey_oracle as oracle
from tests.support import surveys, world
from tests.support.moment import now

LOW = surveys.ALL_FIVES | {"3": "2"}


@pytest.fixture
def asked(database: Database) -> tuple[Database, UUID, list[UUID]]:
    """An open campaign of three respondents, and their invitations."""
    people = world.build(database)
    with database.write() as session:
        surveys.members(session, people)
        campaign = surveys.opened(session, people)
        return database, campaign.id, [row.id for row in surveys.invitations(session, campaign.id)]


def _do(database: Database, what: Callable[[Session], object]) -> None:
    with database.write() as session:
        what(session)


def test_whom_a_campaign_asks(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, campaign_id, ids = asked
    with database.read() as session:
        rows = surveys.invitations(session, campaign_id)
    assert [(row.customer_no, row.tier, row.channel) for row in rows] == [
        (world.GOLD, Tier.GOLD, SurveyChannel.MAIL),
        (world.GOLD, Tier.GOLD, SurveyChannel.QR),  # without consent nobody is written to
        (world.SILVER, Tier.SILVER, SurveyChannel.MAIL),
    ]
    assert [row.token_hash for row in rows] == [links.hash_of(row_id) for row_id in ids]
    assert [row.sent_at is not None for row in rows] == [True, False, True]


def test_asked_again_nobody_is_asked_twice(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, campaign_id, ids = asked
    for round_ in ("ask", "invite"):
        order = SurveyOrder.model_validate({"campaign_id": campaign_id, "round": round_, "at": now()})
        with database.write() as session:
            claims = inviting.claim(session, order, surveys.BASE)
        assert (claims.ready, claims.invited, claims.after) == ((), 0, None)
    with database.read() as session:
        assert [row.id for row in surveys.invitations(session, campaign_id)] == ids


def test_who_has_left_or_changed_his_mind_is_not_reminded(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, campaign_id, ids = asked

    def change(session: Session) -> None:
        surveys.answered(session, ids[2])
        row = session.get(SurveyInvitation, ids[0])
        contact = session.get(Contact, row.contact_id) if row else None
        assert contact is not None
        contact.consent = False
        session.add(contact)

    _do(database, change)
    with database.write() as session:
        order = SurveyOrder(campaign_id=campaign_id, round="remind", at=now())
        assert inviting.claim(session, order, surveys.BASE).ready == ()


def test_letters_that_were_broken_off_refused_or_held_back(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, campaign_id, ids = asked
    order = SurveyOrder(campaign_id=campaign_id, round="remind", at=now())
    with database.write() as session:
        ready = inviting.claim(session, order, surveys.BASE).ready
        assert {one.invitation_id for one in ready} == {ids[0], ids[2]}
        first, second = sorted(ready, key=lambda one: ids.index(one.invitation_id))
        inviting.settle(session, [(first, "again"), (second, "unconfirmed")], order)
    with database.write() as session:
        again = inviting.claim(session, order, surveys.BASE).ready
        assert [one.letter for one in again] == [first.letter]  # what broke off is never sent again
        inviting.settle(session, [(again[0], "refused")], order)
        row = session.get(SurveyInvitation, ids[0])
        assert row is not None
        assert (row.channel, row.reminded_at) == (SurveyChannel.QR, None)
    with database.read() as session:
        assert session.exec(select(Notification)).all() == []  # letters with links in them are kept nowhere


def test_a_sheet_is_recorded_once(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, _campaign_id, ids = asked
    with database.write() as session:
        first = surveys.answered(session, ids[0], improvement="理赔太慢")
    with database.write() as session:
        second = surveys.answered(session, ids[0], {"1": "1"})
    assert (first.adopted, second.adopted) == (False, True)
    with database.read() as session:
        (sheet,) = session.exec(select(SurveySheet)).all()
        assert (sheet.score, sheet.is_valid, sheet.low, sheet.improvement) == (Decimal(100), True, False, "理赔太慢")
        assert session.exec(select(Touchpoint)).all() == []
        (entry,) = [row for row in AuditStore(session).all() if row.action == "survey.answered"]
        assert entry.actor == "customer:link"
        raw = session.execute(text("SELECT improvement FROM survey_sheet")).scalar_one()
    assert "理赔太慢".encode() not in bytes(raw)


def test_two_answers_at_the_same_moment_are_one(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, _campaign_id, ids = asked
    start, found = Barrier(2), []

    def answer() -> None:
        start.wait()
        with database.write() as session:
            found.append(surveys.answered(session, ids[0], LOW))

    threads = [Thread(target=answer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.adopted for one in found) == [False, True]
    with database.read() as session:
        assert len(session.exec(select(SurveySheet)).all()) == 1
        assert len(session.exec(select(Touchpoint)).all()) == 1


def test_a_low_answer_opens_a_follow_up_that_the_sweep_finds(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, _campaign_id, ids = asked
    with database.write() as session:
        sheet = surveys.answered(session, ids[0], LOW).sheet
    with database.write() as session:
        (row,) = session.exec(select(Touchpoint)).all()
        day = local_date(now())
        assert row.due_on == _third_working_day(session, now())
        assert (row.id, row.code, row.role, row.institution_code) == (sheet.follow_up_id, "Z19", Role.BR_SVC, "BJ")
        assert (row.stage, row.human, row.lead_on) == (Stage.PLANNED, True, day)
        starts, _after = starts_due(
            session, SweepOrder(institution_code="BJ", day=day, at=now(), limit=50, per_second=20)
        )
        assert [start.case_id for start in starts] == [row.id]


def _third_working_day(session: Session, at: datetime) -> object:
    """Counted by hand: after office hours or on a day off the clock starts on the next working day."""
    day = local_date(at)
    calendar = snapshot(session, rulebook_in_force(session, day).rulebook.working_time, day)
    local = at.astimezone(UTC) + timedelta(hours=8)
    off = day in calendar.holiday_set or (day.weekday() >= 5 and day not in calendar.make_up_set)
    closing = 12 * 60 if day in calendar.half_day_set else 17 * 60 + 30
    steps = 3 if not off and local.hour * 60 + local.minute < closing else 4
    while steps:
        day += timedelta(days=1)
        off = day in calendar.holiday_set or (day.weekday() >= 5 and day not in calendar.make_up_set)
        steps -= not off
    return day


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (lambda row: setattr(row, "stage", SurveyStage.CLOSED), ErrorCode.WRONG_STAGE),
        (lambda row: setattr(row, "closes_at", now() - timedelta(seconds=1)), ErrorCode.WRONG_STAGE),
    ],
)
def test_a_late_answer_is_refused(
    asked: tuple[Database, UUID, list[UUID]], change: Callable[[SurveyCampaign], None], refused: ErrorCode
) -> None:
    database, campaign_id, ids = asked

    def late(session: Session) -> None:
        row = session.get(SurveyCampaign, campaign_id)
        assert row is not None
        change(row)
        session.add(row)

    _do(database, late)
    with pytest.raises(DomainError) as error, database.write() as session:
        surveys.answered(session, ids[0])
    assert error.value.code is refused
    with database.read() as session:
        assert session.exec(select(SurveySheet)).all() == []


def test_everything_that_is_wrong_is_named_at_once(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, _campaign_id, ids = asked
    with pytest.raises(DomainError) as error, database.write() as session:
        surveys.answered(session, ids[0], {"1": "9", "13": "x"}, improvement="长" * 2001)
    assert [entry["field"] for entry in error.value.context["errors"]] == ["q1", "q13", "q14"]


def _many(session: Session, campaign_id: UUID, chance: Random) -> list[tuple[str, Tier, dict[str, str]]]:
    """Sheets of made-up respondents in two branches; what each answered."""
    given = []
    for number in range(60):
        place, tier = chance.choice(("BJ01", "BJ", "SH")), chance.choice((Tier.GOLD, Tier.SILVER))
        row = SurveyInvitation(
            campaign_id=campaign_id,
            customer_no=chance.choice((world.GOLD, world.SILVER, world.BRANCH_OWNED)),
            institution_code=place,
            tier=tier,
            key=f"k{number}",
            channel=SurveyChannel.QR,
            token_hash=f"h{number}",
            invited_on=local_date(now()),
        )
        session.add(row)
        session.flush()
        row.token_hash = links.hash_of(row.id)
        session.add(row)
        session.flush()
        if chance.random() < 0.8:
            values = ("5", "4", "3", "2", "1", "not_applicable")
            answers = {str(q): chance.choice(values) for q in range(1, 12) if chance.random() < 0.9}
            answers["13"] = str(chance.randrange(11))
            surveys.answered(session, row.id, answers)
            given.append((place, tier, answers))
    return given


def test_results_are_what_a_plain_count_says(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, campaign_id, _ids = asked
    with database.write() as session:
        given = _many(session, campaign_id, Random(7))
    valid = [one for one in given if oracle.is_valid(_typed(one[2]))]
    with database.read() as session:
        campaign = session.get(SurveyCampaign, campaign_id)
        assert campaign is not None
        rules = rulebook_in_force(session, local_date(now())).rulebook.survey
        found = results(session, campaign, EVERYTHING, rules)
        branch = results(session, campaign, Scope(("/HQ/BJ/",)), rules)
        served = SurveyStore(session).by_institution(EVERYTHING, local_date(now()), local_date(now()))
    assert (found.total.sent, found.total.returned, found.total.valid) == (63, len(given), len(valid))
    assert found.total.mean == _mean(valid)
    assert {group.key: group.mean for group in found.by_branch} == {
        "BJ": _mean([one for one in valid if one[0] != "SH"]),
        "SH": _mean([one for one in valid if one[0] == "SH"]),
    }
    assert {group.key: group.mean for group in found.by_tier} == {
        tier.value: _mean([one for one in valid if one[1] is tier]) for tier in (Tier.GOLD, Tier.SILVER)
    }
    for result in found.by_question:
        scores = [
            20 * int(one[2][n]) for one in valid if one[2].get(n := str(result.question.number), "n")[0].isdigit()
        ]
        assert (result.answered, result.mean) == (len(scores), oracle.shown(Fraction(sum(scores), len(scores)), "0.01"))
    assert found.nps == oracle.shown(oracle.net_promoters([int(one[2]["13"]) for one in valid]), "0.1")
    assert found.low == sum(oracle.calls_for_help(_typed(one[2])) for one in given)
    assert branch.total.returned == sum(one[0] != "SH" for one in given)
    assert [group.key for group in branch.by_branch] == ["BJ"]
    everything = together(list(served.values()))
    assert (everything.sent, everything.returned, everything.valid) == (63, len(given), len(valid))
    assert everything.mean is not None
    assert everything.mean.quantize(Decimal("0.01")) == _mean(valid)
    assert {key: (one.sent, one.valid) for key, one in served.items()}.keys() == {"BJ", "BJ01", "SH"}


def _typed(answers: dict[str, str]) -> dict[int, int | str]:
    return {int(n): int(value) if value.isdigit() else value for n, value in answers.items()}


def _mean(sheets: list[tuple[str, Tier, dict[str, str]]]) -> Decimal | None:
    scores = [oracle.shown(oracle.score(_typed(one[2])), "0.01") for one in sheets]
    total = sum((Fraction(score) for score in scores if score is not None), Fraction(0))
    return oracle.shown(total / len(scores), "0.01")


def test_a_handful_of_sheets_says_nothing(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, campaign_id, ids = asked
    with database.write() as session:
        for row_id in ids:
            surveys.answered(session, row_id)
        campaign = session.get(SurveyCampaign, campaign_id)
        assert campaign is not None
        rules = rulebook_in_force(session, local_date(now())).rulebook.survey
        found = results(session, campaign, EVERYTHING, rules)
    assert (found.total.valid, found.total.mean, found.nps) == (3, None, None)
    assert found.total.rate == Decimal(1)


def test_a_survey_counts_once_for_its_customer(asked: tuple[Database, UUID, list[UUID]]) -> None:
    database, campaign_id, ids = asked
    day = local_date(now())

    def counts(customer_no: str) -> tuple[int, int, int, int]:
        with database.read() as session:
            found = ServiceCounts(session, day, day, customer_no=customer_no).by_code(now())
        kept = found.get(("Z19", "survey"))
        return (kept.due, kept.done, kept.open, kept.missed) if kept else (0, 0, 0, 0)

    assert counts(world.GOLD) == (1, 0, 1, 0)  # two are asked, one survey is owed
    _do(database, lambda session: surveys.answered(session, ids[1], LOW))
    assert counts(world.GOLD) == (1, 1, 0, 0)  # the follow-up is no survey

    def close(session: Session) -> None:
        row = session.get(SurveyCampaign, campaign_id)
        assert row is not None
        row.stage = SurveyStage.CLOSED
        session.add(row)

    _do(database, close)
    assert counts(world.SILVER) == (1, 0, 0, 1)
    assert counts(world.BRANCH_OWNED) == (0, 0, 0, 0)
