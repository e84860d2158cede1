"""Survey campaigns on a world's records, and people who lead them on an engine."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlmodel import Session, select
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError

from models.identifiers import SURVEY, survey_id
from models.messages.approval import PostRef
from models.messages.survey import OpenSurvey, SurveyAct, SurveyAnswered, SurveyOrder, SurveyState
from models.rules.calendar import local_date
from models.service_types import SurveyStage
from models.services.by import By
from models.services.survey import answering, inviting, links
from models.services.survey.answering import Given, Recorded
from models.services.survey.drafting import Draft, draft
from models.stores.survey import InvitationStore
from models.tables.book import Contact
from models.tables.care import MembershipContact
from models.tables.survey import SurveyCampaign, SurveyInvitation
from models.types import CUSTOMER_LINK, ContactKind, Door, Tier
from tests.support.care_members import add_contact, running_member
from tests.support.engine import Refused
from tests.support.moment import today
from tests.support.world import GOLD, SILVER, World
from workflows.options import TASK_TIMEOUT

_numbers = count(1)
BASE = "http://greenlane.example"
ALL_FIVES = {str(number): "5" for number in range(1, 12)}
BY_LINK = By(CUSTOMER_LINK, Door.LINK)


def members(session: Session, world: World) -> None:
    """A gold member with two key contacts, one of whom wants no mail, and a silver one with one."""
    for alias, tier in ((GOLD, Tier.GOLD), (SILVER, Tier.SILVER)):
        row = running_member(session, world, world.customer(alias), tier)
        people = [session.exec(select(Contact.id).where(Contact.customer_no == row.customer_no)).one()]
        if tier is Tier.GOLD:
            people.append(add_contact(session, row.customer_no, ContactKind.HANDLER, "吴九", consent=False))
        for person in people:
            kind = ContactKind.LEADER if person is people[0] else ContactKind.HANDLER
            session.add(MembershipContact(membership_id=row.id, contact_id=person, kind=kind, since=date(2026, 1, 1)))
    session.flush()


def drafted(
    session: Session, world: World, *, place: str = "BJ", days: int = 60, title: str = "客户满意度调查"
) -> SurveyCampaign:
    """A draft for every VIP of a branch that closes in so many days."""
    at = datetime.now(UTC)
    asked = Draft(
        title=title,
        period="2026-H2",
        tiers=(Tier.GOLD, Tier.SILVER),
        institution_code=place,
        closes_on=local_date(at) + timedelta(days=days),
    )
    account = world.accounts["svc"]
    return draft(session, asked, account, By(str(account), Door.API), at)


def opened(session: Session, world: World, at: datetime | None = None) -> SurveyCampaign:
    """A campaign as it stands once it was opened and everybody was asked, without an engine."""
    row, now = drafted(session, world), at or datetime.now(UTC)
    row.stage, row.version, row.opened_at = SurveyStage.OPEN, 2, now
    row.closes_at = now + timedelta(days=60)
    session.add(row)
    session.flush()
    order = SurveyOrder(campaign_id=row.id, round="ask", at=now)
    inviting.claim(session, order, BASE)
    order = order.model_copy(update={"round": "invite"})
    claims = inviting.claim(session, order, BASE)
    inviting.settle(session, [(ready, "sent") for ready in claims.ready], order)
    return row


def invitations(session: Session, campaign_id: UUID) -> list[SurveyInvitation]:
    """Everybody a campaign asks, by customer, the first to be served first."""
    statement = select(SurveyInvitation).where(SurveyInvitation.campaign_id == campaign_id)
    rows = session.exec(statement).all()
    return sorted(rows, key=lambda row: (row.customer_no, row.respondent is not ContactKind.LEADER))


def answered(
    session: Session,
    invitation_id: UUID,
    answers: Mapping[str, str] = ALL_FIVES,
    *,
    at: datetime | None = None,
    improvement: str = "",
) -> Recorded:
    """An answer by link."""
    found = links.found(session, links.secret_of(invitation_id))
    return answering.answer(session, found, Given(answers, improvement), BY_LINK, at or datetime.now(UTC))


def unanswered(session: Session, campaign_id: UUID) -> list[SurveyInvitation]:
    """Who has not answered, as the reminder finds them."""
    return InvitationStore(session).waiting(campaign_id, after="", customers=100)


class RunningSurvey:
    """A campaign on an engine and who leads it."""

    def __init__(self, world: World, handle: WorkflowHandle[object, SurveyStage], campaign_id: UUID) -> None:
        self.world, self.handle, self.campaign_id = world, handle, campaign_id

    async def state(self) -> SurveyState:
        """As the workflow holds it."""
        state: SurveyState = await self.handle.query("state", result_type=SurveyState)
        return state

    async def act(
        self,
        kind: type[SurveyAct],
        *,
        login: str = "svc",
        version: int | None = None,
        reason: str = "按计划",
        **more: object,
    ) -> SurveyAct:
        """An act to send."""
        fields = who(self.world, login) | {"version": version or (await self.state()).version, "comment": reason}
        act: SurveyAct = kind.model_validate(fields | more)
        return act

    async def send(self, act: SurveyAct) -> SurveyAnswered:
        """Send under its own id. Raises Refused."""
        try:
            answer: SurveyAnswered = await self.handle.execute_update(
                "lead", act, id=act.update_id, result_type=SurveyAnswered
            )
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError):
                raise Refused(error.cause) from error
            raise
        return answer


def who(world: World, login: str, key: str = "") -> dict[str, object]:
    """Fields of an act of a person of the world."""
    role, code = world.post(login)
    return {
        "update_id": f"{world.accounts[login]}:{key or f'survey-{next(_numbers)}'}",
        "content_hash": "x",
        "actor_id": world.accounts[login],
        "actor_name": world.name(login),
        "posts": (PostRef(role=role, institution_code=code),),
        "door": Door.API,
    }


async def open_survey(
    client: Client, world: World, campaign: SurveyCampaign, queue: str, *, login: str = "svc"
) -> RunningSurvey:
    """Open a draft as the gateway does. Raises Refused."""
    start = OpenSurvey.model_validate(
        who(world, login)
        | {"campaign_id": campaign.id, "workflow_id": survey_id(campaign.id), "version": campaign.version}
    )
    operation: WithStartWorkflowOperation[object, SurveyStage] = WithStartWorkflowOperation(
        SURVEY,
        start,
        id=start.workflow_id,
        task_queue=queue,
        result_type=SurveyStage,
        task_timeout=TASK_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    )
    try:
        await client.execute_update_with_start_workflow(
            "opened", id=start.update_id, start_workflow_operation=operation, result_type=SurveyAnswered
        )
    except WorkflowUpdateFailedError as error:
        if isinstance(error.cause, ApplicationError):
            raise Refused(error.cause) from error
        raise
    return RunningSurvey(world, await operation.workflow_handle(), campaign.id)


def closes() -> str:
    """A last day forty days ahead."""
    return (today() + timedelta(days=40)).isoformat()


def draft_body() -> dict[str, Any]:
    """A campaign for both tiers of a branch, as it is sent."""
    return {
        "title": "年度满意度调查",
        "period": "2026",
        "tiers": ["gold", "silver"],
        "institution_code": "BJ",
        "closes_on": closes(),
    }
