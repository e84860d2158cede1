"""The season of a year as people read it: phase, dates, appeals, memberships that should end."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.messages.season import SeasonState
from models.rules.calendar import local_date
from models.services.qualification.member_acts import cancellation_candidates
from models.stores.customers import names_of
from models.stores.institutions import InstitutionStore
from models.stores.scope import Scope
from models.stores.season import SeasonStore
from models.tables.cases import Case, Membership


@dataclass(frozen=True)
class Candidate:
    """A membership whose facts demand cancellation, with the causes the book shows."""

    membership: Membership
    name: str
    causes: tuple[str, ...]


@dataclass(frozen=True)
class SeasonView:
    """`state` None: the year has no season."""

    state: SeasonState | None
    appeals: list[Case]
    appeal_names: dict[str, str]
    candidates: list[Candidate]


def season_view(session: Session, year: int, scope: Scope, now: datetime) -> SeasonView:
    """What a reader of these institutions sees of the season."""
    store = SeasonStore(session)
    row, appeals = store.get(year), store.appeals(year, scope)
    return SeasonView(
        state=SeasonState.model_validate(row.state) if row else None,
        appeals=appeals,
        appeal_names=names_of(session, [case.customer for case in appeals]),
        candidates=candidates(session, scope, now),
    )


def candidates(session: Session, scope: Scope, now: datetime) -> list[Candidate]:
    """Memberships of the scope that should be cancelled, by customer."""
    codes = {item.code for item in InstitutionStore(session).all(scope)}
    found = [
        (row, causes)
        for row, causes in cancellation_candidates(session, local_date(now))
        if row.institution_code in codes
    ]
    names = names_of(session, [row.customer_no for row, _causes in found])
    return [Candidate(row, names.get(row.customer_no, row.customer_no), causes) for row, causes in found]
