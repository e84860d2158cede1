"""All acts on a service case together, at random: no dead end, no wrong person, one task, no alarm twice."""

from collections import Counter
from datetime import timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DomainError
from models.rules import service
from models.rules.alarms import alarms_left
from models.types import CaseKind, Stage
from tests.support import service_paper as paper
from tests.support.service_paper import CUSTOMER, POSTS, PROGRAMME, STAND_INS, PaperService
from tests.support.service_spec import KINDS, fields_of, may

CASES = {
    "green_channel": paper.green_channel,
    "complaint": paper.complaint,
    "inquiry": paper.inquiry,
    "touchpoint": paper.touchpoint,
}
ACTORS = [*((login, None) for login in (*POSTS, CUSTOMER, PROGRAMME)), *STAND_INS.items()]
GAPS = [timedelta(), timedelta(), timedelta(minutes=95), timedelta(hours=7), timedelta(days=1), timedelta(days=9)]
STEPS = 16
ON = {
    Stage.RECEIVED: "accept",
    Stage.ACCEPTED: "complete",
    Stage.PAUSED: "resume",
    Stage.AWAITING_CONFIRMATION: "confirm",
    Stage.REGISTERED: "reply",
    Stage.AWAITING_FIRST_REPLY: "reply",
    Stage.REOPENED: "reply",
    Stage.INVESTIGATING: "judge",
    Stage.AWAITING_CUSTOMER: "close",
    Stage.DUE: "done",
}
"""What brings a case on from each stage."""


def legal(desk: PaperService) -> list[tuple[str, str, str | None]]:
    return [
        (name, login, instead_of)
        for name in KINDS
        for login, instead_of in ACTORS
        if may(desk.state, name, login, instead_of, desk.now)
    ]


def attempt(desk: PaperService, name: str, login: str, instead_of: str | None, *, satisfied: bool = True) -> None:
    """Does exactly what the table says; a refusal changes nothing."""
    before, expected = desk.state, may(desk.state, name, login, instead_of, desk.now)
    fields = fields_of(name, before, desk.now, satisfied=satisfied)
    if expected and login != PROGRAMME:
        with pytest.raises(DomainError, match="stale_version"):
            desk.act(KINDS[name], login, instead_of=instead_of, **fields, version=before.version + 1)
    if not expected:
        with pytest.raises(DomainError):
            desk.act(KINDS[name], login, instead_of=instead_of, **fields)
        assert desk.state == before
        return
    desk.act(KINDS[name], login, instead_of=instead_of, **fields)
    assert (desk.state.version, desk.state.step_no) == (before.version + 1, before.step_no + 1)
    assert desk.state.acts[:-1] == before.acts
    assert (desk.state.acts[-1].act, desk.state.acts[-1].stage) == (name, before.stage)


def holds(desk: PaperService) -> None:
    """What is true after every act."""
    state = desk.state
    assert len(state.tasks) == (state.outcome is None), "one task while it is open, none after"
    assert len({clock.name for clock in state.clocks}) == len(state.clocks)
    if state.outcome is not None:
        assert all(clock.finished_at is not None for clock in state.clocks)
        return
    task = state.tasks[0]
    clock = service.clock_of_task(state, task)
    assert clock.finished_at is None
    assert (task.deadline, task.pauses, task.clock_from) == (clock.deadline, clock.pauses, clock.started_at)
    assert task.step == service.step_of(state)
    paused = bool(clock.pauses) and clock.pauses[-1].resumed_at is None
    assert paused == (state.stage is Stage.PAUSED)
    assert not (paused and alarms_left(task, desk.policy, desk.calendar))
    assert service.redated(state, desk.calendar) == state
    assert {key for key, number in Counter(alarm.key for who, alarm in desk.gone if who == task.task_id).items()} <= {
        *task.alarms
    }


def no_alarm_twice(desk: PaperService, lives: dict[str, list[str]]) -> None:
    """Each key once on one clock: over all tasks of it, until the clock itself is another one."""
    for life, keys in lives.items():
        assert max(Counter(keys).values(), default=0) <= 1, (life, keys)
    assert sum(map(len, lives.values())) == len(desk.gone)


def wait(desk: PaperService, gap: timedelta, lives: dict[str, list[str]]) -> None:
    before = len(desk.gone)
    desk.wait(gap)
    if len(desk.gone) > before:
        clock = service.clock_of_task(desk.state, desk.state.tasks[0])
        life = f"{clock.name} {clock.started_at} {clock.due_on} {desk.state.tasks[0].task_id if clock.due_on else ''}"
        lives.setdefault(life, []).extend(alarm.key for _, alarm in desk.gone[before:])


def finished(desk: PaperService) -> None:
    """Whatever came before, somebody can bring it to its end."""
    for _ in range(8):
        if desk.state.outcome is not None:
            return
        close = desk.state.kind is CaseKind.COMPLAINT and desk.state.stage is Stage.HANDLING
        name = "close" if close else ON.get(desk.state.stage, "complete")
        who = next((login, other) for act, login, other in legal(desk) if act == name)
        attempt(desk, name, *who)
        holds(desk)
    raise AssertionError(f"stuck at {desk.state.stage}")


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_random_acts_of_everybody(kind: str, seed: int) -> None:
    chance, desk = Random(seed), CASES[kind]()
    lives: dict[str, list[str]] = {}
    holds(desk)
    for _ in range(STEPS):
        wait(desk, chance.choice(GAPS), lives)
        able = legal(desk)
        assert able or desk.state.outcome is not None, f"dead end at {desk.state.stage}"
        anything = (chance.choice([*KINDS]), *chance.choice(ACTORS))
        move = chance.choice(able) if able and chance.random() < 0.7 else anything
        attempt(desk, *move, satisfied=chance.random() < 0.5)
        holds(desk)
    no_alarm_twice(desk, lives)
    finished(desk)


def test_every_act_of_the_vocabulary_is_met_on_some_path() -> None:
    met = set()
    for seed, opened in product(range(20), CASES.values()):
        chance, desk = Random(seed), opened()
        while (able := legal(desk)) and desk.state.step_no < STEPS:
            attempt(desk, *chance.choice(able), satisfied=chance.random() < 0.5)
        met |= {past.act for past in desk.state.acts}
    assert met == set(KINDS)
