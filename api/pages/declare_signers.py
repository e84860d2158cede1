"""Whom the declarant may name as signers, where a step of the route leaves the choice to it."""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

from sqlmodel import Session

from api.pages.i18n import _
from api.pages.view.declare import SignerChoice
from api.pages.words import word
from api.security.policy import Action, holders
from models.services.qualification.declaration import Prepared, leaves_a_choice
from models.stores.desk import DeskStore


def signer_choices(
    session: Session, prepared: Prepared | None, chosen: tuple[str, ...], declarant: UUID
) -> tuple[SignerChoice, ...]:
    """Enabled people near the institution who may act on tasks, by name; nobody signs its own declaration."""
    if prepared is None or not leaves_a_choice(prepared.route):
        return ()
    rows = DeskStore(session).posts_near(list(prepared.institutions), holders(Action.ACT_ON_TASKS))
    found = []
    others = (row for row in rows if row[0].id != declarant)
    for account, group in groupby(others, key=lambda row: row[0]):
        posts = "、".join(dict.fromkeys(f"{place.name} {word(role)}" for _account, role, place in group))
        value = str(account.id)
        found.append(SignerChoice(value=value, text=f"{account.name}（{posts}）", chosen=value in chosen))
    return tuple(found)


def choice_hint(prepared: Prepared | None) -> str:
    """Which steps the people named here will sign."""
    route = prepared.route if prepared else ()
    stages = "、".join(word(step.stage) for step in route if leaves_a_choice((step,)))
    return _("由您指定谁签批：%(stages)s。", stages=stages) if stages else ""


def account_ids(typed: Iterable[str]) -> tuple[UUID, ...]:
    """What was typed as account ids, without what is none."""
    found = []
    for text in typed:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return tuple(found)
