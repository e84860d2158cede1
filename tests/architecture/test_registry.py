"""Everything defined is registered, under the names that histories already carry."""

import ast
import inspect
from collections.abc import Callable
from typing import Any

from temporalio import activity, workflow

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
from tests.architecture.sources import dotted, modules, tree
from workflows.registry import WORKFLOWS, activity_methods

WORKFLOW_NAMES = {
    "qualification",
    "approval",
    "membership",
    "notification",
    "quota-season",
    "calendar-publish",
    "green-channel",
    "complaint",
    "care-touchpoint",
    "duty-sweep",
    "period-close",
    "survey",
    "rollout",
}
ACTIVITY_NAMES = {
    "record-opening",
    "record-step",
    "record-breach",
    "record-alarm",
    "record-approval-opening",
    "adopt-calendar",
    "start-membership",
    "announce-membership",
    "record-membership-act",
    "end-downgrade-buffer",
    "plan-care",
    "move-membership",
    "claim-delivery",
    "send-delivery",
    "settle-delivery",
    "tell-calendar",
    "record-season-opening",
    "record-season-move",
    "remind-season",
    "record-service-opening",
    "record-service-step",
    "record-service-calendar",
    "open-sweep",
    "sweep-records",
    "start-due-touchpoints",
    "call-due-memberships",
    "send-greetings",
    "start-period-closes",
    "amend-running-touchpoints",
    "record-period-opening",
    "close-sweep",
    "record-survey-opening",
    "record-survey-move",
    "send-survey",
    "record-rollout-opening",
    "record-rollout-step",
    "record-rollout-calendar",
}
APPROVAL_MESSAGES = {"opened", "decide", "correct", "resubmit", "withdraw", "act", "calendar_published", "state"}
SERVICE_MESSAGES = {"opened", "serve", "calendar_published", "state"}
MESSAGE_NAMES = {
    "qualification": APPROVAL_MESSAGES,
    "approval": APPROVAL_MESSAGES,
    "membership": {
        "granted",
        "ended",
        "holding",
        "cancel",
        "downgrade",
        "contacts",
        "manager",
        "contacts_changed",
        "due",
    },
    "notification": set(),
    "quota-season": {"opened", "move", "state"},
    "calendar-publish": set(),
    "green-channel": SERVICE_MESSAGES,
    "complaint": SERVICE_MESSAGES,
    "care-touchpoint": SERVICE_MESSAGES,
    "duty-sweep": {"progress"},
    "period-close": APPROVAL_MESSAGES,
    "survey": {"opened", "lead", "state", "progress"},
    "rollout": {"opened", "lead", "calendar_published", "state"},
}
"""Wire names: a history or a sender of an older version uses them, so they are only ever added to."""


def _defined(decorator: str, folder: str) -> set[str]:
    found = set()
    for path in modules(folder):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                calls = (item.func if isinstance(item, ast.Call) else item for item in node.decorator_list)
                if any(dotted(call) == decorator for call in calls):
                    found.add(node.name)
    return found


def registered_activities() -> list[Callable[..., Any]]:
    """Every activity as a worker has it, without collaborators."""
    nothing: Any = None
    return activity_methods(
        ApprovalActivities(nothing),
        QualificationActivities(nothing, nothing),
        MembershipActivities(nothing, nothing, nothing),
        NotificationActivities(nothing, nothing, nothing, nothing),
        SeasonActivities(nothing),
        ServiceActivities(nothing),
        QuarterActivities(nothing),
        SweepActivities(nothing, nothing, nothing, nothing),
        SurveyActivities(nothing, nothing, nothing),
        RolloutActivities(nothing),
        CalendarActivities(nothing, nothing),
    )


def test_every_workflow_is_registered() -> None:
    assert {item.__name__ for item in WORKFLOWS} == _defined("workflow.defn", "workflows")


def test_every_activity_is_registered() -> None:
    names = {method.__name__ for method in registered_activities()}
    assert names == _defined("activity.defn", "activities")


def test_wire_names_are_what_they_were() -> None:
    definitions = [workflow._Definition.must_from_class(item) for item in WORKFLOWS]
    assert {item.name for item in definitions} == WORKFLOW_NAMES
    found = {
        str(item.name): {str(key) for part in (item.updates, item.signals, item.queries) for key in part}
        for item in definitions
    }
    assert found == MESSAGE_NAMES
    activities = [activity._Definition.must_from_callable(method) for method in registered_activities()]
    assert {item.name for item in activities} == ACTIVITY_NAMES


def test_no_record_is_broken_off_in_the_middle() -> None:
    """An attempt that takes too long goes on to its end, which the next one adopts: an exception thrown into its thread
    could strike anywhere, between a lock and its release too."""
    found = [method for method in registered_activities() if not inspect.iscoroutinefunction(method)]
    cancellable = {
        definition.name
        for definition in map(activity._Definition.must_from_callable, found)
        if not definition.no_thread_cancel_exception
    }
    assert cancellable == set()
