"""Results of a campaign within a scope: in all, by question, branch and tier, and from period to period."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from models.rulebook import Question, SurveyRules
from models.rules import survey
from models.service_types import SurveyStage
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING, Scope
from models.stores.survey import SheetLine, SurveyStore, Tally
from models.tables.survey import SurveyCampaign
from models.types import InstitutionLevel, Tier

ASKED = (SurveyStage.OPEN, SurveyStage.CLOSED, SurveyStage.PUBLISHED)
"""Stages of a campaign that was opened."""


@dataclass(frozen=True, slots=True)
class Group:
    """Some respondents together. `mean` is 0-100 with two decimals, None where the sample is too small (样本不足)."""

    key: str
    sent: int
    returned: int
    valid: int
    mean: Decimal | None

    @property
    def rate(self) -> Decimal | None:
        """回收率 as a ratio."""
        return survey.return_rate(self.sent, self.returned)


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """One question of the scale over all valid sheets; `counts` by answer, best first, 未接触 last.

    Without counts where a campaign has too few valid sheets (样本不足): they would be single people's answers.
    """

    question: Question
    answered: int
    mean: Decimal | None
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Results:
    """A campaign in numbers. `renewal` counts the answers on renewing by the code of the choice; empty as above."""

    rules: SurveyRules
    total: Group
    low: int
    by_mail: int
    unconfirmed: int
    nps: Decimal | None
    by_question: tuple[QuestionResult, ...]
    renewal: tuple[tuple[str, int], ...]
    by_branch: tuple[Group, ...]
    by_tier: tuple[Group, ...]
    trend: tuple[Group, ...]


def results(session: Session, campaign: SurveyCampaign, scope: Scope, rules: SurveyRules) -> Results:
    """What the campaign came to, as a reader of these institutions may see it."""
    store = SurveyStore(session)
    lines, sent = store.lines(campaign.id, scope), store.sent_by_branch(campaign.id, scope)
    tally = store.tallies([campaign.id], scope).get(campaign.id, Tally())
    branch = branch_of(session)
    valid = [line for line in lines if line.is_valid]
    total = _group(rules, "", tally.sent, lines)
    small = total.mean is None
    recommending = [line.nps for line in valid if line.nps is not None]
    return Results(
        rules=rules,
        total=total,
        low=tally.low,
        by_mail=tally.by_mail,
        unconfirmed=tally.unconfirmed,
        nps=None if survey.is_small(rules, len(recommending)) else survey.net_promoters(rules, recommending),
        by_question=tuple(
            _question(rules, question, valid, small=small) for question in rules.questions if question.kind == "scale"
        ),
        renewal=() if small else _renewal(rules, valid),
        by_branch=_grouped(
            rules, lines, lambda line: branch(line.institution_code), _summed(sent, lambda k: branch(k[0]))
        ),
        by_tier=_grouped(rules, lines, lambda line: line.tier.value, _summed(sent, lambda key: key[1].value)),
        trend=trend(session, scope, rules),
    )


def trend(session: Session, scope: Scope, rules: SurveyRules) -> tuple[Group, ...]:
    """By period 调查期间, of every campaign that was opened, first period first."""
    return tuple(
        Group(period, tally.sent, tally.returned, tally.valid, _shown(rules, tally.valid, tally.mean))
        for period, tally in SurveyStore(session).trend(scope, ASKED)
    )


def branch_of(session: Session) -> Callable[[str], str]:
    """The branch 二级机构 an institution belongs to; head office for what stands directly under it."""
    places = InstitutionStore(session).all(EVERYTHING)
    branches = {place.code for place in places if place.level is InstitutionLevel.BRANCH}
    found = {}
    for place in places:
        above = [code for code in place.path.split("/") if code]
        found[place.code] = next((code for code in above if code in branches), above[0] if above else place.code)
    return lambda code: found.get(code, code)


def _summed(sent: dict[tuple[str, Tier], int], key: Callable[[tuple[str, Tier]], str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for pair, number in sent.items():
        found[key(pair)] = found.get(key(pair), 0) + number
    return found


def _grouped(
    rules: SurveyRules, lines: Iterable[SheetLine], key: Callable[[SheetLine], str], sent: dict[str, int]
) -> tuple[Group, ...]:
    found: dict[str, list[SheetLine]] = {name: [] for name in sent}
    for line in lines:
        found.setdefault(key(line), []).append(line)
    return tuple(_group(rules, name, sent.get(name, 0), found[name]) for name in sorted(found))


def _group(rules: SurveyRules, key: str, sent: int, lines: Sequence[SheetLine]) -> Group:
    scores = [line.score for line in lines if line.is_valid and line.score is not None]
    return Group(key, sent, len(lines), len(scores), _shown(rules, len(scores), survey.mean(scores)))


def _shown(rules: SurveyRules, sheets: int, mean: Decimal | None) -> Decimal | None:
    return None if survey.is_small(rules, sheets) else survey.rounded(mean)


def _question(rules: SurveyRules, question: Question, valid: Sequence[SheetLine], *, small: bool) -> QuestionResult:
    given = [line.answers[str(question.number)] for line in valid if str(question.number) in line.answers]
    scores = [survey.question_score(rules, value) for value in given if isinstance(value, int)]
    names = {} if small else survey.scale_answers(rules)
    counts = tuple((name, given.count(value)) for name, value in names.items())
    return QuestionResult(question, len(scores), _shown(rules, len(scores), survey.mean(scores)), counts)


def _renewal(rules: SurveyRules, valid: Sequence[SheetLine]) -> tuple[tuple[str, int], ...]:
    """续保意愿: of the first choice question there is."""
    question = next((one for one in rules.questions if one.kind == "choice"), None)
    if question is None:
        return ()
    given = [line.answers.get(str(question.number)) for line in valid]
    return tuple((choice.code, given.count(choice.code)) for choice in question.choices)
