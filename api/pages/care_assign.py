"""指派 of a touchpoint: who near its institution may do it by their own posts."""

from collections.abc import Mapping
from itertools import groupby
from uuid import uuid4

from api.pages.desk import Desk
from api.pages.i18n import _
from api.pages.view.acts import ActForm, PersonOption, PersonPicker
from api.pages.words import word
from api.security.policy import Action, holders
from models.rules.calendar import local_date
from models.services.authority import posts_cover
from models.services.rulebooks import rulebook_in_force
from models.stores.desk import DeskStore
from models.stores.people import PeopleStore
from models.tables.care import Touchpoint


def assign_form(desk: Desk, row: Touchpoint, href: str, typed: Mapping[str, str]) -> ActForm:
    """The form; nobody but those who could do it is offered."""
    picker = PersonPicker(
        label=_("指派给"), people=_people(desk, row, typed.get("to", "")), nobody=_("没有可指派的人员。")
    )
    return ActForm(
        name="assign",
        action=f"{href}/assign",
        text=_("指派"),
        hint=_("由对方执行并留下记录。"),
        idempotency_key=uuid4().hex,
        picker=picker,
        comment_label=_("说明（运营改派必填）"),
        comment=typed.get("comment", ""),
    )


def _people(desk: Desk, row: Touchpoint, chosen: str) -> tuple[PersonOption, ...]:
    above = PeopleStore(desk.session).ancestry(row.institution_code)
    rules = rulebook_in_force(desk.session, local_date(desk.now)).rulebook.desk
    found = DeskStore(desk.session).posts_near(above, holders(Action.WORK_ON_SERVICES)) if above else []
    options = []
    for account, group in groupby(found, key=lambda entry: entry[0]):
        posts = [(role, place) for _account, role, place in group]
        if account.id != row.assignee_id and posts_cover(rules, row.role, above, posts):
            named = "、".join(f"{place.name} {word(role)}" for role, place in posts)
            value = str(account.id)
            options.append(PersonOption(value=value, text=f"{account.name}（{named}）", selected=value == chosen))
    return tuple(sorted(options, key=lambda option: option.text))
