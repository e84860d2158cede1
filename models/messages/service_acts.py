"""What people do to a service case 服务: intake to closing, for green channel, complaints and touchpoints."""

from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

from models.messages.approval import Act
from models.messages.handing import Target
from models.service_types import ComplaintGrade, CustomerView
from models.types import PauseReason


class OnService(Act):
    """An act on a running service case; `version` is the case's, as the sender saw it. `comment` is reason or note."""

    version: int


class AcceptService(OnService):
    """受理: the actor, or the person named, handles it from now on."""

    kind: Literal["accept"] = "accept"


class AssignService(OnService):
    """指派 or 改派 to a person, by the handler, the lead or operations (with a reason)."""

    kind: Literal["assign"] = "assign"
    to: Target


class PauseService(OnService):
    """暂停 the clock, with its reason."""

    kind: Literal["pause"] = "pause"
    reason: PauseReason


class ResumeService(OnService):
    """恢复: the deadline moves on by the paused office time."""

    kind: Literal["resume"] = "resume"


class CompleteService(OnService):
    """办理完成: the clock stops. `late_reason` is required when the deadline is past."""

    kind: Literal["complete"] = "complete"
    result: str = ""
    late_reason: str | None = None


class ConfirmService(OnService):
    """客户确认, by its own one-use link or by staff with proof; unsatisfied sends it back to be handled."""

    kind: Literal["confirm"] = "confirm"
    satisfied: bool = True
    proof: str = ""


class CancelService(OnService):
    """取消 by the handler, the lead or operations, with a reason."""

    kind: Literal["cancel"] = "cancel"


class ReplyComplaint(OnService):
    """首次答复; for an inquiry it is the answer. `text` is what the customer was told."""

    kind: Literal["reply"] = "reply"
    text: str
    late_reason: str | None = None


class InvestigateComplaint(OnService):
    """调查: what was found; may be written more than once."""

    kind: Literal["investigate"] = "investigate"
    text: str


class GradeComplaint(OnService):
    """定级: a serious one goes to the branch head."""

    kind: Literal["grade"] = "grade"
    grade: ComplaintGrade


class JudgeComplaint(OnService):
    """成立与否 and how it is handled."""

    kind: Literal["judge"] = "judge"
    justified: bool
    handling: str


class CloseComplaint(OnService):
    """结案 with the customer's view; `leader_opinion` for a serious one."""

    kind: Literal["close"] = "close"
    customer_view: CustomerView
    view_text: str = ""
    leader_opinion: str = ""
    late_reason: str | None = None


class ReopenService(OnService):
    """重新打开 a closed complaint, with a reason: a new life with new clocks."""

    kind: Literal["reopen"] = "reopen"


class CompleteTouchpoint(OnService):
    """完成, 附件四. Amounts in yuan; proof files were stored before under the touchpoint."""

    kind: Literal["done"] = "done"
    done_on: date
    content: str
    gift_name: str = ""
    gift_value: Decimal | None = None
    cost: Decimal | None = None
    feedback: str = ""
    follow_up: str = ""
    follow_up_on: date | None = None
    late_reason: str | None = None


class SkipTouchpoint(OnService):
    """跳过 by the handler, the lead or operations, with a reason."""

    kind: Literal["skip"] = "skip"


class RescheduleTouchpoint(OnService):
    """改期 to another day, with a reason."""

    kind: Literal["reschedule"] = "reschedule"
    to: date


class StopTouchpoint(OnService):
    """取消 by the programme: the tier changed, the contact left, the membership ended."""

    kind: Literal["stop"] = "stop"


ServiceAct: TypeAlias = (
    AcceptService
    | AssignService
    | PauseService
    | ResumeService
    | CompleteService
    | ConfirmService
    | CancelService
    | ReplyComplaint
    | InvestigateComplaint
    | GradeComplaint
    | JudgeComplaint
    | CloseComplaint
    | ReopenService
    | CompleteTouchpoint
    | SkipTouchpoint
    | RescheduleTouchpoint
    | StopTouchpoint
)
