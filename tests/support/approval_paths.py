"""Random paths through the approval chain: acts told without ids, so that rules and a real engine can walk the same.

A `Move` names people by login and tasks by their seat; `act_of` turns it into the message for a state. `PaperDesk` does
on paper what the records do: it opens steps with their signers and tasks. Nothing here is random by itself: every
choice comes from the `Random` that is given.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from models.errors import DomainError
from models.messages.approval import (
    NOBODY_TO_ACT,
    ApprovalState,
    Correct,
    Decide,
    OpenTask,
    PostRef,
    Resubmit,
    Signer,
    StepState,
    Withdraw,
)
from models.messages.calendar import CalendarSnapshot, Deadline
from models.messages.handing import (
    AddSigner,
    ChainAct,
    Delegate,
    HandBack,
    PauseClock,
    Reassign,
    RemoveSigner,
    ResumeClock,
    TakeBack,
    Target,
    Transfer,
)
from models.messages.scoring import Correction
from models.rules import approval
from models.types import (
    SYSTEM_SLA,
    SYSTEM_SLA_ID,
    AddedPosition,
    Door,
    PauseReason,
    Role,
    SignerRule,
    Stage,
    Verdict,
)

CLOCK = "clock"
"""Login of nobody: the automatic decision."""


@dataclass(frozen=True)
class Person:
    """Somebody of the model population."""

    login: str
    account_id: UUID
    posts: tuple[PostRef, ...]


@dataclass(frozen=True)
class Population:
    """Everybody who may act, by login."""

    people: Mapping[str, Person]
    declarant: str
    stand_ins: tuple[tuple[str, str], ...] = ()
    """`(principal, stand-in)`: only these act for each other; without any, everybody may for everybody."""

    def by_id(self, account_id: UUID | None) -> str | None:
        """Login of an account."""
        return next((name for name, person in self.people.items() if person.account_id == account_id), None)


@dataclass(frozen=True)
class Seats:
    """How a step of the model is signed."""

    rule: SignerRule
    signers: tuple[Signer, ...]
    needed: int | None = None
    percent: int | None = None


@dataclass(frozen=True)
class Move:
    """One act without ids. `seat` is the signer of the task, `declared` for the declarant's own task.

    `of` is the seat that a removal takes out; for a take-back `seat` counts the decisions so far, newest first.
    """

    kind: str
    who: str
    seat: str = ""
    verdict: Verdict = Verdict.APPROVE
    return_to: Stage | None = None
    to: str = ""
    of: str = ""
    position: AddedPosition = AddedPosition.BEFORE
    behalf: str | None = None
    door: Door = Door.API
    comment: str = "因故"
    changed: tuple[str, ...] = ()


def task_at(state: ApprovalState, seat: str) -> OpenTask | None:
    """The open task of a seat."""
    for task in state.tasks:
        name = task.step if task.step in {NOBODY_TO_ACT, approval.DECLARED} else task.signer_id
        if name == seat:
            return task
    return None


def act_of(
    move: Move, state: ApprovalState, population: Population, key: str, facts: tuple[Correction, ...] = ()
) -> ChainAct | None:
    """The message of a move for a state; None when the seat it names has no open task."""
    base = _person(move, population, key)
    if move.kind in {"resubmit", "withdraw"}:
        changed = {"changed": move.changed} if move.kind == "resubmit" else {}
        return _WHOLE[move.kind](**base, version=state.version, **changed)
    if move.kind == "take_back":
        decided = [past.task_id for past in reversed(state.acts) if past.act == "decide"]
        return TakeBack(**base, task_id=decided[int(move.seat)]) if int(move.seat) < len(decided) else None
    task = task_at(state, move.seat)
    if task is None:
        return None
    on_task = {**base, "task_id": task.task_id, "version": task.version}
    return _ON_TASK[move.kind](**on_task, **_extras(move, state, task, population, facts))


_WHOLE: dict[str, Callable[..., ChainAct]] = {"resubmit": Resubmit, "withdraw": Withdraw}
_ON_TASK: dict[str, Callable[..., ChainAct]] = {
    "decide": Decide,
    "correct": Correct,
    "transfer": Transfer,
    "delegate": Delegate,
    "hand_back": HandBack,
    "add_signer": AddSigner,
    "remove_signer": RemoveSigner,
    "reassign": Reassign,
    "pause": PauseClock,
    "resume": ResumeClock,
}


def _person(move: Move, population: Population, key: str) -> dict[str, Any]:
    if move.who == CLOCK:
        who: dict[str, Any] = {"actor_id": SYSTEM_SLA_ID, "actor_name": SYSTEM_SLA, "door": Door.SYSTEM}
        return {"update_id": key, "content_hash": "x", "comment": "", **who}
    person = population.people[move.who]
    behalf = population.people[move.behalf] if move.behalf else None
    return {
        "update_id": key,
        "content_hash": "x",
        "actor_id": person.account_id,
        "actor_name": person.login,
        "posts": (behalf or person).posts,
        "door": Door.STAND_IN if behalf else move.door,
        "on_behalf_of": behalf.account_id if behalf else None,
        "on_behalf_of_name": behalf.login if behalf else None,
        "comment": move.comment,
    }


def _extras(
    move: Move, state: ApprovalState, task: OpenTask, population: Population, facts: tuple[Correction, ...]
) -> dict[str, Any]:
    if move.kind == "decide":
        return {"verdict": move.verdict, "return_to": move.return_to}
    if move.kind in {"transfer", "delegate", "reassign", "add_signer"}:
        to = population.people[move.to]
        able = any((post.role, post.institution_code) == (task.role, task.institution_code) for post in to.posts)
        target = Target(account_id=to.account_id, name=to.login, authorised=able)
        return {"to": target, **({"position": move.position} if move.kind == "add_signer" else {})}
    extras: dict[str, dict[str, Any]] = {
        "remove_signer": {"signer_id": move.of},
        "pause": {"reason": PauseReason.WAITING_FOR_CUSTOMER},
        "correct": {"corrections": facts},
    }
    return extras.get(move.kind, {})


@dataclass
class PaperDesk:
    """A case on paper: the rules, and what the records do after each of them."""

    state: ApprovalState
    population: Population
    seats: Mapping[Stage, Seats]
    calendar: CalendarSnapshot
    now: datetime
    facts: tuple[Correction, ...] = ()
    ids: Iterator[int] = field(default_factory=lambda: count(1_000))

    def __post_init__(self) -> None:
        self.settle()

    def copy(self) -> "PaperDesk":
        """Another desk with the same case on it."""
        return PaperDesk(self.state, self.population, self.seats, self.calendar, self.now, self.facts, count(10_000))

    def act(self, move: Move) -> ChainAct | None:
        """The message of a move now."""
        return act_of(move, self.state, self.population, f"k{self.state.step_no}", self.facts)

    def allows(self, move: Move) -> bool:
        """Whether the rules take the move now."""
        act = self.act(move)
        if act is None:
            return False
        try:
            approval.check(self.state, act)
        except DomainError:
            return False
        return True

    def do(self, move: Move) -> None:
        """Do it, half an hour after whatever was before. Raises what the rules refuse with."""
        act = self.act(move)
        assert act is not None, move
        self.apply(act)

    def apply(self, act: ChainAct) -> None:
        """Apply a message and let the records follow."""
        later = self.now + timedelta(minutes=30)
        self.state = approval.apply(self.state, act, later, self.calendar)
        self.now = later
        self.settle()

    def settle(self) -> None:
        """Open what is due: the step with its signers, their tasks, the declarant's own task."""
        step = approval.step_to_open(self.state)
        if step is not None:
            self.state = approval.with_step(self.state, self._step(step.stage))
        if approval.awaits_resubmission(self.state):
            own = self._task("declared", Role.MGR, "BJ01", self.population.people[self.population.declarant].account_id)
            self.state = approval.with_tasks(self.state, (own,))
        missing = approval.signers_without_task(self.state)
        self.state = approval.with_tasks(self.state, tuple(self._task_of(seat) for seat in missing))

    def _step(self, stage: Stage) -> StepState:
        plan, route = self.seats.get(stage), approval.step_of(self.state, stage)
        alone = Signer(signer_id="1", role=route.role, institution_code=route.institution_code or "")
        return StepState(
            stage=stage,
            round=self.state.round,
            rule=plan.rule if plan else SignerRule.ANY,
            needed=plan.needed if plan else None,
            percent=plan.percent if plan else None,
            signers=plan.signers if plan else (alone,),
            opened_at=self.now,
            deadline=self._due(),
        )

    def _task_of(self, seat: Signer) -> OpenTask:
        role = seat.role or approval.step_of(self.state, self.state.stage).role
        task = self._task(self.state.stage.value, role, seat.institution_code, seat.account_id)
        due = self.state.step.deadline if self.state.step else task.deadline
        return task.model_copy(update={"signer_id": seat.signer_id, "deadline": due})

    def _task(self, step: str, role: Role, code: str, assignee: UUID | None) -> OpenTask:
        return OpenTask(
            task_id=UUID(int=next(self.ids)),
            step=step,
            role=role,
            institution_code=code,
            assignee_id=assignee,
            opened_at=self.now,
            deadline=self._due(),
        )

    def _due(self) -> Deadline:
        return Deadline(due_at=self.now + timedelta(days=7), provisional=False, calendar_version="c")


WEIGHTS = {
    "decide": 8,
    "resubmit": 3,
    "transfer": 2,
    "delegate": 2,
    "hand_back": 2,
    "add_signer": 3,
    "remove_signer": 1,
    "take_back": 3,
    "reassign": 1,
    "correct": 1,
    "pause": 1,
    "resume": 1,
    "override": 1,
    "automatic": 0.3,
    "withdraw": 0.3,
}
"""How often each kind of act is tried."""


VERDICTS = {Verdict.APPROVE: 10, Verdict.RETURN: 2, Verdict.REJECT: 0.5}
"""How often each verdict is tried: a path should be long before it ends."""


def any_move(desk: PaperDesk, random: Random) -> Move:
    """An act that somebody might try now, allowed or not; more often by somebody whose task it is."""
    kind = random.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
    people, state = sorted(desk.population.people), desk.state
    task = random.choice(state.tasks) if state.tasks else None
    near = _near(desk.population, task) if task and random.random() < 0.7 else []
    verdict = random.choices([*VERDICTS], [*VERDICTS.values()])[0]
    move = Move(
        kind=kind,
        who=random.choice(near or people),
        seat=_seat(task) if task else "1",
        verdict=verdict,
        return_to=random.choice(approval.earlier_stages(state)) if verdict is Verdict.RETURN else None,
        to=random.choice(people),
        of=f"a{random.randint(1, 3)}",
        position=random.choice([*AddedPosition]),
        changed=random.choice([(), ("reason",), ("facts",), ("reason", "facts")]),
    )
    if random.random() < 0.2:
        principal, who = random.choice(desk.population.stand_ins or [(random.choice(near or people), move.who)])
        move = replace(move, who=who, behalf=principal)
    return _of_kind(move, random)


def _near(population: Population, task: OpenTask) -> list[str]:
    """Everybody who has to do with a task."""
    ids = {task.assignee_id, task.delegate_id, task.delegated_by}
    post = (task.role, task.institution_code) if task.assignee_id is None else None
    return sorted(
        login
        for login, person in population.people.items()
        if person.account_id in ids or post in {(held.role, held.institution_code) for held in person.posts}
    )


def _seat(task: OpenTask) -> str:
    return task.step if task.step in {NOBODY_TO_ACT, approval.DECLARED} else task.signer_id


def _of_kind(move: Move, random: Random) -> Move:
    changes: dict[str, dict[str, Any]] = {
        "override": {"kind": "decide", "door": Door.OVERRIDE, "behalf": None},
        "automatic": {"kind": "decide", "who": CLOCK, "behalf": None},
        "take_back": {"seat": str(random.choice([0, 0, 0, 1, 2]))},
    }
    return replace(move, **changes.get(move.kind, {}))


def allowed_move(desk: PaperDesk, random: Random, tries: int = 60) -> Move | None:
    """An act that the rules take now, or None when so many tries found none."""
    tried = (any_move(desk, random) for _ in range(tries))
    return next((move for move in tried if desk.allows(move)), None)


def finishing_move(desk: PaperDesk) -> Move | None:
    """What willing people do to bring the case to its end; operations step in where nobody else may sign.

    None would be a dead end.
    """
    state, population = desk.state, desk.population
    if state.stage is Stage.RETURNED:
        moves = [Move("resubmit", population.declarant, changed=("reason", "facts"))]
    else:
        seats = [task.signer_id for task in approval.step_tasks(state) if not task.waiting]
        moves = [Move("decide", who, seat) for seat in seats for who in sorted(population.people)]
        moves += [Move("hand_back", who, seat) for seat in seats for who in sorted(population.people)]
        moves += [Move("decide", who, seat, door=Door.OVERRIDE) for seat in seats for who in sorted(population.people)]
    return next((move for move in moves if desk.allows(move)), None)


def random_path(desk: PaperDesk, random: Random, length: int) -> Iterator[Move]:
    """Walk the desk's case: so many random acts of people, then to its end; each move is done when it is told."""
    for number in count():
        if desk.state.outcome is not None:
            return
        move = allowed_move(desk, random) if number < length else None
        if move is None or move.who == CLOCK:  # the clock decides inside the workflow, never from outside
            move = finishing_move(desk)
        assert move is not None, f"dead end: {desk.state!r}"
        desk.do(move)
        yield move
