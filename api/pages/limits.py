"""时限 in words: 3 个工作日, 4 个工作小时, 当天, 24 小时."""

from api.pages.i18n import _
from models.types import LimitUnit


def limit_text(unit: LimitUnit | str, value: int | None) -> str:
    """The length of a limit as people say it; a day is a working day unless hours are natural ones."""
    number = value or 0
    match LimitUnit(unit):
        case LimitUnit.WORKING_DAYS:
            return _("%(n)s 个工作日", n=number)
        case LimitUnit.WORKING_HOURS:
            return _("%(n)s 个工作小时", n=number)
        case LimitUnit.ELAPSED_HOURS:
            return _("%(n)s 小时", n=number)
        case LimitUnit.SAME_DAY:
            return _("当天")
        case LimitUnit.MONTHS_BEFORE:
            return _("提前 %(n)s 个月", n=number)
