"""SQLModel tables, one module per aggregate; importing this package fills the metadata."""

from models.tables import (
    access,
    assessment,
    audit,
    book,
    calendar,
    care,
    cases,
    desk,
    evaluation,
    jobs,
    messages,
    organisation,
    rulebook,
    season,
    service,
)

__all__ = [
    "access",
    "assessment",
    "audit",
    "book",
    "calendar",
    "care",
    "cases",
    "desk",
    "evaluation",
    "jobs",
    "messages",
    "organisation",
    "rulebook",
    "season",
    "service",
]
