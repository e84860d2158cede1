"""The season, its list and a trial on it as JSON."""

from datetime import datetime

from api.schemas.evaluations import (
    CandidateAnswer,
    ChangeAnswer,
    ListingAnswer,
    PhaseAnswer,
    PhaseDateAnswer,
    SeasonAnswer,
    WhatIfAnswer,
)
from models.messages.season import SeasonState
from models.rules.season import date_of, may_move_to, takes_appeals
from models.services.season.overview import Candidate
from models.services.season.trying import Trial
from models.tables.season import SeasonListing
from models.types import SeasonPhase


def season_answer(state: SeasonState, now: datetime) -> SeasonAnswer:
    """Where the season stands."""
    dates = [found for phase in SeasonPhase if (found := date_of(state, phase)) is not None]
    return SeasonAnswer(
        phase=state.phase,
        version=state.version,
        may_move_to=list(may_move_to(state)),
        appeals_until=state.appeals_until.due_at if state.appeals_until else None,
        appeals_open=takes_appeals(state, now),
        dates=[PhaseDateAnswer(phase=item.phase, due_on=item.due_on) for item in dates],
        moves=[
            PhaseAnswer(phase=move.phase, by=move.actor_name, reason=move.reason, at=move.at, late=move.is_late)
            for move in state.moves
        ],
    )


def candidate_answer(item: Candidate) -> CandidateAnswer:
    """A membership that should be cancelled."""
    row = item.membership
    return CandidateAnswer(customer_no=row.customer_no, name=item.name, tier=row.tier, causes=list(item.causes))


def listing_answer(row: SeasonListing) -> ListingAnswer:
    """One line of the published list."""
    return ListingAnswer(
        rank=row.rank or 0,
        customer_no=row.customer_no,
        institution_code=row.institution_code,
        value=row.value,
        tier=row.tier,
        seat=row.seat_kind,
        reason=row.reason,
    )


def what_if_answer(trial: Trial) -> WhatIfAnswer:
    """Who falls out, as far as the caller may see."""
    entrant = trial.result.entrant
    return WhatIfAnswer(
        customer_no=entrant.customer_no,
        name=trial.name,
        value=trial.result.value,
        rank_before=trial.result.rank_before,
        rank=entrant.rank,
        seat_before=entrant.before,
        seat=entrant.after,
        ineligible=list(trial.result.ineligible),
        full=trial.result.is_full,
        changes=[
            ChangeAnswer(
                customer_no=change.customer_no,
                name=name,
                branch_code=change.branch_code,
                before=change.before,
                after=change.after,
            )
            for name, change in trial.changes
        ],
        elsewhere=trial.elsewhere,
    )
