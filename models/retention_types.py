"""Words of retention 留存: the classes of record that have a term."""

from enum import StrEnum

ERASED = "已删除"
"""Stands where the name of an erased person stood."""


class RecordClass(StrEnum):
    """A class of record with one term, and one audit entry a run."""

    SERVICE_TEXTS = "service_texts"
    """What people wrote in service cases that are closed, with files; the case, its clocks and its outcome stay."""
    SURVEY_TEXTS = "survey_texts"
    """What respondents wrote in their own words; the answers and the score stay."""
    NOTIFICATIONS = "notifications"
    IDEMPOTENCY = "idempotency"
    JOBS = "jobs"
    """Imports, evaluations, comparisons and batches as jobs, with their files and reports."""
    DRAFTS = "drafts"
    LINKS = "links"
    SESSIONS = "sessions"
    AUDIT = "audit"
    """The oldest part of the trail, as a whole; what follows still verifies."""
