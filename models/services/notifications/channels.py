"""How one person wants to be told: channels, quiet hours 免打扰, daily digest 每日摘要, and the hours they come to."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rulebook import Desk
from models.rulebook.schema.desk import DEFAULT_DESK
from models.rules.calendar import local_date
from models.services import audit
from models.services.by import By
from models.services.rulebooks import rulebook_in_force
from models.stores.channels import ChannelStore
from models.tables.messages import ChannelPreference
from models.tables.organisation import Account
from models.types import TIME_ZONE, Channel, DeliveryState

ZONE = ZoneInfo(TIME_ZONE)
LANGUAGES = ("zh", "en")
MAX_CHAT_URL = 500
LOOPBACK_ONLY = "json"
"""A plain-http webhook: only to a program on the same machine, and only where the settings name the scheme."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Planned:
    """One channel a notification goes out on, and when at the earliest."""

    channel: Channel
    state: DeliveryState
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person chose. `chat_url` None leaves the stored address; an empty one forgets it. Hours: both or none."""

    email: bool
    digest: bool
    chat_url: str | None = None
    quiet_from_hour: int | None = None
    quiet_until_hour: int | None = None
    language: str = "zh"


def desk_at(session: Session, at: datetime) -> Desk:
    """The desk section in force; its defaults while no rulebook is stored at all."""
    try:
        return rulebook_in_force(session, local_date(at)).rulebook.desk
    except DomainError:
        return DEFAULT_DESK


def planned(
    preference: ChannelPreference | None, desk: Desk, at: datetime, *, has_address: bool
) -> tuple[Planned, ...]:
    """Where a notification of this instant goes beside the product itself. Without a row: mail, if there is an address.

    Mail and chat wait for the end of the quiet hours: the person's own, else the rulebook's.
    """
    wished = preference or ChannelPreference(account_id=UUID(int=0), updated_at=at)
    quiet = _quiet_hours(wished, desk)
    ways = []
    if wished.email and has_address:
        hour = next_digest(at, desk.digest_hour) if wished.digest else at
        state = DeliveryState.DIGEST if wished.digest else DeliveryState.PENDING
        ways.append(Planned(Channel.EMAIL, state, after_quiet(hour, *quiet)))
    if wished.chat_url:
        ways.append(Planned(Channel.CHAT, DeliveryState.PENDING, after_quiet(at, *quiet)))
    return tuple(ways)


def _quiet_hours(preference: ChannelPreference, desk: Desk) -> tuple[int, int]:
    if preference.quiet_from_hour is None or preference.quiet_until_hour is None:
        return desk.quiet_from_hour, desk.quiet_until_hour
    return preference.quiet_from_hour, preference.quiet_until_hour


def after_quiet(at: datetime, from_hour: int, until_hour: int) -> datetime:
    """The instant itself, or the end of the quiet hours (Asia/Shanghai) it falls into; equal hours mean none."""
    local = at.astimezone(ZONE)
    hour = local.hour
    over_midnight = from_hour > until_hour
    inside = hour >= from_hour or hour < until_hour if over_midnight else from_hour <= hour < until_hour
    if not inside:
        return at
    day = local.date() + timedelta(days=1) if over_midnight and hour >= from_hour else local.date()
    return datetime.combine(day, time(until_hour), ZONE).astimezone(at.tzinfo)


def next_digest(at: datetime, hour: int) -> datetime:
    """The next time the clock strikes the hour in Asia/Shanghai, later than `at`."""
    local = at.astimezone(ZONE)
    today = datetime.combine(local.date(), time(hour), ZONE)
    return (today if today > local else today + timedelta(days=1)).astimezone(at.tzinfo)


def preference_of(session: Session, account_id: UUID, at: datetime) -> ChannelPreference:
    """What the person chose, or what holds for everybody who chose nothing; the latter is not stored."""
    return ChannelStore(session).preference(account_id) or ChannelPreference(account_id=account_id, updated_at=at)


def choose(session: Session, account: Account, wishes: Wishes, *, schemes: str, by: By, at: datetime) -> None:
    """Store what a person chose; the robot's address is checked, kept encrypted and never logged.

    Raises INVALID_INPUT with the fields that are wrong.
    """
    _refuse_wrong(wishes, schemes)
    store = ChannelStore(session)
    row = store.preference(account.id) or ChannelPreference(account_id=account.id, updated_at=at)
    row.email, row.digest, row.updated_at = wishes.email, wishes.digest, at
    row.quiet_from_hour, row.quiet_until_hour = wishes.quiet_from_hour, wishes.quiet_until_hour
    if wishes.chat_url is not None:
        row.chat_url = wishes.chat_url.strip() or None
    account.language = wishes.language
    store.add(row)
    after = {"email": row.email, "digest": row.digest, "chat": scheme_of(row.chat_url), "language": account.language}
    audit.append(
        session,
        actor=by.actor,
        action="choose_channels",
        object_kind="account",
        object_id=str(account.id),
        door=by.door,
        after=after,
        request_id=by.request_id,
        at=at,
    )


def scheme_of(chat_url: str | None) -> str:
    """The kind of robot, `dingtalk`: all that is ever shown of an address again; empty without one."""
    return urlsplit(chat_url).scheme.lower() if chat_url else ""


def _refuse_wrong(wishes: Wishes, schemes: str) -> None:
    wrong = []
    if (wishes.quiet_from_hour is None) != (wishes.quiet_until_hour is None):
        wrong.append({"field": "quiet_until_hour", "reason": "missing"})
    if wishes.language not in LANGUAGES:
        wrong.append({"field": "language", "reason": "enum"})
    if wishes.chat_url and wishes.chat_url.strip() and not _known_robot(wishes.chat_url.strip(), schemes):
        wrong.append({"field": "chat_url", "reason": "chat_url"})
    if wrong:
        raise DomainError(ErrorCode.INVALID_INPUT, n=len(wrong), errors=wrong)


def _known_robot(address: str, schemes: str) -> bool:
    """Whether the worker may call the address: a robot the settings name, no program of this or an unnamed machine."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    scheme = parts.scheme.lower()
    if len(address) > MAX_CHAT_URL or not host or scheme not in {name.strip() for name in schemes.split(",")}:
        return False
    return (host in _LOOPBACK) == (scheme == LOOPBACK_ONLY)
