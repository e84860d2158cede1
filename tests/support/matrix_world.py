"""One object of every kind in five places, each with a marker: own, child, sibling, parent, other branch."""

import base64
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, col, select

from models.identifiers import complaint_id as workflow_of_complaint
from models.identifiers import green_channel_id, period_close_id, qualification_id
from models.messages.approval import ApprovalState, PostRef
from models.messages.qualification import RecordOpening, StartQualification
from models.messages.service import RecordServiceOpening, StartComplaint, StartGreenChannel
from models.service_types import ComplaintSheet, GreenService, ProofKind, SurveyChannel, SurveyStage
from models.services.approval import evidence
from models.services.by import By
from models.services.evaluation import By as EvaluationBy
from models.services.evaluation import evaluate
from models.services.qualification.opening import record_opening
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.services.servicing.opening import record_opening as record_service
from models.services.survey.answering import Given, answer
from models.services.survey.links import Answerable
from models.stores.accounts import AccountStore
from models.tables.assessment import AssessmentVeto
from models.tables.book import Contact
from models.tables.care import Touchpoint, TouchpointProof
from models.tables.cases import Case, Decision, Membership, Task
from models.tables.columns import new_id
from models.tables.desk import CaseAttachment, CaseComment, StandIn
from models.tables.jobs import Job
from models.tables.organisation import Account
from models.tables.quarter import QuarterAdjustment, QuarterLine, QuarterSummary
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.tables.spend import SpendPlan
from models.tables.survey import SurveyCampaign, SurveyInvitation
from models.types import CaseKind, Door, JobState, MembershipStage, Role, SeatKind, Stage, Tier
from tests.support.care import planned
from tests.support.organisation import add_person, seed_tree
from tests.support.world import YEAR, add_customer

OWN = "NO1"
PLACES = {"own": OWN, "child": "NO1X", "sibling": "NO2", "parent": "NO", "other": "SO1"}
EVALUATED = datetime(2026, 1, 20, tzinfo=UTC)
IN_SUBTREE = frozenset({"own", "child"})


def customer_no(place: str) -> str:
    """Customer number of the customer at a place."""
    return f"C-{place}-"


def login(place: str) -> str:
    """Login of the person that one may look at or change."""
    return f"p-{place.lower()}"


def actor(role: Role) -> str:
    """Login of the person who asks: it holds this one role at the own place."""
    return f"m-{role.value.lower().replace('_', '-')}"


def marker(place: str) -> str:
    """Text that stands in the name of every object of a place, and nowhere else."""
    return f"canary-{place}-"


def colleague(place: str) -> str:
    """Name of that person."""
    return f"同事{marker(place)}"


def build(session: Session) -> None:
    """Fill empty, migrated records."""
    version = ensure_builtin(session)
    seed_tree(session)
    for role in Role:
        add_person(session, actor(role), OWN, role)
    for place in PLACES.values():
        person = add_person(session, login(place), place, Role.MGR)
        person.name = colleague(place)
        add_customer(session, customer_no(place), marker(place), place, 2_000_000)
    session.flush()
    rulebook = rulebook_of(session, version.id).rulebook
    evaluate(session, YEAR, rulebook, rulebook_version_id=version.id, by=EvaluationBy("test", Door.SYSTEM, EVALUATED))
    for place in PLACES.values():
        _case(session, place)
        _job(session, place)
        _stand_in(session, place)
        _said(session, place)
        _complaint(session, place)
        _request(session, place)
        _touchpoint(session, place)
        _summary(session, place)
        _survey(session, place)
        _estimate(session, place, version.id)
        _veto(session, place)


def _summary(session: Session, place: str) -> None:
    """附件二 of the first quarter with the place's customer in it, and a figure that changed since."""
    like = session.get(Case, case_id(session, place))
    assert like is not None
    copied = like.model_dump(exclude={"id", "workflow_id", "open_key", "kind", "customer_no", "stage"})
    case = Case(**copied, kind=CaseKind.PERIOD_CLOSE, workflow_id=period_close_id(YEAR, 1, place), stage=Stage.SIGNING)
    session.add(case)
    session.flush()
    summary = QuarterSummary(
        year=YEAR, quarter=1, institution_code=place, case_id=case.id, frozen_at=EVALUATED, due_on=EVALUATED.date()
    )
    session.add(summary)
    session.flush()
    session.add(
        QuarterLine(
            summary_id=summary.id,
            customer_no=customer_no(place),
            customer_name=marker(place),
            vip_no=place,
            tier=Tier.GOLD,
            cost=Decimal(0),
            problems=marker(place),
        )
    )
    session.add(
        QuarterAdjustment(
            summary_id=summary.id,
            number=3,
            customer_no=customer_no(place),
            figure="Z08.done",
            old="0",
            new="1",
            found_at=EVALUATED,
        )
    )


def case_id(session: Session, place: str) -> UUID:
    """The case of the customer at a place."""
    declared = Case.customer_no == customer_no(place), Case.kind == CaseKind.QUALIFICATION
    return session.exec(select(Case.id).where(*declared)).one()


def complaint_id(session: Session, place: str) -> UUID:
    """The complaint of the customer at a place."""
    statement = select(ComplaintRecord.case_id).where(ComplaintRecord.customer_no == customer_no(place))
    return session.exec(statement).one()


def request_id(session: Session, place: str) -> UUID:
    """The green-channel request of the customer at a place."""
    statement = select(GreenChannelRecord.case_id).where(GreenChannelRecord.customer_no == customer_no(place))
    return session.exec(statement).one()


def task_id(session: Session, place: str) -> UUID:
    """The open task of that case."""
    statement = select(Task.id).where(Task.customer_no == customer_no(place), col(Task.role) != Role.OPS)
    return session.exec(statement.where(Task.kind == CaseKind.QUALIFICATION)).one()


def job_id(session: Session, place: str) -> UUID:
    """The import of a place."""
    return session.exec(select(Job.id).where(Job.institution_code == place)).one()


def stand_in_id(session: Session, place: str) -> UUID:
    """Who stands in for the person of a place."""
    principal = select(Account.id).where(Account.login == login(place)).scalar_subquery()
    return session.exec(select(StandIn.id).where(StandIn.principal_id == principal)).one()


def person_id(session: Session, place: str) -> UUID:
    """The person of a place."""
    return session.exec(select(Account.id).where(Account.login == login(place))).one()


def question_id(session: Session, place: str) -> UUID:
    """A question on the case of a place, to its person."""
    return session.exec(select(CaseComment.id).where(CaseComment.case_id == case_id(session, place))).one()


def attachment_id(session: Session, place: str) -> UUID:
    """The file of that question."""
    return session.exec(select(CaseAttachment.id).where(CaseAttachment.case_id == case_id(session, place))).one()


def contact_id(session: Session, place: str) -> UUID:
    """The contact of the customer at a place."""
    return session.exec(select(Contact.id).where(Contact.customer_no == customer_no(place))).one()


def touchpoint_id(session: Session, place: str) -> UUID:
    """The touchpoint of the customer at a place."""
    planned_one = Touchpoint.customer_no == customer_no(place), Touchpoint.code == "Z08"
    return session.exec(select(Touchpoint.id).where(*planned_one)).one()


def veto_id(session: Session, place: str) -> UUID:
    """The veto that rests on the case of a place."""
    return session.exec(select(AssessmentVeto.id).where(AssessmentVeto.institution_code == place)).one()


def proof_id(session: Session, place: str) -> UUID:
    """The photo of that touchpoint."""
    statement = select(TouchpointProof.id).where(TouchpointProof.touchpoint_id == touchpoint_id(session, place))
    return session.exec(statement).one()


def survey_id(session: Session, place: str) -> UUID:
    """The survey campaign of a place."""
    return session.exec(select(SurveyCampaign.id).where(SurveyCampaign.institution_code == place)).one()


def invitation_id(session: Session, place: str) -> UUID:
    """The invitation of that campaign that waits for a paper sheet."""
    waiting = SurveyInvitation.campaign_id == survey_id(session, place), col(SurveyInvitation.answered_at).is_(None)
    return session.exec(select(SurveyInvitation.id).where(*waiting)).one()


def _survey(session: Session, place: str) -> None:
    """An open campaign with a waiting invitation, and a low sheet whose words are the place's."""
    campaign = SurveyCampaign(
        workflow_id=f"survey/{place}",
        title=marker(place),
        period="2026-H1",
        tiers=[Tier.GOLD.value],
        institution_code=place,
        stage=SurveyStage.OPEN,
        closes_on=date(2099, 1, 1),
        closes_at=datetime(2099, 1, 1, tzinfo=UTC),
        opened_at=EVALUATED,
        created_by=person_id(session, place),
        created_at=EVALUATED,
    )
    session.add(campaign)
    session.flush()
    for key in (SurveyChannel.QR, SurveyChannel.PAPER):
        session.add(
            SurveyInvitation(
                campaign_id=campaign.id,
                customer_no=customer_no(place),
                institution_code=place,
                tier=Tier.GOLD,
                key=key.value,
                channel=key,
                token_hash=f"{key.value}-{place}",
                invited_on=EVALUATED.date(),
            )
        )
    session.flush()
    answered = session.exec(select(SurveyInvitation).where(SurveyInvitation.token_hash == f"qr-{place}")).one()
    given = Given({"1": "1"}, marker(place))
    answer(session, Answerable(answered, campaign), given, By("customer:link", Door.LINK), EVALUATED)


def _estimate(session: Session, place: str, version_id: UUID) -> None:
    """A membership that an approval granted, and the spend of its year: above its limit, so that one may ask.

    Within the subtree it is the actor's own customer, as far as it is a manager.
    """
    mine = place in {PLACES[key] for key in IN_SUBTREE}
    asking = AccountStore(session).by_login(actor(Role.MGR))
    assert asking is not None
    manager = asking.id if mine else person_id(session, place)
    row = Membership(
        case_id=case_id(session, place),
        workflow_id=f"membership/{customer_no(place)}",
        customer_no=customer_no(place),
        institution_code=place,
        year=YEAR,
        tier=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        certificate_no=marker(place),
        manager_id=manager,
        valid_from=date(2026, 3, 1),
        valid_to=date(2027, 2, 28),
        stage=MembershipStage.SERVING if mine else MembershipStage.CANCELLED,
        created_at=EVALUATED,
    )
    session.add(row)
    session.flush()
    session.add(
        SpendPlan(
            customer_no=row.customer_no,
            year=YEAR,
            institution_code=place,
            membership_id=row.id,
            rulebook_version_id=version_id,
            tier=row.tier,
            value=Decimal(1),
            standard_premium=Decimal(1),
            persons=1,
            first_on=row.valid_from,
            last_on=row.valid_to,
            total=Decimal(100),
            spend_limit=Decimal("0.03"),
            created_at=EVALUATED,
            updated_at=EVALUATED,
        )
    )


def _touchpoint(session: Session, place: str) -> None:
    """A planned visit that waits for the post, with a photo."""
    row = planned(customer_no(place), institution_code=place, title=marker(place), content=marker(place))
    session.add(row)
    session.flush()
    session.add(
        TouchpointProof(
            touchpoint_id=row.id,
            kind=ProofKind.PHOTO,
            name=marker(place),
            media_type="image/png",
            size=1,
            content=base64.b64encode(marker(place).encode()).decode(),
            by_id=person_id(session, place),
            at=EVALUATED,
        )
    )


def _said(session: Session, place: str) -> None:
    """A question with a file, and evidence of the declaration."""
    case, person = case_id(session, place), person_id(session, place)
    question = CaseComment(
        case_id=case,
        kind="ask",
        author_id=person,
        author_name=colleague(place),
        text=marker(place),
        asked_id=person,
        at=EVALUATED,
    )
    session.add(question)
    session.flush()
    name = f"{marker(place)}.txt"
    session.add(
        CaseAttachment(
            comment_id=question.id,
            case_id=case,
            name=name,
            media_type="text/plain",
            size=1,
            content=base64.b64encode(marker(place).encode()).decode(),
            at=EVALUATED,
        )
    )
    row = session.get(Case, case)
    assert row is not None
    state = ApprovalState.model_validate(row.state)
    rules = rulebook_of(session, row.rulebook_version_id).version
    digest = evidence.keep(session, row, evidence.Seen(state, state.tasks[0], rules), EVALUATED)
    declared = session.exec(select(Decision).where(Decision.case_id == case, Decision.step_no == 1)).one()
    declared.evidence_digest = digest
    session.add(declared)


def _stand_in(session: Session, place: str) -> None:
    principal = AccountStore(session).by_login(login(place))
    auditor = AccountStore(session).by_login(actor(Role.AUDIT))
    assert principal is not None
    assert auditor is not None
    session.add(
        StandIn(
            principal_id=principal.id,
            stand_in_id=auditor.id,
            starts_at=EVALUATED,
            ends_at=datetime(2099, 1, 1, tzinfo=UTC),
            reason=marker(place),
            created_by=principal.id,
            created_at=EVALUATED,
        )
    )


def _case(session: Session, place: str) -> None:
    account = AccountStore(session).by_login(login(place))
    assert account is not None
    at = datetime(2026, 2, 3, 2, 0, tzinfo=UTC)
    start = StartQualification(
        case_id=new_id(),
        workflow_id=qualification_id(YEAR, customer_no(place), 1),
        update_id=f"{account.id}:matrix-{place}",
        content_hash="matrix",
        customer_no=customer_no(place),
        year=YEAR,
        attempt=1,
        tier=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        reason=marker(place),
        late_reason=marker(place),
        actor_id=account.id,
        actor_name=account.name,
        door=Door.API,
    )
    record_opening(session, RecordOpening(start=start, at=at))


def _veto(session: Session, place: str) -> None:
    session.add(
        AssessmentVeto(
            year=YEAR,
            institution_code=place,
            code="falsified_record",
            case_id=case_id(session, place),
            reason=marker(place),
            evidence=marker(place),
            recorded_by=person_id(session, place),
            recorded_by_name=colleague(place),
            recorded_at=EVALUATED,
        )
    )


def _complaint(session: Session, place: str) -> None:
    account = AccountStore(session).by_login(login(place))
    assert account is not None
    case = new_id()
    start = StartComplaint(
        case_id=case,
        workflow_id=workflow_of_complaint(case),
        update_id=f"{account.id}:complaint-{place}",
        content_hash="matrix",
        customer_no=customer_no(place),
        institution_code=place,
        received_at=EVALUATED,
        sheet=ComplaintSheet.COMPLAINT,
        complainant=marker(place),
        subject=marker(place),
        matter=marker(place),
        actor_id=account.id,
        actor_name=account.name,
        posts=(PostRef(role=Role.MGR, institution_code=place),),
        door=Door.API,
    )
    record_service(session, RecordServiceOpening(start=start, at=EVALUATED))


def _request(session: Session, place: str) -> None:
    account = AccountStore(session).by_login(login(place))
    assert account is not None
    case = new_id()
    start = StartGreenChannel(
        case_id=case,
        workflow_id=green_channel_id(case),
        update_id=f"{account.id}:request-{place}",
        content_hash="matrix",
        customer_no=customer_no(place),
        institution_code=place,
        received_at=EVALUATED,
        service=GreenService.CLAIM,
        reference_no=f"CL-{marker(place)}",
        contact_name=marker(place),
        comment=marker(place),
        actor_id=account.id,
        actor_name=account.name,
        posts=(PostRef(role=Role.MGR, institution_code=place),),
        door=Door.API,
    )
    record_service(session, RecordServiceOpening(start=start, at=EVALUATED))


def _job(session: Session, place: str) -> None:
    account = AccountStore(session).by_login(login(place))
    assert account is not None
    session.add(
        Job(
            kind="import",
            state=JobState.DONE,
            params={},
            result={"note": marker(place)},
            created_by=account.id,
            institution_code=place,
            created_at=datetime(2026, 1, 10, tzinfo=UTC),
        )
    )
    session.flush()
