"""SQLModel tables, one module per aggregate; importing this package fills the metadata."""

from models.tables import access, audit, book, calendar, cases, evaluation, jobs, messages, organisation, rulebook

__all__ = [
    "access",
    "audit",
    "book",
    "calendar",
    "cases",
    "evaluation",
    "jobs",
    "messages",
    "organisation",
    "rulebook",
]
