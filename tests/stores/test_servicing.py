"""Green-channel requests in the records: opened once, each act once, asked again by the tables, seen across regions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.handing import Target
from models.messages.service import RecordServiceStep, ServiceRecorded
from models.messages.service_acts import (
    AcceptService,
    AssignService,
    CancelService,
    CompleteService,
    ConfirmService,
    PauseService,
)
from models.service_types import GreenService
from models.services import audit
from models.services.approval.diverged import RecordDivergedError
from models.services.notifications import sending
from models.services.servicing import confirmation, steps
from models.stores.audit import AuditStore
from models.stores.cases import CaseFilter, CaseStore
from models.stores.scope import Scope
from models.stores.services import ServiceStore
from models.stores.tasks import TaskStore
from models.tables.book import Contact
from models.tables.cases import Case, Decision, Task
from models.tables.desk import StandIn
from models.tables.messages import Notification
from models.tables.organisation import Account, Post
from models.tables.service import ConfirmationLink, GreenChannelRecord
from models.types import ContactKind, Door, Outcome, PauseReason, Role, Stage, TaskState, Tier
from tests.support import serving, world
from tests.support.serving import COUNTER, RECEIVED, Served, counter, customer, opened, request
from tests.support.telling import deliveries
from tests.support.world import SILVER, World

RACERS, THREADS = 50, 8
HOUR = timedelta(hours=1)
SECRET_WORDS = "客户说他的电话是13900001111"


@pytest.fixture
def insurer(database: Database) -> World:
    """The small insurer with somebody at the counter of its branch."""
    return serving.with_counter(world.build(database))


def _case(session: Session, found: Served) -> Case:
    case = session.get(Case, found.state.case_id)
    assert case is not None
    return case


def _form(found: Served) -> GreenChannelRecord:
    with found.world.database.read() as session:
        row = ServiceStore(session).green_channel(found.state.case_id)
        assert row is not None
        return row


def _task(found: Served) -> Task:
    with found.world.database.read() as session:
        row = TaskStore(session).get(found.state.tasks[0].task_id)
        assert row is not None
        return row


def _refused(code: ErrorCode, do: Any) -> dict[str, Any]:
    with pytest.raises(DomainError) as caught:
        do()
    assert caught.value.code is code
    return caught.value.context


def test_an_intake_is_a_case_with_its_form_its_task_and_the_promise_of_its_tier(insurer: World) -> None:
    with insurer.database.write() as session:
        serving.make_vip(session, insurer, SILVER, Tier.SILVER)
    found = opened(insurer, request(insurer, comment=SECRET_WORDS))
    form, task = _form(found), _task(found)
    assert (form.record_no, form.code, form.limit_value) == ("GC-BJ-2026-00001", "Z04", 5)
    assert form.due_at == task.due_at == datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
    assert (task.step, task.role, task.institution_code, task.state) == ("accept", Role.BR_CTR, "BJ", TaskState.OPEN)
    with insurer.database.read() as session:
        case = _case(session, found)
        assert (case.stage, case.tier, case.institution_code) == (Stage.RECEIVED, Tier.SILVER, "BJ")
        assert case.open_key is not None
        assert [row.act for row in CaseStore(session).decisions(case.id)] == ["open"]
        entries = [entry for entry in AuditStore(session).all() if entry.object_id == str(case.id)]
        assert [entry.action for entry in entries] == ["open"]
        assert SECRET_WORDS not in str([entry.model_dump() for entry in entries])


def test_the_same_workflow_opens_the_same_case_and_a_second_one_is_refused_with_the_first(insurer: World) -> None:
    start = request(insurer, reference_no="CL-1")
    first = serving.record(insurer, start)
    assert serving.record(insurer, start, RECEIVED + HOUR).state == first.state
    again = _refused(ErrorCode.DUPLICATE_CASE, lambda: opened(insurer, request(insurer, reference_no="CL-1")))
    assert again["case_id"] == str(first.state.case_id)
    other = opened(insurer, request(insurer, reference_no="CL-1", service=GreenService.ISSUE))
    assert _form(other).record_no == "GC-BJ-2026-00002"


def test_a_reference_may_come_again_once_its_case_is_over_however_long_it_is(insurer: World) -> None:
    reference = "保全申请" + "9" * 60
    first = opened(insurer, request(insurer, reference_no=reference))
    _refused(ErrorCode.DUPLICATE_CASE, lambda: opened(insurer, request(insurer, reference_no=reference)))
    first.act(CancelService, RECEIVED + HOUR, **counter(insurer), comment="重复登记")
    assert opened(insurer, request(insurer, reference_no=reference)).state.stage is Stage.RECEIVED


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"customer_no": "C9999999"}, ErrorCode.NOT_FOUND),
        ({"institution_code": "XX"}, ErrorCode.NOT_FOUND),
        ({"service": GreenService.VISIT}, ErrorCode.NOT_ELIGIBLE),
        ({"service": GreenService.RENEWAL}, ErrorCode.INVALID_INPUT),
        ({"service": GreenService.RENEWAL, "policy_no": "somebody else's"}, ErrorCode.INVALID_INPUT),
        ({"posts": ()}, ErrorCode.NOT_ALLOWED),
    ],
)
def test_what_forbids_an_intake_leaves_nothing_behind(insurer: World, changed: dict[str, Any], code: ErrorCode) -> None:
    _refused(code, lambda: opened(insurer, request(insurer, **changed)))
    with insurer.database.read() as session:
        assert session.exec(select(Case)).all() == []


def test_a_pause_stops_the_task_s_clock_and_the_form_names_the_handler(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    found.act(AcceptService, RECEIVED + HOUR, **counter(insurer))
    found.act(PauseService, RECEIVED + 2 * HOUR, **counter(insurer), reason=PauseReason.WAITING_FOR_CUSTOMER)
    with insurer.database.read() as session:
        assert _case(session, found).stage is Stage.PAUSED
    assert _task(found).paused_since == RECEIVED + 2 * HOUR
    assert found.state.handler_name == _form(found).handler_name == "何柜面"


def test_finished_late_needs_its_reason_and_the_form_says_so(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    found.act(AcceptService, RECEIVED + HOUR, **counter(insurer))
    late = RECEIVED + timedelta(days=30)
    finish: dict[str, Any] = {**counter(insurer), "result": SECRET_WORDS}
    _refused(ErrorCode.LATE_REASON_REQUIRED, lambda: found.act(CompleteService, late, **finish))
    found.act(CompleteService, late, **finish, late_reason="等鉴定")
    found.act(ConfirmService, late + HOUR, **counter(insurer), proof="签字单")
    form = _form(found)
    assert (form.in_time, form.late_reason, form.result, form.satisfied) == (False, "等鉴定", SECRET_WORDS, True)
    assert form.finished_at == late
    with insurer.database.read() as session:
        case = _case(session, found)
        assert (case.stage, case.outcome, case.open_key) == (Stage.CLOSED, Outcome.COMPLETED, None)
        tasks = session.exec(select(Task).where(Task.case_id == case.id).order_by(col(Task.opened_at))).all()
        assert [(task.step, task.state) for task in tasks] == [
            ("accept", TaskState.DONE),
            ("handle", TaskState.DONE),
            ("confirm", TaskState.DONE),
        ]
        assert {task.closed_by for task in tasks} == {insurer.accounts[COUNTER]}
        assert audit.verify(AuditStore(session).all()).broken_at is None
        assert SECRET_WORDS not in str([entry.model_dump() for entry in AuditStore(session).all()])


def test_a_redelivered_step_changes_nothing_and_another_s_gets_what_stands(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    before = found.state
    first = found.message(AcceptService, RECEIVED + HOUR, **counter(insurer))
    other = found.message(AcceptService, RECEIVED + HOUR, **counter(insurer))
    recorded = _record(insurer, first)
    assert _record(insurer, first) == recorded
    adopted = _record(insurer, other)
    assert (adopted.adopted, adopted.state, adopted.update_id) == (True, recorded.state, first.act.update_id)
    with insurer.database.read() as session:
        assert len(session.exec(select(Decision)).all()) == 2
        assert _case(session, found).version == before.version + 1


def _record(insurer: World, message: RecordServiceStep) -> ServiceRecorded:
    with insurer.database.write() as session:
        return steps.record_step(session, message)


def test_a_record_ahead_of_its_workflow_is_an_incident(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    message = found.message(AcceptService, RECEIVED, **counter(insurer))
    with insurer.database.write() as session:
        case = _case(session, found)
        case.version += 1
        session.add(case)
    with pytest.raises(RecordDivergedError):
        _record(insurer, message)


def test_fifty_who_accept_at_once_have_one_winner(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    messages = [found.message(AcceptService, RECEIVED + HOUR, **counter(insurer)) for _ in range(RACERS)]
    together = Barrier(THREADS)

    def race(number: int) -> bool:
        if number < THREADS:
            together.wait()
        while True:
            try:
                return _record(insurer, messages[number]).adopted
            except OperationalError:  # SQLite serves waiting writers in no order; the engine delivers again
                continue

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(race, range(RACERS)))
    assert (results.count(False), results.count(True)) == (1, RACERS - 1)
    with insurer.database.read() as session:
        assert len(session.exec(select(Decision)).all()) == 2
        assert len(session.exec(select(Task)).all()) == 2


def test_a_post_that_was_withdrawn_and_a_person_who_left_act_no_more(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    accept = found.message(AcceptService, RECEIVED + HOUR, **counter(insurer))
    with insurer.database.write() as session:
        post = session.exec(select(Post).where(Post.account_id == insurer.accounts[COUNTER])).one()
        session.delete(post)
    _refused(ErrorCode.NOT_YOUR_TASK, lambda: _record(insurer, accept))
    with insurer.database.write() as session:
        session.add(Post(account_id=insurer.accounts[COUNTER], role=Role.BR_CTR, institution_code="BJ"))
        account = session.get(Account, insurer.accounts[COUNTER])
        assert account is not None
        account.disabled_at = RECEIVED
        session.add(account)
    _refused(ErrorCode.NOT_YOUR_TASK, lambda: _record(insurer, accept))
    with insurer.database.read() as session:
        assert _case(session, found).stage is Stage.RECEIVED


def test_a_claim_keeps_colleagues_away_but_not_the_lead(insurer: World) -> None:
    serving.with_counter(insurer, "ctr2", "许柜面")
    found = opened(insurer, request(insurer))
    with insurer.database.write() as session:
        task = TaskStore(session).get(found.state.tasks[0].task_id)
        assert task is not None
        task.state, task.assignee_id, task.claimed_at = TaskState.CLAIMED, insurer.accounts["ctr2"], RECEIVED
        session.add(task)
    accept = found.message(AcceptService, RECEIVED + HOUR, **counter(insurer))
    assert _refused(ErrorCode.ALREADY_CLAIMED, lambda: _record(insurer, accept))["who"] == "许柜面"
    lead = serving.actor(insurer, "lead", (Role.BR_LEAD, "BJ"))
    to = Target(account_id=insurer.accounts[COUNTER], name="何柜面", authorised=True)
    found.act(AssignService, RECEIVED + HOUR, **lead, to=to)
    assert found.state.handler_id == _task(found).assignee_id == insurer.accounts[COUNTER]


def test_nobody_is_given_a_request_who_may_not_work_on_it(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    lead = serving.actor(insurer, "lead", (Role.BR_LEAD, "BJ"))
    to = Target(account_id=insurer.accounts["sh-lead"], name="郑华", authorised=True)
    _refused(
        ErrorCode.BAD_TRANSFER_TARGET,
        lambda: found.act(AssignService, RECEIVED + HOUR, **lead, to=to),
    )


def test_a_stand_in_accepts_for_the_counter_even_what_it_took_in_itself(insurer: World) -> None:
    taker = serving.actor(insurer, "svc", (Role.BR_SVC, "BJ"))
    found = opened(insurer, request(insurer, **taker))
    acting = {**taker, "on_behalf_of": insurer.accounts[COUNTER], "on_behalf_of_name": "何柜面"}
    acting |= {"door": Door.STAND_IN, "posts": counter(insurer)["posts"]}
    accept = found.message(AcceptService, RECEIVED + HOUR, **acting)
    _refused(ErrorCode.NOT_YOUR_TASK, lambda: _record(insurer, accept))
    with insurer.database.write() as session:
        session.add(
            StandIn(
                principal_id=insurer.accounts[COUNTER],
                stand_in_id=insurer.accounts["svc"],
                starts_at=RECEIVED - HOUR,
                ends_at=RECEIVED + 8 * HOUR,
                created_by=insurer.accounts[COUNTER],
                created_at=RECEIVED - HOUR,
            )
        )
    assert _record(insurer, accept).state.handler_id == insurer.accounts[COUNTER]
    with insurer.database.read() as session:
        row = CaseStore(session).decisions(found.state.case_id)[-1]
        assert (row.actor_id, row.on_behalf_of) == (insurer.accounts["svc"], insurer.accounts[COUNTER])


def _finished(insurer: World, **more: Any) -> Served:
    found = opened(insurer, request(insurer, **more))
    found.act(AcceptService, RECEIVED + HOUR, **counter(insurer))
    found.act(CompleteService, RECEIVED + 2 * HOUR, **counter(insurer), result="已赔付")
    return found


def test_the_customer_confirms_once_by_its_link_and_nobody_s_account_stands_behind_it(insurer: World) -> None:
    found = _finished(insurer)
    secret = confirmation.secret_of(found.state)
    at = RECEIVED + 3 * HOUR
    with insurer.database.read() as session:
        assert confirmation.usable(session, secret, at).case.id == found.state.case_id
    confirm = found.message(ConfirmService, at, **customer(), comment="谢谢")
    _record(insurer, confirm)
    form = _form(found)
    assert (form.confirmed_by, form.satisfied, form.confirmation) == ("customer:link", True, "谢谢")
    with insurer.database.read() as session:
        row = CaseStore(session).decisions(found.state.case_id)[-1]
        assert (row.actor_id, row.actor_name, row.door) == (None, "customer:link", Door.LINK)
        assert [link.used_at for link in session.exec(select(ConfirmationLink))] == [at]
        _refused(ErrorCode.LINK_USED_OR_EXPIRED, lambda: confirmation.usable(session, secret, at))
        assert session.exec(select(Task).where(Task.step == "confirm")).one().closed_by is None


def test_an_expired_link_confirms_nothing(insurer: World) -> None:
    found = _finished(insurer)
    late = found.message(ConfirmService, RECEIVED + timedelta(days=30), **customer())
    _refused(ErrorCode.LINK_USED_OR_EXPIRED, lambda: _record(insurer, late))
    with insurer.database.read() as session:
        assert _case(session, found).stage is Stage.AWAITING_CONFIRMATION


def test_sent_back_by_the_customer_it_is_handled_again_and_the_next_link_is_another_one(insurer: World) -> None:
    found = _finished(insurer)
    first = confirmation.secret_of(found.state)
    found.act(ConfirmService, RECEIVED + 3 * HOUR, **customer(), satisfied=False)
    assert (found.state.stage, _form(found).finished_at, _form(found).satisfied) == (Stage.HANDLING, None, False)
    found.act(CompleteService, RECEIVED + 4 * HOUR, **counter(insurer), result="补赔")
    assert confirmation.secret_of(found.state) != first
    with insurer.database.read() as session:
        _refused(ErrorCode.LINK_USED_OR_EXPIRED, lambda: confirmation.usable(session, first, RECEIVED + 4 * HOUR))


def _handler(session: Session, customer_no: str, *, consent: bool = True, name: str = "经办") -> Contact:
    row = Contact(
        customer_no=customer_no,
        kind=ContactKind.HANDLER,
        name=name,
        name_index=name,
        email=f"{name}@example.com",
        consent=consent,
    )
    session.add(row)
    session.flush()
    return row


def test_the_letter_with_the_link_goes_to_whoever_asked_once_and_only_while_it_is_awaited(insurer: World) -> None:
    with insurer.database.write() as session:
        asked = _handler(session, SILVER, name="jingban").id
        _handler(session, SILVER, name="other")
    found = _finished(insurer, contact_id=asked)
    at = RECEIVED + 2 * HOUR
    with insurer.database.write() as session:
        (way,) = [row for row in deliveries(session) if _is_letter(session, row.notification_id)]
        prepared = sending.prepare(session, [way.id], "https://vip.example.com", at)
    assert prepared.message is not None
    assert prepared.message.to == ("jingban@example.com",)  # type: ignore[union-attr]
    assert f"https://vip.example.com/c/{confirmation.secret_of(found.state)}" in prepared.message.body
    found.act(ConfirmService, at + HOUR, **counter(insurer), proof="签字单")
    with insurer.database.write() as session:
        assert sending.prepare(session, [way.id], "https://vip.example.com", at).dropped == (way.id,)


def _is_letter(session: Session, notification_id: Any) -> bool:
    note = session.get(Notification, notification_id)
    return note is not None and note.template == "service_confirm_request"


def test_nobody_is_written_to_without_consent_or_after_leaving(insurer: World) -> None:
    with insurer.database.write() as session:
        _handler(session, SILVER, consent=False)
        gone = _handler(session, SILVER, name="left")
        gone.left_on = RECEIVED.date()
        session.add(gone)
    _finished(insurer)
    with insurer.database.read() as session:
        assert [note for note in session.exec(select(Notification)) if note.customer_no is not None] == []


def test_what_comes_in_elsewhere_is_served_there_and_seen_by_the_owner_too(insurer: World) -> None:
    serving.with_counter(insurer, "sh-ctr", "沈柜面", "SH")
    taker = serving.actor(insurer, "sh-ctr", (Role.BR_CTR, "SH"))
    found = opened(insurer, request(insurer, **taker, institution_code="SH"))
    assert (found.state.institution_code, _form(found).institution_code) == ("SH", "SH")
    with insurer.database.read() as session:
        store = CaseStore(session)
        for path, seen in (("/HQ/SH/", True), ("/HQ/BJ/BJ01/", True), ("/HQ/", True), ("/HQ/GD/", False)):
            scope = Scope((path,))
            assert (store.in_scope(found.state.case_id, scope) is not None) is seen
            listed = store.page(scope, CaseFilter(customer_no=SILVER), after=None, limit=5)
            assert (found.state.case_id in {case.id for case in listed}) is seen


@pytest.mark.parametrize(
    ("institution", "service", "queue"),
    [
        ("BJ01", GreenService.CLAIM, (Role.BR_CTR, "BJ")),
        ("BJ", GreenService.CLAIM, (Role.BR_CTR, "BJ")),
        ("SH", GreenService.CLAIM, (Role.BR_LEAD, "SH")),
        ("HQ", GreenService.CLAIM, (Role.OPS, "HQ")),
        ("BJ01", GreenService.RENEWAL, (Role.MGR, "BJ01")),
    ],
)
def test_it_waits_at_the_nearest_post_else_with_the_lead_else_with_operations(
    insurer: World, institution: str, service: GreenService, queue: tuple[Role, str]
) -> None:
    policy = f"{SILVER}-2025" if service is GreenService.RENEWAL else None
    found = opened(insurer, request(insurer, institution_code=institution, service=service, policy_no=policy))
    task, form = _task(found), _form(found)
    assert (task.role, task.institution_code) == queue
    renewed = ("months_before", 2) if service is GreenService.RENEWAL else ("working_days", 7)
    assert (form.limit_unit, form.limit_value) == renewed
    with insurer.database.read() as session:
        told = {note.template for note in session.exec(select(Notification))}
    assert ("nobody_to_act" in told) is (queue[0] is Role.OPS)
