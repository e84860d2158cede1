"""One answered sheet 附件六 in one transaction: insert-or-adopt by invitation, with its follow-up and its audit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rulebook import SurveyRules
from models.rules import survey
from models.rules.calendar import local_date
from models.service_types import SurveyChannel
from models.services import audit
from models.services.by import By
from models.services.rulebooks import InForce, rulebook_in_force, rulebook_of
from models.services.survey.follow_up import Low, open_follow_up
from models.services.survey.links import Answerable, refuse_closed
from models.stores.survey import SurveyStore
from models.tables.columns import new_id
from models.tables.survey import SurveyCampaign, SurveySheet


@dataclass(frozen=True)
class Given:
    """What was answered: by question number as it was typed; `improvement` stands for the text question.

    `entered_by` and `answered_on` are set for a paper sheet: who entered it, and the day written on it.
    """

    answers: Mapping[str, str]
    improvement: str = ""
    entered_by: UUID | None = None
    answered_on: date | None = None


@dataclass(frozen=True)
class Recorded:
    """The sheet that stands; `adopted`: an earlier one, and nothing was written now."""

    sheet: SurveySheet
    adopted: bool = False


def answer(session: Session, asked: Answerable, given: Given, by: By, at: datetime) -> Recorded:
    """Record the sheet, or return the one that this invitation has.

    Raises WRONG_STAGE before the opening and after the closing, INVALID_INPUT at the controls.
    """
    store, invitation = SurveyStore(session), asked.invitation
    standing = store.sheet_of(invitation.id)
    if standing is not None:
        return Recorded(standing, adopted=True)
    refuse_closed(asked.campaign, at)
    rules = rules_of(session, asked.campaign, at)
    sheet = _sheet(rules.rulebook.survey, asked, given, at)
    store.add(sheet)
    if sheet.low:
        sheet.follow_up_id = open_follow_up(session, Low(sheet, invitation, rules), at).id
    invitation.answered_at = at
    store.add(sheet, invitation)
    _audit(session, sheet, by, at)
    return Recorded(sheet)


def rules_of(session: Session, campaign: SurveyCampaign, at: datetime) -> InForce:
    """The rulebook version that a campaign asks by; of a draft the one in force."""
    if campaign.rulebook_version_id is None:
        return rulebook_in_force(session, local_date(at))
    return rulebook_of(session, campaign.rulebook_version_id)


def _sheet(rules: SurveyRules, asked: Answerable, given: Given, at: datetime) -> SurveySheet:
    given = _text_apart(rules, given)
    answers = _checked(rules, asked.campaign, given, at)
    scored = survey.scored(rules, answers)
    invitation = asked.invitation
    return SurveySheet(
        id=new_id(),
        invitation_id=invitation.id,
        campaign_id=invitation.campaign_id,
        customer_no=invitation.customer_no,
        institution_code=invitation.institution_code,
        tier=invitation.tier,
        channel=SurveyChannel.PAPER if given.entered_by else invitation.channel,
        answered_at=at,
        answered_on=given.answered_on or local_date(at),
        answers={str(number): value for number, value in answers.items()},
        improvement=given.improvement.strip(),
        score=scored.score,
        answered=scored.answered,
        is_valid=scored.is_valid,
        nps=scored.nps,
        low=scored.follow_up,
        entered_by=given.entered_by,
    )


def _text_apart(rules: SurveyRules, given: Given) -> Given:
    """The text question, where a form sent it among the others, as `improvement`."""
    numbers = {str(question.number) for question in rules.questions if question.kind == "text"}
    text = "\n".join(filter(None, (given.improvement, *(given.answers.get(number, "") for number in sorted(numbers)))))
    answers = {number: value for number, value in given.answers.items() if number not in numbers}
    return replace(given, answers=answers, improvement=text)


def _checked(rules: SurveyRules, campaign: SurveyCampaign, given: Given, at: datetime) -> dict[int, int | str]:
    """The answers; every field that is wrong is named at once."""
    wrong = []
    text = next((question.number for question in rules.questions if question.kind == "text"), 0)
    if len(given.improvement) > survey.MAX_TEXT:
        wrong.append({"field": survey.FIELD.format(text), "reason": "string_too_long"})
    if given.answered_on is not None and not _is_possible(campaign, given.answered_on, at):
        wrong.append({"field": "answered_on", "reason": "not_in_the_campaign"})
    try:
        found = survey.parsed(rules, given.answers)
    except DomainError as error:
        wrong = [*error.context["errors"], *wrong]
    if wrong:
        raise DomainError(ErrorCode.INVALID_INPUT, n=len(wrong), errors=wrong)
    return found


def _is_possible(campaign: SurveyCampaign, day: date, at: datetime) -> bool:
    opened = local_date(campaign.opened_at) if campaign.opened_at else day
    return opened <= day <= local_date(at)


def _audit(session: Session, sheet: SurveySheet, by: By, at: datetime) -> None:
    """That it was answered; no answer and no person stands in the trail."""
    audit.append(
        session,
        actor=by.actor,
        action="survey.answered",
        object_kind="survey_sheet",
        object_id=str(sheet.id),
        door=by.door,
        after={
            "campaign": str(sheet.campaign_id),
            "channel": sheet.channel.value,
            "valid": sheet.is_valid,
            "follow_up": str(sheet.follow_up_id) if sheet.follow_up_id else None,
        },
        request_id=by.request_id,
        at=at,
    )
