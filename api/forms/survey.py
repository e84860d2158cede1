"""附件六 as it is printed: a sheet that was answered, and a blank one with every answer to tick."""

from uuid import UUID

from api.forms.facts import Reading, Record, vip_facts
from api.forms.sheet import named
from api.pages.format import amount, long_day
from api.pages.i18n import _
from api.pages.words import word
from api.survey_questions import answer_word, answers_of
from models.errors import DomainError, ErrorCode
from models.rulebook import Question, SurveyRules
from models.stores.scope import EVERYTHING
from models.stores.survey import InvitationStore, SurveyStore
from models.tables.survey import SurveyCampaign

FORM, SHEET = "附件六", "sheet"
_BOX, _SPACE = "□", "　"
_ALL = (
    "customer_name",
    "vip_no",
    "tier",
    "respondent",
    "period",
    "answered_on",
    "channel",
    "answers",
    "score",
    "valid",
)


def survey_record(reading: Reading, sheet_id: UUID) -> Record:
    """An answered sheet; what was written in words is masked like everything that people say. Raises NOT_FOUND."""
    store = SurveyStore(reading.session)
    sheet = store.sheet(sheet_id, EVERYTHING)
    campaign = store.get(sheet.campaign_id) if sheet else None
    invitation = (
        InvitationStore(reading.session).by_ids([sheet.invitation_id]).get(sheet.invitation_id) if sheet else None
    )
    if sheet is None or campaign is None or invitation is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    rules = reading.rulebook.survey
    given: dict[int, int | str | None] = {int(number): value for number, value in sheet.answers.items()}
    lines = [_answered(rules, question, given.get(question.number)) for question in rules.questions]
    text = next((question.number for question in rules.questions if question.kind == "text"), None)
    if text is not None and sheet.improvement:
        lines = [line for line in lines if not line.startswith(f"{text}. ")]
        lines.append(f"{text}. {named(rules.question(text))}：{reading.text(sheet.improvement)}")
    values = {
        **vip_facts(reading, sheet.customer_no, sheet.answered_at),
        "respondent": word(invitation.respondent) if invitation.respondent else _("单位整体"),
        "period": campaign.period,
        "answered_on": long_day(sheet.answered_on),
        "channel": word(sheet.channel),
        "answers": "\n".join(lines),
        "score": amount(sheet.score) if sheet.score is not None else "",
        "valid": _("是") if sheet.is_valid else _("否（作答不足）"),
    }
    return Record(FORM, SHEET, f"{campaign.period}-{str(sheet.id)[-8:]}", values)


def blank_record(rules: SurveyRules, campaign: SurveyCampaign) -> Record:
    """A blank sheet of a campaign, for paper."""
    lines = [_blank(rules, question) for question in rules.questions]
    values = {**dict.fromkeys(_ALL, _SPACE), "period": campaign.period, "answers": "\n".join(lines)}
    return Record(FORM, SHEET, campaign.period, values)


def _answered(rules: SurveyRules, question: Question, answer: int | str | None) -> str:
    return f"{question.number}. {named(question)}：{answer_word(rules, question, answer) or _('未答')}"


def _blank(rules: SurveyRules, question: Question) -> str:
    boxes = _SPACE.join(f"{_BOX}{text}" for _value, text in answers_of(rules, question))
    return f"{question.number}. {named(question)}\n{_SPACE}{boxes or '＿' * 24}"
