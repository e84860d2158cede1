"""更正数据: the fields of the form, and what of it differs from what stands on the case."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from pydantic import ValidationError
from sqlmodel import Session

from api.pages.format import amount
from api.pages.i18n import _
from api.pages.view.task import CorrectionField
from models.errors import DomainError, ErrorCode
from models.messages.scoring import CorrectedField, Correction
from models.rules.facts import PolicyYear
from models.services.qualification.rescore import correctable_facts
from models.tables.cases import Case
from models.types import ProductClass


class _Fact(NamedTuple):
    """One figure of one policy in the evaluation year, in yuan, as it stands on the case."""

    field_id: str
    policy_no: str
    product_class: ProductClass
    field: CorrectedField
    standing: Decimal

    @property
    def name(self) -> str:
        return f"{self.field.value}:{self.policy_no}"


def _facts(session: Session, case: Case) -> Iterator[_Fact]:
    for number, row in enumerate(correctable_facts(session, case), 1):
        for field, standing in _figures(row).items():
            yield _Fact(f"{field.value}-{number}", row.policy_no, row.product_class, field, standing)


def _figures(row: PolicyYear) -> dict[CorrectedField, Decimal]:
    return {
        CorrectedField.PREMIUM_RECEIVED: row.premium,
        CorrectedField.EARNED_PREMIUM: row.earned,
        CorrectedField.INCURRED_CLAIMS: row.incurred,
    }


def correction_fields(session: Session, case: Case, typed: Mapping[str, str]) -> tuple[CorrectionField, ...]:
    """A field for each figure that a reviewer may correct, with what was typed or what stands."""
    return tuple(
        CorrectionField(
            name=fact.name,
            field_id=fact.field_id,
            label=_label(fact),
            value=typed.get(fact.name, amount(fact.standing)),
            hint=fact.policy_no,
        )
        for fact in _facts(session, case)
    )


def _label(fact: _Fact) -> str:
    name = fact.product_class.value
    if fact.field is CorrectedField.EARNED_PREMIUM:
        return _("%(policy_class)s 类已赚保费（元）", policy_class=name)
    if fact.field is CorrectedField.INCURRED_CLAIMS:
        return _("%(policy_class)s 类已发生赔款（元）", policy_class=name)
    return _("%(policy_class)s 类实收保费（元）", policy_class=name)


def typed_corrections(form: Mapping[str, object]) -> dict[str, str]:
    """What was typed, by the name of the field."""
    prefixes = tuple(f"{field.value}:" for field in CorrectedField)
    return {name: value for name, value in form.items() if name.startswith(prefixes) and isinstance(value, str)}


def changed_facts(session: Session, case: Case, typed: Mapping[str, str]) -> tuple[Correction, ...]:
    """The corrections among what was typed. Raises INVALID_INPUT for what is no sum, and when nothing was changed."""
    found = typed_facts(session, case, typed)
    if not found:
        first = next((fact.field_id for fact in _facts(session, case)), "decide")
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": first, "reason": "unchanged"}])
    return found


def typed_facts(session: Session, case: Case, typed: Mapping[str, str]) -> tuple[Correction, ...]:
    """The corrections among what was typed, perhaps none. Raises INVALID_INPUT for what is no sum."""
    found: list[Correction] = []
    wrong: list[dict[str, str]] = []
    for fact in _facts(session, case):
        text = typed.get(fact.name)
        if text is None:
            continue
        try:
            value = _sum(text)
            if value != fact.standing:
                found.append(Correction(policy_no=fact.policy_no, year=case.year, field=fact.field, value=value))
        except (InvalidOperation, ValidationError):
            wrong.append({"field": fact.field_id, "reason": "decimal_parsing"})
    if wrong:
        raise DomainError(ErrorCode.INVALID_INPUT, n=len(wrong), errors=wrong)
    return tuple(found)


def _sum(text: str) -> Decimal:
    """Yuan as people type them: 1,234.50, ¥1234.5, full-width commas."""
    value = Decimal(text.strip().removeprefix("¥").replace(",", "").replace("，", ""))
    if not value.is_finite():
        raise InvalidOperation
    return value
