"""Business ids of workflows and the wire names of their types; built here and nowhere else.

They stand in `models` because records, activities and the API name workflows too, not only workflow code.
"""

from uuid import UUID

from models.types import CaseKind

QUALIFICATION = CaseKind.QUALIFICATION.value
MEMBERSHIP = CaseKind.MEMBERSHIP.value
CALENDAR_PUBLISH = "calendar-publish"
QUOTA_SEASON = CaseKind.QUOTA_SEASON.value
NOTIFICATION = "notification"
APPROVAL = CaseKind.APPROVAL.value


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
