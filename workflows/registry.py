"""What a worker runs: every workflow, every activity, and the sandbox they run in."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.calendar_publish import CalendarPublishWorkflow
from workflows.care import TouchpointWorkflow
from workflows.complaint import ComplaintWorkflow
from workflows.duty_sweep import DutySweepWorkflow
from workflows.green_channel import GreenChannelWorkflow
from workflows.lone_approval import LoneApprovalWorkflow
from workflows.membership import MembershipWorkflow
from workflows.notification import NotificationWorkflow
from workflows.period import PeriodCloseWorkflow
from workflows.qualification import QualificationWorkflow
from workflows.rollout import RolloutWorkflow
from workflows.season import QuotaSeasonWorkflow
from workflows.survey import SurveyWorkflow

WORKFLOWS: Sequence[type] = (
    QualificationWorkflow,
    LoneApprovalWorkflow,
    MembershipWorkflow,
    NotificationWorkflow,
    QuotaSeasonWorkflow,
    CalendarPublishWorkflow,
    GreenChannelWorkflow,
    ComplaintWorkflow,
    TouchpointWorkflow,
    DutySweepWorkflow,
    PeriodCloseWorkflow,
    SurveyWorkflow,
    RolloutWorkflow,
)

PASSED_THROUGH = (
    "models",  # pure core and tables: linted for clock, random, files and environment instead (decisions.md 21)
    "activities",
    "sqlmodel",
    "sqlalchemy",
    "cryptography",
    "uuid6",
    "greenlet",
    "psycopg",
    "alembic",
    "pydantic_settings",
    "annotated_types",
)


def sandbox() -> SandboxedWorkflowRunner:
    """The sandbox; `workflows` itself never passes through."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


def activity_methods(*rooms: object) -> list[Callable[..., Any]]:
    """Every activity of the given objects, bound to its collaborators: what is decorated cannot be forgotten."""
    methods = (method for room in rooms for _, method in inspect.getmembers(room, inspect.ismethod))
    return [method for method in methods if hasattr(method, "__temporal_activity_definition")]
