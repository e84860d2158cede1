"""The assessment reckoned a second time, straight from regulation 2.8: with numbers of its own.

Whole numbers only: every ratio is a pair of integers, brought to the common denominator by hand.
"""

from dataclasses import dataclass, field
from decimal import Decimal

WEIGHTS = {
    "retention_rate": 25,
    "satisfaction_score": 25,
    "completion_rate": 20,
    "on_time_rate": 15,
    "complaint_on_time_rate": 10,
    "record_quality": 5,
}
TARGETS = {"satisfaction_score": 90, "completion_rate": 98, "on_time_rate": 95, "complaint_on_time_rate": 100}
TARGETS |= {"record_quality": 100}
Ratio = tuple[int, int]


@dataclass
class Branch:
    """Counts as (good, of); `scores` are those of the valid sheets, whole points."""

    gold: Ratio = (0, 0)
    silver: Ratio = (0, 0)
    scores: list[int] = field(default_factory=list)
    sent: int = 0
    returned: int = 0
    done: Ratio = (0, 0)
    timely: Ratio = (0, 0)
    complaints: Ratio = (0, 0)
    quarters: Ratio = (0, 0)
    justified: int = 0
    falsified: bool = False
    gold_lost: bool = False


def total_of(branch: Branch) -> tuple[Decimal | None, str | None]:
    """Total to two decimals, and the grade."""
    shares = _shares(branch)
    if not shares:
        return None, None
    weights = {code: WEIGHTS[code] for code in shares}
    if "complaint_on_time_rate" not in shares:
        weights["complaint_on_time_rate"] = 10
        shares["complaint_on_time_rate"] = (1, 1)
    top, bottom = 0, 1
    for code, (good, of) in shares.items():
        if code == "completion_rate" and branch.falsified:
            continue
        top, bottom = top * of + weights[code] * min(good, of) * bottom, bottom * of
    top *= 100
    bottom *= sum(weights.values())
    top -= min(10, 2 * branch.justified) * bottom
    hundredths = max(0, (top * 200 + bottom) // (2 * bottom))
    return Decimal(hundredths) / 100, _grade(hundredths, branch)


def _shares(branch: Branch) -> dict[str, Ratio]:
    """Actual over target of every indicator that has a case."""
    shares: dict[str, Ratio] = {}
    members = branch.gold[1] + branch.silver[1]
    if members:
        shares["retention_rate"] = (
            100 * (branch.gold[0] + branch.silver[0]),
            95 * branch.gold[1] + 90 * branch.silver[1],
        )
    if branch.sent:
        shares["satisfaction_score"] = _satisfaction(branch)
    plain = {
        "completion_rate": branch.done,
        "on_time_rate": branch.timely,
        "complaint_on_time_rate": branch.complaints,
        "record_quality": branch.quarters,
    }
    for code, (good, of) in plain.items():
        if of:
            shares[code] = (100 * good, TARGETS[code] * of)
    return shares


def _satisfaction(branch: Branch) -> Ratio:
    """Mean of the valid ones against 90; under 80 % returned, times returned / (0.8 x sent)."""
    if not branch.scores:
        return 0, 1
    top, bottom = sum(branch.scores), 90 * len(branch.scores)
    if 10 * branch.returned < 8 * branch.sent:
        top, bottom = top * 10 * branch.returned, bottom * 8 * branch.sent
    return top, bottom


def _grade(hundredths: int, branch: Branch) -> str:
    names = ["fail", "pass", "good", "excellent"]
    rank = sum(hundredths >= bound for bound in (7000, 8500, 9500))
    rank = min(rank, 2) if branch.gold_lost else rank
    return names[min(rank, 1) if branch.falsified else rank]
