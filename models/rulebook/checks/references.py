"""Names used in one place stand in another: forms, services, posts, stages, tiers, codes."""

from collections import Counter
from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from models.rulebook.problem import Problem
from models.rulebook.schema.book import Rulebook
from models.rulebook.schema.common import Entry
from models.types import InstitutionLevel, Role, Stage, Tier


def check_references(book: Rulebook) -> Iterator[Problem]:
    """Every reference of the rulebook."""
    yield from _unique_codes(book)
    yield from _services(book)
    yield from _spend(book)
    yield from _organisation(book)
    yield from _procedure(book)
    yield from _tiers(book)
    yield from _assessment(book)
    yield from _attachments(book)
    yield from _basis(book)


def _unknown(file: str, key: str, what: str, name: object) -> Problem:
    return Problem(file, key, f"{what} {name} does not exist in this rulebook")


def _twice(file: str, key: str, names: Iterable[object]) -> Iterator[Problem]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Problem(file, key, f"{name} stands {times} times")


def _unique_codes(book: Rulebook) -> Iterator[Problem]:
    services = book.services
    yield from _twice("services.toml", "items", (row.code for row in services.items))
    yield from _twice("services.toml", "items", (row.identifier for row in services.items))
    yield from _twice("services.toml", "regular", (row.identifier for row in services.regular))
    yield from _twice("services.toml", "entitlements", (row.tier for row in services.entitlements))
    yield from _twice("services.toml", "key_persons", (row.kind for row in services.key_persons))
    yield from _twice("forms.toml", "forms", (row.code for row in book.forms.forms))
    yield from _twice("organisation.toml", "roles", (row.role for row in book.organisation.roles))
    yield from _twice("assessment.toml", "indicators", (row.code for row in book.assessment.indicators))
    yield from _twice("assessment.toml", "grades", (row.code for row in book.assessment.grades))
    yield from _twice("survey.toml", "questions", (row.number for row in book.survey.questions))
    yield from _twice("spend.toml", "limits", (row.tier for row in book.spend.limits))
    yield from _twice("spend.toml", "unit_costs", (row.service for row in book.spend.unit_costs))
    yield from _twice("rollout.toml", "tasks", (row.number for row in book.rollout.tasks))
    yield from _twice("tiers.toml", "silver.entry_values", (row.region_class for row in book.tiers.silver.entry_values))
    yield from _twice("tiers.toml", "tie_break", (row.criterion for row in book.tiers.tie_break))


def _services(book: Rulebook) -> Iterator[Problem]:
    forms = {form.code for form in book.forms.forms}
    standards = {service.identifier for service in book.services.regular}
    festivals = {festival.code for festival in book.care.festivals}
    families = {family.family for family in book.services.families}
    for number, item in enumerate(book.services.items):
        key = f"items.{number}"
        if item.form is not None and item.form not in forms:
            yield _unknown("services.toml", f"{key}.form", "form", item.form)
        if item.family not in families:
            yield _unknown("services.toml", f"{key}.family", "family", item.family)
        for name in item.festivals:
            if name not in festivals:
                yield _unknown("services.toml", f"{key}.festivals", "festival", name)
        for index, promise in enumerate(item.promises):
            if item.festivals and promise.frequency is not None and promise.frequency.times != len(item.festivals):
                reason = f"{promise.frequency.times} times, but {len(item.festivals)} festivals are named"
                yield Problem("services.toml", f"{key}.promises.{index}.frequency", reason)
            if promise.regular is not None and promise.regular not in standards:
                yield _unknown("services.toml", f"{key}.promises.{index}.regular", "standard", promise.regular)
        yield from _roles("services.toml", f"{key}.roles", item.roles, book)


def _roles(file: str, key: str, roles: Iterable[Role], book: Rulebook) -> Iterator[Problem]:
    known = {row.role for row in book.organisation.roles}
    for role in roles:
        if role not in known:
            yield _unknown(file, key, "post", role)


def _spend(book: Rulebook) -> Iterator[Problem]:
    codes = {item.code for item in book.services.items}
    for number, cost in enumerate(book.spend.unit_costs):
        if cost.service not in codes:
            yield _unknown("spend.toml", f"unit_costs.{number}.service", "service", cost.service)
    yield from _roles("spend.toml", "over_limit_role", [book.spend.over_limit_role], book)
    yield from _roles("survey.toml", "follow_up_role", [book.survey.follow_up_role], book)
    yield from _roles("care.toml", "gift_cap.signoff_role", [book.care.gift_cap.signoff_role], book)
    for number, task in enumerate(book.rollout.tasks):
        yield from _roles("rollout.toml", f"tasks.{number}.responsible", task.responsible, book)


def _organisation(book: Rulebook) -> Iterator[Problem]:
    codes = {item.code for item in book.services.items}
    levels = {row.level for row in book.organisation.levels}
    for missing in sorted(set(InstitutionLevel) - levels):
        yield Problem("organisation.toml", "levels", f"level {missing} is missing")
    for number, role in enumerate(book.organisation.roles):
        for index, duty in enumerate(role.duties):
            for code in duty.services:
                if code not in codes:
                    key = f"roles.{number}.duties.{index}.services"
                    yield _unknown("organisation.toml", key, "service", code)


def _procedure(book: Rulebook) -> Iterator[Problem]:
    stages = [step.stage for step in book.procedure.steps]
    posts = {row.role: row.level for row in book.organisation.roles}
    for number, step in enumerate(book.procedure.steps):
        yield from _roles("procedure.toml", f"steps.{number}.role", [step.role], book)
        if step.role in posts and posts[step.role] is not step.level:
            reason = f"{step.role} is a post of level {posts[step.role]}, not {step.level}"
            yield Problem("procedure.toml", f"steps.{number}.level", reason)
    yield from _roles("procedure.toml", "notify_role", [book.procedure.notify_role], book)
    yield from _roles("tiers.toml", "silver.service_role", [book.tiers.silver.service_role], book)
    yield from _roles("tiers.toml", "special_role", [book.tiers.special_role], book)
    if stages[0] is not Stage.DECLARED:
        yield Problem("procedure.toml", "steps.0.stage", "the first step must be declared")
    if book.procedure.withdraw_until not in stages:
        yield _unknown("procedure.toml", "withdraw_until", "stage", book.procedure.withdraw_until)
    finals = [step.final_for for step in book.procedure.steps if step.final_for is not None]
    if sorted(finals) != [Tier.GOLD, Tier.SILVER]:
        yield Problem("procedure.toml", "steps", "exactly one step must be final for silver and one for gold")


def _tiers(book: Rulebook) -> Iterator[Problem]:
    for missing in sorted(set(Tier) - {row.tier for row in book.tiers.levels}):
        yield Problem("tiers.toml", "levels", f"tier {missing} is missing")
    for missing in sorted(set(Tier) - {row.tier for row in book.services.entitlements}):
        yield Problem("services.toml", "entitlements", f"tier {missing} is missing")
    for number in sorted({1, 2, 3} - {row.region_class for row in book.tiers.silver.entry_values}):
        yield Problem("tiers.toml", "silver.entry_values", f"region class {number} is missing")


def _assessment(book: Rulebook) -> Iterator[Problem]:
    indicators = {row.code for row in book.assessment.indicators}
    grades = {row.code for row in book.assessment.grades}
    for number, veto in enumerate(book.assessment.vetoes):
        if veto.zero_indicator is not None and veto.zero_indicator not in indicators:
            yield _unknown("assessment.toml", f"vetoes.{number}.zero_indicator", "indicator", veto.zero_indicator)
        if veto.best_grade not in grades:
            yield _unknown("assessment.toml", f"vetoes.{number}.best_grade", "grade", veto.best_grade)


def _attachments(book: Rulebook) -> Iterator[Problem]:
    forms = {form.code: form.identifier for form in book.forms.forms}
    for number, row in enumerate(book.general.attachments):
        if row.kind == "form" and forms.get(row.code) != row.identifier:
            yield _unknown("general.toml", f"attachments.{number}.identifier", "form", f"{row.code} {row.identifier}")


def _basis(book: Rulebook) -> Iterator[Problem]:
    known = {reference.code for reference in book.general.references}
    for section in type(book).model_fields:
        value = getattr(book, section)
        if isinstance(value, BaseModel):
            for key, entry in _entries(value, ()):
                for code in entry.basis:
                    if code not in known:
                        yield _unknown(f"{section}.toml", ".".join((*key, "basis")), "reference", code)


def _entries(value: object, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Entry]]:
    """Every entry below a value with the key it stands at."""
    if isinstance(value, Entry):
        yield key, value
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _entries(getattr(value, name), (*key, name))
    elif isinstance(value, tuple):
        for number, child in enumerate(value):
            yield from _entries(child, (*key, str(number)))
