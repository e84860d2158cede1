"""附件七 VIP客户年度服务投入测算表: what stands in its fields and lines."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from api.forms.facts import Reading, Record
from api.forms.sheet import Filling
from api.pages.format import amount, money, percent, yuan
from api.pages.i18n import _, language
from api.pages.words import word
from models.errors import DomainError, ErrorCode
from models.rules.spend import share_of_premium
from models.services.spend.figures import ItemizedSpend, of_plan
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.stores.spend import SpendStore
from models.types import InstitutionLevel

LINES = "lines"


def spend_estimate(reading: Reading, plan_id: UUID) -> Record:
    """附件七 of one customer and year. Raises NOT_FOUND."""
    store = SpendStore(reading.session)
    plan = store.get(plan_id)
    if plan is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    found, membership = of_plan(reading.session, plan), store.membership(plan)
    place = InstitutionStore(reading.session).get(plan.institution_code, EVERYTHING)
    number = membership.certificate_no if membership else plan.customer_no
    values = {
        "year": str(plan.year),
        "institution": place.name if place else plan.institution_code,
        "vip_no": f"{number} {found.name}",
        "tier": word(plan.tier),
        "value": yuan(plan.value),
        "standard_premium": money(plan.standard_premium),
        **_sums(found),
        "approved_by": plan.approved_by or "",
    }
    lines = Filling(title=_("测算明细"), lines=tuple(_lines(found, reading)))
    return Record("附件七", "estimate", f"{plan.year}-{plan.customer_no}", values, {LINES: lines})


def payer_word(payer: InstitutionLevel) -> str:
    """承担方: 总公司 or 分公司."""
    return _("总公司") if payer is InstitutionLevel.HQ else _("分公司")


def _sums(found: ItemizedSpend) -> dict[str, str]:
    plan = found.plan
    share = share_of_premium(plan.total, plan.standard_premium)
    return {
        "total": money(plan.total),
        "share": percent(share, 2) if share is not None else "",
        "limit": money(plan.spend_limit),
        "actual": money(found.figures.committed),
        "deviation": money(found.figures.deviation),
    }


def _lines(found: ItemizedSpend, reading: Reading) -> Iterator[Mapping[str, str]]:
    names = {cost.service: cost for cost in reading.rulebook.spend.unit_costs}
    for item in found.items:
        line, cost = item.line, names.get(item.code)
        if line is None or cost is None:
            continue
        yield {
            "service_code": line.code,
            "item": cost.name_en if language() == "en" else cost.name_zh,
            "persons": str(line.persons),
            "frequency": str(line.frequency),
            "unit_cost": amount(line.unit_cost),
            "subtotal": amount(line.subtotal),
            "payer": payer_word(line.payer),
        }
