"""Which institutions one sweep answers for: a branch with everything below it, head office with what has no branch."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session

from models.stores.sweeps import SweepStore
from models.tables.organisation import Institution
from models.types import InstitutionLevel


def branches(session: Session) -> list[str]:
    """Codes of what is swept, in the order of the tree; together they answer for every institution, each once."""
    return list(_shares(SweepStore(session).institutions()))


def swept_with(session: Session, branch: str) -> list[str]:
    """Codes of the institutions that the sweep of a branch answers for, sorted; empty for what is not swept."""
    return sorted(_shares(SweepStore(session).institutions()).get(branch, ()))


def _shares(institutions: Sequence[Institution]) -> dict[str, list[str]]:
    branches = {row.code for row in institutions if row.level is InstitutionLevel.BRANCH}
    shares: dict[str, list[str]] = {}
    for row in institutions:
        shares.setdefault(_head(row, branches), []).append(row.code)
    return shares


def _head(row: Institution, branches: Iterable[str]) -> str:
    """The branch above an institution, or itself, or the root."""
    above = [code for code in row.path.split("/") if code]
    return next((code for code in above if code in branches), above[0])
