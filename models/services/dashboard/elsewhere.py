"""Numbers that the survey and the spend keep: satisfaction by period, cost against budget."""

from sqlmodel import Session

from models.services.dashboard.figures import Line
from models.services.dashboard.standing import Standing
from models.services.survey.results import trend
from models.stores import dashboard as store
from models.stores.spend import SpendStore


def satisfaction(session: Session, at: Standing) -> tuple[Line, ...] | None:
    """满意度 by period of the campaigns; None for a manager's own customers, who are too few to speak of.

    A period with too few valid sheets has no score, as in the results of the survey.
    """
    if at.top is None:
        return None
    periods = trend(session, at.ground.scope, at.rulebook.survey)
    return tuple(Line(group.key, (group.key,), {"score": group.mean, "valid": group.valid}) for group in periods)


def cost(session: Session, at: Standing) -> tuple[Line, ...] | None:
    """服务投入 spent and planned of the newest year with estimates, in yuan, a line per institution."""
    year = next(iter(SpendStore(session).years()), None)
    if year is None:
        return None
    sums = {unit.key: dict.fromkeys(("spent", "budget"), store.NO_YUAN) for unit in at.units}
    for code, (spent, budget) in store.spend(session, at.ground, year).items():
        mine = sums[at.unit_of(code)]
        mine["spent"], mine["budget"] = mine["spent"] + spent, mine["budget"] + budget
    return tuple(Line(unit.key, (unit.name,), sums[unit.key]) for unit in at.units if any(sums[unit.key].values()))
