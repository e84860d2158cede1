"""What a worker runs: every workflow, every activity, and the sandbox they run in."""

from collections.abc import Callable, Sequence
from typing import Any

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.approval import ApprovalActivities
from activities.calendar import CalendarActivities
from activities.membership import MembershipActivities
from activities.notification import NotificationActivities
from activities.qualification import QualificationActivities
from activities.quarter import QuarterActivities
from activities.rollout import RolloutActivities
from activities.season import SeasonActivities
from activities.service import ServiceActivities
from activities.survey import SurveyActivities
from activities.sweep import SweepActivities
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


def activity_methods(
    *,
    approval: ApprovalActivities,
    qualification: QualificationActivities,
    membership: MembershipActivities,
    notification: NotificationActivities,
    season: SeasonActivities,
    calendar: CalendarActivities,
    service: ServiceActivities,
    sweep: SweepActivities,
    quarter: QuarterActivities,
    survey: SurveyActivities,
    rollout: RolloutActivities,
) -> list[Callable[..., Any]]:
    """Every activity, bound to its collaborators."""
    return [
        approval.record_lone_opening,
        approval.record_step,
        approval.record_breach,
        approval.record_alarm,
        approval.adopt_calendar,
        qualification.record_opening,
        qualification.start_membership,
        membership.announce,
        membership.record_act,
        membership.end_buffer,
        membership.plan_care,
        membership.move,
        notification.claim,
        notification.send,
        notification.settle,
        season.record_opening,
        season.record_move,
        season.remind,
        calendar.tell,
        service.record_opening,
        service.record_step,
        service.adopt_calendar,
        sweep.open,
        sweep.records,
        sweep.amend_running,
        sweep.start_due,
        sweep.start_closes,
        sweep.call_due,
        sweep.send_greetings,
        sweep.close,
        quarter.record_opening,
        survey.record_opening,
        survey.record_move,
        survey.send,
        rollout.record_opening,
        rollout.record_step,
        rollout.adopt_calendar,
    ]
