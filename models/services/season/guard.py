"""What a season forbids elsewhere: reopening a list that is public, declaring again what the list settled."""

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rules.season import is_published, wrong_phase
from models.stores.season import SeasonStore
from models.types import Outcome, SeasonPhase


def refuse_reopening(session: Session, year: int) -> None:
    """While a season runs, its list is reopened by the season only. Raises WRONG_STAGE."""
    season = SeasonStore(session).get(year)
    if season is not None and season.phase is not SeasonPhase.FREEZE:
        raise wrong_phase(season.phase)


def refuse_settled(session: Session, year: int, customer_no: str) -> None:
    """After publication a rejected customer is declared again only by an appeal upheld. Raises CASE_CLOSED."""
    store = SeasonStore(session)
    season = store.get(year)
    if season is None or not is_published(season.phase):
        return
    rejected = store.last_outcome(year, customer_no) is Outcome.REJECTED
    if rejected and not store.has_upheld_appeal(year, customer_no):
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=Outcome.REJECTED.value)


def has_right_to_declare(session: Session, year: int, customer_no: str) -> bool:
    """An appeal upheld: the customer may be declared at any time of the year."""
    return SeasonStore(session).has_upheld_appeal(year, customer_no)
