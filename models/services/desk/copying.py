"""抄送: a case shown to people who read it and do not act; the right to read comes with the copy."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.services.desk.acting import Actor, about, note
from models.services.notifications import notify
from models.stores.desk import DeskStore
from models.tables.cases import Case, Task
from models.tables.desk import CaseCopy
from models.tables.organisation import Account


def copy_to(
    session: Session, case: Case, people: Sequence[Account], actor: Actor, *, task: Task | None = None, text: str = ""
) -> list[CaseCopy]:
    """A copy for each person; who has one keeps it and is told no second time. People are checked by the caller."""
    store = DeskStore(session)
    standing = store.copies(case.id, [account.id for account in people])
    made = [account for account in {account.id: account for account in people}.values() if account.id not in standing]
    for account in made:
        copy = CaseCopy(case_id=case.id, account_id=account.id, by_id=actor.account_id, by_name=actor.name, at=actor.at)
        store.add(copy)
        note(session, actor, "cc", case.id, account_id=account.id)
    told = [account.id for account in made]
    key, context = f"cc:{case.id}", about(session, case, task, actor, text)
    notify(session, to=told, template="cc", key=key, at=actor.at, case_id=case.id, context=context)
    return list(store.copies(case.id, [account.id for account in people]).values())


def opened(session: Session, case_id: UUID, account_id: UUID, at: datetime) -> bool:
    """Note that the reader opened its copy, the first time; False when there was nothing to note."""
    return DeskStore(session).mark_read(case_id, account_id, at)
