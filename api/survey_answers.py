"""Survey campaigns, their results and their sheets as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from api.deps import Action, Caller
from api.forms.sheet import named
from api.pages.format import mask_name
from api.pages.words import word
from api.schemas.surveys import (
    AskedAnswer,
    AskedChoice,
    AskedQuestion,
    GroupAnswer,
    InvitationAnswer,
    LowAnswer,
    QuestionAnswer,
    SheetAnswer,
    SurveyAnswer,
    SurveyRowAnswer,
)
from api.survey_questions import questions
from models.rulebook import SurveyRules
from models.rules import survey
from models.services.survey.answering import rules_of
from models.services.survey.links import Answerable
from models.services.survey.results import Group, QuestionResult, results
from models.stores.care import CareStore
from models.stores.customers import names_of
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.stores.survey import LowSheet, SurveyStore, Tally
from models.tables.survey import SurveyCampaign, SurveyInvitation, SurveySheet
from models.types import Tier


def row_answers(
    session: Session, caller: Caller, rows: Sequence[SurveyCampaign], rules: SurveyRules
) -> list[SurveyRowAnswer]:
    """Campaigns as rows of a list."""
    tallies = SurveyStore(session).tallies([row.id for row in rows], caller.scope(Action.READ_SURVEYS))
    return [SurveyRowAnswer(**_row(row, tallies.get(row.id, Tally()), rules)) for row in rows]


def survey_answer(session: Session, caller: Caller, row: SurveyCampaign) -> SurveyAnswer:
    """One campaign with its results."""
    scope = caller.scope(Action.READ_SURVEYS)
    rules = rules_of(session, row, row.created_at).rulebook.survey
    found = results(session, row, scope, rules)
    tally = SurveyStore(session).tallies([row.id], scope).get(row.id, Tally())
    names = institution_names(session)
    return SurveyAnswer(
        **_row(row, tally, rules),
        nps=found.nps,
        unconfirmed=found.unconfirmed,
        by_question=[_question(result) for result in found.by_question],
        renewal=dict(found.renewal),
        by_branch=[_group(rules, group, names.get(group.key, group.key)) for group in found.by_branch],
        by_tier=[_group(rules, group, word(Tier(group.key))) for group in found.by_tier],
        trend=[_group(rules, group, group.key) for group in found.trend],
    )


def institution_names(session: Session) -> Mapping[str, str]:
    """Names of institutions by code."""
    return {place.code: place.name for place in InstitutionStore(session).all(EVERYTHING)}


def _row(row: SurveyCampaign, tally: Tally, rules: SurveyRules) -> dict[str, Any]:
    small = survey.is_small(rules, tally.valid)
    return {
        "survey_id": row.id,
        "title": row.title,
        "period": row.period,
        "tiers": row.tiers,
        "institution_code": row.institution_code,
        "stage": row.stage,
        "version": row.version,
        "closes_on": row.closes_on,
        "closes_at": row.closes_at,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "published_at": row.published_at,
        "sent": tally.sent,
        "returned": tally.returned,
        "return_rate": survey.return_rate(tally.sent, tally.returned),
        "valid": tally.valid,
        "mean": None if small else survey.rounded(tally.mean),
        "low": tally.low,
    }


def _group(rules: SurveyRules, group: Group, name: str) -> GroupAnswer:
    return GroupAnswer(
        key=group.key,
        name=name,
        sent=group.sent,
        returned=group.returned,
        return_rate=group.rate,
        valid=group.valid,
        mean=group.mean,
        small=survey.is_small(rules, group.valid),
    )


def _question(result: QuestionResult) -> QuestionAnswer:
    question = result.question
    return QuestionAnswer(
        number=question.number,
        name=named(question),
        weight=question.weight,
        answered=result.answered,
        mean=result.mean,
        counts=dict(result.counts),
    )


def invitation_answers(session: Session, rows: Sequence[tuple[SurveyInvitation, str]]) -> list[InvitationAnswer]:
    """Who has not answered, with masked names."""
    names = contact_names(session, [row for row, _ in rows])
    return [
        InvitationAnswer(
            invitation_id=row.id,
            customer_no=row.customer_no,
            customer_name=customer,
            respondent=row.respondent,
            contact=names.get(row.key, ""),
            channel=row.channel,
            sent_at=row.sent_at,
            reminded_at=row.reminded_at,
        )
        for row, customer in rows
    ]


def contact_names(session: Session, rows: Sequence[SurveyInvitation]) -> Mapping[str, str]:
    """Masked names of respondents, by the key of their invitation."""
    people = CareStore(session).contacts([row.contact_id for row in rows if row.contact_id])
    return {str(contact_id): mask_name(person.name) for contact_id, person in people.items()}


def sheet_answer(sheet: SurveySheet) -> SheetAnswer:
    """A sheet without what was written in words."""
    return SheetAnswer(**_sheet(sheet))


def low_answers(rows: Sequence[LowSheet]) -> list[LowAnswer]:
    """Low sheets with their follow-up."""
    return [
        LowAnswer(
            **_sheet(row.sheet),
            customer_name=row.customer,
            follow_up_stage=row.touchpoint.stage.value if row.touchpoint else None,
            follow_up_due_on=row.touchpoint.due_on if row.touchpoint else None,
        )
        for row in rows
    ]


def _sheet(sheet: SurveySheet) -> dict[str, Any]:
    names = ("customer_no", "tier", "channel", "answered_on", "answers", "score", "answered", "is_valid", "nps", "low")
    facts = {name: getattr(sheet, name) for name in names}
    return facts | {"sheet_id": sheet.id, "survey_id": sheet.campaign_id, "follow_up_id": sheet.follow_up_id}


def asked_answer(session: Session, found: Answerable, rules: SurveyRules) -> AskedAnswer:
    """What a respondent is asked."""
    number = found.invitation.customer_no
    asked = [
        AskedQuestion(
            number=question.number,
            kind=question.kind,
            name=question.name,
            choices=[AskedChoice(value=choice.value, name=choice.text) for choice in question.choices],
        )
        for question in questions(rules, {})
    ]
    return AskedAnswer(
        title=found.campaign.title,
        period=found.campaign.period,
        customer=names_of(session, [number]).get(number, ""),
        closes_at=found.campaign.closes_at or found.campaign.created_at,
        questions=asked,
    )
