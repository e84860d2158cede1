"""What each signature on a quarterly summary changes in it: who prepared and checked, its handing in, its seal."""

from datetime import datetime

from sqlmodel import Session

from models.messages.approval import ApprovalState, PastAct
from models.services.actors import is_person
from models.services.quarter.content import digest_of
from models.stores.quarter import IN_BRANCH, QuarterStore
from models.tables.cases import Case
from models.tables.quarter import QuarterSummary
from models.types import Outcome, Stage, Verdict


def stepped(session: Session, case: Case, after: ApprovalState, at: datetime) -> None:
    """Write down what the last act means for the summary, in the transaction of the act."""
    summary, past = QuarterStore(session).of_case(case.id), after.acts[-1]
    if summary is None or past.act not in {"decide", "take_back"}:
        return
    if past.act == "take_back" or past.verdict is Verdict.RETURN:
        _go_back(summary, after, past)
    elif after.outcome is Outcome.APPROVED:
        _publish(session, summary, past, at)
    else:
        _sign(summary, past, at)
    QuarterStore(session).add(summary)


def _go_back(summary: QuarterSummary, after: ApprovalState, past: PastAct) -> None:
    """Signatures from the step on that it stands at again are gone. What the branch takes back was not handed in."""
    if past.verdict is Verdict.RETURN:
        summary.sent_back += past.stage is Stage.SIGNING
    if after.stage in IN_BRANCH and summary.sent_back == 0:
        summary.handed_in_at = None
    if after.stage is Stage.COLLECTING:
        summary.prepared_by, summary.prepared_by_name = None, ""
    if after.stage in IN_BRANCH:
        summary.checked_by, summary.checked_by_name = None, ""


def _sign(summary: QuarterSummary, past: PastAct, at: datetime) -> None:
    account = past.actor_id if is_person(past.actor_id) else None
    if past.stage is Stage.COLLECTING:
        summary.prepared_by, summary.prepared_by_name = account, past.actor_name
    elif past.stage is Stage.CHECKING:
        summary.checked_by, summary.checked_by_name = account, past.actor_name
        summary.handed_in_at = summary.handed_in_at or at


def _publish(session: Session, summary: QuarterSummary, past: PastAct, at: datetime) -> None:
    """发布: from now on nothing of it changes, and its seal says so."""
    seal = digest_of(session, summary)  # before anything is set: a published row takes no second change
    summary.published_by = past.actor_id if is_person(past.actor_id) else None
    summary.published_by_name, summary.published_at, summary.digest = past.actor_name, at, seal
