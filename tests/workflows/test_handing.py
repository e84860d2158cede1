"""Handing over, taking back, standing in, stepping in: on a real engine, checked again in the record transaction."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from models.messages.approval import NOBODY_TO_ACT, Decide
from models.messages.handing import Delegate, HandBack, Reassign, TakeBack, Transfer
from models.messages.scoring import CorrectedField, Correction
from models.services.case_view import case_view
from models.stores.audit import AuditStore
from models.tables.cases import Case as CaseRow
from models.tables.cases import Decision, Task
from models.tables.desk import StandIn
from models.tables.messages import Notification
from models.tables.organisation import Account
from models.types import Door, Outcome, Role, TaskState, Verdict
from models.types import Stage as CaseStage
from tests.support import world
from tests.support.engine import Case, Refused
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]

REVIEW = (Role.BR_SVC, "BJ")
DAY = timedelta(days=1)


async def _at_review(stage: Stage) -> Case:
    case = await stage.declare()
    await case.decide("unit")
    return case


def _told(stage: Stage, template: str) -> list[str]:
    names = {account: login for login, account in stage.world.accounts.items()}
    rows = stage.rows(Notification)
    return [names[row.account_id] for row in rows if row.template == template and row.account_id]


def _row(stage: Stage, step: str) -> Task:
    return next(task for task in stage.rows(Task) if task.step == step and task.closed_at is None)


def _stand_in(stage: Stage, principal: str, stand_in: str, ends: timedelta = DAY) -> Callable[[Session], None]:
    accounts, now = stage.world.accounts, datetime.now(UTC)

    def change(session: Session) -> None:
        session.add(
            StandIn(
                principal_id=accounts[principal],
                stand_in_id=accounts[stand_in],
                starts_at=now - DAY,
                ends_at=now + ends,
                created_by=accounts[principal],
                created_at=now,
            )
        )

    return change


async def _for(case: Case, stand_in: str, principal: str) -> Decide:
    """A decision of a stand-in, as the request would carry it."""
    accounts = case.world.accounts
    act = await case.decision(stand_in, post=case.world.post(principal))
    return act.model_copy(
        update={
            "door": Door.STAND_IN,
            "on_behalf_of": accounts[principal],
            "on_behalf_of_name": case.world.name(principal),
        }
    )


async def test_a_transferred_task_is_the_other_ones_and_nobody_elses(stage: Stage) -> None:
    case = await _at_review(stage)
    await case.hand(Transfer, "svc", to=case.target("sh-lead"))
    assert _row(stage, "branch_review").assignee_id == stage.world.accounts["sh-lead"]
    assert _told(stage, "task_transferred") == ["sh-lead"]
    with pytest.raises(Refused, match="not_your_task"):
        await case.decide("svc")
    await case.decide("sh-lead")
    state = await stage.in_step(case)
    assert state.stage is CaseStage.BRANCH_APPROVAL
    decision = next(row for row in stage.rows(Decision) if row.act == "transfer")
    assert (decision.to_name, decision.task_id) == ("郑华", None)


async def test_whom_it_is_handed_to_must_still_be_authorised_when_it_is_recorded(stage: Stage) -> None:
    case = await _at_review(stage)
    before = await stage.in_step(case)
    with pytest.raises(Refused, match="bad_transfer_target") as refused:
        await case.hand(Transfer, "svc", to=case.target("bj-mgr"))
    assert refused.value.context == {"who": "冯洁"}
    assert await stage.in_step(case) == before


async def test_a_delegate_advises_and_the_task_comes_back(stage: Stage) -> None:
    case = await _at_review(stage)
    await case.hand(Delegate, "svc", to=case.target("bj-mgr", authorised=False))
    row = _row(stage, "branch_review")
    accounts = stage.world.accounts
    assert (row.assignee_id, row.delegated_by) == (accounts["bj-mgr"], accounts["svc"])
    with pytest.raises(Refused, match="not_your_task"):
        await case.decide("svc")
    with pytest.raises(Refused, match="not_your_task"):
        await case.decide("bj-mgr")
    await case.hand(HandBack, "bj-mgr", comment="资料齐全")
    row = _row(stage, "branch_review")
    assert (row.assignee_id, row.delegated_by) == (accounts["svc"], None)
    assert (_told(stage, "task_delegated"), _told(stage, "task_handed_back")) == (["bj-mgr"], ["svc"])
    await case.decide("svc")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_APPROVAL


async def test_taken_back_until_the_next_step_acted_and_not_afterwards(stage: Stage) -> None:
    case = await _at_review(stage)
    mine = _row(stage, "branch_review")
    await case.decide("svc")
    state = await stage.in_step(case)
    await case.hand(TakeBack, "svc", task_id=mine.id)
    state = await stage.in_step(case)
    assert (state.stage, state.round) == (CaseStage.BRANCH_REVIEW, 1)
    again = _row(stage, "branch_review")
    assert (again.due_at, again.id != mine.id) == (mine.due_at, True)
    assert sorted(_told(stage, "taken_back")) == ["lead", "mgr"]
    await case.through("svc", "lead")
    with pytest.raises(Refused, match="too_late_to_take_back"):
        await case.hand(TakeBack, "svc", task_id=again.id)
    await case.through("hq-vip", "hq-lead")
    assert await case.handle.result() is Outcome.APPROVED


async def test_withdrawn_with_everything_that_was_open(stage: Stage) -> None:
    case = await _at_review(stage)
    await case.hand(Delegate, "svc", to=case.target("bj-mgr", authorised=False))
    await case.withdraw()
    assert await case.handle.result() is Outcome.WITHDRAWN
    assert {task.state for task in stage.rows(Task)} == {TaskState.DONE, TaskState.CANCELLED}
    assert _told(stage, "case_withdrawn") == ["bj-mgr"]


async def test_b_for_a_stands_on_the_decision_and_bars_both(stage: Stage) -> None:
    case = await _at_review(stage)
    stage.write(_stand_in(stage, "svc", "lead"))
    await case.send("decide", await _for(case, "lead", "svc"))
    row = next(row for row in stage.rows(Decision) if row.step_no == 3)
    assert (row.actor_name, row.on_behalf_of_name, row.door) == ("陈志远", "赵敏", Door.STAND_IN)
    with stage.world.database.read() as session:
        entry = AuditStore(session).of("case", str(case.case_id))[-1]
        shown = case_view(session, session.get_one(CaseRow, case.case_id)).timeline[-1]
    ids = stage.world.accounts
    assert (entry.actor, entry.on_behalf_of, entry.door) == (str(ids["lead"]), str(ids["svc"]), Door.STAND_IN)
    assert (shown.actor, shown.on_behalf_of_name, shown.act) == ("陈志远", "赵敏", "approve")
    (alarm,) = [note for note in stage.rows(Notification) if note.template == NOBODY_TO_ACT]  # only the lead approves
    assert json.loads(alarm.content)["by"] == "陈志远 代 赵敏"
    with pytest.raises(Refused, match="consecutive_step"):
        await case.decide("lead")
    await stage.in_step(case)


async def test_who_stands_in_hears_of_new_tasks_and_of_their_end_as_its_principal_does(stage: Stage) -> None:
    stage.write(_stand_in(stage, "svc", "lead"))
    stage.write(_stand_in(stage, "unit", "bj-mgr", ends=-timedelta(minutes=1)))
    case = await _at_review(stage)
    assert sorted(_told(stage, "task_opened")) == ["lead", "svc", "unit"]
    await case.hand(Transfer, "svc", to=case.target("sh-lead"))
    assert _told(stage, "task_transferred") == ["sh-lead"]
    await case.withdraw()
    assert _told(stage, "case_withdrawn") == ["sh-lead"]


async def test_a_stand_in_that_ended_between_validator_and_record_changes_nothing(stage: Stage) -> None:
    case = await _at_review(stage)
    stage.write(_stand_in(stage, "svc", "lead", ends=-timedelta(minutes=1)))
    before = await stage.in_step(case)
    with pytest.raises(Refused, match="not_your_task") as refused:
        await case.send("decide", await _for(case, "lead", "svc"))
    assert refused.value.context == {"who": "赵敏"}
    assert await stage.in_step(case) == before


async def test_a_task_claimed_by_a_colleague_is_theirs(stage: Stage) -> None:
    case = await _at_review(stage)

    def claim(session: Session) -> None:
        row = session.exec(select(Task).where(Task.step == "branch_review")).one()
        row.state, row.claimed_at = TaskState.CLAIMED, datetime.now(UTC)
        row.assignee_id = stage.world.accounts["bj-mgr"]

    stage.write(claim)
    with pytest.raises(Refused, match="already_claimed") as refused:
        await case.decide("svc")
    assert refused.value.context == {"who": "冯洁"}


async def test_operations_reassigns_and_overrides_with_a_reason_and_only_operations(stage: Stage) -> None:
    case = await _at_review(stage)
    with pytest.raises(Refused, match="not_allowed"):
        await case.hand(Reassign, "svc", to=case.target("sh-lead"))
    await case.hand(Reassign, "ops", to=case.target("sh-lead"), comment="赵敏休假")
    act = await case.decision("ops", comment="期限已到，代为处理")
    override = act.model_copy(update={"door": Door.OVERRIDE})
    with pytest.raises(Refused, match="reason_required"):
        await case.send("decide", override.model_copy(update={"comment": "", "update_id": f"{act.actor_id}:empty"}))
    await case.send("decide", override)
    row = next(row for row in stage.rows(Decision) if row.act == "decide" and row.step_no > 3)
    assert (row.door, row.actor_name) == (Door.OVERRIDE, "吴勇")
    await stage.in_step(case)


async def test_who_lost_the_post_of_operations_steps_in_no_more(stage: Stage) -> None:
    case = await _at_review(stage)
    act = (await case.decision("svc", comment="代为处理", post=(Role.OPS, "HQ"))).model_copy(
        update={"door": Door.OVERRIDE, "task_id": _row(stage, "branch_review").id}
    )
    before = await stage.in_step(case)
    with pytest.raises(Refused, match="not_your_task"):
        await case.send("decide", act)
    assert await stage.in_step(case) == before


async def test_a_resubmission_keeps_what_it_did_not_touch_and_says_what_it_changed(stage: Stage) -> None:
    case = await _at_review(stage)
    await case.decide("svc", Verdict.RETURN, comment="理由不足")
    with pytest.raises(Refused, match="invalid_input"):
        await case.resubmit(reason="新理由")
    await case.resubmit(reason="新理由", changed=("reason",))
    state = await stage.in_step(case)
    assert (state.stage, [step.stage for step in state.passed if step.kept]) == (
        CaseStage.BRANCH_REVIEW,
        [CaseStage.UNIT_CHECK],
    )
    assert stage.record(case).reason == "新理由"
    decision = next(row for row in stage.rows(Decision) if row.act == "resubmit")
    assert json.loads(decision.changes or "") == {"reason": ["连续三年增员", "新理由"]}


async def test_corrected_facts_of_a_resubmission_are_scored_and_asked_about_anew(stage: Stage) -> None:
    case = await _at_review(stage)
    await case.decide("svc", Verdict.RETURN, comment="保费有误")
    declared = stage.record(case).value
    policy = f"{stage.world.customer(world.GOLD)}-{world.YEAR}"
    fact = Correction(
        policy_no=policy, year=world.YEAR, field=CorrectedField.PREMIUM_RECEIVED, value=Decimal(1_900_000)
    )
    await case.resubmit(corrections=(fact,), changed=("facts",))
    assert (await stage.in_step(case)).stage is CaseStage.UNIT_CHECK
    assert stage.record(case).value < declared
    decision = next(row for row in stage.rows(Decision) if row.act == "resubmit")
    (change,) = json.loads(decision.changes or "").items()
    assert change[0] == f"premium_received {policy} {world.YEAR}"
    assert [Decimal(value) for value in change[1]] == [Decimal(2_000_000), Decimal(1_900_000)]


async def test_the_declarant_that_was_disabled_cannot_be_stood_in_for_by_anybody(stage: Stage) -> None:
    case = await _at_review(stage)
    await case.decide("svc", Verdict.RETURN, comment="补资料")

    def disable(session: Session) -> None:
        account = session.exec(select(Account).where(Account.login == "mgr")).one()
        account.disabled_at = datetime.now(UTC)

    stage.write(disable)
    with pytest.raises(Refused, match="not_your_task"):
        await case.resubmit()
    assert (await stage.in_step(case)).stage is CaseStage.RETURNED
