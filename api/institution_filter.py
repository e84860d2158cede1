"""A filter by institution: it stands for everything below it, and never reaches beyond the caller's scope."""

from sqlmodel import Session

from models.stores.institutions import InstitutionStore
from models.stores.scope import NOTHING, Scope


def part_of_tree(session: Session, institution_code: str | None, scope: Scope) -> Scope | None:
    """The subtree of an institution; None without a wish, nothing for one the caller does not see."""
    if not institution_code:
        return None
    found = InstitutionStore(session).get(institution_code, scope)
    return Scope((found.path,)) if found else NOTHING
