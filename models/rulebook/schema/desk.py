"""Approval desk: who may take over whose work, reminders and escalation, urging, bulk, links (all defaults of ours)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.rulebook.schema.common import Count, Entry, NonNegative, Section
from models.types import Role, Tier, Verdict


class TakeOver(Entry):
    """转办 / 代理: posts that may decide in place of `role`, at its institution, above it, or beside it."""

    role: Role
    by: Annotated[tuple[Role, ...], Field(min_length=1)]


class ReminderAt(Entry):
    """提醒 before the deadline: working days or office minutes ahead, one of the two."""

    working_days: Annotated[int, Field(ge=0)] = 0
    working_minutes: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if bool(self.working_days) == bool(self.working_minutes):
            raise ValueError("give working_days or working_minutes, one of them")
        return self


class LadderRung(Entry):
    """升级督办: so many working days after the deadline, tell `to`."""

    after_working_days: Annotated[int, Field(ge=0)]
    to: Literal["holder", "superior", "hq"]


class Superior(Entry):
    """Who is told of an overdue task of `role`: `superior` at the same institution, else the nearest above."""

    role: Role
    superior: Role


class Reminders(Section):
    """提醒、逾期与升级督办 of every human task; automatic decisions are off while `auto_verdict` is missing."""

    before: tuple[ReminderAt, ...] = ()
    at_deadline: bool = True
    repeat_every_working_days: Annotated[int, Field(ge=0)] = 1
    repeat_at_most: Annotated[int, Field(ge=0)] = 5
    ladder: tuple[LadderRung, ...] = ()
    superiors: tuple[Superior, ...] = ()
    hq_role: Role = Role.HQ_VIP
    auto_verdict: Verdict | None = None
    auto_after_working_days: Annotated[int, Field(ge=0)] = 0


class Bulk(Section):
    """批量同意: how many at once; off for these tiers and above this customer value (yuan)."""

    at_most: Count = 50
    off_for_tiers: tuple[Tier, ...] = (Tier.GOLD,)
    off_above_value: NonNegative | None = None


class Desk(Section):
    """The approval desk. `urge_cool_down_working_minutes` and link lifetimes are office minutes and natural hours."""

    take_over: tuple[TakeOver, ...] = ()
    reminders: Reminders
    bulk: Bulk
    urge_cool_down_working_minutes: Count = 120
    link_hours: Count = 24
    link_needs_sign_in: bool = True
    decision_links: bool = True
    """决定链接: whether mails carry one at all."""
    keep_sign_offs: bool = True
    """保留签批: whether a resubmission keeps sign-offs of steps that look at nothing it changed."""
    quiet_from_hour: Annotated[int, Field(ge=0, le=23)] = 20
    quiet_until_hour: Annotated[int, Field(ge=0, le=23)] = 8
    digest_hour: Annotated[int, Field(ge=0, le=23)] = 8
    appeal_working_days: Count = 5
    """公示 / 申诉: how many working days after publication an appeal may be made."""

    def may_take_over(self, role: Role) -> tuple[Role, ...]:
        """Posts that may decide in place of `role`; the post itself always may."""
        others = (entry.by for entry in self.take_over if entry.role is role)
        return (role, *(other for by in others for other in by if other is not role))


DEFAULT_DESK = Desk.model_validate(
    {
        "article": "regulation 2.4",
        "source": "default",
        "reminders": {"article": "regulation 2.4", "source": "default"},
        "bulk": {"article": "regulation 2.4", "source": "default"},
    }
)
"""What a rulebook stored before the desk had a section of its own is read with."""
