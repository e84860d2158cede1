"""Whom the declarant may name as signers, where a step of the route leaves the choice to it."""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

from sqlmodel import Session

from api.pages.view.declare import SignerChoice
from api.pages.words import word
from api.security.policy import Action, holders
from models.services.qualification.declaration import Prepared, leaves_a_choice
from models.stores.desk import DeskStore


def signer_choices(session: Session, prepared: Prepared | None, chosen: tuple[str, ...]) -> tuple[SignerChoice, ...]:
    """Enabled people near the customer's institution who may act on tasks, by name."""
    if prepared is None or not leaves_a_choice(prepared.route):
        return ()
    rows = DeskStore(session).posts_near(list(prepared.institutions), holders(Action.ACT_ON_TASKS))
    found = []
    for account, group in groupby(rows, key=lambda row: row[0]):
        posts = "、".join(dict.fromkeys(f"{place.name} {word(role)}" for _account, role, place in group))
        value = str(account.id)
        found.append(SignerChoice(value=value, text=f"{account.name}（{posts}）", chosen=value in chosen))
    return tuple(found)


def account_ids(typed: Iterable[str]) -> tuple[UUID, ...]:
    """What was typed as account ids, without what is none."""
    found = []
    for text in typed:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return tuple(found)
