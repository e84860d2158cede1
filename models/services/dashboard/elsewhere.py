"""Numbers of the survey and the spend, and the rows behind them: satisfaction by period, cost against budget."""

from sqlmodel import Session, col

from models.errors import DomainError, ErrorCode
from models.services.dashboard.figures import Found, Line
from models.services.dashboard.standing import Standing
from models.services.survey.results import ASKED, trend
from models.stores import dashboard as store
from models.tables.spend import SpendEntry, SpendPlan
from models.tables.survey import SurveyCampaign


def satisfaction(session: Session, at: Standing) -> tuple[Line, ...] | None:
    """满意度 by period of the campaigns; None for a manager's own customers, who are too few to speak of.

    A period with too few valid sheets has no score, as in the results of the survey.
    """
    if at.top is None:
        return None
    periods = trend(session, at.ground.scope, at.rulebook.survey)
    return tuple(Line(group.key, (group.key,), {"score": group.mean, "valid": group.valid}) for group in periods)


def rows_of_satisfaction(at: Standing, key: str) -> Found:
    """The valid sheets of one period. Raises NOT_FOUND where none is spoken of."""
    if at.top is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return Found(store.sheets(at.ground, ASKED), (col(SurveyCampaign.period) == key,))


def cost(session: Session, at: Standing) -> tuple[Line, ...]:
    """服务投入 in yuan, a line per institution: spent in the span, and estimates that run on its last day."""
    sums = {unit.key: dict.fromkeys(("spent", "budget"), store.NO_YUAN) for unit in at.units}
    for mark, counted, yuan in (
        ("spent", store.spent(at.ground), col(SpendEntry.yuan)),
        ("budget", store.budgets(at.ground, at.day), col(SpendPlan.total)),
    ):
        for (code,), amount in store.amounts(session, counted, yuan).items():
            sums[at.unit_of(code)][mark] += amount
    return tuple(Line(unit.key, (unit.name,), sums[unit.key]) for unit in at.units if any(sums[unit.key].values()))


def rows_of_spent(at: Standing, key: str) -> Found:
    """The spendings of one line."""
    return Found(store.spent(at.ground), at.of_unit(key, SpendPlan.institution_code))


def rows_of_budget(at: Standing, key: str) -> Found:
    """The estimates of one line."""
    return Found(store.budgets(at.ground, at.day), at.of_unit(key, SpendPlan.institution_code))
