"""Who may be chosen as stand-in: people who may decide for at least one of the principal's posts."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.rules.calendar import local_date
from models.services.authority import posts_cover
from models.services.rulebooks import rulebook_in_force
from models.stores.people import PeopleStore
from models.stores.stand_ins import StandInStore
from models.tables.organisation import Account, Institution
from models.types import Role


@dataclass(frozen=True)
class Choice:
    """A person to choose, with its own posts near the principal's."""

    account: Account
    posts: tuple[tuple[Role, Institution], ...]


def choices(session: Session, principal: Account, at: datetime) -> list[Choice]:
    """Colleagues at the principal's institutions, above and beside them, by name."""
    desk, people = rulebook_in_force(session, local_date(at)).rulebook.desk, PeopleStore(session)
    found: dict[str, Choice] = {}
    for role, place in people.posts(principal.id):
        above = people.ancestry(place.code)
        for account, held in StandInStore(session).posts_around(above, desk.may_take_over(role)):
            if account.id != principal.id and posts_cover(desk, role, above, [held]):
                earlier = found[account.login].posts if account.login in found else ()
                found[account.login] = Choice(account, (*earlier, *([] if held in earlier else [held])))
    return sorted(found.values(), key=lambda choice: (choice.account.name, choice.account.login))
