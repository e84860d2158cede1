"""What other rooms keep: satisfaction by period, and cost against budget. None until they keep it."""

from sqlmodel import Session

from models.services.dashboard.figures import Line
from models.services.dashboard.standing import Standing


def satisfaction(session: Session, at: Standing) -> tuple[Line, ...] | None:  # noqa: ARG001  joined with the survey
    """满意度 by period of the campaigns."""
    return None


def cost(session: Session, at: Standing) -> tuple[Line, ...] | None:  # noqa: ARG001  joined with the spend
    """服务投入 against its plan, a line per institution; yuan."""
    return None
