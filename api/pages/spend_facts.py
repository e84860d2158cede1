"""What an approval above the limit is decided on: limit, what the year comes to, and up to which total it is asked."""

from collections.abc import Iterator

from api.pages.desk import Desk
from api.pages.format import money, percent
from api.pages.i18n import _
from api.pages.view.task import Fact
from models.rules.spend import share_of_premium
from models.services.spend.figures import of_plan
from models.stores.spend import SpendStore
from models.tables.cases import Case


def spend_facts(desk: Desk, case: Case) -> Iterator[Fact]:
    """The lines of the form in brief; nothing for a case about anything else."""
    store = SpendStore(desk.session)
    asked = store.request(case.id)
    plan = store.get(asked.plan_id) if asked is not None else None
    if asked is None or plan is None:
        return
    figures = of_plan(desk.session, plan).figures
    share = share_of_premium(asked.asked_total, plan.standard_premium)
    over = _("超限额 %(over)s", over=money(asked.over))
    yield Fact(label=_("报批投入总额（元）"), value=money(asked.asked_total), hint=over)
    hint = _("报批额为标准保费的 %(share)s", share=percent(share, 2)) if share is not None else ""
    yield Fact(label=_("限额"), value=money(plan.spend_limit), hint=hint)
    yield Fact(label=_("计划"), value=money(figures.planned + figures.extra))
    yield Fact(
        label=_("实际投入"), value=money(figures.committed), hint=_("预留 %(yuan)s", yuan=money(figures.reserved))
    )
