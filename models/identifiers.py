"""Business ids of workflows and the wire names of their types; built here and nowhere else.

They stand in `models` because records, activities and the API name workflows too, not only workflow code.
"""

from datetime import date
from uuid import UUID

from models.types import CaseKind

QUALIFICATION = CaseKind.QUALIFICATION.value
MEMBERSHIP = CaseKind.MEMBERSHIP.value
CALENDAR_PUBLISH = "calendar-publish"
QUOTA_SEASON = CaseKind.QUOTA_SEASON.value
NOTIFICATION = "notification"
APPROVAL = CaseKind.APPROVAL.value
GREEN_CHANNEL = CaseKind.GREEN_CHANNEL.value
CARE_TOUCHPOINT = CaseKind.CARE_TOUCHPOINT.value
COMPLAINT = CaseKind.COMPLAINT.value
PERIOD_CLOSE = CaseKind.PERIOD_CLOSE.value
DUTY_SWEEP = "duty-sweep"
SURVEY = "survey"
ROLLOUT = CaseKind.ROLLOUT.value


def qualification_id(year: int, customer_no: str, attempt: int) -> str:
    """`qualification/{evaluation year}/{customer_no}/{n}` (decisions.md 9); shown to operators only."""
    return f"{QUALIFICATION}/{year}/{customer_no}/{attempt}"


def qualification_key(year: int, customer_no: str) -> str:
    """What is unique among open cases: one declaration per customer and evaluation year."""
    return f"{QUALIFICATION}/{year}/{customer_no}"


def membership_id(customer_no: str) -> str:
    """`membership/{customer_no}`: one per VIP, for as long as it is one."""
    return f"{MEMBERSHIP}/{customer_no}"


def notification_id(delivery_id: UUID) -> str:
    """`notification/{delivery id}`: one run per delivery unless it is ended; a digest is named after its first one."""
    return f"{NOTIFICATION}/{delivery_id}"


def season_id(year: int) -> str:
    """`quota-season/{evaluation year}`: one season a year."""
    return f"{QUOTA_SEASON}/{year}"


def calendar_publish_id(publication_id: UUID) -> str:
    """`calendar-publish/{publication id}`: one run per publication."""
    return f"{CALENDAR_PUBLISH}/{publication_id}"


def approval_id(subject: str, subject_id: str, attempt: int) -> str:
    """`approval/{subject}/{subject id}/{n}`: a lone approval, such as an appeal against a case."""
    return f"{APPROVAL}/{subject}/{subject_id}/{attempt}"


def approval_key(workflow_id: str) -> str:
    """What is unique among open lone approvals: one per subject and what it is about, whatever the attempt."""
    return workflow_id.rpartition("/")[0]


def green_channel_id(record_id: UUID) -> str:
    """`green-channel/{case id}`: opaque, for a reference may come twice once the first case is closed."""
    return f"{GREEN_CHANNEL}/{record_id}"


def green_channel_key(service: str, reference_no: str) -> str:
    """What is unique among open requests: one per service and reference."""
    return f"{GREEN_CHANNEL}/{service}/{reference_no}"


def complaint_id(record_id: UUID) -> str:
    """`complaint/{case id}`: an inquiry or a complaint."""
    return f"{COMPLAINT}/{record_id}"


def touchpoint_workflow_id(touchpoint_id: UUID) -> str:
    """`care-touchpoint/{touchpoint id}`: one case per touchpoint that a person does."""
    return f"{CARE_TOUCHPOINT}/{touchpoint_id}"


def sweep_id(institution_code: str, day: date) -> str:
    """`duty-sweep/{institution}/{date}`: one run per branch and day."""
    return f"{DUTY_SWEEP}/{institution_code}/{day.isoformat()}"


def period_close_id(year: int, quarter: int, institution_code: str) -> str:
    """`period-close/{year}-Q{n}/{branch}`: one run per quarter and branch."""
    return f"{PERIOD_CLOSE}/{year}-Q{quarter}/{institution_code}"


def survey_id(campaign_id: UUID) -> str:
    """`survey/{campaign id}`: one run per campaign, from its opening to the publication of its results."""
    return f"{SURVEY}/{campaign_id}"


def rollout_id(case_id: UUID) -> str:
    """`rollout/{case id}`: one launch."""
    return f"{ROLLOUT}/{case_id}"


ROLLOUT_KEY = ROLLOUT
"""What is unique among open launches: there is one at a time."""
