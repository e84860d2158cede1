"""What opens a service case: the facts its first record found, and the promises that were made."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from models.messages.service import TimeLimit
from models.service_types import ComplaintGrade, ComplaintSheet, GreenService
from models.types import CaseKind, Role, Tier

ClockName = Literal["complete", "reply", "close", "confirm", "perform"]


@dataclass(frozen=True, slots=True)
class Promised:
    """One promise 承诺 that a clock keeps. `due_on` instead of `limit`: due at the close of that day."""

    name: ClockName
    code: str
    article: str
    limit: TimeLimit | None = None
    regular: TimeLimit | None = None
    """The article 17 limit that everybody has, beside a shorter one."""
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningFacts:
    """受理登记: who is served where, by whom, since when, and what was promised.

    `role` at `institution_code` is the queue the case waits in, `lead_role` at `lead_institution_code` (None: the same
    institution) gets what is serious. `handler` is the person it is already assigned to (id, name).
    """

    case_id: UUID
    kind: CaseKind
    tier: Tier
    customer_no: str
    institution_code: str
    role: Role
    opened_by: UUID
    received_at: datetime
    """The clocks start here; it may be past."""
    promises: tuple[Promised, ...]
    lead_role: Role = Role.BR_LEAD
    lead_institution_code: str | None = None
    confirm_working_days: int = 3
    """For the customer's confirmation, or its view."""
    reopen_working_days: int = 0
    """After the close of a complaint; 0: it is never reopened."""
    service: GreenService | None = None
    sheet: ComplaintSheet | None = None
    grade: ComplaintGrade | None = None
    touchpoint_id: UUID | None = None
    handler: tuple[UUID, str] | None = None
