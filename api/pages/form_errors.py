"""A refusal as a page shows it: the sentence on top, and what to correct at each control."""

from api.pages.view.common import ErrorSummary, FieldError
from api.problems import problem_of
from models.errors import DomainError


def error_summary(error: DomainError) -> ErrorSummary:
    """The red panel for a refused form; the ids of the controls are the names of the fields."""
    problem = problem_of(error)
    fields = tuple(FieldError(field_id=entry["field"], text=entry["message"]) for entry in problem.errors)
    return ErrorSummary(title=problem.detail, errors=fields)
