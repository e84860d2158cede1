"""Answers about what a customer was promised."""

from datetime import date

from api.schemas.base import Answer
from models.types import LimitUnit, Tier


class LimitAnswer(Answer):
    """时限; `same_day` has no value."""

    unit: LimitUnit
    value: int | None


class PromiseAnswer(Answer):
    """One entry of the catalogue: due = done + missed + open; `late` were done late, or are open and overdue."""

    code: str
    item: str
    name_zh: str
    name_en: str
    article: str
    source: str
    limits: list[LimitAnswer]
    times: int | None
    per: str | None
    due: int
    done: int
    late: int
    missed: int
    open: int
    next_due: date | None


class PromisesAnswer(Answer):
    """承诺与兑现 between two dates, both included: the term of a VIP, the calendar year of everybody else."""

    customer_no: str
    tier: Tier
    first: date
    last: date
    items: list[PromiseAnswer]
