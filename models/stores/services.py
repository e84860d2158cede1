"""Queries of serving customers: records of green channel and complaints, links for confirming, running numbers."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, col, select

from models.tables.book import Customer
from models.tables.care import Touchpoint
from models.tables.cases import Case
from models.tables.organisation import Institution
from models.tables.service import ComplaintRecord, ConfirmationLink, GreenChannelRecord, RecordNumber


class ServiceItem(NamedTuple):
    """Which item a service case is: record number and reference of a form, or the entry and title of a touchpoint."""

    record_no: str = ""
    reference_no: str = ""
    code: str = ""
    item: str = ""
    title: str = ""


class ServiceStore:
    """Records of service cases by case."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def green_channel(self, case_id: UUID) -> GreenChannelRecord | None:
        """附件三 of a case."""
        return self.session.get(GreenChannelRecord, case_id)

    def complaint(self, case_id: UUID) -> ComplaintRecord | None:
        """附件五 of a case."""
        return self.session.get(ComplaintRecord, case_id)

    def items(self, case_ids: Collection[UUID]) -> dict[UUID, ServiceItem]:
        """Which item each of these cases is, of every kind in one look; a touchpoint by the one that carries it."""
        green, complaint = col(GreenChannelRecord.case_id), col(ComplaintRecord.case_id)
        carrying = and_(col(Touchpoint.case_id) == Case.id, col(Touchpoint.merged_into).is_(None))
        statement = (
            select(Case.id, GreenChannelRecord.record_no, GreenChannelRecord.reference_no, ComplaintRecord.record_no)
            .add_columns(col(Touchpoint.code), col(Touchpoint.item), col(Touchpoint.title))
            .outerjoin(GreenChannelRecord, green == Case.id)
            .outerjoin(ComplaintRecord, complaint == Case.id)
            .outerjoin(Touchpoint, carrying)
            .where(col(Case.id).in_(case_ids))
        )
        return {
            case_id: ServiceItem(filed or told or "", reference or "", code or "", item or "", title or "")
            for case_id, filed, reference, told, code, item, title in self.session.execute(statement)
        }

    def add(self, row: GreenChannelRecord | ComplaintRecord) -> None:
        """Insert or change a record."""
        self.session.add(row)


class RecordNumberStore:
    """Running numbers by series."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def next(self, series: str, count: int = 1) -> int:
        """Count the series on and give the last number; others wait until this transaction ends."""
        found = select(RecordNumber).where(RecordNumber.series == series).with_for_update()
        row = self.session.exec(found).first()
        if row is None:
            self._begin(series)
            row = self.session.exec(found).one()
        row.last += count
        self.session.add(row)
        self.session.flush()
        return row.last

    def _begin(self, series: str) -> None:
        """The first number of a series; of two at once the second finds the row of the first."""
        dialect = self.session.get_bind().dialect.name
        insert = postgresql_insert if dialect == "postgresql" else sqlite_insert
        self.session.execute(insert(RecordNumber).values(series=series, last=0).on_conflict_do_nothing())


class ConfirmationLinkStore:
    """Links by the hash of their secret."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, token_hash: str) -> ConfirmationLink | None:
        """A link, used or not."""
        return self.session.get(ConfirmationLink, token_hash)

    def add(self, row: ConfirmationLink) -> None:
        """Store a link, or its new life."""
        self.session.add(row)

    def spend(self, token_hash: str, at: datetime) -> bool:
        """Use a link; False when it was used before."""
        unused = (col(ConfirmationLink.token_hash) == token_hash, col(ConfirmationLink.used_at).is_(None))
        rows = update(ConfirmationLink).where(*unused)
        return self.session.execute(rows.values(used_at=at)).rowcount == 1  # type: ignore[attr-defined, no-any-return]


def cities_of(session: Session, customer_no: str, asked_at: str) -> frozenset[str]:
    """Cities that the records know of a customer: of the institution that owns it, and of those across regions (article
    17 item 8) that served it or are asked now. An institution on the owner's own line says nothing of another city."""
    rows = (GreenChannelRecord, ComplaintRecord)
    served = [
        col(Institution.code).in_(select(row.institution_code).where(row.customer_no == customer_no)) for row in rows
    ]
    statement = select(Institution, Customer.institution_code == Institution.code)
    owned = col(Institution.code) == Customer.institution_code
    statement = statement.join(Customer, col(Customer.customer_no) == customer_no)
    found = session.exec(statement.where(or_(owned, col(Institution.code) == asked_at, *served))).all()
    owner = next(place for place, owns in found if owns)
    return frozenset({owner.city, *(place.city for place, _ in found if not _on_one_line(place, owner))})


def _on_one_line(place: Institution, owner: Institution) -> bool:
    return place.path.startswith(owner.path) or owner.path.startswith(place.path)
