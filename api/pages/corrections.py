"""更正数据 as the form sends it: the premiums that differ from what stands on the case."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError
from sqlmodel import Session

from api.pages.build_decide import CORRECTED
from api.pages.build_facts import premium_lines
from models.errors import DomainError, ErrorCode
from models.messages.scoring import CorrectedField, Correction
from models.tables.cases import Case


def typed_corrections(form: Mapping[str, object]) -> dict[str, str]:
    """What was typed, by policy number."""
    return {
        name.removeprefix(CORRECTED): value
        for name, value in form.items()
        if name.startswith(CORRECTED) and isinstance(value, str)
    }


def changed_facts(session: Session, case: Case, typed: Mapping[str, str]) -> tuple[Correction, ...]:
    """The corrections among what was typed. Raises INVALID_INPUT for what is no sum, and when nothing was changed."""
    found: list[Correction] = []
    wrong: list[dict[str, str]] = []
    for number, line in enumerate(premium_lines(session, case), 1):
        text = typed.get(line.policy_no)
        if text is None:
            continue
        try:
            value = _sum(text)
            if value != line.premium:
                found.append(_correction(line.policy_no, case.year, value))
        except (InvalidOperation, ValidationError):
            wrong.append({"field": f"premium-{number}", "reason": "decimal_parsing"})
    if not found and not wrong:
        wrong.append({"field": "premium-1", "reason": "unchanged"})
    if wrong:
        raise DomainError(ErrorCode.INVALID_INPUT, n=len(wrong), errors=wrong)
    return tuple(found)


def _sum(text: str) -> Decimal:
    """Yuan as people type them: 1,234.50, ¥1234.5, full-width commas."""
    value = Decimal(text.strip().removeprefix("¥").replace(",", "").replace("，", ""))
    if not value.is_finite():
        raise InvalidOperation
    return value


def _correction(policy_no: str, year: int, value: Decimal) -> Correction:
    return Correction(policy_no=policy_no, year=year, field=CorrectedField.PREMIUM_RECEIVED, value=value)
