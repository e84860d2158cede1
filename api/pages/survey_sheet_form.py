"""附件六 as a form: what was typed into it, and what is wrong with it; for respondents and for paper sheets."""

from datetime import date

from starlette.datastructures import FormData

from api.forms.sheet import named
from api.pages.form_errors import error_summary
from api.pages.i18n import _
from api.pages.view.common import ErrorSummary
from models.errors import DomainError, ErrorCode
from models.rulebook import SurveyRules
from models.rules.survey import FIELD

_PREFIX = FIELD.format("")
MOST_FIELDS, LONGEST = 60, 20_000


def typed_of(form: FormData) -> dict[str, str]:
    """Answers as they came back, by question number; files and whatever else is no answer are left out."""
    found = {}
    for name, value in list(form.items())[:MOST_FIELDS]:
        number = name.removeprefix(_PREFIX)
        if name.startswith(_PREFIX) and number.isascii() and number.isdigit() and isinstance(value, str):
            found[number] = value.replace("\x00", "")[:LONGEST]
    return found


def day_of(typed: str) -> date | None:
    """A day as a date control sends it; None for none. Raises INVALID_INPUT."""
    if not typed.strip():
        return None
    try:
        return date.fromisoformat(typed.strip())
    except ValueError as error:
        wrong = [{"field": "answered_on", "reason": "date_from_datetime_parsing"}]
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=wrong) from error


def sheet_errors(error: DomainError, rules: SurveyRules) -> ErrorSummary:
    """The red panel, every control by its question."""
    called = {FIELD.format(question.number): named(question) for question in rules.questions}
    return error_summary(error, answered_on=_("填写日期"), **called)
