"""批量同意: what the rulebook leaves to be decided one by one, and how many at once."""

from decimal import Decimal
from typing import Any

import pytest

from api.act_base import OnTask
from api.bulk import refuse_single
from models.errors import DomainError, ErrorCode
from models.rulebook import load_builtin
from models.tables.cases import Case, Task
from models.types import Stage, Tier
from tests.support.approval_cast import opened

RULES = load_builtin().desk.bulk


def found(tier: Tier, value: int, step: str = Stage.UNIT_CHECK.value) -> OnTask:
    """A task of a case of this tier and value (yuan) on its first step."""
    state = opened(tier=tier).state.model_copy(update={"stage": Stage.UNIT_CHECK})
    judged: dict[str, Any] = {"tier": tier, "value": Decimal(value)}
    waiting: dict[str, Any] = {"step": step}
    return OnTask(task=Task(**waiting), case=Case(**judged), state=state)


@pytest.mark.parametrize(
    ("case", "alone"),
    [
        (found(Tier.SILVER, 1_000_000), False),
        (found(Tier.SILVER, 1_000_001), True),
        (found(Tier.GOLD, 200_000), True),
        (found(Tier.SILVER, 200_000, step="nobody_to_act"), True),
    ],
    ids=["at the limit", "above the limit", "gold", "no signature"],
)
def test_gold_and_large_cases_are_decided_one_by_one(case: OnTask, *, alone: bool) -> None:
    if not alone:
        refuse_single(RULES, case)
        return
    with pytest.raises(DomainError) as refused:
        refuse_single(RULES, case)
    assert refused.value.code is ErrorCode.BULK_NOT_ALLOWED


def test_fifty_at_once_and_gold_apart_are_data_of_the_rulebook() -> None:
    assert RULES.at_most == 50
    assert RULES.off_for_tiers == (Tier.GOLD,)
