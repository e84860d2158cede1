"""Evaluation procedure, regulation 2.4: steps with their posts and dates, windows, terms."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.rulebook.schema.common import Count, Entry, MonthDay, NamedEntry, Provision, Section, Text
from models.types import InstitutionLevel, Role, SignerRule, Stage, Tier


class StepSigner(Entry):
    """One who signs a step: a post seen from the case, a person by login, or the declarant's choice."""

    role: Role | None = None
    at: Literal["level", "institution", "parent", "root"] = "level"
    login: str | None = None
    choice: bool = False
    each: bool = False
    group: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum((self.role is not None, self.login is not None, self.choice)) != 1:
            raise ValueError("a signer is a role, a login or the declarant's choice: one of them")
        return self


class ProcedureStep(NamedEntry):
    """One step: who acts at which level, and until when (a date of the year after the evaluation year)."""

    stage: Stage
    role: Role
    level: InstitutionLevel
    until: MonthDay
    final_for: Tier | None = None
    """The tier whose seat this step's approval takes."""
    may_reject: bool = False
    may_correct_facts: bool = False
    rule: SignerRule = SignerRule.ANY
    needed: Count | None = None
    """M of 票签 M of N."""
    percent: Annotated[int, Field(gt=0, le=100)] | None = None
    signers: tuple[StepSigner, ...] = ()
    """Empty: the step's own post signs alone."""
    looks_at: tuple[Literal["reason", "facts"], ...] = ()
    """Fields the step judges: its sign-off is kept when a resubmission changed none of them. Empty: never kept."""

    @model_validator(mode="after")
    def _quorum_has_a_number(self) -> Self:
        if self.rule is SignerRule.QUORUM and (self.needed is None) == (self.percent is None):
            raise ValueError("rule quorum takes needed or percent, one of them")
        return self

    def due_on(self, evaluation_year: int) -> date:
        """Procedure date of this step for an evaluation year (before any minimum allowance)."""
        return self.until.on(evaluation_year + 1)


class Milestone(NamedEntry):
    """A date of the procedure without an approval: data freeze, computation."""

    code: Text
    on: MonthDay
    year_offset: Annotated[int, Field(ge=0, le=1)]
    """0: in the evaluation year, 1: in the year after it."""

    def date_for(self, evaluation_year: int) -> date:
        """The date for an evaluation year."""
        return self.on.on(evaluation_year + self.year_offset)


class MidYearWindow(Section):
    """Extra declaration window inside the evaluation year, for new customers only."""

    opens: MonthDay
    closes: MonthDay
    new_customers_only: bool

    def contains(self, day: date) -> bool:
        """True if `day` lies in the window of its own year, both ends included."""
        return self.opens.on(day.year) <= day <= self.closes.on(day.year)


class CancellationCause(NamedEntry):
    """A fact that ends a membership at once."""

    code: Text


class Procedure(Section):
    """From declaration to membership; `year` is always the evaluation year."""

    milestones: tuple[Milestone, ...]
    steps: Annotated[tuple[ProcedureStep, ...], Field(min_length=1)]
    min_allowance_working_days: Count
    """A step is due no earlier than this many working days after it opened."""
    max_rounds: Count
    """Returns allowed before only approve and reject are left."""
    window_mid_year: MidYearWindow
    term_start: MonthDay
    term_end: MonthDay
    notify_role: Role
    notify_working_days: Count
    """Notice to the customer and manager assigned, from the term's first day."""
    downgrade_buffer_months: Count
    upgrade_at_once: bool
    withdraw_until: Stage
    """The declarant may withdraw until this stage opened."""
    immediate_cancellation: tuple[CancellationCause, ...]
    provisions: tuple[Provision, ...] = ()
    """Rules without a number, as people read them."""

    @model_validator(mode="after")
    def _stages_once(self) -> Self:
        stages = [step.stage for step in self.steps]
        if len(set(stages)) != len(stages):
            raise ValueError("a stage stands twice in steps")
        return self

    def term(self, evaluation_year: int) -> tuple[date, date]:
        """会员期: first and last day, both included: 1 March of the next year to end of February after it."""
        return self.term_start.on(evaluation_year + 1), self.term_end.on(evaluation_year + 2)

    def step(self, stage: Stage) -> ProcedureStep:
        """The step of a stage. Raises KeyError when this rulebook has no such step."""
        for step in self.steps:
            if step.stage is stage:
                return step
        raise KeyError(stage)
