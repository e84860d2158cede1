"""The rulebook that a year's season goes by: that of its list, else the one in force on a day."""

from datetime import date

from sqlmodel import Session

from models.rulebook import Rulebook
from models.services.rulebooks import rulebook_in_force, rulebook_of
from models.stores.evaluations import EvaluationStore


def rulebook_of_year(session: Session, year: int, today: date) -> Rulebook:
    """The rulebook of an evaluation year."""
    row = EvaluationStore(session).get(year)
    return (rulebook_of(session, row.rulebook_version_id) if row else rulebook_in_force(session, today)).rulebook
