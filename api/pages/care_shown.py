"""A touchpoint before its reader: what may be done, what was typed and refused, and facts that several parts show."""

from dataclasses import dataclass, field
from uuid import UUID

from api.care_acts import refuse_others
from api.care_answers import visible_touchpoint
from api.pages.care_rows import title_of, touchpoint_href
from api.pages.desk import Desk
from api.pages.format import money
from api.pages.i18n import _
from api.pages.view.common import Link
from api.pages.view.task import Fact
from api.security.policy import Action
from models.errors import DomainError
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.services.care import gifts
from models.services.care.entries import CareEntry, entry_of
from models.services.rulebooks import rulebook_in_force
from models.stores.care_calendar import CareCalendarStore
from models.stores.cases import CaseStore
from models.tables.book import Contact
from models.tables.care import Touchpoint

COMPLETE, RESCHEDULE, SKIP, ASSIGN, CLEARANCE = "complete", "reschedule", "skip", "assign", "clearance"


@dataclass(frozen=True)
class Typed:
    """A form that was refused: which one, what stood in it, and why."""

    form: str
    values: dict[str, str] = field(default_factory=dict)
    error: DomainError | None = None

    def of(self, form: str, name: str, default: str = "") -> str:
        """What stood in a field of the form."""
        return self.values.get(name, default) if self.form == form else default


NOTHING_TYPED = Typed("")


@dataclass(frozen=True)
class Shown:
    """The touchpoint before its reader."""

    desk: Desk
    row: Touchpoint
    rulebook: Rulebook
    entry: CareEntry | None
    contact: Contact | None
    typed: Typed
    may_do: bool
    may_lead: bool
    version: str

    @property
    def href(self) -> str:
        """Its page."""
        return touchpoint_href(self.row.id)


def shown_at(desk: Desk, touchpoint_id: UUID, typed: Typed) -> Shown:
    row = visible_touchpoint(desk.session, desk.caller, touchpoint_id)
    rulebook = rulebook_in_force(desk.session, local_date(desk.now)).rulebook
    case = CaseStore(desk.session).get(row.case_id) if row.case_id else None
    return Shown(
        desk=desk,
        row=row,
        rulebook=rulebook,
        entry=entry_of(rulebook, row.code, row.item),
        contact=desk.session.get(Contact, row.contact_id) if row.contact_id else None,
        typed=typed,
        may_do=_may(desk, row, leads=False),
        may_lead=_may(desk, row, leads=True),
        version=str(case.version) if case else "",
    )


def _may(desk: Desk, row: Touchpoint, *, leads: bool) -> bool:
    if not desk.caller.may(Action.WORK_ON_SERVICES):
        return False
    try:
        refuse_others(desk.session, desk.caller, row, leads=leads)
    except DomainError:
        return False
    return True


def gift_facts_of(shown: Shown) -> tuple[Fact, ...]:
    year = (shown.row.done_on or local_date(shown.desk.now)).year
    room = gifts.room(shown.desk.session, shown.rulebook, shown.row, year)
    return (
        Fact(label=_("本次可赠"), value=money(room.left), hint=_("每次上限 %(cap)s", cap=money(room.per_time))),
        Fact(label=_("本年已赠"), value=money(room.given), hint=_("每人每年上限 %(cap)s", cap=money(room.per_year))),
    )


def merged_links(shown: Shown) -> tuple[Link, ...]:
    store, row = CareCalendarStore(shown.desk.session), shown.row
    carried = store.merged_with([row.id])
    found = [Link(text=title_of(shown.rulebook, one), href=touchpoint_href(one.id)) for one in carried]
    carrier = store.get(row.merged_into) if row.merged_into else None
    if carrier is not None:
        found.append(Link(text=title_of(shown.rulebook, carrier), href=touchpoint_href(carrier.id)))
    return tuple(found)
