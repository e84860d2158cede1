"""Who hears of a touchpoint that no case speaks for: its person, else the post that would do it, else its lead."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.rulebook import Rulebook
from models.services.care.entries import entry_of
from models.services.notifications import notify
from models.services.servicing.posts import queue_at
from models.stores.customers import names_of
from models.stores.people import PeopleStore
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Membership
from models.types import Role


def responsible(session: Session, row: Touchpoint) -> Collection[UUID]:
    """Accounts that answer for the row now."""
    people = PeopleStore(session)
    named = people.account(row.assignee_id) if row.assignee_id else None
    if named is not None and named.disabled_at is None:
        return [named.id]
    return people.holder_ids(*queue_at(session, row.role, Role.BR_LEAD, row.institution_code))


def tell_responsible(session: Session, row: Touchpoint, rulebook: Rulebook, template: str, at: datetime) -> None:
    """Tell them once about this row."""
    entry = entry_of(rulebook, row.code, row.item)
    notify(
        session,
        to=responsible(session, row),
        template=template,
        key=f"{template}:{row.id}",
        at=at,
        context={
            "customer_no": row.customer_no,
            "customer_name": names_of(session, [row.customer_no]).get(row.customer_no, ""),
            "item_zh": entry.name_zh if entry else row.item,
            "item_en": entry.name_en if entry else row.item,
            "due_on": row.due_on.isoformat(),
        },
    )


def tell_new_manager(session: Session, row: Membership, plan: CarePlan) -> None:
    """客户经理更换: the customer's care is the new manager's from this plan on; told once."""
    notify(
        session,
        to=[row.manager_id],
        template="care_handed_over",
        key=f"care_handed_over:{plan.id}",
        at=plan.at,
        context={
            "customer_no": row.customer_no,
            "customer_name": names_of(session, [row.customer_no]).get(row.customer_no, ""),
        },
    )
