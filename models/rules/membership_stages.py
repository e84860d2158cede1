"""会员周期: the stage of a membership on a day, and which of two of one term counts (glossary 6, regulation 2.4)."""

from datetime import date

from models.types import MembershipStage, Tier

HEIGHT = {Tier.REGULAR: 0, Tier.SILVER: 1, Tier.GOLD: 2}
OVER = frozenset({MembershipStage.EXPIRED, MembershipStage.CANCELLED})


def stage_on(stage: MembershipStage, valid_from: date, valid_to: date, today: date) -> MembershipStage:
    """Where a membership stands on a day; both dates of its term are included.

    待生效 until its first day, 服务中 until the year in which it ends begins, then 再评定 until its last day, then
    已到期. A downgrade buffer 降级缓冲期 ends by itself and only gives way to the end of the term.
    """
    if stage in OVER:
        return stage
    if today > valid_to:
        return MembershipStage.EXPIRED
    if stage is MembershipStage.DOWNGRADE_BUFFER:
        return stage
    if today < valid_from:
        return MembershipStage.PENDING
    return (
        MembershipStage.RE_EVALUATION if today >= re_evaluated_from(valid_from, valid_to) else MembershipStage.SERVING
    )


def re_evaluated_from(valid_from: date, valid_to: date) -> date:
    """First day of the yearly re-evaluation: 1 January of the year in which the term ends."""
    return max(date(valid_to.year, 1, 1), valid_from)


def replaces(newer: Tier, older: Tier) -> bool:
    """Whether a grant in the same term takes the place of an older one: an upgrade does, and its like."""
    return HEIGHT[newer] >= HEIGHT[older]
