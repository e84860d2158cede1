"""Addresses and tags of service spend, as its pages and the customer's page share them."""

from urllib.parse import quote

from api.pages.i18n import _
from api.pages.view.common import Link, Tag, TagTone
from api.pages.words import word
from api.security.caller import Caller
from api.security.policy import Action
from models.service_types import SpendState
from models.services.spend.figures import CustomerSpend

SPEND = "/reports/spend"
TONES = {
    SpendState.WITHIN: TagTone.OK,
    SpendState.OVER_LIMIT: TagTone.BAD,
    SpendState.ASKED: TagTone.BLUE,
    SpendState.APPROVED: TagTone.VIOLET,
}


def customer_href(plan_year: int, customer_no: str) -> str:
    """The page of a customer's year."""
    return f"{SPEND}/{plan_year}/{quote(customer_no, safe='')}"


def state_tag(state: SpendState) -> Tag:
    """限额内, 超限额, 超限审批中, 超限已批准."""
    return Tag(text=word(state), tone=TONES[state], icon="alert" if state is SpendState.OVER_LIMIT else "")


def ask_link(row: CustomerSpend, caller: Caller, *, ahead: bool = False) -> Link | None:
    """报超限审批, where the caller may ask: of a year above its limit; `ahead`: of one that more is added to."""
    state = row.figures.state
    due = state is not SpendState.ASKED if ahead else state is SpendState.OVER_LIMIT
    if not due or not caller.may(Action.ASK_OVER_LIMIT):
        return None
    here = customer_href(row.plan.year, row.plan.customer_no)
    return Link(text=_("报超限审批"), href=f"{here}/over-limit", icon="file")
