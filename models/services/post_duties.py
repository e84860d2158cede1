"""岗位职责 (regulation 2.7): what each post owes in a month, and how much of it is done, from records alone.

Which records show a duty stands in the rulebook: the services it names, and its `records`. What is counted here can
be listed, for both come from the same sources.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rulebook import Rulebook
from models.rulebook.schema.organisation import Duty, RoleDuties
from models.stores.fact_sources import (
    ASSESSMENTS,
    DECLARATIONS,
    INVITATIONS,
    OWED_COMPLAINTS,
    OWED_INQUIRIES,
    QUOTAS,
    owed_requests,
    owed_touchpoints,
    tasks_of,
)
from models.stores.facts import Asked, Source
from models.stores.service_counts import COMPLAINT_CODE, INQUIRY_CODE, SURVEY_CODE
from models.types import Role, SeatKind, Stage

_YEARS = range(1990, 2101)
_OF_RECORDS: Mapping[str, Callable[[Role], Source]] = {
    "unit_check": lambda role: tasks_of(role, (Stage.UNIT_CHECK.value,)),
    "branch_review": lambda role: tasks_of(role, (Stage.BRANCH_REVIEW.value,)),
    "branch_approval": lambda role: tasks_of(role, (Stage.BRANCH_APPROVAL.value,)),
    "hq_review": lambda role: tasks_of(role, (Stage.HQ_REVIEW.value,)),
    "hq_approval": lambda role: tasks_of(role, (Stage.HQ_APPROVAL.value,)),
    "special": lambda role: tasks_of(role, (Stage.HQ_APPROVAL.value,), SeatKind.SPECIAL),
    "collecting": lambda role: tasks_of(role, (Stage.COLLECTING.value,)),
    "checking": lambda role: tasks_of(role, (Stage.CHECKING.value,)),
    "signing": lambda role: tasks_of(role, (Stage.SIGNING.value,)),
    "declarations": lambda _: DECLARATIONS,
    "silver_quota": lambda _: QUOTAS,
    "assessments": lambda _: ASSESSMENTS,
    "green_channel_clocks": lambda _: owed_requests(()),
}
"""By the name that the rulebook gives in `records`."""


@dataclass(frozen=True)
class DutyLine:
    """One duty of a post; `due` and `done` are None where no record of the system shows it. `number` counts from 1."""

    post: RoleDuties
    number: int
    duty: Duty
    due: int | None
    done: int | None


def month_of(month: str, today: date) -> tuple[date, date]:
    """First and last day of `2026-02`, or of this month when empty. Raises INVALID_INPUT for what is no month, or none
    of a year that reports are asked for."""
    try:
        first = date.fromisoformat(f"{month}-01") if month else today.replace(day=1)
    except ValueError as error:
        raise _no_month() from error
    if first.year not in _YEARS:
        raise _no_month()
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _no_month() -> DomainError:
    fields = [{"field": "month", "reason": "date_from_datetime_parsing"}]
    return DomainError(ErrorCode.INVALID_INPUT, n=1, errors=fields)


def duties_of(session: Session, rulebook: Rulebook, role: Role, asked: Asked) -> list[DutyLine]:
    """Every duty of a post; none for a post that the regulation does not name."""
    post = next((item for item in rulebook.organisation.roles if item.role is role), None)
    if post is None:
        return []
    return [_line(session, post, number, asked) for number in range(1, len(post.duties) + 1)]


def duty_sources(rulebook: Rulebook, role: Role, number: int) -> tuple[Duty, tuple[Source, ...]]:
    """A duty and the records that show it. Raises NOT_FOUND for a duty that there is not."""
    post = next((item for item in rulebook.organisation.roles if item.role is role), None)
    if post is None or not 1 <= number <= len(post.duties):
        raise DomainError(ErrorCode.NOT_FOUND)
    return post.duties[number - 1], _sources(role, post.duties[number - 1])


def _line(session: Session, post: RoleDuties, number: int, asked: Asked) -> DutyLine:
    duty = post.duties[number - 1]
    sources = _sources(post.role, duty)
    if not sources:
        return DutyLine(post, number, duty, None, None)
    counts = [count for source in sources for count in source.counts(session, asked)]
    return DutyLine(post, number, duty, sum(item.of for item in counts), int(sum(item.good for item in counts)))


def _sources(role: Role, duty: Duty) -> tuple[Source, ...]:
    found = [_OF_RECORDS[name](role) for name in duty.records]
    if duty.services:
        found += [owed_touchpoints(duty.services), owed_requests(duty.services)]
    if INQUIRY_CODE in duty.services:
        found.append(OWED_INQUIRIES)
    if COMPLAINT_CODE in duty.services:
        found.append(OWED_COMPLAINTS)
    if SURVEY_CODE in duty.services:
        found.append(INVITATIONS)
    return tuple(found)
