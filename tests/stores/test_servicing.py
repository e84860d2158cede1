"""Green-channel requests in the records: opened once, each act once, late with its reason, seen across regions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from models.database import Database
from models.errors import ErrorCode
from models.messages.service_acts import (
    AcceptService,
    CancelService,
    CompleteService,
    ConfirmService,
    PauseService,
)
from models.service_types import GreenService
from models.services import audit
from models.stores.audit import AuditStore
from models.stores.cases import CaseFilter, CaseStore
from models.stores.scope import Scope
from models.tables.cases import Case, Task
from models.tables.messages import Notification
from models.types import Outcome, PauseReason, Role, Stage, TaskState, Tier
from tests.support import serving, world
from tests.support.served_rows import HOUR, case_of, form_of, refused, task_of
from tests.support.serving import COUNTER, RECEIVED, counter, opened, request
from tests.support.world import SILVER, World

SECRET_WORDS = "客户说他的电话是13900001111"


@pytest.fixture
def insurer(database: Database) -> World:
    """The small insurer with somebody at the counter of its branch."""
    return serving.with_counter(world.build(database))


def test_an_intake_is_a_case_with_its_form_its_task_and_the_promise_of_its_tier(insurer: World) -> None:
    with insurer.database.write() as session:
        serving.make_vip(session, insurer, SILVER, Tier.SILVER)
    found = opened(insurer, request(insurer, comment=SECRET_WORDS))
    form, task = form_of(found), task_of(found)
    assert (form.record_no, form.code, form.limit_value) == ("GC-BJ-2026-00001", "Z04", 5)
    assert form.due_at == task.due_at == datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
    assert (task.step, task.role, task.institution_code, task.state) == ("accept", Role.BR_CTR, "BJ", TaskState.OPEN)
    with insurer.database.read() as session:
        case = case_of(session, found)
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
    again = refused(ErrorCode.DUPLICATE_CASE, lambda: opened(insurer, request(insurer, reference_no="CL-1")))
    assert again["case_id"] == str(first.state.case_id)
    other = opened(insurer, request(insurer, reference_no="CL-1", service=GreenService.ISSUE))
    assert form_of(other).record_no == "GC-BJ-2026-00002"


def test_a_reference_may_come_again_once_its_case_is_over_however_long_it_is(insurer: World) -> None:
    reference = "保全申请" + "9" * 60
    first = opened(insurer, request(insurer, reference_no=reference))
    refused(ErrorCode.DUPLICATE_CASE, lambda: opened(insurer, request(insurer, reference_no=reference)))
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
    refused(code, lambda: opened(insurer, request(insurer, **changed)))
    with insurer.database.read() as session:
        assert session.exec(select(Case)).all() == []


def test_a_pause_stops_the_task_s_clock_and_the_form_names_the_handler(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    found.act(AcceptService, RECEIVED + HOUR, **counter(insurer))
    found.act(PauseService, RECEIVED + 2 * HOUR, **counter(insurer), reason=PauseReason.WAITING_FOR_CUSTOMER)
    with insurer.database.read() as session:
        assert case_of(session, found).stage is Stage.PAUSED
    assert task_of(found).paused_since == RECEIVED + 2 * HOUR
    assert found.state.handler_name == form_of(found).handler_name == "何柜面"


def test_finished_late_needs_its_reason_and_the_form_says_so(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    found.act(AcceptService, RECEIVED + HOUR, **counter(insurer))
    late = RECEIVED + timedelta(days=30)
    finish: dict[str, Any] = {**counter(insurer), "result": SECRET_WORDS}
    refused(ErrorCode.LATE_REASON_REQUIRED, lambda: found.act(CompleteService, late, **finish))
    found.act(CompleteService, late, **finish, late_reason="等鉴定")
    found.act(ConfirmService, late + HOUR, **counter(insurer), proof="签字单")
    form = form_of(found)
    assert (form.in_time, form.late_reason, form.result, form.satisfied) == (False, "等鉴定", SECRET_WORDS, True)
    assert form.finished_at == late
    with insurer.database.read() as session:
        case = case_of(session, found)
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


def test_what_comes_in_elsewhere_is_served_there_and_seen_by_the_owner_too(insurer: World) -> None:
    serving.with_counter(insurer, "sh-ctr", "沈柜面", "SH")
    taker = serving.actor(insurer, "sh-ctr", (Role.BR_CTR, "SH"))
    found = opened(insurer, request(insurer, **taker, institution_code="SH"))
    assert (found.state.institution_code, form_of(found).institution_code) == ("SH", "SH")
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
    task, form = task_of(found), form_of(found)
    assert (task.role, task.institution_code) == queue
    renewed = ("months_before", 2) if service is GreenService.RENEWAL else ("working_days", 7)
    assert (form.limit_unit, form.limit_value) == renewed
    with insurer.database.read() as session:
        told = {note.template for note in session.exec(select(Notification))}
    assert ("nobody_to_act" in told) is (queue[0] is Role.OPS)
