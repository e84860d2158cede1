"""附件二: the words of one quarterly summary, a line for each VIP with its counts by service code in it."""

from collections.abc import Sequence
from uuid import UUID

from api.forms.facts import Reading, Record
from api.forms.sheet import Filling
from api.pages.format import long_day, money, percent
from api.pages.i18n import _
from api.pages.words import word
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.rules.quarter import Count, Line, share
from models.services.quarter.content import lines_of
from models.stores.quarter import QuarterStore
from models.tables.organisation import Institution
from models.tables.quarter import QuarterLine


def quarterly_summary(reading: Reading, case_id: UUID) -> Record:
    """附件二 of a close. Raises NOT_FOUND."""
    row = QuarterStore(reading.session).of_case(case_id)
    place = reading.session.get(Institution, row.institution_code) if row else None
    if row is None or place is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    values = {
        "institution": place.name,
        "year": str(row.year),
        "quarter": str(row.quarter),
        "prepared_by": row.prepared_by_name,
        "checked_by": row.checked_by_name,
        "handed_in_on": long_day(local_date(row.handed_in_at)) if row.handed_in_at else "",
    }
    lines = [_line(reading, stored, line) for stored, line in lines_of(reading.session, row)]
    vips = Filling(title=_("各VIP客户"), lines=lines, within=frozenset({"counts"}))
    record_no = f"{row.institution_code}-{row.year}-Q{row.quarter}"
    return Record("附件二", "summary", record_no, values, {"vips": vips})


def _line(reading: Reading, row: QuarterLine, line: Line) -> dict[str, str]:
    rate = share(line.green_in_time, line.green_cases)
    return {
        "vip_no": row.vip_no,
        "customer_name": row.customer_name,
        "tier": word(row.tier),
        "manager": row.manager_name,
        **_counts(line.counts),
        "green_channel_cases": str(line.green_cases),
        "green_channel_on_time": percent(rate) if rate is not None else "",
        "inquiries": str(line.inquiries),
        "complaints": str(line.complaints),
        "justified_complaints": str(line.justified),
        "satisfaction": f"{line.satisfaction:.1f}" if line.satisfaction is not None else "",
        "cost": money(line.cost),
        "problems": reading.text(row.problems),
    }


def _counts(counts: Sequence[Count]) -> dict[str, str]:
    """Three cells side by side, one service code a line in each."""
    return {
        "service_code": "\n".join(count.code for count in counts),
        "due_count": "\n".join(str(count.due) for count in counts),
        "done_count": "\n".join(str(count.done) for count in counts),
    }
