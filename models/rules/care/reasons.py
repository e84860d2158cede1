"""Why a touchpoint stands, came or went, where nobody typed it: a code and what it is about.

It is stored as one text, `plan:tier_dropped|silver`, where reasons that people typed stand as well; the words come at
reading, in the language of the reader.
"""

from enum import StrEnum
from typing import NamedTuple

PREFIX = "plan:"
_PARTS = "|"


class PlanReason(StrEnum):
    """Why a line of a plan is as it is; what it is about stands behind it."""

    GRANTED = "granted"
    NOT_IN_TIER = "not_in_tier"
    """About a tier."""
    TIER_ADDED = "tier_added"
    """About a tier."""
    TIER_DROPPED = "tier_dropped"
    """About a tier."""
    CONTACTS_ADDED = "contacts_added"
    CONTACTS_DROPPED = "contacts_dropped"
    CALENDAR_ADDED = "calendar_added"
    CALENDAR_DROPPED = "calendar_dropped"
    ADDED = "added"
    DROPPED = "dropped"
    CONTACT_LEFT = "contact_left"
    ENDED = "ended"
    """About why the membership ended, as a person said it."""
    TERM_OVER = "term_over"
    IN_HAND = "in_hand"
    PAST = "past"
    COUNTS = "counts"
    BY_HAND = "by_hand"
    TOGETHER = "together"
    STILL = "still"
    DONE = "done"
    SKIPPED = "skipped"
    MISSED = "missed"
    RESCHEDULED = "rescheduled"
    HUSHED = "hushed"
    MOVED = "moved"
    """About the day it stood on and the day it stands on now, ISO dates."""
    MANAGER = "manager"
    """The account manager 客户经理 is another one."""
    SWEPT = "swept"
    """About what the sweep found (`models.rules.touchpoint_day.Why`)."""


class Because(NamedTuple):
    """A reason taken apart."""

    reason: PlanReason
    about: tuple[str, ...]


def because(reason: PlanReason, *about: str) -> str:
    """The reason as it is stored."""
    return f"{PREFIX}{_PARTS.join((reason.value, *about))}"


def parsed(text: str) -> Because | None:
    """The reason that a text stands for; None for what a person typed."""
    code, *about = text.removeprefix(PREFIX).split(_PARTS)
    if not text.startswith(PREFIX) or code not in set(PlanReason):
        return None
    return Because(PlanReason(code), tuple(about))
