"""考核 reckoned from the records as they stand now: of the year so far, or up to a quarter's end. Nothing is kept."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.assessment import Assessed, BranchFacts
from models.rulebook import Rulebook
from models.rules.assessment import assess
from models.rules.calendar import local_date
from models.services.assessment.facts import branch_facts
from models.services.desk.acting import invalid
from models.services.rulebooks import InForce, rulebook_in_force
from models.stores.fact_sources import YEAR_PERIOD
from models.stores.facts import Asked
from models.stores.institutions import InstitutionStore
from models.stores.scope import Scope
from models.tables.organisation import Institution
from models.types import InstitutionLevel

QUARTERS = ("Q1", "Q2", "Q3", "Q4")
PERIODS = (*QUARTERS, YEAR_PERIOD)


class Place(NamedTuple):
    """A branch's year as somebody asks for it, and how far that person's reach goes."""

    year: int
    branch_code: str
    scope: Scope


@dataclass(frozen=True)
class Reckoned:
    """One branch: what its records say and what it comes to."""

    branch: Institution
    facts: BranchFacts
    assessed: Assessed


def last_day(year: int, period: str) -> date:
    """The last day of a quarter, or of the year. Raises ValueError for what is no period."""
    if period == YEAR_PERIOD:
        return date(year, 12, 31)
    month = 3 * (QUARTERS.index(period) + 1)
    return date(year, month, 31 if month in {3, 12} else 30)


def asked_of(year: int, period: str, at: datetime, scope: Scope) -> Asked:
    """The span of a period: always from the first of January."""
    return Asked(date(year, 1, 1), last_day(year, period), at, scope)


def rules_of(session: Session, year: int, at: datetime) -> InForce:
    """The rulebook of a year: in force on its last day, or today while it runs. Raises NOT_FOUND."""
    return rulebook_in_force(session, min(date(year, 12, 31), local_date(at)))


def branch_at(session: Session, place: Place) -> Institution:
    """The branch. Raises NOT_FOUND outside the scope, INVALID_INPUT for what is no branch."""
    branch = InstitutionStore(session).get(place.branch_code, place.scope)
    if branch is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if branch.level is not InstitutionLevel.BRANCH:
        raise invalid("institution_code", "branches_only")
    return branch


def branches_of(session: Session, scope: Scope) -> list[Institution]:
    """二级机构 of the scope, in the order of the tree."""
    return [item for item in InstitutionStore(session).all(scope) if item.level is InstitutionLevel.BRANCH]


def reckon(session: Session, rulebook: Rulebook, year: int, asked: Asked) -> list[Reckoned]:
    """Every branch of the scope, those without a fact too."""
    found = branch_facts(session, asked, year)
    nothing = BranchFacts(measured=())
    return [
        Reckoned(branch, facts, assess(rulebook.assessment, facts))
        for branch in branches_of(session, asked.scope)
        for facts in (found.get(branch.code, nothing),)
    ]
