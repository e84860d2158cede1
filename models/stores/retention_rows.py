"""Which rows make up each class of record 留存: when their matter was over, whose they are, what goes with them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, true
from sqlmodel import SQLModel, col, select

from models.encryption import EMPTY_SEALED_BYTES
from models.retention_types import RecordClass
from models.stores.idempotency import DONE
from models.tables.access import ApiToken, OneUseLink, SignInSession
from models.tables.batches import BatchFile, BatchSheet
from models.tables.care import Touchpoint, TouchpointProof
from models.tables.cases import Case, Decision, Task
from models.tables.desk import CaseAttachment, CaseComment, DecisionLink, Urge
from models.tables.jobs import ImportChange, ImportFile, ImportRejection, Job
from models.tables.messages import Delivery, Draft, IdempotencyRecord, Notification
from models.tables.reconcile import Drift
from models.tables.service import ComplaintRecord, ConfirmationLink, GreenChannelRecord
from models.tables.survey import SurveySheet
from models.types import SERVICE_KINDS

EVERY = true()


@dataclass(frozen=True, kw_only=True)
class Removal:
    """Rows of one table. With `texts` the row stays and these columns are emptied; else it goes with its `parts`."""

    table: type[SQLModel]
    key: tuple[Any, ...]
    over: Any
    """When the matter was over; a row for which it is null never goes."""
    customer: Any = None
    case: Any = None
    only: ColumnElement[bool] = EVERY
    texts: tuple[str, ...] = ()
    parts: tuple[Any, ...] = ()
    """Columns of other tables that refer to the key."""

    @property
    def condition(self) -> ColumnElement[bool]:
        """What a row must be besides old enough; an emptied one is done with."""
        if not self.texts:
            return self.only
        lengths = (func.length(col(getattr(self.table, name))) for name in self.texts)
        return self.only & or_(*(length > EMPTY_SEALED_BYTES for length in lengths))


def _closed_service(case_id: Any) -> Any:
    """When the case of serving a customer, to which a row belongs, was closed."""
    closed = select(Case.closed_at).where(col(Case.id) == case_id, col(Case.kind).in_(SERVICE_KINDS))
    return closed.scalar_subquery()


def _of_touchpoint(column: Any) -> Any:
    return select(column).where(Touchpoint.id == TouchpointProof.touchpoint_id).scalar_subquery()


def _of_case_task(column: Any) -> Any:
    return select(column).where(Task.id == DecisionLink.task_id).scalar_subquery()


def _written_on_case(table: Any, *texts: str) -> Removal:
    return Removal(table=table, key=(table.id,), over=_closed_service(table.case_id), case=table.case_id, texts=texts)


_SERVICE_TEXTS = (
    Removal(
        table=GreenChannelRecord,
        key=(GreenChannelRecord.case_id,),
        over=_closed_service(GreenChannelRecord.case_id),
        customer=GreenChannelRecord.customer_no,
        case=GreenChannelRecord.case_id,
        texts=("contact_name", "remark", "result", "confirmation"),
    ),
    Removal(
        table=ComplaintRecord,
        key=(ComplaintRecord.case_id,),
        over=_closed_service(ComplaintRecord.case_id),
        customer=ComplaintRecord.customer_no,
        case=ComplaintRecord.case_id,
        texts=(
            "complainant",
            "phone",
            "subject",
            "matter",
            "first_reply",
            "investigation",
            "handling",
            "view_text",
            "leader_opinion",
        ),
    ),
    Removal(
        table=Touchpoint,
        key=(Touchpoint.id,),
        over=Touchpoint.done_at,
        customer=Touchpoint.customer_no,
        case=Touchpoint.case_id,
        texts=("content", "feedback", "follow_up"),
    ),
    Removal(
        table=TouchpointProof,
        key=(TouchpointProof.id,),
        over=_of_touchpoint(Touchpoint.done_at),
        customer=_of_touchpoint(Touchpoint.customer_no),
        case=_of_touchpoint(Touchpoint.case_id),
    ),
    _written_on_case(Decision, "comment"),
    _written_on_case(CaseComment, "text"),
    _written_on_case(Urge, "text"),
    Removal(
        table=CaseAttachment,
        key=(CaseAttachment.id,),
        over=_closed_service(CaseAttachment.case_id),
        case=CaseAttachment.case_id,
    ),
)
_JOB_PARTS = tuple(table.job_id for table in (ImportFile, ImportRejection, ImportChange, Drift, BatchSheet, BatchFile))
ROWS: dict[RecordClass, tuple[Removal, ...]] = {
    RecordClass.SERVICE_TEXTS: _SERVICE_TEXTS,
    RecordClass.SURVEY_TEXTS: (
        Removal(
            table=SurveySheet,
            key=(SurveySheet.id,),
            over=SurveySheet.answered_at,
            customer=SurveySheet.customer_no,
            texts=("improvement",),
        ),
    ),
    RecordClass.NOTIFICATIONS: (
        Removal(
            table=Notification,
            key=(Notification.id,),
            over=Notification.created_at,
            customer=Notification.customer_no,
            case=Notification.case_id,
            # A case that still runs may be told of again under the same key: its messages keep that from happening.
            only=or_(
                col(Notification.case_id).is_(None),
                col(Notification.case_id).in_(select(Case.id).where(col(Case.closed_at).is_not(None))),
            ),
            parts=(Delivery.notification_id,),
        ),
    ),
    RecordClass.IDEMPOTENCY: (
        Removal(
            table=IdempotencyRecord,
            key=(IdempotencyRecord.id,),
            over=IdempotencyRecord.created_at,
            only=col(IdempotencyRecord.state) == DONE,
        ),
    ),
    RecordClass.JOBS: (Removal(table=Job, key=(Job.id,), over=Job.finished_at, parts=_JOB_PARTS),),
    RecordClass.DRAFTS: (Removal(table=Draft, key=(Draft.account_id, Draft.subject), over=Draft.updated_at),),
    RecordClass.LINKS: (
        Removal(table=OneUseLink, key=(OneUseLink.token_hash,), over=OneUseLink.expires_at),
        Removal(
            table=ConfirmationLink,
            key=(ConfirmationLink.token_hash,),
            over=ConfirmationLink.expires_at,
            case=ConfirmationLink.case_id,
        ),
        Removal(
            table=DecisionLink,
            key=(DecisionLink.token_hash,),
            over=DecisionLink.expires_at,
            case=_of_case_task(Task.case_id),
        ),
    ),
    RecordClass.SESSIONS: (
        Removal(table=SignInSession, key=(SignInSession.token_hash,), over=SignInSession.expires_at),
        Removal(table=ApiToken, key=(ApiToken.prefix_id,), over=ApiToken.expires_at),
    ),
}
"""Every class but the audit trail, which goes by its own way: `models/stores/audit_anchor.py`."""
