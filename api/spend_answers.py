"""Service spend as JSON answers."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from api.pages.format import mask_name
from api.schemas.spend import (
    AccountAnswer,
    BenefitAnswer,
    CustomerSpendAnswer,
    InstitutionSpendAnswer,
    ItemSpendAnswer,
    SpendDetailAnswer,
    SpendEntryAnswer,
    SpendLineAnswer,
    SpendReportAnswer,
)
from models.rulebook import Rulebook
from models.rules.scoring import round_half_up
from models.rules.spend import share_of_premium
from models.services.spend.benefits import Benefit
from models.services.spend.figures import Account, CustomerSpend, ItemizedSpend, ItemSpend, Report
from models.stores.spend import Moved

MILLIONTH = Decimal("0.000001")


def account(found: Account) -> dict[str, Any]:
    """The five amounts."""
    return {name: getattr(found, name) for name in AccountAnswer.model_fields}


def item_names(rulebook: Rulebook) -> dict[str, tuple[str, str]]:
    """Chinese and English name of every item, by code."""
    services = rulebook.services
    regular = {entry.code: (entry.name_zh, entry.name_en) for entry in services.regular}
    return regular | {entry.code: (entry.name_zh, entry.name_en) for entry in services.items}


def report_answer(
    found: Report, page: Iterable[CustomerSpend], cursor: str | None, *, places: dict[str, str], rulebook: Rulebook
) -> SpendReportAnswer:
    """A year: everything added up, and one page of customers."""
    names = item_names(rulebook)
    return SpendReportAnswer(
        year=found.year,
        total=AccountAnswer(**account(found.total)),
        over_limit=found.over,
        by_institution=[
            InstitutionSpendAnswer(institution_code=code, name=places.get(code, code), **account(sums))
            for code, sums in found.by_institution.items()
        ],
        by_item=[ItemSpendAnswer(**_named(code, names), **account(sums)) for code, sums in found.by_item.items()],
        items=[CustomerSpendAnswer(**customer(row)) for row in page],
        next_cursor=cursor,
    )


def customer(row: CustomerSpend) -> dict[str, Any]:
    """One customer's year against its limit."""
    plan, figures = row.plan, row.figures
    share = share_of_premium(plan.total, plan.standard_premium)
    return {
        **account(row.account),
        **{
            name: getattr(plan, name)
            for name in ("customer_no", "institution_code", "tier", "value", "standard_premium", "persons")
        },
        "name": row.name,
        "share": round_half_up(share, MILLIONTH) if share is not None else None,
        "limit": plan.spend_limit,
        "approved_total": plan.approved_total,
        "over": figures.over,
        "deviation": figures.deviation,
        "state": figures.state,
    }


def detail_answer(row: ItemizedSpend, entries: Iterable[Moved], rulebook: Rulebook) -> SpendDetailAnswer:
    """One customer's year, line by line, with the ledger."""
    plan, names = row.plan, item_names(rulebook)
    return SpendDetailAnswer(
        **customer(row),
        **{name: getattr(plan, name) for name in ("year", "first_on", "last_on", "approved_by", "approved_at")},
        case_id=plan.case_id,
        lines=[_line(item, names) for item in row.items],
        entries=[_entry(moved) for moved in entries],
    )


def benefit_answer(found: Benefit) -> BenefitAnswer:
    """What one person was given; the name is masked."""
    return BenefitAnswer(**found.as_dict() | {"contact": mask_name(found.contact) if found.contact else ""})


def _line(item: ItemSpend, names: dict[str, tuple[str, str]]) -> SpendLineAnswer:
    line = item.line
    fields = {name: getattr(line, name, None) for name in ("persons", "frequency", "unit_cost", "payer")}
    return SpendLineAnswer(**_named(item.code, names), **account(item.account), **fields)


def _entry(moved: Moved) -> SpendEntryAnswer:
    entry = moved.entry
    fields = {name: getattr(entry, name) for name in ("touchpoint_id", "code", "kind", "yuan", "day", "at", "extra")}
    return SpendEntryAnswer(stage=moved.touchpoint.stage, **fields)


def _named(code: str, names: dict[str, tuple[str, str]]) -> dict[str, str]:
    name_zh, name_en = names.get(code, (code, code))
    return {"code": code, "name_zh": name_zh, "name_en": name_en}
