"""The facts of a quarter in one place: duties and requests, satisfaction, yuan."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from sqlmodel import Session

from models.rules.quarter import Facts, Quarter
from models.services.duties.branches import swept_with
from models.stores.quarter_facts import QuarterFactsStore


def facts_of(session: Session, quarter: Quarter, branch: str) -> Facts:
    """What a summary of a branch, with everything below it, is made of as the records stand now."""
    store = QuarterFactsStore(session, quarter.first, quarter.last)
    vips = store.vips(swept_with(session, branch))
    numbers = [vip.customer_no for vip in vips]
    return Facts(vips, store.promises(numbers), store.spent(numbers), _satisfaction(session, quarter, numbers))


def _satisfaction(_: Session, __: Quarter, ___: Collection[str]) -> Mapping[str, Decimal]:
    """Points of a hundred by customer, of campaigns that ended in the quarter; none before there are campaigns."""
    return {}
