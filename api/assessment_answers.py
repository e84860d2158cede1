"""Assessments 考核, their facts, and duties 岗位职责 as JSON."""

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import urlencode

from api.fact_links import fact_href
from api.pages.i18n import language
from api.pages.lists import href
from api.schemas.assessment import (
    AppealRowAnswer,
    AssessmentBranchAnswer,
    AssessmentLineAnswer,
    DutyAnswer,
    FactAnswer,
    IndicatorAnswer,
    VersionAnswer,
    VetoAnswer,
)
from models.messages.assessment import BranchFacts, IndicatorScore
from models.rulebook.schema.assessment import Assessment
from models.rulebook.schema.common import NamedEntry
from models.services.assessment.overview import BranchView, Line
from models.services.post_duties import DutyLine
from models.stores.facts import Fact
from models.tables.assessment import AssessmentResult, AssessmentVeto

ASSESSMENT = "/reports/assessment"


def named(entry: NamedEntry) -> str:
    """Its name in the language of the request."""
    return entry.name_en if language() == "en" else entry.name_zh


def line_answer(line: Line) -> AssessmentLineAnswer:
    """One branch of the list."""
    return AssessmentLineAnswer(
        institution_code=line.branch.code,
        name=line.branch.name,
        total=line.assessed.total,
        grade=line.assessed.grade,
        version=line.result.version if line.result else None,
        confirmed_at=line.result.confirmed_at if line.result else None,
    )


def branch_answer(view: BranchView, year: int) -> AssessmentBranchAnswer:
    """One branch in one version."""
    line = line_answer(Line(view.branch, view.assessed, view.result))
    return AssessmentBranchAnswer(
        **line.model_dump(),
        indicators=[_indicator(view, score, year) for score in view.assessed.indicators],
        justified_complaints=view.assessed.justified,
        deduction=view.assessed.deduction,
        vetoes=[_veto(row) for row in view.vetoes],
        versions=[_version(row) for row in view.versions],
        quarters=[_version(row) for row in view.quarters],
        appeals=[
            AppealRowAnswer(case_id=case.id, item=row.item, old=row.old, new=row.new, outcome=case.outcome)
            for row, case in view.appeals
        ],
        appealable=sorted(view.appealable),
    )


def _indicator(view: BranchView, score: IndicatorScore, year: int) -> IndicatorAnswer:
    good, of = counted(view.facts, score.code)
    return IndicatorAnswer(
        **score.model_dump(),
        name=name_of(view.rules, score.code),
        good=good,
        of=of,
        facts_url=f"/api/v1{facts_path(view, year, score.code)}",
    )


def facts_path(view: BranchView, year: int, item: str) -> str:
    """The list behind a figure, in the version that is shown."""
    version = str(view.result.version) if view.result else "live"
    return href(f"{ASSESSMENT}/{year}/{view.branch.code}/facts/{item}", {"version": version})


def name_of(rules: Assessment, code: str) -> str:
    """Name of an indicator; the code itself for one that the rulebook has no more."""
    return next((named(item) for item in rules.indicators if item.code == code), code)


def grade_name(rules: Assessment, code: str | None) -> str:
    """Name of a grade; empty for none."""
    return next((named(item) for item in rules.grades if item.code == code), "")


def counted(facts: BranchFacts, code: str) -> tuple[Decimal, int]:
    """How much of how many facts: what the list behind the figure adds up to."""
    parts = [part for item in facts.measured if item.code == code for part in item.parts]
    return sum((part.good for part in parts), Decimal(0)), sum(part.of for part in parts)


def _version(row: AssessmentResult) -> VersionAnswer:
    return VersionAnswer.model_validate(row)


def _veto(row: AssessmentVeto) -> VetoAnswer:
    return VetoAnswer(**row.model_dump(include=set(VetoAnswer.model_fields) - {"veto_id"}), veto_id=row.id)


def fact_answer(fact: Fact) -> FactAnswer:
    """One fact with the address of its page."""
    return FactAnswer(**fact._asdict(), url=fact_href(fact))


def duty_answers(lines: Sequence[DutyLine], month: str) -> list[DutyAnswer]:
    """Duties with where their rows are listed."""
    return [_duty(line, month) for line in lines]


def _duty(line: DutyLine, month: str) -> DutyAnswer:
    query = urlencode({"month": month})
    return DutyAnswer(
        role=line.post.role,
        number=line.number,
        text=line.duty.text_en if language() == "en" else line.duty.text_zh,
        article=line.duty.article,
        due=line.due,
        done=line.done,
        facts_url=None if line.due is None else f"/api/v1/duties/{line.post.role.value}/{line.number}/facts?{query}",
    )
