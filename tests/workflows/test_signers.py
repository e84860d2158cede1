"""Several signers on one step, on a real engine with the real records: who is asked, who falls away, what is kept."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from models.messages.approval import NOBODY_TO_ACT
from models.messages.handing import AddSigner, RemoveSigner
from models.rules import approval
from models.services.approval import evidence
from models.stores.evidence import EvidenceStore
from models.tables.cases import Decision, Task
from models.tables.messages import Notification, OutboxEvent
from models.tables.organisation import Account
from models.types import AddedPosition, Outcome, SignerRule, TaskState, Verdict
from models.types import Stage as CaseStage
from tests.support import rules
from tests.support.engine import Case, Refused
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]

THREE = ({"login": "svc"}, {"login": "sh-lead"}, {"login": "bj-mgr"})


async def _at_review(stage: Stage, rule: SignerRule, *signers: dict[str, Any], **more: Any) -> Case:
    """A case at its branch review, signed by these."""
    rules.put_in_force(
        stage.world.database, rules.step(CaseStage.BRANCH_REVIEW, rule=rule, signers=signers or THREE, **more)
    )
    case = await stage.declare()
    await case.decide("unit")
    return case


async def _asked(stage: Stage, case: Case) -> list[str]:
    """Logins of those who have an open task, in the order of the seats."""
    names = {account: login for login, account in stage.world.accounts.items()}
    return [names[task.assignee_id] for task in (await stage.in_step(case)).tasks if task.assignee_id]


def _told(stage: Stage, template: str) -> set[str]:
    names = {account: login for login, account in stage.world.accounts.items()}
    return {names[row.account_id] for row in stage.rows(Notification) if row.template == template and row.account_id}


def _closed(stage: Stage, login: str) -> UUID:
    return next(task.id for task in stage.rows(Task) if task.closed_by == stage.world.accounts[login])


def _states(stage: Stage, step: str = "branch_review") -> list[TaskState]:
    return sorted(task.state for task in stage.rows(Task) if task.step == step)


async def _added(case: Case) -> str:
    step = (await case.state()).step
    assert step is not None
    return next(seat.signer_id for seat in step.signers if seat.added_by)


async def test_countersign_needs_everybody_and_says_who_is_missing(stage: Stage) -> None:
    case = await _at_review(stage, SignerRule.ALL)
    assert await _asked(stage, case) == ["svc", "sh-lead", "bj-mgr"]
    await case.through("bj-mgr", "svc")
    standing = approval.standing(await stage.in_step(case))
    assert (standing.approved, standing.needed) == (2, 3)
    assert [seat.name for seat in standing.missing] == ["郑华"]
    with pytest.raises(Refused, match="already_decided"):
        await case.decide("svc", task_id=_closed(stage, "svc"))
    await case.decide("sh-lead")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_APPROVAL
    assert _states(stage) == [TaskState.DONE] * 3
    await case.through("lead", "hq-vip", "hq-lead")
    assert await case.handle.result() is Outcome.APPROVED


async def test_one_rejection_ends_a_countersigned_step_and_the_others_fall_away(stage: Stage) -> None:
    case = await _at_review(stage, SignerRule.ALL)
    await case.decide("svc", Verdict.REJECT, comment="材料不实")
    assert await case.handle.result() is Outcome.REJECTED
    assert _states(stage) == [TaskState.CANCELLED, TaskState.CANCELLED, TaskState.DONE]
    assert _told(stage, "case_rejected") == {"mgr"}


async def test_the_return_of_any_signer_takes_the_others_tasks_and_asks_them_all_again(stage: Stage) -> None:
    """features.md 4: the return of one of several 或签 signers deletes the tasks of the others for good."""
    case = await _at_review(stage, SignerRule.ANY)
    await case.decide("sh-lead", Verdict.RETURN, comment="补资料")
    assert _states(stage) == [TaskState.CANCELLED, TaskState.CANCELLED, TaskState.DONE]
    assert _told(stage, "case_returned") == {"mgr"}
    await case.resubmit(changed=("facts",))
    await case.decide("unit")
    assert await _asked(stage, case) == ["svc", "sh-lead", "bj-mgr"]
    await case.decide("bj-mgr")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_APPROVAL
    row = stage.record(case)
    assert (row.round, row.version) == (2, 6)


async def test_two_of_three_stop_early(stage: Stage) -> None:
    case = await _at_review(stage, SignerRule.QUORUM, needed=2)
    await case.decide("svc", Verdict.REJECT, comment="不符")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_REVIEW
    await case.through("sh-lead", "bj-mgr")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_APPROVAL


async def test_in_order_one_is_asked_and_told_after_another(stage: Stage) -> None:
    case = await _at_review(stage, SignerRule.SEQUENTIAL)
    assert (await _asked(stage, case), _told(stage, "task_opened") & {"svc", "sh-lead"}) == (["svc"], {"svc"})
    await case.decide("svc")
    assert await _asked(stage, case) == ["sh-lead"]
    await case.through("sh-lead", "bj-mgr")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_APPROVAL


async def test_one_of_each_group(stage: Stage) -> None:
    case = await _at_review(
        stage,
        SignerRule.PER_GROUP,
        {"login": "svc", "group": "service"},
        {"login": "sh-lead", "group": "service"},
        {"login": "bj-mgr", "group": "finance"},
    )
    await case.decide("sh-lead")
    assert await _asked(stage, case) == ["bj-mgr"]
    await case.decide("bj-mgr")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_APPROVAL


async def test_every_holder_of_a_post_but_whom_four_eyes_refuse_has_a_seat(stage: Stage) -> None:
    case = await _at_review(stage, SignerRule.ALL, {"role": "MGR", "at": "parent", "each": True}, {"login": "svc"})
    assert await _asked(stage, case) == ["bj-mgr", "svc"]


@pytest.mark.parametrize("signer", [{"login": "nobody-of-this-name"}, {"login": "mgr"}])
async def test_a_seat_that_nobody_can_fill_is_for_operations_never_a_silent_pass(
    stage: Stage, signer: dict[str, Any]
) -> None:
    case = await _at_review(stage, SignerRule.ALL, {"login": "svc"}, signer)
    assert NOBODY_TO_ACT in {task.step for task in (await stage.in_step(case)).tasks}
    assert _told(stage, NOBODY_TO_ACT) == {"ops"}
    await case.decide("svc")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_REVIEW


async def test_a_named_signer_who_was_disabled_is_for_operations(stage: Stage) -> None:
    def disable(session: Session) -> None:
        account = session.exec(select(Account).where(Account.login == "sh-lead")).one()
        account.disabled_at = account.created_at

    stage.write(disable)
    await _at_review(stage, SignerRule.ALL)
    assert _told(stage, NOBODY_TO_ACT) == {"ops"}


async def test_a_signer_added_before_signs_first_and_one_added_after_signs_last(stage: Stage) -> None:
    case = await stage.declare()
    await case.decide("unit")
    await case.hand(AddSigner, "svc", to=case.target("sh-lead"), position=AddedPosition.BEFORE)
    assert [task.state for task in stage.rows(Task) if task.step == "branch_review"].count(TaskState.WAITING) == 1
    assert _told(stage, "signer_added") == {"sh-lead"}
    with pytest.raises(Refused, match="not_your_task"):
        await case.decide("svc")
    await case.decide("sh-lead")
    await case.hand(AddSigner, "svc", to=case.target("bj-mgr", authorised=False), position=AddedPosition.AFTER)
    assert _told(stage, "signer_added") == {"sh-lead"}, "told when it is its turn, not before"
    await case.decide("svc")
    assert _told(stage, "signer_added") == {"sh-lead", "bj-mgr"}
    assert await _asked(stage, case) == ["bj-mgr"]
    await case.decide("bj-mgr")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_APPROVAL
    await case.decide("lead")


async def test_an_added_signer_is_removed_by_who_added_it_and_by_nobody_after_it_signed(stage: Stage) -> None:
    case = await stage.declare()
    await case.decide("unit")
    await case.hand(AddSigner, "svc", to=case.target("sh-lead"), position=AddedPosition.BEFORE)
    added = await _added(case)
    await case.hand(RemoveSigner, "svc", signer_id=added)
    assert _states(stage) == [TaskState.CANCELLED, TaskState.OPEN]
    await case.hand(AddSigner, "svc", to=case.target("sh-lead"), position=AddedPosition.BEFORE)
    await case.decide("sh-lead")
    again = await _added(case)
    with pytest.raises(Refused, match="signer_cannot_be_removed"):
        await case.hand(RemoveSigner, "svc", signer_id=again)
    await case.decide("svc")
    assert stage.audited(case)[2:] == ["add_signer", "remove_signer", "add_signer", "approve", "approve"]


async def test_what_the_approver_saw_is_kept_and_an_altered_copy_is_found_out(stage: Stage) -> None:
    case = await stage.declare()
    task = (await case.state()).tasks[0]
    await case.through("unit", "svc")
    with stage.world.database.read() as session:
        decisions = {row.step_no: row for row in session.exec(select(Decision))}
        seen = evidence.evidence_of(session, decisions[2])
        assert decisions[2].evidence_digest != decisions[3].evidence_digest
    assert (seen["form"]["reason"], seen["form"]["contacts"]) == ("连续三年增员", 1)
    assert seen["task"] == {"task_id": str(task.task_id), "step": "unit_check", "version": 1, "signer": "1"}
    assert seen["clock"]["calendar_version"] == task.deadline.calendar_version
    assert (seen["case"]["stage"], seen["step"]["sign_offs"]) == ("unit_check", [])
    assert seen["score"]["value"] == str(stage.record(case).value)
    assert "leader@example.com" not in json.dumps(seen, ensure_ascii=False)
    with stage.world.database.write() as session:
        row = EvidenceStore(session).get(decisions[2].evidence_digest or "")
        assert row is not None
        row.content = row.content.replace("连续三年增员", "另一理由")
    with stage.world.database.read() as session, pytest.raises(evidence.EvidenceAlteredError):
        evidence.evidence_of(session, decisions[2])


async def test_open_pages_hear_of_each_task_that_opens_and_closes(stage: Stage) -> None:
    case = await stage.declare()
    await case.decide("unit")
    found = [(row.kind, row.role) for row in stage.rows(OutboxEvent) if row.kind.startswith("task_")]
    assert found == [("task_opened", "UNIT_LEAD"), ("task_opened", "BR_SVC"), ("task_closed", "UNIT_LEAD")]
