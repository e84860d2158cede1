"""Services on time by entry of the catalogue, and care done against due by month."""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlmodel import Session, col

from models.errors import DomainError, ErrorCode
from models.rulebook import RegularService, Rulebook, ServiceItem
from models.service_types import ComplaintSheet, GreenService
from models.services.dashboard.figures import Found, Line, Part, share
from models.services.dashboard.standing import Standing
from models.stores import dashboard as store
from models.stores.service_counts import CODES_OF_SHEETS, SURVEY, SURVEY_CODE
from models.tables.care import Touchpoint
from models.tables.service import ComplaintRecord, GreenChannelRecord

_TOUCHPOINT, _REQUEST, _COMPLAINT, _SURVEY = "care", "request", "complaint", "survey"


def on_time(session: Session, at: Standing) -> tuple[Line, ...]:
    """Judged 应计, in time 按时 and their share by entry of the catalogue, in its order; regulation 2.8."""
    lines = [line for line in _entries(session, at) if line.cells["judged"]]
    return tuple(sorted(lines, key=lambda line: line.key.partition(".")[2]))


def rows_of_on_time(at: Standing, key: str) -> Found:
    """The touchpoints, requests, complaints or surveys of one entry."""
    kind, _, entry = key.partition(".")
    code, _, item = entry.partition(".")
    if kind == _TOUCHPOINT:
        return Found(store.touchpoints(at.ground, at.now), (col(Touchpoint.code) == code, col(Touchpoint.item) == item))
    service = next((service for service in GreenService if service.value == item), None)
    if kind == _REQUEST and service is not None:
        row = GreenChannelRecord
        return Found(store.requests(at.ground, at.now), (col(row.code) == code, col(row.service) == service))
    sheet = next((sheet for sheet in ComplaintSheet if sheet.value == item), None)
    if kind == _COMPLAINT and sheet is not None:
        return Found(store.complaints(at.ground, at.now), (col(ComplaintRecord.sheet) == sheet,))
    if (kind, code, item) == (_SURVEY, SURVEY_CODE, SURVEY):
        return Found(store.surveys(at.ground), ())
    raise DomainError(ErrorCode.NOT_FOUND)


def _entries(session: Session, at: Standing) -> Iterator[Line]:
    for (code, item), kept in store.numbers(session, store.touchpoints(at.ground, at.now)).items():
        yield _line(at, _TOUCHPOINT, code, item, kept)
    for (code, service), kept in store.numbers(session, store.requests(at.ground, at.now)).items():
        yield _line(at, _REQUEST, code, service, kept)
    for (sheet,), kept in store.numbers(session, store.complaints(at.ground, at.now)).items():
        yield _line(at, _COMPLAINT, CODES_OF_SHEETS[sheet], sheet, kept)
    for kept in store.numbers(session, store.surveys(at.ground)).values():
        yield _line(at, _SURVEY, SURVEY_CODE, SURVEY, kept)


def _line(at: Standing, kind: str, code: str, item: str, kept: Mapping[str, int]) -> Line:
    cells = {**kept, "rate": share(kept["in_time"], kept["judged"])}
    return Line(f"{kind}.{code}.{item}", tuple(_called(at.rulebook, kind, code, item)), cells)


def _called(rulebook: Rulebook, kind: str, code: str, item: Any) -> Iterator[Part]:
    """The entry, and of the green channel also the service, which several have in common."""
    yield _entry(rulebook, code, item) or code
    if kind == _REQUEST:
        yield item


def _entry(rulebook: Rulebook, code: str, item: str) -> ServiceItem | RegularService | None:
    """The entry in force; None for a code of a version that has gone."""
    entries: tuple[ServiceItem | RegularService, ...] = (*rulebook.services.items, *rulebook.services.regular)
    return next((entry for entry in entries if entry.code == code), None) or next(
        (entry for entry in entries if entry.identifier == item), None
    )


def care(session: Session, at: Standing) -> tuple[Line, ...]:
    """Touchpoints due and done by the month they are planned for."""
    months: dict[str, Counter[str]] = {}
    for (day,), numbers in store.numbers(session, store.care_days(at.ground, at.now)).items():
        months.setdefault(f"{day:%Y-%m}", Counter()).update(numbers)
    found = {month: numbers for month, numbers in sorted(months.items()) if numbers["due"]}
    return tuple(Line(month, (month,), {"due": sums["due"], "done": sums["done"]}) for month, sums in found.items())


def rows_of_care(at: Standing, key: str) -> Found:
    """The touchpoints of one month."""
    try:
        first = date.fromisoformat(f"{key}-01")
    except ValueError as error:
        raise DomainError(ErrorCode.NOT_FOUND) from error
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return Found(store.care_days(at.ground, at.now), (col(Touchpoint.planned_on).between(first, last),))
