"""What a customer is promised 时限: the clocks of a service case by service and tier, never longer than article 17.

Whoever has no VIP status gets the standard of article 17, and for what that is silent on the rulebook's `keeping`.
"""

import calendar as months
from datetime import date

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.service import TimeLimit
from models.rulebook import Rulebook
from models.rulebook.checks.limits import minutes_per_day, not_slower
from models.rulebook.schema.services import Limit, Promise, RegularService, ServiceItem
from models.rules.service.facts import Promised
from models.service_types import ComplaintSheet, GreenService
from models.stores.memberships import running_memberships
from models.types import Tier

RENEWAL_STANDARD = "renewal_reminder"
INQUIRY_CODE, COMPLAINT_CODE = "Z17", "Z18"
NOT_OFFERED, NOT_OFFERED_EN = "现行办法没有这项服务", "the rulebook in force has no such service"
_CLOCKS = {ComplaintSheet.INQUIRY: ("reply",), ComplaintSheet.COMPLAINT: ("reply", "close")}


def tier_of(session: Session, customer_no: str, day: date) -> Tier:
    """层级 of a customer on a day (Asia/Shanghai): of its running membership, in the buffer still the old one."""
    running = [row.tier for row in running_memberships(session, day, customer_no) if row.valid_from <= day]
    return Tier.GOLD if Tier.GOLD in running else next(iter(running), Tier.REGULAR)


def promised(rulebook: Rulebook, service: GreenService, tier: Tier, expires_on: date | None = None) -> Promised:
    """The clock of one green-channel service. `expires_on` is that of the policy to renew.

    Raises NOT_ELIGIBLE for a service that the tier is not promised (上门, 超值服务), INVALID_INPUT for a renewal
    without its policy.
    """
    found = _item(rulebook, service, tier)
    standard = _standard(rulebook, service, found[1] if found else None)
    if found is None and standard is None:
        raise _not_promised(rulebook, service)
    regular = standard.limit if standard else None
    limit = stricter(rulebook, found[1].limit if found else None, regular)
    if service is GreenService.RENEWAL:
        return _renewal(found[0] if found else standard, limit, regular, expires_on)
    return Promised(
        name="complete",
        code=_code(found, standard),
        article=_article(found, standard),
        limit=_travelling(limit),
        regular=_travelling(regular),
    )


def promised_answers(rulebook: Rulebook, sheet: ComplaintSheet, tier: Tier) -> tuple[Promised, ...]:
    """首次答复 and 结案 of an inquiry or a complaint (Z17, Z18)."""
    return tuple(_answer(rulebook, sheet, act, tier) for act in _CLOCKS[sheet])


def stricter(rulebook: Rulebook, promise: Limit | None, regular: Limit | None) -> Limit | None:
    """The promise, unless the regular limit is the shorter one."""
    if promise is None or regular is None:
        return promise or regular
    return regular if not_slower(promise, regular, minutes_per_day(rulebook)) is False else promise


def months_before(day: date, count: int) -> date:
    """The same day so many months earlier, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def item_of(rulebook: Rulebook, service: GreenService) -> ServiceItem | None:
    """The catalogue item that promises a service to whichever tier; None for what only article 17 knows, or nobody."""
    offered = (item for item in rulebook.services.items if any(row.service == service.value for row in item.promises))
    return next(offered, None)


def _not_promised(rulebook: Rulebook, service: GreenService) -> DomainError:
    """The refusal that says whose service it is, in the words of the catalogue."""
    item = item_of(rulebook, service)
    if item is None:
        return DomainError(ErrorCode.NOT_ELIGIBLE, reason=NOT_OFFERED, reason_en=NOT_OFFERED_EN)
    kind = next(row for row in rulebook.services.classes if row.service_class is item.service_class)
    promised_to = {row.tier for row in item.promises}
    tiers = [row for row in rulebook.tiers.levels if row.tier in promised_to]
    return DomainError(
        ErrorCode.NOT_ELIGIBLE,
        reason=f"“{item.name_zh}”为{'、'.join(row.name_zh for row in tiers)}的{kind.name_zh}",
        reason_en=f"{item.name_en} is a {kind.name_en} for {' and '.join(row.name_en for row in tiers)} customers",
    )


def _item(rulebook: Rulebook, service: GreenService, tier: Tier) -> tuple[ServiceItem, Promise] | None:
    for item in rulebook.services.items:
        promise = item.promise(tier, service=service.value)
        if promise is not None:
            return item, promise
    return None


def _standard(rulebook: Rulebook, service: GreenService, promise: Promise | None) -> RegularService | None:
    """The standard of article 17 beside a promise; for a customer without one it is the promise."""
    if promise is not None and promise.regular is None:
        return None
    identifier = promise.regular if promise and promise.regular else service.value
    identifier = RENEWAL_STANDARD if service is GreenService.RENEWAL else identifier
    return next((entry for entry in rulebook.services.regular if entry.identifier == identifier), None)


def _renewal(
    entry: ServiceItem | RegularService | None, limit: Limit | None, regular: Limit | None, expires_on: date | None
) -> Promised:
    if expires_on is None or entry is None or limit is None or limit.value is None:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "policy_no", "reason": "required"}])
    return Promised(
        name="complete",
        code=entry.code,
        article=entry.article,
        limit=_travelling(limit),
        regular=_travelling(regular),
        due_on=months_before(expires_on, limit.value),
    )


def _answer(rulebook: Rulebook, sheet: ComplaintSheet, act: str, tier: Tier) -> Promised:
    item = rulebook.services.item(INQUIRY_CODE if sheet is ComplaintSheet.INQUIRY else COMPLAINT_CODE)
    promise = item.promise(tier, act=act)
    regular = next(
        entry for entry in rulebook.keeping.complaint.regular if (entry.sheet, entry.act) == (sheet.value, act)
    )
    limit = stricter(rulebook, promise.limit if promise else None, regular.limit)
    return Promised(
        name="reply" if act == "reply" else "close",
        code=item.code,
        article=promise.article if promise else regular.article,
        limit=_travelling(limit),
        regular=_travelling(regular.limit),
    )


def _code(found: tuple[ServiceItem, Promise] | None, standard: RegularService | None) -> str:
    return found[0].code if found else standard.code if standard else ""


def _article(found: tuple[ServiceItem, Promise] | None, standard: RegularService | None) -> str:
    return found[1].article if found else standard.article if standard else ""


def _travelling(limit: Limit | None) -> TimeLimit | None:
    return TimeLimit(unit=limit.unit, value=limit.value) if limit else None
