"""The approval chain against a small model of its own: any act, by anybody, at any moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.errors import DomainError, ErrorCode
from models.messages.approval import (
    NOBODY_TO_ACT,
    ApprovalState,
    Correct,
    Decide,
    OpenTask,
    PostRef,
    Resubmit,
    Withdraw,
)
from models.messages.calendar import Deadline
from models.messages.scoring import CorrectedField, Correction
from models.rulebook import Procedure, load_builtin
from models.rules import approval
from models.rules.routing import route
from models.types import Door, InstitutionLevel, Outcome, Role, SeatKind, Stage, Tier, Verdict

START = datetime(2026, 1, 12, 2, tzinfo=UTC)
ALL_LEVELS = {InstitutionLevel.SUB_BRANCH: "BJ01", InstitutionLevel.BRANCH: "BJ", InstitutionLevel.HQ: "HQ"}
WHERE = {
    Role.UNIT_LEAD: "BJ01",
    Role.BR_SVC: "BJ",
    Role.BR_LEAD: "BJ",
    Role.HQ_VIP: "HQ",
    Role.HQ_LEAD: "HQ",
    Role.OPS: "HQ",
}
ORDER = ["unit_check", "branch_review", "branch_approval", "hq_review", "hq_approval"]
OWNER = dict(zip(ORDER, WHERE, strict=False))
EVERYTHING = tuple(WHERE)
PEOPLE: dict[str, tuple[Role, ...]] = {
    "declarant": EVERYTHING,  # holds every post and still may decide nothing
    "everything": EVERYTHING,
    "everything2": EVERYTHING,
    "outsider": (),
    "unit": (Role.UNIT_LEAD,),
    "branch": (Role.BR_SVC, Role.BR_LEAD),
    "head": (Role.HQ_VIP, Role.HQ_LEAD),
    "ops": (Role.OPS,),
}
IDS = {name: uuid4() for name in PEOPLE}
FACT = Correction(policy_no="P1", year=2025, field=CorrectedField.PREMIUM_RECEIVED, value=Decimal(1))


@cache
def procedure() -> Procedure:
    """The built-in procedure."""
    return load_builtin().procedure


@dataclass
class Model:
    """What a clerk with a pencil would keep: nothing here is taken from the code under test."""

    path: list[str]
    tier: str
    at: str = ""
    round: int = 1
    acts: int = 1
    took_last: str = "declarant"
    gate_open: bool = False
    task_version: int = 1
    decided_by: dict[UUID, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.move(self.path[0])

    @property
    def closed(self) -> bool:
        """Whether the case has an outcome."""
        return self.at in {"active", "rejected", "withdrawn"}

    def move(self, to: str) -> None:
        """The case arrives at a stage."""
        self.at, self.task_version = to, 1
        self.gate_open |= to == "branch_approval"

    def person_refused(self, who: str) -> str | None:
        """Why this person may not touch the open step."""
        if self.at == "returned":
            return "own_case" if who == "declarant" else "not_your_task"
        if OWNER[self.at] not in PEOPLE[who]:
            return "not_your_task"
        if who == "declarant":
            return "own_case"
        return "consecutive_step" if who == self.took_last else None

    def verdict_refused(self, verdict: str, target: str, as_silver: bool) -> str | None:
        """Why the open step does not allow this verdict."""
        if verdict == "approve":
            falls = self.tier == "gold" and self.at == self.path[-1]
            return "wrong_stage" if as_silver and self.tier != "silver" and not falls else None
        if verdict == "reject":
            return "wrong_stage" if self.at == "unit_check" else None
        earlier = ["declared", *self.path[: self.path.index(self.at)]]
        if target not in earlier:
            return "wrong_stage"
        return "too_many_rounds" if self.round == 5 else None

    def decided(self, who: str, verdict: str, target: str) -> None:
        """A decision was taken."""
        self.acts, self.took_last = self.acts + 1, who
        if verdict == "approve":
            rest = self.path[self.path.index(self.at) + 1 :]
            self.move(rest[0] if rest else "active")
        elif verdict == "reject":
            self.move("rejected")
        else:
            self.round += 1
            self.move("returned" if target == "declared" else target)


class Chain(RuleBasedStateMachine):
    """Drives the rules as the workflow does, and the model beside them."""

    @initialize(
        tier=st.sampled_from([Tier.GOLD, Tier.SILVER]),
        special=st.booleans(),
        lacks=st.sampled_from([(), ("sub_branch",), ("sub_branch", "branch"), ("branch",)]),
    )
    def declare(self, tier: Tier, special: bool, lacks: tuple[str, ...]) -> None:
        levels = {level: code for level, code in ALL_LEVELS.items() if level.value not in lacks}
        seat = SeatKind.SPECIAL if special else SeatKind.RANKED if tier is Tier.GOLD else SeatKind.SILVER
        steps = route(procedure(), levels, year=2025, tier=tier, seat_kind=seat)
        ends_at_branch = tier is Tier.SILVER and not special and "branch" not in lacks
        missing = {"sub_branch": ORDER[:1], "branch": ORDER[1:3]}
        whole = ORDER[:3] if ends_at_branch else ORDER
        path = [name for name in whole if not any(name in missing[level] for level in lacks)]
        self.model = Model(path, tier.value)
        first = next(step.stage for step in steps if step.institution_code)
        self.clock = START
        self.state = self._opened(
            ApprovalState(
                case_id=uuid4(),
                stage=first,
                step_no=1,
                tier=tier,
                seat_kind=seat,
                declared_by=IDS["declarant"],
                declarant_institution="BJ01",
                route=steps,
                branch_approval_opened=first is Stage.BRANCH_APPROVAL,
            )
        )

    def _opened(self, state: ApprovalState) -> ApprovalState:
        """With the task of the stage, as the workflow opens it."""
        if state.outcome is not None or state.tasks:
            return state
        returned = state.stage is Stage.RETURNED
        role = Role.MGR if returned else approval.step_of(state, state.stage).role
        task = OpenTask(
            task_id=uuid4(),
            step="declared" if returned else state.stage.value,
            role=role,
            institution_code=WHERE.get(role, "BJ01"),
            assignee_id=IDS["declarant"] if returned else None,
            opened_at=self.clock,
            deadline=Deadline(due_at=self.clock + timedelta(days=7), provisional=False, calendar_version="c"),
        )
        return state.model_copy(update={"tasks": (task,)})

    def _who(self, who: str) -> dict[str, Any]:
        posts = tuple(PostRef(role=role, institution_code=WHERE[role]) for role in PEOPLE[who])
        return {
            "update_id": f"{IDS[who]}:{uuid4()}",
            "content_hash": "x",
            "actor_id": IDS[who],
            "actor_name": who,
            "posts": posts,
            "door": Door.API,
        }

    def _apply(self, expected: str | None, act: Callable[[], ApprovalState]) -> bool:
        """Run an act; it must be refused with exactly the expected code and leave the state alone."""
        before = self.state.model_dump_json()
        self.clock += timedelta(minutes=1)
        if expected is None:
            self.state = self._opened(act())
            return True
        with pytest.raises(DomainError) as refused:
            act()
        assert refused.value.code == expected
        assert self.state.model_dump_json() == before
        return False

    @rule(
        who=st.sampled_from(sorted(PEOPLE)),
        verdict=st.sampled_from(["approve", "approve", "approve", "reject", "return"]),
        back_to=st.sampled_from(["declared", *ORDER]),
        stale=st.sampled_from([False, False, False, True]),
        reason=st.sampled_from(["因故", "因故", "  "]),
        as_silver=st.booleans(),
    )
    def decide(self, who: str, *, verdict: str, back_to: str, stale: bool, reason: str, as_silver: bool) -> None:
        model, task = self.model, next((item for item in self.state.tasks if item.step != NOBODY_TO_ACT), None)
        act = Decide(
            **self._who(who),
            task_id=task.task_id if task else uuid4(),
            version=(task.version if task else 1) + stale,
            verdict=Verdict(verdict),
            return_to=Stage(back_to),
            approve_as=Tier.SILVER if as_silver and verdict == "approve" else None,
            comment=reason,
        )
        expected = "case_closed" if model.closed else model.person_refused(who)
        if expected is None and stale:
            expected = "stale_version"
        if expected is None and verdict != "approve" and not reason.strip():
            expected = "reason_required"
        expected = expected or model.verdict_refused(verdict, back_to, as_silver)
        if self._apply(expected, lambda: approval.decide(self.state, act, self.clock)):
            model.decided(who, verdict, back_to)
            model.decided_by[act.task_id] = who

    @precondition(lambda self: self.model.decided_by)
    @rule(data=st.data(), who=st.sampled_from(sorted(PEOPLE)))
    def decide_again(self, data: st.DataObject, who: str) -> None:
        task_id = data.draw(st.sampled_from(list(self.model.decided_by)))
        act = Decide(**self._who(who), task_id=task_id, version=1, verdict=Verdict.APPROVE)
        with pytest.raises(DomainError) as refused:
            approval.decide(self.state, act, self.clock)
        assert refused.value.code is ErrorCode.ALREADY_DECIDED
        assert refused.value.context["who"] == self.model.decided_by[task_id]
        assert datetime.fromisoformat(refused.value.context["when"]) <= self.clock

    @rule(
        who=st.sampled_from(sorted(PEOPLE)),
        stale=st.booleans(),
        reason=st.sampled_from(["核对", ""]),
        facts=st.sampled_from([(FACT,), (FACT,), ()]),
    )
    def correct(self, who: str, stale: bool, reason: str, facts: tuple[Correction, ...]) -> None:
        model, task = self.model, next((item for item in self.state.tasks if item.step != NOBODY_TO_ACT), None)
        act = Correct(
            **self._who(who),
            task_id=task.task_id if task else uuid4(),
            version=(task.version if task else 1) - stale,
            corrections=facts,
            comment=reason,
        )
        expected = "case_closed" if model.closed else model.person_refused(who)
        if expected is None and model.at not in {"unit_check", "branch_review", "hq_review"}:
            expected = "wrong_stage"
        expected = expected or (stale and "stale_version") or (not reason and "reason_required") or None
        expected = expected or (None if facts else "invalid_input")
        if self._apply(expected, lambda: approval.correct(self.state, act, self.clock)):
            model.acts, model.task_version = model.acts + 1, model.task_version + 1

    def _declarants(self, who: str, stale: bool) -> str | None:
        if self.model.closed:
            return "case_closed"
        if who != "declarant":
            return "not_allowed"
        return "stale_version" if stale else None

    @rule(who=st.sampled_from(["declarant", "declarant", "unit"]), stale=st.booleans())
    def resubmit(self, who: str, stale: bool) -> None:
        act = Resubmit(**self._who(who), version=self.state.version - stale)
        expected = self._declarants(who, stale) or (None if self.model.at == "returned" else "wrong_stage")
        task_id = self.state.tasks[0].task_id if self.state.tasks else None
        if self._apply(expected, lambda: approval.resubmit(self.state, act, self.clock)):
            assert task_id is not None
            self.model.decided_by[task_id] = who
            self.model.acts, self.model.took_last = self.model.acts + 1, who
            self.model.move(self.model.path[0])

    @rule(who=st.sampled_from(["declarant", "unit"]), stale=st.sampled_from([True, True, True, False]))
    def withdraw(self, who: str, stale: bool) -> None:
        act = Withdraw(**self._who(who), version=self.state.version - stale)
        late = self.model.gate_open and self.model.at != "returned"
        expected = self._declarants(who, stale) or ("too_late_to_withdraw" if late else None)
        if self._apply(expected, lambda: approval.withdraw(self.state, act, self.clock)):
            self.model.acts += 1
            self.model.move("withdrawn")

    @precondition(lambda self: not self.model.closed and len(self.state.tasks) == 1)
    @rule(who=st.sampled_from(["ops", "ops", "unit"]))
    def nobody_to_act(self, who: str) -> None:
        """The records found a level without a person; operations acknowledges it."""
        waiting = self.state.tasks[0]
        alarm = waiting.model_copy(
            update={"task_id": uuid4(), "step": NOBODY_TO_ACT, "role": Role.OPS, "institution_code": "HQ"}
        )
        alarm = alarm.model_copy(update={"assignee_id": None, "version": 1})
        self.state = self.state.model_copy(update={"tasks": (*self.state.tasks, alarm)})
        act = Decide(**self._who(who), task_id=alarm.task_id, version=1, verdict=Verdict.APPROVE)
        expected = None if who == "ops" else "not_your_task"
        if self._apply(expected, lambda: approval.decide(self.state, act, self.clock)):
            self.model.acts += 1
            self.model.decided_by[alarm.task_id] = who
            assert self.state.tasks == (waiting,)

    @invariant()
    def agrees_with_the_model(self) -> None:
        state, model = self.state, self.model
        assert (state.stage.value, state.round, state.version) == (model.at, model.round, model.acts)
        assert (state.outcome is not None) == model.closed
        assert (state.tasks == ()) == model.closed
        if not model.closed:
            assert state.tasks[0].version == model.task_version

    @invariant()
    def keeps_its_books(self) -> None:
        acts = self.state.acts
        assert [act.step_no for act in acts] == list(range(2, 2 + len(acts)))
        assert 1 <= self.state.round <= 5
        decided = [act.task_id for act in acts if act.task_id]
        assert len(decided) == len(set(decided))
        deciders = [act.actor_id for act in acts if act.act == "decide"]
        assert IDS["declarant"] not in deciders
        steps = [act for act in acts if act.act in {"decide", "resubmit"}]
        assert all(one.actor_id != two.actor_id for one, two in pairwise(steps))

    @invariant()
    def can_always_end(self) -> None:
        """From here, willing people bring the case to an outcome: there is no dead end."""
        state = self.state
        for _ in range(2 + len(ORDER)):
            if state.outcome is not None:
                return
            state = self._opened(self._pushed(state))
        assert state.outcome is Outcome.APPROVED

    def _pushed(self, state: ApprovalState) -> ApprovalState:
        if state.stage is Stage.RETURNED:
            act = Resubmit(**self._who("declarant"), version=state.version)
            return approval.resubmit(state, act, self.clock)
        took = {act.actor_id for act in state.acts[-1:]} | approval.barred_people(state)
        who = next(name for name in ("everything", "everything2", "head", "branch", "unit") if IDS[name] not in took)
        task = state.tasks[0]
        decision = Decide(**self._who(who), task_id=task.task_id, version=task.version, verdict=Verdict.APPROVE)
        return approval.decide(state, decision, self.clock)


TestChain = Chain.TestCase
TestChain.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def _route(lacks: str = "", tier: Tier = Tier.GOLD, kind: SeatKind = SeatKind.RANKED) -> list[tuple[str, str | None]]:
    levels = {level: code for level, code in ALL_LEVELS.items() if level.value not in lacks.split()}
    steps = route(procedure(), levels, year=2025, tier=tier, seat_kind=kind)
    return [(step.stage.value, step.institution_code) for step in steps]


def test_gold_goes_through_every_level_to_head_office() -> None:
    assert _route() == list(zip(ORDER, ["BJ01", "BJ", "BJ", "HQ", "HQ"], strict=True))


def test_silver_ends_at_the_branch_and_special_never_does() -> None:
    assert _route(tier=Tier.SILVER, kind=SeatKind.SILVER) == _route()[:3]
    assert _route(tier=Tier.SILVER, kind=SeatKind.SPECIAL) == _route()


def test_a_missing_level_stays_in_the_route_without_institution() -> None:
    assert _route("sub_branch")[0] == ("unit_check", None)
    assert _route("sub_branch")[1:] == _route()[1:]


def test_silver_without_a_branch_is_decided_at_head_office() -> None:
    steps = _route("sub_branch branch", Tier.SILVER, SeatKind.SILVER)
    assert [name for name, code in steps if code] == ["hq_review", "hq_approval"]


def test_due_dates_lie_in_the_year_after_the_evaluation_year_and_ascend() -> None:
    steps = route(procedure(), ALL_LEVELS, year=2025, tier=Tier.GOLD, seat_kind=SeatKind.RANKED)
    dates = [step.due_on for step in steps]
    assert dates == sorted(dates)
    assert {date.year for date in dates} == {2026}


def test_the_rulebook_says_who_may_reject_and_correct() -> None:
    steps = route(procedure(), ALL_LEVELS, year=2025, tier=Tier.GOLD, seat_kind=SeatKind.RANKED)
    assert [step.stage.value for step in steps if step.may_reject] == ORDER[1:]
    assert [step.stage.value for step in steps if step.may_correct_facts] == [
        "unit_check",
        "branch_review",
        "hq_review",
    ]
