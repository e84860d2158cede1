"""Inquiries and complaints in the records: what people said stays closed, what is serious goes to the branch head."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.service_acts import (
    AcceptService,
    CloseComplaint,
    CompleteService,
    GradeComplaint,
    InvestigateComplaint,
    JudgeComplaint,
    ReopenService,
    ReplyComplaint,
)
from models.service_types import ComplaintGrade, ComplaintSheet, CustomerView
from models.stores.audit import AuditStore
from models.stores.services import ServiceStore
from models.tables.cases import Case, Task
from models.tables.messages import Notification
from models.tables.service import ComplaintRecord
from models.types import Outcome, Role, Stage, Tier
from tests.support import serving, world
from tests.support.serving import RECEIVED, Served, complaint, opened
from tests.support.world import SILVER, World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def insurer(database: Database) -> World:
    """The small insurer; its silver customer is a VIP."""
    built = world.build(database)
    with built.database.write() as session:
        serving.make_vip(session, built, SILVER, Tier.SILVER)
    return built


def _desk(insurer: World) -> dict[str, Any]:
    return serving.actor(insurer, "svc", (Role.BR_SVC, "BJ"))


def _lead(insurer: World) -> dict[str, Any]:
    return serving.actor(insurer, "lead", (Role.BR_LEAD, "BJ"))


def _form(found: Served) -> ComplaintRecord:
    with found.world.database.read() as session:
        row = ServiceStore(session).complaint(found.state.case_id)
        assert row is not None
        return row


def _told(insurer: World, template: str) -> list[Any]:
    with insurer.database.read() as session:
        return [note.account_id for note in session.exec(select(Notification).where(Notification.template == template))]


def _handled(insurer: World, by: dict[str, Any], **more: Any) -> Served:
    found = opened(insurer, complaint(insurer, **more))
    found.act(AcceptService, RECEIVED + HOUR, **{**by, "update_id": f"{by['actor_id']}:1"})
    found.act(ReplyComplaint, RECEIVED + 2 * HOUR, **{**by, "update_id": f"{by['actor_id']}:2"}, text="已收到")
    found.act(InvestigateComplaint, RECEIVED + 3 * HOUR, **{**by, "update_id": f"{by['actor_id']}:3"}, text="查了单证")
    found.act(InvestigateComplaint, RECEIVED + 4 * HOUR, **{**by, "update_id": f"{by['actor_id']}:4"}, text="问了经办")
    judged = {**by, "update_id": f"{by['actor_id']}:5"}
    found.act(JudgeComplaint, RECEIVED + 5 * HOUR, **judged, justified=True, handling="补赔并道歉")
    return found


def test_a_complaint_is_registered_with_both_clocks_and_its_words_are_encrypted(insurer: World) -> None:
    found = opened(insurer, complaint(insurer))
    form = _form(found)
    assert (form.record_no, form.matter, form.phone) == ("TS-BJ-2026-00001", "等了三周没有答复", "13800000000")
    assert form.reply_due_at == RECEIVED + DAY
    assert form.close_due_at == datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
    with insurer.database.read() as session:
        stored = session.connection().execute(text("SELECT matter, phone, complainant FROM complaint_record")).one()
        assert "等了三周没有答复" not in str(stored)
        assert "13800000000" not in str(stored)
        for entry in AuditStore(session).all():
            assert "等了三周" not in str(entry.model_dump())
            assert "刘先生" not in str(entry.model_dump())
        case = session.exec(select(Case).where(Case.id == found.state.case_id)).one()
        assert "等了三周" not in str(case.state)
        assert all("等了三周" not in note.content for note in session.exec(select(Notification)))


def test_an_inquiry_has_one_clock_and_its_answer_closes_it(insurer: World) -> None:
    found = opened(insurer, complaint(insurer, sheet=ComplaintSheet.INQUIRY))
    assert (_form(found).record_no, _form(found).close_due_at) == ("ZX-BJ-2026-00001", None)
    found.act(ReplyComplaint, RECEIVED + HOUR, **_desk(insurer), text="保额为十万元")
    form = _form(found)
    assert (form.first_reply, form.reply_in_time, form.closed_at) == ("保额为十万元", True, RECEIVED + HOUR)
    assert (found.state.stage, found.state.outcome) == (Stage.CLOSED, Outcome.COMPLETED)


def test_an_inquiry_is_never_serious_and_a_contact_is_the_customer_s_own(insurer: World) -> None:
    wrong = {"sheet": ComplaintSheet.INQUIRY, "grade": ComplaintGrade.SERIOUS, "contact_id": insurer.accounts["svc"]}
    with pytest.raises(DomainError) as caught:
        opened(insurer, complaint(insurer, **wrong))
    assert caught.value.code is ErrorCode.INVALID_INPUT
    assert [error["field"] for error in caught.value.context["errors"]] == ["grade", "contact_id"]


def test_a_serious_one_is_the_branch_head_s_from_the_start(insurer: World) -> None:
    found = opened(insurer, complaint(insurer, grade=ComplaintGrade.SERIOUS))
    assert found.state.tasks[0].role is Role.BR_LEAD
    assert insurer.accounts["lead"] in _told(insurer, "complaint_serious")


def test_graded_serious_later_it_moves_to_the_branch_head_who_is_told(insurer: World) -> None:
    found = opened(insurer, complaint(insurer))
    assert found.state.tasks[0].role is Role.BR_SVC
    assert _told(insurer, "complaint_serious") == []
    found.act(GradeComplaint, RECEIVED + HOUR, **_desk(insurer), grade=ComplaintGrade.SERIOUS)
    assert _told(insurer, "complaint_serious") == [insurer.accounts["lead"]]
    assert _form(found).grade is ComplaintGrade.SERIOUS
    with insurer.database.read() as session:
        task = session.exec(select(Task).where(Task.case_id == found.state.case_id, Task.closed_at.is_(None))).one()  # type: ignore[union-attr]
        assert (task.role, task.assignee_id) == (Role.BR_LEAD, None)


def test_the_form_follows_from_reply_to_the_customer_s_view(insurer: World) -> None:
    found = _handled(insurer, _desk(insurer))
    found.act(CompleteService, RECEIVED + 6 * HOUR, **_desk(insurer), result="")
    found.act(
        CloseComplaint,
        RECEIVED + DAY,
        **_desk(insurer),
        customer_view=CustomerView.ACCEPTED,
        view_text="可以",
    )
    form = _form(found)
    assert (form.first_reply, form.investigation, form.handling) == ("已收到", "查了单证\n问了经办", "补赔并道歉")
    assert (form.justified, form.customer_view, form.view_text) == (True, CustomerView.ACCEPTED, "可以")
    assert (form.reply_in_time, form.closed_in_time, form.closed_at) == (True, True, RECEIVED + DAY)


def test_opened_again_its_first_life_is_kept_in_brief(insurer: World) -> None:
    found = _handled(insurer, _desk(insurer))
    close = {**_desk(insurer), "customer_view": CustomerView.DISSATISFIED}
    found.act(CloseComplaint, RECEIVED + DAY, **close)
    found.act(ReopenService, RECEIVED + 2 * DAY, **_desk(insurer), comment="客户不同意")
    form = _form(found)
    assert [life["customer_view"] for life in form.lives] == ["dissatisfied"]
    assert "已收到" not in str(form.lives)
    assert (form.customer_view, form.justified, form.closed_at, form.first_reply_at) == (None, None, None, None)
    assert form.reply_due_at == RECEIVED + 3 * DAY
    with insurer.database.read() as session:
        case = session.get(Case, found.state.case_id)
        assert case is not None
        assert (case.stage, case.outcome, case.closed_at, case.round) == (Stage.REOPENED, None, None, 2)


def test_only_the_branch_head_closes_a_serious_one_with_its_opinion(insurer: World) -> None:
    found = _handled(insurer, _lead(insurer), grade=ComplaintGrade.SERIOUS)
    close = {"customer_view": CustomerView.SATISFIED}
    with pytest.raises(DomainError) as caught:
        found.act(CloseComplaint, RECEIVED + DAY, **_lead(insurer), **close)
    assert caught.value.code is ErrorCode.INVALID_INPUT
    found.act(CloseComplaint, RECEIVED + DAY, **_lead(insurer), **close, leader_opinion="责成整改")
    assert _form(found).leader_opinion == "责成整改"
