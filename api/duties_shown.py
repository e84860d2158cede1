"""Which duties a reader sees: those of its own posts, of one post, or of all, within its institutions."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from api.security.caller import Caller
from api.security.policy import Action
from models.rulebook import Rulebook
from models.rulebook.schema.organisation import Duty
from models.rules.calendar import local_date
from models.services.assessment.overview import Position
from models.services.post_duties import DutyLine, duties_of, duty_sources, month_of
from models.services.rulebooks import rulebook_in_force
from models.stores.facts import Asked, Fact, page_of
from models.stores.institutions import InstitutionStore
from models.types import InstitutionLevel, Role

ALL = "all"


class Wanted(NamedTuple):
    """One duty of a post, by its number, in a month such as `2026-02`; empty is this one."""

    role: Role
    number: int
    month: str


def duty_lines(session: Session, caller: Caller, role: str, month: str, at: datetime) -> tuple[str, list[DutyLine]]:
    """The month, and the duties. Raises INVALID_INPUT for a month that is none."""
    rulebook, asked = _asked(session, caller, month, at)
    roles = readable_roles(session, rulebook, caller)
    chosen = [item for item in roles if role in {ALL, item.value}] if role else []
    chosen = chosen or [item for item in roles if item in caller.roles] or roles
    lines = [line for item in chosen for line in duties_of(session, rulebook, item, asked)]
    return f"{asked.first:%Y-%m}", lines


def duty_facts(
    session: Session, caller: Caller, wanted: Wanted, at: datetime, *, after: Position | None, limit: int
) -> tuple[Duty, list[tuple[Position, Fact]]]:
    """A duty and a page of its rows. Raises NOT_FOUND, INVALID_INPUT."""
    rulebook, asked = _asked(session, caller, wanted.month, at)
    found, sources = duty_sources(rulebook, wanted.role, wanted.number)
    rows = page_of(session, sources, asked, after or (0, None), limit)
    return found, [((number, ref or ""), fact) for (number, ref), fact in rows]


def readable_roles(session: Session, rulebook: Rulebook, caller: Caller) -> list[Role]:
    """Posts of the regulation; those of head office only for whoever's reach includes it."""
    hq = InstitutionStore(session).head_office()
    above = hq is not None and caller.scope(Action.READ_DUTIES).covers(hq.path)
    return [
        post.role
        for post in rulebook.organisation.roles
        if above or post.level is not InstitutionLevel.HQ or post.role in caller.roles
    ]


def _asked(session: Session, caller: Caller, month: str, at: datetime) -> tuple[Rulebook, Asked]:
    today = local_date(at)
    first, last = month_of(month, today)
    rulebook = rulebook_in_force(session, today).rulebook
    return rulebook, Asked(first, last, at, caller.scope(Action.READ_DUTIES))
