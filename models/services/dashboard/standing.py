"""Where the reader of a dashboard stands: level, institution, days and tier, never beyond its own scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.services.calendars import snapshot
from models.services.rulebooks import rulebook_in_force
from models.stores.dashboard import Conditions, Ground
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING, Scope, within
from models.tables.organisation import Institution
from models.types import InstitutionLevel, Tier

EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
"""Days that can be asked for: around each there is still an instant."""
OWN = "me"
"""Key of the one line that a manager's own customers make."""


class Level(StrEnum):
    """总公司 compares branches, 分公司 its own sub-branches, 客户经理 has its own customers."""

    HQ = "hq"
    BRANCH = "branch"
    MANAGER = "manager"


class Reader(NamedTuple):
    """Who reads: the institutions it may compare, and whether it has customers of its own."""

    account_id: UUID
    scope: Scope
    is_manager: bool


class Asked(NamedTuple):
    """What the address asks for; None: the default of the reader. Days are inclusive.

    A span without a start begins with its year; without an end it is open until today.
    """

    level: Level | None = None
    institution: str = ""
    first: date | None = None
    last: date | None = None
    tier: Tier | None = None


class Unit(NamedTuple):
    """A line of institutions: everything below `path`; or, of the top itself, only what is its own."""

    key: str
    name: str
    path: str
    is_top: bool = False


@dataclass(frozen=True)
class Standing:
    """The answer to `Asked`: what the panels are computed from."""

    level: Level
    levels: tuple[Level, ...]
    institutions: Sequence[Institution]
    """Everything that may be chosen, in the order of the tree."""
    top: Institution | None
    ground: Ground
    now: datetime
    rulebook: Rulebook
    calendar: CalendarSnapshot

    @property
    def today(self) -> date:
        """The business date."""
        return local_date(self.now)

    @property
    def day(self) -> date:
        """The day whose state is shown: the last of the span, as far as it is not ahead."""
        return min(self.ground.last, self.today)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The lines of a comparison: the top itself, then what stands right below it."""
        if self.top is None:
            return (Unit(OWN, "", "/"),)
        top = self.top
        below = (Unit(item.code, item.name, item.path) for item in self.institutions if item.parent_code == top.code)
        return (Unit(top.code, top.name, top.path, is_top=True), *below)

    @cached_property
    def _unit_of(self) -> Mapping[str, str]:
        return {item.code: unit.key for unit in self.units for item in self.institutions if _holds(unit, item)}

    def unit_of(self, institution_code: str) -> str:
        """The line that an institution belongs to."""
        return OWN if self.top is None else self._unit_of.get(institution_code, self.top.code)

    def of_unit(self, key: str, institution_code: Any) -> Conditions:
        """The conditions of one line over the column of an institution. Raises NOT_FOUND."""
        unit = next((unit for unit in self.units if unit.key == key), None)
        if unit is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        if self.top is None:
            return ()
        if unit.is_top:
            return (col(institution_code) == unit.key,)
        return (within(institution_code, Scope((unit.path,))),)


def _holds(unit: Unit, item: Institution) -> bool:
    return item.code == unit.key if unit.is_top else item.path.startswith(unit.path)


def stand(session: Session, reader: Reader, asked: Asked, now: datetime) -> Standing:
    """Where the reader stands. Raises NOT_FOUND for a level or an institution that is not the reader's."""
    today = local_date(now)
    institutions = InstitutionStore(session).all(reader.scope)
    levels = _levels(reader, institutions)
    level = _level(asked, levels)
    top = None if level is Level.MANAGER else _top(level, asked.institution, institutions)
    rulebook = rulebook_in_force(session, today).rulebook
    return Standing(
        level=level,
        levels=levels,
        institutions=institutions,
        top=top,
        ground=_ground(reader, asked, top, today),
        now=now,
        rulebook=rulebook,
        calendar=snapshot(session, rulebook.working_time, today),
    )


def _levels(reader: Reader, institutions: Sequence[Institution]) -> tuple[Level, ...]:
    seen = {item.level for item in institutions}
    held = {
        Level.HQ: InstitutionLevel.HQ in seen,
        Level.BRANCH: bool(seen - {InstitutionLevel.HQ}),
        Level.MANAGER: reader.is_manager,
    }
    return tuple(level for level, is_held in held.items() if is_held)


def _level(asked: Asked, levels: tuple[Level, ...]) -> Level:
    """Of an institution that is named the own numbers are shown, whatever would be the default."""
    wanted = asked.level or (Level.BRANCH if asked.institution else next(iter(levels), None))
    if wanted not in levels:
        raise DomainError(ErrorCode.NOT_FOUND)
    return wanted


def _top(level: Level, code: str, institutions: Sequence[Institution]) -> Institution:
    """总公司 itself, or the institution that is named, else the first one below it that the reader sees."""
    if level is Level.HQ:
        fit = [item for item in institutions if item.level is InstitutionLevel.HQ]
    elif code:
        fit = [item for item in institutions if item.code == code]
    else:
        fit = [item for item in institutions if item.level is not InstitutionLevel.HQ]
    if not fit:
        raise DomainError(ErrorCode.NOT_FOUND)
    return fit[0]


def _ground(reader: Reader, asked: Asked, top: Institution | None, today: date) -> Ground:
    first = asked.first or (asked.last or today).replace(month=1, day=1)
    last = asked.last or max(first, today)
    if first > last:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "to", "reason": "ends_before_it_starts"}])
    scope = EVERYTHING if top is None or top.level is InstitutionLevel.HQ else Scope((top.path,))
    return Ground(scope, first, last, asked.tier, reader.account_id if top is None else None)
