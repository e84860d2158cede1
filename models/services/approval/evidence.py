"""留痕快照: exactly what the approver saw of the case at that version of the task, kept by its SHA-256.

Form, score, rulebook version and clock are written as canonical JSON in the transaction of the decision, before the
decision changes anything. Personal data stays out: of the contacts only their number is evidence.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, OpenTask, StepState
from models.rules.approval import standing
from models.services.canonical import canonical
from models.services.quarter.content import content_of, lines_of
from models.stores.case_names import case_name
from models.stores.cases import CaseStore
from models.stores.customers import contacts_of
from models.stores.evidence import EvidenceStore
from models.stores.quarter import QuarterStore
from models.tables.cases import Case, CaseScore, Decision
from models.tables.desk import Evidence
from models.tables.rulebook import RulebookVersion
from models.types import CaseKind


class EvidenceAlteredError(RuntimeError):
    """The stored snapshot is not what its digest says: somebody changed it."""


class Seen(NamedTuple):
    """What the approver had before its eyes: the state of the case, the task, and the rules it was judged by."""

    state: ApprovalState
    task: OpenTask
    rules: RulebookVersion


def keep(session: Session, case: Case, seen: Seen, at: datetime) -> str:
    """Store what stands on the approver's page now and give its digest."""
    content = canonical(snapshot_of(session, case, seen))
    digest = hashlib.sha256(content.encode()).hexdigest()
    store = EvidenceStore(session)
    if store.get(digest) is None:
        store.add(Evidence(digest=digest, content=content, created_at=at))
    return digest


def evidence_of(session: Session, decision: Decision) -> dict[str, Any]:
    """What the decider saw. Raises NOT_FOUND when nothing was kept, EvidenceAlteredError when it was changed since."""
    row = EvidenceStore(session).get(decision.evidence_digest) if decision.evidence_digest else None
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if hashlib.sha256(row.content.encode()).hexdigest() != row.digest:
        raise EvidenceAlteredError(f"evidence {row.digest} of decision {decision.id}")
    found: dict[str, Any] = json.loads(row.content)
    return found


def snapshot_of(session: Session, case: Case, seen: Seen) -> dict[str, Any]:
    """Form, facts, score, rulebook, clock and signatures of a task, as plain JSON; instants in UTC, money in yuan."""
    scores = CaseStore(session).scores(case.id)
    state, task, version = seen
    return {
        "case": _case(session, case, state),
        "task": {"task_id": str(task.task_id), "step": task.step, "version": task.version, "signer": task.signer_id},
        "form": _form(session, case, state),
        "facts": [item for score in scores for item in score.corrections],
        "score": _score(case, scores),
        "rulebook": {"code": version.code, "version": version.version, "digest": version.digest},
        "clock": _clock(task),
        "step": _step(state),
        **_summary(session, case),
    }


def _case(session: Session, case: Case, state: ApprovalState) -> dict[str, Any]:
    return {
        "case_id": str(case.id),
        "kind": case.kind.value,
        "subject": case.subject,
        "customer_no": case.number,
        "customer_name": case_name(session, case),
        "institution_code": case.institution_code,
        "year": case.year,
        "tier": state.tier.value,
        "tier_applied": case.tier_applied.value,
        "seat_kind": state.seat_kind.value,
        "stage": state.stage.value,
        "round": state.round,
        "version": state.version,
    }


def _form(session: Session, case: Case, state: ApprovalState) -> dict[str, Any]:
    declared = state.acts[0]
    return {
        "reason": case.reason,
        "late_reason": case.late_reason,
        "declared_by": declared.actor_name,
        "declared_at": declared.at.isoformat(),
        "contacts": len(contacts_of(session, case.customer_no)) if case.customer_no else 0,
    }


def _score(case: Case, scores: list[CaseScore]) -> dict[str, Any]:
    latest = scores[-1] if scores else None
    return {
        "value": str(case.value),
        "rank": case.rank,
        "explanation": latest.explanation if latest else None,
        "explanation_step": latest.step_no if latest else None,
    }


def _clock(task: OpenTask) -> dict[str, Any]:
    return {
        "opened_at": task.opened_at.isoformat(),
        **task.deadline.model_dump(mode="json"),
        "pauses": [pause.model_dump(mode="json") for pause in task.pauses],
    }


def _step(state: ApprovalState) -> dict[str, Any] | None:
    step: StepState | None = state.step
    if step is None:
        return None
    stands = standing(state)
    return {
        "rule": step.rule.value,
        "needed": stands.needed,
        "approved": stands.approved,
        "signers": [signer.model_dump(mode="json") for signer in step.signers],
        "sign_offs": [one.model_dump(mode="json") for one in step.sign_offs],
    }


def _summary(session: Session, case: Case) -> dict[str, Any]:
    """The lines of a quarterly summary, where that is what the case is about."""
    summary = QuarterStore(session).of_case(case.id) if case.kind is CaseKind.PERIOD_CLOSE else None
    return {"quarter": content_of(summary, lines_of(session, summary))} if summary else {}
