"""The facts of a quarter in one place: duties and requests, satisfaction, yuan."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal

from sqlmodel import Session

from models.rules.quarter import Facts, Quarter, Spent
from models.services.duties.branches import swept_with
from models.stores.quarter_facts import QuarterFactsStore
from models.stores.scope import EVERYTHING
from models.stores.spend import SpendStore
from models.stores.survey import SurveyStore

_CENT = Decimal("0.01")


def facts_of(session: Session, quarter: Quarter, branch: str) -> Facts:
    """What a summary of a branch, with everything below it, is made of as the records stand now."""
    store = QuarterFactsStore(session, quarter.first, quarter.last)
    vips = store.vips(swept_with(session, branch))
    numbers = [vip.customer_no for vip in vips]
    spent = _spent(session, quarter, numbers, store.spent(numbers))
    return Facts(vips, store.promises(numbers), spent, _satisfaction(session, quarter, numbers))


def _spent(session: Session, quarter: Quarter, numbers: Collection[str], noted: list[Spent]) -> list[Spent]:
    """支出 of the ledger; of a customer without an estimate, which the ledger leaves out, what touchpoints note."""
    committed: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (number, _code), yuan in SpendStore(session).committed(numbers, quarter.first, quarter.last).items():
        committed[number] += yuan
    booked = [Spent(number, quarter.last, yuan) for number, yuan in committed.items()]
    return booked + [item for item in noted if item.customer_no not in committed]


def _satisfaction(session: Session, quarter: Quarter, numbers: Collection[str]) -> Mapping[str, Decimal]:
    """Points of a hundred by customer: the mean of the valid sheets 附件六 answered in the quarter."""
    served = SurveyStore(session).by_customer(EVERYTHING, quarter.first, quarter.last)
    means = {number: served[number].mean for number in numbers if number in served}
    return {number: mean.quantize(_CENT) for number, mean in means.items() if mean is not None}
