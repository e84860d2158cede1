"""A launch 启动计划 (附件八) as a pure state machine: its plan, what opens when, what is late, and who may do what.

Every function takes the state and gives the next state or an answer, or raises DomainError; no clock, no I/O. A rule
never makes ids: the record opens a task for each of `parts_to_open`, and `with_tasks` puts them into the state.
"""

from models.rules.rollout.acting import apply, check, cut_off, refuse_closed, with_tasks
from models.rules.rollout.adopting import redated, with_deadlines_of
from models.rules.rollout.order import CycleError, critical, dependents, in_order
from models.rules.rollout.parts import item_of, owned, parts_of, parts_to_open
from models.rules.rollout.plan import OWNERS, drafted, from_template, moved_item, planned, refuse_far_start
from models.rules.rollout.standing import ItemPlace, ItemStanding, Progress, progress, standing

__all__ = [
    "OWNERS",
    "CycleError",
    "ItemPlace",
    "ItemStanding",
    "Progress",
    "apply",
    "check",
    "critical",
    "cut_off",
    "dependents",
    "drafted",
    "from_template",
    "in_order",
    "item_of",
    "moved_item",
    "owned",
    "parts_of",
    "parts_to_open",
    "planned",
    "progress",
    "redated",
    "refuse_closed",
    "refuse_far_start",
    "standing",
    "with_deadlines_of",
    "with_tasks",
]
