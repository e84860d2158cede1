"""SQLModel tables, one module per aggregate; importing this package fills the metadata."""

from models.tables import (
    access,
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
    quarter,
    rulebook,
    season,
    service,
)

__all__ = [
    "access",
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
    "quarter",
    "rulebook",
    "season",
    "service",
]
