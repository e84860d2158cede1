"""A service case 服务 as a pure state machine: green channel, complaints and inquiries, care touchpoints.

Every function takes the state and an act and returns the next state or raises DomainError; no clock, no I/O. A rule
never makes ids: after `opened` and after every `apply` the record opens the task that the stage asks for, if none is
open, by `with_open_task`. At most one task is open at a time; it is due, paused and counted as the clock it serves.
"""

from models.rules.service.clocks import clock_of, find, reckoned
from models.rules.service.dispatch import apply, check
from models.rules.service.facts import OpeningFacts, Promised
from models.rules.service.history import already_acted
from models.rules.service.opening import opened
from models.rules.service.people import is_holder, is_lead, is_serious, lead_post, people_of, queue
from models.rules.service.redating import redated, with_deadlines_of
from models.rules.service.tasks import clock_of_task, step_of, with_open_task
from models.rules.service.timely import may_reopen, would_be_late

__all__ = [
    "OpeningFacts",
    "Promised",
    "already_acted",
    "apply",
    "check",
    "clock_of",
    "clock_of_task",
    "find",
    "is_holder",
    "is_lead",
    "is_serious",
    "lead_post",
    "may_reopen",
    "opened",
    "people_of",
    "queue",
    "reckoned",
    "redated",
    "step_of",
    "with_deadlines_of",
    "with_open_task",
    "would_be_late",
]
