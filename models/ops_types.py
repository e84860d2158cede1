"""Words of operations 运行监控: how records and engine may differ, and why a case is stuck."""

from enum import StrEnum

from models.types import CaseKind


class DriftKind(StrEnum):
    """How a record differs from its workflow.

    The first four are mended from the workflow's state; of the others the record is not known to be wrong: a run that
    is missing or unknown (孤儿流程), an act that stands in the records and not in the workflow, or the other way round.
    """

    CASE_DIFFERS = "case_differs"
    TASK_DIFFERS = "task_differs"
    TASK_MISSING = "task_missing"
    TASK_EXTRA = "task_extra"
    RUN_MISSING = "run_missing"
    RECORD_MISSING = "record_missing"
    RECORD_AHEAD = "record_ahead"
    DECISION_MISSING = "decision_missing"
    RUN_FAILING = "run_failing"
    """No difference, but seen on the way: an activity or the workflow's own task fails again and again."""


MENDABLE = frozenset({DriftKind.CASE_DIFFERS, DriftKind.TASK_DIFFERS, DriftKind.TASK_MISSING, DriftKind.TASK_EXTRA})
"""What a repair rewrites from workflow state."""


KINDS_WITH_CASES = tuple(kind for kind in CaseKind if kind not in {CaseKind.MEMBERSHIP, CaseKind.QUOTA_SEASON})
"""Kinds whose runs have a case; a membership and a season have records of their own."""


KINDS_WITH_RECORDS = (*(kind.value for kind in CaseKind), "survey")
"""Wire names of every workflow that has records: a run of one that no record knows is an orphan 孤儿流程."""


class StuckReason(StrEnum):
    """卡住: why a case does not go on, the most pressing first."""

    FAILING = "failing"
    NOBODY = "nobody"
    ORPHAN = "orphan"
    OVERDUE = "overdue"
    PAUSED = "paused"
    PROVISIONAL = "provisional"


class OpsAct(StrEnum):
    """What operations does to one case."""

    RETRY = "retry"
    RELEASE = "release"
    SKIP = "skip"
    CANCEL = "cancel"
    RESET = "reset"
    TERMINATE = "terminate"


class BulkAct(StrEnum):
    """What operations does to many cases at once."""

    RETRY = "retry"
    REASSIGN = "reassign"
    SKIP = "skip"
    CANCEL = "cancel"
    RESET = "reset"
    TERMINATE = "terminate"
