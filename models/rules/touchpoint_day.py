"""What becomes of a touchpoint 触点 that waits, on a day: go, wait, hush, withhold, follow, skip, ask; pure.

The same verdict comes out however often it is asked and however many days nobody asked: it looks at the row, the
records and the day, never at what was decided before.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from models.rules import calendar as cal
from models.rules.duties import Treatment
from models.service_types import MissedPolicy
from models.types import Stage


class What(StrEnum):
    """The verdict."""

    GO = "go"
    """Its day has come, or comes: a person is given it, or its message goes out on the day."""
    WAIT = "wait"
    """Done with another touchpoint of the same day."""
    FOLLOW = "follow"
    """The one it is done with is done: so is this."""
    HUSH = "hush"
    WITHHOLD = "withhold"
    SKIP = "skip"
    ASK = "ask"
    CANCEL = "cancel"


class Why(StrEnum):
    """The reason of a verdict; those of withheld rows stand in `Touchpoint.withheld`."""

    CONSENT_MISSING = "consent_missing"
    CONTACT_LEFT = "contact_left"
    NO_ADDRESS = "no_address"
    UNCONFIRMED = "unconfirmed"
    HUSHED = "hushed"
    MISSED = "missed"
    NOT_OWED = "not_owed"


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand around a row. `complaint` hushes it; `carrier` is the stage of what it is done with."""

    due_on: date
    human: bool
    withheld: str | None = None
    owed: bool = True
    contact_left: bool = False
    consents: bool = True
    complaint: UUID | None = None
    carrier: Stage | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What, and why where it is not self-evident. `loose`: it is on its own again, its carrier came to nothing."""

    what: What
    why: Why | None = None
    loose: bool = False


_NEVER_DONE = (Stage.CANCELLED, Stage.SKIPPED, Stage.MISSED)
DAY_ENDS = timedelta(days=1)


def judge(standing: Standing, treatment: Treatment, day: date) -> Verdict:
    """The verdict on a row that waits and whose lead day has come."""
    loose = standing.carrier in _NEVER_DONE
    if standing.carrier is not None and not loose:
        return Verdict(What.FOLLOW if standing.carrier is Stage.DONE else What.WAIT)
    if not standing.owed:
        return Verdict(What.CANCEL, Why.NOT_OWED, loose)
    if standing.contact_left:
        return Verdict(What.CANCEL, Why.CONTACT_LEFT, loose)
    obstacle = _obstacle(standing, treatment)
    if treatment.is_missed(standing.due_on, day):
        return _missed(standing, treatment, obstacle, loose)
    if obstacle is None:
        return Verdict(What.GO, None, loose)
    return Verdict(What.HUSH if obstacle is Why.HUSHED else What.WITHHOLD, obstacle, loose)


def _obstacle(standing: Standing, treatment: Treatment) -> Why | None:
    """Consent is asked for every greeting, and for whatever is sent without a person who could ask."""
    if not standing.consents and (treatment.greeting or not standing.human):
        return Why.CONSENT_MISSING
    return Why.HUSHED if treatment.greeting and standing.complaint is not None else None


def _missed(standing: Standing, treatment: Treatment, obstacle: Why | None, loose: bool) -> Verdict:
    if treatment.missed is MissedPolicy.ASK:
        return Verdict(What.ASK, obstacle or Why.MISSED, loose)
    if obstacle is None and standing.withheld == Why.NO_ADDRESS and not standing.human:
        obstacle = Why.NO_ADDRESS
    if treatment.missed is MissedPolicy.SKIP or obstacle is not None:
        return Verdict(What.SKIP, obstacle or Why.MISSED, loose)
    return Verdict(What.GO, Why.MISSED, loose)


def may_send_from(at: datetime, quiet_from: int, quiet_until: int) -> datetime | None:
    """The instant from which a message may go out on the day of `at`; None when that day has no such hour left.

    Hours are Asia/Shanghai; equal hours mean that it is never quiet.
    """
    local = at.astimezone(cal.CHINA)
    opens = datetime.combine(local.date(), time(quiet_until), cal.CHINA)
    closes = datetime.combine(local.date(), time(quiet_from), cal.CHINA)
    if quiet_from == quiet_until:
        return at
    if quiet_from > quiet_until:  # over midnight
        return None if local >= closes else max(at, opens)
    return max(at, opens) if closes <= local < opens else at


def next_hour_to_send(at: datetime, quiet_from: int, quiet_until: int) -> datetime:
    """The instant from which a message may go out: on the day of `at`, else when the next day's quiet hours end."""
    found = may_send_from(at, quiet_from, quiet_until)
    if found is not None:
        return found
    return datetime.combine(at.astimezone(cal.CHINA).date() + DAY_ENDS, time(quiet_until), cal.CHINA)
