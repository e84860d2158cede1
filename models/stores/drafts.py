"""What people typed and have not sent, by account and subject."""

from uuid import UUID

from sqlmodel import Session

from models.tables.messages import Draft


class DraftStore:
    """One draft per account and subject; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, account_id: UUID, subject: str) -> Draft | None:
        """The person's draft about a subject."""
        return self.session.get(Draft, (account_id, subject))

    def put(self, draft: Draft) -> None:
        """Write a draft in place of an earlier one."""
        self.session.merge(draft)
        self.session.flush()

    def delete(self, account_id: UUID, subject: str) -> None:
        """Forget a draft; nothing happens when there is none."""
        draft = self.get(account_id, subject)
        if draft is not None:
            self.session.delete(draft)
            self.session.flush()
