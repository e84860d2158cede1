"""附件八: the launch plan, one line for each piece of work with its owner, dates and result."""

from collections.abc import Iterator
from uuid import UUID

from api.forms.facts import Reading, Record
from api.forms.sheet import Filling, named
from api.pages.i18n import _, language
from api.pages.words import word
from models.errors import DomainError, ErrorCode
from models.rules import rollout
from models.rules.rollout import ItemPlace, ItemStanding
from models.services.calendars import case_calendar
from models.services.case_state import launch_of
from models.stores.rollout import RolloutStore


def rollout_record(reading: Reading, case_id: UUID) -> Record:
    """附件八 of a launch. Raises NOT_FOUND."""
    case = RolloutStore(reading.session).get(case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    calendar = case_calendar(reading.session, case, reading.now)
    found = rollout.standing(launch_of(case), reading.now, calendar)
    lines = tuple(_lines(reading, found))
    return Record("附件八", "plan", str(case.year), {}, {"tasks": Filling(title=_("工作安排"), lines=lines)})


def _lines(reading: Reading, found: tuple[ItemStanding, ...]) -> Iterator[dict[str, str]]:
    for row in found:
        entry = reading.rulebook.rollout.task(row.item.number)
        expected = entry.result_en if language() == "en" else entry.result_zh
        yield {
            "task": f"{row.item.number} {named(entry)}",
            "responsible": "、".join(word(role) for role in row.item.responsible),
            "from_on": row.item.from_on.isoformat(),
            "to_on": row.item.to_on.isoformat(),
            "result": f"{expected} {_standing(row)}".strip(),
        }


def _standing(row: ItemStanding) -> str:
    if row.place is ItemPlace.DONE:
        return _("（已完成）")
    done, total = row.progress
    return _("（%(done)s/%(total)s）", done=done, total=total) if done else ""
