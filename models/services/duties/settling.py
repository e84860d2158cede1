"""Walks the rows of a branch that wait, in chunks, and settles what a day makes of each."""

from collections import Counter

from sqlmodel import Session

from models.messages.sweep import RecordOrder, SweepDone, SweepOrder
from models.services.care.missed import Around, apply
from models.services.duties.branches import swept_with
from models.stores.sweeps import Place, SweepStore
from models.tables.care import Touchpoint


def settle_waiting(session: Session, order: RecordOrder) -> SweepDone:
    """One chunk: hushed, withheld, followed, skipped, asked, cancelled, or left to go its way."""
    rows, after = walk(session, order)
    if not rows:
        return SweepDone(after=after)
    around, counts, changed = Around.of(session, rows, order.day), Counter[str](), []
    for row in rows:
        name = apply(around, row, order.at)
        if name is not None:
            counts[name] += 1
            changed.append(row)
    SweepStore(session).commit_rows(changed, order.at)
    return SweepDone(after=after, counts=dict(counts))


def walk(session: Session, order: SweepOrder, *, human: bool | None = None) -> tuple[list[Touchpoint], str | None]:
    """The next waiting rows of the branch, and where to go on; institutions with nothing are passed over."""
    codes = swept_with(session, order.institution_code)
    places = _places(codes, order.after)
    for number, place in enumerate(places):
        rows = SweepStore(session).waiting(place, order.day, order.limit, human=human)
        if len(rows) == order.limit:
            return rows, str(Place(place.institution_code, rows[-1].lead_on, rows[-1].id))
        if rows:
            following = places[number + 1 :]
            return rows, str(following[0]) if following else None
    return [], None


def _places(codes: list[str], after: str | None) -> list[Place]:
    if after is None:
        return [Place(code) for code in codes]
    here = Place.parse(after)
    return [here, *(Place(code) for code in codes if code > here.institution_code)]
