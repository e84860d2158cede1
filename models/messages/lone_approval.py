"""Messages of the workflow `approval`: a lone approval, such as an appeal 申诉."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from models.messages.approval import Act
from models.messages.base import Message


class StartApproval(Act):
    """Start of a lone approval; `subject` says what it is about, and with it who decides and what its end changes."""

    case_id: UUID
    workflow_id: str
    subject: str
    customer_no: str | None = None
    """Whom it is about; None for an approval about an institution."""
    institution_code: str | None = None
    """The institution it is about, where there is no customer."""
    year: int
    attempt: int = 1
    subject_case_id: UUID | None = None
    reason: str
    chosen_signers: tuple[UUID, ...] = ()
    facts: dict[str, str] = Field(default_factory=dict)
    """What the subject needs to know beside the reason: which gift, how much."""

    @property
    def customer(self) -> str:
        """The number of its customer. Raises LookupError for an approval about an institution."""
        if self.customer_no is None:
            raise LookupError(f"{self.workflow_id} is about an institution")
        return self.customer_no


class RecordApprovalOpening(Message):
    """First record of a lone approval."""

    start: StartApproval
    at: datetime
