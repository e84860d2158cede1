"""Dates, hours, weeks and values stand in their order."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from models.rulebook.problem import Problem
from models.rulebook.schema.book import Rulebook
from models.rulebook.schema.tiers import TieBreak
from models.rulebook.schema.working_time import OpeningInterval
from models.types import Stage, Tier

SAMPLE_YEAR = 2003


def check_order(book: Rulebook) -> Iterator[Problem]:
    """Procedure, terms, windows, office hours, launch plan, entry values, persons, gift caps."""
    yield from _steps(book)
    yield from _dates(book)
    yield from _hours("opening", book.working_time.opening)
    yield from _hours("half_day", book.working_time.half_day)
    marks = book.working_time.warning_percents
    if list(marks) != sorted(set(marks)):
        yield Problem("working_time.toml", "warning_percents", "marks must rise")
    yield from _rollout(book)
    yield from _values(book)


def _steps(book: Rulebook) -> Iterator[Problem]:
    order = list(Stage)
    for number, (before, after) in enumerate(pairwise(book.procedure.steps), start=1):
        if order.index(after.stage) <= order.index(before.stage):
            reason = f"{after.stage} cannot follow {before.stage}"
            yield Problem("procedure.toml", f"steps.{number}.stage", reason)
        if after.due_on(SAMPLE_YEAR) < before.due_on(SAMPLE_YEAR):
            reason = f"{after.until} lies before {before.until} of the step before"
            yield Problem("procedure.toml", f"steps.{number}.until", reason)


def _dates(book: Rulebook) -> Iterator[Problem]:
    procedure, file = book.procedure, "procedure.toml"
    start, end = procedure.term(SAMPLE_YEAR)
    if end <= start:
        yield Problem(file, "term_end", f"the term ends on {end}, before it starts on {start}")
    last = procedure.steps[-1].due_on(SAMPLE_YEAR)
    if start <= last:
        yield Problem(file, "term_start", f"the term starts on {start}, before the last approval on {last}")
    window = procedure.window_mid_year
    if window.closes.on(SAMPLE_YEAR) < window.opens.on(SAMPLE_YEAR):
        yield Problem(file, "window_mid_year.closes", "the window closes before it opens")
    dates = [row.date_for(SAMPLE_YEAR) for row in procedure.milestones]
    for number, (before, after) in enumerate(pairwise([*dates, procedure.steps[0].due_on(SAMPLE_YEAR)])):
        if after < before:
            yield Problem(file, f"milestones.{number}.on", f"{before} lies after what follows it on {after}")


def _hours(key: str, spans: Sequence[OpeningInterval]) -> Iterator[Problem]:
    for number, span in enumerate(spans):
        if span.closes <= span.opens:
            yield Problem("working_time.toml", f"{key}.{number}.closes", "closes before it opens")
        if span.opens.tzinfo is not None or span.closes.tzinfo is not None:
            yield Problem("working_time.toml", f"{key}.{number}.opens", "takes no time zone: Asia/Shanghai is meant")
    for number, (before, after) in enumerate(pairwise(spans), start=1):
        if after.opens < before.closes:
            yield Problem("working_time.toml", f"{key}.{number}.opens", "overlaps the interval before")


def _rollout(book: Rulebook) -> Iterator[Problem]:
    for number, task in enumerate(book.rollout.tasks):
        if task.to_week < task.from_week:
            yield Problem("rollout.toml", f"tasks.{number}.to_week", "ends before it starts")
        if task.to_week > book.rollout.weeks:
            yield Problem("rollout.toml", f"tasks.{number}.to_week", f"lies after week {book.rollout.weeks}")
        yield from _waits(book, number)


def _waits(book: Rulebook, number: int) -> Iterator[Problem]:
    """What a task waits for exists and ends before it begins; so no two can wait for each other."""
    task, key = book.rollout.tasks[number], f"tasks.{number}.after"
    ends = {other.number: other.to_week for other in book.rollout.tasks}
    for wanted in book.rollout.after(task):
        if wanted not in ends:
            yield Problem("rollout.toml", key, f"task {wanted} does not exist in this rulebook")
        elif ends[wanted] >= task.from_week:
            reason = f"task {wanted} ends in week {ends[wanted]}, not before week {task.from_week}"
            yield Problem("rollout.toml", key, reason)


def _values(book: Rulebook) -> Iterator[Problem]:
    gold, silver = book.tiers.gold, book.tiers.silver
    if gold.new_customer_entry_value > gold.entry_value:
        reason = "a new customer's entry value cannot exceed the ranked one"
        yield Problem("tiers.toml", "gold.new_customer_entry_value", reason)
    for number, entry in enumerate(silver.entry_values):
        if entry.value > gold.entry_value:
            reason = f"silver needs {entry.value}, more than gold's {gold.entry_value}"
            yield Problem("tiers.toml", f"silver.entry_values.{number}.value", reason)
    ranks = {row.tier: row.rank for row in book.tiers.levels}
    if [ranks.get(tier) for tier in Tier] != [1, 2, 3]:
        yield Problem("tiers.toml", "levels", "ranks must be 1 regular, 2 silver, 3 gold")
    if book.tiers.tie_break[0].criterion is not TieBreak.VALUE:
        yield Problem("tiers.toml", "tie_break.0.criterion", "the ranking is by value first (article 13)")
    if book.tiers.tie_break[-1].criterion is not TieBreak.CUSTOMER_NO:
        yield Problem("tiers.toml", "tie_break", "customer_no must stand last, or a tie could stay open")
    for number, person in enumerate(book.services.key_persons):
        if person.most < person.least:
            yield Problem("services.toml", f"key_persons.{number}.most", f"is below least {person.least}")
    yield from _caps(book)


def _caps(book: Rulebook) -> Iterator[Problem]:
    cap = book.care.gift_cap
    if cap.per_time > cap.per_person_and_year:
        yield Problem("care.toml", "gift_cap.per_time", "one gift cannot exceed the cap of a year")
    weighted = sum(1 for question in book.survey.questions if question.weight is not None)
    if book.survey.min_answered > weighted:
        yield Problem("survey.toml", "min_answered", f"only {weighted} questions enter the score")
    if book.assessment.deduction_per_justified_complaint > book.assessment.max_deduction:
        yield Problem("assessment.toml", "max_deduction", "is below the deduction for one complaint")
