"""A member's care plan and key contacts as JSON answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from api.pages.format import mask_name
from api.pages.plan_reasons import reason_text
from api.schemas.care_plan import (
    CarePlanAnswer,
    DifferenceAnswer,
    DifferenceLineAnswer,
    KeyContactAnswer,
    KeyContactsAnswer,
    PlanItemAnswer,
    PlannedTermAnswer,
)
from models.services.care.plan_view import ContactsView, PlanView
from models.tables.book import Contact
from models.tables.care import CarePlan, Touchpoint


def care_plan_answer(view: PlanView) -> CarePlanAnswer:
    """The whole plan."""
    return CarePlanAnswer(
        customer_no=view.customer_no,
        term=_term(view),
        items=[_item(view, row) for row in view.touchpoints],
        differences=[_difference(plan) for plan in view.plans],
    )


def key_contacts_answer(view: ContactsView) -> KeyContactsAnswer:
    """Every contact with what it is to the programme."""
    since = {served.contact_id: served.since for served in view.served}
    club = view.membership.club_contact_id if view.membership else None
    return KeyContactsAnswer(
        customer_no=view.customer_no,
        membership_id=view.membership.id if view.membership else None,
        items=[_contact(row, since, club=row.id == club) for row in view.contacts],
    )


def _term(view: PlanView) -> PlannedTermAnswer | None:
    row = view.membership
    if row is None:
        return None
    return PlannedTermAnswer(membership_id=row.id, manager=view.manager, **_same(row, PlannedTermAnswer))


def _item(view: PlanView, row: Touchpoint) -> PlanItemAnswer:
    return PlanItemAnswer(touchpoint_id=row.id, name=view.name_of(row.item), **_same(row, PlanItemAnswer))


def _difference(plan: CarePlan) -> DifferenceAnswer:
    lines = {name: _lines(plan.difference.get(name, ())) for name in ("kept", "added", "cancelled")}
    return DifferenceAnswer(**lines, **_same(plan, DifferenceAnswer))


def _lines(lines: Iterable[Mapping[str, Any]]) -> list[DifferenceLineAnswer]:
    return [DifferenceLineAnswer.model_validate({**line, "reason": reason_text(line["reason"])}) for line in lines]


def _contact(row: Contact, since: Mapping[Any, Any], *, club: bool) -> KeyContactAnswer:
    return KeyContactAnswer(
        contact_id=row.id,
        kind=row.kind,
        name=mask_name(row.name),
        title=row.title,
        served=row.id in since,
        since=since.get(row.id),
        club=club,
        consent=row.consent,
        has_birthday=row.birthday is not None,
        left_on=row.left_on,
    )


def _same(row: Any, answer: type[Any]) -> dict[str, Any]:
    """The columns of a row that its answer calls by the same name."""
    return {name: getattr(row, name) for name in answer.model_fields if hasattr(row, name)}
