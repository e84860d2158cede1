"""What a sign-off 合规审批 of a gift is decided on: which gift, by how much above the cap, for which touchpoint."""

from collections.abc import Iterator

from api.pages.care_rows import title_of
from api.pages.desk import Desk
from api.pages.format import long_day, mask_name, money
from api.pages.i18n import _
from api.pages.view.task import Fact
from models.rules.calendar import local_date
from models.services.care import gifts
from models.services.rulebooks import rulebook_in_force
from models.stores.care_calendar import CareCalendarStore
from models.stores.gifts import GiftStore
from models.tables.book import Contact
from models.tables.cases import Case


def gift_facts(desk: Desk, case: Case) -> Iterator[Fact]:
    """The lines of the form in brief; nothing for a case about anything else."""
    asked = GiftStore(desk.session).clearance(case.id)
    row = CareCalendarStore(desk.session).get(asked.touchpoint_id) if asked else None
    if asked is None or row is None:
        return
    today = local_date(desk.now)
    rulebook = rulebook_in_force(desk.session, today).rulebook
    room = gifts.room(desk.session, rulebook, row, today.year)
    contact = desk.session.get(Contact, asked.contact_id) if asked.contact_id else None
    over = _("超限额 %(over)s", over=money(asked.over))
    yield Fact(label=_("礼品"), value=f"{asked.gift_name} {money(asked.gift_value)}", hint=over)
    yield Fact(label=_("关怀触点"), value=title_of(rulebook, row), hint=long_day(row.due_on))
    yield Fact(label=_("服务对象"), value=mask_name(contact.name) if contact else _("单位整体"))
    hint = _("每人每年上限 %(cap)s", cap=money(room.per_year))
    yield Fact(label=_("本年已赠"), value=money(room.given), hint=hint)
