"""服务投入 on a customer's page: the figures of the newest year."""

from sqlmodel import Session

from api.pages.format import money
from api.pages.i18n import _
from api.pages.spend_links import customer_href, state_tag
from api.pages.view.common import Link
from api.pages.view.spend_panel import SpendPanel
from api.pages.view.task import Fact
from api.security.caller import Caller
from api.security.policy import Action
from api.spend_reading import reader_of
from models.services.spend.figures import of_customer
from models.stores.spend import SpendStore


def spend_panel(session: Session, caller: Caller, customer_no: str) -> SpendPanel | None:
    """服务投入 of the customer's newest year; None for who sees no budget: it is the owning institution's alone."""
    if not caller.may(Action.READ_SPEND):
        return None
    year = next(iter(SpendStore(session).years(customer_no)), None)
    found = of_customer(session, customer_no, year, reader_of(caller)) if year is not None else None
    if found is None:
        return None
    account = found.account
    return SpendPanel(
        year=_("%(year)s 年度", year=found.plan.year),
        state=state_tag(found.figures.state),
        facts=(
            Fact(label=_("限额"), value=money(found.plan.spend_limit)),
            Fact(label=_("计划"), value=money(account.planned + account.extra)),
            Fact(label=_("预留"), value=money(account.reserved)),
            Fact(label=_("支出"), value=money(account.committed)),
            Fact(label=_("剩余"), value=money(account.left)),
        ),
        link=Link(text=_("查看明细"), href=customer_href(found.plan.year, customer_no)),
    )
