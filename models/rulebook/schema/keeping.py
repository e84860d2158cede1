"""Keeping the promises 服务执行: posts and allowances of green channel and complaints, when care falls due, duties."""

import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from models.rulebook.schema.common import Count, Entry, Positive, Section, Text
from models.rulebook.schema.retention import DEFAULT_RETENTION, Retention
from models.rulebook.schema.services import Limit
from models.service_types import GreenService, MissedPolicy, ProofKind, WorkdayMove
from models.types import Role


class ServicePost(Entry):
    """Which post works off the queue of one green-channel service, and who leads it.

    Several entries of one service are an order of authority: the first that may pay the amount serves the request.
    """

    service: GreenService
    role: Role
    lead_role: Role | None = None
    """None: whoever leads the green channel."""
    up_to: Positive | None = None
    """Largest amount in yuan the post may pay on its own authority; None: any."""

    def may_pay(self, amount: Decimal | None) -> bool:
        """Whether an amount in yuan, if any is asked for, lies within the authority of the post."""
        return self.up_to is None or amount is None or amount <= self.up_to


class GreenChannelDesk(Section):
    """绿色通道: who works, who leads, how long a confirmation may take; a pause is too long after so many days."""

    role: Role
    lead_role: Role
    posts: tuple[ServicePost, ...] = ()
    confirm_working_days: Count
    confirm_link_days: Count
    """Natural days for which the customer's link holds."""
    paused_too_long_working_days: Count

    def posts_of(self, service: GreenService, amount: Decimal | None = None) -> tuple[Role, Role]:
        """The post whose queue a service waits in, and the post that leads it; by the amount in yuan to be paid."""
        entries = (entry for entry in self.posts if entry.service is service and entry.may_pay(amount))
        entry = next(entries, None)
        return (entry.role, entry.lead_role or self.lead_role) if entry else (self.role, self.lead_role)


class RegularReply(Entry):
    """What a customer without VIP status may expect where the catalogue promises it nothing."""

    sheet: Literal["inquiry", "complaint"]
    act: Literal["reply", "close"]
    limit: Limit


class ComplaintDesk(Section):
    """咨询投诉: who works, who gets the serious ones, how long the customer's view and a reopening may take."""

    role: Role
    lead_role: Role
    view_working_days: Count
    reopen_working_days: Count
    regular: tuple[RegularReply, ...]


class PlannedItem(Entry):
    """How the frequency of a catalogue item becomes days.

    `at_percent`: where in its part of the period the day falls (a yearly item twice a year has two parts).
    `lead_working_days`: so long before the day it is taken up. `grace_days`: natural days after which a missed one is
    treated by `missed`. `greeting`: needs consent, keeps quiet hours, is hushed by an open complaint.
    `merge`: may be done with another one of the same customer and day.
    """

    code: Text
    at_percent: Annotated[int, Field(ge=0, le=100)] = 50
    move: WorkdayMove = WorkdayMove.NEXT
    lead_working_days: Annotated[int, Field(ge=0)] = 5
    human: bool = True
    greeting: bool = False
    merge: bool = False
    missed: MissedPolicy = MissedPolicy.ASK
    grace_days: Annotated[int, Field(ge=0)] = 0
    proof: tuple[ProofKind, ...] = (ProofKind.TEXT,)


class Duty(Entry):
    """A duty of article 17 to every customer, or its VIP counterpart: what starts it, and how far ahead or after.

    `months_before` counts back from `event`; `within_working_days` counts on from it. `last_days`: nothing is started
    that lies more natural days back than this.
    """

    code: Text
    item: Text
    event: Literal["policy_expiry", "policy_lapse", "year"]
    tiers: Literal["all", "regular", "vip"] = "all"
    months_before: Count | None = None
    within_working_days: Count | None = None
    role: Role
    lead_working_days: Annotated[int, Field(ge=0)] = 5
    last_days: Count
    missed: MissedPolicy = MissedPolicy.SEND_LATE
    proof: tuple[ProofKind, ...] = (ProofKind.TEXT,)


class Sweep(Section):
    """巡检: the hour (Asia/Shanghai) of the daily run and the rates it keeps, per second."""

    hour: Annotated[int, Field(ge=0, le=23)]
    start_per_second: Count
    signal_per_second: Count
    chunk: Count


class Watch(Section):
    """运行监控: how often records and engine are compared (对账), and from when on a case is stuck.

    Closed cases are compared for so many natural days, and what was found is kept for so many. An activity is failing
    after so many tries, a pause is too long after so many working days; breaches are forecast so many of them ahead.
    A forecast takes the usual handling time of a step from what was done in so many working days, if it was done so
    often at least, and so many office minutes otherwise.
    """

    reconcile_every_minutes: Count = 15
    reconcile_closed_days: Count = 7
    reconcile_keep_days: Count = 30
    reconcile_repairs: bool = False
    """Whether the run by the clock mends what it finds, or leaves that to a person."""
    failing_tries: Count = 3
    paused_too_long_working_days: Count = 10
    forecast_working_days: Count = 5
    forecast_measured_working_days: Count = 30
    forecast_fewest_done: Count = 5
    forecast_handling_minutes: Count = 60


DEFAULT_WATCH = Watch.model_validate({"article": "第17条", "source": "default"})
"""What a rulebook stored before operations had a section of its own is read with."""


class Keeping(Section):
    """How the promises of the catalogue are kept."""

    green_channel: GreenChannelDesk
    complaint: ComplaintDesk
    plan: Annotated[tuple[PlannedItem, ...], Field(min_length=1)]
    duties: tuple[Duty, ...]
    sweep: Sweep
    watch: Watch = DEFAULT_WATCH
    retention: Retention = DEFAULT_RETENTION

    def planned(self, code: str) -> PlannedItem | None:
        """How an item is planned; None for what no calendar drives (the green channel, complaints)."""
        return next((entry for entry in self.plan if entry.code == code), None)


@cache
def shipped_keeping() -> Keeping:
    """The section as shipped: what a rulebook stored before there was one is read with."""
    text = (files("models.rulebook") / "cn_pingan_2003" / "keeping.toml").read_text("utf-8")
    return Keeping.model_validate(tomllib.loads(text))
